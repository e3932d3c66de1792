"""Real recordings for tests, written with PyAV itself: no ffmpeg program, no stored binaries. And bad ones."""

import struct
import wave
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

LAYOUTS = {1: "mono", 2: "stereo", 3: "2.1", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
VIDEO_CODECS = {".flv": "flv1", ".webm": "vp8"}
FRAMES_PER_SECOND = 25


@dataclass(frozen=True)
class Track:
    """Sound of shape (channels, count); `stamp` maps a frame's time to the one written, or to None to leave it out.

    `settings` are those of the encoder, in FFmpeg's words.
    """

    samples: np.ndarray
    rate: int
    codec: str
    stamp: Callable[[float], float | None] = lambda time: time
    title: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)


def tones(rate, *, at=(1.0, 2.5), seconds=4.0, level=0.5, channels=1):
    """Silence with a tenth of a second of 1 kHz at each of the given times, the same in every channel."""
    time = np.arange(round(rate * seconds)) / rate
    sound = sum(
        np.where((time >= begin) & (time < begin + 0.1), np.sin(2000 * np.pi * (time - begin)), 0) for begin in at
    )
    return np.tile(level * sound, (channels, 1))


def onsets(samples, rate=16_000):
    """Seconds at which something begins after at least a tenth of a second of silence."""
    loud = np.flatnonzero(np.abs(samples) > 0.3 * np.abs(samples).max())
    first = np.diff(loud, prepend=-rate) > rate / 10
    return list(loud[first] / rate)


def write(path: Path, *tracks: Track, video=False, container=None, options=None) -> Path:
    """A file with the given tracks, and four seconds of black picture if asked for."""
    with av.open(str(path), "w", format=container, options=options or {}) as output:
        streams = [_stream(output, track) for track in tracks]
        picture = _picture(output, path) if video else None
        if picture:
            _write_picture(output, picture)
        for stream, track in zip(streams, tracks, strict=True):
            _write_track(output, stream, track)
    return path


def _stream(output, track):
    stream = output.add_stream(track.codec, rate=track.rate, layout=LAYOUTS[len(track.samples)])
    if not track.codec.startswith(("pcm", "libopencore", "adpcm")):
        stream.bit_rate = 128_000
    experimental = {"strict": "experimental"} if track.codec == "vorbis" else {}
    stream.codec_context.options = experimental | dict(track.settings)
    stream.metadata.update(({"title": track.title} if track.title else {}) | dict(track.metadata))
    return stream


def _write_track(output, stream, track):
    output.start_encoding()
    codec = stream.codec_context
    layout = LAYOUTS[len(track.samples)]
    resampler = av.AudioResampler(codec.format.name, layout, track.rate, frame_size=codec.frame_size or 1024)
    packed = np.ascontiguousarray(track.samples.T, dtype=np.float64).reshape(1, -1)
    whole = av.AudioFrame.from_ndarray(packed, format="dbl", layout=layout)
    whole.sample_rate, whole.pts, whole.time_base = track.rate, 0, Fraction(1, track.rate)
    for frame in resampler.resample(whole) + resampler.resample(None):
        time = track.stamp(frame.pts / track.rate)
        if time is not None:
            frame.pts, frame.time_base = round(time * track.rate), Fraction(1, track.rate)
            output.mux(stream.encode(frame))
    output.mux(stream.encode(None))


def _picture(output, path):
    stream = output.add_stream(VIDEO_CODECS.get(path.suffix, "mpeg4"), rate=FRAMES_PER_SECOND)
    stream.width = stream.height = 64
    stream.pix_fmt = "yuv420p"
    return stream


def _write_picture(output, stream):
    for number in range(4 * FRAMES_PER_SECOND):
        frame = av.VideoFrame.from_ndarray(np.full((96, 64), 128, np.uint8), format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_SECOND)
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))


# --- films -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Picture:
    """What is filmed; `stamp` maps a frame's time to the one written, `paint` its number to an image of grey.

    `turned` is by how many degrees a player has to turn it back, `aspect` how wide a pixel is.
    """

    rate: Fraction = Fraction(25)
    frames: int = 50
    timecode: str = ""
    size: tuple[int, int] = (64, 48)
    aspect: Fraction = Fraction(1)
    turned: int = 0
    stamp: Callable[[Fraction], float] = lambda time: time
    paint: Callable[[int], int | np.ndarray] = lambda number: 128


def film(path: Path, picture: Picture, *tracks: Track, options=None) -> Path:
    """A file with picture and sound."""
    with av.open(str(path), "w", options=options or {}) as output:
        stream = _film_stream(output, path, picture)
        streams = [_stream(output, track) for track in tracks]
        _write_frames(output, stream, picture)
        for sound, track in zip(streams, tracks, strict=True):
            _write_track(output, sound, track)
    return path


