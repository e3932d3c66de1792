"""Which bytes of the Hub a file holds, and whether it still does."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from transcriber.errors import CorruptModelError
from transcriber.progress import Stage
from transcriber.storage import write_whole

if TYPE_CHECKING:
    from hashlib import _Hash

HASH_BYTES = 4 * 1024 * 1024

Report = Callable[[Stage, int], None]
"""Told of every step: what is being done, and how many bytes of the file it has reached."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Which bytes of the Hub a file holds: `commit` is the full hash.

    Of large files the Hub knows the `sha256`, of small ones git's `blob_id`: exactly one of them is given, in
    lower-case hex.

    Raises:
        ValueError: the hashes are none.
    """

    repository: str
    file: str
    commit: str
    size_bytes: int
    sha256: str = ""
    blob_id: str = ""

    def __post_init__(self) -> None:
        commit = re.fullmatch("[0-9a-f]{40}", self.commit)
        content = re.fullmatch("[0-9a-f]{64}/|/[0-9a-f]{40}", f"{self.sha256}/{self.blob_id}")
        if not commit or not content or self.size_bytes < 0:
            raise ValueError(f"no file of the Hub looks like this: {self}")

    @property
    def hash(self) -> str:
        """The one that is known, in hex: as the Hub's ETags and the names in its cache have it."""
        return self.sha256 or self.blob_id

    @property
    def hash_name(self) -> str:
        """What kind of hash that is, for people."""
        return "SHA-256" if self.sha256 else "git's SHA-1"

    def hasher(self) -> "_Hash":
        """That still wants the file's bytes."""
        if self.sha256:
            return hashlib.sha256()
        return hashlib.sha1(b"blob %d\0" % self.size_bytes, usedforsecurity=False)


@dataclass(frozen=True, slots=True)
class Installed:
    """A model on this machine: its file, or its folder. `origin` is None where someone else put it there."""

    path: Path
    size_bytes: int
    origin: Origin | None

    @property
    def commit(self) -> str | None:
        """The full hash of the Hub's commit, where known."""
        return self.origin.commit if self.origin else None


def record_path(path: Path) -> Path:
    """Where the record of a file's origin lies."""
    return path.with_name(path.name + ".json")


def read_origin(path: Path) -> Origin | None:
    """The record beside `path`; None where there is none, or nothing that makes sense."""
    try:
        return Origin(**json.loads(record_path(path).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_origin(path: Path, origin: Origin) -> None:
    """Put the record beside `path`. Raises as `storage.write_whole`."""
    write_whole(record_path(path), json.dumps(asdict(origin), indent=2).encode())


def size_of(path: Path) -> int:
    """In bytes; 0 where there is no file."""
    return path.stat().st_size if path.exists() else 0


def holds(path: Path, origin: Origin, report: Report) -> bool:
    """Whether the file has these very bytes. All are read, if there are as many as there should be.

    Raises:
        CorruptModelError: the disk does not give them.
    """
    return path.is_file() and size_of(path) == origin.size_bytes and has_hash(path, origin, report)


def has_hash(path: Path, origin: Origin, report: Report) -> bool:
    """The same, whatever the size."""
    return _hashed(path, origin.hasher(), report) == origin.hash


def sha256_of(path: Path, report: Report) -> str:
    """In lower-case hex. Raises as `holds`."""
    return _hashed(path, hashlib.sha256(), report)


def _hashed(path: Path, digest: "_Hash", report: Report) -> str:
    done = 0
    with _readable(path):
        file = path.open("rb")
    with file:
        while block := _read(file, path):
            digest.update(block)
            done += len(block)
            report("verifying", done)
    return digest.hexdigest()


def _read(file: BinaryIO, path: Path) -> bytes:
    with _readable(path):
        return file.read(HASH_BYTES)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CorruptModelError(str(path), f"it cannot be read ({error.strerror})") from error
