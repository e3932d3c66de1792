"""The names that a field recorder wrote into its .wav: iXML, or the lines of a `bext` description.

Sound Devices, Zoom, Tascam and their like keep what the sound mixer typed for
each channel ("Boom", "Anna") in one or both. FFmpeg hands out neither.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

from transcriber.media import broadcast_wave

_TRACK_LINE = re.compile(r"^[a-z]?TRK(\d{1,3})=(.*\S)", re.MULTILINE)
"""`sTRK1=Boom` (Sound Devices), `zTRK1=Boom` (Zoom), `TRK1=Boom`."""


def channel_names(path: Path) -> Mapping[int, str]:
    """What the channels of a .wav are called, by their number from 0; empty where nobody said so."""
    chunks = broadcast_wave.chunks(path)
    return _in_ixml(broadcast_wave.ixml(chunks)) or _in_description(broadcast_wave.description(chunks))


def _in_ixml(notes: ElementTree.Element) -> dict[int, str]:
    tracks = notes.iterfind("TRACK_LIST/TRACK")
    named = ((_position(track, default), _clean(track.findtext("NAME", ""))) for default, track in enumerate(tracks))
    return {position: name for position, name in named if name}


def _position(track: ElementTree.Element, default: int) -> int:
    """The channel of the file, from 0; iXML counts from 1, and CHANNEL_INDEX is the recorder's input."""
    for element in ("INTERLEAVE_INDEX", "CHANNEL_INDEX"):
        number = track.findtext(element, "").strip()
        if number.isdecimal() and int(number) > 0:
            return int(number) - 1
    return default


def _in_description(text: str) -> dict[int, str]:
    """The numbers are inputs of the recorder; those that were recorded follow each other in the file."""
    lines = _TRACK_LINE.findall(text)
    inputs = sorted((int(number), _clean(name)) for number, name in lines)
    return {position: name for position, (_, name) in enumerate(inputs) if name}


def _clean(name: str) -> str:
    return " ".join(name.split())
