"""Where somebody speaks, and how loud it is."""

import functools
import logging
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from transcriber.options import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

    Samples = npt.NDArray[np.float32]

log = logging.getLogger(__name__)

HOP = 0.01
"""Seconds from one loudness to the next."""

WINDOW = 0.032
"""Seconds from one moment to the next: what the voice detector was trained to judge."""

FLOOR_DB = -100.0
"""dBFS of digital silence: under the noise of 16-bit audio (-98), and finite."""

_HOP_SAMPLES = round(SAMPLE_RATE * HOP)
_WINDOW_SAMPLES = round(SAMPLE_RATE * WINDOW)

_CONTEXT_SAMPLES = 64
"""What the detector sees of the window before."""

_WINDOWS_AT_ONCE = 250
"""8 s: what is judged together. Always as many, so that what is heard does not depend on where blocks end."""

_SAME = 1e-3
"""Two voice probabilities that differ by less are the same; rounding makes up to 3e-5."""

_loading = threading.Lock()

Judge = Callable[["torch.Tensor"], "torch.Tensor"]
"""From samples, a whole number of windows, to the voice probability of each window. It remembers what came before."""


class Moment(NamedTuple):
    """What a WINDOW of sound is like: how probable a voice is in it, from 0 to 1, and its RMS in dBFS."""

    speech: float
    level: float


def listen(blocks: "Iterable[Samples]") -> Iterator[Moment]:
    """One moment per WINDOW of mono sound at 16 kHz, however it is cut into blocks.

    By Silero VAD 6, which tells speech from noise and music, some 1,000 times
    faster than real time on one core. It reads 8 s ahead. A last window that is
    not whole is judged as if silence followed, and its level is that of the
    samples it has. Any number of threads may listen at once.
    """
    judge = _judge()
    for stretch in _stretches(blocks, _WINDOWS_AT_ONCE * _WINDOW_SAMPLES):
        yield from map(Moment, _voices(judge, stretch), _levels(stretch, _WINDOW_SAMPLES))


def spans(samples: "Samples") -> list[tuple[float, float]]:
    """Where somebody speaks in mono sound at 16 kHz: (start, end) in seconds, in order, apart.

    What Silero VAD's own get_speech_timestamps finds, at the speed of `listen`.
    """
    voices = [moment.speech for moment in listen([samples])]
    import silero_vad

    length = {"sampling_rate": SAMPLE_RATE, "audio_length_samples": len(samples)}
    found = silero_vad.get_speech_timestamps_from_probs(voices, **length)
    return [(span["start"] / SAMPLE_RATE, span["end"] / SAMPLE_RATE) for span in found]


def loudness(blocks: "Iterable[Samples]") -> Iterator[float]:
    """RMS in dBFS of every HOP of mono sound at 16 kHz, however it is cut into blocks.

    Full scale (a square wave of 1.0) is 0, silence FLOOR_DB; a last hop that
    is not whole counts for the samples it has.

    >>> import numpy as np
    >>> [round(level) for level in loudness([np.full(200, 0.1, np.float32)])]
    [-20, -20]
    """
    for stretch in _stretches(blocks, SAMPLE_RATE):
        yield from _levels(stretch, _HOP_SAMPLES)


def _stretches(blocks: "Iterable[Samples]", length: int) -> "Iterator[Samples]":
    """The same sound in pieces of `length` samples; the last one is what is left."""
    import numpy as np

    pending, count = [np.zeros(0, np.float32)], 0
    for block in blocks:
        pending.append(block)
        count += len(block)
        if count >= length:
            sound, count = np.concatenate(pending), count % length
            yield from sound[: len(sound) - count].reshape(-1, length)
            pending = [sound[len(sound) - count :]]
    if count:
        yield np.concatenate(pending)


def _levels(samples: "Samples", hop: int) -> list[float]:
    """One per `hop` samples; the last one of those that are there."""
    import numpy as np

    starts = np.arange(0, len(samples), hop)
    power = np.add.reduceat(np.square(samples, dtype=np.float64), starts)
    power /= np.diff(starts, append=len(samples))
    levels: list[float] = (10 * np.log10(power.clip(10 ** (FLOOR_DB / 10)))).tolist()
    return levels


