"""What the library says of a transcript, and a transcript that is open."""

import hashlib
import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from transcriber.editing import Document, History
from transcriber.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Listed:
    """A transcript in a list: `duration` in seconds, `edits` in effect, `changed` when the last one was made.

    `corrected`: whether any of the edits is more than a mark that something is right.
    """

    id: str
    title: str
    model: str
    language: str | None
    duration: float
    added: datetime
    changed: datetime
    words: int
    checked: int
    speakers: tuple[str, ...]
    edits: int
    corrected: bool

    @property
    def checked_share(self) -> float:
        """How much of it a person has looked at, 0..1; nothing to look at counts as looked at."""
        return self.checked / self.words if self.words else 1.0


@dataclass(frozen=True, slots=True)
class Opened:
    """A transcript as it was read, or changed, last; `version` is another after every change, whoever makes it."""

    id: str
    title: str
    version: int
    history: History

    @property
    def document(self) -> Document:
        """As it is corrected now."""
        return self.history.document


COLUMNS = """
    id, title, model, language, duration, added, changed, words, checked, speakers, position,
    EXISTS (
        SELECT 1 FROM edit
        WHERE edit.transcript = transcript.key AND number <= position
            AND json_extract(edit.edit, '$.do') NOT IN ('mark_checked', 'settle_unheard')
    )
"""


def listed(row: sqlite3.Row | tuple[object, ...]) -> Listed:
    """The entry of a row of COLUMNS."""
    id_, title, model, language, duration, added, changed, words, checked, speakers, position, edited = row
    moments = (datetime.fromisoformat(str(added)), datetime.fromisoformat(str(changed)))
    names = tuple(json.loads(str(speakers)))
    language = None if language is None else str(language)
    counts = (int(str(words)), int(str(checked)))
    edits = (int(str(position)), bool(edited))
    return Listed(str(id_), str(title), str(model), language, float(str(duration)), *moments, *counts, names, *edits)


def fingerprint(original: Transcript) -> str:
    """Known by its words: times may be rounded when it is written to a file and read again."""
    said = hashlib.sha256()
    for segment in original.segments:
        texts = [word.text for word in segment.words] or [segment.text]
        said.update(json.dumps([bool(segment.words), *texts]).encode("ascii"))
    return said.hexdigest()
