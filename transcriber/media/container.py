"""A file opened as a container of streams, and what FFmpeg says of it in our words.

The file is read through our own file object and FFmpeg may open nothing else:
a playlist or a stream description in a recording's clothes reaches neither the
network nor another file, and a name such as `http:talk.wav` is only a name.
"""

import io
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from transcriber.errors import InvalidOptionError, MediaNotFoundError, NoAudioError, UnreadableMediaError
from transcriber.storage import system_path

if TYPE_CHECKING:
    import av


class _Source:
    """What FFmpeg reads instead of a file name.

    It never raises, since PyAV prints what is raised twice; the first error is kept in `failure`.
    """

    def __init__(self, file: io.FileIO, suffix: str) -> None:
        self._file = file
        self.name = f"recording{suffix}"  # some formats are only known by their suffix
        self.failure: OSError | None = None

    def read(self, size: int) -> bytes:
        try:
            return self._file.read(size) or b""
        except OSError as error:
            self.failure = self.failure or error
            return b""

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError, OverflowError):  # before the start: FFmpeg asks broken files for that
            return -1

    def tell(self) -> int:
        return self._file.tell()


@contextmanager
def opened(path: Path) -> "Iterator[av.container.InputContainer]":
    """The file as a container that has sound, and the one place where foreign errors become ours.

    Raises:
        MediaNotFoundError, UnreadableMediaError, NoAudioError: there is none; also from within the block.
    """
    import av

    with _file(path) as file:
        source = _Source(file, _suffix(path))
        try:
            with _container(source) as container:
                _require_sound(path, container)
                yield container
        except (av.error.FFmpegError, ProtectedError) as error:
            raise UnreadableMediaError(str(path), _reason(error, source)) from error
        if source.failure:
            raise UnreadableMediaError(str(path), _trouble(source.failure)) from source.failure


def _file(path: Path) -> io.FileIO:
    try:
        mode = system_path(path).stat().st_mode
        if not stat.S_ISREG(mode):
            kind = "a folder" if stat.S_ISDIR(mode) else "a device"
            raise UnreadableMediaError(str(path), f"it is {kind}, not a file")
        return system_path(path).open("rb", buffering=0)
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:  # ValueError: a NUL in the name
        raise MediaNotFoundError(str(path)) from error
    except OSError as error:
        raise UnreadableMediaError(str(path), _trouble(error)) from error


def _suffix(path: Path) -> str:
    return path.suffix if path.suffix[1:].isalnum() and path.suffix.isascii() else ""


def _container(source: _Source) -> "av.container.InputContainer":
    import av

    # every file or address that a playlist, or anything else in there, wants opened needs a protocol on this list,
    # and there is none of this name
    return av.open(source, "r", container_options={"protocol_whitelist": "none"}, metadata_errors="replace")


def _require_sound(path: Path, container: "av.container.InputContainer") -> None:
    if container.streams.audio:
        return
    if container.streams.video:
        raise NoAudioError(str(path), "has no audio track")
    raise UnreadableMediaError(str(path), "it holds neither sound nor picture")


def choose(path: Path, container: "av.container.InputContainer", number: int) -> "av.AudioStream":
    """The audio stream of that number; the others, and the picture, are not even read where the format allows it.

    Raises:
        InvalidOptionError: there is none of that number.
        UnreadableMediaError: nothing here decodes it.
    """
    found = container.streams.audio
    if not 0 <= number < len(found):
        raise InvalidOptionError(
            "audio_stream", str(number), f"{path} has {len(found)} of them (the first one is number 0)"
        )
    read_only(container, found[number : number + 1])
    if found[number].codec_context is None:
        raise UnreadableMediaError(str(path), "its sound is copy-protected, or in a format that nothing here decodes")
    return found[number]


def read_only(container: "av.container.InputContainer", wanted: "Sequence[av.AudioStream]") -> None:
    """Let FFmpeg skip all that belongs to other streams."""
    from av.stream import Discard

    numbers = {stream.index for stream in wanted}
    for stream in container.streams:
        stream.discard = Discard.default if stream.index in numbers else Discard.all


def require_channel(path: Path, stream: "av.AudioStream", channel: int | None) -> None:
    """Refuse a channel that the stream does not have.

    Raises:
        InvalidOptionError: there are fewer.
    """
    there = stream.codec_context.layout.nb_channels
    if channel is not None and not 0 <= channel < there:
        raise InvalidOptionError(
            "channel", str(channel), f"that sound of {path} has {there} of them (the first one is number 0)"
        )


# --- what went wrong, in words ---------------------------------------------------------------------------------------


class ProtectedError(Exception):
    """The sound is encrypted."""


_DAMAGED = "it is damaged, was never finished, or is no media file at all"
_ELSEWHERE = "it is built in a way that cannot be read, or only points to other files"
_UNKNOWN = "it uses a format that nothing here decodes"
_REASONS = {
    "ProtectedError": "its sound is copy-protected (encrypted)",
    "InvalidDataError": _DAMAGED,
    "EOFError": _DAMAGED,
    "OSError": _DAMAGED,
    "ArgumentError": _ELSEWHERE,
    "PermissionError": _ELSEWHERE,
    "ProtocolNotFoundError": _ELSEWHERE,
    "PatchWelcomeError": _UNKNOWN,
    "NotImplementedError": _UNKNOWN,
    "DecoderNotFoundError": _UNKNOWN,
    "MemoryError": "its header asks for more memory than there is, so it is probably damaged",
}
"""By the name of PyAV's exception."""


def _reason(error: Exception, source: _Source) -> str:
    """Why the file could not be read, for somebody who cuts films."""
    if source.failure:
        return _trouble(source.failure)
    if source.seek(0, io.SEEK_END) == 0:
        return "the file is empty"
    name = type(error).__name__
    return _REASONS.get(name) or f"the decoder says {getattr(error, 'strerror', name)!r}"


def _trouble(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "its permissions, or another program that holds it, do not let it be read"
    return f"the disk or network drive says {error.strerror or type(error).__name__!r}"
