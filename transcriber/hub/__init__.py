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

from pathlib import Path

from transcriber.catalogue import ModelSpec
from transcriber.hub import archives, holdings, snapshots
from transcriber.hub.archives import resolve
from transcriber.hub.origin import Installed, Origin
from transcriber.hub.revisions import Resolved, check_revision, resolve_revision
from transcriber.hub.snapshots import fetch_snapshot, snapshot
from transcriber.progress import OnProgress, ignore

__all__ = [
    "Installed",
    "Origin",
    "Resolved",
    "check",
    "check_revision",
    "commits",
    "fetch",
    "fetch_snapshot",
    "installed",
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
