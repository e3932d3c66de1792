"""Who spoke when: paragraphs under the name of their speaker, for the formats that people read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from transcriber.export import txt
from transcriber.export.handover import Handover
from transcriber.transcript import Segment


@dataclass(frozen=True, slots=True)
class Turn:
    """All that one speaker says until the next one does; `start` in seconds of the file, None for a name not known."""

    speaker: str | None
    start: float
    paragraphs: tuple[str, ...]


def turns(segments: Sequence[Segment]) -> Iterator[Turn]:
    """The turns in order; without speakers every paragraph is one, so that each has its time."""
    for speaker, group in groupby(txt.paragraphs(segments), key=lambda paragraph: paragraph[0].speaker):
        together = list(group)
        parts = [together] if speaker else [[paragraph] for paragraph in together]
        for part in parts:
            yield Turn(speaker, part[0][0].start, tuple(txt.joined(paragraph) for paragraph in part))


def stamp(handover: Handover, seconds: float) -> str:
    """A moment as a reader looks it up: by the clock from the file's start, else by timecode on the chosen base."""
    if handover.options.base != "file":
        return handover.timecode(seconds)
    minutes, second = divmod(int(seconds), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{second:02}"
