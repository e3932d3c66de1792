"""The voices that the model is trained on, and those kept from it."""

import subprocess
import tempfile
from pathlib import Path
from random import Random

from demo_model.espeak import Manner
from demo_model.speech import SAMPLE_RATE, SpokenWord, Utterance, split_words

ACCENTS = {
    "gmw/en-US": 50,
    "gmw/en": 22,
    "gmw/en-GB-x-rp": 8,
    "gmw/en-GB-scotland": 5,
    "gmw/en-GB-x-gbclan": 5,
    "gmw/en-GB-x-gbcwmd": 5,
    "gmw/en-029": 5,
}
"""espeak-ng 1.51's English accents, and how often each is heard, in percent."""

VARIANTS = [
    *("", "", "", "m1", "m2", "m3", "m4", "m6", "m7", "m8", "f1", "f1", "f2", "f2", "f3", "f3", "f5"),
    *("klatt", "klatt2", "klatt3", "Andy", "Alex", "Gene", "Hugo", "Lee", "Mario", "Max", "Mike", "Pablo", "Paul"),
    *("steph", "belinda", "ed", "edward", "john", "miguel", "rob", "robert", "travis", "victor", "norbert", "sandro"),
    *("grandma", "grandpa", "Alicia", "Andrea"),
]
"""Named more than once where they shall be heard more often."""

UNSEEN_VOICES = ("gmw/en-US+f4", "gmw/en-US+m5", "gmw/en+linda", "gmw/en-US+michael", "gmw/en-US-nyc")
"""Never used in training."""

FLITE_VOICES = ("rms", "awb", "kal16")


def random_voice(random: Random) -> str:
    """One of the trained espeak voices."""
    accent = random.choices(list(ACCENTS), list(ACCENTS.values()))[0]
    variant = random.choice(VARIANTS)
    return f"{accent}+{variant}" if variant else accent


def random_manner(random: Random, voice: str, words_per_minute: tuple[int, int]) -> Manner:
    """`voice` in some mood: rate, pitch, melody, gaps and tempo vary."""
    return Manner(
        voice=voice,
        words_per_minute=random.randint(*words_per_minute),
        pitch=random.randint(20, 80),
        pitch_range=random.randint(20, 80),
        word_gap=random.choice([0, 0, 0, 1, 2]),
        tempo=random.uniform(0.9, 1.12),
    )


def flite(text: str, voice: str, tempo: float) -> Utterance:
    """`text` spoken by the flite program, which tells no times.

    Raises:
        FileNotFoundError: flite is not installed.
    """
    import soundfile
    import soxr

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spoken.wav"
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(path)], check=True, capture_output=True)  # noqa: S607
        samples, rate = soundfile.read(path, dtype="float32")
    words = tuple(SpokenWord(word) for _, word in split_words(text))
    return Utterance(soxr.resample(samples, rate * tempo, SAMPLE_RATE, "HQ"), words, None)
