"""What a format is written from: the transcript, the film that it belongs to, and how the user wants it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from transcriber.export.cues import Cue, lay_out
from transcriber.footage import Footage
from transcriber.options import ExportOptions
from transcriber.timecode import FrameRate
from transcriber.transcript import Transcript

USUAL_RATE = FrameRate(Fraction(25))
"""For sound without a picture, when nobody says at which rate it will be cut."""


@dataclass(frozen=True)
class Handover:
    """A transcript on its way to an editor. All that is slow to make is made once, for all formats.

    `shots` are the moments, in seconds of the file, that captions are snapped to.
    `captions` are shown as they are; None has them laid out by the options.

    Raises:
        InvalidOptionError: a start timecode that the frame rate does not have.
    """

    transcript: Transcript
    footage: Footage
    options: ExportOptions = field(default_factory=ExportOptions)
    shots: Sequence[float] = ()
    captions: Sequence[Cue] | None = None

    def __post_init__(self) -> None:
        self.first_frame  # noqa: B018 - refused now, not after an hour of writing

    @cached_property
    def rate(self) -> FrameRate:
        """The user's, else the film's."""
        return self.options.rate or self.footage.rate or USUAL_RATE

    @cached_property
    def first_frame(self) -> int:
        """The number of the frame at the file's time 0, on the chosen time base."""
        match self.options.base:
            case "file":
                return 0
            case "source":
                return self.source_frame
            case "own":
                return self.rate.frame(self.options.own_start)

    @cached_property
    def source_frame(self) -> int:
        """The number of the frame at the file's time 0 by the source's own timecode; 0 where it has none."""
        return self.rate.nearest(float(self.footage.start or 0))

    @cached_property
    def cues(self) -> list[Cue]:
        """The captions, in seconds of the file; on frame boundaries where they are laid out here."""
        if self.captions is not None:
            return list(self.captions)
        return lay_out(self.transcript, self.options.captions, self.rate, self.shots)

    def frame(self, seconds: float) -> int:
        """The frame nearest to a moment of the file, on the chosen time base."""
        return self.first_frame + self.rate.nearest(seconds)

    def timecode(self, seconds: float) -> str:
        """Of that frame."""
        return self.rate.timecode(self.frame(seconds))

    def clock(self, seconds: float) -> float:
        """A moment of the file in seconds of the chosen time base."""
        return self.rate.seconds(self.first_frame) + seconds
