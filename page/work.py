"""What the page has done for it: transcribing, installing, unloading. Each is the work of a `Job`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from page.model_in_use import ModelInUse
from page.recordings import Result, Upload, deliver
from transcriber import hub, loading, pipeline
from transcriber.catalogue import ModelSpec
from transcriber.errors import ModelLoadError
from transcriber.options import Device, TranscribeOptions
from transcriber.progress import OnProgress, Progress


@dataclass(frozen=True, slots=True)
class Wish:
    """One press of Transcribe: which recordings, with what, and where to keep the files (None: nowhere)."""

    uploads: tuple[Upload, ...]
    model: str
    device: Device
    options: TranscribeOptions
    save_to: Path | None


def transcribe(wish: Wish, model: ModelInUse, downloads: Path, on_progress: OnProgress) -> Iterator[Result]:
    """One result per upload, as they come.

    Raises:
        ModelError, RecognitionError: there are no results because there is no model.
    """
    paths = [upload.path for upload in wish.uploads]
    with model.borrow(wish.model, wish.device, on_progress) as recognizer:
        outcomes = pipeline.transcribe_each(paths, recognizer, wish.options, on_progress)
        for upload, outcome in zip(wish.uploads, outcomes, strict=False):  # cancelling ends the outcomes early
            yield deliver(outcome, upload, downloads, wish.save_to)


def install(spec: ModelSpec, models_dir: Path, on_progress: OnProgress, *, offline: bool) -> Iterator[Path]:
    """Download the model and get it ready for its first load; where it lies, once it does.

    Raises:
        HubError, StorageError, ModelError: why it could not be had; what came so far is kept.
    """
    if spec.repository_file is None:
        raise ModelLoadError(spec.name, "this version of Transcribe UI cannot run it yet; choose a Parakeet model")
    path = hub.fetch(spec, models_dir, on_progress, offline=offline)
    on_progress(Progress("unpacking", spec.name))
    loading.prepare(spec.name, models_dir)
    yield path


def unload(model: ModelInUse, on_progress: OnProgress) -> Iterator[None]:
    """Give the memory back, once nobody uses the model any more."""
    model.unload(on_progress)
    yield None
