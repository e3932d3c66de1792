"""Words that may be wrong, and why: where a reviewer listens again."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from transcriber.export.plain import one_line
from transcriber.transcript import ReadingKind, Segment, Word

GRAVE_DOUBT = 0.01
"""Confidence below which more than 1 word in 3 is wrong: of the demo model's 39 % in quiet, 54 % in loud noise; see
`DOUBT`."""

DOUBT = 0.2
"""Confidence below which a word is doubted. Of the demo model's words a sixth are, and 9 of 10 wrong ones among them
(`benchmarks/calibration.py`); twice as many words at 0.5 would be looked at for hardly one more mistake."""

HEARD_OTHERWISE: tuple[ReadingKind, ...] = ("word", "number", "name")
"""What a second model heard, and did not only write, otherwise."""

CONTINUED = "goes with the words before, heard otherwise"
"""Why words are doubted that another model's reading covers from the utterance before."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A run of doubtful words, from `start` to `end` in seconds of the file, and with each why, or ""."""

    start: float
    end: float
    speaker: str | None
    words: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def text(self) -> str:
        """The words."""
        return " ".join(self.words)

    @property
    def explained(self) -> str:
        """The words, each with the reason behind it in brackets."""
        pairs = zip(self.words, self.reasons, strict=True)
        return " ".join(f"{word} ({reason})" if reason else word for word, reason in pairs)

    @property
    def why(self) -> str:
        """The reasons, each with its word where there are several words."""
        if len(self.words) == 1:
            return self.reasons[0] or CONTINUED
        told = [f"{word}: {reason}" for word, reason in zip(self.words, self.reasons, strict=True) if reason]
        return "; ".join(told) or CONTINUED


def doubts(segments: Sequence[Segment]) -> Iterator[Doubt]:
    """Each run of words that may be wrong, in order; none leaves its segment.

    >>> words = (Word("mice", 0.0, 1.0, 0.1), Word("and", 1.0, 2.0, 0.9))
    >>> [doubt.explained for doubt in doubts([Segment("mice and", 0.0, 2.0, words)])]
    ['mice (10% sure)']
    """
    doubted = _doubted(word for segment in segments for word in segment.words)
    for segment in segments:
        pairs = [(word, next(doubted)) for word in segment.words]
        for is_doubted, run in groupby(pairs, key=lambda pair: pair[1]):
            if is_doubted:
                yield _doubt([word for word, _ in run], segment.speaker)


def _doubt(words: Sequence[Word], speaker: str | None) -> Doubt:
    first, last = words[0], words[-1]
    texts = tuple(one_line(word.text) for word in words)
    return Doubt(first.start, last.end, first.speaker or speaker, texts, tuple(map(_reason, words)))


def _doubted(words: Iterable[Word]) -> Iterator[bool]:
    """For each word whether it may be wrong; what a second model heard otherwise may stand for several."""
    left = 0
    for word in words:
        if word.reading and word.reading.kind in HEARD_OTHERWISE:
            left = word.reading.words
        yield left > 0 or bool(_reason(word))
        left -= 1


def _reason(word: Word) -> str:
    reasons = []
    if word.reading and word.reading.kind in HEARD_OTHERWISE:
        reasons.append(f"a second model heard: {one_line(word.reading.text) or 'nothing'}")
    if word.outside_speech:
        reasons.append("nobody seems to speak")
    if word.confidence is not None and word.confidence < DOUBT:
        reasons.append(f"{word.confidence:.0%} sure")
    return ", ".join(reasons)
