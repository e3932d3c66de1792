"""How long a search of many long transcripts takes: `python benchmarks/library_search.py`.

The words are drawn by Zipf's law, so that a few are in every utterance and most are rare, as in speech. Each line
says what was typed, how much was found, how long that took, and the ratio to SQLite's LIKE over the same text; the
commonest word is the worst that anybody can type.
"""

import argparse
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import accumulate
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from transcriber.library import Library  # noqa: E402
from transcriber.transcript import Segment, Transcript, Word  # noqa: E402

VOCABULARY = 20_000
WORDS_IN_AN_UTTERANCE = 15
SECONDS_A_WORD = 0.4
SYLLABLES = [first + vowel for first in "bdfghklmnprstvw" for vowel in ("a", "e", "i", "o", "u")]


def vocabulary() -> list[str]:
    """Words that nobody says, the commonest first, which are short."""
    known: dict[str, None] = {}
    source = random.Random(6)  # noqa: S311 - no secret
    while len(known) < VOCABULARY:
        syllables = 1 + min(4, len(known) // 60)
        known.setdefault("".join(source.choices(SYLLABLES, k=syllables)))
    return list(known)


def talk(words: list[str], count: int, seed: int) -> Transcript:
    """A transcript of `count` words."""
    shares = list(accumulate(1 / rank for rank in range(1, len(words) + 1)))
    said = random.Random(seed).choices(words, cum_weights=shares, k=count)  # noqa: S311 - no secret
    return Transcript(tuple(utterances(said)), count * SECONDS_A_WORD, "demo")


def utterances(said: list[str]) -> Iterator[Segment]:
    """The words, so many at a time."""
    for first in range(0, len(said), WORDS_IN_AN_UTTERANCE):
        starts = [(place, first * SECONDS_A_WORD + place * SECONDS_A_WORD) for place in range(WORDS_IN_AN_UTTERANCE)]
        words = tuple(
            Word(said[first + place], start, start + 0.3) for place, start in starts if first + place < len(said)
        )
        yield Segment(" ".join(word.text for word in words), words[0].start, words[-1].end, words)


def measure(library: Library, typed: str, rounds: int) -> None:
    """Say how long it takes, and how long it takes to go through all the text."""
    found, plain = library.search(typed), _Plain(library, typed)
    taken, other = ([_milliseconds(work) for _ in range(rounds)] for work in (lambda: library.search(typed), plain))
    took, ratio = statistics.median(taken), statistics.median(taken) / statistics.median(other)
    places = sum(found.counts.values())
    print(f"{typed!r:16} {places:>7,} places  {took:6.1f} ms ({max(taken):.1f} at worst)  / plain {ratio:.2f}")


class _Plain:
    """SQLite's own LIKE over the same paragraphs, for the first of the words."""

    def __init__(self, library: Library, typed: str) -> None:
        self._path, self._like = library.path, f"%{typed.split()[0].strip(chr(34))}%"

    def __call__(self) -> None:
        with closing(sqlite3.connect(self._path)) as connection:
            connection.execute("SELECT count(*) FROM paragraph WHERE text LIKE ?", (self._like,)).fetchone()


def _milliseconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def main() -> None:
    """Fill a library, and search it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transcripts", type=int, default=50)
    parser.add_argument("--words", type=int, default=45_000)
    parser.add_argument("--rounds", type=int, default=9)
    wanted = parser.parse_args()
    words = vocabulary()
    with tempfile.TemporaryDirectory() as folder:
        library, begun = Library(Path(folder) / "library.sqlite3"), time.perf_counter()
        for seed in range(wanted.transcripts):
            library.open(str(seed), talk(words, wanted.words, seed), f"talk {seed}")
        size = library.path.stat().st_size / 1e6
        print(f"{wanted.transcripts} transcripts added in {time.perf_counter() - begun:.0f} s, {size:.0f} MB")
        for typed in (
            words[0],
            words[0][0],
            words[300],
            words[9000],
            f"{words[0]} {words[1]}",
            f'"{words[0]} {words[1]}"',
        ):
            measure(library, typed, wanted.rounds)


if __name__ == "__main__":
    main()
