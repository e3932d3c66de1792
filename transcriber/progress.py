"""How far the work is: one value that every slow step reports and every front end shows."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from transcriber.transcript import Segment

Stage = Literal["importing", "downloading", "verifying", "unpacking", "loading", "waiting", "recognizing", "watching"]


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` in the unit of the stage: bytes of a download, seconds of audio when recognizing.

    Watching, for the cuts of a film, counts its seconds. `total` is None where nobody knows it.
    `subject` names the model or the recording. While recognizing, `heard` is what the transcript has grown by since the
    last report, `times_real_time` the seconds of audio per second of work, and
    `seconds_left` what the rest will take; None while it cannot be told.
    """

    stage: Stage
    subject: str
    done: float = 0.0
    total: float | None = None
    heard: tuple[Segment, ...] = ()
    times_real_time: float | None = None
    seconds_left: float | None = None

    @property
    def fraction(self) -> float | None:
        """0..1, or None where the total is not known."""
        return min(1.0, self.done / self.total) if self.total else None


class Pace:
    """How fast a recording is being recognized, from the first clip of this run on.

    Seconds of audio against seconds of the clock; what an earlier run had done
    (`begun_at`, seconds of audio) took this one no time, so it does not count.
    """

    def __init__(self, begun_at: float, clock: Callable[[], float] = time.perf_counter) -> None:
        self._begun_at, self._clock = begun_at, clock
        self._began = clock()
        self._marks = deque([(self._began, begun_at)])  # when, and how much was done then

    def times_real_time(self, done: float) -> float | None:
        """Seconds of audio per second of work; None before anything is done."""
        elapsed = self._clock() - self._began
        return (done - self._begun_at) / elapsed if done > self._begun_at and elapsed > 0 else None

    def seconds_left(self, done: float, total: float | None) -> float | None:
        """Until all is done at the pace of the later half of this run's work; None while it cannot be told.

        The first clips take longer than all others, and what else the machine
        does changes. To be asked in the course of the work, at rising `done`.
        """
        now = self._clock()
        self._marks.append((now, done))
        while len(self._marks) > 2 and self._marks[1][1] <= (self._begun_at + done) / 2:
            self._marks.popleft()
        since, done_then = self._marks[0]
        is_known = total is not None and done > done_then and now > since
        return max(0.0, (total or 0.0) - done) * (now - since) / (done - done_then) if is_known else None


OnProgress = Callable[[Progress], None]
"""Called from the working thread. It may raise TranscriptionCancelledError: the work then stops there."""


def ignore(_: Progress) -> None:
    """For callers who do not want to know."""
