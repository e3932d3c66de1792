"""Words without times, and the timed words of another model on the same clip: when each was said, what is in doubt.

The two readings are laid side by side as they sound (Needleman and Wunsch 1970
on spoken words), so that "42" meets "forty-two" and "goodbye" meets "good
bye". A word takes the time of what it meets; one that meets nothing shares the
time between its neighbours. Where the readings differ, `prove` keeps both.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate, groupby, pairwise
from math import inf
from operator import le, lt

from transcriber.spoken import NUMBER_WORDS, REMEMBERED, spoken, unlikeness
from transcriber.transcript import Reading, ReadingKind, Word

Span = tuple[float, float]
"""Start and end, in seconds of the recording."""

UNMET = 0.6
"""What a spoken word costs that meets nothing; two that meet cost up to 1, the more unlike the more."""

TOUCHING = 0.1
"""What it costs that two words meet which are not the same, or that one meets two."""

JOINABLE = 0.25
"""Up to this unlikeness one word may meet two: "theater" against "the ater"."""

NARROWEST = 4
"""Words that the two readings may be out of step by, beyond what they end with, in the first attempt to align them."""

SHORTEST = 0.08
"""Seconds that a word without a time of its own needs: one step of the models' clock."""

LONGEST_LETTER = 0.12
"""Seconds that a letter takes at most where time is shared out: slow speech, not silence."""

UNTOLD = 0.5
"""The confidence that a word counts with whose model tells none."""

_ENDS = (".", "?", "!", "…")
_CLOSING = "\"'”’»)]"
_I = {"I", "Im", "Ill", "Id", "Ive"}


@dataclass(frozen=True, slots=True)
class Meeting:
    """Words of one reading, by index, and the words of the other that they meet. Same: both say the same.

    Either may be none, for what the other reading does not have.
    """

    own: range
    other: range
    same: bool


def align(words: Sequence[str], timed: Sequence[Word], span: Span, speech: Sequence[Span] = ()) -> list[Word]:
    """Give `words` the times of `timed`.

    A word takes the times of what it meets, and its confidence too if both say
    the same. Words that meet nothing, or together meet something, divide the
    time there is and have `timing` "shared".

    Args:
        words: what one model wrote of a clip, punctuation attached.
        timed: what another model heard in the same clip, in order.
        span: the clip; no word leaves it.
        speech: where somebody speaks, in order, if known; time is shared out there.

    Returns:
        One word per text, in order, not overlapping. None at all if `timed` is
        empty: then nobody knows more than the times of the clip.

    >>> heard = [Word("the", 1.0, 1.2), Word("cloak", 1.3, 1.8)]
    >>> [(word.text, word.start, word.timing) for word in align(["The", "clock."], heard, (0.0, 5.0))]
    [('The', 1.0, 'heard'), ('clock.', 1.3, 'heard')]
    """
    heard = _tidied(timed, span)
    if not heard:
        return []
    return _placed(words, heard, meetings(words, [word.text for word in heard]), span, speech)


def prove(words: Sequence[str], timed: Sequence[Word], span: Span, speech: Sequence[Span] = ()) -> list[Word]:
    """`align`, and hold the two models' readings against each other.

    Where they differ, the first word of the run has the `Reading` of the model
    that told the times. Confidence is agreement: where both said the same, half
    the way from that model's own confidence to 1, so at least a half; where
    they did not, half the likeness of the two runs, so less than a half.

    >>> heard = [Word("the", 1.0, 1.2, 0.8), Word("cloak", 1.3, 1.8, 0.8)]
    >>> [(word.confidence, word.reading) for word in prove(["The", "cloak."], heard, (0.0, 5.0))][1]
    (0.9, Reading(text='cloak', kind='punctuation', words=1))
    """
    heard = _tidied(timed, span)
    if not (heard and words):
        return []
    met = meetings(words, [word.text for word in heard])
    placed = _placed(words, heard, met, span, speech)
    return [word for run in _runs(met, heard) for word in _proved(placed, heard, run)]


# --- which words meet


def meetings(words: Sequence[str], others: Sequence[str]) -> list[Meeting]:
    """The two readings side by side: every word of both is in exactly one meeting, in order.

    >>> meetings(["Goodbye,", "old", "friend."], ["good", "bye", "friend"])[0]
    Meeting(own=range(0, 1), other=range(0, 2), same=True)
    """
    own = [(unit, index) for index, word in enumerate(words) for unit in spoken(word)]
    other = [(unit, index) for index, word in enumerate(others) for unit in spoken(word)]
    way = _cheapest_way([unit for unit, _ in own], [unit for unit, _ in other])
    steps = [Meeting(_words_of(own, step.own), _words_of(other, step.other), step.same) for step in way]
    return _grouped(steps, _share_a_word)


