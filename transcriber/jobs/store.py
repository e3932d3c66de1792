"""The jobs of this user: begun or gone on with, listed, found again, deleted."""

import logging
import re
import secrets
import shutil
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from transcriber.errors import NotWritableError, StorageError, TempCleanupWarning, TranscriberError, UnknownJobError
from transcriber.jobs import folder as folders
from transcriber.jobs.clips import Clips
from transcriber.jobs.folder import CLIPS, ENDING, TICKET, Ending, Entry, Summary, Ticket
from transcriber.jobs.request import Request
from transcriber.record import Heard
from transcriber.storage import state_dir, storage_errors
from transcriber.transcript import Transcript

if TYPE_CHECKING:
    from filelock import BaseFileLock

log = logging.getLogger(__name__)

SLUG_LETTERS = 24
"""Of a recording's name in an id: enough to know it by."""

STORE_SECONDS = 30.0
"""Opening a job takes milliseconds; whoever has kept the store for so long hangs."""

_ID = re.compile(r"\d{8}-\d{6}(-[a-z0-9]+)+")


class Job:
    """A job that this process works on: a `Record` on the disk.

    An error that leaves its `with` block is written down as the reason why it stopped, and the job is closed.
    `anew_because` says, in a sentence, why an unfinished job of the same recording was not gone on with.
    """

    def __init__(self, folder: Path, request: Request, lock: "BaseFileLock", anew_because: str | None = None) -> None:
        self.id = folder.name
        self.request = request
        self.anew_because = anew_because
        self._folder = folder
        self._lock = lock
        self._clips = Clips(folder / CLIPS)
        self._is_finished = False

    @property
    def heard(self) -> tuple[Heard, ...]:
        """All that was heard, now or before, in order; read from the disk."""
        return tuple(self._clips)

    def add(self, heard: Sequence[Heard]) -> None:
        """Keep the chunks of a group, see `Record`. Once this returns no crash and no power cut takes them away.

        Raises:
            DiskFullError, NotWritableError: the job is as it was, and can go on.
        """
        self._clips.append(heard)

    def finish(self, transcript: Transcript, seconds: float, device: str) -> None:
        """Keep the transcript. What it was made from goes: nobody needs it any more.

        Raises:
            StorageError: it could not be kept. The job can go on, and has nothing left to recognize.
        """
        folders.write_transcript(self._folder, transcript)
        folders.write_ending(
            self._folder,
            Ending(
                finished=True,
                ended=_now(),
                duration=transcript.duration,
                words=len(transcript.text.split()),
                seconds=seconds,
                device=device,
            ),
        )
        folders.settle(self._folder)
        self._is_finished = True
        self._clips.close()
        _discard(self._folder / CLIPS)

    def stop(self, reason: str) -> None:
        """Write down, in a sentence, why the work ends early. Never fails: what ended it is the worse failure."""
        if self._is_finished:
            return
        try:
            folders.write_ending(self._folder, Ending(finished=False, ended=_now(), reason=reason))
        except StorageError as error:
            log.warning("why job %s stopped could not be written down: %s", self.id, error)

    def close(self) -> None:
        """Let others work on it. Harmless when repeated."""
        self._clips.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        if error is not None:
            self.stop(_reason(error))
        self.close()


