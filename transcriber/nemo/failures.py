"""What really went wrong: NeMo's exceptions, unmasked and said in one sentence.

On Windows the removal of a temporary directory fails whenever something else
has failed first, and its PermissionError becomes the outermost exception; the
real cause survives in `__context__` only.
"""

import errno
import re
import shutil
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path

from transcriber.errors import (
    CorruptModelError,
    MemoryExhaustedError,
    MissingDependencyError,
    ModelLoadError,
    TranscriberError,
)

_OUT_OF_MEMORY = re.compile(r"out of memory|can't allocate memory|not enough memory|CUBLAS_STATUS_ALLOC_FAILED", re.I)
_WINDOWS_MEMORY = {8, 14, 1455}  # ERROR_NOT_ENOUGH_MEMORY, ERROR_OUTOFMEMORY, ERROR_COMMITMENT_LIMIT
_CLEANUP_FILES = {tempfile.__file__, shutil.__file__}
_CLEANUP_CALLS = re.compile(r"_?rmtree\w*|_?cleanup|onerror|onexc|resetperms")
"""In tempfile and shutil of Python 3.11 to 3.13, Debian's included."""


def real_cause(error: BaseException) -> BaseException:
    """The exception that the user must hear about: `error`, or what hides behind a failed clean-up or a wrapping.

    >>> real_cause(ValueError("bad weights"))
    ValueError('bad weights')
    """
    return next(_real(error), error)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` is one of the many ways to say it: Python's, torch's on CPU and CUDA, Windows'."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM or getattr(error, "winerror", None) in _WINDOWS_MEMORY
    return isinstance(error, RuntimeError) and bool(_OUT_OF_MEMORY.search(str(error)))


def load_error(name: str, path: Path, error: BaseException, device: str) -> TranscriberError:
    """The error of ours that says why `path` could not be loaded as the model `name`."""
    cause = real_cause(error)
    if isinstance(cause, TranscriberError):
        return cause
    if is_out_of_memory(cause):
        return MemoryExhaustedError(f"loading {name}", device, _sizes(path, device, cause))
    if isinstance(cause, ModuleNotFoundError):
        return MissingDependencyError(cause.name or str(cause), "python -m pip install -r requirements.txt")
    if isinstance(cause, FileNotFoundError):
        missing = Path(cause.filename).name if isinstance(cause.filename, str) else first_line(cause)
        return CorruptModelError(str(path), f"{missing}, which its configuration names, is not in it")
    if isinstance(cause, PermissionError):
        reason = f"{cause.filename or path} may not be read ({cause.strerror}): check its permissions"
        return ModelLoadError(name, reason)
    if type(cause).__name__ == "UnsafeTargetError":  # of NeMo's, which this module does not import
        return CorruptModelError(str(path), f"its configuration asks for what no model may run: {first_line(cause)}")
    return ModelLoadError(name, f"{type(cause).__name__}: {first_line(cause)}")


def first_line(error: BaseException) -> str:
    """The first line of a message, at most 300 characters, or the name of the exception."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[0].strip()[:300].rstrip(".:") if lines else type(error).__name__


def _sizes(path: Path, device: str, cause: BaseException) -> str:
    """The figures that make an out-of-memory message useful; CUDA's own message has those of the card."""
    import psutil

    needed = f"the model takes about {path.stat().st_size / 1e9:.1f} GB" if path.exists() else first_line(cause)
    if device == "CPU":
        return f"{needed}, {psutil.virtual_memory().available / 1e9:.1f} GB of memory are free"
    return f"{needed}; {first_line(cause)}"


def _real(error: BaseException) -> Iterator[BaseException]:
    """The chain without what removing a temporary directory raised, and without Hydra's wrapping of it all."""
    files: set[object] = set()
    for link in _chain(error):
        file = getattr(link, "filename", None)
        if _is_cleanup(link) or (file is not None and file in files):  # raised deeper in, about the same file
            files.add(file)
        elif not _is_wrapping(link):
            yield link


def _is_wrapping(error: BaseException) -> bool:
    """Hydra says "Error in call to target" of whatever goes wrong in a constructor, and keeps the reason."""
    return type(error).__module__.startswith("hydra.") and error.__cause__ is not None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """`error`, what it came from, what that came from; also what `raise … from None` hides."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _is_cleanup(error: BaseException) -> bool:
    """Raised while a temporary directory was being removed (RecursionError is Python 3.10's and 3.11's way)."""
    if not isinstance(error, OSError | RecursionError):
        return False
    codes = (frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(code.co_filename in _CLEANUP_FILES and _CLEANUP_CALLS.fullmatch(code.co_name) for code in codes)
