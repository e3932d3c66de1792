"""Sounds that are not speech, and what rooms and microphones do to speech that is."""

import math
from collections.abc import Callable
from random import Random

import numpy as np

from demo_model.speech import SAMPLE_RATE, Samples, scaled_to

_SCALE = (0, 2, 4, 5, 7, 9, 11, 12, 14, 16)
"""Semitones over the base of a major scale."""

_TINY = 1e-6


def noise_source(random: Random) -> np.random.Generator:
    """A generator of arrays, seeded by ours, so one seed decides everything."""
    return np.random.default_rng(random.getrandbits(64))


def noise(count: int, random: Random, slope: float = 0.0) -> Samples:
    """Noise of standard deviation 1, its power falling as frequency to the `slope`: 0 white, 1 pink, 2 brown."""
    white = noise_source(random).standard_normal(count)
    spectrum = np.fft.rfft(white)
    spectrum /= np.arange(1, len(spectrum) + 1) ** (slope / 2)
    return _unit(np.fft.irfft(spectrum, count))


def melody(count: int, random: Random) -> Samples:
    """Plucked chords of a scale, a note every 0.12 to 0.7 s; standard deviation 1."""
    step = round(SAMPLE_RATE * random.uniform(0.12, 0.7))
    base = random.choice([110, 165, 220, 262, 330])
    samples = np.zeros(count)
    for start in range(0, count, step):
        if random.random() > 0.15:
            end = min(count, start + round(step * random.uniform(0.7, 1.5)))
            samples[start:end] += _chord(end - start, base, random)
    return _unit(samples)


def _chord(count: int, base: float, random: Random) -> Samples:
    time = np.arange(count) / SAMPLE_RATE
    chord = np.zeros(count)
    for _ in range(random.randint(1, 3)):
        pitch = base * 2 ** (random.choice(_SCALE) / 12)
        for harmonic in range(1, random.randint(2, 6)):
            decay = np.exp(-time * random.uniform(1, 6))
            chord += decay * np.sin(2 * np.pi * pitch * harmonic * time) / harmonic**1.3
    return np.asarray(chord, np.float32)


def clicks(count: int, random: Random) -> Samples:
    """One to twelve short bursts: doors, keys, drums; standard deviation 1."""
    generator = noise_source(random)
    samples = np.zeros(count)
    for _ in range(random.randint(1, 12)):
        length = min(count, random.randint(50, 1500))
        start = random.randint(0, count - length)
        samples[start : start + length] += generator.standard_normal(length) * np.exp(-4 * np.arange(length) / length)
    return _unit(samples)


def _unit(samples: "np.typing.NDArray[np.float64]") -> Samples:
    return np.asarray(samples / (samples.std() + _TINY), np.float32)


def decibels(level: float) -> float:
    """The factor of an amplitude.

    >>> decibels(-20)
    0.1
    """
    return math.pow(10, level / 20)


def wordless(count: int, random: Random) -> Samples:
    """Something that is no speech, from loud to nearly nothing, or nothing at all."""
    kind = random.choices(["noise", "melody", "clicks", "hush", "nothing"], [40, 35, 15, 5, 5])[0]
    if kind == "nothing":
        return np.zeros(count, np.float32)
    if kind == "hush":
        return noise(count, random) * np.float32(1e-4)
    return scaled_to(_swelling(_SOUNDS[kind](count, random), random), decibels(-random.uniform(1, 50)))


_SOUNDS: dict[str, Callable[[int, Random], Samples]] = {
    "noise": lambda count, random: noise(count, random, random.choice([0, 1, 2])),
    "melody": lambda count, random: over_noise(melody(count, random), random, (10, 50), (1,)),
    "clicks": lambda count, random: over_noise(clicks(count, random), random, (0, 50), (1,)),
}


def _swelling(samples: Samples, random: Random) -> Samples:
    """Often as it is, at times louder and softer as it goes, at times in syllables: that alone makes no speech."""
    kind = random.choices(["steady", "wandering", "syllables"], [60, 25, 15])[0]
    if kind == "syllables":
        return in_syllables(samples, random.uniform(2, 8))
    levels = noise_source(random).uniform(0.02, 1, 8) if kind == "wandering" else np.ones(8)
    loudness = np.interp(np.arange(len(samples)), np.linspace(0, len(samples), 8), levels)
    return (samples * loudness).astype(np.float32)


def in_syllables(samples: Samples, hertz: float) -> Samples:
    """`samples` swelling `hertz` times a second; speech has about four syllables in one."""
    swells = (1 + np.sin(2 * np.pi * hertz * np.arange(len(samples)) / SAMPLE_RATE)) / 2
    return np.asarray(samples * swells, np.float32)


def over_noise(
    samples: Samples, random: Random, decibel_range: tuple[float, float], slopes: tuple[int, ...]
) -> Samples:
    """`samples` with noise so many decibels below them."""
    level = float(samples.std() + 1e-4) * decibels(-random.uniform(*decibel_range))
    return (samples + level * noise(len(samples), random, random.choice(slopes))).astype(np.float32)


def band_limited(samples: Samples, random: Random) -> Samples:
    """As over a telephone: little below 50 to 300 Hz or above 3.3 to 7 kHz."""
    spectrum = np.fft.rfft(samples)
    frequencies = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    spectrum[(frequencies < random.uniform(50, 300)) | (frequencies > random.uniform(3300, 7000))] *= 0.02
    return np.fft.irfft(spectrum, len(samples)).astype(np.float32)


def reverberant(samples: Samples, random: Random) -> Samples:
    """As in a small room: a tail of 80 to 300 ms."""
    count = round(SAMPLE_RATE * random.uniform(0.08, 0.3))
    response = noise(count, random) * np.exp(-6 * np.arange(count) / count) * random.uniform(0.02, 0.12)
    response[0] = 1
    size = 1 << math.ceil(math.log2(len(samples) + count))
    wet = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)
    return wet[: len(samples)].astype(np.float32)


def recorded(samples: Samples, random: Random) -> Samples:
    """`samples` as some microphone somewhere would have caught them: 65 % noisy, some in rooms, over music, far off."""
    for share, change in _CIRCUMSTANCES:
        if random.random() < share:
            samples = change(samples, random)
    return scaled_to(samples, decibels(-random.uniform(0.5, 26)))


def _beneath(sound: Callable[[int, Random], Samples], decibel_range: tuple[float, float]) -> Callable[..., Samples]:
    def change(samples: Samples, random: Random) -> Samples:
        level = float(samples.std() + 1e-4) * decibels(-random.uniform(*decibel_range))
        return (samples + level * sound(len(samples), random)).astype(np.float32)

    return change


_CIRCUMSTANCES: tuple[tuple[float, Callable[[Samples, Random], Samples]], ...] = (
    (0.08, band_limited),
    (0.12, reverberant),
    (0.65, lambda samples, random: over_noise(samples, random, (8, 45), (0, 0, 1, 1, 2))),
    (0.06, _beneath(melody, (12, 30))),
    (0.06, _beneath(clicks, (8, 25))),
)
