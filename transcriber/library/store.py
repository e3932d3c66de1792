"""Open a transcript to correct it, keep every edit, list and search them all, delete for good."""

import json
import logging
import sqlite3
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from transcriber.editing import Change, Document, Edit, History, corrected, from_record, open_history, to_record
from transcriber.errors import EditConflictError, OriginalChangedError, UnknownTranscriptError
from transcriber.library import indexing, searching
from transcriber.library.database import opened, set_aside_if_damaged, writing
from transcriber.library.entries import COLUMNS, Listed, Opened, fingerprint, listed
from transcriber.library.searching import Found, Limits
from transcriber.storage import system_path
from transcriber.transcript import Transcript

log = logging.getLogger(__name__)


class Library:
    """The corrections of all transcripts, in one file. Several threads, windows and processes may use it at once.

    Every method raises a StorageError where the file cannot be read or written;
    then nothing was changed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def beside(cls, jobs: Path) -> Self:
        """That of the jobs in a folder."""
        return cls(jobs.with_name("library.sqlite3"))

    def examine(self) -> None:
        """Read the whole file once, at the start: a damaged one is set aside, and a warning says so."""
        set_aside_if_damaged(self.path)

    # --- one transcript

    def open(self, transcript_id: str, original: Transcript, title: str) -> Opened:
        """The transcript as it was corrected so far; the first time it is put into the library, under `title`.

        Raises:
            OriginalChangedError: the words are not those that were corrected.
        """
        self.add(transcript_id, original, title)
        with opened(self.path) as connection:
            return _opened(connection, transcript_id, original)

    def add(self, transcript_id: str, original: Transcript, title: str) -> None:
        """Let its words be found from now on; one that is in the library stays as it is."""
        with opened(self.path) as connection:
            if _row(connection, transcript_id) is not None:
                return
            document = open_history(original).document  # before anybody who corrects another one has to wait
            with writing(connection):
                _add(connection, transcript_id, document, title)

    def corrected(self, transcript_id: str, original: Transcript) -> Transcript:
        """The transcript with its corrections, for an export; the original itself where nobody opened it yet.

        Raises:
            OriginalChangedError: the words are not those that were corrected.
        """
        if not system_path(self.path).exists():
            return original
        with opened(self.path) as connection:
            if _row(connection, transcript_id) is None:
                return original
            return corrected(_opened(connection, transcript_id, original).document)

    def save(self, known: Opened, edit: Edit) -> Opened:
        """Make an edit. Once this returns no crash and no power cut takes it away.

        Raises:
            InvalidEditError: it cannot be made.
            EditConflictError: somebody else changed the transcript since it was read.
            UnknownTranscriptError: somebody else deleted it.
        """
        history = known.history.after(edit)
        with opened(self.path) as connection, writing(connection):
            key, position = _require(connection, known)
            connection.execute("DELETE FROM edit WHERE transcript = ? AND number > ?", (key, position))
            record = json.dumps(to_record(edit), ensure_ascii=True, separators=(",", ":"))
            connection.execute("INSERT INTO edit VALUES (?, ?, ?)", (key, position + 1, record))
            return _moved(connection, known, history, history.done[-1].change)

    def undo(self, known: Opened) -> Opened:
        """Take the last edit back, also one that was made before the program was started.

        Raises:
            InvalidEditError: there is none.
            EditConflictError, UnknownTranscriptError: as `save`.
        """
        history = known.history.undo()
        return self._stepped(known, history, history.undone[0].change.reversed)

    def redo(self, known: Opened) -> Opened:
        """Make the last undone edit again.

        Raises:
            InvalidEditError: there is none.
            EditConflictError, UnknownTranscriptError: as `save`.
        """
        history = known.history.redo()
        return self._stepped(known, history, history.done[-1].change)

    def refresh(self, known: Opened) -> Opened:
        """The transcript as it is now; the same value if nobody else changed it.

        Raises:
            UnknownTranscriptError: somebody else deleted it.
        """
        with opened(self.path) as connection:
            row = _row(connection, known.id)
            if row is None:
                raise UnknownTranscriptError(known.id)
            if (row["version"], row["title"]) == (known.version, known.title):
                return known
            return _opened(connection, known.id, known.document.original)

    def _stepped(self, known: Opened, history: History, change: Change) -> Opened:
        with opened(self.path) as connection, writing(connection):
            _require(connection, known)
            return _moved(connection, known, history, change)

    # --- all of them

    def list(self) -> tuple[Listed, ...]:
        """Every transcript, the one that was added last first."""
        with opened(self.path) as connection:
            rows = connection.execute(f"SELECT {COLUMNS} FROM transcript ORDER BY key DESC")  # noqa: S608 - our own
            return tuple(map(listed, rows))

    def search(
        self,
        typed: str,
        transcript_id: str | None = None,
        most: int = searching.MOST_HITS,
        each: int = searching.MOST_HITS,
    ) -> Found:
        """Paragraphs with all of the words, in one transcript or in all; "in quotes", one after the other.

        A word is found by its beginning, without regard to capitals and accents, a single Latin letter only by itself.
        At most so many hits come in all, and `each` of one transcript; how many there are is told of each all the same.
        """
        with opened(self.path) as connection:
            return searching.search(connection, typed, transcript_id, Limits(most, each))

    def rename(self, transcript_id: str, title: str) -> None:
        """Give a transcript another title.

        Raises:
            UnknownTranscriptError: there is none of that id.
        """
        with opened(self.path) as connection, writing(connection):
            renamed = connection.execute("UPDATE transcript SET title = ? WHERE id = ?", (title, transcript_id))
            if not renamed.rowcount:
                raise UnknownTranscriptError(transcript_id)

    def forget(self, transcript_id: str) -> None:
        """`delete` it if it is there; makes no file where there is none."""
        if system_path(self.path).exists():
            with suppress(UnknownTranscriptError):
                self.delete(transcript_id)

    def delete(self, transcript_id: str) -> None:
        """Delete a transcript with all its edits: no word of it is left in the file, nor in those beside it.

        Raises:
            UnknownTranscriptError: there is none of that id.
        """
        with opened(self.path) as connection:
            with writing(connection):
                row = _row(connection, transcript_id)
                if row is None:
                    raise UnknownTranscriptError(transcript_id)
                for table, column in (("paragraph", "transcript"), ("edit", "transcript"), ("transcript", "key")):
                    connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (row["key"],))  # noqa: S608 - our own
                # what was deleted from the index stays in it until its parts are merged
                connection.execute("INSERT INTO spoken (spoken) VALUES ('optimize')")
            connection.executescript("PRAGMA incremental_vacuum")  # `execute` gives back a single page
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                log.warning("deleted words stay in %s-wal until the program that reads it ends", self.path)


# --- rows ------------------------------------------------------------------------------------------------------------


def _row(connection: sqlite3.Connection, transcript_id: str) -> sqlite3.Row | None:
    cursor = connection.cursor()
    cursor.row_factory = sqlite3.Row
    row: sqlite3.Row | None = cursor.execute("SELECT * FROM transcript WHERE id = ?", (transcript_id,)).fetchone()
    return row


def _require(connection: sqlite3.Connection, known: Opened) -> tuple[int, int]:
    """The key of the transcript and how many edits are in effect, if it is still as it is known."""
    row = _row(connection, known.id)
    if row is None:
        raise UnknownTranscriptError(known.id)
    if row["version"] != known.version:
        raise EditConflictError(row["title"])
    return row["key"], row["position"]


def _add(connection: sqlite3.Connection, transcript_id: str, document: Document, title: str) -> None:
    if _row(connection, transcript_id) is not None:  # another process was first
        return
    original, now = document.original, _now()
    values = {
        "id": transcript_id,
        "title": title,
        "model": original.model,
        "language": original.language,
        "duration": original.duration,
        "added": now,
        "changed": now,
        "fingerprint": fingerprint(original),
        "words": len(document.untouched),
        "checked": 0,
        "speakers": json.dumps(document.speakers),
        "version": time.time_ns() // 1_000_000,  # one that was deleted and added again never has an old number
        "position": 0,
    }
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    added = connection.execute(
        f"INSERT INTO transcript ({names}) VALUES ({marks})",  # noqa: S608 - our own
        tuple(values.values()),
    )
    indexing.change(connection, added.lastrowid or 0, (), document.paragraphs)


def _opened(connection: sqlite3.Connection, transcript_id: str, original: Transcript) -> Opened:
    connection.execute("BEGIN")  # the row and its edits as they were at one moment
    row = _row(connection, transcript_id)
    if row is None:
        raise UnknownTranscriptError(transcript_id)
    edits = connection.execute("SELECT edit FROM edit WHERE transcript = ? ORDER BY number", (row["key"],)).fetchall()
    connection.execute("COMMIT")
    if row["fingerprint"] != fingerprint(original):
        raise OriginalChangedError(row["title"])
    history = open_history(original)
    for (record,) in edits:
        history = history.after(from_record(json.loads(record)))
    for _ in range(len(edits) - row["position"]):
        history = history.undo()
    return Opened(transcript_id, row["title"], row["version"], history)


def _moved(connection: sqlite3.Connection, known: Opened, history: History, change: Change) -> Opened:
    """Keep where an edit, or undoing one, has led."""
    words = sum(len(each.words) for each in change.after) - sum(len(each.words) for each in change.before)
    checked = sum(each.checked_words for each in change.after) - sum(each.checked_words for each in change.before)
    (key,) = connection.execute(
        """
        UPDATE transcript SET version = version + 1, position = ?, changed = ?, speakers = ?, words = words + ?,
            checked = checked + ? WHERE id = ? RETURNING key
        """,
        (len(history.done), _now(), json.dumps(history.document.speakers), words, checked, known.id),
    ).fetchone()
    indexing.change(connection, key, change.before, change.after)
    return Opened(known.id, known.title, known.version + 1, history)


def _now() -> str:
    return datetime.now(UTC).isoformat()
