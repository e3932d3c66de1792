"""A `.nemo` archive as a table of contents: what lies where, and is it safe to touch.

A `.nemo` is a tar, normally not compressed. The weights stay where they are
and are mapped from there; the small members (configuration, tokenizer) are
unpacked once into a folder that stays. Archives are untrusted.
"""

import hashlib
import logging
import os
import re
import shutil
import tarfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from transcriber.errors import CorruptModelError, MissingModelError, NotWritableError
from transcriber.storage import require_space, storage_errors

log = logging.getLogger(__name__)

CONFIG = "model_config.yaml"
WEIGHTS = "model_weights.ckpt"

_MOST_MEMBERS = 10_000
_GZIP_MAGIC = b"\x1f\x8b"
_NOT_ON_WINDOWS = re.compile(r'[<>:"|?*\\\x00-\x1f]|[ .]$')
_DEVICE_NAMES = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$")


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive: `offset` and `size` in bytes, the offset counted in the (decompressed) tar."""

    name: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Archive:
    """The checked table of contents of the `.nemo` file at `path`."""

    path: Path
    members: tuple[Member, ...]
    compressed: bool
    stamp: str

    def member(self, name: str) -> Member:
        """The member called `name`.

        Raises:
            CorruptModelError: there is none.
        """
        found = next((member for member in self.members if member.name == name), None)
        if found is None:
            raise CorruptModelError(str(self.path), f"it has no {name}, so it is no NeMo model")
        return found

    @property
    def unpacked(self) -> tuple[Member, ...]:
        """The members that a folder holds: all but the weights, which a compressed archive must unpack too."""
        return tuple(member for member in self.members if self.compressed or member.name != WEIGHTS)


def read(path: Path) -> Archive:
    """Read and check the table of contents; the weights are not read.

    Raises:
        MissingModelError: no such file.
        CorruptModelError: no archive, cut off, or with a member that has no business in a model.
    """
    if not path.is_file():
        raise MissingModelError(str(path), str(path))
    with path.open("rb") as file:
        compressed = file.read(2) == _GZIP_MAGIC
    with _archive_errors(path), tarfile.open(path, "r:*") as tar:
        members = tuple(_checked(path, _limited(path, tar)))
    if not compressed:
        _refuse_truncated(path, members)
    archive = Archive(path, members, compressed, _stamp(path, members))
    archive.member(CONFIG)
    archive.member(WEIGHTS)
    return archive


def unpack(archive: Archive, roots: Sequence[Path]) -> Path:
    """The folder with the small members, made if need be in the first of `roots` that can be written.

    A folder is named after the archive's size, time and contents, filled
    under another name and renamed when whole; older ones of the same archive go.

    Raises:
        DiskFullError, NotWritableError: in none of the roots.
        CorruptModelError: the archive breaks off.
    """
    names = [root / f"{archive.path.stem}-{archive.stamp}" for root in roots]
    for folder in names:
        if _is_whole(folder, archive):
            return folder
    for folder in names[:-1]:
        try:
            return _fill(folder, archive)
        except NotWritableError:
            log.info("%s cannot be written, trying the next folder", folder.parent)
    return _fill(names[-1], archive)


def _limited(path: Path, tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for count, entry in enumerate(tar):
        if count >= _MOST_MEMBERS:
            raise CorruptModelError(str(path), f"it has more than {_MOST_MEMBERS} members")
        yield entry


def _checked(path: Path, entries: Iterable[tarfile.TarInfo]) -> Iterator[Member]:
    seen = set()
    for entry in entries:
        name = str(PurePosixPath(entry.name))
        if entry.isdir() and name in {".", ""}:
            continue
        reason = _why_refused(entry) or ("it appears twice" if name.lower() in seen else None)
        if reason:
            raise CorruptModelError(str(path), f"its member {entry.name!r} is refused: {reason}")
        seen.add(name.lower())
        if entry.isfile():
            yield Member(name, entry.offset_data, entry.size)


def _why_refused(entry: tarfile.TarInfo) -> str | None:
    name = PurePosixPath(entry.name)
    if name.is_absolute() or re.match(r"^[A-Za-z]:", entry.name):
        return "its path is absolute"
    if ".." in name.parts:
        return "its path climbs out of the archive"
    if not (entry.isfile() or entry.isdir()) or entry.issparse():
        return "it is a link, a device or the like, and models have only plain files"
    if any(_NOT_ON_WINDOWS.search(part) or _DEVICE_NAMES.match(part) for part in name.parts):
        return "Windows does not allow its name"
    return None


def _refuse_truncated(path: Path, members: Iterable[Member]) -> None:
    size = path.stat().st_size
    for member in members:
        if member.offset + member.size > size:
            missing = member.offset + member.size - size
            raise CorruptModelError(str(path), f"it is cut off inside {member.name}, {missing:,} bytes are missing")


def _stamp(path: Path, members: Iterable[Member]) -> str:
    stat = path.stat()
    index = "\n".join(f"{member.name} {member.offset} {member.size}" for member in members)
    return hashlib.sha256(f"{stat.st_size} {stat.st_mtime_ns}\n{index}".encode()).hexdigest()[:16]


def _is_whole(folder: Path, archive: Archive) -> bool:
    return all(
        (folder / member.name).is_file() and (folder / member.name).stat().st_size == member.size
        for member in archive.unpacked
    )


def _fill(folder: Path, archive: Archive) -> Path:
    part = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    with storage_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        require_space(folder.parent, sum(member.size for member in archive.unpacked))
        _remove_stale(folder)
        part.mkdir(exist_ok=True)
        try:
            _extract(archive, part)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        return _rename(part, folder, archive)


def _remove_stale(folder: Path) -> None:
    """Older unpackings of the same archive, and what an interrupted one left behind."""
    stale = re.compile(re.escape(folder.name[:-16]) + r"[0-9a-f]{16}(\.\d+\.part)?")
    for other in folder.parent.iterdir():
        if stale.fullmatch(other.name) and not other.name.endswith(f".{os.getpid()}.part"):
            shutil.rmtree(other, ignore_errors=True)


def _extract(archive: Archive, part: Path) -> None:
    wanted = {member.name for member in archive.unpacked}
    with _archive_errors(archive.path), tarfile.open(archive.path, "r:*") as tar:
        for entry in tar:
            name = str(PurePosixPath(entry.name))
            content = tar.extractfile(entry) if name in wanted else None
            if content is not None:
                target = part / name
                target.parent.mkdir(parents=True, exist_ok=True)
                with content, target.open("wb") as file:
                    shutil.copyfileobj(content, file, 1 << 20)


def _rename(part: Path, folder: Path, archive: Archive) -> Path:
    """Give the folder its name; a virus scanner may still hold a file in it, then wait, then do without the name."""
    for patience in (0.05, 0.2, 0.5, 1.0):
        try:
            return part.rename(folder)
        except OSError:
            if _is_whole(folder, archive):  # another process was faster
                shutil.rmtree(part, ignore_errors=True)
                return folder
            time.sleep(patience)
    log.warning("%s could not be renamed to %s and is used as it is", part, folder.name)
    return part


@contextmanager
def _archive_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, UnicodeDecodeError, OverflowError, ValueError) as error:
        raise CorruptModelError(str(path), f"it is no intact NeMo archive ({error})") from error
    except OSError as error:
        if error.errno is None:  # gzip and zlib raise OSErrors of their own about bad content
            raise CorruptModelError(str(path), f"it is no intact NeMo archive ({error})") from error
        raise
