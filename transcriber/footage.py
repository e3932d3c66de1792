"""A recording as an editor's clip: its frames, its timecode, its sound. What headers say, without a sample."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from transcriber.timecode import FrameRate


@dataclass(frozen=True, slots=True)
class Footage:
    """What an editing program knows of the file.

    `duration` and `picture_start` are seconds of the timeline that words are
    timed on; the first frame of the picture stands at `picture_start`. `rate`
    is None without a picture, unless a field recorder wrote one; it drops
    numbers where the source timecode does. `start` is the source timecode at
    the file's time 0, in real seconds since 00:00:00:00: frames divided by the
    exact rate, or samples by the sample rate; None where the file has no
    timecode, negative where the picture is 00:00:00:00 and starts late. `size`
    is width and height of the picture in pixels as it is shown. `sample_rate`
    (Hz) and `channels` are the first sound's; `track_names` has one for each
    of these channels, empty where it has none, or is empty itself.
    """

    path: Path
    duration: float
    rate: FrameRate | None = None
    start: Fraction | None = None
    picture_start: float = 0.0
    size: tuple[int, int] | None = None
    sample_rate: int = 48_000
    channels: int = 2
    track_names: tuple[str, ...] = ()
