"""The names that a field recorder wrote into its .wav: iXML, or the lines of a `bext` description.

Sound Devices, Zoom, Tascam and their like keep what the sound mixer typed for
each channel ("Boom", "Anna") in one or both. FFmpeg hands out neither.
"""

import re
import struct
from collections.abc import Iterator, Mapping
from itertools import takewhile
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree

from transcriber.storage import system_path

LONGEST_CHUNK = 1_000_000
"""Bytes of a chunk that are read; real ones have a few thousand."""

MOST_CHUNKS = 1000
"""Chunks that are looked at: of a damaged file, any eight bytes might be one."""

_SIZE_ELSEWHERE = 0xFFFFFFFF
_BEXT_DESCRIPTION = 256
_BEXT_LINE = re.compile(r"^[a-z]?TRK(\d{1,3})=(.*\S)", re.MULTILINE)
"""`sTRK1=Boom` (Sound Devices), `zTRK1=Boom` (Zoom), `TRK1=Boom`."""


def channel_names(path: Path) -> Mapping[int, str]:
    """What the channels of a .wav are called, by their number from 0; empty where nobody said so."""
    try:
        with system_path(path).open("rb") as file:
            chunks = dict(_chunks(file))
    except OSError:  # whoever wants the sound itself hears of it
        return {}
    return _in_ixml(chunks.get(b"iXML", b"")) or _in_bext(chunks.get(b"bext", b""))


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """The chunks that may hold names; the samples are stepped over."""
    head = file.read(12)
    if head[:4] not in (b"RIFF", b"RF64", b"BW64") or head[8:] != b"WAVE":
        return
    long_size = 0
    for _ in range(MOST_CHUNKS):
        header = file.read(8)
        if len(header) < 8:
            return
        name, size = struct.unpack("<4sI", header)
        begin = file.tell()
        if name == b"ds64":  # the sizes of files past 4 GB: of the whole, then of the samples
            long_size = int.from_bytes(file.read(16)[8:], "little")
        elif name in (b"iXML", b"bext") and size <= LONGEST_CHUNK:
            yield name, file.read(size)
        length = long_size if size == _SIZE_ELSEWHERE else size
        file.seek(begin + length + length % 2)


def _in_ixml(content: bytes) -> dict[int, str]:
    text = content.decode("utf-8", errors="replace").strip("\0\ufeff \t\r\n")
    if "<!DOCTYPE" in text:  # entities could be defined there, and iXML has neither
        return {}
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - nothing can be expanded without a DOCTYPE
    except (ElementTree.ParseError, ValueError):
        return {}
    tracks = root.iterfind("TRACK_LIST/TRACK")
    named = ((_position(track, default), _clean(track.findtext("NAME", ""))) for default, track in enumerate(tracks))
    return {position: name for position, name in named if name}


def _position(track: ElementTree.Element, default: int) -> int:
    """The channel of the file, from 0; iXML counts from 1, and CHANNEL_INDEX is the recorder's input."""
    for element in ("INTERLEAVE_INDEX", "CHANNEL_INDEX"):
        number = track.findtext(element, "").strip()
        if number.isdecimal() and int(number) > 0:
            return int(number) - 1
    return default


def _in_bext(content: bytes) -> dict[int, str]:
    """The numbers are inputs of the recorder; those that were recorded follow each other in the file."""
    description = bytes(takewhile(bool, content[:_BEXT_DESCRIPTION])).decode("utf-8", errors="replace")
    lines = _BEXT_LINE.findall(description.replace("\r", "\n"))
    inputs = sorted((int(number), _clean(name)) for number, name in lines)
    return {position: name for position, (_, name) in enumerate(inputs) if name}


def _clean(name: str) -> str:
    return " ".join(name.split())
