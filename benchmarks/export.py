"""How long each format takes to write, in seconds per hour of audio.

    python benchmarks/export.py [--hours 5] [--rounds 3] [--seed 1]

Invents a transcript of 9,000 words an hour with two speakers, doubtful words
and stretches without words, lays its captions out once, and writes every format
from it. The ratios are against two plain writers on the same words and in the
same run: for captions pysubs2's own SubRip of the same cues, for all others
`json.dumps` of a list of the words.
"""

import argparse
import gc
import json
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import NamedTuple, cast

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from transcriber.export import FORMATS, Format  # noqa: E402
from transcriber.export.handover import Handover  # noqa: E402
from transcriber.footage import Footage  # noqa: E402
from transcriber.options import ExportOptions  # noqa: E402
from transcriber.timecode import FrameRate  # noqa: E402
from transcriber.transcript import Segment, Span, Transcript, Word  # noqa: E402

WORDS_AN_HOUR = 9_000
SECONDS_A_WORD = 3600 / WORDS_AN_HOUR
DOUBTED = 0.03
"""The part of the words that a model is not sure of."""

VOCABULARY = (
    "the of and a to in is you that it he was for on are as with his they at be this have from or one had by word but "
    "not what all were we when your can said there use an each which she do how their if will up other about out many "
    "then them these so some her would make like him into time has look two more write go see number no way could "
    "people my than first water been call who oil its now find long down day did get come made may part telephone"
)
WORDS = tuple(VOCABULARY.split())


class Written(NamedTuple):
    """A format's time in seconds and its size in bytes."""

    name: str
    kind: str
    seconds: float
    size: int


def main() -> None:
    """Measure, and print a table in Markdown."""
    options = _options()
    handover = Handover(_transcript(options.hours, Random(options.seed)), _film(options.hours), ExportOptions())
    laid_out = _median_seconds(lambda: handover.cues, rounds=1)
    subtitles = _median_seconds(lambda: _by_pysubs2(handover), options.rounds)
    words = _median_seconds(lambda: _by_json(handover), options.rounds)
    print(f"{len(handover.transcript.words):,} words, {len(handover.cues):,} cues laid out in {laid_out:.2f} s\n")
    print("| format | seconds an hour of audio | MB | time / plain |\n|---|---|---|---|")
    _print("pysubs2's SubRip of the cues", subtitles, options.hours, 0, subtitles)
    _print("json.dumps of the words", words, options.hours, 0, words)
    for name, form in FORMATS.items():
        written = _written(name, form, handover, options.rounds)
        plain = subtitles if form.kind == "captions" else words
        _print(name, written.seconds, options.hours, written.size, plain)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--hours", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


# --- what is written -------------------------------------------------------------------------------------------------


def _film(hours: int) -> Footage:
    rate = FrameRate(Fraction(30000, 1001), drop=True)
    return Footage(Path("/films/interview.mov"), 3600.0 * hours, rate, Fraction(36_000), size=(1920, 1080))


def _transcript(hours: int, chance: Random) -> Transcript:
    segments = tuple(_segments(hours * WORDS_AN_HOUR, chance))
    unheard = tuple(Span(600.0 * n, 600.0 * n + 2) for n in range(1, 6 * hours))
    return Transcript(segments, 3600.0 * hours, "invented", language="en", unheard=unheard)


def _segments(count: int, chance: Random) -> Iterator[Segment]:
    spoken = 0
    while spoken < count:
        length = min(chance.randint(3, 22), count - spoken)
        speaker = ("Anna", "Ben")[spoken // 60 % 2]
        words = tuple(_word(spoken + n, length - 1 - n, speaker, chance) for n in range(length))
        yield Segment(" ".join(word.text for word in words), words[0].start, words[-1].end, words, speaker)
        spoken += length


def _word(number: int, to_come: int, speaker: str, chance: Random) -> Word:
    text = chance.choice(WORDS) + ("." if to_come == 0 else "," if chance.random() < 1 / 9 else "")
    start = round(number * SECONDS_A_WORD, 3)
    confidence = chance.uniform(0.2, 0.5) if chance.random() < DOUBTED else chance.uniform(0.8, 1)
    return Word(text, start, round(start + 0.9 * SECONDS_A_WORD, 3), round(confidence, 3), speaker)


# --- by what it is measured ------------------------------------------------------------------------------------------


def _by_pysubs2(handover: Handover) -> bytes:
    import pysubs2

    subtitles = pysubs2.SSAFile()
    for cue in handover.cues:
        event = pysubs2.SSAEvent(start=round(1000 * cue.start), end=round(1000 * cue.end), text=r"\N".join(cue.lines))
        subtitles.append(event)
    return cast("str", subtitles.to_string("srt")).encode()


def _by_json(handover: Handover) -> bytes:
    rows = [{"text": word.text, "start": word.start, "end": word.end} for word in handover.transcript.words]
    return json.dumps(rows, ensure_ascii=False, indent=1).encode()


def _written(name: str, form: Format, handover: Handover, rounds: int) -> Written:
    return Written(name, form.kind, _median_seconds(lambda: form.render(handover), rounds), len(form.render(handover)))


def _median_seconds(work: Callable[[], object], rounds: int) -> float:
    return median(_seconds(work) for _ in range(rounds))


def _seconds(work: Callable[[], object]) -> float:
    gc.collect()
    began = perf_counter()
    work()
    return perf_counter() - began


def _print(name: str, seconds: float, hours: int, size: int, plain: float) -> None:
    weight = f"{size / 1e6:.1f}" if size else ""
    print(f"| {name} | {seconds / hours:.3f} | {weight} | {seconds / plain:.1f} |", flush=True)


if __name__ == "__main__":
    main()
