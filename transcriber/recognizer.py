"""What the pipeline asks of any model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from transcriber.catalogue import ModelSpec
from transcriber.options import SAMPLE_RATE as SAMPLE_RATE
from transcriber.options import TranscribeOptions
from transcriber.transcript import Word

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A span of a recording for a model: mono float32 in [-1, 1] at 16 kHz; `start` in seconds of the recording."""

    samples: "npt.NDArray[np.float32]"
    start: float

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.samples) / SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a model heard in one clip. Word times are seconds of the recording, not of the clip."""

    text: str
    words: tuple[Word, ...]


class Recognizer(Protocol):
    """A model in memory. Safe to call from several threads."""

    @property
    def spec(self) -> ModelSpec:
        """What the catalogue says of it."""

    @property
    def device(self) -> str:
        """Where it runs, for people: `CPU`, `NVIDIA GeForce RTX 4080 Laptop GPU`."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What its user should know about the way it runs here, a sentence each."""

    @property
    def identity(self) -> str:
        """Tells what decides the words, weights and precision, from any other; the same on every day."""

    @property
    def clips_at_once(self) -> int:
        """How many clips to hand over in one call; always the same on this machine, whatever else runs on it."""

    @property
    def memory_bytes(self) -> int:
        """The most memory it took so far: of the card, or of the whole process on the CPU."""

    def recognize(self, clips: Sequence[Clip], options: TranscribeOptions) -> list[Recognition]:
        """One recognition per clip, in order.

        Raises:
            MemoryExhaustedError: the device is too small for these clips.
            ClipFailedError: the model failed on them.
            ModelUnloadedError: `close` came first.
        """

    def close(self) -> None:
        """Give the memory back. Waits for a running `recognize`; harmless when repeated."""
