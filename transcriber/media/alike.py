"""Which tracks of a file are copies of each other.

A mono microphone recorded onto both channels of a stereo file, a mixdown of a
mono sequence, the quieter safety track of a field recorder: transcribed one by
one, each would say every word again.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from transcriber.media.container import read_only
from transcriber.media.frames import samples_of
from transcriber.media.sound import as_sound, mixed_to_one
from transcriber.media.timeline import Clock, clock

if TYPE_CHECKING:
    import av
    import numpy as np
    import numpy.typing as npt

    Samples = npt.NDArray[np.float32]

PROBES = 8
"""Stretches that are compared, spread over the whole recording: a jingle in mono must not decide for the talk."""

PROBE_SECONDS = 3.0

PREROLL = 0.5
"""Seconds that are decoded before each stretch: the first frames after a jump are not right yet."""

LOW_RATE = 8_000
"""Samples per second that are compared: what tells one voice from another is below 4 kHz."""

SAME = 0.95
"""Correlation from which on two sounds are one, at whatever levels and polarity. Of copied noise MP2 leaves 0.98, of
copied speech every codec leaves 0.999; two microphones 3 cm apart hear the same voice 0.8 alike."""

FAINT = 0.003
"""Part of the other's power (-25 dB) under which it is no copy but crosstalk; safety tracks are 6 to 20 dB down."""

SILENT = 1e-7
"""Mean square of -70 dB below full scale, under which there is nothing to compare."""

LOUD_ENOUGH = 0.01
"""Part of the loudest stretch's power (-20 dB) from which on another one counts: below it, one hears the noise of two
preamplifiers rather than what they have in common."""

_MOST_PACKETS = 20_000


class Part(NamedTuple):
    """A sound of a file: a whole stream (`channel` None), or one of its channels. Both count from 0."""

    stream: int
    channel: int | None


class _Likeness(NamedTuple):
    """Two parts in one stretch: the mean square of each, and of their product."""

    first: float
    second: float
    product: float

    @property
    def power(self) -> float:
        """Of the louder one."""
        return max(self.first, self.second)

    @property
    def is_close(self) -> bool:
        """Whether one follows the other, loud enough to be it."""
        faint = min(self.first, self.second) < FAINT * self.power
        return not faint and abs(self.product) >= SAME * (self.first * self.second) ** 0.5


def grouped_by_likeness(
    container: "av.container.InputContainer", parts: Sequence[Part]
) -> tuple[tuple[Part, ...], ...]:
    """The parts, those that sound the same together; in order, nothing lost.

    They are compared in a few short stretches, not from end to end. Parts that
    are silent there are copies of nothing.
    """
    probes = list(_probes(container, sorted({part.stream for part in parts}))) if len(parts) > 1 else []
    groups: list[list[Part]] = []
    for part in parts:
        twin = next((group for group in groups if _alike(probes, group[0], part)), None)
        if twin is None:
            groups.append([part])
        else:
            twin.append(part)
    return tuple(map(tuple, groups))


def _alike(probes: "Sequence[Mapping[int, Samples]]", first: Part, second: Part) -> bool:
    compared = [_likeness(_heard(probe, first), _heard(probe, second)) for probe in probes]
    loudest = max((each.power for each in compared), default=0.0)
    if loudest <= SILENT:
        return False
    counted = [each for each in compared if each.power >= loudest * LOUD_ENOUGH]
    # crosstalk follows the other track too, but not at one level: now the first speaks, now the second
    together = _Likeness(*map(sum, zip(*counted, strict=True)))
    return all(each.is_close for each in [*counted, together])


def _heard(probe: "Mapping[int, Samples]", part: Part) -> "Samples":
    samples = probe[part.stream]
    return mixed_to_one(samples) if part.channel is None else samples[part.channel]


def _likeness(first: "Samples", second: "Samples") -> _Likeness:
    import numpy as np

    if len(first) != len(second):  # of different rates
        return _Likeness(1.0, 1.0, 0.0)
    return _Likeness(
        *(float(np.dot(*pair)) / len(first) for pair in ((first, first), (second, second), (first, second)))
    )


def _probes(container: "av.container.InputContainer", numbers: Sequence[int]) -> "Iterator[Mapping[int, Samples]]":
    """For each stretch the samples of each stream, of shape (channels, PROBE_SECONDS)."""
    import av

    streams = {container.streams.audio[number].index: number for number in numbers}
    read_only(container, [container.streams.audio[number] for number in numbers])
    time = clock(container)
    whole = (container.duration or 0) / 1e6
    for probe in range(PROBES):
        try:
            yield _probe(container, streams, time, whole * probe / PROBES)
        except av.error.FFmpegError:  # no way to jump in this file, or it is damaged there
            continue


def _probe(
    container: "av.container.InputContainer", streams: Mapping[int, int], time: Clock, start: float
) -> "Mapping[int, Samples]":
    kept = {number: _nothing(container.streams[index]) for index, number in streams.items()}
    container.seek(round((max(0.0, start - PREROLL) + time.origin) * 1e6))
    for index, frame in _frames(container, [container.streams[index] for index in streams]):
        begin = frame.time - time.origin - start
        if begin >= PROBE_SECONDS:
            break
        _lay(samples_of(frame), round(begin * frame.sample_rate), kept[streams[index]])
    return {number: _low(samples) for number, samples in kept.items()}


def _low(samples: "Samples") -> "Samples":
    """At LOW_RATE, roughly: the mean of so many samples each. Above, codecs make up noise of their own per channel."""
    channels, count = samples.shape
    width = max(1, round(count / PROBE_SECONDS / LOW_RATE))
    low: Samples = samples[:, : count // width * width].reshape(channels, -1, width).mean(axis=2)
    return low


def _nothing(stream: "av.AudioStream") -> "Samples":
    import numpy as np

    codec = stream.codec_context
    return np.zeros((codec.layout.nb_channels, round(PROBE_SECONDS * codec.sample_rate)), np.float32)


def _frames(
    container: "av.container.InputContainer", streams: "Sequence[av.AudioStream]"
) -> "Iterator[tuple[int, av.AudioFrame]]":
    """What can be decoded from here on, each with the index of its stream."""
    import av

    for packet in islice(container.demux(*streams), _MOST_PACKETS):
        with suppress(av.error.FFmpegError):
            for frame in packet.decode():
                if frame.samples and frame.time is not None:
                    yield packet.stream.index, frame


def _lay(samples: "Samples", begin: int, kept: "Samples") -> None:
    """Put samples where they belong in `kept`; what lies outside, or changed its shape, is left out."""
    here = samples[:, max(0, -begin) :]
    there = kept[:, max(0, begin) :][:, : here.shape[1]]
    if len(samples) == len(kept):
        there[:] = as_sound(here[:, : there.shape[1]])
