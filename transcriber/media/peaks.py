"""How far the sound of a recording reaches, hundredth by hundredth of a second: what a waveform is drawn from."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from transcriber.media.decoding import decode
from transcriber.options import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Samples = npt.NDArray[np.float32]
    Extremes = npt.NDArray[np.int8]

PEAKS_PER_SECOND = 100
"""A frame of film lasts four of them, a short word ten; five hours are 3.6 MB."""

FULL_SCALE = 127
"""What a sample of 1.0 becomes."""

_SAMPLES = SAMPLE_RATE // PEAKS_PER_SECOND


def peaks(path: Path, on_progress: Callable[[float], None] = lambda _: None) -> bytes:
    """Two signed bytes for each hundredth of a second from time 0 on: the lowest sample in it, and the highest.

    They grow with the square root of the sample, so that whoever speaks far
    from the microphone is seen too. The whole sound is decoded, and never more
    than a second of it is held: `on_progress` is told up to which second, and
    may raise to stop.

    Raises:
        MediaNotFoundError, UnreadableMediaError, NoAudioError: there is nothing to hear.
    """
    drawn = bytearray()
    for reach in extremes(decode(path)):
        drawn += reach.tobytes()
        on_progress(len(drawn) / 2 / PEAKS_PER_SECOND)
    return bytes(drawn)


def extremes(blocks: "Iterable[Samples]") -> "Iterator[Extremes]":
    """The same of blocks of any length at 16 kHz, in arrays of shape (count, 2); a last stretch may be shorter.

    >>> import numpy as np
    >>> [each.tolist() for each in extremes([np.array([0.0, -0.25, 1.0], np.float32)])]
    [[[-64, 127]]]
    """
    import numpy as np

    rest = np.zeros(0, np.float32)
    for block in blocks:
        sound = np.concatenate([rest, block])
        whole = len(sound) // _SAMPLES * _SAMPLES
        rest = sound[whole:]
        if whole:
            yield _reach(sound[:whole].reshape(-1, _SAMPLES))
    if rest.size:
        yield _reach(rest[None])


def _reach(samples: "Samples") -> "Extremes":
    """Of each row."""
    import numpy as np

    both = np.stack([samples.min(axis=1), samples.max(axis=1)], axis=1)
    reach: Extremes = np.rint(np.sign(both) * np.sqrt(np.abs(both)) * FULL_SCALE).astype(np.int8)
    return reach
