r"""Every word in a row, for spreadsheets and scripts: comma-separated values as RFC 4180 has them, lines ending `\r\n`.

    start, end       seconds from the start of the file's audio, to the millisecond
    word             as the model wrote it
    confidence       0 to 1, empty where the model gives none
    speaker          empty where nobody was told apart
    timing           heard: a model told when; shared: the word got its part of the time between its neighbours;
                     segment: the row holds not a word but all of a segment whose words have no times
    outside_speech   true where nobody seems to speak there, otherwise false
    reading          what a second model wrote for this word and those that follow it, as many as reading_words says;
                     empty with a reading_kind: that model heard nothing here
    reading_kind     word, number, name, spelling, case, punctuation; empty where the second model wrote the same
    reading_words    how many words the reading stands for
    segment          the number of the utterance, from 1

The file begins with a byte order mark: without one Excel on Windows takes the
letters of most languages for others. Where the system's list separator is not
the comma, Excel opens the file by Data, From Text/CSV.

A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula and
runs it, and whoever speaks could dictate one. Such a text, also behind blanks,
after a tab or a line end, or in the wide letters of East Asia, gets an
apostrophe in front, which makes it text. So that nothing is lost, one more
apostrophe is put before a text that looks like that already: who reads the file
by a program takes one apostrophe off what `FORMULA` matches.
"""

import csv
import io
import re
from collections.abc import Iterator

from transcriber.transcript import Reading, Segment, Transcript, Word

COLUMNS = (
    "start", "end", "word", "confidence", "speaker", "timing", "outside_speech",
    "reading", "reading_kind", "reading_words", "segment",
)  # fmt: skip

FORMULA = re.compile(r"'*(?:[\t\r\n]|\s*[=+\-@＝＋－＠])")  # noqa: RUF001 - the wide ones are meant
"""How a text begins that a spreadsheet would run, or that was protected from that."""


def render(transcript: Transcript) -> str:
    r"""The rows below a row of names.

    >>> segments = (Segment("Yes.", 1.0, 1.5, (Word("Yes.", 1.0, 1.5, 0.9),)),)
    >>> render(Transcript(segments, duration=2.0, model="demo")).splitlines()[1]
    '1.000,1.500,Yes.,0.900,,heard,false,,,,1'
    """
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for number, segment in enumerate(transcript.segments, 1):
        rows.writerows((*row, number) for row in _rows(segment))
    return text.getvalue()


def _rows(segment: Segment) -> Iterator[tuple[str, ...]]:
    for word in segment.words:
        yield _row(word, word.speaker or segment.speaker)
    if not segment.words:
        blank = ("",) * 3
        times = _seconds(segment.start), _seconds(segment.end)
        yield (*times, _inert(segment.text), "", _inert(segment.speaker or ""), "segment", "false", *blank)


def _row(word: Word, speaker: str | None) -> tuple[str, ...]:
    confidence = "" if word.confidence is None else f"{word.confidence:.3f}"
    known = (_inert(word.text), confidence, _inert(speaker or ""), word.timing, str(word.outside_speech).lower())
    return (_seconds(word.start), _seconds(word.end), *known, *_reading(word.reading))


def _reading(reading: Reading | None) -> tuple[str, str, str]:
    return (_inert(reading.text), reading.kind, str(reading.words)) if reading else ("", "", "")


def _inert(text: str) -> str:
    """The text as no spreadsheet runs it.

    >>> _inert("=1+1"), _inert("'=1+1"), _inert("Yes.")
    ("'=1+1", "''=1+1", 'Yes.')
    """
    return f"'{text}" if FORMULA.match(text) else text


def _seconds(moment: float) -> str:
    return f"{moment:.3f}"
