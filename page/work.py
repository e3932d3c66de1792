"""What the page has done for it: transcribing, installing, unloading. Each is the work of a `Job`."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from page.model_in_use import ModelInUse
from page.recordings import Result, Upload, deliver
from transcriber import hub, loading, pipeline
from transcriber.catalogue import ModelSpec
from transcriber.options import Device, TranscribeOptions
from transcriber.progress import OnProgress, Progress


@dataclass(frozen=True, slots=True)
class Wish:
    """One press of Transcribe: which recordings, with what, and where to keep the files (None: nowhere).

    `timing` is that of `LoadSettings`.
    """

    uploads: tuple[Upload, ...]
    model: str
    timing: str
    device: Device
    options: TranscribeOptions
    save_to: Path | None


def transcribe(wish: Wish, model: ModelInUse, downloads: Path, on_progress: OnProgress) -> Iterator[Result]:
    """One result per upload, as they come.

    Raises:
        ModelError, RecognitionError: there are no results because there is no model.
    """
    paths = [upload.path for upload in wish.uploads]
    with model.borrow(wish.model, wish.device, on_progress, timing=wish.timing) as recognizer:
        outcomes = pipeline.transcribe_each(paths, recognizer, wish.options, on_progress)
        for upload, outcome in zip(wish.uploads, outcomes, strict=False):  # cancelling ends the outcomes early
            result = deliver(outcome, upload, downloads, wish.save_to)
            yield replace(result, timing=wish.timing, proof=wish.options.proof)


@dataclass(frozen=True, slots=True)
class Provided:
    """A model that is now in `path`; `note` is a sentence where the user should know how its version was found."""

    path: Path
    commit: str | None = None
    note: str = ""


def install(spec: ModelSpec, models_dir: Path, on_progress: OnProgress, *, offline: bool) -> Iterator[Provided]:
    """Download the model and get it ready for its first load; of a branch always its newest commit.

    Raises:
        HubError, StorageError, ModelError: why it could not be had; what came so far is kept.
    """
    provide = _provide_snapshot if spec.takes_revision else _provide_archive
    yield provide(spec, models_dir, on_progress, offline=offline)


def _provide_archive(spec: ModelSpec, models_dir: Path, on_progress: OnProgress, *, offline: bool) -> Provided:
    path = hub.fetch(spec, models_dir, on_progress, offline=offline)
    on_progress(Progress("unpacking", spec.name))
    loading.prepare(spec.name, models_dir)
    return Provided(path)


def _provide_snapshot(spec: ModelSpec, models_dir: Path, on_progress: OnProgress, *, offline: bool) -> Provided:
    found = hub.resolve_revision(spec, models_dir, on_progress, offline=offline, refresh=True)
    exact = replace(spec, revision=found.commit)
    return Provided(hub.fetch(exact, models_dir, on_progress, offline=offline), found.commit, found.note)


def unload(model: ModelInUse, on_progress: OnProgress) -> Iterator[None]:
    """Give the memory back, once nobody uses the model any more."""
    model.unload(on_progress)
    yield None
