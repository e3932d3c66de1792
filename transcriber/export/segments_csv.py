"""Every utterance in a row, for spreadsheets: a log of what was said when, as comma-separated values.

    segment          the number of the utterance, from 1
    start, end       seconds from the start of the file's audio, to the millisecond
    timecode         of the start, on the chosen time base
    speaker          empty where nobody was told apart
    text             as the model wrote it
    words            how many have times
    confidence       0 to 1, the mean of its words; empty where the model gives none

The file begins with a byte order mark and is kept from being run as `words_csv` is.
"""

from collections.abc import Iterator
from statistics import fmean

from transcriber.export.handover import Handover
from transcriber.export.tables import comma_separated, inert, seconds
from transcriber.transcript import Segment

COLUMNS = ("segment", "start", "end", "timecode", "speaker", "text", "words", "confidence")


def render(handover: Handover) -> str:
    """The rows below a row of names."""
    return comma_separated(COLUMNS, rows(handover))


def rows(handover: Handover) -> Iterator[tuple[str | int, ...]]:
    """One per segment, in the order of COLUMNS."""
    for number, segment in enumerate(handover.transcript.segments, 1):
        times = seconds(segment.start), seconds(segment.end), handover.timecode(segment.start)
        said = inert(segment.speaker or ""), inert(segment.text), len(segment.words)
        yield (number, *times, *said, _confidence(segment))


def _confidence(segment: Segment) -> str:
    known = [word.confidence for word in segment.words if word.confidence is not None]
    return f"{fmean(known):.3f}" if known else ""
