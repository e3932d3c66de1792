"""Where the lines of a cue end."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Self

from transcriber.export.tokens import Token
from transcriber.options import CaptionOptions, LineShape

Cuts = tuple[int, ...]
"""The tokens that begin a cue's second and later lines."""

_LEAN = 6
"""Characters by which the shorter line is to be shorter where a shape is asked for."""

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

    @classmethod
    def of(cls, tokens: Sequence[Token], before: Sequence[float], options: CaptionOptions) -> Self:
        """`before[n]` is the cost of a line break before token n."""
        steps = ((0 if token.glued else 1) + token.width for token in tokens)
        ends = list(accumulate(steps))
        begins = [end - token.width for end, token in zip(ends, tokens, strict=True)]
        middles = [0, *(end + begin for end, begin in zip(ends, begins[1:], strict=False))]
        table = _unevenness(options.line_length, options.shape)
        return cls(begins, ends, before, options.line_length, options.lines, table, middles)

    def width(self, first: int, stop: int) -> int:
        """Characters of the tokens from `first` to before `stop` on one line."""
        return self.ends[stop - 1] - self.begins[first]

    def furthest(self, first: int, lines: int) -> int:
        """The stop that tokens from `first` cannot go beyond in so many lines."""
        return bisect_right(self.ends, self.begins[first] + lines * (self.length + 1) - 1, first)

    def broken(self, first: int, stop: int) -> tuple[float, Cuts] | None:
        """The cheapest way to break so many tokens into as few lines as hold them, and its cost; None if none does."""
        if self.width(first, stop) <= self.length:
            return 0.0, ()
        if self.most == 2:  # noqa: PLR2004 - the usual case, and the quick one
            return self._in_two(first, stop)
        ways = (self._in_lines(first, stop, lines) for lines in range(2, self.most + 1))
        return next((way for way in ways if way), None)

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

    def _in_lines(self, first: int, stop: int, lines: int) -> tuple[float, Cuts] | None:
        """In exactly so many lines: the first one, then the others, each as wide as the mean of those below."""
        if lines == 2:  # noqa: PLR2004 - where the recursion ends
            return self._in_two(first, stop)
        ways = []
        for cut in range(first + 1, min(self.furthest(first, 1), stop - 1) + 1):
            rest = self._in_lines(cut, stop, lines - 1)
            if rest:
                uneven = self.unevenness[self.width(first, cut) - self.width(cut, stop) // (lines - 1)]
                ways.append((self.before[cut] + uneven + rest[0], (cut, *rest[1])))
        return min(ways, default=None)


def _unevenness(length: int, shape: LineShape) -> list[float]:
    """What it costs that the upper line is wider by 0, 1, 2 … than the lower, and at the end by … -2, -1."""
    lean = {"balanced": 0, "top": -_LEAN, "bottom": _LEAN}[shape]
    wider = [*range(length + 1), *range(-length, 0)]
    return [(more - lean) ** 2 / 16 + (_WRONG_SHAPE if lean and more * lean <= 0 else 0) for more in wider]
