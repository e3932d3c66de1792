"""Files written whole or not at all, room on the disk, and the user's own folders."""

import errno
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from transcriber.errors import DiskFullError, NotWritableError, StorageError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FULL_ON_WINDOWS = {39, 112}  # ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL
_LONGEST_SHORT_PATH = 240  # a folder's limit of 248, and room for what is made of a name (.part)

HELD_WAITS = (0.1, 0.2, 0.5, 1.0)
"""Seconds between tries at a file that another program holds."""


def cache_dir() -> Path:
    """The user's cache folder of this program: all in it can be made again. Not created."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("transcribe-ui", appauthor=False))


def state_dir() -> Path:
    """The user's folder for what the program remembers (last model, settings). Not created."""
    import platformdirs

    return Path(platformdirs.user_data_dir("transcribe-ui", appauthor=False))


def log_path() -> Path:
    """Where the page's log is."""
    return state_dir() / "log.txt"


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` beside `path` as `.part`, then replace: nobody ever sees half a file.

    Raises:
        DiskFullError, NotWritableError: nothing was changed.
    """
    part = system_path(path.with_name(path.name + ".part"))
    with storage_errors(path):
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(system_path(path))
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def patiently(act: Callable[[], object]) -> None:
    """Do it, and again if need be: on Windows an antivirus or an indexer may hold a file that was written just now."""
    for seconds in HELD_WAITS:
        try:
            act()
        except (PermissionError, NotWritableError) as error:
            if not isinstance(error.__cause__ or error, PermissionError):
                raise
            time.sleep(seconds)
        else:
            return
    act()


def system_path(path: Path) -> Path:
    """The same file or folder by a name that the system takes at any length; for opening, not for showing."""
    return Path(long_windows_path(os.path.abspath(path))) if os.name == "nt" else path  # noqa: PTH100 - see there


def long_windows_path(absolute: str) -> str:
    r"""Windows refuses more than 260 letters, 248 for folders, unless the name says that it means it.

    Only Windows' own `os.path.abspath` gives such a path (no `/`, no `..`).

    >>> print(long_windows_path("D:\\" + "x" * 250)[:9])
    \\?\D:\xx
    """
    if len(absolute) < _LONGEST_SHORT_PATH or absolute.startswith("\\\\?\\"):
        return absolute
    if absolute.startswith("\\\\"):
        return "\\\\?\\UNC" + absolute[1:]
    return "\\\\?\\" + absolute


def require_space(folder: Path, needed_bytes: int) -> None:
    """Refuse before the work starts.

    Raises:
        DiskFullError: fewer than `needed_bytes` are free where `folder` is, or will be.
    """
    free = free_bytes(folder)
    if free < needed_bytes:
        raise DiskFullError(str(folder), needed_bytes, free)


def free_bytes(folder: Path) -> int:
    """Free bytes on the disk of `folder`, which need not exist yet."""
    existing = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
    return shutil.disk_usage(existing).free


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Translate what the operating system says about writing `path`.

    Raises:
        DiskFullError, NotWritableError: chained to the OSError.
    """
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        raise storage_error(path, error) from error


def storage_error(path: Path, error: OSError) -> StorageError:
    """The error of ours that says what `error` means for `path`."""
    if error.errno in _FULL or getattr(error, "winerror", None) in _FULL_ON_WINDOWS:
        return DiskFullError(str(path), 0, free_bytes(path.parent))
    return NotWritableError(str(path), error.strerror or type(error).__name__)