class Store:
    """The jobs below a folder. Several processes may use it at once."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or state_dir() / "jobs"

    def open(self, request: Request, duration: float | None = None, tracks: int = 1) -> Job:
        """The unfinished job of the same request, to go on with, or a new one.

        A recording that was moved is the same one. `duration` (seconds, if known) of each of its `tracks` is for lists.

        Raises:
            JobRunningError: somebody works on it already.
            StorageError: it cannot be written.
        """
        with self._alone():
            self._sweep()
            begun = [entry for entry in self._entries() if entry.summary.state != "finished"]
            for entry in begun:
                if request.continues(entry.request) and (job := _taken_up(entry, request)):
                    return job
            other = next((entry for entry in begun if request.source.same_place(entry.request.source)), None)
            anew_because = request.why_not(other.request) if other else None
            return self._begun(Ticket(request, _now(), duration, tracks), anew_because)

    def list(self) -> tuple[Summary, ...]:
        """All jobs that can be read, newest first."""
        return tuple(entry.summary for entry in self._entries())

    def ids(self) -> tuple[str, ...]:
        """All jobs, also those that are damaged or of another version of the program, in no order."""
        return tuple(folder.name for folder in self._folders() if (folder / TICKET).exists())

    def find(self, job_id: str) -> Entry:
        """The job of that id.

        Raises:
            UnknownJobError: there is none, or it is damaged.
        """
        entry = folders.entry(self._folder(job_id))
        if entry is None:
            raise UnknownJobError(job_id)
        return entry

    def delete(self, job_id: str) -> None:
        """Delete a job with all that was heard in it, or only begun.

        What another program holds stays behind until the next job is opened; a TempCleanupWarning says so.

        Raises:
            UnknownJobError: there is none.
            JobRunningError: somebody works on it.
            NotWritableError: it cannot be deleted, and is whole.
        """
        folder = self._folder(job_id)
        entry = folders.entry(folder)
        lock = folders.hold(folder, entry.summary.recording if entry else folder)
        try:
            folders.remove(folder / TICKET)  # from here on it is no job any more, whatever else can be deleted
        finally:
            lock.release()
        shutil.rmtree(folder, ignore_errors=True)
        if folder.exists():
            warnings.warn(TempCleanupWarning(str(folder)), stacklevel=2)

    def _folder(self, job_id: str) -> Path:
        folder = self.folder / job_id
        if not _ID.fullmatch(job_id) or not (folder / TICKET).exists():
            raise UnknownJobError(job_id)
        return folder

    def _folders(self) -> Sequence[Path]:
        if not self.folder.is_dir():
            return []
        return [folder for folder in self.folder.iterdir() if _ID.fullmatch(folder.name)]

    def _entries(self) -> Sequence[Entry]:
        entries = [entry for folder in self._folders() if (entry := folders.entry(folder))]
        return sorted(entries, key=lambda entry: entry.summary.began, reverse=True)

    def _begun(self, ticket: Ticket, anew_because: str | None) -> Job:
        recording = ticket.request.source.path
        folder = self.folder / _new_id(recording, ticket.began)
        with storage_errors(folder):
            folder.mkdir()
        with _held(folder, recording) as lock:
            folders.write_ticket(folder, ticket)
            job = Job(folder, ticket.request, lock, anew_because)
            folders.settle(folder)
            folders.settle(self.folder)
            return job

    def _sweep(self) -> None:
        """Take away what is left of jobs that were deleted, or never quite made."""
        for folder in self._folders():
            if not (folder / TICKET).exists():
                shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else, in any process, opens a job meanwhile."""
        from filelock import FileLock, Timeout

        lock = FileLock(self.folder / "lock", timeout=STORE_SECONDS, thread_local=False)
        with storage_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                lock.acquire()
            except Timeout as error:
                raise NotWritableError(str(self.folder), "another program has locked it") from error
        try:
            yield
        finally:
            lock.release()


def _taken_up(entry: Entry, request: Request) -> Job | None:
    """The job, ready to go on; None if somebody finished or deleted it a moment ago."""
    with _held(entry.folder, entry.summary.recording) as lock:
        ticket, ending = folders.read_ticket(entry.folder), folders.read_ending(entry.folder)
        if ticket is None or (ending and ending.finished):
            lock.release()
            return None
        folders.write_ticket(entry.folder, replace(ticket, request=request))
        _discard(entry.folder / ENDING)
        return Job(entry.folder, request, lock)


@contextmanager
def _held(folder: Path, recording: Path) -> "Iterator[BaseFileLock]":
    """The folder's lock, which is released if the block fails, and otherwise left to who needs it."""
    lock = folders.hold(folder, recording)
    try:
        yield lock
    except BaseException:
        lock.release()
        raise


def _discard(path: Path) -> None:
    """Delete what is of no use any more; nothing depends on it."""
    try:
        folders.remove(path)
    except StorageError as error:
        log.warning("%s", error)


def _reason(error: BaseException) -> str:
    if isinstance(error, TranscriberError):
        return str(error)
    if isinstance(error, KeyboardInterrupt | GeneratorExit):
        return "It was cancelled."
    if isinstance(error, SystemExit):  # the program that wanted it is gone
        return "It ended unexpectedly."
    return f"It ended unexpectedly ({type(error).__name__})."


def _new_id(recording: Path, began: datetime) -> str:
    """Readable, in order of time, and a good name for a folder everywhere: `20261123-143005-talk-1a2b`."""
    letters = unicodedata.normalize("NFKD", recording.stem.casefold()).encode("ascii", "ignore").decode("ascii")
    slug = re.sub(r"[^a-z0-9]+", "-", letters)[:SLUG_LETTERS].strip("-")
    parts = (began.astimezone().strftime("%Y%m%d-%H%M%S"), slug, secrets.token_hex(2))
    return "-".join(part for part in parts if part)


def _now() -> datetime:
    return datetime.now(UTC)
