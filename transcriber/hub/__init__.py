"""Models from the Hugging Face Hub: found, fetched, verified. The only home of huggingface_hub.

    client      what the Hub says, in time and in our words
    downloads   files brought whole, through cuts, kills and login pages
    archives    models that are one file            models/parakeet.nemo
    revisions   which commit a name means
    holdings    what is in a folder of snapshots
    snapshots   models that are a whole repository  models/canary-qwen-2.5b/<full hash>/
    cache       what the Hugging Face cache holds already

`fetch`, `check` and `installed` do the right thing for either kind of model.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from transcriber.catalogue import ModelSpec
from transcriber.hub import archives, downloads, holdings, snapshots
from transcriber.hub.archives import resolve
from transcriber.hub.origin import Installed, Origin, read_origin
from transcriber.hub.revisions import Resolved, check_revision, local_commit, resolve_revision
from transcriber.hub.snapshots import fetch_snapshot, snapshot
from transcriber.progress import OnProgress, Progress, ignore

__all__ = [
    "Installed",
    "Origin",
    "Resolved",
    "alone",
    "belongings",
    "check",
    "check_revision",
    "commits",
    "fetch",
    "fetch_snapshot",
    "has_record",
    "installed",
    "names",
    "resolve",
    "resolve_revision",
    "snapshot",
]


def installed(spec: ModelSpec, models_dir: Path) -> Installed | None:
    """What is on this machine, at a glance; None where nothing is. See `archives`, `snapshots`.

    Raises:
        InvalidRevisionError: `spec.revision` can be none.
    """
    find = snapshots.installed_snapshot if spec.takes_revision else archives.installed
    return find(spec, models_dir)


def check(spec: ModelSpec, models_dir: Path, on_progress: OnProgress = ignore) -> Installed:
    """Read every byte and compare it with what was downloaded, without network. See `archives`, `snapshots`.

    Raises:
        MissingModelError, CorruptModelError, InvalidRevisionError: what is wrong.
    """
    verify = snapshots.check_snapshot if spec.takes_revision else archives.check
    return verify(spec, models_dir, on_progress)


def fetch(spec: ModelSpec, models_dir: Path, on_progress: OnProgress = ignore, *, offline: bool = False) -> Path:
    """Make sure that the model is in `models_dir`, whole and verified; where it then lies.

    Raises:
        HubError, StorageError, CorruptModelError, MissingDependencyError: see `archives`, `snapshots`.
    """
    if spec.takes_revision:
        return fetch_snapshot(spec, models_dir, on_progress, offline=offline, verify=True)
    return archives.fetch(spec, models_dir, on_progress, offline=offline)


def commits(spec: ModelSpec, models_dir: Path) -> tuple[str, ...]:
    """The full hashes of all commits that were installed side by side, of a model that is a whole repository."""
    return holdings.recorded(spec.path(models_dir)) if spec.takes_revision else ()


def names(spec: ModelSpec, models_dir: Path) -> dict[str, str]:
    """The full hash behind every name that the Hub was asked about, of a model that is a whole repository."""
    known = holdings.meanings(spec.path(models_dir)) if spec.takes_revision else {}
    return {name: meaning.commit for name, meaning in known.items()}


def has_record(spec: ModelSpec, models_dir: Path) -> bool:
    """Whether this program knows where the model's one file came from; what somebody puts there himself has none."""
    return read_origin(spec.path(models_dir)) is not None


def belongings(spec: ModelSpec, models_dir: Path) -> tuple[Path, ...]:
    """Every file and folder that is there because of this model, unfinished downloads too; what weighs most first.

    Of a model that is a whole repository: of the commit that `spec.revision` means, of all commits where it is None.
    The Hugging Face cache, which is other programs', is not among them.

    Raises:
        InvalidRevisionError: `spec.revision` can be none.
    """
    if not spec.takes_revision:
        return archives.belongings(spec, models_dir)
    if spec.revision is None:
        return holdings.belongings(spec.path(models_dir))
    commit = local_commit(spec, models_dir, damaged=True)
    return holdings.belongings(spec.path(models_dir), commit) if commit else ()


@contextmanager
def alone(spec: ModelSpec, models_dir: Path, on_progress: OnProgress = ignore) -> Iterator[None]:
    """Nobody downloads this model meanwhile, in any process; who does is waited for.

    Raises:
        NotWritableError: there can be no lock in the models folder.
    """
    with downloads.alone(spec.path(models_dir), lambda: on_progress(Progress("waiting", spec.name))):
        yield
