"""Samples of any number of channels, at any rate, as mono at 16 kHz."""

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING

from transcriber.media.frames import Span
from transcriber.options import SAMPLE_RATE

if TYPE_CHECKING:
    import av
    import numpy as np
    import numpy.typing as npt

    Samples = npt.NDArray[np.float32]

BLOCK_SECONDS = 1.0
"""The longest block that `decode` yields."""

LOUDEST = 32.0
"""30 dB above full scale. Float recorders do write beyond 1.0; past this it is no longer sound."""

OPPOSITE = -0.5
"""Correlation under which a channel is taken to be wired upside down: there the sum has lost 6 dB already."""


def grouped(spans: Iterable[Span]) -> Iterator[Span]:
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


def _joined(parts: "list[Samples]", rate: int) -> Span:
    """One span, cleaned before a filter can spread what is in it."""
    import numpy as np

    return Span(as_sound(np.concatenate(parts, axis=1)), rate)


def as_sound(samples: "Samples") -> "Samples":
    """What is not sound (NaN, infinity) as silence, and nothing beyond LOUDEST."""
    import numpy as np

    return np.where(np.isfinite(samples), samples, np.float32(0)).clip(-LOUDEST, LOUDEST)


def mixed(spans: Iterable[Span]) -> Iterator[Span]:
    """All channels in one, still of shape (1, count)."""
    for span in spans:
        yield Span(mixed_to_one(span.samples)[None], span.rate)


def mixed_to_one(samples: "Samples") -> "Samples":
    """All channels of (channels, count) in one, of shape (count)."""
    mix: Samples = (_weights(samples) @ samples)[0]
    return mix


def picked(spans: Iterable[Span], channel: int) -> Iterator[Span]:
    """One channel, still of shape (1, count); silence where a file that changes in the middle does not have it."""
    import numpy as np

    for span in spans:
        there = span.samples[channel : channel + 1]
        yield Span(np.ascontiguousarray(there) if len(there) else np.zeros_like(span.samples[:1]), span.rate)


def _weights(samples: "Samples") -> "Samples":
    """What each channel adds to the mix, shape (1, channels): equal parts, negative where one is upside down.

    A stereo pair with one cable wired the wrong way round is common, and its plain sum is silence.
    """
    import numpy as np

    energies = np.einsum("cn,cn->c", samples, samples)
    loudest = int(energies.argmax())
    opposite = samples @ samples[loudest] < OPPOSITE * np.sqrt(energies * energies[loudest])
    return (np.where(opposite, -1, 1)[None] / len(samples)).astype(np.float32)


def resampled(spans: Iterable[Span]) -> "Iterator[Samples]":
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


def within_full_scale(samples: "Samples") -> "Samples":
    """Turned down as a whole where it is louder than 1.0: clipping would distort the speech."""
    import numpy as np

    return samples / np.float32(max(1.0, float(np.abs(samples).max())))
