"""Where somebody speaks, and how loud it is."""

import functools
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from transcriber.options import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Samples = npt.NDArray[np.float32]

HOP = 0.01
"""Seconds from one loudness to the next."""

FLOOR_DB = -100.0
"""dBFS of digital silence: under the noise of 16-bit audio (-98), and finite."""

_HOP_SAMPLES = round(SAMPLE_RATE * HOP)


_detecting = threading.Lock()


@functools.cache
def _voice_detector() -> tuple[Any, Callable[..., list[dict[str, int]]]]:
    """The model, which comes with its package, and the function that listens with it."""
    import torch

    threads = torch.get_num_threads()
    import silero_vad

    torch.set_num_threads(threads)  # importing it takes all but one from the whole process
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # of the way its file is read
        return silero_vad.load_silero_vad(), silero_vad.get_speech_timestamps


def spans(samples: "Samples") -> list[tuple[float, float]]:
    """Where somebody speaks in mono sound at 16 kHz: (start, end) in seconds, in order, apart.

    By Silero VAD 6, which tells speech from noise and music, at some 50 times real time.
    """
    import torch

    with _detecting:  # it keeps state while it listens
        detector, listen = _voice_detector()
        found = listen(torch.from_numpy(samples), detector, sampling_rate=SAMPLE_RATE)
    return [(span["start"] / SAMPLE_RATE, span["end"] / SAMPLE_RATE) for span in found]


def loudness(blocks: "Iterable[npt.NDArray[np.float32]]") -> Iterator[float]:
    """RMS in dBFS of every HOP of mono sound at 16 kHz, however it is cut into blocks.

    Full scale (a square wave of 1.0) is 0, silence FLOOR_DB; a last hop that
    is not whole counts for the samples it has.

    >>> import numpy as np
    >>> [round(level) for level in loudness([np.full(200, 0.1, np.float32)])]
    [-20, -20]
    """
    import numpy as np

    rest = np.zeros(0, np.float32)
    for block in blocks:
        samples = np.concatenate((rest, block))
        whole = len(samples) - len(samples) % _HOP_SAMPLES
        rest = samples[whole:]
        yield from _levels(samples[:whole].reshape(-1, _HOP_SAMPLES))
    if len(rest):
        yield from _levels(rest[None])


def _levels(hops: "Samples") -> list[float]:
    """One level per row."""
    import numpy as np

    power = np.square(hops, dtype=np.float64).mean(axis=1)
    levels: list[float] = (10 * np.log10(power.clip(10 ** (FLOOR_DB / 10)))).tolist()
    return levels
