"""The delivery check: which cues break which rule, and by how much."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor
from typing import Literal

from transcriber.export.cues import HYPHEN, Cue
from transcriber.export.pacing import NEVER, Pace
from transcriber.export.tokens import width
from transcriber.options import CaptionOptions
from transcriber.timecode import FrameRate

Rule = Literal[
    "empty", "line length", "lines", "orphan", "speed", "shortest", "longest", "gap", "closed gap", "overlap", "order",
    "frame",
]  # fmt: skip
"""What a cue can break, by the name of the option that says how much is too much, where there is one."""

FRAME_TOLERANCE = 0.0006
"""Seconds: files give times in milliseconds, rounded."""

ROUGH_TOLERANCE = 0.0051
"""Seconds: where all the times of a file are whole hundredths, as those of .ass are."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that a cue breaks.

    `cue` counts from 1. `amount` and `limit` are in the rule's own unit:
    characters, lines, characters a second, seconds, or frames for gaps and
    overlaps. `forced` says that the speech left no choice: there is no room to
    show the cue any longer. `sentence` is for people.
    """

    cue: int
    rule: Rule
    amount: float
    limit: float
    sentence: str
    forced: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in so many cues, in their order."""

    cues: int
    breaches: tuple[Breach, ...]

    @property
    def score(self) -> float:
        """How many of 100 cues keep every rule that speech allows; rounded down to a tenth, 100 means all."""
        broken = {breach.cue for breach in self.breaches if not breach.forced}
        return floor(1000 * (self.cues - len(broken)) / self.cues) / 10 if self.cues else 100.0

    @property
    def avoidable(self) -> tuple[Breach, ...]:
        """Those that the speech did not force."""
        return tuple(breach for breach in self.breaches if not breach.forced)


def check(cues: Sequence[Cue], options: CaptionOptions, rate: FrameRate) -> Report:
    """Every rule that every cue breaks.

    >>> from fractions import Fraction
    >>> flash = Cue(1.0, 1.2, ("Good morning.",))
    >>> report = check([flash], CaptionOptions(), FrameRate(Fraction(25)))
    >>> [breach.sentence for breach in report.breaches][-1]
    'Cue 1 is shown for 0.200 s, shorter than 0.833 s.'
    """
    pace = Pace.of(options, rate)
    tolerance = _tolerance(cues)
    breaches: list[Breach] = []
    for seen in _seen(cues, rate):
        if any(line.strip() for line in seen.cue.lines):
            breaches += _of_lines(seen.number, seen.cue, options)
            breaches += _of_frames(seen, tolerance)
            breaches += _of_length(seen, options, pace)
        else:
            breaches.append(Breach(seen.number, "empty", 0, 1, f"Cue {seen.number} shows nothing."))
        breaches += _of_neighbours(seen, pace)
    return Report(len(cues), tuple(breaches))


@dataclass(frozen=True, slots=True)
class _Seen:
    """A cue on the frames nearest to its times.

    `late` says by how many frames the one before it in the file comes after it;
    `after` is the number of the one that is next in time, `following` when it comes.
    """

    number: int
    cue: Cue
    start: int
    end: int
    late: int
    after: int
    following: int
    rate: FrameRate

    @property
    def frames(self) -> int:
        return self.end - self.start

    @property
    def seconds(self) -> float:
        return self.rate.seconds(self.frames)

    @property
    def characters(self) -> int:
        return sum(map(width, self.cue.lines))


def lines_breached(cue: Cue, options: CaptionOptions) -> bool:
    """Whether its lines break a rule that other lines might keep."""
    return any(_of_lines(0, cue, options))


def _seen(cues: Sequence[Cue], rate: FrameRate) -> Iterator[_Seen]:
    starts = [rate.nearest(cue.start) for cue in cues]
    in_order = sorted(range(len(cues)), key=starts.__getitem__)
    after = dict(pairwise([*in_order, len(cues)]))
    for index, (cue, start, before) in enumerate(zip(cues, starts, [0, *starts], strict=False)):
        following = [*starts, NEVER][after[index]]
        late = before - start
        yield _Seen(index + 1, cue, start, rate.nearest(cue.end), late, after[index] + 1, following, rate)


