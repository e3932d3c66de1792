"""The folder of a job: its files, who works on it, and what it says of itself."""

import json
import logging
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from transcriber.errors import (
    InvalidOptionError,
    InvalidTranscriptError,
    JobRunningError,
    StorageError,
)
from transcriber.export import transcript_json
from transcriber.jobs import clips, request
from transcriber.jobs.request import Request
from transcriber.record import Heard
from transcriber.storage import patiently, storage_errors, write_whole
from transcriber.transcript import Transcript

if TYPE_CHECKING:
    from filelock import BaseFileLock

log = logging.getLogger(__name__)

SCHEMA = "transcribe-ui/job/1"

TICKET, CLIPS, TRANSCRIPT, ENDING, LOCK = "job.json", "clips.jsonl", "transcript.json", "ending.json", "lock"

State = Literal["unfinished", "running", "finished"]

LOCK_SECONDS = 1.0
"""Whoever lists the jobs takes each one's lock for a moment; one who works on it keeps it longer than this."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What was asked for, and when. `duration` in seconds of each of its `tracks`, None if not known."""

    request: Request
    began: datetime
    duration: float | None
    tracks: int


@dataclass(frozen=True, slots=True)
class Ending:
    """How the work ended the last time: finished after `seconds` on `device`, or stopped for a reason."""

    finished: bool
    ended: datetime
    reason: str | None = None
    duration: float | None = None
    words: int = 0
    seconds: float | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """A job in a list.

    `share` is how much of the recording was heard, 0..1, None where its length
    is not known; `duration` its seconds. `words` of an unfinished job count
    twice what two clips both heard. `ended` and `reason` say when and why the
    work stopped; both are None where nobody could write it down, after a crash.
    `seconds` of work and the `device` are those of a finished job.
    """

    id: str
    recording: Path
    model: str
    began: datetime
    state: State
    share: float | None
    duration: float | None
    words: int
    ended: datetime | None = None
    reason: str | None = None
    seconds: float | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A job in full."""

    summary: Summary
    request: Request
    folder: Path

    @property
    def heard(self) -> tuple[Heard, ...]:
        """What an unfinished job has heard so far, in order; a finished one has its transcript instead."""
        return tuple(clips.read(self.folder / CLIPS))

    def transcript(self) -> Transcript | None:
        """What a finished job has heard, times to the millisecond; None if it is not finished.

        Raises:
            InvalidTranscriptError: the file was damaged since.
        """
        if self.summary.state != "finished":
            return None
        try:
            return transcript_json.parse((self.folder / TRANSCRIPT).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidTranscriptError(f"{self.folder / TRANSCRIPT} is damaged or gone") from error


def entry(folder: Path) -> Entry | None:
    """The job in that folder, or None if there is none that can be read."""
    ticket = read_ticket(folder)
    if ticket is None:
        return None
    ending = read_ending(folder)
    summary = _finished(folder, ticket, ending) if ending and ending.finished else _unfinished(folder, ticket, ending)
    return Entry(summary, ticket.request, folder)


def _finished(folder: Path, ticket: Ticket, ending: Ending) -> Summary:
    return Summary(
        id=folder.name,
        recording=ticket.request.source.path,
        model=ticket.request.model,
        began=ticket.began,
        state="finished",
        share=1.0,
        duration=ending.duration,
        words=ending.words,
        ended=ending.ended,
        seconds=ending.seconds,
        device=ending.device,
    )


def _unfinished(folder: Path, ticket: Ticket, ending: Ending | None) -> Summary:
    seconds, words = _amount(clips.read(folder / CLIPS))
    total = (ticket.duration or 0.0) * ticket.tracks
    return Summary(
        id=folder.name,
        recording=ticket.request.source.path,
        model=ticket.request.model,
        began=ticket.began,
        state="running" if _is_held(folder) else "unfinished",
        share=min(1.0, seconds / total) if total else None,
        duration=ticket.duration,
        words=words,
        ended=ending.ended if ending else None,
        reason=ending.reason if ending else None,
    )


def _amount(chunks: Iterator[Heard]) -> tuple[float, int]:
    """Seconds and words, of what can be read."""
    seconds, words = 0.0, 0
    try:
        for each in chunks:
            seconds += each.end - each.start
            words += len(each.text.split())
    except StorageError as error:
        log.warning("%s", error)
    return seconds, words


# --- who works on it -------------------------------------------------------------------------------------------------


def hold(folder: Path, recording: Path) -> "BaseFileLock":
    """Keep everybody else away from the job, until it is released or this process ends, however it ends.

    Raises:
        JobRunningError: somebody else keeps us away.
        StorageError: there can be no lock.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK, timeout=LOCK_SECONDS, thread_local=False)
    with storage_errors(folder):
        try:
            lock.acquire()
        except Timeout as error:
            raise JobRunningError(folder.name, str(recording)) from error
    return lock


