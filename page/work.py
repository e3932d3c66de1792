"""What the page does with models: installing one, unloading it. Each is the work of an `Errand`."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from page.model_in_use import ModelInUse
from transcriber import hub, loading
from transcriber.catalogue import ModelSpec
from transcriber.progress import OnProgress, Progress


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
