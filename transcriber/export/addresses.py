"""Where the recording is, as editing programs look for it."""

import re
from urllib.parse import quote

from transcriber.footage import Footage

_LONG = "//?/"
"""How Windows marks long paths, as POSIX writes it; what follows is the path itself, or `UNC/` and a server."""

_HALVES = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Halves of characters that do not stand for a byte."""


def localhost(footage: Footage) -> str:
    r"""The address as Final Cut Pro 7 and Premiere write it: the colon of a drive encoded, a share behind two slashes.

    >>> from pathlib import PureWindowsPath
    >>> localhost(Footage(PureWindowsPath(r"C:\Rushes\Take 1.mov"), duration=1.0))
    'file://localhost/C%3a/Rushes/Take%201.mov'
    """
    whole = _posix(footage)
    if footage.path.drive and whole[2:3] == ":":
        return f"file://localhost/{whole[1]}%3a{_quoted(whole[3:])}"
    return f"file://localhost{_quoted(whole)}"


def standard(footage: Footage) -> str:
    r"""The address as RFC 8089 has it.

    >>> from pathlib import PureWindowsPath
    >>> standard(Footage(PureWindowsPath(r"\\nas\Rushes\Take 1.mov"), duration=1.0))
    'file://nas/Rushes/Take%201.mov'
    """
    whole = _posix(footage)
    return f"file:{'' if whole.startswith('//') else '//'}{_quoted(whole, ':')}"


def _posix(footage: Footage) -> str:
    """The path with slashes, beginning with one; with two and a server where it is a share of Windows."""
    path = footage.path
    whole = path.as_posix()
    if path.drive and whole.startswith(_LONG):
        whole = whole.removeprefix(_LONG)
        whole = f"//{whole[4:]}" if whole[:4].upper() == "UNC/" else whole
    share = path.drive and whole.startswith("//")
    return whole if share else f"/{whole.lstrip('/')}"


def _quoted(path: str, safe: str = "") -> str:
    known = _HALVES.sub("\ufffd", path)  # Windows takes names that are no text
    return quote(known, safe=f"/{safe}", errors="surrogateescape")
