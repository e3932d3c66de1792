"""What the user gave us to transcribe, and what he gets back: files by his names, not by the browser's."""

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from page import settings
from transcriber import outputs
from transcriber.errors import TranscriberError
from transcriber.export.handover import Handover
from transcriber.storage import storage_errors
from transcriber.transcript import Transcript

_REFUSED = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)", re.IGNORECASE)

TABLE = "json"
"""The format with all that is known of every word."""

LONGEST_NAME = 120
"""Characters kept of a file's name: NTFS and ext4 take 255 of one kind or another, endings and folders come on top."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording on this machine: where it lies, what the user calls it, and whether his browser brought it here."""

    path: Path
    name: str
    uploaded: bool = False


@dataclass(frozen=True, slots=True)
class Effort:
    """What a transcript took: `seconds` on a device, and at most `memory_bytes` where anybody knows it."""

    seconds: float
    device: str
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a recording: `downloads` lie in the page's own folder, `saved` where the user wanted them.

    `failure` says why there is no transcript, or not all of it, or why it was
    not saved; `cancelled` that the user wanted it so, `notice` what else he
    should know. A partial transcript ends before the
    recording does, which lasts `whole` seconds if that is known. `job` is the one that it comes from, if it is known.
    `timing` and `proof` are what was asked for: who tells the times, and
    whether two models were to be compared.
    """

    name: str
    transcript: Transcript | None = None
    effort: Effort | None = None
    downloads: tuple[Path, ...] = ()
    saved: tuple[Path, ...] = ()
    notice: str | None = None
    failure: str | None = None
    cancelled: bool = False
    is_partial: bool = False
    whole: float | None = None
    job: str | None = None
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


def named_by_user(error: TranscriberError, recording: Recording) -> TranscriberError:
    """The same error, speaking of an uploaded file as the user does, who knows nothing of where it lies."""
    if not recording.uploaded:
        return error
    own = {str(recording.path), recording.path.name}
    return type(error)(*(recording.name if argument in own else argument for argument in error.args))


def own_folder(folder: Path) -> Path:
    """A new folder below `folder`, where nothing is in the way of any name.

    Raises:
        StorageError: it could not be made.
    """
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(dir=folder))


def offered() -> tuple[str, ...]:
    """The formats that the user has chosen, and the one that the page itself reads the table of words from."""
    return tuple(dict.fromkeys((*settings.load().formats, TABLE)))


def as_downloads(handover: Handover, name: str, folder: Path, formats: Sequence[str] | None = None) -> tuple[Path, ...]:
    """The transcript in these formats (None: those that are offered), in a new folder below `folder`.

    Raises:
        StorageError: it could not be written.
    """
    (output,) = outputs.plan([Path(safe_name(name))], formats or offered(), own_folder(folder))
    return tuple(outputs.save(handover, output))