@contextmanager
def _one_thread() -> Iterator[None]:
    """Torch without its helpers, in this thread only.

    The layers are so small that helpers cost more than they save, and while
    another thread recognizes they would take turns with its own, spinning:
    that made the detector 18 times slower on a busy machine with 2 cores.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)  # with OpenMP it holds for the calling thread, and for threads that have yet to begin
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _voices(judge: Judge, stretch: "Samples") -> list[float]:
    """One probability per window. The stretch is filled up with silence to the size that all are judged in."""
    import numpy as np
    import torch

    count = -(-len(stretch) // _WINDOW_SAMPLES)
    whole = np.zeros(_WINDOWS_AT_ONCE * _WINDOW_SAMPLES, np.float32)
    whole[: len(stretch)] = stretch
    with torch.inference_mode(), _one_thread():
        voices: list[float] = judge(torch.from_numpy(whole))[:count].tolist()
    return voices


# --- the voice detector ----------------------------------------------------------------------------------------------


class _Batched:
    """The detector's own layers, over many windows at once where none depends on another; the rest in one LSTM.

    Called as its package means it, window by window, 93 times real time is all one core can do.
    """

    def __init__(self, layers: "torch.nn.Module", memory: "torch.nn.LSTM") -> None:
        import torch

        self._layers, self._memory = layers, memory
        self._before = torch.zeros(_CONTEXT_SAMPLES)
        self._state: tuple[torch.Tensor, torch.Tensor] | None = None

    def __call__(self, sound: "torch.Tensor") -> "torch.Tensor":
        import torch

        seen = torch.cat((self._before, sound))
        self._before = seen[-_CONTEXT_SAMPLES:].clone()
        windows = seen.unfold(0, _CONTEXT_SAMPLES + _WINDOW_SAMPLES, _WINDOW_SAMPLES)
        features = self._layers.encoder(self._layers.stft(windows))
        remembered, self._state = self._memory(features.permute(2, 0, 1).flatten(0, 1), self._state)
        return self._layers.decoder.decoder(remembered[:, :, None]).flatten()


class _WindowByWindow:
    """The detector as its package means it to be called; one of its own, since it keeps state."""

    def __init__(self) -> None:
        self._detector = _load_detector()

    def __call__(self, sound: "torch.Tensor") -> "torch.Tensor":
        import torch

        return torch.cat([self._detector(window, SAMPLE_RATE)[0] for window in sound.reshape(-1, _WINDOW_SAMPLES)])


def _judge() -> Judge:
    """One that has heard nothing yet."""
    memory = _memory()
    return _Batched(_voice_detector()._model, memory) if memory else _WindowByWindow()  # noqa: SLF001


@functools.cache
def _memory() -> "torch.nn.LSTM | None":
    """The detector's LSTM cell as an LSTM over time; None where the detector is not built as it was in 6.2.3."""
    import torch

    try:
        layers = _voice_detector()._model  # noqa: SLF001 - it has no public way to judge many windows
        cell = layers.decoder.rnn
        memory = torch.nn.LSTM(cell.weight_ih.shape[1], cell.weight_hh.shape[1]).requires_grad_(False)  # noqa: FBT003
        memory.load_state_dict({f"{name}_l0": weight for name, weight in cell.named_parameters()})
        if _agrees(_Batched(layers, memory)):
            return memory
    except (AttributeError, RuntimeError):
        log.warning("the voice detector has other layers than expected", exc_info=True)
    log.warning("the voice detector listens window by window, some ten times slower")
    return None


def _agrees(judge: Judge) -> bool:
    """Whether it judges a second of swelling noise, in two parts, as the detector itself does."""
    import torch

    noise = torch.randn(2, 16 * _WINDOW_SAMPLES, generator=torch.Generator().manual_seed(1))
    plain = _WindowByWindow()
    with torch.inference_mode():
        return all(
            torch.allclose(judge(half), plain(half), rtol=0, atol=_SAME) for half in (0.001 * noise[0], noise[1])
        )


@functools.cache
def _voice_detector() -> "torch.jit.ScriptModule":
    return _load_detector()


def _load_detector() -> "torch.jit.ScriptModule":
    """The model, which comes with its package."""
    import torch

    with _loading:
        threads = torch.get_num_threads()
        import silero_vad

        torch.set_num_threads(threads)  # importing it takes all but one from the whole process
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # of the way its file is read
            return silero_vad.load_silero_vad()
