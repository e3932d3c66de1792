"""A Word document to read against the recording: who said what when, and where to listen again.

A paragraph is an utterance, with its time and its speaker. Where a second model
heard or wrote something else, the words are highlighted, and what it wrote is
in a comment beside them; with a wave under it stands what was said where nobody
seems to speak. At the end are a table of all words that may be wrong, with room
for what is right, and a list of where somebody speaks and no word was found.
The same transcript always gives the same bytes: nothing in the file tells when
it was written, or where.
"""

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple, cast

from transcriber.export.doubts import HEARD_OTHERWISE, Doubt, doubts
from transcriber.export.plain import for_xml
from transcriber.transcript import Reading, Segment, Span, Transcript, Word

if TYPE_CHECKING:
    from docx.document import Document
    from docx.oxml.comments import CT_Comment
    from docx.parts.comments import CommentsPart
    from docx.text.paragraph import Paragraph
    from docx.text.run import Run

TITLE = "Transcript"
AUTHOR = "Transcribe UI"
SECOND = "Second model"
"""Who signs the comments."""

NOTHING = "(heard nothing here)"

WRITTEN = datetime(2000, 1, 1, tzinfo=UTC)
"""What the file gives as its date."""

DOUBTS = ("Time", "Speaker", "Words", "Why", "Right is")
"""The columns of the table."""

_GREY = 0x59
"""Of times: as light as can be read well on white paper."""


def render(transcript: Transcript) -> bytes:
    """The whole file."""
    import docx

    document = docx.Document()
    _describe(document)
    document.add_heading(TITLE, level=0)
    for sentence in _about(transcript):
        document.add_paragraph(for_xml(sentence))
    _annotate(document, _write_segments(document, transcript))
    _list_doubts(document, list(doubts(transcript.segments)))
    _list_unheard(document, transcript.unheard)
    return _packed(document)


def _describe(document: "Document") -> None:
    """Nobody's name and no time of ours in what Word shows as the file's properties."""
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by = TITLE, AUTHOR, AUTHOR
    properties.created = properties.modified = WRITTEN
    properties.comments, properties.revision = "", 1


# --- what there is to know before reading ----------------------------------------------------------------------------


def _about(transcript: Transcript) -> Iterator[str]:
    revision = f" at revision {transcript.revision}" if transcript.revision else ""
    yield f"Model: {transcript.model}{revision}. Duration: {_clock(transcript.duration)}."
    if transcript.timing == "clips":
        yield "No model could tell when each word was said: the times are those of the clips that were listened to."
    if count := sum(word.reading is not None for word in transcript.words):
        yield (
            f"A second model differs in {_counted(count, 'place')}; what it wrote is in the comments. "
            "Yellow: it heard something else. Grey: it only wrote it otherwise."
        )
    if count := sum(word.outside_speech for word in transcript.words):
        yield f"{_counted(count, 'word')} with a wave below: nobody seems to speak there."
    if transcript.dropped_words:
        yield f"{_counted(transcript.dropped_words, 'word')} left out: nobody speaks there, and the model was not sure."


def _counted(count: int, name: str) -> str:
    return f"{count:,} {name}{'' if count == 1 else 's'}"


# --- what was said ---------------------------------------------------------------------------------------------------


class _Said(NamedTuple):
    """A word, and the reading that it is part of; `first` is the word that the reading begins with."""

    word: Word
    reading: Reading | None
    first: int | None

    @property
    def looks(self) -> tuple[int | None, bool]:
        """Neighbours that share it are written in one run."""
        return self.first, self.word.outside_speech


class _Anchor(NamedTuple):
    """Where the comment for a reading is tied to."""

    first: int
    reading: Reading
    run: "Run"


def _write_segments(document: "Document", transcript: Transcript) -> list[_Anchor]:
    anchors, said = list[_Anchor](), _said(transcript.words)
    for segment in transcript.segments:
        paragraph = document.add_paragraph()
        _begin(paragraph, segment)
        words = [next(said) for _ in segment.words]
        if any(each.looks != (None, False) for each in words):
            anchors += _write_words(paragraph, words)
        else:
            paragraph.add_run(for_xml(segment.text))
    return anchors


def _said(words: Sequence[Word]) -> Iterator[_Said]:
    first, reading, left = 0, None, 0
    for number, word in enumerate(words):
        if not left:
            first, reading, left = number, word.reading, word.reading.words if word.reading else 1
        yield _Said(word, reading, first if reading else None)
        left -= 1