def _of_lines(number: int, cue: Cue, options: CaptionOptions) -> Iterator[Breach]:
    for line in cue.lines:
        if (wide := width(line)) > options.line_length:
            sentence = f"Cue {number} has a line of {wide} characters, more than {options.line_length}."
            yield Breach(number, "line length", wide, options.line_length, sentence)
    most = options.most_lines or options.lines
    if len(cue.lines) > most:
        yield Breach(
            number, "lines", len(cue.lines), most, f"Cue {number} has {len(cue.lines)} lines, more than {most}."
        )
    if _has_orphan(cue, options.line_length):
        yield Breach(number, "orphan", 1, 2, f"Cue {number} leaves a word alone on a line, and need not.")


def _has_orphan(cue: Cue, length: int) -> bool:
    """Whether one of two lines holds a single word that the other could have shared with it."""
    if len(cue.lines) != 2 or is_dialogue(cue):  # noqa: PLR2004 - a single line can leave nothing alone
        return False
    words = [line.split(" ") for line in cue.lines]
    together = words[0] + words[1]
    if min(map(len, words)) > 1 or len(together) < 4:  # noqa: PLR2004 - two words for each line
        return False
    cuts = range(2, len(together) - 1)
    return any(max(width(" ".join(together[:cut])), width(" ".join(together[cut:]))) <= length for cut in cuts)


def is_dialogue(cue: Cue) -> bool:
    """Whether each line is another speaker's."""
    return len(cue.lines) > 1 and all(line.startswith(HYPHEN.strip()) for line in cue.lines)


def _tolerance(cues: Sequence[Cue]) -> float:
    times = [1000 * moment for cue in cues for moment in (cue.start, cue.end)]
    rough = all(round(time) % 10 == 0 and abs(time - round(time)) < FRAME_TOLERANCE for time in times)
    return ROUGH_TOLERANCE if rough else FRAME_TOLERANCE


def _of_frames(seen: _Seen, tolerance: float) -> Iterator[Breach]:
    ends = (seen.cue.start, seen.start), (seen.cue.end, seen.end)
    off = max(abs(moment - seen.rate.seconds(frame)) for moment, frame in ends)
    if off > tolerance:
        sentence = f"Cue {seen.number} is {off:.3f} s off the frames of {seen.rate} a second."
        yield Breach(seen.number, "frame", round(off, 6), 0, sentence)


def _of_length(seen: _Seen, options: CaptionOptions, pace: Pace) -> Iterator[Breach]:
    number, shown = seen.number, f"Cue {seen.number} is shown for {seen.seconds:.3f} s"
    if 0 < seen.frames < pace.reading(seen.characters):
        speed, limit = seen.characters / seen.seconds, options.characters_per_second
        forced = seen.end >= min(seen.following - pace.gap, seen.start + pace.longest)
        sentence = f"Cue {number} is read at {speed:.1f} characters a second, more than {limit:g}."
        yield Breach(number, "speed", round(speed, 3), limit, sentence, forced)
    if seen.frames < pace.shortest:
        least = options.shortest
        yield Breach(number, "shortest", round(seen.seconds, 6), least, f"{shown}, shorter than {least:.3f} s.")
    if seen.frames > pace.longest:
        most = options.longest
        yield Breach(number, "longest", round(seen.seconds, 6), most, f"{shown}, longer than {most:.3f} s.")


def _of_neighbours(seen: _Seen, pace: Pace) -> Iterator[Breach]:
    number, after, gap = seen.number, seen.after, seen.following - seen.end
    if seen.late > 0:
        yield Breach(number, "order", seen.late, 0, f"Cue {number} comes before cue {number - 1}.")
    if gap < 0:
        sentence = f"Cue {number} is still shown {_frames(-gap)} after cue {after} comes."
        yield Breach(number, "overlap", -gap, 0, sentence)
    elif gap < pace.gap:
        sentence = f"Cue {number} goes {_frames(gap)} before cue {after} comes, less than {pace.gap}."
        yield Breach(number, "gap", gap, pace.gap, sentence)
    elif pace.flickers(gap):
        sentence = f"Cue {number} goes {_frames(gap)} before cue {after} comes: close it to {pace.gap}."
        yield Breach(number, "closed gap", gap, pace.gap, sentence)


def _frames(number: int) -> str:
    return "1 frame" if number == 1 else f"{number} frames"