def _is_held(folder: Path) -> bool:
    from filelock import FileLock, Timeout

    if not (folder / LOCK).exists():
        return False
    lock = FileLock(folder / LOCK, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        return True
    except OSError:  # a folder that may only be read: nobody works there
        return False
    lock.release()
    return False


# --- its small files -------------------------------------------------------------------------------------------------


def write_ticket(folder: Path, ticket: Ticket) -> None:
    """Make the folder a job.

    Raises:
        StorageError: it is as it was.
    """
    record = {
        "schema": SCHEMA,
        "began": ticket.began.isoformat(),
        "duration": ticket.duration,
        "tracks": ticket.tracks,
        "request": request.to_record(ticket.request),
    }
    _write(folder / TICKET, record)


def read_ticket(folder: Path) -> Ticket | None:
    """What was asked for; None if it is damaged, or of another version of the program, which the log then says."""
    record = _read(folder / TICKET)
    if record is None:
        return None
    try:
        _require_schema(record["schema"])
        asked, began = request.from_record(record["request"]), _moment(record["began"])
        return Ticket(asked, began, record["duration"], record["tracks"])
    except (KeyError, TypeError, ValueError, InvalidOptionError):
        log.warning("job %s is damaged, or of another version of the program", folder.name)
        return None


def write_ending(folder: Path, ending: Ending) -> None:
    """Write down how the work ended.

    Raises:
        StorageError: it is as it was.
    """
    _write(folder / ENDING, asdict(ending) | {"ended": ending.ended.isoformat()})


def read_ending(folder: Path) -> Ending | None:
    """How the work ended, if anybody could write it down."""
    record = _read(folder / ENDING)
    if record is None:
        return None
    try:
        return Ending(**(record | {"ended": _moment(record["ended"])}))
    except (KeyError, TypeError, ValueError):
        log.warning("how job %s ended cannot be read", folder.name)
        return None


def write_transcript(folder: Path, transcript: Transcript) -> None:
    """Keep what a job was for.

    Raises:
        StorageError: it could not be kept.
    """
    content = transcript_json.render(transcript).encode("utf-8")
    patiently(lambda: write_whole(folder / TRANSCRIPT, content))


def remove(path: Path) -> None:
    """Delete a file, if it is there.

    Raises:
        NotWritableError: another program holds it.
    """
    with storage_errors(path):
        patiently(lambda: path.unlink(missing_ok=True))


def settle(folder: Path) -> None:
    """Let the names of what was made in a folder outlast a power cut, as its files do. Windows sees to that itself."""
    if os.name == "nt":
        return
    with storage_errors(folder):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _write(path: Path, record: dict[str, Any]) -> None:
    content = json.dumps(record, allow_nan=False, indent=1).encode("ascii")
    patiently(lambda: write_whole(path, content))


def _read(path: Path) -> dict[str, Any] | None:
    try:
        record = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        log.warning("%s cannot be read (%s)", path, type(error).__name__)
        return None
    if isinstance(record, dict):
        return record
    log.warning("%s is damaged", path)
    return None


def _require_schema(schema: str) -> None:
    if schema != SCHEMA:
        raise ValueError(schema)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment
