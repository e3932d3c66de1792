"""What other programs have left in the Hugging Face cache. It is only read, never written.

Its files are kept once, in `blobs/`, by the hash that the Hub had given, and `snapshots/<commit>/` links to them.
Where there are no links (Windows without the right to make them) the files lie in `snapshots/` themselves, and
nobody knows their hashes.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from transcriber.hub.client import Described
from transcriber.hub.holdings import FULL_HASH, WEIGHTS
from transcriber.hub.origin import Origin


def folder() -> Path:
    """Where the cache is. Read when asked: the library reads its environment only once, when it is imported."""
    if given := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(given).expanduser()
    if given := os.environ.get("HF_HOME"):
        return Path(given).expanduser() / "hub"
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "huggingface" / "hub"


def names(repository: str) -> dict[str, str]:
    """The full hash behind every branch, tag or short hash that somebody has asked for."""
    refs = _home(repository) / "refs"
    found = {path.relative_to(refs).as_posix(): _text(path) for path in _below(refs) if path.is_file()}
    return {name: commit for name, commit in found.items() if FULL_HASH.fullmatch(commit)}


def loadable_commits(repository: str) -> tuple[str, ...]:
    """The full hashes of the commits of which there are weights."""
    found = (path.parent.name for path in _snapshots(repository, WEIGHTS))
    return tuple(sorted(name for name in found if FULL_HASH.fullmatch(name)))


def describe(repository: str, revision: str | None) -> Described | None:
    """What is there of a commit, and surely known: the hash and the size of every file. None without that commit."""
    commit = revision or names(repository).get("main", "")
    home = _home(repository) / "snapshots" / commit
    if not commit or not home.is_dir():
        return None
    origins = (_origin(repository, commit, home, path) for path in _below(home))
    return Described(repository, commit, {origin.file: origin for origin in origins if origin})


def copies(origin: Origin) -> Iterator[Path]:
    """Files that may hold these bytes; nothing is said of whether they do."""
    blob = _home(origin.repository) / "blobs" / origin.hash
    if blob.is_file():
        yield blob
    yield from (path.resolve() for path in _snapshots(origin.repository, origin.file) if path.resolve() != blob)


def _home(repository: str) -> Path:
    return folder() / f"models--{repository.replace('/', '--')}"


def _snapshots(repository: str, file: str) -> Iterator[Path]:
    """That file in every commit that has it."""
    with suppress(OSError):
        for snapshot in sorted((_home(repository) / "snapshots").iterdir()):
            if (snapshot / file).is_file():
                yield snapshot / file


def _below(root: Path) -> Iterator[Path]:
    with suppress(OSError):
        yield from sorted(root.rglob("*"))


def _text(path: Path) -> str:
    with suppress(OSError, UnicodeError):
        return path.read_text(encoding="utf-8").strip()
    return ""


def _origin(repository: str, commit: str, home: Path, path: Path) -> Origin | None:
    """By the name of the blob that the file links to; None where it is none."""
    if not path.is_symlink() or not path.is_file():
        return None
    name = path.resolve().name
    kind = "blob_id" if FULL_HASH.fullmatch(name) else "sha256"
    file = path.relative_to(home).as_posix()
    with suppress(ValueError):
        return Origin(repository, file, commit, path.stat().st_size, **{kind: name})
    return None
