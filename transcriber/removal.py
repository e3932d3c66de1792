"""What a model takes on this machine, and how it goes again: its files, and what was unpacked from them."""

import logging
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from transcriber import hub, loading
from transcriber.catalogue import ModelSpec
from transcriber.errors import MissingModelError, NotRemovableError, UnsupportedOptionError
from transcriber.progress import OnProgress, ignore
from transcriber.storage import patiently, system_path

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Footprint:
    """All files and folders that are there because of a model.

    Removing it gives `size_bytes` back; `shared_bytes` more have a second name
    elsewhere on the disk (the Hugging Face cache keeps them) and stay. `by_hand`
    is whether somebody has put the model there who was not this program.
    """

    paths: tuple[Path, ...]
    size_bytes: int
    shared_bytes: int = 0
    by_hand: bool = False

    @property
    def whole_bytes(self) -> int:
        """What the model takes, whoever else has a name for it."""
        return self.size_bytes + self.shared_bytes


def footprint(spec: ModelSpec, models_dir: Path) -> Footprint:
    """What there is of `spec`: of the version that its revision means, or of all versions where it has none.

    Raises:
        InvalidRevisionError: its revision can be none.
    """
    paths = (*hub.belongings(spec, models_dir), *loading.unpacked(spec, models_dir))
    size_bytes, shared_bytes = _sizes(paths)
    return Footprint(paths, size_bytes, shared_bytes, by_hand=_is_by_hand(spec, models_dir))


def remove(spec: ModelSpec, models_dir: Path, on_progress: OnProgress = ignore) -> Footprint:
    """Delete all of it, and tell what it was. A download of the same model is waited for.

    No process may have it in memory: Windows does not delete what is in use. What
    weighs most is deleted first, so that a model in use stays whole.

    Raises:
        UnsupportedOptionError: it is part of the program.
        MissingModelError: nothing of it is there.
        NotRemovableError: a file is in use, or is not ours to delete.
        NotWritableError: the models folder.
    """
    if spec.repository is None:
        raise UnsupportedOptionError("being removed", spec.title, "it is part of the program's own files")
    with hub.alone(spec, models_dir, on_progress):
        found = footprint(spec, models_dir)
        if not found.paths:
            raise MissingModelError(spec.name, str(spec.path(models_dir)))
        for path in found.paths:
            _delete(path)
        with suppress(OSError):  # not empty: somebody keeps something of his own there, or another version is left
            system_path(spec.path(models_dir)).rmdir()
    log.info("removed %s, %d bytes", spec.name, found.size_bytes)
    return found


def _is_by_hand(spec: ModelSpec, models_dir: Path) -> bool:
    if spec.takes_revision:
        return False
    found = hub.installed(spec, models_dir)
    return found is not None and not hub.has_record(spec, models_dir)


def _sizes(paths: Sequence[Path]) -> tuple[int, int]:
    """Bytes that deleting gives back, and bytes that have another name elsewhere."""
    found = [file.stat() for path in paths for file in _files(path)]
    names = Counter((each.st_dev, each.st_ino) for each in found)
    once = {(each.st_dev, each.st_ino): each for each in found}
    ours = sum(each.st_size for key, each in once.items() if names[key] >= each.st_nlink)
    return ours, sum(each.st_size for each in once.values()) - ours


def _files(path: Path) -> Iterator[Path]:
    whole = system_path(path)
    yield from (each for each in whole.rglob("*") if each.is_file()) if whole.is_dir() else (whole,)


def _delete(path: Path) -> None:
    with _removal_errors(path):
        for file in sorted(_files(path), key=lambda each: each.stat().st_size, reverse=True):
            patiently(file.unlink)
        if system_path(path).is_dir():
            patiently(lambda: shutil.rmtree(system_path(path)))


@contextmanager
def _removal_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NotRemovableError(str(path), error.strerror or type(error).__name__) from error
