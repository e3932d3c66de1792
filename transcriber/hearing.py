"""Nothing invented, nothing lost: what was heard, held against where somebody speaks."""

import math
from collections.abc import Iterable, Sequence
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
"""Seconds around speech in which a word still belongs to it; of 1,034 of the demo model none was off by 0.1."""

UNSURE = 0.2
"""Confidence under which a word that stands where nobody speaks is taken for invented. The demo model's inventions in
noise and music had 0.04 at most, its words in speech less than 0.2 only one time in ten."""

CLOSE = 1.0
"""Seconds to both sides of what is looked at again, in the closer of the two looks."""

PIECE = 10.0
"""Seconds of missed speech that are looked at in one closer look: models that go silent do so in longer clips."""

SAME = 0.3
"""Seconds between the starts of what may be one word, heard twice."""

DOUBTFUL = 0.4
"""Mean confidence under which a phrase is worth a second look: 1 phrase in 12 of the demo model's, and most of those
that it lost among others in a long clip and hears well alone."""

SURER = 0.1
"""Mean confidence by which a second hearing of a phrase must exceed the first one to take its place."""

PAUSE = 0.3
"""Seconds between words that end a phrase."""


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
    sure of it either, and marked `outside_speech` where it was, or cannot say,
    or where a second model heard something too, though otherwise.
    """
    weighed = [word if _is_spoken(word, speech) else replace(word, outside_speech=True) for word in words]
    read = {index + step for index, word in enumerate(words) if word.reading for step in range(word.reading.words)}
    kept = [
        word for index, word in enumerate(weighed) if not (word.outside_speech and _is_unsure(word)) or index in read
    ]
    return kept, len(words) - len(kept)


def second_look(missed: Span, reach: Span, limit: float) -> list[Span]:
    """The clips to recognize anew where words are missing: close around it, PIECE by PIECE, and one as wide as may be.

    Args:
        missed: where words are missing.
        reach: what there is sound of; `missed` lies in it.
        limit: seconds that no clip exceeds.

    >>> second_look(Span(20.0, 24.0), reach=Span(0.0, 38.0), limit=30.0)
    [Span(start=19.0, end=25.0), Span(start=7.0, end=37.0)]
    """
    count = math.ceil(missed.duration / min(PIECE, max(limit - 2 * CLOSE, limit / 2)))
    length = missed.duration / count
    margin = min(CLOSE, (limit - length) / 2)
    starts = [missed.start + number * length for number in range(count)]
    looks = [_within(Span(start - margin, start + length + margin), reach) for start in starts]
    middle = (missed.start + missed.end) / 2
    return list(dict.fromkeys([*looks, _within(Span(middle - limit / 2, middle + limit / 2), reach)]))


def settle(words: Sequence[Word], missed: Span, looks: Iterable[tuple[Span, Sequence[Word]]]) -> list[Word]:
    """The words, with those that a second look found where they were missing, in order.

    Of the looks that see all of `missed`, and all the closer ones together,
    those words are taken that fill it best: only such as lie in it by their
    middle, and none that is a part of a word known before.

    Args:
        words: what was heard first.
        missed: where words are missing.
        looks: clips of `second_look`, and what was heard in each.
    """
    whole: list[list[Word]] = []
    pieces: list[Word] = []
    for look, heard in looks:
        found = [word for word in heard if _is_seen(word, missed, look) and not _is_known(word, words)]
        if look.start <= missed.start and look.end >= missed.end:
            whole.append(found)
        else:
            pieces += [word for word in found if not _is_known(word, pieces)]
    return _in_place(words, max([*whole, pieces], key=_seconds))


def doubtful(words: Sequence[Word], speech: Sequence[Span], within: Span) -> list[Span]:
    """Phrases in speech that the model was not sure of, and that a closer look may get right: none longer than PIECE.

    >>> words = [Word("so", 0.0, 0.2, 0.1), Word("what?", 0.3, 0.6, 0.3), Word("Yes.", 2.0, 2.2, 0.9)]
    >>> doubtful(words, [Span(0.0, 2.2)], Span(0.0, 3.0))
    [Span(start=0.0, end=0.6)]
    """
    phrases = [phrase for phrase in _phrases(words) if within.start <= phrase[0].start and phrase[-1].end <= within.end]
    doubts = [each for each in phrases if _sureness(each) < DOUBTFUL and all(_is_spoken(word, speech) for word in each)]
    spans = [Span(phrase[0].start, phrase[-1].end) for phrase in doubts]
    return [span for span in spans if span.duration <= PIECE]


def closer(doubt: Span, reach: Span, limit: float) -> Span:
    """The clip to recognize anew for a doubtful phrase: it, and CLOSE to both sides; `reach` and `limit` as before."""
    margin = min(CLOSE, max(0.0, limit - doubt.duration) / 2)
    return _within(Span(doubt.start - margin, doubt.end + margin), reach)


def surest(words: Sequence[Word], doubt: Span, heard: Sequence[Word]) -> list[Word]:
    """The words, with those of a second look in place of a doubtful phrase if the model was surer of them.

    >>> surest([Word("sew", 0.0, 0.2, 0.1), Word("Yes.", 2.0, 2.2, 0.9)], Span(0.0, 0.2), [Word("So?", 0.0, 0.3, 0.8)])
    [Word(text='So?', start=0.0, end=0.3, confidence=0.8, ...), Word(text='Yes.', ...)]
    """
    first = [word for word in words if doubt.start <= word.start and word.end <= doubt.end]
    others = [word for word in words if word not in first]
    earliest = max([doubt.start - NEAR, *(word.end for word in others if word.start < doubt.start)])
    latest = min([doubt.end + NEAR, *(word.start for word in others if word.start >= doubt.end)])
    new = [word for word in heard if earliest <= (word.start + word.end) / 2 <= latest]
    if not new or _sureness(new) < _sureness(first) + SURER or any(_is_known(word, others) for word in new):
        return list(words)
    return _in_place(others, new)


def _phrases(words: Sequence[Word]) -> list[list[Word]]:
    """Words between pauses and ends of sentences."""
    phrases: list[list[Word]] = []
    for word in words:
        last = phrases[-1][-1] if phrases else None
        if last is None or word.start - last.end >= PAUSE or last.text.endswith((".", "?", "!")):
            phrases.append([])
        phrases[-1].append(word)
    return phrases


def _sureness(words: Sequence[Word]) -> float:
    """The mean confidence; 1 where the model tells none."""
    return sum(1.0 if word.confidence is None else word.confidence for word in words) / len(words)


def _in_place(words: Sequence[Word], new: Sequence[Word]) -> list[Word]:
    """The new words among the others, in order; no reading stands for words that came later."""
    settled = sorted([*words, *new], key=lambda word: word.start)
    return _rising([_read_whole(word, settled[index:], new) for index, word in enumerate(settled)])


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


def _read_whole(word: Word, following: Sequence[Word], new: Sequence[Word]) -> Word:
    """Without its reading if new words stand among those that it is the reading of; `following` begins with it."""
    broken = word.reading and any(other in new for other in following[: word.reading.words])
    return replace(word, reading=None) if broken and word not in new else word


def _is_seen(word: Word, missed: Span, look: Span) -> bool:
    """In what is missed, and not at a seam between two looks, where words are cut."""
    edge = min(CLOSE, look.duration / 4)
    start = max(missed.start, look.start + edge) if look.start > missed.start else missed.start
    end = min(missed.end, look.end - edge) if look.end < missed.end else missed.end
    return start <= (word.start + word.end) / 2 <= end


def _is_known(word: Word, words: Sequence[Word]) -> bool:
    return any(_is_same(word, known) for known in words)


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
