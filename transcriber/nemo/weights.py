"""The tensors of a checkpoint, mapped from wherever it lies in a file instead of read.

A torch checkpoint is a zip whose entries are stored, not compressed: every
tensor is contiguous in it, and so in the tar around it. Mapped copy-on-write,
2.4 GB cost nothing until they are used, and Windows charges no second copy.
Imports torch: import this module inside a function.
"""

import io
import mmap
import pickle
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import torch
from torch._weights_only_unpickler import Unpickler

from transcriber.errors import CorruptModelError

_LOCAL_HEADER = struct.Struct("<26xHH")  # lengths of name and extra field, which the data follow

Tensors = dict[str, torch.Tensor]


class Window(io.RawIOBase):
    """`size` bytes of `file` from `offset`, as a file of their own. Does not close `file`."""

    def __init__(self, file: IO[bytes], offset: int, size: int) -> None:
        self._file, self._offset, self._size, self._position = file, offset, size, 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As for any file."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        """As for any file."""
        count = max(0, min(len(buffer), self._size - self._position))
        self._file.seek(self._offset + self._position)
        content = self._file.read(count)
        buffer[: len(content)] = content
        self._position += len(content)
        return len(content)


def load(path: Path, offset: int, size: int) -> Tensors:
    """The state dict of the checkpoint that occupies `size` bytes of `path` from `offset`, on the CPU.

    Mapped where the format allows it; read into memory if it is compressed or of torch's old format.
    Only tensors are accepted (`weights_only`), never code.

    Raises:
        CorruptModelError: it is damaged, or holds anything but tensors.
    """
    try:
        with path.open("rb") as file:
            tensors = _load(file, Window(file, offset, size), offset)
    except (pickle.UnpicklingError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise CorruptModelError(str(path), f"its weights cannot be read ({_first_line(error)})") from error
    except (RuntimeError, ValueError, KeyError, TypeError, struct.error) as error:
        raise CorruptModelError(str(path), f"its weights are damaged ({_first_line(error)})") from error
    if not _are_tensors(tensors):
        raise CorruptModelError(str(path), "its weights are no table of named tensors")
    return dict(tensors)


def _load(file: IO[bytes], window: Window, offset: int) -> Any:
    if not zipfile.is_zipfile(window):
        window.seek(0)
        return torch.load(window, map_location="cpu", weights_only=True)
    with zipfile.ZipFile(window) as archive:
        entries = {entry.filename.partition("/")[2]: entry for entry in archive.infolist()}
        order = archive.read(entries["byteorder"]) if "byteorder" in entries else b"little"
        if order == b"little" and all(entry.compress_type == zipfile.ZIP_STORED for entry in entries.values()):
            spans = {name: _span(window, entry, offset) for name, entry in entries.items()}
            return _map(file, archive.read(entries["data.pkl"]), spans)
    window.seek(0)
    return torch.load(window, map_location="cpu", weights_only=True)


def _span(window: Window, entry: zipfile.ZipInfo, offset: int) -> tuple[int, int]:
    """Where the entry's content lies in the whole file: (first byte, length)."""
    window.seek(entry.header_offset)
    name_length, extra_length = _LOCAL_HEADER.unpack(window.read(_LOCAL_HEADER.size) or b"")
    return offset + entry.header_offset + _LOCAL_HEADER.size + name_length + extra_length, entry.file_size


def _map(file: IO[bytes], pickled: bytes, spans: Mapping[str, tuple[int, int]]) -> Any:
    whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)

    def storage(persistent_id: tuple[Any, ...]) -> Any:
        _, kind, key, _, count = persistent_id
        dtype = getattr(kind, "dtype", torch.uint8)
        start, length = spans[f"data/{key}"]
        if length < count * dtype.itemsize or start + length > len(whole):
            raise ValueError(f"tensor {key} is cut off")
        return torch.storage.TypedStorage(wrap_storage=_bytes(whole, start, length), dtype=dtype, _internal=True)

    unpickler = Unpickler(io.BytesIO(pickled), encoding="utf-8")
    unpickler.persistent_load = storage
    return unpickler.load()


def _bytes(whole: mmap.mmap, start: int, length: int) -> torch.UntypedStorage:
    if length == 0:
        return torch.UntypedStorage(0)
    mapped = torch.frombuffer(whole, dtype=torch.uint8, count=length, offset=start)
    aligned = start % 16 == 0  # torch aligns to 64; complex128, the widest type, needs 16
    return (mapped if aligned else mapped.clone()).untyped_storage()


def _are_tensors(tensors: object) -> bool:
    return isinstance(tensors, Mapping) and all(
        isinstance(name, str) and isinstance(tensor, torch.Tensor) for name, tensor in tensors.items()
    )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
