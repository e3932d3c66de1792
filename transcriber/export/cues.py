"""What stands on screen together, and for how long."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import inf
from typing import NamedTuple

from transcriber.export.breaking import Cuts, Lines
from transcriber.export.grammar import BOUND, SENTENCE, break_costs
from transcriber.export.pacing import NEVER, Pace, Shots
from transcriber.export.tokens import Token, tokens
from transcriber.options import CaptionOptions
from transcriber.timecode import FrameRate
from transcriber.transcript import Transcript

APART = 1.0
"""Seconds of silence that never stand inside a cue: its text would give away what comes."""

CLOSE = 0.5
"""Seconds between what two speakers say in one cue."""

PAUSES = ((0.6, 0.35), (0.3, 0.6))
"""Seconds of silence that can be heard as a break, and what part of a break's cost is left there."""

MOST_WORDS = 100
"""In a cue: more than any screen shows, so that laying out stays linear whatever the words and rules are."""

HYPHEN = "- "
"""Before each line of a cue in which two people speak."""

# What a cue costs, on the scale of `grammar.break_costs`; weighed against each other by judgement, and by what
# benchmarks/captions.py counts. A cue's end costs what a line's does, times _CUE_END.
_CUE_END = 3
_TORN = 2
_ONE_MORE_CUE = 20
_SCANT = 40
_LONELY = 60
_SENTENCE_INSIDE = 20
_UTTERANCE_INSIDE = 80
_TWO_SPEAKERS = 60
_TOO_FAST, _FASTER = 80, 400
_LATE, _A_SECOND_LATE = 100, 600
_A_SECOND_CUT = 300


@dataclass(frozen=True, slots=True)
class Cue:
    """Lines on screen from `start` to `end`, in seconds from the start of the file's audio.

    `speakers` says of each line who speaks it; it is empty where nobody knows.
    """

    start: float
    end: float
    lines: tuple[str, ...]
    speakers: tuple[str | None, ...] = ()


def lay_out(transcript: Transcript, options: CaptionOptions, rate: FrameRate, shots: Sequence[float] = ()) -> list[Cue]:
    """The transcript as cues that keep the rules, every word once and in order, on the frames of a film.

    The cheapest of all layouts is taken, by what a break between two words
    costs, by how even lines are, and by whether there is time to read them. A
    cue comes with its first word, or with a shot change (`shots`, in seconds)
    beside it, and stays until it can be read, and for `linger` more if there is
    room. Where words come too fast to be read it is shown as long as can be;
    where cues would be too short the next one waits. A word longer than a line
    is divided. Segments without words are timed by the length of their text.

    >>> from fractions import Fraction
    >>> from transcriber.transcript import Segment, Word
    >>> words = (Word("Good", 1.0, 1.2), Word("morning.", 1.2, 1.5))
    >>> spoken = Transcript((Segment("Good morning.", 1.0, 1.5, words),), duration=9.0, model="demo")
    >>> lay_out(spoken, CaptionOptions(), FrameRate(Fraction(25)))
    [Cue(start=1.0, end=2.0, lines=('Good morning.',), speakers=())]
    """
    spoken = tokens(transcript.segments, options.line_length, rate)
    if not spoken:
        return []
    pace = Pace.of(options, rate)
    layout = _Layout.of(spoken, options, rate, transcript.language)
    course = _Course(layout, pace, Shots(sorted({rate.nearest(shot) for shot in shots}), pace), _over(transcript, rate))
    return [_cue(spoken, shown, rate) for shown in _cheapest(course)]


def _over(transcript: Transcript, rate: FrameRate) -> int:
    return rate.at_or_before(transcript.duration)


class _Shown(NamedTuple):
    """A cue from token `first` to before `stop`, in frames, with its lines."""

    cost: float
    first: int
    stop: int
    start: int
    end: int
    cuts: Cuts
    dialogue: bool


