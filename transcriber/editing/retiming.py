"""When words were said that a person wrote: within the time of those that they replace, or between their neighbours."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

from transcriber.transcript import Span

SHORTEST = 0.08
"""Seconds that an inserted word needs at least: one step of the models' clock."""

LONGEST_LETTER = 0.12
"""Seconds that a letter of an inserted word takes at most: slow speech, not silence. As where models share out time."""


def shared(texts: Sequence[str], span: Span) -> list[Span]:
    """The span divided among the words by their letters.

    >>> [(span.start, span.end) for span in shared(["one", "eleven,"], Span(1.0, 1.9))]
    [(1.0, 1.3), (1.3, 1.9)]
    """
    marks = [0, *accumulate(map(letters, texts))]
    times = [min(span.end, span.start + span.duration * mark / max(marks[-1], 1)) for mark in marks]
    return [Span(*pair) for pair in pairwise([*times[:-1], span.end])]


def letters(text: str) -> int:
    """How long a word takes to say, in letters and digits; at least one.

    >>> letters("clock,"), letters("—")
    (5, 1)
    """
    return max(1, sum(letter.isalnum() for letter in text))


def in_gap(texts: Sequence[str], gap: Span, *, at_start: bool) -> Span | None:
    """The part of a pause that words inserted there take, at its start or at its end; None if they do not fit.

    >>> in_gap(["ox"], Span(2.0, 9.0), at_start=True), in_gap(["ox"], Span(2.0, 2.01), at_start=True)
    (Span(start=2.0, end=2.24), None)
    """
    needed = SHORTEST * len(texts)
    if gap.duration < needed:
        return None
    taken = min(gap.duration, max(needed, LONGEST_LETTER * sum(map(letters, texts))))
    return (
        Span(gap.start, min(gap.end, gap.start + taken)) if at_start else Span(max(gap.start, gap.end - taken), gap.end)
    )
