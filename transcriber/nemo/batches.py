"""How many clips go through a model together: as many seconds as there is memory for, and never more.

Clips are sorted by length, so that little is padded, and put in batches by
padded seconds: the longest clip's duration times the number of clips. What a
second costs is learnt from the batches before. Pure decisions: what measures
memory, and what recognizes, are given.
"""

import math
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

Result = TypeVar("Result")

FIRST_SECONDS = 40.0
"""Of a batch before anything is known of what it takes: one clip as long as any."""

_TELLING_SECONDS = 20.0
"""Shorter batches say little of what a second takes: what is taken once, whatever the length, weighs too much."""

_SAFETY = 1.25
"""More than the dearest second so far: memory is taken in blocks, and in some clips more is said than in others."""

_SHORTEST = 1.0
"""Seconds: shorter clips are padded to it."""


class Memory(Protocol):
    """What measures the memory that batches are computed in."""

    def free_bytes(self) -> int:
        """What a batch may take now without harm to anybody: a margin is left out."""

    def begin(self) -> None:
        """A batch begins."""

    def taken_bytes(self) -> int | None:
        """The most that was taken since `begin`, above what was taken then; None where that cannot be told."""

    def recover(self) -> None:
        """A batch ran out of memory: give back what it left behind."""


class Room:
    """How many padded seconds a batch may have; learns from every batch.

    Sizes are `FIRST_SECONDS` doubled or halved a number of times, so that a
    little more or less free memory makes no other batches: what a model hears
    in a clip depends, in the last digit, on what is beside it.
    """

    def __init__(self, memory: Memory, most_seconds: float, cost: float = 0.0) -> None:
        """More than `most_seconds` gain nothing; `cost` in bytes per padded second, 0 where it must be learnt."""
        self._memory, self._most_seconds, self._cost = memory, most_seconds, cost

    @property
    def cost(self) -> float:
        """Bytes that a padded second takes, as far as is known; 0 before anything is."""
        return self._cost

    @property
    def seconds(self) -> float:
        """Padded seconds that the next batch may have; a clip by itself may have more."""
        if not self._cost:
            return FIRST_SECONDS
        affordable = min(self._most_seconds, self._memory.free_bytes() / (self._cost * _SAFETY))
        return FIRST_SECONDS * 2.0 ** math.floor(math.log2(affordable / FIRST_SECONDS)) if affordable > 0 else 0.0

    def begin(self) -> None:
        """A batch begins."""
        self._memory.begin()

    def learn(self, seconds: float) -> None:
        """A batch of so many padded seconds was computed."""
        taken = self._memory.taken_bytes()
        if taken is not None and seconds >= _TELLING_SECONDS:
            self._cost = max(self._cost, taken / seconds)

    def refuse(self, seconds: float) -> None:
        """There was no memory for a batch of so many padded seconds after all."""
        self._memory.recover()
        self._cost = max(self._cost, self._memory.free_bytes() / seconds)


def run(
    durations: Sequence[float],
    room: Room,
    recognize: Callable[[Sequence[int]], Sequence[Result]],
    is_out_of_memory: Callable[[Exception], bool],
) -> list[Result]:
    """What `recognize` says of each clip, given the places of a batch in `durations` (seconds), in the clips' order.

    A batch too large for the memory is halved; what was recognized before is kept.

    Raises:
        Exception: what `recognize` raised, unless it was out of memory with several clips.
    """
    found: dict[int, Result] = {}
    waiting: Sequence[int] = sorted(range(len(durations)), key=lambda place: -durations[place])
    most = math.inf
    while waiting:
        batch = take(waiting, durations, min(room.seconds, most))
        seconds = padded(batch, durations)
        room.begin()
        try:
            found.update(zip(batch, recognize(batch), strict=True))
        except Exception as error:
            if len(batch) == 1 or not is_out_of_memory(error):
                raise
        if batch[0] in found:
            room.learn(seconds)
            waiting = waiting[len(batch) :]
        else:  # outside of the handler, where the error holds on to what it had taken
            room.refuse(seconds)
            most = seconds / 2
    return [found[place] for place in range(len(durations))]


def take(waiting: Sequence[int], durations: Sequence[float], most_seconds: float) -> Sequence[int]:
    """As many of the first places as fit, at least one; they wait longest clip first.

    >>> take([2, 0, 1], [20.0, 10.0, 30.0], 60.0)
    [2, 0]
    """
    return waiting[: max(1, int(most_seconds // max(durations[waiting[0]], _SHORTEST)))]


def padded(batch: Sequence[int], durations: Sequence[float]) -> float:
    """Seconds of the batch with each clip as long as the longest.

    >>> padded([2, 0], [20.0, 10.0, 30.0])
    60.0
    """
    return len(batch) * max(durations[batch[0]], _SHORTEST)
