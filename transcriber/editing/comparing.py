"""What the corrections changed: the words that models wrote against those that stand there now.

Since every word keeps its id no alignment has to be guessed: a word that is
as it was is where both texts meet, and between two of them is a difference.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from transcriber.editing.document import Document, Paragraph, Placed
from transcriber.transcript import Word


@dataclass(frozen=True, slots=True)
class Difference:
    """Words of the original, and those that stand in their place now; either may be none.

    The texts are the same where only the times moved, to make room for a neighbour.
    """

    before: tuple[Placed, ...]
    now: tuple[Placed, ...]

    @property
    def ids(self) -> frozenset[int]:
        """Of all its words."""
        return frozenset(placed.id for placed in self.before + self.now)


def difference(document: Document) -> list[Difference]:
    """All that is not as the models wrote it, in order. Speakers, paragraphs and marks do not count."""
    return [each for each, _ in _differences(document)]


def restored(document: Document, word: int) -> Document | None:
    """The document with the difference that holds this word put back; None if there is none.

    Words come back into the paragraph that they were in, where it still stands
    beside them; a paragraph that was deleted as a whole comes back too.
    """
    found = next((pair for pair in _differences(document) if word in pair[0].ids), None)
    return None if found is None else _put_back(document, *found)


_Place = tuple[Placed | None, Placed | None]
"""The unchanged words before and after a difference; None at the ends of the document."""


def _differences(document: Document) -> Iterator[tuple[Difference, _Place]]:
    begun = {id(paragraph) for paragraph in document.begun}
    met = 0
    before: Placed | None = None
    now: list[Placed] = []
    for paragraph in document.paragraphs:
        is_begun = id(paragraph) in begun
        for placed in paragraph.words:
            if not (is_begun or _is_unchanged(document, placed)):
                now.append(placed)
                continue
            if now or placed.id > met:
                yield Difference(document.untouched[met : placed.id], tuple(now)), (before, placed)
                now = []
            met, before = placed.id + 1, placed
    if now or met < len(document.untouched):
        yield Difference(document.untouched[met:], tuple(now)), (before, None)


def _is_unchanged(document: Document, placed: Placed) -> bool:
    if placed.id >= len(document.untouched):
        return False
    return _told(placed.word) == _told(document.untouched[placed.id].word)


def _told(word: Word) -> tuple[str, float, float]:
    return word.text, word.start, word.end


# --- putting back


def _put_back(document: Document, changed: Difference, place: _Place) -> Document:
    stretch = _stretch(document, changed, place)
    around = document.paragraphs[stretch.start : stretch.stop]
    kept = [(paragraph.id, placed) for paragraph in around for placed in paragraph.words]
    removed = {placed.id for placed in changed.now}
    at = _position(kept, place)
    left, right = kept[:at], [pair for pair in kept[at:] if pair[1].id not in removed]
    beside = next((home for home, _ in (*left[-1:], *right[:1])), None)
    homes = _homes(document, changed, around, beside)
    together = [*left, *zip(homes, changed.before, strict=True), *right]
    paragraphs = tuple(_regrouped(document, around, together))
    return replace(
        document,
        paragraphs=document.paragraphs[: stretch.start] + paragraphs + document.paragraphs[stretch.stop :],
    )


def _stretch(document: Document, changed: Difference, place: _Place) -> range:
    """The paragraphs that hold the difference and the words around it."""
    ids = {placed.id for placed in changed.now} | {placed.id for placed in place if placed}
    touched = [index for index, each in enumerate(document.paragraphs) if not ids.isdisjoint(each.ids)]
    return range(touched[0], touched[-1] + 1) if touched else range(len(document.paragraphs), len(document.paragraphs))


def _position(kept: Sequence[tuple[int, Placed]], place: _Place) -> int:
    before = place[0]
    if before is None:
        return 0
    return next(index for index, (_, placed) in enumerate(kept, 1) if placed.id == before.id)


def _homes(document: Document, changed: Difference, around: Sequence[Paragraph], beside: int | None) -> list[int]:
    """For each word that comes back the paragraph that it would like to be in."""
    near = {paragraph.id for paragraph in around}
    standing = {paragraph.id for paragraph in document.paragraphs}
    back = {placed.id for placed in changed.before}
    homes: list[int] = []
    for placed in changed.before:
        own = _first_home(document, placed)
        is_whole = own.id not in standing and own.ids <= back
        homes.append(own.id if own.id in near or is_whole or beside is None else beside)
        beside = homes[-1]
    return homes


def _first_home(document: Document, placed: Placed) -> Paragraph:
    """The paragraph that a word of the original was in."""
    filled = [paragraph for paragraph in document.begun if paragraph.words]
    return filled[bisect_right(filled, placed.id, key=lambda paragraph: paragraph.words[0].id) - 1]


def _regrouped(
    document: Document, around: Sequence[Paragraph], together: Sequence[tuple[int, Placed]]
) -> Iterator[Paragraph]:
    begun = {paragraph.id: paragraph for paragraph in document.begun}
    shapes = begun | {paragraph.id: paragraph for paragraph in around}
    for home, words in _groups(together):
        before, now = begun.get(home), shapes[home]
        if before and (before.words, before.speaker) == (words, now.speaker):
            yield before
        else:
            yield now if now.words == words else reworded(now, words)


def _groups(together: Sequence[tuple[int, Placed]]) -> Iterator[tuple[int, tuple[Placed, ...]]]:
    """The words of each paragraph. None is torn in two: what would stand inside it becomes part of it."""
    last = {home: index for index, (home, _) in enumerate(together)}
    begin = 0
    while begin < len(together):
        home = together[begin][0]
        yield home, tuple(placed for _, placed in together[begin : last[home] + 1])
        begin = last[home] + 1


def reworded(paragraph: Paragraph, words: Sequence[Placed]) -> Paragraph:
    """The paragraph with other words, at least one of them; if they are timed it lasts as long as they do."""
    start, end = words[0].word.start, max(placed.word.end for placed in words)
    if not paragraph.timed:
        start, end = min(start, paragraph.start), max(end, paragraph.end)
    return replace(paragraph, words=tuple(words), start=start, end=end, text=None)
