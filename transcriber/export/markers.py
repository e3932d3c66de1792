"""What an editor wants marked on the timeline: what was said, and where to listen again.

A marker stands for an utterance, for words that may be wrong, or for speech in
which no word was found. Programs keep one marker per frame, so those that begin
on the same frame are one, in the more urgent colour.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from transcriber.export.plain import one_line, shortened
from transcriber.transcript import ReadingKind, Segment, Transcript, Word

MarkerKind = Literal["said", "doubtful", "unheard"]
"""An utterance; words that may be wrong; speech without words. Each has a colour of its own."""

_URGENCY: tuple[MarkerKind, ...] = ("said", "doubtful", "unheard")

DOUBT = 0.5
"""Confidence below which a word is marked: by its own account the model is as likely wrong as right."""

NAME = 48
"""Characters of a marker's name; the whole text is in its comment."""

_HEARD_OTHERWISE: tuple[ReadingKind, ...] = ("word", "number", "name")


@dataclass(frozen=True, slots=True)
class Marker:
    """`frame` counts from the file's start; it lasts `frames`, at least one. Name and comment are single lines."""

    frame: int
    frames: int
    name: str
    comment: str
    kind: MarkerKind


def marked(transcript: Transcript, frame: Callable[[float], int]) -> list[Marker]:
    """The markers in order, no two on one frame.

    Args:
        transcript: what was said.
        frame: tells the frame of a moment, both from the start of the file.
    """
    markers = sorted((mark.on(frame) for mark in _marks(transcript)), key=lambda marker: marker.frame)
    return [_merged(list(same)) for _, same in groupby(markers, key=lambda marker: marker.frame)]


@dataclass(frozen=True, slots=True)
class _Mark:
    """A marker before it has frames."""

    start: float
    end: float
    name: str
    comment: str
    kind: MarkerKind

    def on(self, frame: Callable[[float], int]) -> Marker:
        first = frame(self.start)
        return Marker(first, max(1, frame(self.end) - first), self.name, self.comment, self.kind)


def _marks(transcript: Transcript) -> Iterator[_Mark]:
    for segment in transcript.segments:
        yield _said(segment)
        yield from _doubtful(segment.words)
    for span in transcript.unheard:
        comment = f"Somebody speaks for {span.duration:.1f} s, and no word was found."
        yield _Mark(span.start, span.end, "Speech without words", comment, "unheard")


def _said(segment: Segment) -> _Mark:
    text = one_line(segment.text)
    comment = f"{one_line(segment.speaker)}: {text}" if segment.speaker else text
    return _Mark(segment.start, segment.end, shortened(comment, NAME), comment, "said")


def _doubtful(words: Sequence[Word]) -> Iterator[_Mark]:
    """A mark for each run of words that may be wrong."""
    for doubted, run in groupby(zip(words, _doubts(words), strict=True), key=lambda pair: pair[1]):
        if doubted:
            together = [word for word, _ in run]
            text = one_line(" ".join(word.text for word in together))
            comment = f"Listen again: {' '.join(map(_reasoned, together))}"
            yield _Mark(together[0].start, together[-1].end, shortened(f"? {text}", NAME), comment, "doubtful")


def _doubts(words: Sequence[Word]) -> Iterator[bool]:
    """For each word whether it may be wrong; what a second model heard otherwise may stand for several."""
    left = 0
    for word in words:
        if word.reading and word.reading.kind in _HEARD_OTHERWISE:
            left = word.reading.words
        yield left > 0 or word.outside_speech or _low_confidence(word) is not None
        left -= 1


def _low_confidence(word: Word) -> float | None:
    return word.confidence if word.confidence is not None and word.confidence < DOUBT else None


def _reasoned(word: Word) -> str:
    """The word, and why it is doubted where it says so itself."""
    reasons = []
    if word.reading and word.reading.kind in _HEARD_OTHERWISE:
        reasons.append(f"a second model heard: {one_line(word.reading.text) or 'nothing'}")
    if word.outside_speech:
        reasons.append("nobody seems to speak")
    if (confidence := _low_confidence(word)) is not None:
        reasons.append(f"{confidence:.0%} sure")
    return f"{one_line(word.text)} ({', '.join(reasons)})" if reasons else one_line(word.text)


def _merged(markers: Sequence[Marker]) -> Marker:
    """Those of one frame as one: the name of the first, all comments, the most urgent kind."""
    if len(markers) == 1:
        return markers[0]
    comment = " / ".join(marker.comment for marker in markers)
    kind = max((marker.kind for marker in markers), key=_URGENCY.index)
    return Marker(markers[0].frame, max(marker.frames for marker in markers), markers[0].name, comment, kind)
