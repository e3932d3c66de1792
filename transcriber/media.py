"""Any audio or video file as mono samples on the timeline that an editor shows. The only home of PyAV.

The file is read through our own file object and FFmpeg may open nothing else:
a playlist or a stream description in a recording's clothes reaches neither the
network nor another file, and a name such as `http:talk.wav` is only a name.
"""

import io
import math
import stat
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from transcriber.errors import (
    InvalidOptionError,
    MediaNotFoundError,
    NoAudioError,
    UnreadableMediaError,
)
from transcriber.options import SAMPLE_RATE

if TYPE_CHECKING:
    import av
    import numpy as np
    import numpy.typing as npt

    Samples = npt.NDArray[np.float32]

BLOCK_SECONDS = 1.0
"""The longest block that `decode` yields."""

JITTER = 0.03
"""Seconds by which a time stamp may miss the end of what came before. Whole milliseconds (.mkv, .flv, .asf) and the
clocks of capture devices do so all the time; filling such gaps would cut clicks into the speech."""

CLOCK_JUMP = 10.0
"""Seconds past which a leap of a broadcast clock is a new setting, not a pause: ffmpeg's own dts_delta_threshold."""

OVERLAP = 1.0
"""Seconds up to which sound that is stamped as already heard is taken for a repetition; past it the clock was set back,
and cutting would lose words."""

LONGEST_GAP = 24 * 3600.0
"""Seconds that nothing may be heard; a stamp further ahead is broken, even if the header agrees with it."""

LOUDEST = 32.0
"""30 dB above full scale. Float recorders do write beyond 1.0; past this it is no longer sound."""

OPPOSITE = -0.5
"""Correlation under which a channel is taken to be wired upside down: there the sum has lost 6 dB already."""

BROKEN_READS = 8
"""Failed reads in a row after which the rest of the file is given up."""


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
    with _opened(path) as container:
        return tuple(_describe(container, number) for number in range(len(container.streams.audio)))


def decode(path: Path, audio_stream: int = 0) -> "Generator[npt.NDArray[np.float32], None, None]":
    """The sound of a file: blocks of mono float32 in [-1, 1] at 16 kHz, none longer than BLOCK_SECONDS.

    The first sample is time 0 of the file's timeline. Silence stands where a
    stream starts late or has a hole; what is stamped before 0 (the delay of an
    encoder) or twice is left out. A file that breaks off yields what is there,
    damaged parts become silence. All channels are averaged, one that is wired
    upside down is turned first. Passages beyond full scale are turned down
    rather than clipped, NaN and infinity are silence.

    The file is open from the first block to the last, or until the generator is closed.

    Raises:
        MediaNotFoundError, UnreadableMediaError, NoAudioError: there is nothing to hear.
        InvalidOptionError: there are fewer audio streams.
    """
    heard = False
    with _opened(path) as container:
        stream = _choose(path, container, audio_stream)
        spans = _placed(_frames(container, stream), _clock(container))
        for block in _resampled(_mixed(_grouped(spans))):
            heard = True
            yield _within_full_scale(block)
    if not heard:
        raise NoAudioError(str(path), "has an audio track without a single sample")


def _describe(container: "av.container.InputContainer", number: int) -> AudioStream:
    stream = container.streams.audio[number]
    codec = stream.codec_context  # None where nothing decodes it
    start = max(0.0, float((stream.start_time or 0) * stream.time_base) - _clock(container).origin)
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
        return max(0.0, _seconds(container.duration) - start)
    return None


# --- the file --------------------------------------------------------------------------------------------------------


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
def _opened(path: Path) -> "Iterator[av.container.InputContainer]":
    """The file as a container that has sound, and the one place where foreign errors become ours."""
    import av

    with _file(path) as file:
        source = _Source(file, _suffix(path))
        try:
            with _container(source) as container:
                _require_sound(path, container)
                yield container
        except (av.error.FFmpegError, _ProtectedError) as error:
            raise UnreadableMediaError(str(path), _reason(error, source)) from error
        if source.failure:
            raise UnreadableMediaError(str(path), _trouble(source.failure)) from source.failure


def _file(path: Path) -> io.FileIO:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            kind = "a folder" if stat.S_ISDIR(mode) else "a device"
            raise UnreadableMediaError(str(path), f"it is {kind}, not a file")
        return path.open("rb", buffering=0)
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


