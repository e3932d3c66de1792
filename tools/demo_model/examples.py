"""What the model learns from: recordings with speech, pauses, noise and music, and the truth about them."""

from dataclasses import dataclass, replace
from random import Random

from demo_model import grammar, sounds
from demo_model.espeak import speak
from demo_model.speech import SAMPLE_RATE, SILENCE, Phoneme, Utterance, join, silence
from demo_model.voices import FLITE_VOICES, flite, random_manner, random_voice

LONGEST = 22.0
"""Seconds. Longer examples would decide the size of a batch alone."""

WORDLESS_SHARE = 0.06


@dataclass(frozen=True, slots=True)
class Speakers:
    """Who speaks how fast: the share of examples in flite's voices, and espeak's words per minute."""

    flite_share: float = 0.2
    words_per_minute: tuple[int, int] = (105, 255)


def example(random: Random, speakers: Speakers) -> Utterance:
    """One recording of at most `LONGEST` seconds."""
    return next(one for one in iter(lambda: _any_example(random, speakers), None) if one.duration <= LONGEST)


def _any_example(random: Random, speakers: Speakers) -> Utterance:
    if random.random() < WORDLESS_SHARE:
        return _wordless_example(random)
    spoken = _conversation(random, speakers)
    return replace(spoken, samples=sounds.recorded(spoken.samples, random))


def _wordless_example(random: Random) -> Utterance:
    samples = sounds.wordless(round(SAMPLE_RATE * random.uniform(1, 12)), random)
    return Utterance(samples, (), (Phoneme(SILENCE, 0.0, len(samples) / SAMPLE_RATE),))


def _conversation(random: Random, speakers: Speakers) -> Utterance:
    """One utterance, or at times two or three with pauses between; mostly one speaker."""
    in_flite = random.random() < speakers.flite_share
    voice = random.choice(FLITE_VOICES) if in_flite else random_voice(random)
    parts = [_lead(random, 1.5)]
    for index in range(random.choice([1, 1, 1, 1, 1, 1, 2, 3])):
        if index:
            parts.append(silence(random.choice([random.uniform(0.1, 0.6), random.uniform(0.5, 3.5)])))
        speaker = voice if in_flite or random.random() < 0.8 else random_voice(random)
        parts.append(_spoken(random, speaker, speakers))
    return join([*parts, _lead(random, 2.0)])


def _lead(random: Random, longest: float) -> Utterance:
    return silence(random.choice([0.0, random.uniform(0, 0.3), random.uniform(0, longest)]))


def _spoken(random: Random, voice: str, speakers: Speakers) -> Utterance:
    text = grammar.training_text(random)
    if voice in FLITE_VOICES:
        return flite(text, voice, random.uniform(0.88, 1.14))
    return speak(text, random_manner(random, voice, speakers.words_per_minute))
