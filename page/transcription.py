"""One press of Transcribe, carried out: every recording gets a result, whatever becomes of it."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from page.growth import Growth
from page.model_in_use import ModelInUse
from page.past import Past
from page.recordings import Effort, Recording, Result, as_downloads, named_by_user
from page.saving import Saving
from transcriber import outputs, recordings
from transcriber.errors import TranscriberError, TranscriptionCancelledError
from transcriber.loading import LoadSettings
from transcriber.options import TranscribeOptions
from transcriber.outputs import Output
from transcriber.pipeline import Done, Failed, Outcome
from transcriber.progress import OnProgress, Progress
from transcriber.worker import Order

ALREADY = "It was not transcribed again: its files are there already."


@dataclass(frozen=True, slots=True)
class Wish:
    """Which recordings, with what, and where to save files (None: nowhere).

    `recordings` are known; `paths` may be files, or folders to be looked into.
    """

    recordings: tuple[Recording, ...]
    paths: tuple[Path, ...]
    model: str
    settings: LoadSettings
    options: TranscribeOptions
    saving: Saving | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A recording, and where its files are saved, if anywhere."""

    recording: Recording
    output: Output | None

    @property
    def is_done(self) -> bool:
        """Whether its files are there and are to stay."""
        return bool(self.output and self.output.is_there)


class Transcription:
    """The work on a wish. `growth` is what can be seen of it meanwhile."""

    def __init__(self, wish: Wish, model: ModelInUse, past: Past) -> None:
        self.growth = Growth()
        self._wish, self._model, self._past = wish, model, past

    def results(self, on_progress: OnProgress) -> Iterator[Result]:
        """One per recording, as they come: first those that need no work.

        Raises:
            ModelError, RecognitionError, StorageError: there are no results because there is no model, or no room.
        """
        found = recordings.walk(self._wish.paths)
        named = (*self._wish.recordings, *(Recording(path, path.name) for path in found.recordings))
        self.growth.expected = len(named) + len(found.failures)
        yield from (Result(Path(each.args[0]).name, failure=str(each)) for each in found.failures)
        with self._past.uploads.keeping(named) as kept:
            tasks = self._tasks(kept)
            yield from (_spared(each) for each in tasks if each.is_done)
            if ahead := [each for each in tasks if not each.is_done]:
                yield from self._transcribed(ahead, on_progress)
        self._past.tidy()

    def _tasks(self, kept: Sequence[Recording]) -> list[Task]:
        saving = self._wish.saving
        planned = saving.plan([each.path for each in kept]) if saving else [None] * len(kept)
        return [Task(recording, output) for recording, output in zip(kept, planned, strict=True)]

    def _transcribed(self, tasks: Sequence[Task], on_progress: OnProgress) -> Iterator[Result]:
        def report(progress: Progress) -> None:
            if progress.stage == "recognizing":
                self.growth.hear(progress)
            on_progress(progress)

        wish = self._wish
        order = Order(tuple(each.recording.path for each in tasks), wish.model, wish.settings, wish.options)
        with closing(self._model.transcribe(order, report)) as outcomes:
            for task, outcome in zip(tasks, outcomes, strict=False):  # cancelling ends the outcomes early
                yield self._result(task, outcome)
                self.growth.turn_over()

    # --- what became of a recording ----------------------------------------------------------------------------------

    def _result(self, task: Task, outcome: Outcome) -> Result:
        self._past.changed()
        try:
            result = self._delivered(task, outcome)
        except TranscriberError as error:  # no room for the downloads: the others are to come all the same
            result = _without_files(task.recording.name, outcome, str(error))
        return replace(result, timing=self._wish.settings.timing, proof=self._wish.options.proof)

    def _delivered(self, task: Task, outcome: Outcome) -> Result:
        match outcome:
            case Failed():
                return self._stopped(task.recording, outcome)
            case Done():
                return self._finished(task, outcome)

    def _finished(self, task: Task, done: Done) -> Result:
        """Every format for download, and where the user wants it kept besides."""
        name, folder = task.recording.name, self._past.downloads / (done.job or "unkept")
        handover = outputs.hand_over(done.transcript, done.recording)
        result = Result(
            name,
            done.transcript,
            Effort(done.seconds, done.device, done.memory_bytes),
            as_downloads(handover, name, folder),
            notice=done.anew_because,
            job=done.job,
        )
        if task.output is None:
            return result
        try:
            return replace(result, saved=tuple(outputs.save(handover, task.output)))
        except TranscriberError as error:
            return replace(result, failure=str(error))

    def _stopped(self, recording: Recording, failed: Failed) -> Result:
        """What was heard until then, where that is kept, with the chance to go on."""
        cancelled = isinstance(failed.error, TranscriptionCancelledError)
        failure = str(named_by_user(failed.error, recording))
        entry = self._past.unfinished(failed.job, recording.path)
        if entry is None:
            return Result(recording.name, failure=failure, cancelled=cancelled)
        if not entry.heard:  # nothing is lost, and nothing is to be offered again
            self._past.delete(entry.summary.id)
            return Result(recording.name, failure=failure, cancelled=cancelled)
        return replace(self._past.result(entry, recording.name), failure=failure, cancelled=cancelled)


def _spared(task: Task) -> Result:
    return Result(task.recording.name, saved=task.output.paths if task.output else (), notice=ALREADY)


def _without_files(name: str, outcome: Outcome, failure: str) -> Result:
    match outcome:
        case Done():
            return Result(name, outcome.transcript, failure=failure, job=outcome.job)
        case Failed():
            return Result(name, outcome.so_far, failure=failure, is_partial=True, job=outcome.job)