def _words_of(units: Sequence[tuple[str, int]], span: range) -> range:
    """The words that spoken words come from; none at their place if there are none."""
    if not span:
        before = units[span.start - 1][1] + 1 if span.start else 0
        return range(before, before)
    return range(units[span.start][1], units[span.stop - 1][1] + 1)


def _share_a_word(before: Meeting, after: Meeting) -> bool:
    return after.own.start < before.own.stop or after.other.start < before.other.stop


def _grouped(met: Sequence[Meeting], belong: Callable[[Meeting, Meeting], bool]) -> list[Meeting]:
    """Neighbours that belong together made one."""
    groups: list[Meeting] = []
    for meeting in met:
        if groups and belong(groups[-1], meeting):
            groups[-1] = _united(groups[-1], meeting)
        else:
            groups.append(meeting)
    return groups


def _united(before: Meeting, after: Meeting) -> Meeting:
    own = range(before.own.start, after.own.stop)
    return Meeting(own, range(before.other.start, after.other.stop), before.same and after.same)


_Rows = list[list[float]]
_Way = tuple[int, int]
"""How many spoken words of each reading a step takes."""


def _cheapest_way(own: Sequence[str], other: Sequence[str]) -> list[Meeting]:
    """The steps through both readings, by spoken word, that cost least in all.

    Only steps near the diagonal are looked at, and more of them until the
    cheapest way costs less than any that strays farther.
    """
    ahead = len(other) - len(own)
    own, other = ["", "", *own], ["", "", *other]
    room = NARROWEST
    while True:
        band = abs(ahead) + room
        rows = _costs(own, other, band)
        if rows[-1][ahead + band + 1] <= (abs(ahead) + 2 * room + 2) * UNMET:
            return _traced(rows, own, other)
        room *= 2


def _costs(own: Sequence[str], other: Sequence[str], band: int) -> _Rows:
    """What it costs at least to come past i and j spoken words: row i + 2, column j - i + band + 1."""
    nowhere = [inf] * (2 * band + 3)
    rows = [nowhere, nowhere]
    for i in range(len(own) - 1):
        rows.append(nowhere.copy())
        for j in range(max(0, i - band), min(len(other) - 2, i + band) + 1):
            rows[-1][j - i + band + 1] = _best(rows, own, other, i, j)[0] if i or j else 0.0
    return rows


def _best(rows: _Rows, own: Sequence[str], other: Sequence[str], i: int, j: int) -> tuple[float, _Way]:
    """What it costs to come past i and j spoken words, and by which step. Both readings begin with two empty words.

    What a meeting costs takes long to tell, and is not asked where even the cheapest meeting would be too dear.
    """
    here = j - i + len(rows[0]) // 2
    best = min((rows[i + 1][here + 1] + UNMET, (1, 0)), (rows[i + 2][here - 1] + UNMET, (0, 1)))
    if (so_far := rows[i + 1][here]) + _least(own[i + 1], other[j + 1]) <= best[0]:
        best = min((so_far + _price(own[i + 1], other[j + 1]), (1, 1)), best)
    if (so_far := rows[i + 1][here - 1]) + TOUCHING < best[0]:
        best = min(best, (so_far + _joined_price(own[i + 1], other[j], other[j + 1]), (1, 2)))
    if (so_far := rows[i][here + 1]) + TOUCHING < best[0]:
        best = min(best, (so_far + _joined_price(other[j + 1], own[i], own[i + 1]), (2, 1)))
    return best


def _least(one: str, other: str) -> float:
    return 0.0 if one == other else TOUCHING


def _price(one: str, other: str) -> float:
    return 0.0 if one == other else TOUCHING + (1 - TOUCHING) * unlikeness(one, other)


@lru_cache(maxsize=REMEMBERED)
def _joined_price(one: str, first: str, second: str) -> float:
    if not (first and second and abs(len(one) - len(first) - len(second)) <= 2):
        return inf
    unlike = unlikeness(one, first + second)
    return TOUCHING + (1 - TOUCHING) * unlike if unlike <= JOINABLE else inf


