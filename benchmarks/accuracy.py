"""How well a model hears fresh synthetic speech: words, their times, and silence where nobody speaks.

    python benchmarks/accuracy.py [--model demo] [--seed 1] [--folder DIR]

Speaks sentences of the demo model's grammar that training holds out (espeak-ng
needed), runs `python -m transcriber transcribe` over them and over sounds that
are no speech, and compares with the truth the synthesiser tells. Fails, with
exit code 1, when the demands on the demo model are missed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import jiwer
import numpy as np
import soundfile

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from demo_model import grammar, not_speech, sounds  # noqa: E402
from demo_model.espeak import Manner, speak  # noqa: E402
from demo_model.speech import SAMPLE_RATE, Samples, SpokenWord, Utterance, join, scaled_to, silence  # noqa: E402
from demo_model.voices import UNSEEN_VOICES, random_manner, random_voice  # noqa: E402

MAX_WORD_ERROR_RATE = 0.04
MAX_MEDIAN_START_ERROR = 0.030
MAX_LATE_START_ERROR = 0.080
"""Seconds, at the 95th percentile."""

TRAINED_RATES = (115, 215)
WORDLESS = "wordless"
FILES_PER_CALL = 100
"""A command line of Windows holds 32,767 characters."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A spoken file and the truth about it."""

    group: str
    path: Path
    words: tuple[SpokenWord, ...]


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word as the model wrote it, times in seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Score:
    """Errors of some sentences: words wrong of words spoken, and what each time was off, in seconds."""

    sentences: int
    wrong: int
    spoken: int
    starts: tuple[float, ...]
    ends: tuple[float, ...]

    @property
    def word_error_rate(self) -> float:
        """Substitutions, deletions and insertions per word spoken."""
        return self.wrong / max(1, self.spoken)

    def start_error(self, percentile: float) -> float:
        """Seconds, of the words heard right."""
        return _percentile(self.starts, percentile)

    def end_error(self, percentile: float) -> float:
        """Seconds, of the words heard right."""
        return _percentile(self.ends, percentile)


def main() -> int:
    """Speak, transcribe, compare, print. Returns 1 when a demand is missed."""
    arguments = _parse()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        random = Random(arguments.seed)
        sentences = list(_speak_sentences(folder, random))
        silent = list(_save_wordless(folder, random))
        choices = ("--model", arguments.model, "--precision", arguments.precision)
        heard = _transcribe([sentence.path for sentence in sentences] + silent, choices, folder)
    scores = {group: score_group(group, sentences, heard) for group in _groups(sentences)}
    total = _sum(scores.values())
    _print_table(scores | {"all": total})
    invented = {path.stem: heard[path] for path in silent if heard[path]}
    _print_invented(len(silent), invented)
    return 0 if _meets_demands(total) and not invented else 1


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="demo", help="a name of the catalogue, or the path of a .nemo file")
    parser.add_argument("--precision", default="auto", help="int8: as the command line has it")
    parser.add_argument("--seed", type=int, default=1, help="other seeds speak other sentences")
    parser.add_argument("--folder", type=Path, help="keep the recordings and transcripts there")
    return parser.parse_args()


# --- what is spoken


def _speak_sentences(folder: Path, random: Random) -> Iterator[Sentence]:
    """240 sentences in five groups."""
    plan = [
        *[("default voice", Manner()) for _ in range(40)],
        *[("trained voices", random_manner(random, random_voice(random), TRAINED_RATES)) for _ in range(80)],
        *[("noise 10-20 dB", random_manner(random, random_voice(random), TRAINED_RATES)) for _ in range(40)],
        *[("unseen voices", random_manner(random, voice, TRAINED_RATES)) for voice in UNSEEN_VOICES for _ in range(16)],
    ]
    for number, (group, manner) in enumerate(plan):
        utterance = _told(grammar.fresh_sentence(random), manner, random)
        noise = (10.0, 20.0) if group.startswith("noise") else (60.0, 60.0)
        path = folder / f"sentence-{number:03d}.flac"
        soundfile.write(path, sounds.over_noise(utterance.samples, random, noise, (0, 1)), SAMPLE_RATE)
        yield Sentence(group, path, utterance.words)


def _told(text: str, manner: Manner, random: Random) -> Utterance:
    spoken = speak(text, manner)
    loud = Utterance(scaled_to(spoken.samples, 0.5), spoken.words, spoken.phonemes)
    return join([silence(random.uniform(0.1, 0.5)), loud, silence(random.uniform(0.1, 0.5))])


def _save_wordless(folder: Path, random: Random) -> Iterator[Path]:
    for name, samples in not_speech.clips(random, variations=3).items():
        yield _saved(folder / f"{WORDLESS} {name}.flac", samples)


