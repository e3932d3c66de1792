"""How to join what was heard in neighbouring chunks."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from statistics import fmean
from typing import Literal

from transcriber.chunking.chunk import Chunk
from transcriber.spoken import spoken
from transcriber.transcript import Word

APART = 0.3
"""Seconds between the starts of one word in two hearings: the grid of 80 ms three times, and some."""

OVERLAP = 0.5
"""Share of the shorter of two different words from which they are one word, heard in two ways."""

DOUBLED = 0.8
"""Share of the shorter of two words from which it is a part of the longer one: ice and cream of icecream."""


def join(heard: Iterable[tuple[Chunk, Sequence[Word]]]) -> Iterator[tuple[Word, ...]]:
    """The words of consecutive chunks, chunk by chunk: none lost, none doubled, times never stepping back.

    Where the contexts of neighbours overlap, both heard the same words, a bit
    earlier or later, now and then as other words, or not at all. The words of
    the one go over into those of the other inside the longest run that both
    heard alike, as near to the cut as that reaches; without such a run at the
    cut. Between two agreements, the one that was surer is believed.

    Models place word starts better than word ends, so where two words overlap
    the first one ends when the second one starts. A word that starts before its
    predecessor does is moved to the predecessor's start.

    Yields:
        The words of each chunk once they cannot change any more: when the words
        of the next chunk are known, or at the end.

    >>> chunks = Chunk(0.0, 29.5, 0.0, 29.5), Chunk(29.5, 60.0, 29.5, 60.0)
    >>> heard = [Word("one", 28.9, 29.6)], [Word("two", 29.5, 30.0)]
    >>> [(word.text, word.end) for words in join(zip(chunks, heard)) for word in words]
    [('one', 29.5), ('two', 30.0)]
    """
    before: tuple[Chunk, Sequence[Word]] | None = None
    since = 0.0
    for chunk, words in heard:
        if before is not None:
            earlier, words = _parted(*before, chunk, words)
            final = _rising(earlier, since, words[0].start if words else float("inf"))
            since = final[-1].end if final else since
            yield final
        before = chunk, words
    if before is not None:
        yield _rising(before[1], since, float("inf"))


def _rising(words: Sequence[Word], since: float, until: float) -> tuple[Word, ...]:
    """The same words in a row: none starts before `since`, none lasts past the next one's start or `until`."""
    rising: list[Word] = []
    for word in words:
        start = max(since, word.start)
        rising.append(replace(word, start=start, end=max(start, word.end)))
        since = start
    following = [*(word.start for word in rising[1:]), max(until, since)]
    return tuple(replace(word, end=min(word.end, start)) for word, start in zip(rising, following, strict=False))


# --- what both heard -------------------------------------------------------------------------------------------------


Teller = Literal["earlier", "later"]
"""Of two neighbouring chunks."""


@dataclass(frozen=True, slots=True)
class _Slot:
    """A word as the earlier and as the later chunk heard it; at least one of them did."""

    earlier: Word | None
    later: Word | None

    def by(self, teller: Teller) -> Word | None:
        """As that chunk heard it."""
        return self.earlier if teller == "earlier" else self.later

    @property
    def agreed(self) -> bool:
        """Both heard the same word."""
        return self.earlier is not None and self.later is not None and _likeness(self.earlier, self.later) > 1

    @property
    def heard_once(self) -> bool:
        """Only one of them heard it."""
        return self.earlier is None or self.later is None

    @property
    def middle(self) -> float:
        """In seconds of the recording."""
        middles = [(word.start + word.end) / 2 for word in (self.earlier, self.later) if word]
        return sum(middles) / len(middles)


def _parted(
    before: Chunk, earlier: Sequence[Word], after: Chunk, later: Sequence[Word]
) -> tuple[Sequence[Word], Sequence[Word]]:
    """The words of both, but for those that the other one tells."""
    if after.context_start >= before.context_end:
        return earlier, later
    first = next((index for index, word in enumerate(earlier) if word.end > after.context_start), len(earlier))
    past = next((index for index, word in enumerate(later) if word.start >= before.context_end), len(later))
    slots = _slots(earlier[first:], later[:past])
    left, right = _told(slots, _crossing(slots, before.end), before.end)
    told = [*earlier[:first], *left, *right, *later[past:]]
    whole = [
        word if _is_read_whole(word, told[index:], earlier, later) else replace(word, reading=None)
        for index, word in enumerate(told)
    ]
    return whole[: first + len(left)], whole[first + len(left) :]


def _is_read_whole(word: Word, told: Sequence[Word], *hearings: Sequence[Word]) -> bool:
    """Whether all words that its reading stands for are told, so that it does not come to stand for others."""
    if word.reading is None or word.reading.words == 1:
        return True
    runs = [
        hearing[index : index + word.reading.words]
        for hearing in hearings
        for index, other in enumerate(hearing)
        if other is word
    ]
    return any(all(one is other for one, other in zip(run, told, strict=False)) for run in runs)


