"""Models that are one file of a repository. Beside the finished file stays `<file>.json`, its `Origin`."""

import logging
from pathlib import Path

from transcriber.catalogue import ModelSpec
from transcriber.errors import CorruptModelError, FileInTheWayError, MissingModelError, RepositoryNotFoundError
from transcriber.hub import client, downloads
from transcriber.hub.origin import (
    Installed,
    Origin,
    Report,
    has_hash,
    holds,
    read_origin,
    record_path,
    write_origin,
)
from transcriber.progress import OnProgress, Progress, Stage, ignore

log = logging.getLogger(__name__)


def installed(spec: ModelSpec, models_dir: Path) -> Installed | None:
    """What is on this machine, at a glance: sizes are compared, bytes are not read. None where there is no file."""
    path = spec.path(models_dir)
    if not path.is_file():
        return None
    size_bytes = path.stat().st_size
    origin = read_origin(path)
    return Installed(path, size_bytes, origin if origin and origin.size_bytes == size_bytes else None)


def check(spec: ModelSpec, models_dir: Path, on_progress: OnProgress = ignore) -> Installed:
    """Compare size and hash with what the Hub had said, without network.

    A file that was put there by hand has nothing to be compared with: its `origin` is None.

    Raises:
        MissingModelError: there is no file.
        CorruptModelError: it is not what was downloaded, or cannot be read.
    """
    path = spec.path(models_dir)
    found = installed(spec, models_dir)
    if found is None:
        raise MissingModelError(spec.name, str(path))
    origin = read_origin(path)
    if origin is None:
        return found
    if found.origin is None:
        sizes = f"{found.size_bytes:,} bytes instead of {origin.size_bytes:,}"
        raise CorruptModelError(str(path), f"it has {sizes}")
    if not has_hash(path, origin, _reporter(spec.name, origin, on_progress)):
        raise CorruptModelError(str(path), f"its bytes are not those that were downloaded ({origin.hash_name} differs)")
    return found


def resolve(spec: ModelSpec, on_progress: OnProgress = ignore, *, offline: bool = False) -> Origin:
    """Ask the Hub which commit `spec.revision` is now, and what size and SHA-256 its file has there.

    Raises:
        HubError: no answer within `client.ANSWER_SECONDS`, a refusal, or nothing there by that name.
        MissingDependencyError: the Hub's client is not installed.
    """
    repository, file = _wanted(spec)
    client.refuse_offline(repository, offline=offline)
    client.require_client()
    found = client.describe(repository, spec.revision, lambda: on_progress(Progress("waiting", spec.name)))
    origin = found.files.get(file)
    if origin is None or not origin.sha256:
        reason = f"it has no {file} with a known SHA-256 at commit {found.commit}"
        raise RepositoryNotFoundError(repository, reason)
    return origin


def fetch(spec: ModelSpec, models_dir: Path, on_progress: OnProgress = ignore, *, offline: bool = False) -> Path:
    """Make sure that the model's file is in `models_dir`, whole and verified; where it then lies.

    Goes on with what an earlier call left, in this process or another. One that works on the same file is waited
    for. Progress comes in bytes; an exception from `on_progress` stops the download and keeps what came so far.

    Raises:
        HubUnreachableError, RepositoryNotFoundError, RevisionNotFoundError: the Hub gave nothing.
        IncompleteDownloadError: it gave too little, or the wrong bytes.
        DiskFullError, NotWritableError: the models folder.
        FileInTheWayError: a file of that name is there that is not the Hub's.
        MissingDependencyError: the Hub's client is not installed.
    """
    target = spec.path(models_dir)
    if _verified(spec, target, on_progress):
        return target
    repository, _ = _wanted(spec)
    client.refuse_offline(repository, offline=offline)
    client.require_client()
    with downloads.alone(target, lambda: on_progress(Progress("waiting", spec.name))):
        if not _verified(spec, target, on_progress):
            origin = resolve(spec, on_progress)
            _install(origin, target, _reporter(spec.name, origin, on_progress))
    return target


def belongings(spec: ModelSpec, models_dir: Path) -> tuple[Path, ...]:
    """The model's file, what an unfinished download left, and the records of both, as far as they are there."""
    target = spec.path(models_dir)
    part = _part(target)
    return tuple(path for path in (target, part, record_path(target), record_path(part)) if path.is_file())


def _part(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def _wanted(spec: ModelSpec) -> tuple[str, str]:
    """Repository and file.

    Raises:
        RepositoryNotFoundError: the catalogue names none.
    """
    if spec.repository is None or spec.repository_file is None:
        raise RepositoryNotFoundError(spec.name, "the catalogue names no file of a repository for it")
    return spec.repository, spec.repository_file


def _reporter(subject: str, origin: Origin, on_progress: OnProgress) -> Report:
    def report(stage: Stage, done: int) -> None:
        on_progress(Progress(stage, subject, done, origin.size_bytes))

    return report


def _verified(spec: ModelSpec, target: Path, on_progress: OnProgress) -> bool:
    """Whether the file is the one that its record says, and the record's commit the one wanted, if any is."""
    origin = read_origin(target)
    if origin is None or spec.revision not in (None, "main", origin.commit):
        return False
    return holds(target, origin, _reporter(spec.name, origin, on_progress))


def _install(origin: Origin, target: Path, report: Report) -> None:
    """Download beside `target`, verify, rename.

    The record comes after the file: a model in use cannot be replaced on Windows, and keeps its own record then.
    """
    if _adopted(origin, target, report):
        return
    part = _part(target)
    downloads.bring(origin, part, report)
    downloads.put(part, target, report)
    downloads.patiently(lambda: write_origin(target, origin), lambda: report("waiting", origin.size_bytes))
    downloads.remove(part)
    log.info("installed %s from %s at %s", target.name, origin.repository, origin.commit)


def _adopted(origin: Origin, target: Path, report: Report) -> bool:
    """Whether the wanted bytes were there already: copied by hand, or another commit's that had the same.

    Raises:
        FileInTheWayError: somebody put another file there.
    """
    if holds(target, origin, report):
        write_origin(target, origin)
        return True
    if target.exists() and read_origin(target) is None:
        raise FileInTheWayError(str(target), f"it did not come from this program and is not {origin.file} of the Hub")
    return False
