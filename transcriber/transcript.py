"""What comes out: words, segments, the transcript. Times in seconds from the start of the file's audio."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """One word as the model wrote it, punctuation attached.

    `confidence` is 0..1, or None where the decoder gives none.

    Raises:
        ValueError: the times are not finite, negative, or run backwards.
    """

    text: str
    start: float
    end: float
    confidence: float | None = None
    speaker: str | None = None

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
    """All that was said in a recording of `duration` seconds, and what heard it."""

    segments: tuple[Segment, ...]
    duration: float
    model: str
    revision: str | None = None
    language: str | None = None

    @property
    def text(self) -> str:
        """The whole text, one space between segments."""
        return " ".join(segment.text for segment in self.segments)

    @property
    def words(self) -> tuple[Word, ...]:
        """Every word, in order."""
        return tuple(word for segment in self.segments for word in segment.words)
