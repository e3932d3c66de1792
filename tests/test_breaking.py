"""Where lines end: the cheapest way of all, tried one by one."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcriber.export.breaking import Lines
from transcriber.export.tokens import Token
from transcriber.options import CaptionOptions


def measured(widths: list[int], costs: list[float], **rules) -> Lines:
    words = [Token("x" * wide, wide, 0, 0, 0) for wide in widths]
    return Lines.of(words, costs, CaptionOptions(**rules))


def broken_at(lines: Lines, stop: int) -> tuple[float, tuple[int, ...]] | None:
    return next(((cost, cuts) for _, cost, cuts in lines.broken(0, [stop])), None)


words = st.lists(st.integers(1, 12), min_size=1, max_size=9)


@given(words, st.data())
def test_two_lines_are_the_cheapest_that_fit_and_leave_no_word_alone_if_any_do(widths, draws):
    costs = draws.draw(st.lists(st.integers(0, 100), min_size=len(widths), max_size=len(widths)))
    lines = measured(widths, costs, line_length=20)
    every = range(1, len(widths))
    fitting = [cut for cut in every if max(lines.width(0, cut), lines.width(cut, len(widths))) <= 20]
    full = [cut for cut in fitting if 2 <= cut <= len(widths) - 2] or fitting

    broken = broken_at(lines, len(widths))

    if lines.width(0, len(widths)) <= 20:
        assert broken == (0.0, ())
    elif not full:
        assert broken is None
    else:
        price = {cut: costs[cut] + (lines.width(0, cut) - lines.width(cut, len(widths))) ** 2 / 16 for cut in full}
        assert broken[0] == min(price.values())
        assert price[broken[1][0]] == broken[0]


@given(words)
def test_more_lines_are_as_few_as_hold_the_words(widths):
    lines = measured(widths, [10.0] * len(widths), line_length=14, lines=4)
    total = len(widths)
    needed = next((count for count in range(1, 5) if any(_fit(lines, cuts) for cuts in _ways(total, count))), None)

    broken = broken_at(lines, total)

    assert (len(broken[1]) + 1 if broken else None) == needed
    assert not broken or _fit(lines, (0, *broken[1], total))


@given(st.lists(st.integers(1, 9), min_size=4, max_size=9), st.data())
def test_three_lines_are_the_cheapest_of_all(widths, draws):
    costs = draws.draw(st.lists(st.integers(0, 100), min_size=len(widths), max_size=len(widths)))
    lines = measured(widths, costs, line_length=10, lines=3)
    total = len(widths)
    ways = [way for way in _ways(total, 3) if _fit(lines, way)]
    two = any(_fit(lines, way) for count in (1, 2) for way in _ways(total, count))

    broken = broken_at(lines, total)

    if ways and not two:
        assert broken[0] == pytest.approx(min(_price(lines, costs, way) for way in ways))
        assert broken[0] == pytest.approx(_price(lines, costs, (0, *broken[1], total)))


def _price(lines: Lines, costs: list[int], way: tuple[int, ...]) -> float:
    """What the breaks cost, and the squares of what the lines differ by from their mean."""
    each = [lines.width(first, stop) for first, stop in pairwise(way)]
    whole = lines.width(0, way[-1])
    return sum(costs[cut] for cut in way[1:-1]) + (sum(wide**2 for wide in each) - whole**2 / len(each)) / 8


def _ways(total: int, count: int) -> list[tuple[int, ...]]:
    return [(0, *cuts, total) for cuts in combinations(range(1, total), count - 1)]


def _fit(lines: Lines, marks: tuple[int, ...]) -> bool:
    return all(lines.width(first, stop) <= lines.length for first, stop in pairwise(marks))


def test_a_shape_makes_the_other_line_shorter():
    even = [5] * 6

    shaped = [measured(even, [0.0] * 6, line_length=30, shape=shape) for shape in ("top", "bottom")]

    assert [broken_at(lines, 6)[1] for lines in shaped] == [(2,), (4,)]


def test_pieces_of_one_word_are_measured_without_a_space():
    glued = [Token("ab", 2, 0, 0, 0), Token("cd", 2, 0, 0, 0, glued=True), Token("e", 1, 0, 0, 0)]

    assert Lines.of(glued, [0, 0, 0], CaptionOptions()).width(0, 3) == 6
