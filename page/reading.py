"""What the transcript view is sent: paragraphs as short as they can be, marks of doubt, what an edit changed.

Values in, plain values out. Times are whole milliseconds, since a transcript of hours goes through the wire at once.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from transcriber.editing import Change, Document, Paragraph, Placed
from transcriber.export.doubts import DOUBT, GRAVE_DOUBT, HEARD_OTHERWISE
from transcriber.library import Opened
from transcriber.transcript import Span, Word

DOUBTED, GRAVE, OUTSIDE_SPEECH, HEARD, CHECKED, CORRECTED = (1 << bit for bit in range(6))
"""Marks of a word, added up; transcript_rows.js has the same. The first four are reasons to look at it."""


def whole(opened: Opened) -> dict[str, Any]:
    """All of a transcript; paragraphs from the id `fresh` on were made by a person, and stand for themselves."""
    document = opened.document
    fresh = len(document.untouched) + len(document.begun)
    return _state(opened) | {"fresh": fresh, "paragraphs": [_paragraph(each, document) for each in document.paragraphs]}


def news(opened: Opened, change: Change) -> dict[str, Any]:
    """What a view of the transcript before this change lacks."""
    fresh = [_paragraph(each, opened.document) for each in change.after]
    return _state(opened) | {"at": change.at, "removed": len(change.before), "paragraphs": fresh}


def _state(opened: Opened) -> dict[str, Any]:
    """What is short enough to be sent every time."""
    return {
        "version": opened.version,
        "undo": len(opened.history.done),
        "redo": len(opened.history.undone),
        "unheard": [_ms(span) for span in opened.document.unheard],
    }


def _paragraph(paragraph: Paragraph, document: Document) -> list[Any]:
    """Id, start, end, speaker; of the words ids, texts, starts, ends, marks; what a second model heard, by place."""
    words = [placed.word for placed in paragraph.words]
    return [
        paragraph.id,
        *_ms(Span(paragraph.start, paragraph.end)),
        paragraph.speaker,
        [placed.id for placed in paragraph.words],
        [word.text for word in words],
        [round(word.start * 1000) for word in words],
        [round(word.end * 1000) for word in words],
        list(_marks(paragraph.words, document)),
        _reasons(paragraph.words, document),
    ]


def _ms(span: Span) -> list[int]:
    return [round(span.start * 1000), round(span.end * 1000)]


# --- doubt -----------------------------------------------------------------------------------------------------------


def _marks(words: Iterable[Placed], document: Document) -> Iterator[int]:
    """One number per word; what a second model heard otherwise may cover several words of a paragraph."""
    covered = 0
    for placed in words:
        reading = placed.word.reading
        if reading and reading.kind in HEARD_OTHERWISE:
            covered = reading.words
        heard = HEARD if covered > 0 and not _is_corrected(placed, document) else 0
        covered -= 1
        state = CHECKED * placed.checked + CORRECTED * _is_corrected(placed, document)
        yield _doubt(placed.word) | heard | state


def _doubt(word: Word) -> int:
    sure = 1.0 if word.confidence is None else word.confidence
    unsure = GRAVE if sure < GRAVE_DOUBT else DOUBTED * (sure < DOUBT)
    return unsure | OUTSIDE_SPEECH * word.outside_speech


def _is_corrected(placed: Placed, document: Document) -> bool:
    """Whether it is not what the models wrote there."""
    if placed.id >= len(document.untouched):
        return True
    return placed.word.text != document.untouched[placed.id].word.text


def _reasons(words: Iterable[Placed], document: Document) -> dict[int, str]:
    """What is said of a word that is pointed at, by its place in the paragraph; only where there is anything."""
    told = {place: "; ".join(_told(each, document)) for place, each in enumerate(words)}
    return {place: reason for place, reason in told.items() if reason}


def _told(placed: Placed, document: Document) -> Iterator[str]:
    word = placed.word
    if placed.id < len(document.untouched) and _is_corrected(placed, document):
        yield f"the model wrote: {document.untouched[placed.id].word.text}"
    if word.reading and word.reading.kind in HEARD_OTHERWISE:
        yield f"a second model heard: {word.reading.text or 'nothing'}"
    if word.outside_speech:
        yield "nobody seems to speak"
    if word.confidence is not None and word.confidence < DOUBT:
        yield f"{word.confidence:.0%} sure"
