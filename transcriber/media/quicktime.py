"""What a .mov or .mp4 says of its picture and FFmpeg does not pass on: how timecode is counted, and which way is up.

FFmpeg gives the timecode as text, without the rate that it was counted at: a film at 50 frames a second may count 25.
QuickTime File Format Specification, "Timecode Media" and "Track Header Atoms"; ISO/IEC 14496-12.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, NamedTuple

from transcriber.storage import system_path

MOST_ATOMS = 1000
"""Atoms that are looked at in one other: real files have a handful, fragmented ones have all we want in the first."""

_DROP, _COUNTER = 0x1, 0x8
_LONGEST = 1 << 16


@dataclass(frozen=True, slots=True)
class Timecode:
    """Of the first frame: its number since 00:00:00:00, counted at `rate`, and whether its text drops numbers."""

    frame: int
    rate: Fraction
    drop: bool


@dataclass(frozen=True, slots=True)
class Header:
    """`sideways` is whether the picture is shown turned by a quarter, as phones film upright."""

    sideways: bool = False
    timecode: Timecode | None = None


def header(path: Path) -> Header:
    """What the file says; nothing where it is damaged, or no such file."""
    try:
        with system_path(path).open("rb") as file:
            tracks = list(_tracks(file))
            sideways = next((_is_sideways(file, each) for each in tracks if _kind(file, each) == b"vide"), False)
            counted = (_timecode(file, each) for each in tracks if _kind(file, each) == b"tmcd")
            return Header(sideways, next(filter(None, counted), None))
    except (OSError, struct.error):  # whoever wants the sound itself hears of it
        return Header()


# --- atoms -----------------------------------------------------------------------------------------------------------


class _Atom(NamedTuple):
    """A piece of the file, and where its content is."""

    name: bytes
    begin: int
    end: int


def _atoms(file: BinaryIO, begin: int, end: int) -> Iterator[_Atom]:
    for _ in range(MOST_ATOMS):
        if begin + 8 > end:
            return
        file.seek(begin)
        size, name = struct.unpack(">I4s", file.read(8))
        head = 8
        if size == 1:  # too long for 32 bits
            (size,) = struct.unpack(">Q", file.read(8))
            head = 16
        size = size or end - begin
        if size < head or begin + size > end:
            return
        yield _Atom(name, begin + head, begin + size)
        begin += size


def _within(file: BinaryIO, atom: _Atom, *names: bytes) -> _Atom | None:
    """The first atom of the last name in the first one of the name before, and so on."""
    found: _Atom | None = atom
    for name in names:
        if found is None:
            return None
        found = next((each for each in _atoms(file, found.begin, found.end) if each.name == name), None)
    return found


def _content(file: BinaryIO, atom: _Atom | None) -> bytes:
    """As far as it matters; empty where there is no such atom."""
    if atom is None or atom.end <= atom.begin:
        return b""
    file.seek(atom.begin)
    return file.read(min(atom.end - atom.begin, _LONGEST))


def _tracks(file: BinaryIO) -> Iterator[_Atom]:
    film = _within(file, _Atom(b"", 0, file.seek(0, 2)), b"moov")
    if film:
        yield from (each for each in _atoms(file, film.begin, film.end) if each.name == b"trak")


def _kind(file: BinaryIO, track: _Atom) -> bytes:
    return _content(file, _within(file, track, b"mdia", b"hdlr"))[8:12]


# --- what they say ---------------------------------------------------------------------------------------------------


def _is_sideways(file: BinaryIO, track: _Atom) -> bool:
    content = _content(file, _within(file, track, b"tkhd"))
    matrix = 52 if content[:1] == b"\1" else 40
    if len(content) < matrix + 8:
        return False
    across, down = struct.unpack_from(">ii", content, matrix)
    return bool(abs(down) > abs(across))


def _timecode(file: BinaryIO, track: _Atom) -> Timecode | None:
    table = _within(file, track, b"mdia", b"minf", b"stbl")
    if table is None:
        return None
    described = _content(file, _within(file, table, b"stsd"))
    place = _first_sample(file, table)
    if described[12:16] != b"tmcd" or len(described) < 40 or place is None:
        return None
    flags, timescale, duration = struct.unpack_from(">III", described, 28)
    sample = _content(file, _Atom(b"", place, min(place + 4, file.seek(0, 2))))
    if flags & _COUNTER or not timescale or not duration or len(sample) < 4:
        return None
    (frame,) = struct.unpack(">i", sample)
    return Timecode(frame, Fraction(timescale, duration), bool(flags & _DROP))


def _first_sample(file: BinaryIO, table: _Atom) -> int | None:
    """Where it stands in the file."""
    for name, width in ((b"stco", 4), (b"co64", 8)):
        places = _content(file, _within(file, table, name))
        if len(places) >= 8 + width:
            return int.from_bytes(places[8 : 8 + width], "big")
    return None
