"""NeMo's temporary directories, made safe on Windows.

NeMo does its work inside `with tempfile.TemporaryDirectory():`. On Windows a
file in there that anybody still has open (an antivirus, an indexer, a suspended
generator of NeMo's own) cannot be deleted; the clean-up then fails and takes
the finished work, or the real error, down with it. Here the clean-up never
fails: what cannot be deleted stays, is warned of, and is deleted later.
"""

import atexit
import functools
import os
import re
import shutil
import stat
import sys
import tempfile
import threading
import warnings
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from types import ModuleType

from transcriber.errors import TempCleanupWarning

_OURS = re.compile(r"transcribe-ui-(?P<pid>\d+)-(?P<started>\d+)-")

_SAME_PROCESS_SECONDS = 60
"""How far two readings of a process's start may lie apart: the clock is set right now and then."""

_left_behind: set[Path] = set()
"""Directories of this process that NeMo is done with and that could not be deleted."""

_unreported: ContextVar[list[Path] | None] = ContextVar("_unreported", default=None)
"""What stayed behind inside the innermost block of this thread; None outside all blocks."""


@contextmanager
def safe_temporary_directories() -> Iterator[None]:
    """NeMo's temporary directories in this block never make it fail. Imports NeMo.

    Only the name `tempfile` in NeMo's own modules is replaced, and given back
    when the last thread leaves. Whatever the block raises arrives as it is.

    Warns:
        TempCleanupWarning: at the end of the block, once for each directory that stayed behind.
    """
    _sweep_now_and_at_exit()
    outer, mine = _unreported.get(), list[Path]()
    _unreported.set(mine)
    try:
        with _replacement:
            yield
    except BaseException:
        with suppress(TempCleanupWarning):  # where warnings are errors, this one must not mask the real error
            _warn(mine)
        raise
    finally:
        _unreported.set(outer)
    _warn(mine)


def sweep() -> None:
    """Delete what stayed behind: of this process, and of those that are no more. Never raises."""
    for folder in (*_left_behind, *_orphans()):
        if _remove(folder):
            _left_behind.discard(folder)


@functools.cache
def _sweep_now_and_at_exit() -> None:
    atexit.register(sweep)
    sweep()


# --- the directory ---------------------------------------------------------------------------------------------------


class _TemporaryDirectory:
    """What NeMo gets for `tempfile.TemporaryDirectory`."""

    def __init__(
        self,
        suffix: str | None = None,
        prefix: str | None = None,
        dir: str | None = None,  # noqa: A002 - tempfile's own word
    ) -> None:
        self.name = tempfile.mkdtemp(suffix, _own_prefix() + (prefix or ""), dir)
        self._finalizer = weakref.finalize(self, _clean_up, Path(self.name))

    def __enter__(self) -> str:
        return self.name

    def __exit__(self, *_: object) -> None:
        self.cleanup()

    def cleanup(self) -> None:
        """Delete the directory, or remember it; harmless when repeated."""
        self._finalizer()


def _own_prefix() -> str:
    """Names the process, not only its number: Windows gives numbers again within minutes."""
    import psutil

    return f"transcribe-ui-{os.getpid()}-{int(psutil.Process().create_time())}-"


def _clean_up(folder: Path) -> None:
    if _remove(folder):
        return
    _left_behind.add(folder)
    unreported = _unreported.get()
    if unreported is not None:
        unreported.append(folder)
        return
    with suppress(TempCleanupWarning):  # a generator of NeMo's that outlived its block; perhaps it is failing
        _warn([folder])


def _warn(folders: list[Path]) -> None:
    for folder in folders:
        warnings.warn(TempCleanupWarning(str(folder)), stacklevel=4)  # the line that holds the block


# --- deleting --------------------------------------------------------------------------------------------------------


def _remove(folder: Path) -> bool:
    """Delete what can be deleted of it; whether all is gone."""
    _remove_tree(folder)
    if os.path.exists(folder):  # noqa: PTH110 - Path.exists raises on what Windows is about to delete
        _make_deletable(folder)
        _remove_tree(folder)
    return not os.path.exists(folder)  # noqa: PTH110


def _remove_tree(folder: Path) -> None:
    # Not tempfile's way: with a working directory inside, it recurses for ever on Python 3.11.
    with suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)


def _make_deletable(folder: Path) -> None:
    """Windows refuses to delete read-only files, and NeMo copies a tokenizer with its permissions."""
    for parent, _, names in os.walk(folder):
        for path in (Path(parent, name) for name in names):
            with suppress(OSError):
                if not path.is_symlink():
                    path.chmod(0o600)


def _orphans() -> list[Path]:
    """Our directories in the system's temporary one whose process is no more."""
    with suppress(OSError):
        return [path for path in Path(tempfile.gettempdir()).iterdir() if _is_orphan(path)]
    return []


def _is_orphan(path: Path) -> bool:
    owner = _OURS.match(path.name)
    if not owner or not _is_own_folder(path):
        return False
    return not _is_running(int(owner["pid"]), int(owner["started"]))


def _is_own_folder(path: Path) -> bool:
    """A real directory of this user; the temporary one may be shared, and hold traps."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == _own_user()


def _own_user() -> int:
    return os.getuid() if sys.platform != "win32" else 0  # 0 is what Windows' files say


def _is_running(pid: int, started: int) -> bool:
    import psutil

    try:
        return bool(abs(psutil.Process(pid).create_time() - started) <= _SAME_PROCESS_SECONDS)
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:  # somebody else's: better too careful
        return True


# --- giving it to NeMo -----------------------------------------------------------------------------------------------


class _Tempfile(ModuleType):
    """The module `tempfile`, but for its TemporaryDirectory."""

    TemporaryDirectory = _TemporaryDirectory

    def __getattr__(self, name: str) -> object:
        return getattr(tempfile, name)


class _Replacement:
    """Our `tempfile` in NeMo's modules while any thread is inside; what was there comes back with the last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ours = _Tempfile("tempfile")
        self._threads_inside = 0
        self._found: dict[ModuleType, ModuleType] = {}

    def __enter__(self) -> None:
        _import_nemo()
        with self._lock:
            self._threads_inside += 1
            for module in _modules_that_use_tempfile():
                self._found.setdefault(module, vars(module)["tempfile"])
                vars(module)["tempfile"] = self._ours

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._threads_inside -= 1
            while not self._threads_inside and self._found:
                module, found = self._found.popitem()
                vars(module)["tempfile"] = found


def _import_nemo() -> None:
    """The two modules that save, restore and transcribe; their relatives come with them."""
    import nemo.collections.asr.parts.mixins.transcription
    import nemo.core.connectors.save_restore_connector  # noqa: F401


def _modules_that_use_tempfile() -> list[ModuleType]:
    modules = [module for name, module in list(sys.modules.items()) if name.startswith("nemo.")]
    return [module for module in modules if isinstance(vars(module).get("tempfile"), ModuleType)]


_replacement = _Replacement()