def _begin(paragraph: "Paragraph", segment: Segment) -> None:
    from docx.shared import RGBColor

    paragraph.add_run(f"{_clock(segment.start)}  ").font.color.rgb = RGBColor(_GREY, _GREY, _GREY)
    if segment.speaker:
        paragraph.add_run(f"{for_xml(segment.speaker)}: ").bold = True


def _write_words(paragraph: "Paragraph", words: Sequence[_Said]) -> Iterator[_Anchor]:
    for number, (_, alike) in enumerate(groupby(words, key=lambda each: each.looks)):
        if number:
            paragraph.add_run(" ")
        together = list(alike)
        run = paragraph.add_run(for_xml(" ".join(each.word.text for each in together)))
        _mark(run, together[0])
        _, reading, first = together[0]
        if reading and first is not None:
            yield _Anchor(first, reading, run)


def _mark(run: "Run", said: _Said) -> None:
    from docx.enum.text import WD_COLOR_INDEX, WD_UNDERLINE

    if said.reading:
        heard = said.reading.kind in HEARD_OTHERWISE  # yellow; what is only written otherwise grey
        run.font.highlight_color = WD_COLOR_INDEX.YELLOW if heard else WD_COLOR_INDEX.GRAY_25
    if said.word.outside_speech:
        run.font.underline = WD_UNDERLINE.WAVY


def _annotate(document: "Document", anchors: Sequence[_Anchor]) -> None:
    """One comment for each reading, over all its words, in the next paragraph too.

    Not by `Document.add_comment`: it looks through all comments for each new
    one, minutes for the thousands that a long recording may have, and writes
    down the moment.
    """
    if not anchors:
        return
    free = len(document.comments)  # asking for them makes the part that holds them
    part = _comments_part(document)
    for number, (_, each) in enumerate(groupby(anchors, key=lambda anchor: anchor.first), free):
        tied = list(each)
        part.element.append(_comment(number, tied[0].reading, part))
        tied[0].run.mark_comment_range(tied[-1].run, number)


def _comments_part(document: "Document") -> "CommentsPart":
    from docx.parts.comments import CommentsPart

    return next(part for part in document.part.package.iter_parts() if isinstance(part, CommentsPart))


def _comment(number: int, reading: Reading, part: "CommentsPart") -> "CT_Comment":
    from docx.comments import Comment
    from docx.oxml.ns import qn
    from docx.oxml.parser import OxmlElement

    names = {qn("w:id"): str(number), qn("w:author"): SECOND, qn("w:initials"): "2"}
    element = cast("CT_Comment", OxmlElement("w:comment", names))
    comment = Comment(element, part)
    comment.add_paragraph(for_xml(reading.text) or NOTHING)
    comment.add_paragraph(f"({reading.kind})")
    return element


# --- what may be wrong -----------------------------------------------------------------------------------------------


def _list_doubts(document: "Document", doubtful: Sequence[Doubt]) -> None:
    """A table to go through with the recording; the last column is for the reviewer."""
    if not doubtful:
        return
    document.add_heading("To listen to again", level=1)
    table = document.add_table(rows=1 + len(doubtful), cols=len(DOUBTS), style="Table Grid")
    for row, texts in zip(table.rows, [DOUBTS, *map(_told, doubtful)], strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = for_xml(text)


def _told(doubt: Doubt) -> tuple[str, ...]:
    return _clock(doubt.start), doubt.speaker or "", doubt.text, doubt.why, ""


# --- what was not heard ----------------------------------------------------------------------------------------------


def _list_unheard(document: "Document", unheard: Sequence[Span]) -> None:
    if not unheard:
        return
    document.add_heading("Speech without words", level=1)
    document.add_paragraph("Somebody speaks here, and no word was found, also on a second try:")
    for span in unheard:
        times = f"{_clock(span.start)} to {_clock(span.end)} ({span.duration:.1f} s)"
        document.add_paragraph(times, style="List Bullet")


# --- the file --------------------------------------------------------------------------------------------------------


def _packed(document: "Document") -> bytes:
    """The file without the moments at which its parts were written, and alike on every system."""
    written, packed = io.BytesIO(), io.BytesIO()
    document.save(written)
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = zipfile.ZipInfo(name)
            part.create_system = 0
            target.writestr(part, source.read(name), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _clock(seconds: float) -> str:
    """Hours, minutes, seconds and tenths.

    >>> _clock(3725.44)
    '1:02:05.4'
    """
    minutes, tenths = divmod(round(seconds * 10), 600)
    return f"{minutes // 60}:{minutes % 60:02}:{tenths // 10:02}.{tenths % 10}"
