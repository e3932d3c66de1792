"""A `.nemo` archive as a table of contents: what lies where, and is it safe to touch.

A `.nemo` is a tar, normally not compressed. The weights stay where they are
and are mapped from there; the small members (configuration, tokenizer) are
unpacked once into a folder that stays. Archives are untrusted.
"""

import gzip
import hashlib
import io
import logging
import os
import re
import shutil
import struct
import tarfile
import threading
import time
import uuid
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from transcriber.errors import CorruptModelError, MissingModelError, ModelLoadError, StorageError
from transcriber.storage import require_space, storage_errors

log = logging.getLogger(__name__)

CONFIG = "model_config.yaml"
WEIGHTS = "model_weights.ckpt"

_GZIP_MAGIC = b"\x1f\x8b"
_PIECE_BYTES = 1 << 18
"""Read at once, and so the longest header: tarfile takes headers into memory whole, and real ones have under 1 kB."""

_MOST_MEMBERS = 10_000
_MOST_COMPRESSION = 100
"""Weights shrink by a tenth when compressed; zeros, the stuff of bombs, by a factor of 1,000."""
_UNSUSPICIOUS_BYTES = 64 << 20

_COMPARED_BYTES = 10 << 20
"""Unpacked files up to this size (all but unusual ones) are compared with the archive before they are used again."""

_NOT_ON_WINDOWS = re.compile(r'[<>:"|?*\\\x00-\x1f\ud800-\udfff]|[ .]$')
_DEVICE_NAMES = re.compile(r"(?i)^(con|prn|aux|nul|conin\$|conout\$|com[\d¹²³]|lpt[\d¹²³])( *\..*)?$")
_UNPACKING = r"[0-9a-f]{16}(\.(?P<pid>\d+)-[0-9a-f]{8}\.part)?"
"""How the name of a folder ends after the place of its archive: its stamp, and who still fills it."""

_LONGEST_NAME_BYTES = 200
"""Of 255 that disks allow, for each part of a path."""

_filling = threading.Lock()


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


# --- reading ---------------------------------------------------------------------------------------------------------


def read(path: Path) -> Archive:
    """Read and check the table of contents; the weights are not read.

    (Those of a compressed archive must be passed through, though, at some 200 MB a second.)

    Raises:
        MissingModelError: no such file.
        CorruptModelError: no archive, cut off, or with a member that has no business in a model.
        ModelLoadError: it may not be read.
    """
    with _reading_errors(path):
        if path.is_dir():
            raise CorruptModelError(str(path), "it is a folder, and models are single files")
        if not path.exists():
            raise MissingModelError(str(path), str(path))
    with _opened(path) as (tar, compressed):
        members = tuple(_checked(path, tar, compressed=compressed))
    _refuse_files_as_folders(path, members)
    archive = Archive(path, members, compressed, _stamp(path, members))
    archive.member(CONFIG)
    archive.member(WEIGHTS)
    return archive


def is_compressed(path: Path) -> bool:
    """Whether the whole of the archive is a gzip."""
    with path.open("rb") as file:
        return file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC


@contextmanager
def _opened(path: Path) -> Iterator[tuple[tarfile.TarFile, bool]]:
    """The tar, and whether it is compressed."""
    with _reading_errors(path), path.open("rb") as file:
        compressed = file.read(2) == _GZIP_MAGIC
        file.seek(0)
        plain = gzip.GzipFile(fileobj=file, mode="rb") if compressed else file
        with tarfile.open(fileobj=_Frugal(plain), mode="r:") as tar:
            yield tar, compressed


class _Frugal(io.RawIOBase):
    """Hands `file` to tarfile, which believes a header that says it is 50 GB long, or -1 byte."""

    def __init__(self, file: IO[bytes] | gzip.GzipFile) -> None:
        self._file = file

    def read(self, size: int = -1, /) -> bytes:
        if not 0 <= size <= _PIECE_BYTES:
            raise tarfile.ReadError(f"a header of {size:,} bytes")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


def _checked(path: Path, entries: Iterable[tarfile.TarInfo], *, compressed: bool) -> Iterator[Member]:
    """The files among the entries, each refused before the next is looked for."""
    seen: set[str] = set()
    size_bytes, claimed_bytes = path.stat().st_size, 0
    for entry in entries:
        name = str(PurePosixPath(entry.name))
        if entry.isdir() and name == ".":
            continue
        claimed_bytes += entry.size
        reason = _why_refused(entry) or _why_impossible(entry, claimed_bytes, size_bytes, compressed=compressed)
        if reason or name.lower() in seen:
            raise CorruptModelError(str(path), f"its member {entry.name!r} is refused: {reason or 'it appears twice'}")
        seen.add(name.lower())
        if len(seen) > _MOST_MEMBERS:
            raise CorruptModelError(str(path), f"it has more than {_MOST_MEMBERS} members")
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
    if not name.parts or any(_is_unusable(part) for part in name.parts):
        return "Windows does not allow its name"
    return None


def _is_unusable(part: str) -> bool:
    too_long = len(part.encode(errors="replace")) > _LONGEST_NAME_BYTES
    return too_long or bool(_NOT_ON_WINDOWS.search(part) or _DEVICE_NAMES.match(part))


def _why_impossible(entry: tarfile.TarInfo, claimed_bytes: int, size_bytes: int, *, compressed: bool) -> str | None:
    if entry.size < 0:
        return "its size is below zero"
    if compressed:
        most_bytes = max(_UNSUSPICIOUS_BYTES, _MOST_COMPRESSION * size_bytes)
        return f"no archive of {size_bytes:,} bytes holds its {entry.size:,}" if claimed_bytes > most_bytes else None
    missing = entry.offset_data + entry.size - size_bytes
    return f"the archive is cut off in it, {missing:,} bytes are missing" if missing > 0 else None


