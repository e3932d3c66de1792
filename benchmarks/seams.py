"""How many words long recordings lose at their seams, by the way they are cut.

    python benchmarks/seams.py [--seed 1] [--minutes 8] [--model demo]

Speaks sentences of the demo model's grammar that training holds out (espeak-ng
needed) as one recording: half of it with pauses and some music, half of it in
one breath. Lets the model hear it cut hard, in windows that overlap, in one
piece, and as the product cuts and joins it; compares the words with the truth.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from random import Random

import jiwer
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from demo_model import grammar, sounds  # noqa: E402
from demo_model.espeak import Manner, speak  # noqa: E402
from demo_model.speech import SAMPLE_RATE, Samples, Utterance, join, scaled_to, silence  # noqa: E402
from demo_model.voices import random_manner  # noqa: E402

from transcriber import chunking, speech  # noqa: E402
from transcriber.chunking import Chunk  # noqa: E402
from transcriber.listening import Listener  # noqa: E402
from transcriber.loading import load_model  # noqa: E402
from transcriber.options import TranscribeOptions  # noqa: E402
from transcriber.recognizer import Clip, Recognizer  # noqa: E402
from transcriber.record import Kept  # noqa: E402
from transcriber.transcript import Word  # noqa: E402

VOICES = ("gmw/en-US", "gmw/en-US+f2", "gmw/en+m3", "gmw/en-GB-x-rp", "gmw/en-US+f3", "gmw/en-US+m1")
WORDS_PER_MINUTE = (140, 180)
"""Voices and a pace that the demo model hears well, so that most of what is wrong is the seams' fault."""

NEAR = 2.0
"""Seconds to both sides of a seam in which errors count as the seam's."""

CLIPS_AT_ONCE = 4

BREATHLESS = 0.12
"""Seconds between sentences in one breath. With none at all the demo model itself misses one word in five."""


Pieces = list[tuple[Chunk, Sequence[Word]]]


@dataclass(frozen=True, slots=True)
class Way:
    """How a recording is cut and heard, and how the words of its pieces become one row."""

    title: str
    hear: Callable[[Samples, Recognizer], Pieces]
    join: Callable[[Pieces], list[Word]]


@dataclass(frozen=True, slots=True)
class Recording:
    """What is heard, and said: the words from the `one_breath`-th on without a pause."""

    utterance: Utterance
    one_breath: int


@dataclass(frozen=True, slots=True)
class Errors:
    """Wrong words by the true word that they stand at, and of all what was left out and what was put in."""

    at: tuple[int, ...]
    lost: int
    added: int


def main() -> None:
    """Speak, cut, recognize, join, compare, print."""
    arguments = _parse()
    recognizer = load_model(arguments.model)
    recording = spoken_recording(Random(arguments.seed), arguments.minutes * 60)
    samples, words = recording.utterance.samples, len(recording.utterance.words)
    print(f"{len(samples) / SAMPLE_RATE:.0f} s, {words} words, {words - recording.one_breath} of them in one breath")
    print(_row("", ("WER %", "pauses", "on end", "seams", "lost", "added", "clips", "heard")))
    for way in WAYS:
        print(_line(way, recording, recognizer))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="other seeds speak other sentences")
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--model", default="demo", help="a name of the catalogue, or the path of a .nemo file")
    return parser.parse_args()


# --- what is spoken


def spoken_recording(random: Random, seconds: float) -> Recording:
    """Turns with pauses in between and some music for one half, turns without any pause for the other."""
    with_pauses = join(list(_turns_with_pauses(random, seconds / 2)))
    one_breath = join(list(_turns_on_end(random, seconds / 2)))
    whole = join([silence(0.5), with_pauses, silence(1.0), one_breath, silence(0.5)])
    hiss = 1e-4 * sounds.noise(len(whole.samples), random)
    return Recording(Utterance((whole.samples + hiss).astype(np.float32), whole.words), len(with_pauses.words))


def _turns_with_pauses(random: Random, seconds: float) -> Iterator[Utterance]:
    """Three to six sentences in one voice, then another one; a few bars of music every minute or so."""
    told = 0.0
    while told < seconds:
        manner = random_manner(random, random.choice(VOICES), WORDS_PER_MINUTE)
        for _ in range(random.randint(3, 6)):
            said = join([_voiced(grammar.fresh_sentence(random), manner), silence(random.uniform(0.2, 1.5))])
            told += said.duration
            yield said
        rest = _music(random, random.uniform(5, 15)) if random.random() < 0.25 else silence(random.uniform(0.5, 3.0))
        told += rest.duration
        yield rest


def _turns_on_end(random: Random, seconds: float) -> Iterator[Utterance]:
    """Sentences without a pause between them, half a minute in a voice."""
    told = 0.0
    while told < seconds:
        manner, turn = random_manner(random, random.choice(VOICES), WORDS_PER_MINUTE), 0.0
        while turn < 30:
            said = join([_trimmed(_voiced(grammar.fresh_sentence(random), manner)), silence(BREATHLESS)])
            turn += said.duration
            yield said
        told += turn


def _voiced(text: str, manner: Manner) -> Utterance:
    spoken = speak(text, manner)
    return Utterance(scaled_to(spoken.samples, 0.5), spoken.words)


def _trimmed(said: Utterance) -> Utterance:
    """Without what is 40 dB below its peak at both ends."""
    loud = np.flatnonzero(np.abs(said.samples) > 0.01 * np.abs(said.samples).max())
    return Utterance(said.samples[loud[0] : loud[-1] + 1], said.words)


