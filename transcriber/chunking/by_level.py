"""By loudness alone: to be deleted when the pipeline plans in pauses and joins streams."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, groupby, islice, pairwise

from transcriber.chunking.chunk import Chunk
from transcriber.transcript import Word

SMOOTHING = 0.3
"""Seconds that the level is averaged over: longer than the closure of a stop consonant (about 0.1 s)."""

SHORTEST_REST = 1.0
"""Seconds that a cut leaves behind it at least: models hear less well in scraps of sound."""

EDGE = 0.5
"""Seconds that a cut keeps from both ends of a long pause, where breaths and word ends are."""

LONG_ENOUGH = 1.0
"""Seconds from which a longer pause is no better place to cut."""

WORTH = 0.02
"""Seconds of pause that a cut may lose for each second that it lies nearer to the target."""


def plan(loudness: Iterable[float], hop: float, target: float, limit: float) -> Iterator[Chunk]:
    """Cut a recording where it is quietest, into chunks that cover it without gap or overlap.

    What is left is one chunk when it lasts at most `limit`. Otherwise the cut
    falls between two thirds and four thirds of `target`, in the middle of the
    longest of the quietest places, the nearer to `target` the better.

    Args:
        loudness: the level of every hop in dBFS, finite; read lazily, never
            more than `limit` seconds and one hop ahead of the chunk's start.
        hop: seconds per level.
        target: seconds that a chunk should last.
        limit: seconds that no chunk exceeds.

    Yields:
        Chunks in order. The last one ends with the last hop, so up to a hop
        after the recording does.

    >>> [(chunk.start, chunk.end) for chunk in plan([-100.0] * 70, hop=1.0, target=30, limit=40)]
    [(0.0, 30.0), (30.0, 70.0)]
    """
    levels = iter(loudness)
    most = int(limit / hop + 1e-6)  # 0.3 / 0.1 is 2.9999999999999996
    begin = 0
    pending: list[float] = []
    while True:
        pending.extend(islice(levels, most + 1 - len(pending)))
        if len(pending) <= most:
            break
        cut = _quietest(pending, hop, target, limit)
        yield _chunk(begin, begin + cut, hop)
        del pending[:cut]
        begin += cut
    if pending:
        yield _chunk(begin, begin + len(pending), hop)


def join(heard: Iterable[Sequence[Word]]) -> list[Word]:
    """The words of consecutive chunks as one list: none lost, none doubled, times never stepping back.

    Models place word starts better than word ends, so where two words overlap
    the first one ends when the second one starts. A word that starts before its
    predecessor does is moved to the predecessor's start.

    >>> [(word.text, word.end) for word in join([[Word("one", 28.9, 29.6)], [Word("two", 29.5, 30.0)]])]
    [('one', 29.5), ('two', 30.0)]
    """
    words = [word for chunk in heard for word in chunk]
    starts = accumulate((word.start for word in words), max)
    rising = [replace(word, start=start, end=max(start, word.end)) for word, start in zip(words, starts, strict=True)]
    apart = [replace(word, end=min(word.end, following.start)) for word, following in pairwise(rising)]
    return apart + rising[-1:]


def _chunk(begin: int, end: int, hop: float) -> Chunk:
    """Both in hops from the start of the recording."""
    return Chunk(begin * hop, end * hop, context_start=begin * hop, context_end=end * hop)


def _quietest(levels: Sequence[float], hop: float, target: float, limit: float) -> int:
    """How many of `levels` to take before the cut."""
    latest = min(target * 4 / 3, limit - min(SHORTEST_REST, limit / 6))
    cuts = range(max(1, round(target * 2 / 3 / hop)), round(latest / hop) + 1)
    runs = _quiet_runs(cuts, _smoothed(levels, cuts, max(1, round(SMOOTHING / 2 / hop))))

    def worth(run: Sequence[int]) -> float:
        distance = abs(_middle(run, hop, target) * hop - target)
        return min(len(run) * hop, LONG_ENOUGH) - WORTH * distance

    return _middle(max(runs, key=worth), hop, target)


def _smoothed(levels: Sequence[float], cuts: range, reach: int) -> list[float]:
    """The mean level of `reach` hops to both sides of each cut."""
    sums = list(accumulate(levels, initial=0.0))
    ends = [(max(0, cut - reach), min(len(levels), cut + reach)) for cut in cuts]
    return [(sums[after] - sums[before]) / (after - before) for before, after in ends]


def _quiet_runs(cuts: range, levels: Sequence[float]) -> list[list[int]]:
    """The cuts in neighbourhoods that are about as quiet as it gets.

    "About" is a tenth of the range and 1 dB more: 6 dB where pauses lie 50 dB
    below speech, 2 dB in non-stop talk, everything in constant noise.
    """
    ceiling = min(levels) + 1 + (max(levels) - min(levels)) / 10
    grouped = groupby(cuts, key=lambda cut: levels[cut - cuts.start] <= ceiling)
    return [list(run) for quiet, run in grouped if quiet]


def _middle(run: Sequence[int], hop: float, target: float) -> int:
    """The middle of a short run; in a long one the place nearest to the target that keeps clear of its edges."""
    edge = min((len(run) - 1) // 2, round(EDGE / hop))
    return min(max(round(target / hop), run[edge]), run[-1 - edge])
