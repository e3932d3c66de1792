"""What a job was asked to do, and whether another request is the same."""

import hashlib
import os
import stat
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from transcriber.errors import MediaNotFoundError, UnreadableMediaError
from transcriber.options import Device, Precision, TranscribeOptions
from transcriber.storage import system_path

FINGERPRINT_BYTES = 1_000_000
"""Read from each end of a recording: its header and index are there, and 20 GB would take minutes to read."""

CLOCK_GRID_NS = 2_000_000_000
"""A file's time of change survives a move to a FAT drive only to 2 s."""


@dataclass(frozen=True, slots=True)
class Source:
    """A recording as it was when the work began.

    `modified_ns` is its time of change (ns since 1970), `fingerprint` the
    SHA-256 (hex) of its size and both its ends.
    """

    path: Path
    size_bytes: int
    modified_ns: int
    fingerprint: str

    def same_sound(self, other: "Source") -> bool:
        """Whether it is the same recording, unchanged, wherever it lies now.

        Both ends being the same does not suffice: a word may have been
        bleeped out in between, and then the time of change is another one.
        """
        unchanged = self.size_bytes == other.size_bytes and self.fingerprint == other.fingerprint
        return unchanged and abs(self.modified_ns - other.modified_ns) <= CLOCK_GRID_NS

    def same_place(self, other: "Source") -> bool:
        """Whether both lie, or lay, under the same name."""
        return os.path.normcase(self.path) == os.path.normcase(other.path)


def source(path: Path) -> Source:
    """What tells this recording from others. Reads at most 2 MB of it.

    Raises:
        MediaNotFoundError, UnreadableMediaError: it cannot be read.
    """
    try:
        status = system_path(path).stat()
        if not stat.S_ISREG(status.st_mode):  # reading a device might never end
            raise UnreadableMediaError(str(path), "it is not a file")
        fingerprint = _fingerprint(path, status.st_size)
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:  # ValueError: a NUL in the name
        raise MediaNotFoundError(str(path)) from error
    except OSError as error:
        raise UnreadableMediaError(str(path), error.strerror or type(error).__name__) from error
    return Source(path.absolute(), status.st_size, status.st_mtime_ns, fingerprint)


def _fingerprint(path: Path, size_bytes: int) -> str:
    digest = hashlib.sha256(str(size_bytes).encode())
    with system_path(path).open("rb") as file:
        digest.update(file.read(FINGERPRINT_BYTES))
        file.seek(max(FINGERPRINT_BYTES, size_bytes - FINGERPRINT_BYTES))
        digest.update(file.read(FINGERPRINT_BYTES))
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Request:
    """All that decides the words of a transcript, and how to ask for the same again.

    `identity` and `clips_at_once` are those of the recognizer. `model`,
    `timing`, `device` and `precision` are what the user chose, as he wrote it:
    enough to load the same model, and not compared.
    """

    source: Source
    model: str
    identity: str
    clips_at_once: int
    options: TranscribeOptions
    timing: str = "auto"
    device: Device = "auto"
    precision: Precision = "auto"

    def continues(self, begun: "Request") -> bool:
        """Whether what was heard for `begun` is, word for word, what would be heard now."""
        return begun.source.same_sound(self.source) and not self._other_than(begun)

    def why_not(self, begun: "Request") -> str:
        """Why this one does not continue `begun`, in a sentence."""
        name = self.source.path.name
        if not begun.source.same_sound(self.source):
            return f"{name} has changed since it was begun, so it is transcribed from its start."
        return f"{name} was begun with {self._other_than(begun)}, so it is transcribed from its start."

    def _other_than(self, begun: "Request") -> str | None:
        if begun.identity != self.identity and begun.model != self.model:
            return f"another model ({begun.model})"
        if begun.identity != self.identity:
            return f"another version or precision of {begun.model}"
        if begun.options != self.options:
            return f"other options ({', '.join(_differing(begun.options, self.options))})"
        if begun.clips_at_once != self.clips_at_once:
            return "another device"
        return None


def _differing(one: TranscribeOptions, other: TranscribeOptions) -> list[str]:
    return [each.name for each in fields(one) if getattr(one, each.name) != getattr(other, each.name)]


def to_record(request: Request) -> dict[str, Any]:
    """The request as JSON objects."""
    record = asdict(request)
    record["source"]["path"] = str(request.source.path)
    return record


def from_record(record: dict[str, Any]) -> Request:
    """The request that `to_record` wrote.

    Raises:
        KeyError, TypeError, ValueError, InvalidOptionError: it did not write this.
    """
    where, options = dict(record["source"]), TranscribeOptions(**record["options"])
    where["path"] = Path(where["path"])
    return Request(**(record | {"source": Source(**where), "options": options}))
