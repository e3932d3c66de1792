"""An .mp3 or .flac with an index, so that a browser finds a place in it.

A frame of an .mp3 of varying bitrate may lie anywhere: Chromium guesses by the
mean and misses by seconds; of constant bitrate, by up to 30 ms. In a .flac it
finds no place near the end, and gives up the whole file. The same frames in an .mp4 have an index. Nothing is copied
for that: what stands before and after the frames is made here, and the frames
are read from where they are.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from transcriber.media.container import opened
from transcriber.media.frames import packets

if TYPE_CHECKING:
    import av

_HEAD_BYTES = 44
"""`ftyp`, room for a longer length, and the beginning of `mdat`: what FFmpeg writes before the first frame."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """An .mp4: `head`, then the bytes of `path` from `first` to before `stop`, then `tail`."""

    path: Path
    head: bytes
    first: int
    stop: int
    tail: bytes

    @property
    def size(self) -> int:
        """Bytes of the whole."""
        return len(self.head) + self.stop - self.first + len(self.tail)

    def read(self, begin: int, count: int) -> bytes:
        """Up to `count` bytes from `begin` on; the file is open no longer than that takes. Raises OSError."""
        if begin < len(self.head):
            return self.head[begin : begin + count]
        place = begin - len(self.head) + self.first
        if place >= self.stop:
            return self.tail[place - self.stop : place - self.stop + count]
        with self.path.open("rb") as file:
            file.seek(place)
            return file.read(min(count, self.stop - place))


def indexed(path: Path) -> Indexed | None:
    """The recording with an index; None where none is needed or can be made. Its frames are looked at, none is decoded.

    Raises:
        MediaNotFoundError, UnreadableMediaError, NoAudioError: it is no recording.
    """
    with opened(path) as container:
        return _wrapped(path, container) if container.format.name in ("mp3", "flac") else None


def _wrapped(path: Path, container: "av.container.InputContainer") -> Indexed | None:
    import av

    stream, sink = container.streams.audio[0], _Sink()
    first = stop = None
    with av.open(sink, "w", format="mp4") as output:
        track = output.add_stream_from_template(stream)
        for packet in _placed(container, stream):
            if stop is not None and packet.pos != stop:
                return None  # something else lies between two frames
            first = packet.pos if first is None else first
            stop = packet.pos + packet.size
            sink.frames = stop - first
            packet.stream = track
            output.mux(packet)
    if first is None or stop is None or bytes(sink.head[-4:]) != b"mdat":
        return None
    return Indexed(path, bytes(sink.head), first, stop, bytes(sink.tail))


def _placed(container: "av.container.InputContainer", stream: "av.AudioStream") -> "Iterator[av.Packet]":
    """The packets that are somewhere, timed from the first sample that is heard: the encoder's delay comes before 0."""
    delay = round((container.start_time or 0) / 1e6 / stream.time_base)
    for packet in packets(container, stream):
        if packet is None or packet.pts is None or packet.pos is None:
            continue
        packet.pts -= delay
        packet.dts = packet.pts
        yield packet


class _Sink(io.RawIOBase):
    """Takes what FFmpeg writes, and keeps all but the `frames`, so many bytes after the head."""

    def __init__(self) -> None:
        self.head, self.tail = bytearray(_HEAD_BYTES), bytearray()
        self.frames = 0
        self._at = 0

    def write(self, content: "bytes | memoryview") -> int:  # type: ignore[override]
        """A stretch of it, which may begin in one part and end in another."""
        whole, over = bytes(content), _HEAD_BYTES + self.frames
        if self._at < _HEAD_BYTES:
            part = whole[: _HEAD_BYTES - self._at]
            self.head[self._at : self._at + len(part)] = part
        if self._at + len(whole) > over:
            place = max(0, self._at - over)
            part = whole[max(0, over - self._at) :]
            self.tail[place : place + len(part)] = part
        self._at += len(whole)
        return len(whole)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """FFmpeg goes back to fill lengths in."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: _HEAD_BYTES + self.frames + len(self.tail)}
        self._at = origin[whence] + offset
        return self._at

    def tell(self) -> int:
        """Where the next byte goes."""
        return self._at

    def seekable(self) -> bool:
        """It is."""
        return True

    def writable(self) -> bool:
        """It is."""
        return True