def _crossing(slots: Sequence[_Slot], cut: float) -> int:
    """How many slots the earlier chunk tells: inside the longest run of agreement, as near to the cut as may be."""
    at_cut = sum(slot.middle < cut for slot in slots)
    grouped = groupby(range(len(slots)), key=lambda index: slots[index].agreed)
    runs = [list(run) for agreed, run in grouped if agreed]
    crossings = [min(max(at_cut, run[0] + (len(run) > 1)), run[-1] + (len(run) == 1)) for run in runs]
    near = max(zip(runs, crossings, strict=True), key=lambda each: (len(each[0]), -abs(each[1] - at_cut)), default=None)
    return near[1] if near else at_cut


def _told(slots: Sequence[_Slot], crossing: int, cut: float) -> tuple[list[Word], list[Word]]:
    """What is told before the crossing, and what after it.

    Where the one that tells heard nothing, the other one does if the word is in
    its own span, and if it is not a part of a word that was told (ice, icecream).
    """
    tellers = _tellers(slots, crossing)
    told = [
        slot.by(teller) or slot.by("earlier" if slot.middle < cut else "later")
        for slot, teller in zip(slots, tellers, strict=True)
    ]
    whole = [
        None if word and slot.heard_once and _is_part(word, _of_the_other(slot, slots, told)) else word
        for slot, word in zip(slots, told, strict=True)
    ]
    return [word for word in whole[:crossing] if word], [word for word in whole[crossing:] if word]


def _tellers(slots: Sequence[_Slot], crossing: int) -> list[Teller]:
    """Of each slot who tells it: the earlier chunk before the crossing, the later one from there on.

    But what lies between two agreements and was heard in two ways is told by
    the chunk that is surer of it.
    """
    tellers: list[Teller] = ["earlier" if index < crossing else "later" for index in range(len(slots))]
    runs = [list(run) for _, run in groupby(range(len(slots)), key=lambda index: slots[index].agreed)]
    for run in runs[1:-1]:
        disputed = [slots[index] for index in run]
        earlier = _confidence([slot.earlier for slot in disputed])
        later = _confidence([slot.later for slot in disputed])
        if not disputed[0].agreed and earlier is not None and later is not None:
            tellers[run[0] : run[-1] + 1] = ["earlier" if earlier > later else "later"] * len(run)
    return tellers


def _confidence(words: Sequence[Word | None]) -> float | None:
    """The mean; None where there is no word, or none of them has any."""
    known = [word.confidence for word in words if word and word.confidence is not None]
    return fmean(known) if known else None


def _of_the_other(slot: _Slot, slots: Sequence[_Slot], told: Sequence[Word | None]) -> list[Word]:
    """The words told by the chunk that did not hear `slot`."""
    others = [other.later if slot.earlier else other.earlier for other in slots]
    return [word for word, other in zip(told, others, strict=True) if word and word is other]


def _is_part(word: Word, others: Iterable[Word]) -> bool:
    """In time and in its letters: on a grid of 80 ms a neighbour may seem to cover a short word as well."""
    letters = "".join(spoken(word.text))
    return any(_share(word, other) >= DOUBLED and letters in "".join(spoken(other.text)) for other in others)


def _slots(earlier: Sequence[Word], later: Sequence[Word]) -> list[_Slot]:
    """Both in one row, words that are one side by side; as many and as much alike as there are."""
    likeness = [[_likeness(one, other) for other in later] for one in earlier]
    best = [[0.0] * (len(later) + 1) for _ in range(len(earlier) + 1)]
    for i in reversed(range(len(earlier))):
        for j in reversed(range(len(later))):
            both = best[i + 1][j + 1] + likeness[i][j] if likeness[i][j] else 0.0
            best[i][j] = max(both, best[i + 1][j], best[i][j + 1])
    slots, i, j = [], 0, 0
    while i < len(earlier) and j < len(later):
        if likeness[i][j] and best[i][j] == best[i + 1][j + 1] + likeness[i][j]:
            slots.append(_Slot(earlier[i], later[j]))
            i, j = i + 1, j + 1
        elif best[i + 1][j] > best[i][j + 1] or (
            best[i + 1][j] == best[i][j + 1] and earlier[i].start <= later[j].start
        ):
            slots.append(_Slot(earlier[i], None))
            i += 1
        else:
            slots.append(_Slot(None, later[j]))
            j += 1
    return [*slots, *(_Slot(word, None) for word in earlier[i:]), *(_Slot(None, word) for word in later[j:])]


def _likeness(one: Word, other: Word) -> float:
    """Over 1 for the same word, the nearer the better; 1 for another word at the same time, else 0."""
    apart = abs(one.start - other.start)
    if apart <= APART and spoken(one.text) == spoken(other.text):
        return 3.0 - apart / APART
    return 1.0 if _share(one, other) >= OVERLAP else 0.0


def _share(one: Word, other: Word) -> float:
    """Of the shorter word the part that lies in the longer one, 0 to 1."""
    shorter = min(one.end - one.start, other.end - other.start)
    shared = min(one.end, other.end) - max(one.start, other.start)
    return max(0.0, shared) / shorter if shorter else float(shared >= 0)
