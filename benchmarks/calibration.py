"""Whether a word's confidence tells what to look at: of the words below a confidence, how many are wrong.

    python benchmarks/calibration.py [--model demo] [--seeds 1 2 3] [--folder DIR]

Speaks sentences of the demo model's grammar that training holds out, in voices
that it knows and that it does not, at three levels of noise (espeak-ng needed),
runs `python -m transcriber transcribe` over them and compares with what was
said. A word is wrong if it was said otherwise, or not at all. "Finds" is the
share of the wrong words that lie below. Fails, with exit code 1, when fewer than
1 in 3 of the words that the page shades red are wrong at any level of noise.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import jiwer

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools"), str(ROOT / "benchmarks")]

import soundfile  # noqa: E402
from accuracy import TRAINED_RATES, _told, _transcribe  # noqa: E402
from demo_model import grammar, sounds  # noqa: E402
from demo_model.speech import SAMPLE_RATE  # noqa: E402
from demo_model.voices import UNSEEN_VOICES, random_manner, random_voice  # noqa: E402

from transcriber.export.doubts import DOUBT, GRAVE_DOUBT  # noqa: E402

NOISES = {"quiet (60 dB)": (60.0, 60.0), "noise (15 dB)": (15.0, 15.0), "loud noise (5 dB)": (5.0, 5.0)}
"""How far speech is above the noise."""

SENTENCES = 120
"""Per seed and level of noise; every third in a voice that the model has never heard."""

LEVELS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 0.9)
DEMAND = 1 / 3


@dataclass(frozen=True, slots=True)
class Heard:
    """A word that a model wrote."""

    confidence: float
    is_wrong: bool


def main() -> int:
    """Speak, transcribe, compare, print. Returns 1 when the demand is missed."""
    arguments = _parse()
    words = {name: _words(noise, arguments) for name, noise in NOISES.items()}
    everything = [word for some in words.values() for word in some]
    for name, some in [*words.items(), ("all", everything)]:
        _print(name, some)
    shares = [_share([word for word in some if word.confidence < GRAVE_DOUBT]) for some in words.values()]
    met = min(shares) >= DEMAND
    said = ", ".join(f"{share:.0%}" for share in shares)
    print(f"{'met' if met else 'MISSED'}: of the words below {GRAVE_DOUBT}, {said} are wrong")
    return 0 if met else 1


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="demo", help="a name of the catalogue, or the path of a .nemo file")
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5, 6], help="other seeds speak other sentences"
    )
    return parser.parse_args()


def _words(noise: tuple[float, float], arguments: argparse.Namespace) -> list[Heard]:
    found: list[Heard] = []
    for seed in arguments.seeds:
        with tempfile.TemporaryDirectory() as folder:
            said = dict(_spoken(Path(folder), Random(seed), noise))
            _transcribe(list(said), ("--model", arguments.model), Path(folder))
            for path, text in said.items():
                found += _compared(text, path.with_suffix(".json"))
    return found


def _spoken(folder: Path, random: Random, noise: tuple[float, float]) -> Iterator[tuple[Path, str]]:
    """Recordings, and what is said in each."""
    for number in range(SENTENCES):
        voice = random.choice(UNSEEN_VOICES) if number % 3 == 0 else random_voice(random)
        utterance = _told(grammar.fresh_sentence(random), random_manner(random, voice, TRAINED_RATES), random)
        path = folder / f"sentence-{number:03d}.flac"
        soundfile.write(path, sounds.over_noise(utterance.samples, random, noise, (0, 1)), SAMPLE_RATE)
        yield path, " ".join(word.text for word in utterance.words)


def _compared(said: str, transcript: Path) -> Iterator[Heard]:
    segments = json.loads(transcript.read_text(encoding="utf-8"))["segments"]
    words = [word for segment in segments for word in segment["words"]]
    if not words:
        return
    aligned = jiwer.process_words(_plain(said.split()), _plain([word["text"] for word in words]))
    for part in aligned.alignments[0]:
        for word in words[part.hyp_start_idx : part.hyp_end_idx]:
            yield Heard(word["confidence"], part.type != "equal")


def _plain(words: Sequence[str]) -> str:
    return " ".join(word.lower().strip(".,?") or "_" for word in words)


def _share(words: Sequence[Heard]) -> float:
    return sum(word.is_wrong for word in words) / max(1, len(words))


def _print(name: str, words: Sequence[Heard]) -> None:
    wrong = sum(word.is_wrong for word in words)
    print(f"{name}: {len(words)} words, {wrong} wrong ({_share(words):.1%})")
    print(f"  {'below':>6}{'words':>8}{'of all':>8}{'wrong':>8}{'finds':>8}")
    for level in LEVELS:
        some = [word for word in words if word.confidence < level]
        found = sum(word.is_wrong for word in some) / max(1, wrong)
        mark = {GRAVE_DOUBT: " red", DOUBT: " amber"}.get(level, "")
        print(f"  {level:6}{len(some):8}{len(some) / len(words):8.1%}{_share(some):8.1%}{found:8.1%}{mark}")


if __name__ == "__main__":
    sys.exit(main())
