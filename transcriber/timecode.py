"""Frames and timecode: moments as an editor counts them, exact at any length."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from types import MappingProxyType

from transcriber.errors import InvalidOptionError

NTSC = (24, 30, 48, 60, 120)
"""Whole rates that television slows down by 1000/1001."""

DROPPING: Mapping[int, int] = MappingProxyType({30: 2, 60: 4})
"""Frame numbers that drop-frame timecode leaves out at the start of each minute but every tenth (SMPTE ST 12-1)."""

FASTEST = 1000
"""Frames a second: one per millisecond."""

_NEAR = Fraction(1, 2000)
"""How far a rate may be from a known one and still mean it: 23.98 means 24000/1001, and 24 does not."""

_RATE = re.compile(
    r"(?P<number>\d{1,9}(?:[.,]\d{1,9})?|\d{1,9}/0*[1-9]\d{0,8})\s*(?:fps|p)?[\s-]*"
    r"(?:(?P<drop>df|drop(?:[\s-]?frame)?)|ndf?|non[\s-]?drop(?:[\s-]?frame)?)?",
    re.IGNORECASE | re.ASCII,
)
_TIMECODE = re.compile(r"(\d{1,2}):([0-5]\d):([0-5]\d)[:;.,](\d{2,3})", re.ASCII)
_EDGE = 1e-6
"""Frames: what rounding may have taken from a moment that stands on one."""


@dataclass(frozen=True, slots=True)
class FrameRate:
    """Frames a second, exact, and whether the timecode drops numbers to keep up with the clock.

    Raises:
        InvalidOptionError: no rate that a film has, or drop-frame for a rate that knows none.

    >>> FrameRate(Fraction(30000, 1001), drop=True).timecode(1800)
    '00:01:00;02'
    """

    exact: Fraction
    drop: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.exact <= FASTEST:
            raise InvalidOptionError("fps", str(self.exact), f"films have from 1 to {FASTEST} frames a second")
        if self.drop and not can_drop(self.exact):
            raise InvalidOptionError("fps", f"{self}", "only 29.97 and 59.94 know drop-frame timecode")

    @property
    def nominal(self) -> int:
        """The whole rate that timecode counts by: 30 for 29.97."""
        return round(self.exact)

    def __str__(self) -> str:
        number = float(self.exact)
        return f"{number:.3f}".rstrip("0").rstrip(".") + (" drop-frame" if self.drop else "")

    @property
    def a_day(self) -> int:
        """Frames from 00:00:00:00 until timecode says so again; with numbers dropped that is 86 ms less than a day."""
        return 24 * 6 * (600 * self.nominal - (9 * DROPPING[self.nominal] if self.drop else 0))

    def seconds(self, frames: int) -> float:
        """How long so many frames last."""
        return frames * self.exact.denominator / self.exact.numerator

    def nearest(self, seconds: float) -> int:
        """The frame boundary that is nearest to a moment."""
        return floor(self._frames(seconds) + 0.5 + _EDGE)

    def at_or_before(self, seconds: float) -> int:
        """The last frame boundary that is not after a moment."""
        return floor(self._frames(seconds) + _EDGE)

    def at_or_after(self, seconds: float) -> int:
        """The first frame boundary that is not before a moment."""
        return ceil(self._frames(seconds) - _EDGE)

    def _frames(self, seconds: float) -> float:
        return seconds * self.exact.numerator / self.exact.denominator

    def timecode(self, frame: int) -> str:
        """The frame's number as timecode, with `;` where numbers are dropped; days repeat, before 0 as after 24 hours.

        >>> FrameRate(Fraction(25)).timecode(-1)
        '23:59:59:24'
        """
        number = frame % self.a_day
        if self.drop:
            number += self._dropped_before(number)
        seconds, frames = divmod(number, self.nominal)
        minutes, second = divmod(seconds, 60)
        hour, minute = divmod(minutes, 60)
        width = len(str(max(10, self.nominal - 1)))
        return f"{hour:02}:{minute:02}:{second:02}{';' if self.drop else ':'}{frames:0{width}}"

    def _dropped_before(self, frame: int) -> int:
        """How many numbers were left out from midnight to this frame."""
        dropped = DROPPING[self.nominal]
        minute = 60 * self.nominal - dropped
        tens, rest = divmod(frame, 10 * minute + dropped)
        return dropped * (9 * tens + max(0, rest - dropped) // minute)

    def frame(self, timecode: str) -> int:
        """The frame that has this timecode.

        Raises:
            InvalidOptionError: it is no timecode, or names a frame that is not there at this rate.

        >>> FrameRate(Fraction(25)).frame("01:00:00:00")
        90000
        """
        found = _TIMECODE.fullmatch(timecode.strip())
        if not found:
            raise InvalidOptionError(
                "timecode", timecode.strip() or "empty", "it is written as hours:minutes:seconds:frames, 01:00:00:00"
            )
        hour, minute, second, frames = (int(number) for number in found.groups())
        if hour >= 24 or frames >= self.nominal or self._is_dropped(minute, second, frames):
            raise InvalidOptionError("timecode", timecode, f"there is no such frame at {self}")
        minutes = 60 * hour + minute
        number = (60 * minutes + second) * self.nominal + frames
        return number - DROPPING[self.nominal] * (minutes - minutes // 10) if self.drop else number

    def _is_dropped(self, minute: int, second: int, frames: int) -> bool:
        return self.drop and minute % 10 != 0 and second == 0 and frames < DROPPING[self.nominal]


def can_drop(exact: Fraction) -> bool:
    """Whether there is drop-frame timecode at this rate."""
    return any(exact == Fraction(whole * 1000, 1001) for whole in DROPPING)


def known(rate: Fraction, *, drop: bool = False) -> FrameRate:
    """A rate as a header rounds it, made exact: 2997/100 is 30000/1001.

    Raises:
        InvalidOptionError: no rate that a film has.
    """
    exact = (Fraction(whole * 1000, 1001) for whole in NTSC)
    near = (each for each in (Fraction(round(rate)), *exact) if abs(rate - each) <= _NEAR * each)
    return FrameRate(min(near, key=lambda each: abs(each - rate), default=rate.limit_denominator(1001)), drop)


def parse(text: str) -> FrameRate:
    """A rate as people write it: 25, 23.976, 29.97df, 30000/1001.

    Raises:
        InvalidOptionError: it is none.

    >>> parse("29.97 DF") == FrameRate(Fraction(30000, 1001), drop=True)
    True
    """
    found = _RATE.fullmatch(text.strip())
    if not found:
        raise InvalidOptionError(
            "fps", text.strip() or "empty", "it is a number such as 25, 23.976, 29.97df or 30000/1001"
        )
    return known(Fraction(found["number"].replace(",", ".")), drop=bool(found["drop"]))
