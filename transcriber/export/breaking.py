"""Where the lines of a cue end."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Self

from transcriber.export.tokens import Token
from transcriber.options import CaptionOptions, LineShape

Cuts = tuple[int, ...]
"""The tokens that begin a cue's second and later lines."""

_LEANS: Mapping[LineShape, int] = {"balanced": 0, "top": -6, "bottom": 6}
"""Characters by which the upper line is to be longer."""

_EVENNESS = 8
"""The square of what two lines differ by costs this part of half of it."""

_WRONG_SHAPE = 30
"""What it costs that the other line is the shorter one, on the scale of `grammar.break_costs`."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The tokens laid end to end, measured, and what a line break costs before each.

    `begins` and `ends` are characters from the start of the whole text, a space
    between tokens that are not glued.
    """

    begins: Sequence[int]
    ends: Sequence[int]
    before: Sequence[float]
    length: int
    most: int
    unevenness: Sequence[float]  # by how much wider the upper line is; a negative index counts from the end
    middles: Sequence[int]
    lean: int

    @classmethod
    def of(cls, tokens: Sequence[Token], before: Sequence[float], options: CaptionOptions) -> Self:
        """`before[n]` is the cost of a line break before token n."""
        steps = ((0 if token.glued else 1) + token.width for token in tokens)
        ends = list(accumulate(steps))
        begins = [end - token.width for end, token in zip(ends, tokens, strict=True)]
        middles = [0, *(end + begin for end, begin in zip(ends, begins[1:], strict=False))]
        lean = _LEANS[options.shape]
        table = _unevenness(options.line_length, lean)
        return cls(begins, ends, before, options.line_length, options.lines, table, middles, lean)

    def width(self, first: int, stop: int) -> int:
        """Characters of the tokens from `first` to before `stop` on one line."""
        return self.ends[stop - 1] - self.begins[first]

    def furthest(self, first: int, lines: int) -> int:
        """The stop that tokens from `first` cannot go beyond in so many lines."""
        return bisect_right(self.ends, self.begins[first] + lines * (self.length + 1) - 1, first)

    def broken(self, first: int, stops: Sequence[int]) -> Iterator[tuple[int, float, Cuts]]:
        """The cheapest way to break the tokens from `first` to before each stop into as few lines as hold them.

        Stops that no lines reach are left out. Yields the stop, the cost and the cuts.
        """
        many = self._in_many(first, stops[-1]) if self.most > 2 and stops else {}  # noqa: PLR2004 - the quick way
        for stop in stops:
            if self.width(first, stop) <= self.length:
                yield stop, 0.0, ()
                continue
            way = (self._in_two(first, stop) if self.most > 1 else None) or many.get(stop)
            if way:
                yield stop, *way

    def _in_two(self, first: int, stop: int) -> tuple[float, Cuts] | None:
        """In two lines that both fit, no word alone on either if that can be."""
        end, begin = self.ends[stop - 1], self.begins[first]
        low = bisect_left(self.begins, end - self.length, first + 1, stop)
        high = bisect_right(self.ends, begin + self.length, first, stop - 1)
        if low > high:
            return None
        lonely = max(low, first + 2), min(high, stop - 2)
        if lonely[0] <= lonely[1]:
            low, high = lonely
        both, table, before, middles = begin + end, self.unevenness, self.before, self.middles
        costs = [before[cut] + table[middles[cut] - both] for cut in range(low, high + 1)]
        least = min(costs)
        return least, (low + costs.index(least),)

    def _in_many(self, first: int, last: int) -> dict[int, tuple[float, Cuts]]:
        """In three lines or more, for every stop up to `last` that needs so many.

        What lines differ by is the sum of their squares less that of lines all
        alike, so that the best way to a stop goes through the best ways to its
        cuts: for two lines it is what `unevenness` says.
        """
        found: dict[int, tuple[float, Cuts]] = {}
        reached: dict[int, tuple[float, Cuts]] = {first: (-self.before[first], ())}
        for lines in range(1, self.most + 1):
            reached = self._one_line_more(reached, last)
            for stop, (cost, begins) in reached.items():
                if lines > 2 and stop not in found:  # noqa: PLR2004 - fewer have their own way
                    alike = self.width(first, stop) ** 2 / lines / _EVENNESS
                    lean = self.lean * (self.width(begins[-1], stop) - self.width(first, begins[1])) / _EVENNESS
                    found[stop] = (cost - alike + lean, begins[1:])
        return found

    def _one_line_more(self, reached: Mapping[int, tuple[float, Cuts]], last: int) -> dict[int, tuple[float, Cuts]]:
        """The cheapest way to each stop by a line from any place that was reached, and where its lines begin."""
        further: dict[int, tuple[float, Cuts]] = {}
        for begin, (cost, begins) in reached.items():
            if begin == last:
                continue
            for stop in range(begin + 1, min(self.furthest(begin, 1), last) + 1):
                price = cost + self.before[begin] + self.width(begin, stop) ** 2 / _EVENNESS
                if stop not in further or price < further[stop][0]:
                    further[stop] = price, (*begins, begin)
        return further


def _unevenness(length: int, lean: int) -> list[float]:
    """What it costs that the upper line is wider by 0, 1, 2 … than the lower, and at the end by … -2, -1."""
    wider = [*range(length + 1), *range(-length, 0)]
    return [(more - lean) ** 2 / (2 * _EVENNESS) + (_WRONG_SHAPE if lean and more * lean <= 0 else 0) for more in wider]
