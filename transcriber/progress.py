"""How far the work is: one value that every slow step reports and every front end shows."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from transcriber.transcript import Segment

Stage = Literal["importing", "downloading", "verifying", "unpacking", "loading", "waiting", "recognizing"]


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` in the unit of the stage: bytes of a download, seconds of audio when recognizing.

    `total` is None where nobody knows it. `subject` names the model or the recording.
    While recognizing, `heard` is what the transcript has grown by since the
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

    def times_real_time(self, done: float) -> float | None:
        """Seconds of audio per second of work; None before anything is done."""
        elapsed = self._clock() - self._began
        return (done - self._begun_at) / elapsed if done > self._begun_at and elapsed > 0 else None

    def seconds_left(self, done: float, total: float | None) -> float | None:
        """Until all is done at this pace; None while it cannot be told."""
        speed = self.times_real_time(done)
        return max(0.0, total - done) / speed if speed and total is not None else None


OnProgress = Callable[[Progress], None]
"""Called from the working thread. It may raise TranscriptionCancelledError: the work then stops there."""


def ignore(_: Progress) -> None:
    """For callers who do not want to know."""
