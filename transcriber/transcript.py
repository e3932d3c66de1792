"""What comes out: words, segments, the transcript. Times in seconds from the start of the file's audio."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

WordTiming = Literal["heard", "shared"]
"""Heard: a model told when. Shared: the words before and after were heard, and this one got its part of the time."""

TranscriptTiming = Literal["words", "clips"]
"""Clips: no model could tell when each word was said; a segment lasts as long as the clip that it was heard in."""

ReadingKind = Literal["word", "number", "name", "spelling", "case", "punctuation"]
"""How two readings differ. The first three were heard otherwise, the last three only written otherwise."""


class Span(NamedTuple):
    """A stretch of a recording, in seconds."""

    start: float
    end: float

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Reading:
    """What a second model wrote in place of a run of words. It stands with the first of them.

    `words` counts that word and those that follow it in the transcript, in the
    next segment too; a run never leaves its clip. `text` is empty where the
    second model heard nothing. What only the second model heard is read
    together with a neighbour: "clock" against "old clock".

    Raises:
        ValueError: a run without a word.
    """

    text: str
    kind: ReadingKind
    words: int = 1

    def __post_init__(self) -> None:
        if self.words < 1:
            raise ValueError(f"a reading cannot stand for {self.words} words")


@dataclass(frozen=True, slots=True)
class Word:
    """One word as the model wrote it, punctuation attached.

    `confidence` is 0..1, or None where the decoder gives none. `reading` is
    None where no second model listened, or wrote the same. `outside_speech`
    marks a word that stands where the voice detector hears nobody speak.

    Raises:
        ValueError: the times are not finite, negative, or run backwards.
    """

    text: str
    start: float
    end: float
    confidence: float | None = None
    speaker: str | None = None
    timing: WordTiming = "heard"
    reading: Reading | None = None
    outside_speech: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end < float("inf"):
            raise ValueError(f"a word cannot last from {self.start} s to {self.end} s")


@dataclass(frozen=True, slots=True)
class Segment:
    """One utterance: its text as the model wrote it, and its words where the model times them."""

    text: str
    start: float
    end: float
    words: tuple[Word, ...] = ()
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """All that was said in a recording of `duration` seconds, and what heard it.

    With `timing` "words", a segment that has no words nevertheless comes from a
    clip in which the model that tells times heard nothing. `unheard` are the
    stretches in which somebody speaks and no word was found, also on a second
    try; `dropped_words` counts those that were left out since nobody speaks
    where they stood, and the model itself was not sure of them.
    """

    segments: tuple[Segment, ...]
    duration: float
    model: str
    revision: str | None = None
    language: str | None = None
    timing: TranscriptTiming = "words"
    unheard: tuple[Span, ...] = ()
    dropped_words: int = 0

    @property
    def text(self) -> str:
        """The whole text, one space between segments."""
        return " ".join(segment.text for segment in self.segments)

    @property
    def words(self) -> tuple[Word, ...]:
        """Every word, in order."""
        return tuple(word for segment in self.segments for word in segment.words)
