"""Find words, and replace what was found: across words, in any writing of the same letters, punctuation left alone."""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from transcriber.editing.applying import written
from transcriber.editing.document import Document, Paragraph, Placed
from transcriber.editing.edits import Compound, Delete, Edit, Replace
from transcriber.errors import InvalidEditError

CONTEXT = 6
"""Words shown before and after a hit."""

_APOSTROPHES = "'’"
_MARKS = ("Mn", "Me")


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for; small letters and capitals, composed letters or not, are one unless `match_case`.

    With `whole_word` "art" is not in "party", and "don" not in "don't".
    Punctuation around words counts only with `punctuation`, or where there is
    nothing else in the text.
    """

    text: str
    whole_word: bool = False
    match_case: bool = False
    punctuation: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """The letters from `begin` up to `stop` of a word's text."""

    word: int
    begin: int
    stop: int


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where a text was found: `start` in seconds, and a piece of each word of it, in order."""

    paragraph: int
    start: float
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a replacement does in one place: the words as they are and as they would be, and those around."""

    word: int
    start: float
    leading: str
    before: str
    after: str
    trailing: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """An edit that replaces every hit, undone as one, and what it does in each place."""

    edit: Compound
    previews: tuple[Preview, ...]


def find(document: Document, query: Query) -> list[Hit]:
    """Every place in order, none over another. A hit never leaves its paragraph; no text is found nowhere."""
    bare = query.punctuation or not any(map(_trimmed, query.text.split()))
    parts = [text for word in query.text.split() if (text := word if bare else _trimmed(word))]
    wanted = _folded(" ".join(parts), match_case=query.match_case)
    if not wanted:
        return []
    hits: list[Hit] = []
    for paragraph in document.paragraphs:
        line = _Line(paragraph, bare=bare, match_case=query.match_case)
        hits += (line.hit(at, wanted) for at in line.places(wanted, whole_word=query.whole_word))
    return hits


def replace_all(document: Document, hits: Iterable[Hit], text: str, *, keep_case: bool = True) -> Replacement:
    """Write `text` in place of every hit. Punctuation around stays; a word of which nothing else is left goes.

    With `keep_case` "Clock" becomes "Watch" and "CLOCK" "WATCH", though "watch" was written.

    Raises:
        InvalidEditError: a word of a hit is not there any more.
    """
    found = list(hits)
    places = {paragraph.id: paragraph for paragraph in document.paragraphs}
    edits: list[Edit] = []
    previews = []
    for group in _groups(found):
        paragraph = places.get(group[0].paragraph)
        if paragraph is None or not {piece.word for hit in group for piece in hit.pieces} <= paragraph.ids:
            raise InvalidEditError("a word that was found is not in the transcript any more")
        edit, preview = _replaced(paragraph, group, " ".join(written(text)), keep_case=keep_case)
        edits.append(edit)
        previews.append(preview)
    return Replacement(Compound(tuple(edits)), tuple(previews))


# --- finding ---------------------------------------------------------------------------------------------------------


class _Line:
    """The text of a paragraph as it is searched, and where each of its letters comes from."""

    def __init__(self, paragraph: Paragraph, *, bare: bool, match_case: bool) -> None:
        self._paragraph, self._match_case = paragraph, match_case
        self._spans = [_whole(placed.word.text) if bare else _core(placed.word.text) for placed in paragraph.words]
        self._words = [index for index, (begin, stop) in enumerate(self._spans) if stop > begin]
        texts = [paragraph.words[index].word.text[slice(*self._spans[index])] for index in self._words]
        self._parts = [_folded(text, match_case=match_case) for text in texts]
        self.text = " ".join(self._parts)

    def places(self, wanted: str, *, whole_word: bool) -> Iterator[int]:
        """Where it stands, by the letters of this line; no letter of the transcript is cut in two."""
        at = self.text.find(wanted)
        while at >= 0:
            end = at + len(wanted)
            fits = self._is_edge(at) and self._is_edge(end)
            if fits and (not whole_word or _is_whole(self.text, at, end)):
                yield at
                at = self.text.find(wanted, end)
            else:
                at = self.text.find(wanted, at + 1)

    def hit(self, at: int, wanted: str) -> Hit:
        """What stands there, in the letters of the words."""
        first, begin = self._letter(at)
        last, stop = self._letter(at + len(wanted) - 1, ending=True)
        words = self._words[self._words.index(first) : self._words.index(last) + 1]
        pieces = []
        for index in words:
            low, high = self._spans[index]
            low, high = begin if index == first else low, stop if index == last else high
            pieces.append(Piece(self._paragraph.words[index].id, low, high))
        return Hit(self._paragraph.id, self._paragraph.words[first].word.start, tuple(pieces))

    def _letter(self, at: int, *, ending: bool = False) -> tuple[int, int]:
        """The index of the word, and in it of the letter that one of this line comes from, or of the one after it."""
        number, offset = self._part(at)
        index = self._words[number]
        begin, stop = self._spans[index]
        lengths = self._lengths(self._paragraph.words[index].word.text[begin:stop])
        letter = bisect_right(list(accumulate(lengths)), offset)
        return index, begin + letter + ending

    def _is_edge(self, at: int) -> bool:
        """Whether a letter of the transcript, with all its marks, begins or ends there."""
        if at in (0, len(self.text)) or self.text[at] == " " or self.text[at - 1] == " ":
            return True
        if unicodedata.category(self.text[at]) in _MARKS:
            return False
        number, offset = self._part(at)
        index = self._words[number]
        return offset in accumulate(self._lengths(self._paragraph.words[index].word.text[slice(*self._spans[index])]))

    def _part(self, at: int) -> tuple[int, int]:
        """The word and the place in it, by the letters of this line."""
        starts = [0, *accumulate(len(part) + 1 for part in self._parts)]
        number = bisect_right(starts, at) - 1
        return number, at - starts[number]

    def _lengths(self, text: str) -> list[int]:
        return [len(_folded(letter, match_case=self._match_case)) for letter in text]


