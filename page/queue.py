"""The queue of the program: recordings one after the other, whoever asked for them, and whether or not he looks on."""

import secrets
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from functools import partial
from typing import Literal

from page import reports, transcription
from page.growth import Growth
from page.model_in_use import ModelInUse
from page.past import Past
from page.recordings import Result
from page.transcription import Task
from page.waiting import Waiting
from transcriber.errors import ModelError, TranscriptionCancelledError
from transcriber.pipeline import Failed, Outcome
from transcriber.progress import Progress

State = Literal["waiting", "running", "paused", "done", "failed", "cancelled"]

IN_LINE: tuple[State, ...] = ("waiting", "paused")
"""Not in work, but to be."""

OVER: tuple[State, ...] = ("done", "failed", "cancelled")

Place = Literal["first", "up", "down"]

CLOSING_SECONDS = 5.0
"""How long `close` lets the recording in work come to the end of its clip."""


class Entry:
    """A recording in the queue, as its owner and every tab see it; changed by the queue alone.

    `progress` is the last that was reported, `result` what became of it, once
    it is over and if it was ever begun; `seconds` is how long it was worked on,
    `notices` what the user should know besides. `stopping` says that it was
    told to stop, and why, and has not noticed yet.
    """

    def __init__(self, task: Task) -> None:
        self.id = secrets.token_urlsafe(8)
        self.task = task
        self.growth = Growth()
        self.state: State = "waiting"
        self.stopping: Literal["pause", "cancel"] | None = None
        self.progress: Progress | None = None
        self.result: Result | None = None
        self.seconds = 0.0
        self.notices: list[str] = []
        self.has_begun = False
        self._reported_at = 0.0

    @property
    def name(self) -> str:
        """What the user calls the recording."""
        return self.task.recording.name

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to do."""
        return self.state in OVER

    @property
    def seconds_since_report(self) -> float:
        """How long ago the work was last known to have got on."""
        return time.monotonic() - self._reported_at

    def begin(self) -> None:
        """It is worked on from now on, or again: what was heard before is told once more."""
        self.state = "running"
        self.growth.turn_over()

    def report(self, progress: Progress) -> None:
        """Take up how far the work is.

        Raises:
            TranscriptionCancelledError: it is to stop.
        """
        self.check()
        if self.progress is None or _place(progress) != _place(self.progress):
            self._reported_at = time.monotonic()
        if progress.stage == "recognizing":
            self.has_begun = True
            self.growth.hear(progress)
        self.progress = progress

    def check(self) -> None:
        """Raises TranscriptionCancelledError: it is to stop."""
        if self.stopping:
            raise TranscriptionCancelledError(self.name)

    def end(self, result: Result | None) -> None:
        """The work has stopped: for good if there is a result, or if it was cancelled; else until it goes on."""
        self.result = result
        self.state = self._ended_as(result)
        if self.state != "paused" or self.stopping == "pause":  # who cancels as it comes to rest is heard all the same
            self.stopping = None

    def _ended_as(self, result: Result | None) -> State:
        if result is None:
            return "paused" if self.has_begun else "cancelled" if self.stopping == "cancel" else "waiting"
        if result.cancelled:
            return "cancelled"
        return "failed" if result.failure else "done"


def _place(progress: Progress) -> tuple[str, str, float]:
    return progress.stage, progress.subject, progress.done


class Queue:
    """Works off what is added, in order, in a thread of its own. Any tab may ask anything at any time.

    It begins with what a program before has left, and is paused then: nobody has asked for it today.
    """

    def __init__(self, model: ModelInUse, past: Past, waiting: Waiting) -> None:
        self._model, self._past, self._waiting = model, past, waiting
        self._entries = [Entry(each) for each in waiting.take_over(model.settings)]
        past.uploads.keep([each.task.recording for each in self._entries])
        self._changed = threading.Condition()
        self._paused, self._closing = bool(self._entries), False
        self._thread = threading.Thread(target=self._work_off, name="queue", daemon=True)
        self._thread.start()

    @property
    def paused(self) -> bool:
        """Whether nothing is begun until `resume`."""
        return self._paused

    def entries(self) -> tuple[Entry, ...]:
        """Those that failed, the one in work, and those that wait, in order. Whatever else is over has left."""
        with self._changed:
            return tuple(self._entries)

    def find(self, ids: Iterable[str]) -> tuple[Entry, ...]:
        """Those of these ids that are still here."""
        wanted = set(ids)
        return tuple(each for each in self.entries() if each.id in wanted)

    def add(self, tasks: Sequence[Task]) -> tuple[Entry, ...]:
        """An entry for each task, at the end; for one that waits or runs already, the one that there is."""
        wanted = {each.order for each in tasks}
        with self._changed:
            failed = [each for each in self._entries if each.is_over and each.task.order in wanted]
            self._leave(failed)
            entries = tuple(self._known(each) or self._appended(each) for each in tasks)
            self._write_down()
            self._changed.notify_all()
        known = [task for task, entry in zip(tasks, entries, strict=True) if entry.task is not task]
        self._let_go([*known, *(each.task for each in failed)])
        return entries

    def retry(self, failed: Entry) -> Entry:
        """Once more, at the end of the line.

        Raises:
            StorageError: an upload is to be kept, and cannot be.
        """
        self._past.uploads.keep([failed.task.recording])
        return self.add([failed.task])[0]

    def move(self, entry: Entry, place: Place) -> None:
        """Change the order of those that wait. Harmless at the ends, and when it does not wait any more."""
        with self._changed:
            line = self._line()
            if entry in line:
                at = line.index(entry)
                line.insert({"first": 0, "up": max(0, at - 1), "down": at + 1}[place], line.pop(at))
                self._entries = [each for each in self._entries if each not in line] + line
                self._write_down()

    def pause(self) -> None:
        """Stop after the clip in work, and begin nothing until `resume`. What was heard is kept."""
        with self._changed:
            self._paused = bool(self._working())
            for each in self._entries:
                if each.state == "running":
                    each.stopping = each.stopping or "pause"

    def resume(self) -> None:
        """Go on where it was paused."""
        with self._changed:
            self._paused = False
            for each in self._entries:
                each.stopping = None if each.stopping == "pause" else each.stopping
            self._changed.notify_all()

    def cancel(self, entries: Iterable[Entry]) -> None:
        """Stop what is in work or paused, with what was heard of it kept; take out what waits, or has failed."""
        gone = []
        with self._changed:
            for each in set(entries) & set(self._entries):
                if each.state in ("running", "paused"):
                    each.stopping = "cancel"
                else:
                    gone.append(each)
            self._leave(gone)
            self._changed.notify_all()
        self._let_go([each.task for each in gone])

    def close(self) -> None:
        """Begin nothing any more, and stop what is in work: it can be gone on with."""
        with self._changed:
            self._closing = True
            for each in self._entries:
                each.stopping = "pause"
            self._changed.notify_all()
        self._thread.join(CLOSING_SECONDS)

    # --- who is where; to be called with the lock held ---------------------------------------------------------------

    def _known(self, task: Task) -> Entry | None:
        return next((each for each in self._working() if each.task.order == task.order), None)

    def _appended(self, task: Task) -> Entry:
        entry = Entry(task)
        self._entries.append(entry)
        return entry

    def _working(self) -> list[Entry]:
        return [each for each in self._entries if not each.is_over]

    def _line(self) -> list[Entry]:
        return [each for each in self._entries if each.state in IN_LINE]

    def _leave(self, gone: Sequence[Entry]) -> None:
        """An empty queue is not paused: what comes next is begun."""
        for each in gone:
            each.state = each.state if each.is_over else "cancelled"
        self._entries = [each for each in self._entries if each not in gone]
        self._write_down()
        self._paused = self._paused and bool(self._working())

    def _write_down(self) -> None:
        """What is begun is a job by then, to be gone on with."""
        if not self._closing:
            self._waiting.write([each.task for each in self._working() if not each.has_begun])

    def _ready(self) -> Entry | None:
        """What is to be treated next; one that was cancelled while it was paused has to be, come what may."""
        line = self._line()
        cancelled = [each for each in line if each.stopping == "cancel"]
        return next(iter(cancelled or ([] if self._paused else line)), None)

    # --- the work ----------------------------------------------------------------------------------------------------

    def _work_off(self) -> None:
        while entry := self._next():
            began = time.perf_counter()
            with reports.hearing_cleanups(entry.notices):
                result = self._result(entry)
            entry.seconds += time.perf_counter() - began
            self._end(entry, result)
            self._past.tidy()

    def _next(self) -> Entry | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closing or self._ready())
            entry = None if self._closing else self._ready()
            if entry:
                entry.begin()
            return entry

    def _result(self, entry: Entry) -> Result | None:
        """What became of it; None if it is to go on later, or was cancelled before it was begun."""
        try:
            outcome = self._outcome(entry)
            if _is_cancelled(outcome) and not (entry.stopping == "cancel" and entry.has_begun):
                return None
            return transcription.result(entry.task, outcome, self._past)
        except ModelError as error:
            failure = reports.sentence(error)
            self._give_up_on(entry, failure)
            return Result(entry.name, failure=failure)
        except Exception as error:  # noqa: BLE001 - the end of a thread: nobody above would hear of it
            return Result(entry.name, failure=reports.sentence(error))

    def _outcome(self, entry: Entry) -> Outcome:
        try:
            entry.check()
            with closing(self._model.transcribe(entry.task.order, partial(self._report, entry))) as outcomes:
                return next(outcomes)
        except TranscriptionCancelledError as error:  # before the recording was opened
            return Failed(entry.task.recording.path, error)

    def _report(self, entry: Entry, progress: Progress) -> None:
        is_known = entry.has_begun
        entry.report(progress)
        if entry.has_begun and not is_known:
            with self._changed:
                self._write_down()

    def _give_up_on(self, entry: Entry, failure: str) -> None:
        """The others that want the same model would wait for it just to hear the same."""
        wanted = entry.task.order.model, entry.task.order.settings
        with self._changed:
            for each in self._line():
                if (each.task.order.model, each.task.order.settings) == wanted:
                    each.end(Result(each.name, failure=failure))

    def _end(self, entry: Entry, result: Result | None) -> None:
        """Who sees that it is over, sees it as a job that can be gone on with, too."""
        with self._changed:
            entry.end(result)
            gone = [entry] if entry.state in ("done", "cancelled") else []
            self._leave(gone)
            self._let_go([each.task for each in gone])

    def _let_go(self, tasks: Iterable[Task]) -> None:
        self._past.uploads.let_go(each.recording for each in tasks)
        self._past.changed()


def _is_cancelled(outcome: Outcome) -> bool:
    return isinstance(outcome, Failed) and isinstance(outcome.error, TranscriptionCancelledError)
