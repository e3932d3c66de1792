"""Plain text to paste into a script or an e-mail: paragraphs with a blank line between."""

from collections.abc import Iterator, Sequence

from transcriber.transcript import Segment, Transcript

PAUSE = 2.0
"""Seconds of silence that begin a paragraph."""

FULL = 500
"""Characters, about half a minute of speech: the next sentence begins a paragraph."""


def render(transcript: Transcript) -> str:
    """Sentences gathered into paragraphs; a paragraph begins with the speaker's name where it is known and changes.

    >>> segments = (Segment("Good morning.", 0.0, 0.9), Segment("Sit down.", 1.2, 1.9), Segment("So.", 9.0, 9.4))
    >>> print(render(Transcript(segments, duration=10.0, model="demo")), end="")
    Good morning. Sit down.
    <BLANKLINE>
    So.
    """
    return "\n".join(_lines(transcript.segments))


def _lines(segments: Sequence[Segment]) -> Iterator[str]:
    speaker = None
    for paragraph in paragraphs(segments):
        label = f"{paragraph[0].speaker}: " if paragraph[0].speaker not in (None, speaker) else ""
        speaker = paragraph[0].speaker
        yield f"{label}{joined(paragraph)}\n"


def paragraphs(segments: Sequence[Segment]) -> Iterator[Sequence[Segment]]:
    """Segments that read well together: of one speaker, without a long pause, not too many."""
    paragraph: list[Segment] = []
    for segment in segments:
        if paragraph and _turns(paragraph, segment):
            yield paragraph
            paragraph = []
        paragraph.append(segment)
    if paragraph:
        yield paragraph


def _turns(paragraph: Sequence[Segment], segment: Segment) -> bool:
    """Whether `segment` begins a new paragraph."""
    last = paragraph[-1]
    return segment.speaker != last.speaker or segment.start - last.end >= PAUSE or len(joined(paragraph)) >= FULL


def joined(paragraph: Sequence[Segment]) -> str:
    """Their text, one space between."""
    return " ".join(segment.text for segment in paragraph)
