"""The words of a transcript as captions take them: what cannot be parted any further, on frame boundaries."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate, pairwise

from transcriber.timecode import FrameRate
from transcriber.transcript import Segment, Word

_BLANKS = re.compile(r"(?:[^\S\u00a0\u202f\u2007]|[\x00-\x1f\x7f-\x9f\ud800-\udfff])+")
"""Where words part, and what no screen shows; not the no-break spaces that French writes before ? and !"""

_GOOD_END = frozenset("、。，．！？；：」』）】・/-_.,;:!?&=)]}\u200b")
"""After these a word that is longer than a line is divided: the marks of Chinese and Japanese, and of addresses."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or a piece of one that is longer than a line.

    `first` and `last` are frames: the last boundary not after the word begins
    and the first not before it ends. `segment` counts the transcript's
    segments. `glued` pieces follow the one before without a space.
    """

    text: str
    width: int
    first: int
    last: int
    segment: int
    speaker: str | None = None
    glued: bool = False


@lru_cache(maxsize=1 << 15)
def width(text: str) -> int:
    """How many characters wide a text is: two for each of Chinese, Japanese or Korean, none for an accent on another.

    >>> width("Zoe\u0308"), width("日本")
    (3, 4)
    """
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def tokens(segments: Sequence[Segment], longest: int, rate: FrameRate) -> list[Token]:
    """What is shown of the segments, in order; none is wider than `longest`, and none begins before the one before."""
    found = (each for number, segment in enumerate(segments) for each in _of_segment(segment, number, longest, rate))
    in_order: list[Token] = []
    earliest = 0
    for token in found:
        earliest = max(earliest, token.first)
        late = token.first < earliest or token.last < earliest
        in_order.append(replace(token, first=earliest, last=max(earliest, token.last)) if late else token)
    return in_order


def _of_segment(segment: Segment, number: int, longest: int, rate: FrameRate) -> Iterator[Token]:
    for word in _words(segment):
        for piece, glued in _timed_pieces(word, longest):
            start, end = rate.at_or_before(piece.start), rate.at_or_after(piece.end)
            yield Token(piece.text, width(piece.text), start, end, number, word.speaker, glued)


def _words(segment: Segment) -> Iterator[Word]:
    """The words of a segment as they can be shown.

    What has spaces in it gives each of its words a time by length: that is a
    segment whose model times no words, too.
    """
    for span in segment.words or (segment,):
        shown = [text for text in _BLANKS.sub(" ", span.text).split(" ") if text.strip()]  # a no-break space is nothing
        speaker = span.speaker or segment.speaker
        if shown == [span.text]:
            yield Word(span.text, span.start, span.end, speaker=speaker)
        else:
            yield from _shared(shown, span.start, span.end, speaker)


def _shared(texts: Sequence[str], start: float, end: float, speaker: str | None) -> Iterator[Word]:
    """The time from `start` to `end` divided among texts by their length, a space for each."""
    marks = list(accumulate((len(text) + 1 for text in texts), initial=0))
    times = [start + (end - start) * mark / max(1, marks[-1]) for mark in marks]
    for text, (begin, stop) in zip(texts, pairwise(times), strict=True):
        yield Word(text, begin, max(begin, stop), speaker=speaker)


def _timed_pieces(word: Word, longest: int) -> Iterator[tuple[Word, bool]]:
    if width(word.text) <= longest:
        yield word, False
        return
    parts = [pieces(part, longest) for part in word.text.split()]
    glued = [index > 0 for part in parts for index in range(len(part))]
    timed = _shared([text for part in parts for text in part], word.start, word.end, word.speaker)
    yield from zip(timed, glued, strict=True)


def pieces(text: str, longest: int) -> list[str]:
    """A text in pieces of at most `longest`, divided after a mark where there is one in a piece's second half.

    >>> pieces("https://example.org/museum/modern", 20)
    ['https://example.org/', 'museum/modern']
    """
    found, piece, wide = [], "", 0
    for character in text:
        more = _width(character)
        if wide + more > longest:
            cut = _cut(piece)
            found.append(piece[:cut])
            piece = piece[cut:]
            wide = width(piece)
        piece += character
        wide += more
    return [*found, piece]


def _cut(piece: str) -> int:
    """Where a piece that is full ends: never before an accent, which would stand alone."""
    whole = len(piece)
    inner = (cut for cut in range(whole - 1, whole // 2, -1) if piece[cut - 1] in _GOOD_END and _width(piece[cut]))
    return whole if piece[-1] in _GOOD_END else next(inner, whole)
