"""The tensors of a checkpoint, mapped from wherever it lies in a file instead of read.

A torch checkpoint is a zip whose entries are stored, not compressed: every
tensor is contiguous in it, and so in the tar around it. Mapped copy-on-write,
2.4 GB cost nothing until they are used, and what is written to them never
reaches the file. Imports torch: import this module inside a function.
"""

import io
import mmap
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import torch
from torch._weights_only_unpickler import Unpickler

from transcriber.errors import CorruptModelError
from transcriber.nemo.archive import WEIGHTS
from transcriber.nemo.failures import first_line, is_out_of_memory

_LOCAL_HEADER = struct.Struct("<4s22xHH")  # signature; lengths of name and extra field, which the content follows
_LOCAL_SIGNATURE = b"PK\x03\x04"
_ALIGNMENT = 16
"""Bytes. torch aligns to 64; complex128, the widest type, needs 16."""

Tensors = dict[str, torch.Tensor]


class Window(io.RawIOBase):
    """`size` bytes of `file` from `offset`, as a file of their own. Does not close `file`."""

    def __init__(self, file: IO[bytes], offset: int, size: int) -> None:
        self._file, self.offset, self.size, self._position = file, offset, size, 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As for any file."""
        position = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence] + offset
        if position < 0:
            raise OSError(f"position {position} is before the beginning")
        self._position = position
        return position

    def readinto(self, buffer: Any) -> int:
        """As for any file."""
        count = max(0, min(len(buffer), self.size - self._position))
        self._file.seek(self.offset + self._position)
        content = self._file.read(count)
        buffer[: len(content)] = content
        self._position += len(content)
        return len(content)


def load(path: Path, offset: int, size: int) -> Tensors:
    """The state dict of the checkpoint that occupies `size` bytes of `path` from `offset`, on the CPU.

    Mapped where the format allows it; read into memory if it is compressed, of torch's old format or big-endian.
    Only tensors are accepted (`weights_only`), never code.

    Raises:
        CorruptModelError: it is damaged, or holds anything but tensors.
        MemoryError, RuntimeError: it must be read, and there is no room for it; see `is_out_of_memory`.
        PermissionError: the file may not be read.
    """
    try:
        with path.open("rb") as file:
            tensors = _load(file, Window(file, offset, size))
    except Exception as error:
        if isinstance(error, PermissionError) or is_out_of_memory(error):
            raise
        raise CorruptModelError(str(path), f"its {WEIGHTS} cannot be read ({first_line(error)})") from error
    if not isinstance(tensors, Mapping) or not all(map(_is_named_tensor, tensors.items())):
        raise CorruptModelError(str(path), f"its {WEIGHTS} is no table of named tensors")
    return dict(tensors)


def _load(file: IO[bytes], window: Window) -> Any:
    checkpoint = _Checkpoint.open(file, window)
    if checkpoint is not None:
        return checkpoint.tensors()
    window.seek(0)
    return torch.load(window, map_location="cpu", weights_only=True)


class _Checkpoint:
    """A checkpoint that can be mapped: a zip of stored entries, in this machine's order of bytes."""

    def __init__(self, file: IO[bytes], window: Window, archive: zipfile.ZipFile) -> None:
        self._whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        self._window = window
        self._entries = {entry.filename.partition("/")[2]: entry for entry in archive.infolist()}
        self._pickled = archive.read(self._entries["data.pkl"])
        self._storages: dict[str, torch.UntypedStorage] = {}  # tensors that share one go on sharing it

    @classmethod
    def open(cls, file: IO[bytes], window: Window) -> "_Checkpoint | None":
        """None where it cannot be mapped and must be read."""
        if not zipfile.is_zipfile(window):
            return None
        with zipfile.ZipFile(window) as archive:
            entries = archive.infolist()
            order = next((archive.read(entry) for entry in entries if entry.filename.endswith("/byteorder")), b"little")
            stored = all(entry.compress_type == zipfile.ZIP_STORED for entry in entries)
            return cls(file, window, archive) if stored and order == b"little" else None

    def tensors(self) -> Any:
        """What was saved, with tensors in the mapped file."""
        unpickler = Unpickler(io.BytesIO(self._pickled), encoding="utf-8")
        unpickler.persistent_load = self._persistent
        return unpickler.load()

    def _persistent(self, saved: tuple[Any, ...]) -> Any:
        """The storage that a tensor lies in: ('storage', its type, its number, its device, its count of elements)."""
        _, kind, number, _, count = saved
        dtype = torch.uint8 if kind is torch.UntypedStorage else kind.dtype
        storage = self._storages.get(number) or self._storages.setdefault(number, self._mapped(number))
        if storage.nbytes() < count * dtype.itemsize:
            raise ValueError(f"tensor {number} is cut off")
        return torch.storage.TypedStorage(wrap_storage=storage, dtype=dtype, _internal=True)

    def _mapped(self, number: str) -> torch.UntypedStorage:
        start, length = self._span(self._entries[f"data/{number}"])
        if length == 0:
            return torch.UntypedStorage(0)
        if start % _ALIGNMENT:
            return torch.frombuffer(bytearray(self._whole[start : start + length]), dtype=torch.uint8).untyped_storage()
        return torch.frombuffer(self._whole, dtype=torch.uint8, count=length, offset=start).untyped_storage()

    def _span(self, entry: zipfile.ZipInfo) -> tuple[int, int]:
        """Where the entry's content lies in the whole file: (first byte, length)."""
        self._window.seek(entry.header_offset)
        signature, name_length, extra_length = _LOCAL_HEADER.unpack(self._window.read(_LOCAL_HEADER.size) or b"")
        start = entry.header_offset + _LOCAL_HEADER.size + name_length + extra_length
        if signature != _LOCAL_SIGNATURE or start + entry.file_size > self._window.size:
            raise ValueError(f"{entry.filename} is cut off")
        return self._window.offset + start, entry.file_size


def _is_named_tensor(item: tuple[object, object]) -> bool:
    name, tensor = item
    return (
        isinstance(name, str)
        and isinstance(tensor, torch.Tensor)
        and tensor.layout == torch.strided
        and tensor.device.type == "cpu"
        and not tensor.is_quantized
    )
