"""The finished chunks of a job: on the disk before the next ones are begun, and read again whatever happened.

A group of chunks is one line of ASCII: `{"heard": [...], "check": "..."}`, where
the check is the beginning of the SHA-256 of all that stands before it. The
first line that is torn or damaged ends the file: what comes after it is
recognized again. Numbers are written so that the very same ones are read.
"""

import hashlib
import io
import json
import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from transcriber.record import Heard
from transcriber.storage import storage_errors
from transcriber.transcript import Reading, Span, Word

log = logging.getLogger(__name__)

CHECK_DIGITS = 16


class Clips:
    """The file, open for more. Only one process may have it open.

    What is torn or damaged at its end is cut off when it is opened.

    Raises:
        StorageError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with storage_errors(path):
            path.touch()
            self._file = path.open("r+b", buffering=0)
            try:
                self._size = _sound_bytes(path)
                self._cut_off_damage()
            except BaseException:
                self._file.close()
                raise

    def __iter__(self) -> Iterator[Heard]:
        """All that was added, now or before, in that order; read from the disk."""
        return read(self.path)

    def append(self, heard: Sequence[Heard]) -> None:
        """Add a group. Once this returns, no power cut takes it away.

        Raises:
            DiskFullError, NotWritableError: the file is as it was, and may be added to later.
        """
        line = _line(heard)
        with storage_errors(self.path):
            self._require_in_place()
            try:
                self._file.seek(self._size)
                _write(self._file, line)
                os.fsync(self._file.fileno())
            except BaseException:
                self._cut_back()
                raise
        self._size += len(line)

    def close(self) -> None:
        """Let others open, move and delete the file. Harmless when repeated."""
        self._file.close()

    def _cut_off_damage(self) -> None:
        damaged_bytes = self._file.seek(0, os.SEEK_END) - self._size
        if damaged_bytes:
            log.warning("the last %d bytes of %s are torn or damaged and were cut off", damaged_bytes, self.path)
            self._file.truncate(self._size)

    def _require_in_place(self) -> None:
        """What is written to a file that was deleted would be lost without a word."""
        if not os.path.samestat(self.path.stat(), os.fstat(self._file.fileno())):
            raise FileNotFoundError(None, "it was replaced by another program")

    def _cut_back(self) -> None:
        with suppress(OSError):  # then the next line overwrites the rest, or whoever opens the file next cuts it off
            self._file.truncate(self._size)


def read(path: Path) -> Iterator[Heard]:
    """What is whole in the file, in the order in which it was added; nothing where there is no file.

    Raises:
        NotWritableError: it is there and cannot be opened.
    """
    with storage_errors(path), suppress(FileNotFoundError), path.open("rb") as file:
        for _, group in _groups(file):
            yield from group


def _sound_bytes(path: Path) -> int:
    with path.open("rb") as file:
        return max((end for end, _ in _groups(file)), default=0)


def _groups(lines: Iterable[bytes]) -> Iterator[tuple[int, list[Heard]]]:
    """Each group up to the first bad line, and the byte where its line ends."""
    end = 0
    for line in lines:
        group = _group(line)
        if group is None:
            return
        end += len(line)
        yield end, group


def _write(file: io.FileIO, content: bytes) -> None:
    rest = memoryview(content)
    while rest:  # a disk that fills up takes a part first, and refuses the next
        rest = rest[file.write(rest) :]


# --- a line ----------------------------------------------------------------------------------------------------------


def _line(heard: Sequence[Heard]) -> bytes:
    records = json.dumps([asdict(each) for each in heard], allow_nan=False, separators=(",", ":"))
    return _sealed(f'{{"heard": {records}'.encode("ascii"))


def _sealed(content: bytes) -> bytes:
    check = hashlib.sha256(content).hexdigest()[:CHECK_DIGITS]
    return content + f', "check": "{check}"}}\n'.encode("ascii")


_SEAL_BYTES = len(_sealed(b""))


def _group(line: bytes) -> list[Heard] | None:
    """What the line holds, or None if it is not, byte for byte, a line that `_line` wrote."""
    if line != _sealed(line[:-_SEAL_BYTES]):
        return None
    try:
        return [_heard(record) for record in json.loads(line)["heard"]]
    except (ValueError, TypeError, KeyError):  # whole, but written by another version of the program
        return None


def _heard(record: dict[str, Any]) -> Heard:
    words = tuple(_word(word) for word in record["words"])
    unheard = tuple(Span(*span) for span in record["unheard"])
    return Heard(**(record | {"words": words, "unheard": unheard}))


def _word(record: dict[str, Any]) -> Word:
    reading = record["reading"]
    return Word(**(record | {"reading": reading and Reading(**reading)}))