def _refuse_files_as_folders(path: Path, members: Iterable[Member]) -> None:
    files = {PurePosixPath(member.name.lower()): member.name for member in members}
    for file, name in files.items():
        if not files.keys().isdisjoint(file.parents):
            raise CorruptModelError(str(path), f"its member {name!r} is refused: it lies in a file")


def _stamp(path: Path, members: Iterable[Member]) -> str:
    stat = path.stat()
    index = "\n".join(f"{member.name} {member.offset} {member.size}" for member in members)
    return hashlib.sha256(f"{stat.st_size} {stat.st_mtime_ns}\n{index}".encode()).hexdigest()[:16]


@contextmanager
def _reading_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, struct.error) as error:
        raise CorruptModelError(str(path), f"it is no intact NeMo archive ({error})") from error
    except (EOFError, ValueError, OverflowError, RecursionError) as error:
        raise CorruptModelError(str(path), f"it is no intact NeMo archive ({error})") from error
    except PermissionError as error:
        advice = "check its permissions, and whether another program has it open"
        raise ModelLoadError(path.name, f"{path} may not be read ({error.strerror}): {advice}") from error
    except OSError as error:
        raise ModelLoadError(path.name, f"{path} could not be read ({error.strerror or error})") from error


# --- unpacking -------------------------------------------------------------------------------------------------------


def unpack(archive: Archive, roots: Sequence[Path]) -> Path:
    """The folder with the small members, made if need be in the first of `roots` that can be written.

    A folder is named after the archive's place, size, time and contents, filled
    under another name and renamed when whole; older ones of the same archive go.

    Raises:
        DiskFullError, NotWritableError: in all of the roots; this is the last one's.
        CorruptModelError, ModelLoadError: the archive breaks off, or cannot be read any more.
    """
    folders = [root / _folder_name(archive) for root in roots]
    with _filling:
        whole = next((folder for folder in folders if _is_whole(folder, archive)), None)
        return whole or _fill_first(folders, archive)


def unpacked(path: Path, roots: Sequence[Path]) -> tuple[Path, ...]:
    """The folders that were unpacked from the archive at `path`, which need not be there any more."""
    ours = re.compile(re.escape(_name_of_place(path)) + _UNPACKING)
    there = (folder for root in roots if root.is_dir() for folder in sorted(root.iterdir()))
    return tuple(folder for folder in there if ours.fullmatch(folder.name))


def _folder_name(archive: Archive) -> str:
    return _name_of_place(archive.path) + archive.stamp


def _name_of_place(path: Path) -> str:
    """Short, for Windows' 260 letters; models of one name in two places do not disturb each other."""
    place = hashlib.sha256(os.path.normcase(path.absolute()).encode(errors="replace")).hexdigest()[:8]
    return f"{path.stem[:40]}-{place}-"


def _fill_first(folders: Sequence[Path], archive: Archive) -> Path:
    for folder in folders[:-1]:
        try:
            return _fill(folder, archive)
        except StorageError as error:
            log.info("%s Trying the next folder.", error)
    return _fill(folders[-1], archive)


def _is_whole(folder: Path, archive: Archive) -> bool:
    try:
        return all(_is_same(folder / member.name, member, archive) for member in archive.unpacked)
    except OSError:
        return False


def _is_same(file: Path, member: Member, archive: Archive) -> bool:
    if file.stat().st_size != member.size:
        return False
    if archive.compressed or member.size > _COMPARED_BYTES:
        return True
    with archive.path.open("rb") as whole:
        whole.seek(member.offset)
        return whole.read(member.size) == file.read_bytes()


def _fill(folder: Path, archive: Archive) -> Path:
    part = folder.with_name(f"{folder.name}.{os.getpid()}-{uuid.uuid4().hex[:8]}.part")
    with storage_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(folder, archive)
        require_space(folder.parent, sum(member.size for member in archive.unpacked))
        try:
            part.mkdir()
            _extract(archive, part)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        return _rename(part, folder, archive)


def _remove_stale(folder: Path, archive: Archive) -> None:
    """Unpackings of what the archive was before, damaged ones, and what an interrupted process left behind."""
    ours = re.compile(re.escape(folder.name[:-16]) + _UNPACKING)
    for other in folder.parent.iterdir():
        match = ours.fullmatch(other.name)
        if match and not _is_in_work(match["pid"]) and not (other == folder and _is_whole(folder, archive)):
            shutil.rmtree(other, ignore_errors=True)


def _is_in_work(pid: str | None) -> bool:
    import psutil

    return pid is not None and int(pid) != os.getpid() and bool(psutil.pid_exists(int(pid)))


def _extract(archive: Archive, part: Path) -> None:
    wanted = {member.name for member in archive.unpacked}
    with _opened(archive.path) as (tar, _):
        for entry in tar:
            name = str(PurePosixPath(entry.name))
            content = tar.extractfile(entry) if name in wanted and entry.isfile() else None
            if content is not None:
                _write(part / name, _pieces(archive.path, content))


def _write(target: Path, pieces: Iterable[bytes]) -> None:
    with storage_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            file.writelines(pieces)


def _pieces(path: Path, content: IO[bytes]) -> Iterator[bytes]:
    with _reading_errors(path), content:
        while piece := content.read(_PIECE_BYTES):
            yield piece


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
