"""Nothing invented, nothing lost: what was heard, held against where somebody speaks."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from transcriber.spoken import spoken
from transcriber.transcript import Span, Word

LEAST = 0.6
"""Seconds of speech without a word that are worth a second look."""

EARLY = 0.1
"""Seconds that a word may be told to start after it does: the grid of the models is 80 ms."""

LATE = 0.3
"""Seconds that a word may last longer than it is told to: models are bad at ends (demo model, 95th percentile)."""

NEAR = 0.3
"""Seconds around speech in which a word still belongs to it."""

UNSURE = 0.5
"""Confidence under which a word that stands where nobody speaks is taken for invented."""

CLOSE = 1.0
"""Seconds to both sides of what was not heard, in the second look that comes first."""

SAME = 0.3
"""Seconds between the starts of what may be one word, heard twice."""


def unheard(speech: Sequence[Span], words: Sequence[Word], least: float = LEAST) -> list[Span]:
    """Where somebody speaks for at least `least` seconds and no word is told: in order, apart.

    >>> unheard([Span(0.0, 4.0)], [Word("so", 0.0, 0.2), Word("what", 3.0, 3.3)])
    [Span(start=0.5, end=2.9)]
    """
    covered = sorted((word.start - EARLY, word.end + LATE) for word in words)
    return [gap for span in speech for gap in _gaps(span, covered) if gap.duration >= least]


def weigh(words: Sequence[Word], speech: Sequence[Span]) -> tuple[list[Word], int]:
    """The words without those that are most likely invented, and how many these were.

    A word further than NEAR from any speech is dropped where the model was not
    sure of it either, and marked `outside_speech` where it was, or cannot say.
    """
    weighed = [word if _is_spoken(word, speech) else replace(word, outside_speech=True) for word in words]
    kept = [word for word in weighed if not (word.outside_speech and _is_unsure(word))]
    return kept, len(words) - len(kept)


def second_look(missed: Span, reach: Span, limit: float) -> list[Span]:
    """The clips to recognize anew where words are missing: one close around it, and one as wide as may be.

    Args:
        missed: what was not heard.
        reach: what there is sound of.
        limit: seconds that no clip exceeds.
    """
    middle = (missed.start + missed.end) / 2
    wishes = (missed.duration + 2 * CLOSE, limit)
    looks = [_within(Span(middle - length / 2, middle + length / 2), reach) for length in wishes]
    return [look for look in dict.fromkeys(looks) if 0 < look.duration <= limit]


def settle(words: Sequence[Word], missed: Span, looks: Sequence[Sequence[Word]]) -> list[Word]:
    """The words, with those of the second look that fill `missed` best. In order, times never stepping back.

    Only words whose middle lies in `missed` are taken, and none that a
    neighbour is already.
    """
    found = max((_found(words, missed, look) for look in looks), key=_seconds, default=[])
    return _rising(sorted([*words, *found], key=lambda word: word.start))


def _gaps(span: Span, covered: Sequence[tuple[float, float]]) -> list[Span]:
    """The parts of the span that nothing covers; `covered` is sorted by start."""
    gaps, begin = [], span.start
    for start, end in covered:
        if end <= begin or start >= span.end:
            continue
        if start > begin:
            gaps.append(Span(begin, start))
        begin = end
    return [*gaps, Span(begin, span.end)] if begin < span.end else gaps


def _is_spoken(word: Word, speech: Sequence[Span]) -> bool:
    return any(span.start - NEAR <= word.end and word.start <= span.end + NEAR for span in speech)


def _is_unsure(word: Word) -> bool:
    return word.confidence is not None and word.confidence < UNSURE


def _within(look: Span, reach: Span) -> Span:
    """Moved to where there is sound, or as much of it as there is."""
    start = max(reach.start, min(look.start, reach.end - look.duration))
    return Span(start, min(reach.end, start + look.duration))


def _found(words: Sequence[Word], missed: Span, look: Sequence[Word]) -> list[Word]:
    inside = [word for word in look if missed.start <= (word.start + word.end) / 2 <= missed.end]
    return [word for word in inside if not any(_is_same(word, known) for known in words)]


def _is_same(word: Word, known: Word) -> bool:
    """Two hearings of one word: alike and near, or at the same time."""
    if abs(word.start - known.start) <= SAME and spoken(word.text) == spoken(known.text):
        return True
    shared = min(word.end, known.end) - max(word.start, known.start)
    return shared > min(word.end - word.start, known.end - known.start) / 2


def _seconds(words: Sequence[Word]) -> float:
    return sum(word.end - word.start for word in words)


def _rising(words: Sequence[Word]) -> list[Word]:
    """In order of their starts already; ends that run into the next word are cut."""
    apart = [replace(word, end=min(word.end, following.start)) for word, following in pairwise(words)]
    return [*apart, *words[-1:]]
