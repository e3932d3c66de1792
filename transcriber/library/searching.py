"""Search the words of all transcripts: what a person typed, never a query language, and hits that name their word."""

import json
import re
import sqlite3
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from transcriber.library.indexing import SPAN, keys

MOST_HITS = 200
"""Nobody reads more; the search says if there are."""

CONTEXT = 8
"""Words shown before and after the first that was found."""

_ON, _OFF = "\ue000", "\ue001"
"""Stand around what was found: letters of private use, which no transcript has."""

_Row = tuple[float, str, str]

_PHRASE = re.compile(r'"([^"]*)"?|([^\s"]+)')


@dataclass(frozen=True, slots=True)
class Hit:
    """A paragraph in which all was found that was looked for.

    `word` is the id of the first word found, `start` when it was said, in
    seconds. `snippet` are the words around it as pieces of text, each with
    whether it was found.
    """

    transcript: str
    title: str
    word: int
    start: float
    snippet: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Hits in the order in which they were said; first those of the transcript whose id is the last in the alphabet.

    The ids of jobs begin with the time when they were begun, so the newest comes first.

    `counts` tells, by the ids of all transcripts in which there are any, in how
    many paragraphs there are.
    """

    hits: tuple[Hit, ...]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Limits:
    """How many hits are wanted in all, and of each transcript."""

    most: int
    each: int


def search(connection: sqlite3.Connection, typed: str, transcript: str | None, limits: Limits) -> Found:
    """All paragraphs with every word of what was typed, phrases in quotes, each word as far as it was typed."""
    match = _match(typed)
    if not match:
        return Found((), {})
    connection.execute("BEGIN")  # everything as it was at one moment
    known = {key: (id_, title) for key, id_, title in connection.execute("SELECT key, id, title FROM transcript")}
    wanted = [key for key, (id_, _) in known.items() if transcript in (None, id_)]
    rows = _found(connection, match, wanted)
    hits, counts = list[Hit](), dict[str, int]()
    for number, paragraphs in sorted(_by_transcript(rows), key=lambda each: known[each[0]][0], reverse=True):
        counts[known[number][0]] = len(paragraphs)
        some = paragraphs[: min(limits.each, limits.most - len(hits))]
        hits += _hits(*known[number], _marked(_read(connection, some), match))
    connection.execute("COMMIT")
    return Found(tuple(hits), counts)


def _found(connection: sqlite3.Connection, match: str, transcripts: Sequence[int]) -> list[tuple[int]]:
    """The keys of all paragraphs that match, in order. What else stands in a row would take the most time by far."""
    first, last = keys(max(transcripts, default=0))[0], keys(min(transcripts, default=0))[-1]
    asked = "SELECT rowid FROM spoken WHERE spoken MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid"
    return connection.execute(asked, (match, first, last)).fetchall()


def _by_transcript(rows: Sequence[tuple[int]]) -> Iterator[tuple[int, Sequence[tuple[int]]]]:
    """Each transcript's own key with those of its paragraphs."""
    place = 0
    while place < len(rows):
        transcript = -(rows[place][0] // SPAN)
        end = bisect_right(rows, (keys(transcript)[-1],), place)
        yield transcript, rows[place:end]
        place = end


def _read(connection: sqlite3.Connection, rows: Sequence[tuple[int]]) -> list[_Row]:
    """Start, words and text of paragraphs, in the order in which they were said: corrected ones have later keys."""
    asked = "SELECT start, words, text FROM paragraph WHERE key = ?"
    return sorted(connection.execute(asked, row).fetchone() for row in rows)


def _marked(rows: Sequence[_Row], match: str) -> Iterator[tuple[str, str]]:
    """The words of each, and its text with marks around what was found.

    Of an index so small: in the large one, each single paragraph would take as long as all of them together.
    """
    with closing(sqlite3.connect(":memory:")) as small:
        small.execute("CREATE VIRTUAL TABLE spoken USING fts5 (text, tokenize='unicode61 remove_diacritics 2')")
        small.executemany("INSERT INTO spoken (rowid, text) VALUES (?, ?)", enumerate(text for _, _, text in rows))
        asked = f"SELECT highlight(spoken, 0, '{_ON}', '{_OFF}') FROM spoken WHERE spoken MATCH ? ORDER BY rowid"  # noqa: S608 - the two marks are our own
        texts = small.execute(asked, (match,)).fetchall()
    for (_, words, _), (text,) in zip(rows, texts, strict=True):
        yield words, text


def _match(typed: str) -> str:
    """What was typed in the search's own language, in which only quoted text means itself.

    >>> _match('old clo'), _match('"old clock" OR -'), _match('*'), _match('a clock')
    ('"old"* "clo"*', '"old clock" "OR"*', '', '"a" "clock"*')
    """
    terms = [(phrase, word) for phrase, word in _PHRASE.findall(typed) if _has_letters(phrase or word)]
    return " ".join(f'"{_clean(phrase)}"' if phrase else f'"{_clean(word)}"{_and_more(word)}' for phrase, word in terms)


def _and_more(word: str) -> str:
    """What lets a word go on. All that begins with one letter is nothing to look for; the letter alone may be."""
    return "" if len(word) == 1 and word.isascii() else "*"


def _has_letters(text: str) -> bool:
    return any(unicodedata.category(letter)[0] in "LN" for letter in text)


def _clean(text: str) -> str:
    """Without what the database cannot take."""
    return text.replace("\0", " ").encode("utf-8", "ignore").decode("utf-8")


def _hits(transcript: str, title: str, rows: Iterable[tuple[str, str]]) -> Iterator[Hit]:
    for places, marked in rows:
        words = marked.split(" ")
        first = next(index for index, word in enumerate(words) if _ON in word)
        word, start = json.loads(places)[first]
        yield Hit(transcript, title, word, start, tuple(_snippet(words, first)))


def _snippet(words: list[str], first: int) -> Iterator[tuple[str, bool]]:
    low, high = max(0, first - CONTEXT), first + CONTEXT + 1
    text = ("… " if low else "") + " ".join(words[low:high]) + (" …" if high < len(words) else "")
    inside = False
    for piece in re.split(f"([{_ON}{_OFF}])", text):
        if piece in (_ON, _OFF):
            inside = piece == _ON
        elif piece:
            yield piece, inside
