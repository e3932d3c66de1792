"""Windows' rules about files in use, on Linux.

Linux lets anybody delete a file that is open; Windows does not, and nearly
all that goes wrong with temporary files there comes from it. Inside
`windows_locks()` the functions of `os` and `shutil` behave as on Windows:

* a file that this process or a child of it has open cannot be deleted, renamed
  or replaced (Python opens files without FILE_SHARE_DELETE): WinError 32, as the
  target of a replace WinError 5; one that is only mapped: WinError 5;
* a folder in which such a file lies cannot be renamed (5), one that is some
  process's working directory cannot be removed or renamed (32);
* `os.rename` never replaces (183), `os.unlink` refuses folders and read-only
  files (5), `dir_fd` does not exist and `shutil.rmtree` does without it;
* with `check_names`, what NTFS cannot store is refused (123).

Handles are found in /proc, so those of C++ code and of child processes count.
Not emulated: capital letters, MAX_PATH, drives, delete-pending files, and
reopening a `NamedTemporaryFile`. On Windows itself nothing is replaced.
"""

# This file stands below pathlib.
# ruff: noqa: PTH100, PTH112, PTH113, PTH114, PTH115, PTH116, PTH118, PTH119, PTH208

import builtins
import errno
import fnmatch
import functools
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn
from unittest.mock import patch

import pytest

ON_WINDOWS = os.name == "nt"

NOT_FOUND, ACCESS_DENIED, SHARING_VIOLATION = 2, 5, 32
INVALID_NAME, NOT_EMPTY, ALREADY_EXISTS, NOT_A_FOLDER, MAPPED = 123, 145, 183, 267, 1224

_TEXTS = {
    NOT_FOUND: "The system cannot find the file specified",
    ACCESS_DENIED: "Access is denied",
    SHARING_VIOLATION: "The process cannot access the file because it is being used by another process",
    INVALID_NAME: "The filename, directory name, or volume label syntax is incorrect",
    NOT_EMPTY: "The directory is not empty",
    ALREADY_EXISTS: "Cannot create a file when that file already exists",
    NOT_A_FOLDER: "The directory name is invalid",
    MAPPED: "The requested operation cannot be performed on a file with a user-mapped section open",
}
_ERRNOS = {
    NOT_FOUND: errno.ENOENT,
    ACCESS_DENIED: errno.EACCES,
    SHARING_VIOLATION: errno.EACCES,
    INVALID_NAME: errno.EINVAL,
    NOT_EMPTY: errno.ENOTEMPTY,
    ALREADY_EXISTS: errno.EEXIST,
    NOT_A_FOLDER: errno.ENOTDIR,
    MAPPED: errno.EINVAL,
}
_CODES = {
    errno.ENOENT: NOT_FOUND,
    errno.EACCES: ACCESS_DENIED,
    errno.EPERM: ACCESS_DENIED,
    errno.EEXIST: ALREADY_EXISTS,
    errno.ENOTEMPTY: NOT_EMPTY,
    errno.ENOTDIR: NOT_A_FOLDER,
}

AnyPath = str | bytes | os.PathLike[str] | os.PathLike[bytes]


# --- errors as Windows words them ------------------------------------------------------------------------------------


@functools.cache
def _worded(kind: type[OSError]) -> type[OSError]:
    """The same class of error, with a `winerror` and Windows' wording."""

    def text(self: Any) -> str:
        names = " -> ".join(repr(name) for name in (self.filename, self.filename2) if name is not None)
        return f"[WinError {self.winerror}] {self.strerror}" + (f": {names}" if names else "")

    return type(kind.__name__, (kind,), {"__str__": text, "__module__": "builtins", "winerror": 0})


def windows_error(winerror: int, path: AnyPath, target: AnyPath | None = None) -> OSError:
    """The OSError that Python raises on Windows for that code."""
    number = _ERRNOS[winerror]
    names = (os.fspath(path), None, os.fspath(target) if target is not None else None)
    error = _worded(type(OSError(number, "")))(number, _TEXTS[winerror], *names)
    error.winerror = winerror
    return error


@contextmanager
def _windows_codes(path: AnyPath, target: AnyPath | None = None) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if hasattr(error, "winerror") or error.errno not in _CODES:
            raise
        raise windows_error(_CODES[error.errno], path, target) from None


# --- who holds what --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Violation:
    """An operation that Windows would have refused: `unlink`, `rename`, `replace`, `rmdir`, `open`, `mkdir`."""

    operation: str
    path: Path
    holder: str
    winerror: int


