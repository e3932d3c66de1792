"""Where the browser plays a recording from: from where it lies, and behind an index where it would find no place."""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from page.captions_player import Serve
from transcriber import media
from transcriber.errors import MediaError
from transcriber.media import Indexed

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

PREFIX = "indexed/"
UNINDEXED = (".mp3", ".flac")
MOST_KEPT = 16
"""Indices in memory; that of five hours takes 3 MB."""

PIECE_BYTES = 256 * 1024
WHOLE, PART, GONE, OUTSIDE = 200, 206, 404, 416


class Playable:
    """Tabs may ask from several threads."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._kept: OrderedDict[str, Indexed] = OrderedDict()

    def address(self, recording: Path) -> str:
        """Where the browser finds it. Of an .mp3 and a .flac all frames are looked through at first."""
        if recording.suffix.lower() not in UNINDEXED:
            return self._serve(recording)
        try:
            key = _key(recording)
            found = self._kept.get(key) or media.indexed(recording)
        except (MediaError, OSError):  # the player says what is wrong with it
            found = None
        if found is None:
            return self._serve(recording)
        self._kept[key] = found
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return PREFIX + key

    def route(self) -> "Route":
        """What the page's server must know to answer for these addresses."""
        from starlette.responses import Response
        from starlette.routing import Route

        async def answer(request: "Request") -> "Response":
            found = self._kept.get(request.path_params["key"])
            return _answer(found, request.headers.get("range", "")) if found else Response(status_code=GONE)

        return Route(f"/{PREFIX}{{key}}", answer)


def _key(recording: Path) -> str:
    found = recording.stat()
    return hashlib.sha256(
        f"{recording}\0{found.st_size}\0{found.st_mtime_ns}".encode("utf-8", "surrogatepass")
    ).hexdigest()


def _answer(found: Indexed, wanted: str) -> "Response":
    """The bytes that a `Range` header asks for, all without one."""
    from starlette.responses import Response, StreamingResponse

    begin, stop = wanted_bytes(wanted, found.size)
    headers = {"Accept-Ranges": "bytes", "Content-Range": f"bytes */{found.size}"}
    if begin >= stop:
        return Response(status_code=OUTSIDE, headers=headers)
    headers |= {"Content-Length": str(stop - begin), "Content-Range": f"bytes {begin}-{stop - 1}/{found.size}"}
    if not wanted:
        del headers["Content-Range"]
    pieces = _pieces(found, begin, stop)
    return StreamingResponse(pieces, PART if wanted else WHOLE, headers, media_type="audio/mp4")


def wanted_bytes(header: str, size: int) -> tuple[int, int]:
    """From which byte, to before which, a `Range` header asks for; all where it makes no sense.

    >>> wanted_bytes("bytes=10-19", 100), wanted_bytes("bytes=90-", 100), wanted_bytes("bytes=-5", 100)
    ((10, 20), (90, 100), (95, 100))
    """
    told = re.fullmatch(r"bytes=(\d*)-(\d*)", header.strip())
    first, last = told.groups() if told else ("", "")
    if first:
        return int(first), min(size, int(last) + 1) if last else size
    return (max(0, size - int(last)), size) if last else (0, size)


def _pieces(found: Indexed, begin: int, stop: int) -> Iterator[bytes]:
    while begin < stop:
        piece = found.read(begin, min(PIECE_BYTES, stop - begin))
        if not piece:  # the recording has become shorter
            return
        yield piece
        begin += len(piece)
