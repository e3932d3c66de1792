"""The recordings in tests/data, and the truth about them: `tools/make_test_recordings.py` makes both."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

DATA = Path(__file__).resolve().parent / "data"
SAMPLE_PATH = DATA.parent.parent / "models" / "demo_sample.flac"
SAMPLE_RATE = 16_000


@dataclass(frozen=True, slots=True)
class TrueWord:
    """A word as spoken, times in seconds; None where the synthesiser does not tell."""

    text: str
    start: float | None
    end: float | None


@dataclass(frozen=True, slots=True)
class Recording:
    """A file and what is said in it. Wordless recordings have no words and an empty text."""

    path: Path
    text: str
    duration: float
    words: tuple[TrueWord, ...]

    def samples(self) -> npt.NDArray[np.float32]:
        """The whole of it: mono float32 at 16 kHz."""
        samples, rate = soundfile.read(self.path, dtype="float32")
        return samples if rate == SAMPLE_RATE else soxr.resample(samples, rate, SAMPLE_RATE)


@cache
def recordings() -> dict[str, Recording]:
    """Every recording by file name, the page's sample included."""
    truth = json.loads((DATA / "truth.json").read_text(encoding="utf-8"))
    return {name: _recording(name, entry) for name, entry in truth.items()}


def recording(name: str) -> Recording:
    """One of them: `museum.flac`."""
    return recordings()[name]


def short_speech() -> list[Recording]:
    """Speech of a few seconds each, several voices."""
    return [one for one in recordings().values() if one.words and one.duration < 10]


def long_talk(path: Path) -> Path:
    """Write a recording that takes a while, and is the long one again and again; its path."""
    soundfile.write(path, np.tile(long_speech().samples(), 8), SAMPLE_RATE)
    return path


def long_speech() -> Recording:
    """74 seconds in three voices, with pauses of 0.4 to 3.2 s; Opus at 48 kHz in an Ogg container."""
    return recording("pauses.opus")


def sample() -> Recording:
    """What the page's sample button plays."""
    return recording(SAMPLE_PATH.name)


def wordless() -> list[Recording]:
    """Silence, noise, a siren, a melody, knocks."""
    return [one for one in recordings().values() if not one.words]


def _recording(name: str, entry: dict) -> Recording:
    path = SAMPLE_PATH if name == SAMPLE_PATH.name else DATA / name
    return Recording(path, entry["text"], entry["duration"], tuple(TrueWord(*word) for word in entry["words"]))