def _music(random: Random, seconds: float) -> Utterance:
    return Utterance(scaled_to(sounds.melody(round(seconds * SAMPLE_RATE), random), 0.3))


# --- how it is cut and heard


def _windows(length: float, context: float) -> Callable[[Samples, Recognizer], Pieces]:
    """Of `length` seconds, without a look at what is in them, with `context` seconds on both sides."""

    def hear(samples: Samples, recognizer: Recognizer) -> Pieces:
        end = len(samples) / SAMPLE_RATE
        spans = [(float(start), min(end, start + length)) for start in np.arange(0, end, length)]
        chunks = [Chunk(first, last, max(0.0, first - context), min(end, last + context)) for first, last in spans]
        return _recognized(samples, chunks, recognizer)

    return hear


def _planned(target: float, limit: float) -> Callable[[Samples, Recognizer], Pieces]:
    """In pauses."""

    def hear(samples: Samples, recognizer: Recognizer) -> Pieces:
        moments = speech.listen([samples])
        return _recognized(samples, list(chunking.plan(moments, speech.WINDOW, target, limit)), recognizer)

    return hear


def _as_the_product(samples: Samples, recognizer: Recognizer) -> Pieces:
    """In pauses, and looked at twice: words where nobody speaks are left out, speech without words is heard again."""
    blocks = (samples[begin : begin + SAMPLE_RATE] for begin in range(0, len(samples), SAMPLE_RATE))
    heard = chain.from_iterable(Listener(recognizer, TranscribeOptions()).hear(blocks, Kept()))
    return [(Chunk(one.start, one.end, one.context_start, one.context_end), one.words) for one in heard]


def _recognized(samples: Samples, chunks: Sequence[Chunk], recognizer: Recognizer) -> Pieces:
    pieces: Pieces = []
    for first in range(0, len(chunks), CLIPS_AT_ONCE):
        some = chunks[first : first + CLIPS_AT_ONCE]
        heard = recognizer.recognize([_clip(samples, chunk) for chunk in some], TranscribeOptions())
        pieces += [(chunk, recognition.words) for chunk, recognition in zip(some, heard, strict=True)]
    return pieces


def _clip(samples: Samples, chunk: Chunk) -> Clip:
    first, last = round(chunk.context_start * SAMPLE_RATE), round(chunk.context_end * SAMPLE_RATE)
    return Clip(samples[first:last], first / SAMPLE_RATE)


def _by_middles(heard: Pieces) -> list[Word]:
    """As most tools do: of each window the words whose middle lies in it."""
    return [word for chunk, words in heard for word in words if chunk.start <= (word.start + word.end) / 2 < chunk.end]


def _by_agreement(heard: Pieces) -> list[Word]:
    return list(chain.from_iterable(chunking.join(heard)))


WAYS = (
    Way("hard cuts, 10 s", _windows(10, 0), _by_agreement),
    Way("hard cuts, 30 s", _windows(30, 0), _by_agreement),
    Way("10 s + 2 s context, by middles", _windows(10, 2), _by_middles),
    Way("10 s + 2 s context, by agreement", _windows(10, 2), _by_agreement),
    Way("one shot", _windows(1e9, 0), _by_agreement),
    Way("in pauses, 12 to 16 s", _planned(12, 16), _by_agreement),
    Way("in pauses, 30 to 40 s", _planned(30, 40), _by_agreement),
    Way("the same, looked at twice", _as_the_product, _by_agreement),
)

# --- what of it is right


def compare(truth: Sequence[str], heard: Sequence[str]) -> Errors:
    """Case and punctuation aside."""
    aligned = jiwer.process_words(" ".join(map(_plain, truth)), " ".join(map(_plain, heard)))
    at: list[int] = []
    for part in aligned.alignments[0]:
        if part.type in {"substitute", "delete"}:
            at += range(part.ref_start_idx, part.ref_end_idx)
        elif part.type == "insert":
            at += [part.ref_start_idx] * (part.hyp_end_idx - part.hyp_start_idx)
    return Errors(tuple(at), aligned.deletions, aligned.insertions)


def _plain(word: str) -> str:
    return word.lower().strip(".,?") or "_"


def _line(way: Way, recording: Recording, recognizer: Recognizer) -> str:
    truth = recording.utterance.words
    pieces = way.hear(recording.utterance.samples, recognizer)
    chunks, words = [chunk for chunk, _ in pieces], way.join(pieces)
    errors = compare([word.text for word in truth], [word.text for word in words])
    near = {index for index, word in enumerate(truth) if _is_near(word.start, [chunk.start for chunk in chunks[1:]])}
    parts = (
        set(range(len(truth))),
        set(range(recording.one_breath)),
        set(range(recording.one_breath, len(truth))),
        near,
    )
    rates = [f"{100 * sum(place in part for place in errors.at) / len(part):.2f}" if part else "-" for part in parts]
    seconds = sum(chunk.context_end - chunk.context_start for chunk in chunks)
    heard = f"{seconds * SAMPLE_RATE / len(recording.utterance.samples):.2f}"
    return _row(way.title, (*rates, errors.lost, errors.added, len(chunks), heard))


def _is_near(start: float | None, seams: Sequence[float]) -> bool:
    return start is not None and any(abs(start - seam) <= NEAR for seam in seams)


def _row(title: str, cells: Sequence[object]) -> str:
    return f"{title:34}" + "".join(f"{cell!s:>8}" for cell in cells)


if __name__ == "__main__":
    main()
