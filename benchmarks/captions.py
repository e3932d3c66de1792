"""How well captions are laid out, against a filler that ends a line only where the next word does not fit.

    python benchmarks/captions.py [--minutes 30] [--seed 1] [--profile netflix] [--fps 25]

Strings sentences of the demo model's grammar together as people talk, with word
times at changing speed, and lays the same words out both ways. What is torn is
judged by a list of function words of its own, not by the layout's; which rules
are broken by the delivery check. Prints a table in Markdown, and what laying
out costs per hour of audio at the given length and at five hours.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from demo_model import grammar  # noqa: E402

from transcriber.export.checking import check  # noqa: E402
from transcriber.export.cues import Cue, lay_out  # noqa: E402
from transcriber.options import PROFILES, CaptionOptions  # noqa: E402
from transcriber.timecode import FrameRate, parse  # noqa: E402
from transcriber.transcript import Segment, Transcript, Word  # noqa: E402

JOINTS = (", and ", ", but ", " because ", " while ", ", although ", ", so ")
CAPITALISED = {"I", *(word for slot in ("name", "city", "month", "day") for word in grammar.LEXICON[slot])}
SECONDS_A_LETTER, SECONDS_A_WORD = 0.055, 0.09
"""About 170 words a minute at a speed of 1."""

_LEANING = (
    "the a an my your his her our their this every some of in on at by for with from to near is are was were will "
    "would should can did do not and but or because although while so if when that he she it they we you I don't"
)
LEANING = frozenset(_LEANING.split())
"""Words that lean on the next one: none of them ends a line well."""

MARKS = (".", ",", "?", "!")


@dataclass(frozen=True, slots=True)
class Quality:
    """What stands in a column: counts, and shares of all the breaks inside sentences."""

    cues: int
    breaks: int
    at_marks: float
    torn: float
    imbalance: float
    orphans: int
    fast: int
    early: int
    score: float


def main() -> None:
    """Lay out, count, and print."""
    arguments = _arguments()
    options, rate = PROFILES[arguments.profile], parse(arguments.fps)
    spoken = conversation(60 * arguments.minutes, Random(arguments.seed))
    seconds, ours = _timed_layout(spoken, options, rate)
    greedy = list(filled(spoken, options, rate))
    _print(_quality(greedy, spoken, options, rate), _quality(ours, spoken, options, rate))
    print(f"\n{len(spoken.words):,} words: {seconds * 3600 / spoken.duration:.2f} s per hour of audio")
    long = conversation(5 * 3600, Random(arguments.seed))
    seconds, _ = _timed_layout(long, options, rate)
    print(f"{len(long.words):,} words: {seconds * 3600 / long.duration:.2f} s per hour of audio")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--profile", choices=PROFILES, default="netflix")
    parser.add_argument("--fps", default="25")
    return parser.parse_args()


def _timed_layout(spoken: Transcript, options: CaptionOptions, rate: FrameRate) -> tuple[float, list[Cue]]:
    started = time.process_time()
    cues = lay_out(spoken, options, rate)
    return time.process_time() - started, cues


def conversation(seconds: float, random: Random) -> Transcript:
    """Two people who take turns, a turn being one to six sentences."""
    segments: list[Segment] = []
    now, speaker = 0.5, "Anna"
    while now < seconds:
        speaker = "Ben" if speaker == "Anna" else "Anna"
        for _ in range(random.randint(1, 6)):
            words = tuple(_spoken(_sentence(random), now, speaker, random))
            segments.append(Segment(" ".join(word.text for word in words), now, words[-1].end, words, speaker))
            now = words[-1].end + random.choice([0.15, 0.3, 0.5, 0.8, 1.6])
    return Transcript(tuple(segments), now, "invented", language="en")


def _sentence(random: Random) -> str:
    """One sentence of the grammar, or two or three joined."""
    parts = [grammar.sentence(random) for _ in range(random.choice([1, 1, 2, 2, 3]))]
    whole = parts[0]
    for part in parts[1:]:
        if whole.endswith(".") and part.endswith("."):
            keeps = part.split()[0].strip(",") in CAPITALISED
            whole = whole[:-1] + random.choice(JOINTS) + (part if keeps else part[0].lower() + part[1:])
    return whole


def _spoken(sentence: str, now: float, speaker: str, random: Random) -> Iterator[Word]:
    """The words at the pace of the moment, on a recognizer's grid of 80 ms, with a breath at commas."""
    pace = random.uniform(0.7, 1.3)
    for text in sentence.split():
        end = now + pace * (SECONDS_A_WORD + SECONDS_A_LETTER * len(text))
        start, stop = (round(moment / 0.08) * 0.08 for moment in (now, end))
        yield Word(text, start, stop, speaker=speaker)
        now = end + _breath(text, random)