def _folded(text: str, *, match_case: bool) -> str:
    """The same for all writings of the same letters: decomposed, and in small letters (Unicode's caseless matching).

    >>> _folded("GRÜSSE", match_case=False) == _folded("Grüße", match_case=False)
    True
    """
    if text.isascii():
        return text if match_case else text.lower()
    apart = unicodedata.normalize("NFD", text)
    return apart if match_case else unicodedata.normalize("NFD", apart.casefold())


def _core(text: str) -> tuple[int, int]:
    """The span of a word without the punctuation around it; empty if it is nothing else.

    >>> _core("“clock,”"), _core("—")
    ((1, 6), (0, 0))
    """
    if text.isalnum():
        return 0, len(text)
    inside = [index for index, letter in enumerate(text) if _is_letter(letter)]
    return (inside[0], inside[-1] + 1) if inside else (0, 0)


def _whole(text: str) -> tuple[int, int]:
    return 0, len(text)


def _trimmed(word: str) -> str:
    return word[slice(*_core(word))]


def _is_letter(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LNM"


def _is_whole(text: str, begin: int, end: int) -> bool:
    return not _goes_on(text[begin - 1 : begin]) and not _goes_on(text[end : end + 1])


def _goes_on(letter: str) -> bool:
    return bool(letter) and (letter in _APOSTROPHES or _is_letter(letter))


# --- replacing -------------------------------------------------------------------------------------------------------


def _groups(hits: Sequence[Hit]) -> Iterator[list[Hit]]:
    """Hits that share a word, together."""
    group: list[Hit] = []
    for hit in hits:
        if group and group[-1].pieces[-1].word != hit.pieces[0].word:
            yield group
            group = []
        group.append(hit)
    if group:
        yield group


def _replaced(paragraph: Paragraph, group: Sequence[Hit], text: str, *, keep_case: bool) -> tuple[Edit, Preview]:
    """The edit of a run of words, and what it does."""
    first, last = group[0].pieces[0].word, group[-1].pieces[-1].word
    places = {placed.id: index for index, placed in enumerate(paragraph.words)}
    begin, stop = places[first], places[last] + 1
    run = paragraph.words[begin:stop]
    after = _rewritten(run, group, text, keep_case=keep_case)
    if not text and not any(map(_is_letter, after)):
        after = ""
    preview = Preview(
        word=first,
        start=run[0].word.start,
        leading=_text(paragraph.words[max(0, begin - CONTEXT) : begin]),
        before=_text(run),
        after=after,
        trailing=_text(paragraph.words[stop : stop + CONTEXT]),
    )
    return (Replace(first, last, after) if after else Delete(first, last)), preview


def _rewritten(run: Sequence[Placed], group: Sequence[Hit], text: str, *, keep_case: bool) -> str:
    """The text of the run with `text` in place of every hit; word by word, where it has as many words as the hit."""
    starts = dict(zip((placed.id for placed in run), accumulate(map(_width, run), initial=0), strict=False))
    line = _text(run)
    for hit in reversed(group):
        spans = [(starts[piece.word] + piece.begin, starts[piece.word] + piece.stop) for piece in hit.pieces]
        begin, stop = spans[0][0], spans[-1][1]
        wanted = _in_case(line[begin:stop], text) if keep_case else text
        words = wanted.split()
        if len(words) != len(spans):
            spans, words = [(begin, stop)], [wanted]
        for (low, high), word in zip(reversed(spans), reversed(words), strict=True):
            line = line[:low] + word + line[high:]
    return " ".join(line.split())


def _width(placed: Placed) -> int:
    return len(placed.word.text) + 1


def _in_case(model: str, text: str) -> str:
    """The text in capitals where the model is, and with one where the model begins with one.

    >>> _in_case("CLOCK", "watch"), _in_case("Old clock", "watch"), _in_case("clock", "NeMo")
    ('WATCH', 'Watch', 'NeMo')
    """
    if len(model) > 1 and model.isupper():
        return text.upper()
    return text[:1].upper() + text[1:] if model[:1].isupper() else text


def _text(words: Sequence[Placed]) -> str:
    return " ".join(placed.word.text for placed in words)
