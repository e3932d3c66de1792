"""From a file to blocks of sound."""

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from transcriber.errors import NoAudioError
from transcriber.media.container import choose, opened, require_channel
from transcriber.media.frames import frames
from transcriber.media.sound import grouped, mixed, picked, resampled, within_full_scale
from transcriber.media.timeline import clock, placed

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def decode(
    path: Path, audio_stream: int = 0, channel: int | None = None
) -> "Generator[npt.NDArray[np.float32], None, None]":
    """The sound of a file: blocks of mono float32 in [-1, 1] at 16 kHz, none longer than BLOCK_SECONDS.

    The first sample is time 0 of the file's timeline. Silence stands where a
    stream starts late or has a hole; what is stamped before 0 (the delay of an
    encoder) or twice is left out. A file that breaks off yields what is there,
    damaged parts become silence. Without a `channel` (from 0) all are averaged,
    one that is wired upside down is turned first. Passages beyond full scale
    are turned down rather than clipped, NaN and infinity are silence.

    The file is open from the first block to the last, or until the generator is closed.

    Raises:
        MediaNotFoundError, UnreadableMediaError, NoAudioError: there is nothing to hear.
        InvalidOptionError: there are fewer audio streams, or fewer channels in this one.
    """
    heard = False
    with opened(path) as container:
        stream = choose(path, container, audio_stream)
        require_channel(path, stream, channel)
        spans = grouped(placed(frames(container, stream), clock(container)))
        for block in resampled(mixed(spans) if channel is None else picked(spans, channel)):
            heard = True
            yield within_full_scale(block)
    if not heard:
        raise NoAudioError(str(path), "has an audio track without a single sample")
