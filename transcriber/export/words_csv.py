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

`tables` tells how a text is kept from being run as a formula.
"""

from collections.abc import Iterator

from transcriber.export.tables import comma_separated, inert, seconds
from transcriber.transcript import Reading, Segment, Transcript, Word

COLUMNS = (
    "start", "end", "word", "confidence", "speaker", "timing", "outside_speech",
    "reading", "reading_kind", "reading_words", "segment",
)  # fmt: skip


def render(transcript: Transcript) -> str:
    r"""The rows below a row of names.

    >>> segments = (Segment("Yes.", 1.0, 1.5, (Word("Yes.", 1.0, 1.5, 0.9),)),)
    >>> render(Transcript(segments, duration=2.0, model="demo")).splitlines()[1]
    '1.000,1.500,Yes.,0.900,,heard,false,,,,1'
    """
    return comma_separated(COLUMNS, rows(transcript))


def rows(transcript: Transcript) -> Iterator[tuple[str | int, ...]]:
    """One per word, or per segment whose words have no times, in the order of COLUMNS."""
    for number, segment in enumerate(transcript.segments, 1):
        for row in _rows(segment):
            yield *row, number


def _rows(segment: Segment) -> Iterator[tuple[str, ...]]:
    for word in segment.words:
        yield _row(word, word.speaker or segment.speaker)
    if not segment.words:
        blank = ("",) * 3
        times = seconds(segment.start), seconds(segment.end)
        yield (*times, inert(segment.text), "", inert(segment.speaker or ""), "segment", "false", *blank)


def _row(word: Word, speaker: str | None) -> tuple[str, ...]:
    confidence = "" if word.confidence is None else f"{word.confidence:.3f}"
    known = (inert(word.text), confidence, inert(speaker or ""), word.timing, str(word.outside_speech).lower())
    return (seconds(word.start), seconds(word.end), *known, *_reading(word.reading))


def _reading(reading: Reading | None) -> tuple[str, str, str]:
    return (inert(reading.text), reading.kind, str(reading.words)) if reading else ("", "", "")