def _choose(path: Path, container: "av.container.InputContainer", number: int) -> "av.AudioStream":
    """The audio stream of that number; the others, and the picture, are not even read where the format allows it."""
    from av.stream import Discard

    found = container.streams.audio
    if not 0 <= number < len(found):
        raise InvalidOptionError(
            "audio_stream", str(number), f"{path} has {len(found)} of them (the first one is number 0)"
        )
    for stream in container.streams:
        stream.discard = Discard.default if stream is found[number] else Discard.all
    if found[number].codec_context is None:
        raise UnreadableMediaError(str(path), "its sound is copy-protected, or in a format that nothing here decodes")
    return found[number]


# --- what went wrong, in words ---------------------------------------------------------------------------------------


class _ProtectedError(Exception):
    """The sound is encrypted."""


_DAMAGED = "it is damaged, was never finished, or is no media file at all"
_ELSEWHERE = "it is built in a way that cannot be read, or only points to other files"
_UNKNOWN = "it uses a format that nothing here decodes"
_REASONS = {
    "_ProtectedError": "its sound is copy-protected (encrypted)",
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


# --- the timeline ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Clock:
    """How time stamps become times: seconds after `origin`; none is later than `latest`."""

    origin: float
    latest: float
    arbitrary: bool

    def leapt(self, time: float, position: float) -> bool:
        """Whether a stamp makes no sense after `position`."""
        gap = time - position
        if gap > CLOCK_JUMP:
            return gap > LONGEST_GAP or time > self.latest or (self.arbitrary and position > 0)
        return gap < (-OVERLAP if position > 0 else -CLOCK_JUMP)


@dataclass(frozen=True, slots=True)
class _Span:
    """Sound as it was recorded: `samples` are float32 of shape (channels, count)."""

    samples: "Samples"
    rate: int

    @property
    def layout(self) -> tuple[int, int]:
        return len(self.samples), self.rate


def _clock(container: "av.container.InputContainer") -> _Clock:
    """When time 0 is.

    Most containers count from 0. The clock of broadcast formats starts
    anywhere, so there the earliest stream is 0. FFmpeg stamps the first sample
    of an .mp3 with the encoder's delay, which it has already cut off.
    """
    import av

    arbitrary = bool(container.format.flags & av.format.Flags.ts_discont.value)
    counts_from_start = arbitrary or container.format.name == "mp3"
    origin = _seconds(container.start_time) if counts_from_start else 0.0
    latest = _seconds(container.duration) + CLOCK_JUMP if container.duration else math.inf
    return _Clock(origin, max(0.0, _seconds(container.start_time) - origin) + latest, arbitrary)


def _seconds(microseconds: int | None) -> float:
    return (microseconds or 0) / 1e6


def _placed(frames: "Iterable[av.AudioFrame]", clock: _Clock) -> Iterator[_Span]:
    """The frames one after the other from time 0: gaps filled, overlaps and what lies before 0 cut."""
    position, origin = 0.0, clock.origin
    for frame in frames:
        samples, rate = _samples(frame), frame.sample_rate
        time = position if frame.time is None else frame.time - origin
        if clock.leapt(time, position):
            origin, time = origin + time - position, position
        shift = _shift(time - position, rate, settled=position > 0)
        yield from _silence(shift, len(samples), rate)
        kept = samples[:, max(0, -shift) :]
        position += (max(0, shift) + kept.shape[1]) / rate
        if kept.size:
            yield _Span(kept, rate)


def _shift(gap: float, rate: int, *, settled: bool) -> int:
    """Samples to insert, or, if negative, to cut. The first sample is placed exactly, the rest within JITTER."""
    return 0 if settled and abs(gap) <= JITTER else round(gap * rate)


def _silence(count: int, channels: int, rate: int) -> Iterator[_Span]:
    """`count` samples of nothing, at most a second at a time."""
    import numpy as np

    for begin in range(0, count, rate):
        yield _Span(np.zeros((channels, min(rate, count - begin)), np.float32), rate)


# --- the samples -----------------------------------------------------------------------------------------------------


def _frames(container: "av.container.InputContainer", stream: "av.AudioStream") -> "Iterator[av.AudioFrame]":
    """All that can be decoded. If that is nothing, the reason is raised; if it is something, damage is passed over."""
    import av

    heard, failure = False, None
    for packet in _packets(container, stream):
        try:
            frames = stream.codec_context.decode(packet)
        except av.error.FFmpegError as error:
            failure = error
            continue
        for frame in frames:
            if frame.samples and frame.sample_rate:
                heard = True
                yield frame
    if failure and not heard:
        raise failure


def _packets(container: "av.container.InputContainer", stream: "av.AudioStream") -> "Iterator[av.Packet | None]":
    """The stream's packets, and None at the end, which makes the decoder give up what it holds back."""
    import av

    broken_reads = 0
    while broken_reads < BROKEN_READS:
        try:
            for packet in container.demux(stream):
                if packet.has_sidedata("encryption_info"):
                    raise _ProtectedError
                if packet.size:
                    broken_reads = 0
                    yield packet
            break
        except av.error.FFmpegError:
            broken_reads += 1
    yield None


def _samples(frame: "av.AudioFrame") -> "Samples":
    """Float32 of shape (channels, count), full scale at 1.0, whatever the frame holds."""
    import numpy as np

    kind = frame.format.name.removesuffix("p")
    dtype = {"u8": "u1", "s16": "i2", "s32": "i4", "s64": "i8", "flt": "f4", "dbl": "f8"}[kind]
    channels = frame.layout.nb_channels
    width = 1 if frame.format.is_planar else channels
    planes = [np.frombuffer(plane, dtype, frame.samples * width) for plane in frame.planes]
    raw = np.stack(planes) if frame.format.is_planar else planes[0].reshape(-1, channels).T
    with np.errstate(over="ignore"):  # a double that no float32 holds becomes infinity, and later silence
        samples = raw.astype(np.float32)
    if raw.dtype.kind == "f":
        return samples
    middle = np.float32(128 if kind == "u8" else 0)
    return (samples - middle) / np.float32(2.0 ** (8 * raw.itemsize - 1))


def _grouped(spans: Iterable[_Span]) -> Iterator[_Span]:
    """Spans of about a second, so that what follows works on enough sound at once."""
    for (_, rate), run in groupby(spans, key=lambda span: span.layout):
        waiting: list[Samples] = []
        count = 0
        for span in run:
            waiting.append(span.samples)
            count += span.samples.shape[1]
            if count >= rate * BLOCK_SECONDS:
                yield _joined(waiting, rate)
                waiting, count = [], 0
        if waiting:
            yield _joined(waiting, rate)


def _joined(parts: "list[Samples]", rate: int) -> _Span:
    """One span; what is not sound (NaN, infinity) is silence before a filter can spread it."""
    import numpy as np

    samples = np.concatenate(parts, axis=1)
    samples[~np.isfinite(samples)] = 0
    return _Span(samples.clip(-LOUDEST, LOUDEST), rate)


def _mixed(spans: Iterable[_Span]) -> Iterator[_Span]:
    """All channels in one, still of shape (1, count)."""
    for span in spans:
        yield _Span(_weights(span.samples) @ span.samples, span.rate)


def _weights(samples: "Samples") -> "Samples":
    """What each channel adds to the mix, shape (1, channels): equal parts, negative where one is upside down.

    A stereo pair with one cable wired the wrong way round is common, and its plain sum is silence.
    """
    import numpy as np

    energies = np.einsum("cn,cn->c", samples, samples)
    loudest = int(energies.argmax())
    opposite = samples @ samples[loudest] < OPPOSITE * np.sqrt(energies * energies[loudest])
    return (np.where(opposite, -1, 1)[None] / len(samples)).astype(np.float32)


def _resampled(spans: Iterable[_Span]) -> "Iterator[Samples]":
    """16 kHz, in blocks of at most BLOCK_SECONDS."""
    longest = round(SAMPLE_RATE * BLOCK_SECONDS)
    for rate, run in groupby(spans, key=lambda span: span.rate):
        mono = (span.samples[0] for span in run)
        for samples in mono if rate == SAMPLE_RATE else _at_16_khz(mono, rate):
            for begin in range(0, len(samples), longest):
                yield samples[begin : begin + longest]


def _at_16_khz(blocks: "Iterable[Samples]", rate: int) -> "Iterator[Samples]":
    import av
    import numpy as np

    resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
    owed = Fraction(0)
    for block in blocks:
        owed += Fraction(len(block) * SAMPLE_RATE, rate)
        for samples in _pushed(resampler, block, rate):
            owed -= len(samples)
            yield samples
    # what the filter holds back comes out behind silence; its own flush keeps runs shorter than the filter
    rest = np.concatenate(_pushed(resampler, np.zeros(rate, np.float32), rate))
    yield rest[: max(0, math.ceil(owed))]


def _pushed(resampler: "av.AudioResampler", block: "Samples", rate: int) -> "list[Samples]":
    import av

    frame = av.AudioFrame.from_ndarray(block[None], format="flt", layout="mono")
    frame.sample_rate = rate
    return [resampled.to_ndarray()[0] for resampled in resampler.resample(frame)]


def _within_full_scale(samples: "Samples") -> "Samples":
    """Turned down as a whole where it is louder than 1.0: clipping would distort the speech."""
    import numpy as np

    return samples / np.float32(max(1.0, float(np.abs(samples).max())))
