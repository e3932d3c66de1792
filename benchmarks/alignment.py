"""How well words without times are timed by another model's, and how well the proof finds what is wrong in them.

    python benchmarks/alignment.py [--seed 101] [--sentences 200]

Speaks sentences of the demo model's grammar that training holds out (espeak-ng
needed) and lets the demo model hear them. Then spoils the true words by
substitutions, insertions, deletions and other spellings, aligns them with what
was heard, and compares with the truth that the synthesiser tells.
"""

import argparse
import difflib
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from demo_model import grammar, sounds  # noqa: E402
from demo_model.espeak import speak  # noqa: E402
from demo_model.speech import SpokenWord, Utterance, join, scaled_to, silence  # noqa: E402
from demo_model.voices import random_manner, random_voice  # noqa: E402

from transcriber import alignment, speech  # noqa: E402
from transcriber.loading import load_model  # noqa: E402
from transcriber.options import TranscribeOptions  # noqa: E402
from transcriber.recognizer import Clip  # noqa: E402
from transcriber.spoken import spoken  # noqa: E402
from transcriber.transcript import Word  # noqa: E402

ERROR_RATES = (0.0, 0.05, 0.10, 0.20)
"""Errors per true word. Other spellings come on top, at the same rate, where a number stands."""

TRAINED_RATES = (115, 215)
HEARD_OTHERWISE = {"word", "number", "name"}
VOCABULARY = [word for word in grammar.vocabulary() if word not in {"a", "A", "I"}]


@dataclass(frozen=True, slots=True)
class Sentence:
    """What was said, what the timing model heard, and where somebody spoke."""

    spoken: tuple[SpokenWord, ...]
    heard: tuple[Word, ...]
    duration: float
    voices: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class SpoiledText:
    """A text with errors: its words, what was said for each (None where nothing was), and where the errors are.

    An error is the indices of words that a pointer at it may stand with: the
    wrong word itself, or the two around a missing one.
    """

    words: tuple[str, ...]
    truth: tuple[SpokenWord | None, ...]
    errors: tuple[frozenset[int], ...]


@dataclass(frozen=True, slots=True)
class Score:
    """Of some sentences. `heard` and `shared` are the seconds that the starts of such words are off."""

    heard: tuple[float, ...] = ()
    shared: tuple[float, ...] = ()
    errors: int = 0
    found: int = 0
    alarms: int = 0
    words: int = 0
    seconds: float = 0.0