def _film_stream(output, path, picture):
    codec = {".mxf": "mpeg2video", ".webm": "vp8"}.get(path.suffix, "mpeg4")
    stream = output.add_stream(codec, rate=picture.rate)
    stream.width, stream.height = picture.size
    stream.pix_fmt = "yuv420p"
    stream.bit_rate = 2_000_000
    if path.suffix in (".mp4", ".mov", ".mkv"):  # finer than the frames, which may come unevenly; MPEG-4 takes 16 bits
        stream.codec_context.time_base = 1 / (picture.rate * min(20, 65535 // picture.rate.numerator))
    stream.codec_context.sample_aspect_ratio = picture.aspect
    if picture.turned:
        stream.set_display_rotation(picture.turned)
    if picture.timecode:
        stream.metadata["timecode"] = output.metadata["timecode"] = picture.timecode
    return stream


def _write_frames(output, stream, picture):
    output.start_encoding()
    for number in range(picture.frames):
        width, height = picture.size
        grey = np.broadcast_to(np.asarray(picture.paint(number), np.uint8), (height, width))
        image = np.concatenate([grey, np.full((height // 2, width), 128, np.uint8)])
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="yuv420p")
        base = stream.codec_context.time_base
        frame.pts, frame.time_base = round(Fraction(picture.stamp(number / picture.rate)) / base), base
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))


def wav(path: Path, samples, rate=48_000) -> Path:
    """A .wav of one channel; `samples` are whole numbers of 16 bits."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.asarray(samples, "<i2").tobytes())
    return path


# --- what is no recording --------------------------------------------------------------------------------------------


def a_text(folder):
    path = folder / "notes.wav"
    path.write_text("This is not a recording.\n" * 50, encoding="utf-8")
    return path


def an_empty_file(folder):
    (folder / "nothing.mp3").touch()
    return folder / "nothing.mp3"


def noise_bytes(folder):
    path = folder / "noise.m4a"
    path.write_bytes(np.random.default_rng(0).bytes(20_000))
    return path


def subtitles(folder):
    path = folder / "film.srt"
    path.write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n", encoding="utf-8")
    return path


def a_silent_film(folder):
    return write(folder / "silent.mp4", video=True)


def a_protected_song(folder):
    options = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": "0" * 32, "encryption_kid": "1" * 32}
    return write(folder / "song.m4a", Track(tones(48_000), 48_000, "aac"), options=options)


def an_unknown_codec(folder):
    path = write(folder / "strange.wav", Track(tones(48_000), 48_000, "pcm_s16le"))
    content = bytearray(path.read_bytes())
    content[20:22] = b"\x34\x12"
    path.write_bytes(content)
    return path


def no_samples(folder):
    return wav(folder / "empty take.wav", [])


def broken_off(folder):
    """Its index, which stands at the end, is missing."""
    path = write(folder / "broken off.mp4", Track(tones(16_000), 16_000, "aac"))
    path.write_bytes(path.read_bytes()[:500])
    return path


# --- what field recorders write --------------------------------------------------------------------------------------


def chunk(name: bytes, content: bytes, *, size: int | None = None) -> bytes:
    """A piece of a RIFF file; `size` where the header is to say another one."""
    return struct.pack("<4sI", name, len(content) if size is None else size) + content + b"\0" * (len(content) % 2)


def ixml(names: Sequence[str]) -> bytes:
    """The list of tracks as recorders write it, the first one in the first channel."""
    tracks = "".join(
        f"<TRACK><CHANNEL_INDEX>{number}</CHANNEL_INDEX><INTERLEAVE_INDEX>{number}</INTERLEAVE_INDEX>"
        f"<NAME>{name}</NAME><FUNCTION></FUNCTION></TRACK>"
        for number, name in enumerate(names, 1)
    )
    text = f"<BWFXML><SCENE>12</SCENE><TRACK_LIST><TRACK_COUNT>{len(names)}</TRACK_COUNT>{tracks}</TRACK_LIST></BWFXML>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()


def poly_wav(path, samples, *, ixml=(), chunks=(), after=(), container=b"RIFF", rate=16_000):
    """A .wav of shape (channels, count) with chunks before and after the samples."""
    count = len(samples)
    sound = (samples.T * 32767).astype("<i2").tobytes()
    form = struct.pack("<HHIIHH", 1, count, rate, rate * count * 2, count * 2, 16)
    before = [_ixml_chunk(ixml)] if ixml else []
    past_4_gb = container != b"RIFF"
    sizes = [chunk(b"ds64", struct.pack("<QQQI", 0, len(sound), len(samples.T), 0))] if past_4_gb else []
    data = chunk(b"data", sound, size=0xFFFFFFFF if past_4_gb else None)
    body = b"WAVE" + b"".join([*sizes, chunk(b"fmt ", form), *before, *chunks, data, *after])
    path.write_bytes(container + struct.pack("<I", 0xFFFFFFFF if past_4_gb else len(body)) + body)
    return path


def _ixml_chunk(names):
    return chunk(b"iXML", ixml(names))