def _traced(rows: _Rows, own: Sequence[str], other: Sequence[str]) -> list[Meeting]:
    """The steps of the cheapest way, first to last."""
    steps = []
    i, j = len(own) - 2, len(other) - 2
    while i or j:
        _, (down, across) = _best(rows, own, other, i, j)
        i, j = i - down, j - across
        same = down * across > 0 and "".join(own[i + 2 : i + 2 + down]) == "".join(other[j + 2 : j + 2 + across])
        steps.append(Meeting(range(i, i + down), range(j, j + across), same))
    return steps[::-1]


# --- when each word was said


def _tidied(timed: Sequence[Word], span: Span) -> list[Word]:
    """The words in `span`, none before or over another."""
    first, last = span
    starts = accumulate((min(max(word.start, first), last) for word in timed), max)
    rising = [
        replace(word, start=start, end=min(max(word.end, start), last))
        for word, start in zip(timed, starts, strict=True)
    ]
    return [replace(word, end=min(word.end, after.start)) for word, after in pairwise(rising)] + rising[-1:]


def _placed(
    words: Sequence[str], heard: Sequence[Word], met: Sequence[Meeting], span: Span, speech: Sequence[Span]
) -> list[Word]:
    """Every word with its time, by what it meets or by what stands around it."""
    known = [word for meeting in met for word in _met(words, heard, meeting)]
    placed: list[Word] = []
    for lost, run in groupby(range(len(words)), key=lambda index: known[index] is None):
        indices = list(run)
        if lost:
            after = next((word for word in known[indices[-1] :] if word), None)
            placed += _between(
                placed.pop() if placed else None, [words[index] for index in indices], after, span, speech
            )
        else:
            placed += [word for index in indices if (word := known[index])]
    return placed


def _met(words: Sequence[str], heard: Sequence[Word], meeting: Meeting) -> list[Word | None]:
    """The own words of a meeting, timed by those that they meet; None for each if they meet nothing."""
    texts = [words[index] for index in meeting.own]
    partners = [heard[index] for index in meeting.other]
    if not (texts and partners):
        return [None for _ in texts]
    known = [word.confidence for word in partners if word.confidence is not None]
    confidence = min(known) if known and meeting.same else None
    whole = Word("", partners[0].start, partners[-1].end, confidence, partners[0].speaker)
    if len(texts) == 1:
        return [replace(whole, text=texts[0])]
    parts = _shared_out(texts, [(whole.start, whole.end)])
    return [replace(part, confidence=confidence, speaker=whole.speaker) for part in parts]


def _between(
    before: Word | None, texts: Sequence[str], after: Word | None, span: Span, speech: Sequence[Span]
) -> list[Word]:
    """`before`, and after it the words that met nothing, in the speech before `after`.

    Models put the ends of words less exactly than their starts, so where there
    is no room `before` ends earlier, by half of what it lasts at most.
    """
    end = after.start if after else span[1]
    if before is None:
        return _shared_out(texts, _at_the_end(_spoken_in((span[0], end), speech), _longest(texts)))
    needed = max(0.0, SHORTEST * len(texts) - (end - before.end))
    before = replace(before, end=before.end - min(needed, (before.end - before.start) / 2))
    return [before, *_shared_out(texts, _at_the_start(_spoken_in((before.end, end), speech), _longest(texts)))]


def _spoken_in(window: Span, speech: Sequence[Span]) -> list[Span]:
    """Where somebody speaks in `window`; the whole of it if nobody seems to."""
    inside: list[Span] = []
    reached, last = window
    for start, end in speech:
        if max(start, reached) < min(end, last):
            inside.append((max(start, reached), min(end, last)))
            reached = inside[-1][1]
    return inside or [window]


def _longest(texts: Sequence[str]) -> float:
    return LONGEST_LETTER * sum(map(_letters_said, texts))


def _letters_said(text: str) -> int:
    return max(1, sum(map(len, spoken(text))))


def _at_the_start(spans: Sequence[Span], seconds: float) -> list[Span]:
    """The first `seconds` of `spans`, or all of them if they are shorter."""
    kept: list[Span] = []
    for start, end in spans:
        kept.append((start, min(end, start + seconds)))
        seconds -= end - start
        if seconds <= 0:
            break
    return kept


def _at_the_end(spans: Sequence[Span], seconds: float) -> list[Span]:
    """The last `seconds` of `spans`, or all of them if they are shorter."""
    mirrored = _at_the_start([(-end, -start) for start, end in reversed(spans)], seconds)
    return [(-end, -start) for start, end in reversed(mirrored)]


