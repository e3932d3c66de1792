"""What can be mended in captions without asking anybody: times inside the free room, and where lines end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from transcriber.export.breaking import Lines
from transcriber.export.checking import Breach, Report, check, is_dialogue, lines_breached
from transcriber.export.cues import Cue, text_of
from transcriber.export.grammar import break_costs
from transcriber.export.pacing import NEVER, Pace
from transcriber.export.tokens import Token, pieces, width
from transcriber.options import CaptionOptions
from transcriber.timecode import FrameRate


@dataclass(frozen=True, slots=True)
class Repair:
    """Captions before and after, and which of the breaches found before are gone."""

    cues: tuple[Cue, ...]
    before: Report
    after: Report
    mended: tuple[Breach, ...]


def mend(cues: Sequence[Cue], options: CaptionOptions, rate: FrameRate) -> Repair:
    """`repair`, and what came of it."""
    repaired = _repaired(cues, options, rate)
    after = check([cue for _, cue in repaired], options, rate)
    numbers = [number for number, _ in repaired]
    left = {(numbers[breach.cue - 1], breach.rule) for breach in after.breaches}
    before = check(cues, options, rate)
    mended = tuple(breach for breach in before.breaches if (breach.cue, breach.rule) not in left)
    return Repair(tuple(cue for _, cue in repaired), before, after, mended)


def repair(cues: Sequence[Cue], options: CaptionOptions, rate: FrameRate) -> list[Cue]:
    """The cues with everything mended that can be without harm; no word is changed, none moves to another cue.

    Cues are put in order and empty ones left out; times go to the nearest
    frame; a cue stays longer where it is too short or too fast and there is
    room, and goes earlier where it is too long or in the next one's way, unless
    that makes it too short or too fast; gaps are closed; lines are broken anew
    where one is too long or they are too many. What is mended once stays so.

    >>> from fractions import Fraction
    >>> repair([Cue(1.01, 1.2, ("Good morning.",))], CaptionOptions(), FrameRate(Fraction(25)))
    [Cue(start=1.0, end=1.84, lines=('Good morning.',), speakers=())]
    """
    return [cue for _, cue in _repaired(cues, options, rate)]


def _repaired(cues: Sequence[Cue], options: CaptionOptions, rate: FrameRate) -> list[tuple[int, Cue]]:
    """The cues and the numbers that they had."""
    shown = [(number, cue) for number, cue in enumerate(cues, 1) if any(line.strip() for line in cue.lines)]
    in_order = sorted(shown, key=lambda each: rate.nearest(each[1].start))
    pace = Pace.of(options, rate)
    following = [rate.nearest(cue.start) for _, cue in in_order][1:] + [NEVER]
    return [
        (number, _timed(_broken(cue, options), after, pace, rate))
        for (number, cue), after in zip(in_order, following, strict=False)
    ]


def _timed(cue: Cue, following: int, pace: Pace, rate: FrameRate) -> Cue:
    """The cue on frames, going when it breaks the fewest rules; as it did, if nothing is better."""
    start, end = rate.nearest(cue.start), rate.nearest(cue.end)
    reading = pace.reading(sum(map(width, cue.lines)))
    room = following - pace.gap
    ends = (start + length for length in (pace.shortest, pace.longest, reading))
    others = [other for other in (room, room - (pace.closed - pace.gap) - 1, *ends) if start < other < NEVER // 2]
    faults = {other: _faults(start, other, following, reading, pace) for other in (end, *others)}
    best = min(faults, key=lambda other: (*faults[other], abs(other - end)))
    return replace(cue, start=rate.seconds(start), end=rate.seconds(best))


def _faults(start: int, end: int, following: int, reading: int, pace: Pace) -> tuple[bool, int, bool]:
    """What a cue would break: another's time, other rules that it need not, and its speed for want of room."""
    gap, length = following - end, end - start
    fast = 0 < length < reading
    forced = end >= min(following - pace.gap, start + pace.longest)
    broken = (
        length < pace.shortest,
        length > pace.longest,
        gap < pace.gap,
        pace.flickers(gap),
        fast and not forced,
    )
    return gap < 0, sum(broken), fast and forced


def _broken(cue: Cue, options: CaptionOptions) -> Cue:
    """The cue with other lines, where its own break a rule and others would not."""
    if is_dialogue(cue) or len(set(cue.speakers)) > 1 or not lines_breached(cue, options):
        return cue
    for most in (options.lines, options.most_lines or options.lines):
        lines = _lines(cue, replace(options, lines=most, most_lines=None))
        if lines:
            return replace(cue, lines=lines, speakers=cue.speakers[:1] * len(lines))
    return cue


def _lines(cue: Cue, options: CaptionOptions) -> tuple[str, ...]:
    """The same text in as few lines as hold it; none where none do."""
    words = list(_tokens(cue, options.line_length))
    costs = break_costs([word.text for word in words], options.language)
    broken = next(Lines.of(words, [0, *costs], options).broken(0, [len(words)]), None)
    if broken is None:
        return ()
    marks = (0, *broken[2], len(words))
    return tuple(text_of(words[first:stop]) for first, stop in pairwise(marks))


def _tokens(cue: Cue, longest: int) -> Iterator[Token]:
    """Its words; where two lines of Chinese, Japanese or Korean meet there is no space."""
    before = ""
    for line in cue.lines:
        joined = _is_wide(before[-1:]) and _is_wide(line[:1])
        for text in filter(None, line.split(" ")):
            for piece in pieces(text, longest):
                yield Token(piece, width(piece), 0, 0, 0, glued=joined)
                joined = True
            joined = False
        before = line


def _is_wide(character: str) -> bool:
    return width(character) > 1
