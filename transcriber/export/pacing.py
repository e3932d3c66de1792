"""How long a cue stays, in whole frames: the rules of time that laying out, checking and repairing share."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Self

from transcriber.options import CaptionOptions
from transcriber.timecode import FrameRate

NEAR_SHOT = Fraction(1, 2)
"""Seconds, 12 frames of film: how far a cue goes for a shot change (Netflix, Subtitle Timing Guidelines, 2)."""

LATE_FOR_SHOT = Fraction(7, 24)
"""Seconds, 7 frames of film: how late it may come or how early it may go for one, against the sound (the same)."""

_EDGE = 1e-6
"""Frames: what rounding may have added to a length of whole frames."""

NEVER = 1 << 60
"""Frames: when the cue after the last one comes."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The rules of CaptionOptions in frames. `closed` is the longest gap that is closed to `gap`."""

    shortest: int
    longest: int
    linger: int
    gap: int
    closed: int
    per_character: float
    near_shot: int
    late_for_shot: int

    @classmethod
    def of(cls, options: CaptionOptions, rate: FrameRate) -> Self:
        """The rules as a film of this rate can keep them: a cue is never shorter than a frame."""
        fps = rate.exact
        shortest = max(1, ceil(options.shortest * fps - _EDGE))
        closed = max(options.closed_gap_frames, ceil(options.closed_gap * fps - _EDGE) - 1)
        return cls(
            shortest=shortest,
            longest=max(shortest, floor(options.longest * fps + _EDGE)),
            linger=floor(options.linger * fps + _EDGE),
            gap=options.gap_frames,
            closed=closed,
            per_character=float(fps / Fraction(options.characters_per_second)),
            near_shot=floor(NEAR_SHOT * fps),
            late_for_shot=floor(LATE_FOR_SHOT * fps),
        )

    def reading(self, characters: int) -> int:
        """Frames to read so much in."""
        return ceil(characters * self.per_character - _EDGE)

    def end(self, start: int, wanted: int, following: int) -> int:
        """When a cue from `start` goes that would stay until `wanted`, the next one coming at `following`.

        It is never too short, even where the next one has to wait for it; never
        too long; and a gap that would only flicker is closed, or opened wide.
        """
        least, most = start + self.shortest, start + self.longest
        room = following - self.gap
        wanted = max(wanted, least)
        if following - wanted <= self.closed:
            wanted = room
        wanted = max(least, min(wanted, most))
        if self.flickers(following - wanted):
            return max(least, following - self.closed - 1)
        return wanted

    def flickers(self, gap: int) -> bool:
        """Whether a gap is one that should be closed."""
        return self.gap < gap <= self.closed


@dataclass(frozen=True, slots=True)
class Shots:
    """The frames where shots begin, in order."""

    frames: Sequence[int]
    pace: Pace

    def start(self, first: int) -> int:
        """Where a cue comes whose first word begins at this frame."""
        late, near = self.pace.late_for_shot, self.pace.near_shot
        return self._nearest(first, first - near, first + late)

    def end(self, end: int, last: int, following: int) -> int:
        """Where a cue goes that would at `end`, its last word being over at `last`: its gap before the shot."""
        pace = self.pace
        lowest = max(end - pace.near_shot, min(end, last - pace.late_for_shot))
        shot = self._nearest(end + pace.gap, lowest + pace.gap, end + pace.gap + pace.near_shot)
        snapped = shot - pace.gap
        fits = snapped <= following - pace.gap and not pace.flickers(following - snapped)
        return snapped if fits else end

    def _nearest(self, frame: int, lowest: int, highest: int) -> int:
        """The shot between two frames that is nearest to `frame`; `frame` itself without one."""
        low, high = bisect_left(self.frames, lowest), bisect_left(self.frames, highest + 1)
        return min(self.frames[low:high], key=lambda shot: abs(shot - frame), default=frame)