@dataclass(frozen=True, slots=True)
class _Handle:
    path: str
    holder: str
    winerror: int


def _family(pid: int) -> Iterator[int]:
    """The process and all that descends from it."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in children.read_text().split():
                yield from _family(int(child))


def _open_handles(pid: int) -> Iterator[_Handle]:
    with suppress(OSError):
        for number in os.listdir(f"/proc/{pid}/fd"):
            with suppress(OSError):
                path = os.readlink(f"/proc/{pid}/fd/{number}")
                if path.startswith("/") and not os.path.isdir(path):
                    yield _Handle(path, f"process {pid}, open", SHARING_VIOLATION)


def _working_directory(pid: int) -> Iterator[_Handle]:
    with suppress(OSError):
        yield _Handle(os.readlink(f"/proc/{pid}/cwd"), f"process {pid}, working directory", SHARING_VIOLATION)


def _mapped_files(pid: int) -> Iterator[_Handle]:
    with suppress(OSError), _real_open(f"/proc/{pid}/maps", encoding="utf-8", errors="surrogateescape") as maps:
        for path in {line.split(maxsplit=5)[5].rstrip("\n") for line in maps if "/" in line}:
            yield _Handle(path, f"process {pid}, mapped", ACCESS_DENIED)


_real_open = io.open


def _handles() -> Iterator[_Handle]:
    """Of this process and its descendants: what is open first, what is only mapped last."""
    processes = list(_family(os.getpid()))
    for find in (_open_handles, _working_directory, _mapped_files):
        for pid in processes:
            yield from find(pid)


def _resolved(path: AnyPath) -> str:
    """As /proc spells it; a link stands for itself, not for what it points to."""
    folder, name = os.path.split(os.path.abspath(os.fsdecode(path)))
    return os.path.join(os.path.realpath(folder), name)


def _is_folder(path: AnyPath) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)


def _is_read_only(path: AnyPath) -> bool:
    return os.path.isfile(path) and not os.path.islink(path) and not os.stat(path).st_mode & 0o200


def _files_below(folder: Path) -> frozenset[tuple[str, int, int]]:
    paths = (os.path.join(parent, name) for parent, _, names in os.walk(folder) for name in names)
    return frozenset(_identity(path) for path in paths)


def _identity(path: str) -> tuple[str, int, int]:
    status = os.lstat(path)
    return path, status.st_ino, status.st_ctime_ns


@dataclass(slots=True)
class _Scanner:
    """An antivirus that opens the files that it looks at, and keeps them open."""

    where: Path | str
    patience: int | None
    known: frozenset[tuple[str, int, int]] = frozenset()
    refusals: Counter[str] = field(default_factory=Counter)

    def holds(self, path: str) -> bool:
        if not (os.path.isfile(path) and self._looks_at(path)):
            return False
        self.refusals[path] += 1
        return self.patience is None or self.refusals[path] <= self.patience

    def _looks_at(self, path: str) -> bool:
        if isinstance(self.where, Path):
            return Path(path).is_relative_to(self.where) and _identity(path) not in self.known
        return fnmatch.fnmatch(os.path.basename(path), self.where)


# --- the instrument --------------------------------------------------------------------------------------------------

_HOLD = "import os, sys\nf = open(sys.argv[1], 'rb') if sys.argv[1] else None\nprint(flush=True)\nsys.stdin.read()"


class Locks:
    """What was refused so far, and foreign programs that hold files on request.

    `emulated` is False on Windows: there the system itself refuses, nothing is
    recorded, and `hold_new_files` holds nothing.
    """

    def __init__(self) -> None:
        self.emulated = not ON_WINDOWS
        self.violations: list[Violation] = []
        self._scanners: list[_Scanner] = []

    @contextmanager
    def hold(self, path: Path) -> Iterator[None]:
        """Another process has the file open, or works in the folder, until the block ends."""
        folder, file = (path, "") if path.is_dir() else (None, str(path.absolute()))
        command = [sys.executable, "-I", "-S", "-c", _HOLD, file]
        with subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
            try:
                assert holder.stdout is not None
                assert holder.stdout.readline(), f"{path} could not be held"
                yield
            finally:
                assert holder.stdin is not None
                holder.stdin.close()

    @contextmanager
    def hold_new_files(self, where: Path | str, *, patience: int | None = None) -> Iterator[None]:
        """An antivirus holds every file made or changed below a folder, or every file of that name (`*.ckpt`).

        It lets go of a file after it was in the way `patience` times, or when the block ends.
        """
        scanner = _Scanner(where, patience)
        if isinstance(where, Path):
            scanner = _Scanner(where.resolve(), patience, _files_below(where.resolve()))
        self._scanners.append(scanner)
        try:
            yield
        finally:
            self._scanners.remove(scanner)

    def holder(self, path: AnyPath) -> str | None:
        """Who holds that very file or folder."""
        handle = self._handle(_resolved(path))
        return handle.holder if handle else None

    def _handle(self, path: str) -> _Handle | None:
        if any(scanner.holds(path) for scanner in self._scanners):
            return _Handle(path, "scanner", SHARING_VIOLATION)
        return next((handle for handle in _handles() if handle.path == path), None)

    def _handle_below(self, folder: str) -> _Handle | None:
        paths = (os.path.join(parent, name) for parent, _, names in os.walk(folder) for name in names)
        if scanned := next((path for path in paths for scanner in self._scanners if scanner.holds(path)), None):
            return _Handle(scanned, "scanner", SHARING_VIOLATION)
        return next((handle for handle in _handles() if handle.path.startswith(folder + os.sep)), None)

    def _refuse(self, operation: str, path: AnyPath, holder: str, error: OSError) -> NoReturn:
        self.violations.append(Violation(operation, Path(os.fsdecode(path)), holder, error.winerror))
        raise error

    def _check_deletable(self, operation: str, path: AnyPath) -> None:
        if _is_folder(path) or _is_read_only(path):
            raise windows_error(ACCESS_DENIED, path)
        self._check_free(operation, path)

    def _check_free(self, operation: str, path: AnyPath, target: AnyPath | None = None) -> None:
        handle = self._handle(_resolved(path))
        if handle and os.path.lexists(path):
            self._refuse(operation, path, handle.holder, windows_error(handle.winerror, path, target))

    def _check_movable(self, operation: str, path: AnyPath, target: AnyPath) -> None:
        self._check_free(operation, path, target)
        if _is_folder(path) and (handle := self._handle_below(_resolved(path))):
            self._refuse(operation, path, handle.holder, windows_error(ACCESS_DENIED, path, target))

    def _check_replaceable(self, path: AnyPath, target: AnyPath) -> None:
        if _is_folder(target) or _is_read_only(target):
            raise windows_error(ACCESS_DENIED, path, target)
        handle = self._handle(_resolved(target))
        if handle and os.path.lexists(target):
            self._refuse("replace", target, handle.holder, windows_error(ACCESS_DENIED, path, target))

    def _check_not_mapped(self, path: AnyPath) -> None:
        mapped = (handle for pid in _family(os.getpid()) for handle in _mapped_files(pid))
        if handle := next((handle for handle in mapped if handle.path == os.path.realpath(os.fsdecode(path))), None):
            self._refuse("open", path, handle.holder, windows_error(MAPPED, path))

    def _check_name(self, operation: str, path: AnyPath) -> None:
        if not ntfs_can_store(path):
            self._refuse(operation, path, "NTFS", windows_error(INVALID_NAME, path))


# --- names -----------------------------------------------------------------------------------------------------------

_DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {
    f"{port}{number}" for port in ("com", "lpt") for number in "123456789¹²³"
}
_NOT_FILES = ("/dev/", "/proc/", "/sys/")


def ntfs_can_store(path: AnyPath) -> bool:
    """Whether the last part of the path could be a file's or folder's name on Windows."""
    text = os.fsdecode(path)
    name = os.path.basename(text.rstrip("/"))
    if text.startswith(_NOT_FILES) or name in ("", ".", ".."):
        return True
    if any(letter in '<>:"|?*\\' or ord(letter) < 32 for letter in name) or name[-1] in ". ":
        return False
    return name.split(".")[0].rstrip(" ").lower() not in _DEVICES


# --- what takes the place of os.* ------------------------------------------------------------------------------------

Function = Callable[..., Any]


def _without_dir_fd(**dir_fds: int | None) -> None:
    if any(dir_fd is not None for dir_fd in dir_fds.values()):
        msg = "dir_fd unavailable on this platform"
        raise NotImplementedError(msg)


def _unlink(locks: Locks, original: Function) -> Function:
    @functools.wraps(original)
    def unlink(path: AnyPath, *, dir_fd: int | None = None) -> None:
        _without_dir_fd(dir_fd=dir_fd)
        locks._check_deletable("unlink", path)
        with _windows_codes(path):
            original(path)

    return unlink


def _rmdir(locks: Locks, original: Function) -> Function:
    @functools.wraps(original)
    def rmdir(path: AnyPath, *, dir_fd: int | None = None) -> None:
        _without_dir_fd(dir_fd=dir_fd)
        locks._check_free("rmdir", path)
        with _windows_codes(path):
            original(path)

    return rmdir


def _rename(locks: Locks, original: Function) -> Function:
    @functools.wraps(original)
    def rename(src: AnyPath, dst: AnyPath, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None) -> None:
        _without_dir_fd(src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)
        locks._check_movable("rename", src, dst)
        if os.path.lexists(src) and os.path.lexists(dst) and _resolved(src) != _resolved(dst):
            raise windows_error(ALREADY_EXISTS, src, dst)
        with _windows_codes(src, dst):
            original(src, dst)

    return rename


def _replace(locks: Locks, original: Function) -> Function:
    @functools.wraps(original)
    def replace(src: AnyPath, dst: AnyPath, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None) -> None:
        _without_dir_fd(src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)
        locks._check_movable("replace", src, dst)
        if os.path.lexists(src) and _resolved(src) != _resolved(dst):
            locks._check_replaceable(src, dst)
        with _windows_codes(src, dst):
            original(src, dst)

    return replace


def _scandir(_: Locks, original: Function) -> Function:
    @functools.wraps(original)
    def scandir(path: AnyPath | int | None = None) -> Any:
        with _windows_codes("." if path is None or isinstance(path, int) else path):
            return original(path)

    return scandir


def _io_open(locks: Locks, original: Function) -> Function:
    @functools.wraps(original)
    def open_file(file: AnyPath | int, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        if "w" in mode and not isinstance(file, int) and os.path.isfile(file):
            locks._check_not_mapped(file)
        return original(file, mode, *args, **kwargs)

    return open_file


def _os_open(locks: Locks, original: Function) -> Function:
    @functools.wraps(original)
    def open_file(path: AnyPath, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        _without_dir_fd(dir_fd=dir_fd)
        if flags & os.O_TRUNC and os.path.isfile(path):
            locks._check_not_mapped(path)
        return original(path, flags, mode)

    return open_file


def _with_name_checked(locks: Locks, original: Function, operation: str, position: int) -> Function:
    @functools.wraps(original)
    def checked(*args: Any, **kwargs: Any) -> Any:
        if len(args) > position and not isinstance(args[position], int):
            locks._check_name(operation, args[position])
        return original(*args, **kwargs)

    return checked


_GUARDS: tuple[tuple[Any, str, Callable[[Locks, Function], Function]], ...] = (
    (os, "unlink", _unlink),
    (os, "remove", _unlink),
    (os, "rmdir", _rmdir),
    (os, "rename", _rename),
    (os, "replace", _replace),
    (os, "scandir", _scandir),
    (os, "open", _os_open),
    (io, "open", _io_open),
    (builtins, "open", _io_open),
    (tarfile, "bltn_open", _io_open),
)

_NAMED = (
    (os, "mkdir", "mkdir", 0),
    (os, "rename", "rename", 1),
    (os, "replace", "replace", 1),
    (os, "open", "open", 0),
    (io, "open", "open", 0),
    (builtins, "open", "open", 0),
    (tarfile, "bltn_open", "open", 0),
)


def _replacements(locks: Locks) -> Iterator[tuple[Any, str, Any]]:
    yield shutil, "_use_fd_functions", False  # then rmtree takes the way it takes on Windows, on 3.11 to 3.13
    yield shutil.rmtree, "avoids_symlink_attacks", False
    yield os, "supports_dir_fd", set()
    yield tempfile, "TemporaryFile", tempfile.NamedTemporaryFile  # as tempfile itself does on Windows
    for owner, name, guard in _GUARDS:
        yield owner, name, guard(locks, getattr(owner, name))


@contextmanager
def windows_locks(*, check_names: bool = False) -> Iterator[Locks]:
    """Let this process live under Windows' rules until the block ends; everything is put back, whatever happens.

    Nested blocks each record what they refuse, the inner one first.
    """
    locks = Locks()
    with ExitStack() as patches:
        if locks.emulated:
            for owner, name, value in list(_replacements(locks)):
                patches.enter_context(patch.object(owner, name, value))
        if locks.emulated and check_names:
            for owner, name, operation, position in _NAMED:
                checked = _with_name_checked(locks, getattr(owner, name), operation, position)
                patches.enter_context(patch.object(owner, name, checked))
        yield locks


@pytest.fixture
def locks() -> Iterator[Locks]:
    """The test runs under Windows' rules, NTFS' names included. For conftest: `from windows_locks import locks`."""
    with windows_locks(check_names=True) as locks:
        yield locks
