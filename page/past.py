"""What was transcribed before on this computer: jobs to go on with, and finished ones. Seen alike by every tab."""

import shutil
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

from page.peaks import Peaks
from page.recordings import Effort, Result, as_downloads
from page.uploads import Uploads
from transcriber import assembling, catalogue, outputs
from transcriber.errors import UnknownJobError
from transcriber.jobs import Entry, Store, Summary
from transcriber.library import Library, Listed
from transcriber.transcript import Transcript

TITLE_LETTERS = 200
"""More than a line of a list shows."""

LOOK_AGAIN_SECONDS = 10.0
"""After which another program's doings are noticed that leave no trace in the folder, such as its end."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The jobs of a moment, newest first."""

    unfinished: tuple[Summary, ...] = ()
    finished: tuple[Summary, ...] = ()
    running: tuple[Summary, ...] = ()
    """Those that somebody works on."""

    @property
    def all(self) -> tuple[Summary, ...]:
        """Every one, newest first."""
        every = (*self.unfinished, *self.finished, *self.running)
        return tuple(sorted(every, key=lambda each: each.began, reverse=True))


class Past:
    """The jobs on this computer, with what the page keeps for them."""

    def __init__(self, store: Store, uploads: Uploads, downloads: Path) -> None:
        self.uploads, self.downloads = uploads, downloads
        self.library = Library.beside(store.folder)
        self.peaks = Peaks()
        self.news = threading.Event()
        """Set whenever there may be jobs that nobody has seen yet."""
        self._store = store
        self._lock, self._shelf = threading.Lock(), threading.Lock()
        self._seen, self._stamp = Seen(), object()
        self._changes = 0

    @property
    def folder(self) -> Path:
        """Where the jobs are."""
        return self._store.folder

    def seen(self) -> Seen:
        """What there is. Any number of tabs may ask any number of times: only what has changed is read."""
        with self._lock:
            stamp = self._stamp_of_now()
            if stamp != self._stamp:
                self._seen, self._stamp = _sorted(self._store.list(), self.uploads.in_work()), stamp
                self.news.set()
            return self._seen

    def changed(self) -> None:
        """Look again: some work has ended, or is now waited for."""
        self._changes += 1
        self.news.set()

    def tidy(self) -> None:
        """Delete the uploads, and the waveforms, that no job needs any more."""
        self.changed()
        there = self._store.list()
        self.uploads.tidy(each.recording for each in there if each.state != "finished")
        self.peaks.tidy(each.recording for each in there)

    def find(self, job_id: str) -> Entry:
        """A job in full. Raises UnknownJobError."""
        return self._store.find(job_id)

    def unfinished(self, job_id: str | None, recording: Path) -> Entry | None:
        """The job of that id, or the newest of a recording where nobody could tell the id; None if it is not to go on.

        A process that was killed tells nothing.
        """
        newest = (each.id for each in self._store.list() if each.recording == recording.absolute())
        known = job_id or next(newest, None)
        entry = self._store.find(known) if known else None
        return entry if entry and entry.summary.state != "finished" else None

    def lies_at(self, recording: Path) -> Path | None:
        """Where the recording of a job can be read now; an upload only as long as the page has its own copy of it."""
        return recording if recording.is_file() else self.uploads.sent(recording, self.downloads)

    def open(self, job_id: str) -> Result:
        """A finished job as the result that it was.

        Raises:
            TranscriberError: it is gone or damaged, or the disk is full.
        """
        entry = self._store.find(job_id)
        return self.result(entry, entry.summary.recording.name)

    def corrected(self, entry: Entry) -> Transcript | None:
        """What a finished job has heard, as far as it is corrected; None if it is not finished.

        Raises:
            TranscriberError: it, or what was corrected in it, cannot be read.
        """
        original = entry.transcript()
        return original and self.library.corrected(entry.summary.id, original)

    def result(self, entry: Entry, name: str) -> Result:
        """What there is of a job so far, or all of it, with its downloads. Raises as `open`."""
        transcript, is_partial = self.corrected(entry), False
        if transcript is None:
            transcript, is_partial = _so_far(entry), True
        asked, summary = entry.request, entry.summary
        return Result(
            name,
            transcript,
            Effort(summary.seconds, summary.device) if summary.seconds and summary.device else None,
            as_downloads(
                outputs.hand_over(transcript, self.lies_at(summary.recording) or summary.recording),
                name,
                self.downloads / summary.id,
            ),
            is_partial=is_partial,
            whole=summary.duration if is_partial else None,
            job=summary.id,
            timing=asked.timing,
            proof=asked.options.proof,
        )

    def delete(self, job_id: str) -> None:
        """Delete a job, what was heard, corrected and drawn of it, its downloads, and its upload if it has one.

        What was corrected goes first, so that nothing is ever left of it without its job.

        Raises:
            TranscriberError: it could not be deleted, and is still in the list.
        """
        recording = self._store.find(job_id).summary.recording
        with self._shelf:
            self.library.forget(job_id)
            self._store.delete(job_id)
        self.peaks.delete(recording)
        shutil.rmtree(self.downloads / job_id, ignore_errors=True)
        self.tidy()

    # --- in the library

    def listed(self) -> tuple[Listed, ...]:
        """What is in the library: finished jobs under the titles they have, with how far they are checked.

        Raises:
            StorageError: it cannot be read.
        """
        return self.library.list() if self.library.path.exists() else ()

    def title(self, entry: Entry) -> str:
        """What a job is called: as its recording, unless somebody gave it another name. Raises as `listed`."""
        titles = {each.id: each.title for each in self.listed()}
        return titles.get(entry.summary.id, entry.summary.recording.name)

    def shelve(self, job_id: str) -> None:
        """Put a finished job into the library, if it is not there.

        Raises:
            TranscriberError: it is not finished, or damaged, or the library cannot be written.
        """
        with self._shelf:  # else it could be deleted meanwhile, and its words would stay
            entry = self._store.find(job_id)
            original = entry.transcript()
            if original is None:
                raise UnknownJobError(job_id)
            self.library.add(job_id, original, entry.summary.recording.name)

    def rename(self, job_id: str, title: str) -> None:
        """Call a finished job otherwise; without a title, as its recording. Raises as `shelve`."""
        self.shelve(job_id)
        self.library.rename(job_id, " ".join(title.split())[:TITLE_LETTERS] or self.find(job_id).summary.recording.name)

    def forget_deleted(self) -> None:
        """Delete from the library what has no job any more: another program deleted it, or the power went meanwhile.

        Raises:
            StorageError: the library cannot be written.
        """
        if not self._store.folder.is_dir():  # it is out of reach rather than deleted
            return
        listed, jobs = self.listed(), frozenset(self._store.ids())
        for each in listed:
            if each.id not in jobs:
                self.library.forget(each.id)

    def _stamp_of_now(self) -> object:
        """Another one whenever a job was begun, ended or deleted, by whatever program."""
        try:
            folders = frozenset((each.name, each.stat().st_mtime_ns) for each in self._store.folder.iterdir())
        except OSError:  # one was deleted a moment ago, or there are none at all
            folders = frozenset()
        return folders, self._changes, time.monotonic() // LOOK_AGAIN_SECONDS


def _sorted(jobs: tuple[Summary, ...], in_work: frozenset[Path]) -> Seen:
    """What is paused in the queue is worked on: it goes on by itself, and is not to be begun by anybody else."""
    working = tuple(each for each in jobs if each.state == "running" or _is_paused(each, in_work))
    unfinished = tuple(each for each in jobs if each.state == "unfinished" and each not in working)
    return Seen(unfinished, tuple(each for each in jobs if each.state == "finished"), working)


def _is_paused(job: Summary, in_work: frozenset[Path]) -> bool:
    return job.state == "unfinished" and job.recording in in_work


def _so_far(entry: Entry) -> Transcript:
    heard, spec = entry.heard, catalogue.find(entry.request.model)
    timed = any(each.words for each in heard)  # another model may have told the times
    return assembling.assemble(heard, replace(spec, word_times=timed), entry.request.options)
