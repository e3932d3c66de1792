"""What a .wav holds beside its sound: the `bext` and iXML chunks of recorders and editors, and the timecode in them.

EBU Tech 3285 (`bext`), EBU Tech 3306 (RF64: files past 4 GB), the iXML specification 3.0.
"""

import re
import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import takewhile
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree

from transcriber.errors import InvalidOptionError
from transcriber.storage import system_path
from transcriber.timecode import FrameRate, can_drop, parse

LONGEST_CHUNK = 1_000_000
"""Bytes of a chunk that are read; real ones have a few thousand."""

MOST_CHUNKS = 1000
"""Chunks that are looked at: of a damaged file, any eight bytes might be one."""

A_DAY = 24 * 3600
"""Seconds. Times count from midnight, so none is later."""

_SIZE_ELSEWHERE = 0xFFFFFFFF
_READ = (b"fmt ", b"bext", b"iXML")
_DESCRIPTION = slice(0, 256)
_TIME_REFERENCE = slice(338, 346)
_SPEED_LINE = re.compile(r"^[a-z]?SPEED=0*([\d./]+)-?([A-Z]*)", re.MULTILINE)
"""`sSPEED=029.970-DF` (Sound Devices), `zSPEED=025.000-ND` (Zoom)."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """When the first sample was recorded: seconds since midnight, and the rate that the recorder's timecode ran at."""

    start: Fraction | None = None
    rate: FrameRate | None = None


def stamp(path: Path) -> Stamp:
    """The timecode of a .wav, as far as it has one: from `bext`, else from iXML."""
    found = chunks(path)
    text, notes = description(found), ixml(found)
    start = _time_reference(found) or _samples_since_midnight(notes, _sample_rate(found))
    return Stamp(start, _rate(notes) or _rate_in_description(text))


# --- chunks ----------------------------------------------------------------------------------------------------------


def chunks(path: Path) -> Mapping[bytes, bytes]:
    """The chunks of a .wav that say something of its sound, by their names; none of what is no .wav."""
    try:
        with system_path(path).open("rb") as file:
            return dict(_chunks(file))
    except OSError:  # whoever wants the sound itself hears of it
        return {}


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Those of _READ; the samples are stepped over."""
    head = file.read(12)
    if head[:4] not in (b"RIFF", b"RF64", b"BW64") or head[8:] != b"WAVE":
        return
    long_size, end = 0, file.seek(0, 2)
    file.seek(len(head))
    for _ in range(MOST_CHUNKS):
        header = file.read(8)
        if len(header) < 8:
            return
        name, size = struct.unpack("<4sI", header)
        begin = file.tell()
        if name == b"ds64":  # the sizes of files past 4 GB: of the whole, then of the samples
            long_size = int.from_bytes(file.read(16)[8:], "little")
        elif name in _READ and size <= LONGEST_CHUNK:
            yield name, file.read(size)
        length = long_size if size == _SIZE_ELSEWHERE else size
        file.seek(min(begin + length + length % 2, end))


def description(found: Mapping[bytes, bytes]) -> str:
    """The free text of `bext`, where recorders write lines such as `sTRK1=Boom`."""
    text = bytes(takewhile(bool, found.get(b"bext", b"")[_DESCRIPTION])).decode("utf-8", errors="replace")
    return text.replace("\r", "\n")


def ixml(found: Mapping[bytes, bytes]) -> ElementTree.Element:
    """The iXML notes; an empty element where there are none, or none that can be read."""
    text = found.get(b"iXML", b"").decode("utf-8", errors="replace").strip("\0\ufeff \t\r\n")
    if "<!DOCTYPE" in text:  # entities could be defined there, and iXML has neither
        return ElementTree.Element("BWFXML")
    try:
        return ElementTree.fromstring(text)  # noqa: S314 - nothing can be expanded without a DOCTYPE
    except (ElementTree.ParseError, ValueError):
        return ElementTree.Element("BWFXML")


# --- timecode --------------------------------------------------------------------------------------------------------


def _sample_rate(found: Mapping[bytes, bytes]) -> int:
    return int.from_bytes(found.get(b"fmt ", b"")[4:8], "little")


def _time_reference(found: Mapping[bytes, bytes]) -> Fraction | None:
    """None where it is 0 too: that is what programs write that know no time."""
    samples = int.from_bytes(found.get(b"bext", b"")[_TIME_REFERENCE], "little")
    return _time_of_day(samples, _sample_rate(found)) if samples else None


def _samples_since_midnight(notes: ElementTree.Element, sample_rate: int) -> Fraction | None:
    high, low = (_whole(notes, f"SPEED/TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_{half}") for half in ("HI", "LO"))
    own_rate = _whole(notes, "SPEED/TIMESTAMP_SAMPLE_RATE")
    if low is None:
        return None
    return _time_of_day(((high or 0) << 32) + low, own_rate or sample_rate)


def _time_of_day(samples: int, sample_rate: int) -> Fraction | None:
    time = Fraction(samples, sample_rate) if sample_rate else None
    return time if time is not None and time < A_DAY else None


def _whole(notes: ElementTree.Element, place: str) -> int | None:
    text = notes.findtext(place, "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 10 else None


def _rate(notes: ElementTree.Element) -> FrameRate | None:
    rate = notes.findtext("SPEED/TIMECODE_RATE", "").strip()
    return _counted(rate, drop=notes.findtext("SPEED/TIMECODE_FLAG", "").strip().upper() == "DF")


def _rate_in_description(text: str) -> FrameRate | None:
    line = _SPEED_LINE.search(text)
    return _counted(line[1], drop=line[2] in ("D", "DF")) if line else None


def _counted(rate: str, *, drop: bool) -> FrameRate | None:
    with suppress(InvalidOptionError):
        exact = parse(rate).exact
        return FrameRate(exact, drop and can_drop(exact))
    return None