def _saved(path: Path, samples: Samples) -> Path:
    soundfile.write(path, samples, SAMPLE_RATE)
    return path


# --- what is heard


def _transcribe(paths: Sequence[Path], choices: Sequence[str], folder: Path) -> dict[Path, tuple[HeardWord, ...]]:
    """The words of every file, by way of the command line."""
    for first in range(0, len(paths), FILES_PER_CALL):
        some = map(str, paths[first : first + FILES_PER_CALL])
        command = [sys.executable, "-m", "transcriber", "transcribe", *some]
        options = [*choices, "--format", "json", "--output-dir", str(folder), "--device", "cpu"]
        subprocess.run([*command, *options], check=True, cwd=ROOT, capture_output=True, env=_elsewhere(folder))
    return {path: _heard(folder / f"{path.stem}.json") for path in paths}


def _elsewhere(folder: Path) -> dict[str, str]:
    """The environment with a home for jobs in `folder`: hundreds of them do not belong among the user's own."""
    return os.environ | {name: str(folder / "home") for name in ("XDG_DATA_HOME", "LOCALAPPDATA")}


def _heard(path: Path) -> tuple[HeardWord, ...]:
    transcript = json.loads(path.read_text(encoding="utf-8"))
    words = [word for segment in transcript["segments"] for word in segment["words"]]
    return tuple(HeardWord(word["text"], word["start"], word["end"]) for word in words)


# --- what is right


def score_group(group: str, sentences: Iterable[Sentence], heard: dict[Path, tuple[HeardWord, ...]]) -> Score:
    """The score of the sentences of one group."""
    return _sum(score(one.words, heard[one.path]) for one in sentences if one.group == group)


def score(spoken: Sequence[SpokenWord], heard: Sequence[HeardWord]) -> Score:
    """Of one sentence, case and punctuation aside. Times count where the word was heard right and its time is known."""
    aligned = jiwer.process_words(_plain(spoken), _plain(heard))
    starts, ends = [], []
    for true, own in _matches(aligned, spoken, heard):
        starts += [own.start - true.start] if true.start is not None else []
        ends += [own.end - true.end] if true.end is not None else []
    wrong = aligned.substitutions + aligned.deletions + aligned.insertions
    return Score(1, wrong, len(spoken), tuple(starts), tuple(ends))


def _plain(words: Sequence[SpokenWord] | Sequence[HeardWord]) -> str:
    return " ".join(word.text.lower().strip(".,?") or "_" for word in words)


def _matches(
    aligned: jiwer.WordOutput, spoken: Sequence[SpokenWord], heard: Sequence[HeardWord]
) -> Iterator[tuple[SpokenWord, HeardWord]]:
    for chunk in aligned.alignments[0]:
        if chunk.type == "equal":
            true = spoken[chunk.ref_start_idx : chunk.ref_end_idx]
            yield from zip(true, heard[chunk.hyp_start_idx : chunk.hyp_end_idx], strict=True)


def _sum(scores: Iterable[Score]) -> Score:
    every = list(scores)
    return Score(
        sum(one.sentences for one in every),
        sum(one.wrong for one in every),
        sum(one.spoken for one in every),
        tuple(error for one in every for error in one.starts),
        tuple(error for one in every for error in one.ends),
    )


def _groups(sentences: Iterable[Sentence]) -> list[str]:
    return list(dict.fromkeys(sentence.group for sentence in sentences))


def _percentile(errors: Sequence[float], percentile: float) -> float:
    return float(np.percentile(np.abs(errors), percentile)) if errors else float("nan")


def _meets_demands(total: Score) -> bool:
    return (
        total.word_error_rate <= MAX_WORD_ERROR_RATE
        and total.start_error(50) <= MAX_MEDIAN_START_ERROR
        and total.start_error(95) <= MAX_LATE_START_ERROR
    )


# --- what is printed


def _print_table(scores: dict[str, Score]) -> None:
    print(_row("", ("sentences", "words", "WER %", "start ms", "p95", "end ms", "p95")))
    for group, one in scores.items():
        times = [one.start_error(50), one.start_error(95), one.end_error(50), one.end_error(95)]
        milliseconds = [f"{time * 1000:.0f}" for time in times]
        print(_row(group, (one.sentences, one.spoken, f"{one.word_error_rate * 100:.1f}", *milliseconds)))


def _row(title: str, cells: Iterable[object]) -> str:
    return f"{title:16}" + "".join(f"{cell!s:>10}" for cell in cells)


def _print_invented(count: int, invented: dict[str, tuple[HeardWord, ...]]) -> None:
    print(f"words on {count} clips without speech: {sum(map(len, invented.values()))}")
    for name, words in invented.items():
        print(f"  {name}: {' '.join(word.text for word in words)}")


if __name__ == "__main__":
    sys.exit(main())