def _breath(text: str, random: Random) -> float:
    """Seconds of silence after a word: at commas, and where the speaker hesitates."""
    hesitates = random.random() < 0.02  # noqa: PLR2004 - about once in three sentences
    return random.choice([0.1, 0.25]) if text.endswith(",") else 0.4 * hesitates


def filled(spoken: Transcript, options: CaptionOptions, rate: FrameRate) -> Iterator[Cue]:
    """The same words, lines filled to the limit; a cue ends when it is full, too long, or somebody else speaks.

    It stays to its last word, and for the shortest time allowed where there is room.
    """
    groups = list(_groups(spoken.words, options))
    starts = [rate.at_or_before(words[0].start) for words, _ in groups]
    for (words, lines), start, after in zip(groups, starts, [*starts[1:], 1 << 60], strict=True):
        wanted = max(rate.at_or_after(words[-1].end), rate.at_or_after(rate.seconds(start) + options.shortest))
        end = max(start + 1, min(wanted, after - options.gap_frames))
        yield Cue(rate.seconds(start), rate.seconds(end), tuple(lines))


def _groups(words: Sequence[Word], options: CaptionOptions) -> Iterator[tuple[list[Word], list[str]]]:
    group: list[Word] = []
    lines: list[str] = []
    for word in words:
        fits = bool(lines) and len(lines[-1]) + 1 + len(word.text) <= options.line_length
        if group and _parts(group, word, options, full=not fits and len(lines) == options.lines):
            yield group, lines
            group, lines, fits = [], [], False
        lines = [*lines[:-1], f"{lines[-1]} {word.text}"] if fits else [*lines, word.text]
        group.append(word)
    yield group, lines


def _parts(group: Sequence[Word], word: Word, options: CaptionOptions, *, full: bool) -> bool:
    """Whether a new cue begins with `word`."""
    apart = word.start - group[-1].end >= 1 or word.speaker != group[-1].speaker
    return full or apart or word.end - group[0].start > options.longest


def _quality(cues: Sequence[Cue], spoken: Transcript, options: CaptionOptions, rate: FrameRate) -> Quality:
    lines = [line.removeprefix("- ") for cue in cues for line in cue.lines]
    inside = [line.split()[-1] for line, _ in pairwise(lines) if not line.endswith((".", "?", "!"))]
    uneven = [abs(len(cue.lines[0]) - len(cue.lines[1])) for cue in cues if len(cue.lines) == 2]  # noqa: PLR2004
    report = check(cues, options, rate)
    return Quality(
        cues=len(cues),
        breaks=len(inside),
        at_marks=sum(word.endswith(MARKS) for word in inside) / len(inside),
        torn=sum(word in LEANING for word in inside) / len(inside),
        imbalance=sum(uneven) / max(1, len(uneven)),
        orphans=sum(" " not in line and not line.endswith(MARKS) for line in lines) + _tails(cues),
        fast=len({breach.cue for breach in report.breaches if breach.rule == "speed"}),
        early=_early(cues, spoken),
        score=report.score,
    )


def _tails(cues: Sequence[Cue]) -> int:
    """Cues of the last word of a sentence that began before."""
    return sum(
        not before.lines[-1].endswith((".", "?", "!")) and len(cue.lines) == 1 and " " not in cue.lines[0]
        for before, cue in pairwise(cues)
    )


def _early(cues: Sequence[Cue], spoken: Transcript) -> int:
    """Cues that are gone a quarter of a second after their last word or sooner, though another 0.25 s are free."""
    ends = sorted(word.end for word in spoken.words)
    gone = 0
    for cue, after in pairwise(cues):
        last = max((end for end in ends if end <= after.start + 1e-6), default=0.0)
        gone += cue.end - last < 0.25 and after.start - cue.end > 0.5  # noqa: PLR2004 - named in the docstring
    return gone


def _print(greedy: Quality, ours: Quality) -> None:
    rows = (
        ("cues", "cues", "{:d}"),
        ("breaks inside a sentence", "breaks", "{:d}"),
        ("of them after a comma", "at_marks", "{:.1%}"),
        ("of them after a word that leans on the next", "torn", "{:.1%}"),
        ("difference between two lines, characters", "imbalance", "{:.1f}"),
        ("words alone on a line or in a cue, inside a sentence", "orphans", "{:d}"),
        ("cues too fast", "fast", "{:d}"),
        ("cues that vanish early", "early", "{:d}"),
        ("score of the delivery check", "score", "{:.1f}"),
    )
    print("| | lines filled up | laid out |\n|---|---|---|")
    for title, name, form in rows:
        print(f"| {title} | {form.format(getattr(greedy, name))} | {form.format(getattr(ours, name))} |")


if __name__ == "__main__":
    main()
