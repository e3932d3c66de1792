"""Sounds in which an honest recogniser hears no word, most of them unlike those of training."""

from collections.abc import Callable
from random import Random

import numpy as np
import numpy.typing as npt

from demo_model import sounds
from demo_model.speech import SAMPLE_RATE, Samples, scaled_to

Time = npt.NDArray[np.float64]


def _tone(time: Time, hertz: float | Time) -> Time:
    return np.asarray(np.sin(2 * np.pi * hertz * time))


def _organ(time: Time) -> Time:
    """A chord with a vibrato of 5 Hz."""
    waver = 3 * _tone(time, 5)
    return np.asarray(sum(np.sin(2 * np.pi * hertz * time + waver) for hertz in (220, 277, 330, 440)))


def _pulses(time: Time) -> Time:
    """A voice's 120 pulses a second, four syllables a second, but no vowel."""
    return np.asarray((_tone(time, 120) > 0.95) * (_tone(time, 4) > 0) * 1.0)


TONES: dict[str, Callable[[Time], Time]] = {
    "sine 440 Hz": lambda time: _tone(time, 440),
    "mains hum": lambda time: np.sign(_tone(time, 50)),
    "sweep": lambda time: np.asarray(np.sin(2 * np.pi * (100 * time + 100 * time * time))),
    "siren": lambda time: np.asarray(np.sin(2 * np.pi * 700 * time + 200 * np.sin(np.pi * time))),
    "organ with vibrato": _organ,
    "gated pulses": _pulses,
    "telephone dial tone": lambda time: _tone(time, 350) + _tone(time, 440),
    "dialled digits": lambda time: (_tone(time, 697 + 73 * (time // 0.4 % 4)) + _tone(time, 1336)) * (time % 0.4 < 0.2),
}

NOISES: dict[str, Callable[[int, Random], Samples]] = {
    "white noise": lambda count, random: sounds.noise(count, random, 0),
    "pink noise": lambda count, random: sounds.noise(count, random, 1),
    "brown noise": lambda count, random: sounds.noise(count, random, 2),
    "noise in syllables": lambda count, random: sounds.in_syllables(sounds.noise(count, random), 4),
    "drums": sounds.clicks,
    "melody": sounds.melody,
    "melody in noise": lambda count, random: sounds.over_noise(sounds.melody(count, random), random, (0, 20), (0, 1)),
    "drums and melody": lambda count, random: sounds.melody(count, random) + sounds.clicks(count, random),
}


def clips(random: Random, variations: int) -> dict[str, Samples]:
    """Silence, and every sound `variations` times: lengths of 2 to 15 s, peaks of -1 to -40 dB."""
    made = {
        "digital silence": np.zeros(15 * SAMPLE_RATE, np.float32),
        "silence of 60 s": np.zeros(60 * SAMPLE_RATE, np.float32),
    }
    for round_number in range(1, variations + 1):
        for name in (*TONES, *NOISES):
            level = sounds.decibels(-random.uniform(1, 40))
            made[f"{name} {round_number}"] = scaled_to(_sound(name, random), level)
    return made


def _sound(name: str, random: Random) -> Samples:
    count = round(SAMPLE_RATE * random.uniform(2, 15))
    if name in TONES:
        return TONES[name](np.arange(count) / SAMPLE_RATE).astype(np.float32)
    return NOISES[name](count, random)
