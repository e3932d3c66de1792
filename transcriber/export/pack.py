"""An editing pack: one zip with all that editing programs want of a recording, and a README of what goes where.

Its files are named after the recording and count on one time base. The same
transcript always gives the same bytes: nothing in the zip tells when it was
made, or where.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from transcriber.export.handover import Handover
from transcriber.export.plain import file_name, one_line
from transcriber.options import TimeBase

README = "README.txt"

WRITTEN = (2000, 1, 1, 0, 0, 0)
"""What the zip gives as the date of its files."""

_BASES: Mapping[TimeBase, str] = {
    "file": "Times count from the start of the file",
    "source": "Times are the source's own timecode",
    "own": "Times count from a start of your own",
}


class Member(NamedTuple):
    """A file for the zip: how its name ends, what it is, how a program takes it."""

    extension: str
    title: str
    help: str
    content: bytes


def render(handover: Handover, members: Sequence[Member]) -> bytes:
    """The zip with the members and the README, all in one folder."""
    stem = file_name(handover.footage.path.stem)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        _add(target, README, readme(handover, stem, members).encode("utf-8-sig", errors="replace"))
        for member in members:
            _add(target, f"{stem}{member.extension}", member.content)
    return packed.getvalue()


def readme(handover: Handover, stem: str, members: Sequence[Member]) -> str:
    r"""What each file is, with the lines ended as Windows' Notepad wants them."""
    files = (f"{stem}{member.extension}\n    {member.title}. {member.help}\n" for member in members)
    return "\n".join([*_about(handover), "", *files]).replace("\n", "\r\n")


def _about(handover: Handover) -> list[str]:
    base = _BASES[handover.options.base]
    start = handover.rate.timecode(handover.first_frame)
    return [
        f"Transcript of {one_line(handover.footage.path.name)}",
        "",
        f"Frame rate: {handover.rate} frames a second; timelines for these files want the same.",
        f"{base}: the recording begins at {start}.",
        *_advice(handover),
    ]


def _advice(handover: Handover) -> list[str]:
    if handover.options.base == "own":
        return []
    return [
        "Timelines of DaVinci Resolve begin at 01:00:00:00: for markers and captions there, export with that start."
    ]


def _add(target: zipfile.ZipFile, name: str, content: bytes) -> None:
    member = zipfile.ZipInfo(name, WRITTEN)
    member.create_system = 0
    member.compress_type = zipfile.ZIP_DEFLATED
    target.writestr(member, content)