@dataclass(frozen=True, slots=True)
class _Layout:
    """The tokens, and what each place between two of them means; index n is the place before token n."""

    tokens: Sequence[Token]
    options: CaptionOptions
    lines: Lines
    last: Sequence[int]  # frames; when the token and all before it are over
    run_on: Sequence[float]  # what all the places so far cost if no cue ends there
    block: Sequence[int]  # the place where the cue of a token must end at the latest
    open: Sequence[bool]  # whether a cue may end there at all
    close: Sequence[bool]  # whether a second speaker may go on there in the same cue
    fps: float

    @classmethod
    def of(cls, spoken: Sequence[Token], options: CaptionOptions, rate: FrameRate, language: str | None) -> "_Layout":
        fps = float(rate.exact)
        places = list(_places(spoken, fps, break_costs([each.text for each in spoken], options.language or language)))
        before = [place.cost for place in places]
        lines = Lines.of(spoken, before, options)
        return cls(
            tokens=spoken,
            options=options,
            lines=lines,
            last=list(accumulate((token.last for token in spoken), max)),
            run_on=list(accumulate(place.run_on for place in places)),
            block=_blocks(places),
            open=_open(places, lines),
            close=[place.close for place in places],
            fps=fps,
        )


class _Place(NamedTuple):
    """Between two tokens: what a line's end costs, and to go on; whether a cue must end, or may for another speaker."""

    cost: float
    run_on: float = 0.0
    hard: bool = False
    close: bool = False


def _places(spoken: Sequence[Token], fps: float, costs: Sequence[int]) -> Iterator[_Place]:
    """Before each token and after the last."""
    yield _Place(0.0, hard=True)
    for (token, after), cost in zip(pairwise(spoken), costs, strict=False):
        pause = (after.first - token.last) / fps
        parted, turns = token.segment != after.segment, token.speaker != after.speaker
        if turns or pause >= APART:
            yield _Place(0.0, hard=True, close=turns and pause < CLOSE)
        elif parted:
            yield _Place(0.0, _UTTERANCE_INSIDE)
        elif after.glued:
            yield _Place(BOUND)
        else:
            torn = _TORN if cost >= BOUND else 1
            yield _Place(torn * cost * _part(pause), _SENTENCE_INSIDE if cost == SENTENCE else 0.0)
    yield _Place(0.0, hard=True)


def _part(pause: float) -> float:
    """What is left of a break's cost where the speaker pauses."""
    return next((part for seconds, part in PAUSES if pause >= seconds), 1.0)


def _blocks(places: Sequence[_Place]) -> list[int]:
    """For each token the next place where every cue ends."""
    blocks, following = [], len(places) - 1
    for index in range(len(places) - 1, 0, -1):
        if places[index].hard:
            following = index
        blocks.append(following)
    return blocks[::-1]


def _open(places: Sequence[_Place], lines: Lines) -> list[bool]:
    """Where cues may end: nowhere between what belongs together, if there is another place within half a line."""
    opened, begin = [], 0
    for index, place in enumerate(places):
        here = lines.begins[index] if index < len(lines.begins) else begin
        is_open = place.hard or place.cost < BOUND or here - begin > lines.length // 2
        opened.append(is_open)
        begin = here if is_open else begin
    return opened


