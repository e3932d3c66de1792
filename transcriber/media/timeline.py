"""Where sound stands on the timeline that an editor shows: gaps are filled, overlaps are cut."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from transcriber.media.frames import Span, samples_of

if TYPE_CHECKING:
    import av

JITTER = 0.03
"""Seconds by which a time stamp may miss the end of what came before. Whole milliseconds (.mkv, .flv, .asf) and the
clocks of capture devices do so all the time; filling such gaps would cut clicks into the speech."""

CLOCK_JUMP = 10.0
"""Seconds past which a leap of a broadcast clock is a new setting, not a pause: ffmpeg's own dts_delta_threshold."""

OVERLAP = 1.0
"""Seconds up to which sound that is stamped as already heard is taken for a repetition; past it the clock was set back,
and cutting would lose words."""

LONGEST_GAP = 24 * 3600.0
"""Seconds that nothing may be heard; a stamp further ahead is broken, even if the header agrees with it."""


@dataclass(frozen=True, slots=True)
class Clock:
    """How time stamps become times: seconds after `origin`; none is later than `latest`."""

    origin: float
    latest: float
    arbitrary: bool

    def leapt(self, time: float, position: float) -> bool:
        """Whether a stamp makes no sense after `position`."""
        gap = time - position
        if gap > CLOCK_JUMP:
            return gap > LONGEST_GAP or time > self.latest or (self.arbitrary and position > 0)
        return gap < (-OVERLAP if position > 0 else -CLOCK_JUMP)


def clock(container: "av.container.InputContainer") -> Clock:
    """When time 0 is.

    Most containers count from 0. The clock of broadcast formats starts
    anywhere, so there the earliest stream is 0. FFmpeg stamps the first sample
    of an .mp3 with the encoder's delay, which it has already cut off.
    """
    import av

    arbitrary = bool(container.format.flags & av.format.Flags.ts_discont.value)
    counts_from_start = arbitrary or container.format.name == "mp3"
    origin = seconds(container.start_time) if counts_from_start else 0.0
    latest = seconds(container.duration) + CLOCK_JUMP if container.duration else math.inf
    return Clock(origin, max(0.0, seconds(container.start_time) - origin) + latest, arbitrary)


def seconds(microseconds: int | None) -> float:
    """Of what a container says of its own start and length; 0 where it does not."""
    return (microseconds or 0) / 1e6


def placed(frames: "Iterable[av.AudioFrame]", clock: Clock) -> Iterator[Span]:
    """The frames one after the other from time 0: gaps filled, overlaps and what lies before 0 cut."""
    position, origin = 0.0, clock.origin
    for frame in frames:
        samples, rate = samples_of(frame), frame.sample_rate
        time = position if frame.time is None else frame.time - origin
        if clock.leapt(time, position):
            origin, time = origin + time - position, position
        shift = _shift(time - position, rate, settled=position > 0)
        yield from _silence(shift, len(samples), rate)
        kept = samples[:, max(0, -shift) :]
        position += (max(0, shift) + kept.shape[1]) / rate
        if kept.size:
            yield Span(kept, rate)


def _shift(gap: float, rate: int, *, settled: bool) -> int:
    """Samples to insert, or, if negative, to cut. The first sample is placed exactly, the rest within JITTER."""
    return 0 if settled and abs(gap) <= JITTER else round(gap * rate)


def _silence(count: int, channels: int, rate: int) -> Iterator[Span]:
    """`count` samples of nothing, at most a second at a time."""
    import numpy as np

    for begin in range(0, count, rate):
        yield Span(np.zeros((channels, min(rate, count - begin)), np.float32), rate)
