"""What every recognizer of NeMo's shares: one model, one lock, one way to fail, one way to go.

Imports torch: import this module inside a function.
"""

import gc
import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from transcriber.catalogue import ModelSpec
from transcriber.errors import ClipFailedError, MemoryExhaustedError, ModelUnloadedError, RecognitionError
from transcriber.nemo import batches, memory
from transcriber.nemo import device as devices
from transcriber.nemo.batches import Room
from transcriber.nemo.failures import first_line, is_out_of_memory
from transcriber.options import SAMPLE_RATE, TranscribeOptions
from transcriber.recognizer import Clip, Recognition

log = logging.getLogger(__name__)

_SHORTEST_SAMPLES = SAMPLE_RATE
"""Clips under 1 s are padded to it, as NeMo does, but behind, so that their times stay true."""


_REHEARSED_SECONDS = 20

_COST_ON_THE_PROCESSOR = 20e6
"""Bytes for a second of sound: Parakeet takes 9 MB, Canary's language model as much again."""


class ModelInMemory(ABC):
    """A Recognizer around `model`, which `_recognitions` asks.

    `identity` tells its weights from others; `notes` are what its user should know.
    """

    _CLIPS_ON_A_CARD = 64
    _CLIPS_ON_THE_PROCESSOR = 1
    """Handed over in one call: between two calls, work can be cancelled, and is recorded.

    Cards want work for thousands of threads; a processor has enough with 30 s.
    """

    def __init__(
        self, spec: ModelSpec, model: Any, device: torch.device, identity: str, notes: tuple[str, ...]
    ) -> None:
        self._spec, self._device, self._identity, self._notes = spec, device, identity, notes
        self._memory = memory.of(device)
        cost = 0.0 if device.type == "cuda" else _COST_ON_THE_PROCESSOR
        self._room = Room(self._memory, self.clips_at_once * spec.max_clip_seconds, cost)
        self._model = model
        self._lock = threading.Lock()

    @property
    def spec(self) -> ModelSpec:
        """What the catalogue says of it."""
        return self._spec

    @property
    def device(self) -> str:
        """`CPU`, or the name of the card."""
        return devices.title(self._device)

    @property
    def notes(self) -> tuple[str, ...]:
        """What its user should know about the way it runs here."""
        return self._notes

    @property
    def identity(self) -> str:
        """What decides the words: the weights, and what is computed in."""
        return self._identity

    @property
    def clips_at_once(self) -> int:
        """How many clips to hand over in one call."""
        return self._CLIPS_ON_A_CARD if self._device.type == "cuda" else self._CLIPS_ON_THE_PROCESSOR

    @property
    def room(self) -> Room:
        """How large its batches may be, and what they are expected to take."""
        return self._room

    @property
    def memory_bytes(self) -> int:
        """The most it took so far: of the card, or of the whole process on the CPU."""
        return self._memory.highest_bytes

    def recognize(self, clips: Sequence[Clip], options: TranscribeOptions) -> list[Recognition]:  # noqa: ARG002 - no choices yet
        """One recognition per clip, in order; see Recognizer."""
        with self._lock:
            if self._model is None:
                raise ModelUnloadedError(self._spec.name)
            try:
                return self._in_batches(clips)
            except RecognitionError:
                log.exception("recognition failed")
                raise

    def close(self) -> None:
        """Give the memory back."""
        with self._lock:
            self._model = None
        gc.collect()  # NeMo's models refer to themselves
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    def _rehearse(self) -> None:
        """Learn, on a card, what a second takes: batches are then the same from the first clip on."""
        if self._device.type == "cuda":
            silence = Clip(np.zeros(_REHEARSED_SECONDS * SAMPLE_RATE, np.float32), 0.0)
            self._in_batches([silence, silence])

    def _in_batches(self, clips: Sequence[Clip]) -> list[Recognition]:
        """As many at once as there is memory for."""

        def recognize(places: Sequence[int]) -> list[Recognition]:
            batch = [clips[place] for place in places]
            try:
                return self._recognitions(batch)
            except Exception as error:
                raise self._failure(batch, error) from error

        durations = [clip.duration for clip in clips]
        return batches.run(durations, self._room, recognize, lambda error: isinstance(error, MemoryExhaustedError))

    @abstractmethod
    def _recognitions(self, clips: Sequence[Clip]) -> list[Recognition]:
        """One per clip, in order; nobody else uses the model meanwhile."""

    def _failure(self, clips: Sequence[Clip], error: Exception) -> Exception:
        start, end = min(clip.start for clip in clips), max(clip.start + clip.duration for clip in clips)
        if is_out_of_memory(error):
            task = f"recognizing {sum(clip.duration for clip in clips):.0f} s of audio with {self._spec.name}"
            return MemoryExhaustedError(task, self.device, first_line(error))
        return ClipFailedError(start, end, f"{type(error).__name__}: {first_line(error)}")


def batch(clips: Sequence[Clip]) -> tuple[torch.Tensor, torch.Tensor]:
    """float32 [clips, samples] padded with silence, int64 [clips] lengths, none under a second."""
    lengths = [max(len(clip.samples), _SHORTEST_SAMPLES) for clip in clips]
    signal = torch.zeros(len(clips), max(lengths))
    for row, clip in zip(signal, clips, strict=True):
        row[: len(clip.samples)] = torch.from_numpy(clip.samples)
    return signal, torch.tensor(lengths)