def main() -> None:
    """Speak, recognize, spoil, align, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=101, help="other seeds speak other sentences; 1 is not fresh")
    parser.add_argument("--sentences", type=int, default=200)
    arguments = parser.parse_args()
    random = Random(arguments.seed)
    sentences = list(_recognized(_told(grammar.fresh_sentence(random), random) for _ in range(arguments.sentences)))
    print(_row("errors", ("start ms", "p95", "shared", "start ms", "p95", "found", "", "alarms", "CPU ms")))
    for rate in ERROR_RATES:
        print(_line(rate, [score(one, spoiled(one.spoken, rate, random)) for one in sentences]))


# --- what is spoken and heard


def _told(text: str, random: Random) -> Utterance:
    spoken_text = speak(text, random_manner(random, random_voice(random), TRAINED_RATES))
    loud = Utterance(scaled_to(spoken_text.samples, 0.5), spoken_text.words, spoken_text.phonemes)
    told = join([silence(random.uniform(0.1, 0.5)), loud, silence(random.uniform(0.1, 0.5))])
    return Utterance(sounds.over_noise(told.samples, random, (60.0, 60.0), (0, 1)), told.words, told.phonemes)


def _recognized(utterances: Iterable[Utterance]) -> Iterator[Sentence]:
    model = load_model("demo")
    for utterance in utterances:
        samples = utterance.samples.astype(np.float32)
        heard = model.recognize([Clip(samples, 0.0)], TranscribeOptions())[0].words
        yield Sentence(utterance.words, heard, utterance.duration, tuple(speech.spans(samples)))


# --- what is spoiled


def spoiled(words: Sequence[SpokenWord], rate: float, random: Random) -> SpoiledText:
    """The true words with an error at `rate` of them; other spellings of numbers are no errors and come on top."""
    text: list[str] = []
    truth: list[SpokenWord | None] = []
    errors: list[frozenset[int]] = []
    for word in words:
        error = random.choice(["substitution", "substitution", "insertion", "deletion"])
        if random.random() >= rate:
            written = _respelled(word.text) if random.random() < rate else [word.text]
            text += written
            truth += [word, *[None for _ in written[1:]]]
            continue
        at = len(text)
        errors.append(frozenset({at - 1, at} if error == "deletion" else {at}))
        text += {"substitution": [_another(word.text, random)], "deletion": []}.get(error, [_any(random), word.text])
        truth += {"substitution": [word], "deletion": []}.get(error, [None, word])
    return SpoiledText(tuple(text), tuple(truth), tuple(errors))


def _any(random: Random) -> str:
    return random.choice(VOCABULARY)


def _another(written: str, random: Random) -> str:
    """Another number, or another word: every other time one that is written like it, if there is one."""
    core = written.strip(".,?")
    if core[0].isdigit():
        other = next(number for number in iter(lambda: str(random.randint(2, 99)), "") if number != core)
    else:
        near = [word for word in difflib.get_close_matches(core, VOCABULARY, 5, 0.5) if word.lower() != core.lower()]
        far = [word for word in VOCABULARY if word.lower() != core.lower()]
        other = random.choice(near if near and random.random() < 0.5 else far)
    return written.replace(core, other.capitalize() if core[0].isupper() else other)


def _respelled(written: str) -> list[str]:
    """Numbers in words, times of day as two of them; other words as they are."""
    core = written.strip(".,?")
    if not core[0].isdigit():
        return [written]
    said = spoken(core)
    in_words = [" ".join(said)] if ":" in core else ["-".join(said)]
    return written.replace(core, in_words[0]).split()


# --- what is right


def score(sentence: Sentence, text: SpoiledText) -> Score:
    """Align a spoiled text with what was heard, and compare."""
    began = time.process_time()
    proved = alignment.prove(text.words, sentence.heard, (0.0, sentence.duration), sentence.voices)
    seconds = time.process_time() - began
    starts: dict[str, list[float]] = {"heard": [], "shared": []}
    for word, true in zip(proved, text.truth, strict=bool(proved)):
        if true is not None and true.start is not None:
            starts[word.timing].append(abs(word.start - true.start))
    pointed = list(_pointed(proved))
    everywhere = frozenset[int]().union(*pointed)
    return Score(
        heard=tuple(starts["heard"]),
        shared=tuple(starts["shared"]),
        errors=len(text.errors),
        found=sum(1 for error in text.errors if error & everywhere),
        alarms=sum(1 for run in pointed if not any(run & error for error in text.errors)),
        words=len(text.words),
        seconds=seconds,
    )


def _pointed(proved: Sequence[Word]) -> Iterator[frozenset[int]]:
    """The words of each run that the second model heard otherwise; what is only written otherwise does not count."""
    for index, word in enumerate(proved):
        if word.reading and word.reading.kind in HEARD_OTHERWISE:
            yield frozenset(range(index, index + word.reading.words))


# --- what is printed


def _line(rate: float, scores: Sequence[Score]) -> str:
    heard = [start for one in scores for start in one.heard]
    shared = [start for one in scores for start in one.shared]
    words, errors = sum(one.words for one in scores), sum(one.errors for one in scores)
    cells = (
        *_milliseconds(heard + shared),
        f"{len(shared) / len(heard + shared):.1%}",
        *_milliseconds(shared),
        f"{sum(one.found for one in scores)}/{errors}",
        f"{sum(one.found for one in scores) / errors:.1%}" if errors else "-",
        f"{sum(one.alarms for one in scores) / words:.2%}",
        f"{1000 * sum(one.seconds for one in scores) / len(scores):.1f}",
    )
    return _row(f"{rate:.0%}", cells)


def _milliseconds(errors: Sequence[float]) -> tuple[str, str]:
    if not errors:
        return "-", "-"
    return f"{np.percentile(errors, 50) * 1000:.0f}", f"{np.percentile(errors, 95) * 1000:.0f}"


def _row(title: str, cells: Iterable[str]) -> str:
    return f"{title:8}" + "".join(f"{cell:>11}" for cell in cells)


if __name__ == "__main__":
    main()
