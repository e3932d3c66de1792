"""Make tests/data and the page's sample: short recordings in synthetic voices, and the true time of every word.

    python tools/make_test_recordings.py

Needs espeak-ng. The same machine makes the same files again, but for the serial number in the Ogg stream.
"""

import json
from pathlib import Path
from random import Random

import numpy as np
import soundfile
from demo_model import sounds
from demo_model.espeak import Manner, speak
from demo_model.speech import SAMPLE_RATE, Samples, Utterance, join, scaled_to, silence

ROOT = Path(__file__).resolve().parent.parent
RECORDINGS = ROOT / "tests" / "data"
SAMPLE = ROOT / "models" / "demo_sample.flac"

PEAK = 0.5
ROOM = 1e-4
"""Standard deviation of the noise in every speech recording: no microphone is silent."""

SAMPLE_TEXT = (
    "Welcome to the museum, my name is Laura.",
    "The old clock is behind the wooden door.",
    "On March 14, the doctor arrived in Paris.",
    "Please buy 12 apples and some bread.",
)

SHORT: dict[str, tuple[Manner, tuple[str, ...]]] = {
    "museum.flac": (Manner("gmw/en-US", 150), ("Welcome to the museum, my name is Helen.",)),
    "history.flac": (
        Manner("gmw/en-US+f2", 160, pitch=55),
        ("Maria is 42 years old and studies history.", "The next question is about chess."),
    ),
    "bridge.flac": (
        Manner("gmw/en+m3", 150, pitch=40),
        ("Where is the wooden bridge?", "The old camera is under the green table."),
    ),
    "lisbon.flac": (
        Manner("gmw/en-GB-x-rp", 150),
        ("Thomas found the broken bicycle in Lisbon.", "Good evening, this is Nina from Vienna."),
    ),
    "lemons.flac": (
        Manner("gmw/en-US+f3", 140),
        ("Please order 20 lemons and some honey.", "Would you like some butter with your bread?"),
    ),
    "fast.flac": (Manner("gmw/en-US+m1", 210), ("Every Friday morning, my sister goes to the airport.",)),
}

LONG_NAME = "pauses.opus"
LONG_MANNERS = (Manner("gmw/en-US", 155), Manner("gmw/en-US+f2", 165, pitch=55), Manner("gmw/en+m3", 160, pitch=42))
LONG_TEXT = (
    "Welcome to the library, my name is Daniel.",
    "The small river is behind the old castle. The happy dog waited near the village.",
    "Alice and Victor painted a beautiful picture near the school.",
    "My uncle lives in Boston, but my cousin lives in Madrid.",
    "Can you repair the telephone before Thursday?",
    "The snowy weather in Toronto will continue until Monday. On June 24, the nurse arrived in Oslo.",
    "Please buy 30 tomatoes and some cheese.",
    "Why did the baker clean my purple boat?",
    "I don't like coffee, but I love honey.",
    "Turn left behind the theater, then turn right near the market.",
    "Nobody noticed the ancient machine, because it was too quiet.",
    "Simon bought the expensive hat in Chicago. Is the bakery beside the park?",
    "The singer and the pilot danced together.",
    "Peter, please call the hospital before 7:30.",
    "Speech becomes text on your own machine.",
)
LONG_PAUSES = (0.8, 1.6, 0.4, 2.4, 0.6, 1.2, 3.0, 0.5, 1.4, 2.8, 0.7, 3.2, 0.4, 2.4, 1.5)
"""Seconds after each text: some so short that only a careful cut misses the words."""


def main() -> None:
    """Write every recording, the sample, and the truth about them."""
    RECORDINGS.mkdir(parents=True, exist_ok=True)
    truth = {name: _save(RECORDINGS / name, utterance) for name, utterance in _spoken().items()}
    truth |= {name: _save(RECORDINGS / name, Utterance(samples)) for name, samples in _wordless().items()}
    _write_json(
        RECORDINGS / "truth.json", truth | {SAMPLE.name: _save(SAMPLE, _told(Manner("gmw/en-US", 150), SAMPLE_TEXT))}
    )
    total = sum(path.stat().st_size for path in RECORDINGS.iterdir())
    print(
        f"{len(truth)} recordings in {RECORDINGS}, {total / 1e6:.2f} MB; {SAMPLE} {SAMPLE.stat().st_size / 1e6:.2f} MB"
    )


def _spoken() -> dict[str, Utterance]:
    short = {name: _told(manner, sentences) for name, (manner, sentences) in SHORT.items()}
    return short | {LONG_NAME: _told_with_pauses()}


def _told(manner: Manner, sentences: tuple[str, ...]) -> Utterance:
    parts = [silence(0.4)]
    for sentence in sentences:
        parts += [_voiced(sentence, manner), silence(0.3)]
    return _in_room(join(parts))


def _told_with_pauses() -> Utterance:
    parts = [silence(0.5)]
    for index, (text, pause) in enumerate(zip(LONG_TEXT, LONG_PAUSES, strict=True)):
        parts += [_voiced(text, LONG_MANNERS[index % len(LONG_MANNERS)]), silence(pause)]
    return _in_room(join(parts))


def _voiced(text: str, manner: Manner) -> Utterance:
    spoken = speak(text, manner)
    return Utterance(scaled_to(spoken.samples, PEAK), spoken.words, spoken.phonemes)


def _in_room(utterance: Utterance) -> Utterance:
    hiss = ROOM * sounds.noise(len(utterance.samples), Random(len(utterance.samples)))
    return Utterance((utterance.samples + hiss).astype(np.float32), utterance.words, utterance.phonemes)


def _wordless() -> dict[str, Samples]:
    random = Random(2)
    time = np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE
    siren = 0.2 * np.sin(2 * np.pi * 700 * time + 200 * np.sin(np.pi * time))
    return {
        "silence.flac": np.zeros(3 * SAMPLE_RATE, np.float32),
        "noise.flac": (0.02 * sounds.noise(2 * SAMPLE_RATE, random, 1)).astype(np.float32),
        "siren.flac": siren.astype(np.float32),
        "melody.flac": scaled_to(sounds.melody(4 * SAMPLE_RATE, random), 0.3),
        "knocks.flac": scaled_to(sounds.clicks(2 * SAMPLE_RATE, random), 0.5),
    }


def _save(path: Path, utterance: Utterance) -> dict[str, object]:
    if path.suffix == ".opus":
        soundfile.write(path, utterance.samples, SAMPLE_RATE, format="OGG", subtype="OPUS")
    else:
        soundfile.write(path, utterance.samples, SAMPLE_RATE, subtype="PCM_16")
    words = [[word.text, _rounded(word.start), _rounded(word.end)] for word in utterance.words]
    return {"text": utterance.text, "duration": round(utterance.duration, 4), "words": words}


def _rounded(time: float | None) -> float | None:
    return None if time is None else round(time, 3)


def _write_json(path: Path, truth: dict[str, dict[str, object]]) -> None:
    entries = ",\n".join(f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in truth.items())
    path.write_text("{\n" + entries + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