@dataclass(frozen=True, slots=True)
class _Course:
    """The layout in time: when a cue would come and go, and what that costs."""

    layout: _Layout
    pace: Pace
    shots: Shots
    over: int  # frames; the end of the recording

    def comes(self) -> list[int]:
        """When a cue that begins with each token would come; nothing comes after the last."""
        firsts = (token.first for token in self.layout.tokens)
        if self.shots.frames:
            firsts = (self.shots.start(first) for first in firsts)
        return [*firsts, NEVER]

    def from_token(self, first: int, start: int, comes: Sequence[int]) -> list[_Shown]:
        """Every cue that may begin with this token at this frame."""
        layout = self.layout
        layout = self.layout
        stops = range(first + 1, self._limit(first, start) + 1)
        found = self._singles(first, [stop for stop in stops if layout.open[stop]], start, comes)
        found += self._dialogues(first, start, comes)
        return found or self._singles(first, stops, start, comes)

    def _limit(self, first: int, start: int) -> int:
        """The last place where a cue from this token may end, by its lines, its time and its words."""
        layout, options = self.layout, self.layout.options
        limit = min(layout.block[first], layout.lines.furthest(first, options.lines))
        limit = min(limit, first + (options.words_per_cue or MOST_WORDS))
        return max(first + 1, bisect_right(layout.last, start + self.pace.longest, first, limit))

    def _singles(self, first: int, stops: Sequence[int], start: int, comes: Sequence[int]) -> list[_Shown]:
        """The cues of one speaker that end at these places, if lines hold them."""
        layout, length = self.layout, self.layout.options.line_length
        found = []
        for stop, cost, cuts in layout.lines.broken(first, stops):
            width = layout.lines.width(first, stop)
            end, price = self._timed(start, stop, width, comes[stop])
            cost += price + layout.run_on[stop - 1] - layout.run_on[first]
            if width < length:
                cost += _SCANT * (1 - width / length) ** 2
            if stop == first + 1 and layout.lines.before[first] + self._end_cost(stop) > 0:
                cost += _LONELY
            found.append(_Shown(cost, first, stop, start, end, cuts, dialogue=False))
        return found

    def _dialogues(self, first: int, start: int, comes: Sequence[int]) -> Iterator[_Shown]:
        """The cues in which somebody else goes on after this token's speaker, a line for each."""
        layout, lines, options = self.layout, self.layout.lines, self.layout.options
        turn = layout.block[first]
        fits = options.line_length - len(HYPHEN)
        if options.lines == 1 or not layout.close[turn] or lines.width(first, turn) > fits:
            return
        words = options.words_per_cue or layout.block[turn]
        for stop in range(turn + 1, min(layout.block[turn], first + words) + 1):
            if lines.width(turn, stop) > fits or layout.last[stop - 1] - start > self.pace.longest:
                return
            width = lines.width(first, turn) + lines.width(turn, stop) + 2 * len(HYPHEN)
            end, cost = self._timed(start, stop, width, comes[stop])
            cost += _TWO_SPEAKERS + layout.run_on[turn - 1] - layout.run_on[first]
            cost += layout.run_on[stop - 1] - layout.run_on[turn]
            yield _Shown(cost, first, stop, start, end, (turn,), dialogue=True)

    def _timed(self, start: int, stop: int, width: int, following: int) -> tuple[int, float]:
        """When a cue goes whose last token is the one before `stop`, and what its end and its pace cost."""
        pace, last = self.pace, self.layout.tokens[stop - 1].last
        needed = width * pace.per_character
        wanted = max(min(last + pace.linger, max(last, self.over)), start + pace.reading(width))
        end = pace.end(start, wanted, following)
        if self.shots.frames:
            least = start + max(pace.shortest, min(end - start, pace.reading(width)))
            snapped = self.shots.end(end, last, following)
            end = snapped if least <= snapped <= start + pace.longest else end
        cost = _ONE_MORE_CUE + self._end_cost(stop)
        if needed > end - start:
            cost += _TOO_FAST + _FASTER * (1 - (end - start) / needed)
        if end + pace.gap > following:
            cost += _LATE + _A_SECOND_LATE * (end + pace.gap - following) / self.layout.fps
        if last > end + pace.gap:
            cost += _A_SECOND_CUT * (last - end) / self.layout.fps
        return end, cost

    def _end_cost(self, stop: int) -> float:
        before = self.layout.lines.before
        return _CUE_END * before[stop] if stop < len(before) else 0.0


def _cheapest(course: _Course) -> list[_Shown]:
    """The cues of the cheapest way from the first token to the last.

    The shortest path over the possible breaks, as in Knuth and Plass,
    "Breaking Paragraphs into Lines" (1981); linear in the number of words. When
    a cue can come depends on the one before, of which the cheapest is taken.
    """
    comes = course.comes()
    best: list[_Shown | None] = [None] * len(comes)
    best_cost = [0.0, *[inf] * (len(comes) - 1)]
    for first in range(len(comes) - 1):
        before = best[first]
        if first and not before:
            continue  # no cue ends here
        start = max(comes[first], before.end + course.pace.gap) if before else comes[first]
        for shown in course.from_token(first, start, comes):
            cost = best_cost[first] + shown.cost
            if cost < best_cost[shown.stop]:
                best_cost[shown.stop], best[shown.stop] = cost, shown
    return _traced(best)


def _traced(best: Sequence[_Shown | None]) -> list[_Shown]:
    way = []
    shown = best[-1]
    while shown:
        way.append(shown)
        shown = best[shown.first]
    return way[::-1]


def _cue(spoken: Sequence[Token], shown: _Shown, rate: FrameRate) -> Cue:
    marks = (shown.first, *shown.cuts, shown.stop)
    hyphen = HYPHEN if shown.dialogue else ""
    lines = tuple(hyphen + text_of(spoken[first:stop]) for first, stop in pairwise(marks))
    speakers = tuple(spoken[first].speaker for first in marks[:-1])
    known = speakers if any(speakers) else ()
    return Cue(rate.seconds(shown.start), rate.seconds(shown.end), lines, known)


def text_of(line: Sequence[Token]) -> str:
    """The words of a line, spaces between."""
    return "".join(("" if token.glued else " ") + token.text for token in line).lstrip(" ")
