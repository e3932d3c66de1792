"""What the user gave us to transcribe, and what he gets back: files by his names, not by the browser's."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from transcriber import export, pipeline
from transcriber.errors import TranscriberError, TranscriptionCancelledError

_PREFIX = "transcribe-ui-page-"
_REFUSED = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)", re.IGNORECASE)

LONGEST_NAME = 120
"""Characters kept of a file's name: NTFS and ext4 take 255 of one kind or another, endings and folders come on top."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A recording on this machine: where it lies, and what the user calls it."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an upload: `downloads` lie in the page's own folder, `saved` where the user wanted them.

    `failure` says why there is no transcript, or why it could not be saved; `cancelled` that the user wanted it so.
    `timing` and `proof` are what was asked for: who tells the times, and whether two models were to be compared.
    """

    name: str
    done: pipeline.Done | None = None
    downloads: tuple[Path, ...] = ()
    saved: tuple[Path, ...] = ()
    failure: str | None = None
    cancelled: bool = False
    timing: str = "auto"
    proof: bool = False


def safe_name(name: str) -> str:
    """The user's name for a file, as every file system takes it.

    >>> safe_name("Anna's Gespräch: Teil 1/2.wav")
    "Anna's Gespräch_ Teil 1_2.wav"
    """
    kept = _DEVICES.sub(r"\1_", _REFUSED.sub("_", name).strip(". "))
    return _shortened(kept) or "recording"


def _shortened(name: str) -> str:
    stem, suffix = Path(name).stem, Path(name).suffix
    return stem[: LONGEST_NAME - len(suffix)] + suffix


def named_by_user(error: TranscriberError, upload: Upload) -> TranscriberError:
    """The same error, speaking of the file as the user does."""
    own = {str(upload.path), upload.path.name}
    return type(error)(*(upload.name if argument in own else argument for argument in error.args))


def deliver(outcome: pipeline.Outcome, upload: Upload, downloads: Path, save_to: Path | None) -> Result:
    """Write a transcript in every format for download, and where the user wants it kept besides."""
    match outcome:
        case pipeline.Failed(error=error):
            cancelled = isinstance(error, TranscriptionCancelledError)
            return Result(upload.name, failure=str(named_by_user(error, upload)), cancelled=cancelled)
        case pipeline.Done():
            return _delivered(outcome, upload, downloads, save_to)


def _delivered(done: pipeline.Done, upload: Upload, downloads: Path, save_to: Path | None) -> Result:
    named = Path(safe_name(upload.name))
    formats = tuple(export.FORMATS)
    paths = tuple(pipeline.save(done.transcript, named, Path(tempfile.mkdtemp(dir=downloads)), formats))
    if save_to is None:
        return Result(upload.name, done, paths)
    try:
        return Result(upload.name, done, paths, tuple(pipeline.save(done.transcript, named, save_to, formats)))
    except TranscriberError as error:
        return Result(upload.name, done, paths, failure=str(error))


@contextmanager
def page_folder() -> Iterator[Path]:
    """A folder for uploads and downloads that goes when the program does, or when it starts again after a kill."""
    _remove_orphans()
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _remove_orphans() -> None:
    import psutil

    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        owner = folder.name.removeprefix(_PREFIX).split("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)
