"""What the page does with models: installing, verifying, removing, unloading. Each is the work of an `Errand`."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from page.model_in_use import ModelInUse
from page.phrases import SHORT_HASH
from page.standing import Standings, holds, is_wanted, versioned
from transcriber import hub, loading, removal
from transcriber.catalogue import ModelSpec
from transcriber.errors import CorruptModelError, ModelError, ModelInUseError
from transcriber.progress import OnProgress, Progress
from transcriber.removal import Footprint


@dataclass(frozen=True, slots=True)
class Provided:
    """A model that is now in `path`; `note` is a sentence where the user should know how its version was found."""

    path: Path
    commit: str | None = None
    note: str = ""

    def sentence(self, title: str) -> str:
        """What is there now of the model of this title."""
        at = f", at revision {self.commit[:SHORT_HASH]}" if self.commit else ""
        return f"{title} is installed{at}. {self.note}".strip()


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


# --- what is on this machine -----------------------------------------------------------------------------------------

WHOLE = "{} is whole: every byte is as it was downloaded from {} at revision {}."
SOUND = "{} can be read. It was not downloaded by this program, so there is nothing to compare its bytes with."


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found when all bytes of a model were read."""

    sentence: str
    is_good: bool


def verify(spec: ModelSpec, standings: Standings, models_dir: Path, on_progress: OnProgress) -> Iterator[Verdict]:
    """Read the model, each of its versions, and compare it with what was downloaded. One that fails stops no other."""
    for version in _versions(spec, models_dir):
        try:
            sentence = _verified(version, models_dir, on_progress)
        except ModelError as error:
            if isinstance(error, CorruptModelError):
                standings.condemn(versioned(version))
            yield Verdict(str(error), is_good=False)
        else:
            standings.acquit(versioned(version))
            yield Verdict(sentence, is_good=True)


def _versions(spec: ModelSpec, models_dir: Path) -> list[ModelSpec]:
    return [replace(spec, revision=commit) for commit in hub.commits(spec, models_dir)] or [spec]


def _verified(spec: ModelSpec, models_dir: Path, on_progress: OnProgress) -> str:
    found = hub.check(spec, models_dir, on_progress)
    if spec.engine == "nemo":
        loading.prepare(spec.name, models_dir)
    if found.origin is None:
        return SOUND.format(spec.title)
    return WHOLE.format(spec.title, found.origin.repository, found.origin.commit[:7])


def renew(spec: ModelSpec, standings: Standings, model: ModelInUse, on_progress: OnProgress) -> Iterator[Provided]:
    """Install the model, or put the right bytes in the place of wrong ones. Raises as `install` and `remove`."""
    if standings.of(spec.name).state == "damaged":
        _let_go(spec, model, on_progress)
    yield from install(spec, model.models_dir, on_progress, offline=model.offline)
    standings.acquit(versioned(spec))


def remove(spec: ModelSpec, standings: Standings, model: ModelInUse, on_progress: OnProgress) -> Iterator[Footprint]:
    """Delete all that is there because of the model; one that is in memory leaves it first.

    Raises:
        ModelInUseError: it is at work.
        ModelError, StorageError: see `removal.remove`.
    """
    _let_go(spec, model, on_progress)
    yield removal.remove(spec, model.models_dir, on_progress)
    standings.acquit(versioned(spec))


def _let_go(spec: ModelSpec, model: ModelInUse, on_progress: OnProgress) -> None:
    """Windows neither deletes nor replaces a file that is mapped into memory."""
    if is_wanted(model, spec):
        raise ModelInUseError(spec.title)
    if holds(model, spec):
        model.unload(on_progress)
