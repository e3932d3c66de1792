"""The sounds in a file, as its header describes them."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from transcriber.media.container import opened
from transcriber.media.timeline import clock, seconds

if TYPE_CHECKING:
    import av


@dataclass(frozen=True, slots=True)
class AudioStream:
    """One of the sounds in a file, as its header describes it.

    `number` counts from 0 among the audio streams; `start` is where the sound
    begins, in seconds of the file's timeline; `duration` (seconds) lasts from
    there, None where the file does not say, and may be an estimate.
    """

    number: int
    codec: str
    channels: int
    sample_rate: int
    start: float
    duration: float | None
    title: str | None


def streams(path: Path) -> tuple[AudioStream, ...]:
    """The sounds in a file, of which there is at least one.

    Raises:
        MediaNotFoundError, UnreadableMediaError, NoAudioError: there is nothing to list.
    """
    with opened(path) as container:
        return tuple(_describe(container, number) for number in range(len(container.streams.audio)))


def _describe(container: "av.container.InputContainer", number: int) -> AudioStream:
    stream = container.streams.audio[number]
    codec = stream.codec_context  # None where nothing decodes it
    start = max(0.0, float((stream.start_time or 0) * stream.time_base) - clock(container).origin)
    return AudioStream(
        number=number,
        codec=codec.name if codec else "unknown",
        channels=codec.layout.nb_channels if codec else 0,
        sample_rate=codec.sample_rate if codec else 0,
        start=start,
        duration=_duration(container, stream, start),
        title=stream.metadata.get("title"),
    )


def _duration(container: "av.container.InputContainer", stream: "av.AudioStream", start: float) -> float | None:
    if stream.duration:
        return float(stream.duration * stream.time_base)
    if container.duration:
        return max(0.0, seconds(container.duration) - start)
    return None