def _shared_out(texts: Sequence[str], spans: Sequence[Span]) -> list[Word]:
    """Words that fill `spans`, each as long as it has letters; at a pause one ends before it and one starts after."""
    letters = list(accumulate(map(_letters_said, texts), initial=0))
    whole = sum(end - start for start, end in spans)
    offsets = [whole * so_far / letters[-1] for so_far in letters]
    starts = [_time(spans, offset, lt) for offset in offsets[:-1]]
    ends = [_time(spans, offset, le) for offset in offsets[1:]]
    return [
        Word(text, start, max(start, end), timing="shared")
        for text, start, end in zip(texts, starts, ends, strict=True)
    ]


def _time(spans: Sequence[Span], offset: float, holds: Callable[[float, float], bool]) -> float:
    """Where `offset` seconds of `spans` have passed: in the first span whose length `holds` with it."""
    for start, end in spans[:-1]:
        if holds(offset, end - start):
            return start + offset
        offset -= end - start
    return min(spans[-1][0] + offset, spans[-1][1])


# --- where the readings differ


def _runs(met: Sequence[Meeting], heard: Sequence[Word]) -> list[Meeting]:
    """All words of both readings in runs to be compared: what differs goes together, and none is without own words."""

    def lean_together(before: Meeting, after: Meeting) -> bool:
        if not before.own:
            return _nearer_to_next(before, heard)
        return not (after.own or _nearer_to_next(after, heard))

    return _grouped(_grouped(met, _both_differ), lean_together)


def _both_differ(before: Meeting, after: Meeting) -> bool:
    return not (before.same or after.same)


def _nearer_to_next(meeting: Meeting, heard: Sequence[Word]) -> bool:
    """Whether what only the second model heard is nearer in time to the word after it than to the one before."""
    first, after = meeting.other.start, meeting.other.stop
    if first == 0 or after == len(heard):
        return first == 0
    return heard[after].start - heard[after - 1].end <= heard[first].start - heard[first - 1].end


def _proved(placed: Sequence[Word], heard: Sequence[Word], run: Meeting) -> list[Word]:
    """The words of a run, with agreement as their confidence, and the other reading if it differs."""
    words = placed[run.own.start : run.own.stop]
    own, other = [word.text for word in words], [heard[index].text for index in run.other]
    if (alike := _likeness(own, other)) == 1:
        proved = [replace(word, confidence=(1 + _told(word.confidence)) / 2) for word in words]
    else:
        proved = [replace(word, confidence=alike / 2) for word in words]
    kind = _kind(own, other, named=_names(placed, run.own) != _names(heard, run.other))
    reading = Reading(" ".join(other), kind, len(words)) if kind else None
    return [replace(proved[0], reading=reading), *proved[1:]]


def _told(confidence: float | None) -> float:
    return UNTOLD if confidence is None else confidence


def _likeness(own: Sequence[str], other: Sequence[str]) -> float:
    """1 if both say the same, less the more their letters and sounds differ."""
    return 1 - unlikeness("".join(_units(own)), "".join(_units(other)))


def _units(texts: Sequence[str]) -> list[str]:
    """What is said, without marks that nobody pronounces."""
    return [unit for text in texts for unit in spoken(text) if unit[:1].isalnum()]


def _kind(own: Sequence[str], other: Sequence[str], *, named: bool) -> ReadingKind | None:
    """How two readings of a run differ; None if they do not."""
    if own == other:
        return None
    if "".join(_units(own)) == "".join(_units(other)):
        return _manner(_bare(own), _bare(other))
    if _numbers(own) != _numbers(other):
        return "number"
    return "name" if named else "word"


def _manner(own: Sequence[str], other: Sequence[str]) -> ReadingKind:
    """How they are written otherwise, from their words without punctuation."""
    if own == other:
        return "punctuation"
    return "case" if [text.casefold() for text in own] == [text.casefold() for text in other] else "spelling"


def _bare(texts: Sequence[str]) -> list[str]:
    letters = ("".join(letter for letter in text if letter.isalnum()) for text in texts)
    return [text for text in letters if text]


def _numbers(texts: Sequence[str]) -> list[str]:
    return [unit for unit in _units(texts) if unit in NUMBER_WORDS or any(letter.isdecimal() for letter in unit)]


def _names(words: Sequence[Word], run: range) -> list[str]:
    """Words with a capital inside a sentence; at its start anything has one."""
    inside = [index for index in run if index > 0 and not words[index - 1].text.rstrip(_CLOSING).endswith(_ENDS)]
    bare = [text for index in inside for text in _bare([words[index].text])]
    return [text for text in bare if text[0].isupper() and text not in _I]
