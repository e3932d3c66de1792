"""What an editor wants marked on the timeline: what was said, and where to listen again.

A marker stands for an utterance, for words that may be wrong, or for speech in
which no word was found. Programs keep one marker per frame, so those that begin
on the same frame are one, in the more urgent colour.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from transcriber.export.doubts import Doubt, doubts
from transcriber.export.plain import one_line, shortened
from transcriber.transcript import Segment, Transcript

MarkerKind = Literal["said", "doubtful", "unheard"]
"""An utterance; words that may be wrong; speech without words. Each has a colour of its own."""

_URGENCY: tuple[MarkerKind, ...] = ("said", "doubtful", "unheard")

NAME = 48
"""Characters of a marker's name; the whole text is in its comment."""


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
    yield from map(_said, transcript.segments)
    yield from map(_doubtful, doubts(transcript.segments))
    for span in transcript.unheard:
        comment = f"Somebody speaks for {span.duration:.1f} s, and no word was found."
        yield _Mark(span.start, span.end, "Speech without words", comment, "unheard")


def _said(segment: Segment) -> _Mark:
    text = one_line(segment.text)
    comment = f"{one_line(segment.speaker)}: {text}" if segment.speaker else text
    return _Mark(segment.start, segment.end, shortened(comment, NAME), comment, "said")


def _doubtful(doubt: Doubt) -> _Mark:
    comment = f"Listen again: {doubt.explained}"
    return _Mark(doubt.start, doubt.end, shortened(f"? {doubt.text}", NAME), comment, "doubtful")


def _merged(markers: Sequence[Marker]) -> Marker:
    """Those of one frame as one: the name of the first, all comments, the most urgent kind."""
    if len(markers) == 1:
        return markers[0]
    comment = " / ".join(marker.comment for marker in markers)
    kind = max((marker.kind for marker in markers), key=_URGENCY.index)
    return Marker(markers[0].frame, max(marker.frames for marker in markers), markers[0].name, comment, kind)
