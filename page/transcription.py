"""From a wish to its recordings, and from what was heard of one of them to its result."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from page.past import Past
from page.recordings import Effort, Recording, Result, as_downloads, named_by_user
from page.saving import Saving
from page.uploads import Uploads
from transcriber import outputs, recordings
from transcriber.errors import TranscriberError, TranscriptionCancelledError
from transcriber.loading import LoadSettings
from transcriber.options import TranscribeOptions
from transcriber.outputs import Output
from transcriber.pipeline import Done, Failed, Outcome
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
    """A recording, the order to transcribe it, and where its files are saved, if anywhere."""

    recording: Recording
    order: Order
    output: Output | None = None

    @property
    def is_done(self) -> bool:
        """Whether its files are there and are to stay."""
        return bool(self.output and self.output.is_there)


# --- what a wish comes to --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Planned:
    """`tasks` are to be done, and their recordings kept until then; `results` are those of what needs no work."""

    tasks: tuple[Task, ...]
    results: tuple[Result, ...]


def plan(wish: Wish, uploads: Uploads) -> Planned:
    """What there is to do. Looks into folders, which takes a while where they are many, or far away.

    Raises:
        StorageError: there is no room to keep an upload.
    """
    found = recordings.walk(wish.paths)
    missing = (Result(Path(each.args[0]).name, failure=str(each)) for each in found.failures)
    named = (*wish.recordings, *(Recording(path, path.name) for path in found.recordings))
    tasks = _tasks(wish, uploads.keep(named))
    spared = [each for each in tasks if each.is_done]
    uploads.let_go(each.recording for each in spared)
    return Planned(tuple(each for each in tasks if each not in spared), (*missing, *map(_spared, spared)))


def _tasks(wish: Wish, kept: Sequence[Recording]) -> list[Task]:
    planned = wish.saving.plan([each.path for each in kept]) if wish.saving else [None] * len(kept)
    return [Task(each, _order(wish, each), output) for each, output in zip(kept, planned, strict=True)]


def _order(wish: Wish, recording: Recording) -> Order:
    return Order((recording.path,), wish.model, wish.settings, wish.options)


def _spared(task: Task) -> Result:
    return Result(task.recording.name, saved=task.output.paths if task.output else (), notice=ALREADY)


# --- what became of a recording --------------------------------------------------------------------------------------


def result(task: Task, outcome: Outcome, past: Past) -> Result:
    """What there is to show: the transcript, or as much of it as there is, and its files."""
    past.changed()
    try:
        delivered = _stopped(task, outcome, past) if isinstance(outcome, Failed) else _finished(task, outcome, past)
    except TranscriberError as error:  # no room for the downloads: the text is to be shown all the same
        delivered = _without_files(task.recording.name, outcome, str(error))
    return replace(delivered, timing=task.order.settings.timing, proof=task.order.options.proof)


def _finished(task: Task, done: Done, past: Past) -> Result:
    """Every format for download, and where the user wants it kept besides."""
    name, folder = task.recording.name, past.downloads / (done.job or "unkept")
    handover = outputs.hand_over(done.transcript, done.recording)
    shown = Result(
        name,
        done.transcript,
        Effort(done.seconds, done.device, done.memory_bytes),
        as_downloads(handover, name, folder),
        notice=done.anew_because,
        job=done.job,
    )
    if task.output is None:
        return shown
    try:
        return replace(shown, saved=tuple(outputs.save(handover, task.output)))
    except TranscriberError as error:
        return replace(shown, failure=str(error))


def _stopped(task: Task, failed: Failed, past: Past) -> Result:
    """What was heard until then, where that is kept, with the chance to go on."""
    recording, cancelled = task.recording, isinstance(failed.error, TranscriptionCancelledError)
    failure = str(named_by_user(failed.error, recording))
    entry = past.unfinished(failed.job, recording.path)
    if entry is None:
        return Result(recording.name, failure=failure, cancelled=cancelled)
    if not entry.heard:  # nothing is lost, and nothing is to be offered again
        past.delete(entry.summary.id)
        return Result(recording.name, failure=failure, cancelled=cancelled)
    return replace(past.result(entry, recording.name), failure=failure, cancelled=cancelled)


def _without_files(name: str, outcome: Outcome, failure: str) -> Result:
    match outcome:
        case Done():
            return Result(name, outcome.transcript, failure=failure, job=outcome.job)
        case Failed():
            return Result(name, outcome.so_far, failure=failure, is_partial=True, job=outcome.job)
