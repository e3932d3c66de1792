"""The file as an editor's clip."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from transcriber.errors import InvalidOptionError
from transcriber.footage import Footage
from transcriber.media import broadcast_wave, quicktime
from transcriber.media.container import opened
from transcriber.media.field_recorder import channel_names
from transcriber.media.timeline import clock, seconds
from transcriber.timecode import NTSC, FrameRate, can_drop, known

if TYPE_CHECKING:
    import av

USUAL_RATES = tuple(sorted({*map(Fraction, (24, 25, 30, 48, 50, 60)), *(Fraction(n * 1000, 1001) for n in NTSC)}))
"""Frames a second that editing programs have timelines for."""

NOMINAL = Fraction(1, 10)
"""How far the average rate may be from the nominal one: a phone leaves frames out in the dark, and interlaced or
telecined picture has a nominal rate of another kind (fields)."""

UNEVEN = Fraction(3, 100)
"""How far an average without a nominal rate may be from a usual one and still be meant as it."""

_SLIMMEST, _WIDEST = Fraction(1, 5), 5
"""Of pixels; a header that says more is damaged."""


@dataclass(frozen=True, slots=True)
class _Label:
    """Timecode: real seconds since 00:00:00:00 at time 0 of the file, and the rate that it counts at, if known."""

    start: Fraction | None = None
    rate: FrameRate | None = None


def footage(path: Path) -> Footage:
    """What an editing program reads in the file's headers.

    A picture whose frames come unevenly, as phones film, has the rate that it
    was meant to have, which an editor makes it follow. The picture on the cover
    of a song is none.

    Raises:
        MediaNotFoundError, UnreadableMediaError, NoAudioError: it is no recording.
    """
    with opened(path) as container:
        picture = picture_of(container)
        header = quicktime.header(path) if "mov" in container.format.name.split(",") else quicktime.Header()
        label = _label(path, container, header.timecode)
        sound = container.streams.audio[0].codec_context  # None where nothing decodes it
        channels = (sound.layout.nb_channels if sound else 0) or 2
        return Footage(
            path,
            _duration(container),
            rate=label.rate,
            start=label.start,
            picture_start=float(_start(container, picture)) if picture else 0.0,
            size=_size(picture, sideways=header.sideways) if picture else None,
            sample_rate=(sound.sample_rate if sound else 0) or 48_000,
            channels=channels,
            track_names=_track_names(path, channels),
        )


def picture_of(container: "av.container.InputContainer") -> "av.VideoStream | None":
    """The film of the file: the first picture that is no cover and no thumbnail."""
    from av.stream import Disposition

    stills = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
    return next((each for each in container.streams.video if not each.disposition & stills), None)


def _track_names(path: Path, channels: int) -> tuple[str, ...]:
    names = channel_names(path)
    return tuple(names.get(number, "") for number in range(channels)) if names else ()


def _size(picture: "av.VideoStream", *, sideways: bool) -> tuple[int, int] | None:
    """Width and height as shown: upright, and of square pixels."""
    codec = picture.codec_context
    if codec is None or not codec.width or not codec.height:
        return None
    aspect = picture.sample_aspect_ratio or 1
    width = round(codec.width * (aspect if _SLIMMEST <= aspect <= _WIDEST else 1))
    return (codec.height, width) if sideways else (width, codec.height)


# --- time ------------------------------------------------------------------------------------------------------------


def _start(container: "av.container.InputContainer", stream: "av.stream.Stream") -> Fraction:
    """When a stream begins, on the timeline that `decode` places words on."""
    origin = Fraction(round(clock(container).origin * 1e6), 1_000_000)
    return Fraction(stream.start_time or 0) * Fraction(stream.time_base or 0) - origin


def _duration(container: "av.container.InputContainer") -> float:
    """Of the whole file. Some containers say how long they last from 0, some from where their first stream begins."""
    timed = [*container.streams.audio, *container.streams.video]
    lasting = (each for each in timed if each.duration and each.time_base)
    ends = [float(_start(container, each) + each.duration * each.time_base) for each in lasting]
    return max([0.0, seconds(container.duration), *ends])


# --- the rate --------------------------------------------------------------------------------------------------------


def _rate(picture: "av.VideoStream") -> FrameRate | None:
    """The nominal rate where the frames follow it, else a usual one near their average, else the average."""
    nominal = picture.base_rate or picture.guessed_rate
    average = min(filter(None, (picture.average_rate, nominal)), default=None)  # some headers say more than there are
    if not nominal or not average:
        return None
    with suppress(InvalidOptionError):
        if nominal - average <= NOMINAL * nominal and known(nominal).exact.denominator in (1, 1001):
            return known(nominal)
        nearest = min(USUAL_RATES, key=lambda each: abs(each - average))
        return known(nearest if abs(nearest - average) <= UNEVEN * nearest else average)
    return None


# --- timecode --------------------------------------------------------------------------------------------------------


def _label(path: Path, container: "av.container.InputContainer", counted: quicktime.Timecode | None) -> _Label:
    """The first timecode that makes sense."""
    if container.format.name == "wav":
        stamp = broadcast_wave.stamp(path)
        return _Label(stamp.start, stamp.rate)
    picture = picture_of(container)
    rate = _rate(picture) if picture else None
    if counted:
        with suppress(InvalidOptionError):
            return _of_track(container, counted, rate)
    if picture and rate:
        for text in _tags(container):
            with suppress(InvalidOptionError):
                return _of_text(text, rate, _start(container, picture))
    return _Label(None, rate)


def _of_track(container: "av.container.InputContainer", counted: quicktime.Timecode, rate: FrameRate | None) -> _Label:
    """By a timecode track, which has its own place on the timeline and counts at its own rate."""
    own = known(counted.rate)
    same = rate is None or rate.nominal == own.nominal
    # uneven frames may be on average as many as 30, but of 30 no numbers are dropped
    shown = rate if rate and not (same and counted.drop and can_drop(own.exact)) else own
    counting = shown if same else own
    if abs(counted.frame) >= counting.a_day:
        raise InvalidOptionError("timecode", str(counted.frame), "it is more than a day")
    track = next((each for each in container.streams.data if "timecode" in each.metadata), None)
    start = counted.frame / counting.exact - (_start(container, track) if track else 0)
    return _Label(start, FrameRate(shown.exact, counted.drop and can_drop(shown.exact)))


def _of_text(text: str, rate: FrameRate, picture_start: Fraction) -> _Label:
    """By the text of a tag, which belongs to the first frame of the picture."""
    counting = FrameRate(rate.exact, ";" in text and can_drop(rate.exact))
    return _Label(counting.frame(text) / counting.exact - picture_start, counting)


def _tags(container: "av.container.InputContainer") -> Iterator[str]:
    tagged: list[Mapping[str, str]] = [stream.metadata for stream in container.streams.video]
    tagged += [container.metadata, *(stream.metadata for stream in container.streams)]
    for tags in tagged:
        yield from (value for name, value in tags.items() if name.casefold() == "timecode")
