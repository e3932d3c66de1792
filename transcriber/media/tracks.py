"""What of a file is transcribed on its own, and what its speaker is called."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from transcriber.media.alike import Part, grouped_by_likeness
from transcriber.media.container import choose, opened
from transcriber.media.field_recorder import channel_names
from transcriber.options import Channels, StreamChoice

if TYPE_CHECKING:
    import av

LONGEST_NAME = 60
"""Characters of a speaker's name: what stands before every utterance."""

_GENERIC = ("handler", "core media", "iso media", "gpac", "mainconcept", "track", "audio", "sound", "stereo", "mono")
"""In what programs write into a stream's `handler_name` when nobody named it."""


@dataclass(frozen=True, slots=True)
class Track:
    """What is transcribed on its own: an audio stream, or one of its channels (None: all of them mixed).

    Both count from 0. `name` becomes the speaker of its words; it is None where
    the recording has only this one track, since then nothing is known of who speaks.
    """

    stream: int
    channel: int | None = None
    name: str | None = None


def tracks(path: Path, audio_stream: StreamChoice = 0, channels: Channels = "mix") -> tuple[Track, ...]:
    """The tracks of a file for `decode`: one stream or all that can be decoded, mixed or split into channels.

    Tracks that sound the same (a mono microphone on both channels of a stereo
    file) are one, the first of them: otherwise every word would come twice.
    Names are, in this order: what a field recorder wrote into a .wav, the
    stream's title or handler name, "Track 2" (counted over all streams, or over
    all their channels, as an editor shows them) with the stream's language.
    No two tracks have the same name.

    Raises:
        MediaNotFoundError, UnreadableMediaError, NoAudioError: there is nothing to hear.
        InvalidOptionError: there are fewer audio streams.
    """
    with opened(path) as container:
        wanted = _streams(path, container, audio_stream)
        groups = grouped_by_likeness(container, list(_parts(container, wanted, channels)))
        found = [_whole_or_first(container, group) for group in groups]
        if len(found) == 1:
            return (Track(*found[0]),)
        names = _told_apart(_names(path, container, found))
        return tuple(Track(*part, name) for part, name in zip(found, names, strict=True))


def _streams(path: Path, container: "av.container.InputContainer", audio_stream: StreamChoice) -> list[int]:
    if audio_stream != "all":
        choose(path, container, audio_stream)
        return [audio_stream]
    decodable = [number for number, stream in enumerate(container.streams.audio) if stream.codec_context]
    if not decodable:
        choose(path, container, 0)  # says why
    return decodable


def _parts(container: "av.container.InputContainer", streams: Iterable[int], channels: Channels) -> Iterator[Part]:
    for stream in streams:
        count = _channels(container, stream)
        if channels == "mix" or count < 2:
            yield Part(stream, None)
        else:
            yield from (Part(stream, channel) for channel in range(count))


def _channels(container: "av.container.InputContainer", stream: int) -> int:
    codec = container.streams.audio[stream].codec_context
    return codec.layout.nb_channels if codec else 0


def _whole_or_first(container: "av.container.InputContainer", group: Sequence[Part]) -> Part:
    """The first of some parts that are alike; the stream as a whole where these are all of its channels."""
    first = group[0]
    of_stream = [part for part in group if part.stream == first.stream]
    whole = len(of_stream) == _channels(container, first.stream)
    return Part(first.stream, None) if whole else first


# --- names -----------------------------------------------------------------------------------------------------------


def _names(path: Path, container: "av.container.InputContainer", parts: Sequence[Part]) -> Iterator[str]:
    recorded = channel_names(path) if len(container.streams.audio) == 1 else {}
    streams = [part.stream for part in parts]
    split = any(part.channel is not None for part in parts)
    for part in parts:
        title = _title(container.streams.audio[part.stream])
        if title and streams.count(part.stream) > 1:
            title = f"{title}, channel {(part.channel or 0) + 1}"
        name = recorded.get(part.channel or 0) or title or _numbered(container, part, split=split)
        yield name[:LONGEST_NAME].rstrip()


def _title(stream: "av.AudioStream") -> str | None:
    title = _one_line(stream.metadata.get("title", ""))
    handler = _one_line(stream.metadata.get("handler_name", ""))
    if title or any(word in handler.casefold() for word in _GENERIC):
        return title or None
    return handler or None


def _one_line(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _numbered(container: "av.container.InputContainer", part: Part, *, split: bool) -> str:
    before = sum(_channels(container, stream) for stream in range(part.stream)) if split else part.stream
    language = container.streams.audio[part.stream].metadata.get("language", "und")
    number = before + (part.channel or 0) + 1
    return f"Track {number}" if language == "und" else f"Track {number} ({language})"


def _told_apart(names: Iterable[str]) -> list[str]:
    """The same names, with a number behind each that was there before."""
    given: list[str] = []
    for name in names:
        candidate, number = name, 1
        while candidate in given:
            number += 1
            candidate = f"{name} ({number})"
        given.append(candidate)
    return given
