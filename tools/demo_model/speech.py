"""What was said and when: the truth that a synthesiser knows and a recording does not. Times in seconds."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000
"""Hz, of all audio here."""

SILENCE = "_"
"""The phoneme of nobody speaking."""

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word with its punctuation. None where the synthesiser does not tell: espeak speaks "out of" as one word."""

    text: str
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Phoneme:
    """A sound of speech, named as espeak names it, or `SILENCE`."""

    symbol: str
    start: float
    end: float


@dataclass(frozen=True, slots=True, eq=False)
class Utterance:
    """Mono float32 at 16 kHz and what is said in it. `phonemes` is None where nobody knows them."""

    samples: Samples
    words: tuple[SpokenWord, ...] = ()
    phonemes: tuple[Phoneme, ...] | None = ()

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.samples) / SAMPLE_RATE

    @property
    def text(self) -> str:
        """The words, one space between them."""
        return " ".join(word.text for word in self.words)


def split_words(text: str) -> list[tuple[int, str]]:
    """Every word of `text` with the position of its first character.

    >>> split_words("Go on.")
    [(0, 'Go'), (3, 'on.')]
    """
    return [(match.start(), match.group()) for match in re.finditer(r"\S+", text)]


def silence(seconds: float) -> Utterance:
    """Nobody speaks, nothing sounds."""
    samples = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
    return Utterance(samples, (), (Phoneme(SILENCE, 0.0, len(samples) / SAMPLE_RATE),))


def join(utterances: Sequence[Utterance]) -> Utterance:
    """One after the other, times moved along."""
    starts = np.cumsum([0.0] + [utterance.duration for utterance in utterances])
    moved = [_moved(utterance, float(start)) for utterance, start in zip(utterances, starts, strict=False)]
    phonemes = [utterance.phonemes for utterance in moved]
    return Utterance(
        np.concatenate([utterance.samples for utterance in moved]),
        tuple(word for utterance in moved for word in utterance.words),
        None if None in phonemes else tuple(phoneme for known in phonemes if known for phoneme in known),
    )


def _moved(utterance: Utterance, seconds: float) -> Utterance:
    return replace(
        utterance,
        words=tuple(
            SpokenWord(word.text, _plus(word.start, seconds), _plus(word.end, seconds)) for word in utterance.words
        ),
        phonemes=utterance.phonemes
        and tuple(Phoneme(sound.symbol, sound.start + seconds, sound.end + seconds) for sound in utterance.phonemes),
    )


def _plus(time: float | None, seconds: float) -> float | None:
    return None if time is None else time + seconds


def scaled_to(samples: Samples, peak: float) -> Samples:
    """The same sound with its loudest sample at `peak`; silence stays silence."""
    loudest = float(np.abs(samples).max(initial=0.0))
    return samples if loudest == 0 else (samples * (peak / loudest)).astype(np.float32)
