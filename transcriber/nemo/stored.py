"""The tensors of a safetensors file: mapped where they stay as they are, read where they must change.

Pages of a mapped file that were touched count as memory of the process. So
whatever has to look at every number reads the file instead, a little at a time.
Imports torch: import this module inside a function.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from transcriber.errors import CorruptModelError
from transcriber.nemo.failures import first_line

_BLOCK_BYTES = 1 << 18
"""Read at once: what stays in the processor's cache until it has been looked at."""
_INFINITY = {"F64": 0x7FF << 52, "F32": 0xFF << 23, "F16": 0x1F << 10, "BF16": 0xFF << 7}
"""The bits of infinity; without the sign, those of NaN are the only greater ones."""

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the file a tensor lies, in bytes."""

    name: str
    kind: str
    start: int
    size: int


def load(path: Path) -> Tensors:
    """Every tensor, mapped, none of whose numbers is NaN or infinite.

    Raises:
        CorruptModelError: cut off, damaged, or with such numbers, which are named.
    """
    try:
        tensors: Tensors = load_file(path)  # it refuses headers that do not fit the file
    except SafetensorError as error:
        raise CorruptModelError(str(path), f"it is cut off or damaged ({first_line(error)})") from error
    with path.open("rb") as file:
        for place in _places(path):
            file.seek(place.start)
            if place.kind in _INFINITY and not _is_finite(file, place.size, _INFINITY[place.kind]):
                raise CorruptModelError(str(path), f"{place.name} holds numbers that are none (NaN or infinite)")
    return tensors


def converted(path: Path, tensors: Tensors, wanted: Mapping[str, torch.dtype]) -> Tensors:
    """The mapped `tensors` of `path`, in their wanted types; those that have another one are copies."""
    changed = {}
    with path.open("rb") as file:
        for place in _places(path):
            mapped = tensors[place.name]
            if mapped.dtype != wanted[place.name]:
                copy = torch.empty_like(mapped)
                file.seek(place.start)
                file.readinto(copy.reshape(-1).view(torch.uint8).numpy().data)
                changed[place.name] = copy.to(wanted[place.name])
    return tensors | changed


def _places(path: Path) -> list[_Place]:
    """In the order of the file, whose header was found sound."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    header.pop("__metadata__", None)
    spans = {name: entry["data_offsets"] for name, entry in header.items()}
    places = [_Place(name, header[name]["dtype"], 8 + length + a, b - a) for name, (a, b) in spans.items()]
    return sorted(places, key=lambda place: place.start)


def _is_finite(file: Any, size: int, infinity: int) -> bool:
    """Of the next `size` bytes, compared as whole numbers, which takes no time beside the reading."""
    kind = np.dtype(f"<u{-(-infinity.bit_length() // 16) * 2}")
    unsigned = kind.type((1 << (8 * kind.itemsize - 1)) - 1)
    numbers = np.empty(_BLOCK_BYTES // kind.itemsize, kind)
    while size > 0:
        count = file.readinto(numbers.data.cast("B")[:size]) // kind.itemsize
        if count == 0:
            return False  # cut off while it was being read
        size -= count * kind.itemsize
        if np.bitwise_and(numbers[:count], unsigned, out=numbers[:count]).max() >= infinity:
            return False
    return True
