"""The file as an editor's clip."""

from pathlib import Path

from transcriber.footage import Footage
from transcriber.media.container import opened
from transcriber.media.timeline import seconds
from transcriber.timecode import known


def footage(path: Path) -> Footage:
    """What an editing program reads in the file's headers.

    Raises:
        MediaNotFoundError, UnreadableMediaError, NoAudioError: it is no recording.
    """
    with opened(path) as container:
        sound = container.streams.audio[0].codec_context
        picture = container.streams.video[0] if container.streams.video else None
        rate = picture and (picture.average_rate or picture.guessed_rate)
        return Footage(
            path,
            seconds(container.duration),
            rate=known(rate) if rate else None,
            size=(picture.width, picture.height) if picture else None,
            sample_rate=sound.sample_rate if sound else 48_000,
            channels=sound.layout.nb_channels if sound else 2,
        )
