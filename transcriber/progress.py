"""How far the work is: one value that every slow step reports and every front end shows."""

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


OnProgress = Callable[[Progress], None]
"""Called from the working thread. It may raise TranscriptionCancelledError: the work then stops there."""


def ignore(_: Progress) -> None:
    """For callers who do not want to know."""
