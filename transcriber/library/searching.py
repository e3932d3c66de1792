"""Search the words of all transcripts: what a person typed, never a query language, and hits that name their word."""

import json
import re
import sqlite3
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

MOST_HITS = 200
"""Nobody reads more; the search says if there are."""

CONTEXT = 8
"""Words shown before and after the first that was found."""

_ON, _OFF = "\ue000", "\ue001"
"""Stand around what was found: letters of private use, which no transcript has."""

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
    """Hits, those of the transcript that was added last first, in the order in which they were said."""

    hits: tuple[Hit, ...]
    there_are_more: bool


def search(connection: sqlite3.Connection, typed: str, transcript: str | None, most: int) -> Found:
    """All paragraphs with every word of what was typed, phrases in quotes, each word as far as it was typed."""
    match = _match(typed)
    if not match:
        return Found((), there_are_more=False)
    rows = connection.execute(
        f"""
        SELECT transcript.id, transcript.title, paragraph.words, highlight(spoken, 0, '{_ON}', '{_OFF}')
        FROM spoken
        JOIN paragraph ON paragraph.key = spoken.rowid
        JOIN transcript ON transcript.key = paragraph.transcript
        WHERE spoken MATCH :match AND spoken.rowid IN (
            SELECT paragraph.key
            FROM spoken
            JOIN paragraph ON paragraph.key = spoken.rowid
            WHERE spoken MATCH :match
                AND (:transcript IS NULL OR paragraph.transcript = (SELECT key FROM transcript WHERE id = :transcript))
            ORDER BY paragraph.transcript DESC, paragraph.start
            LIMIT :most
        )
        ORDER BY paragraph.transcript DESC, paragraph.start
        """,  # noqa: S608 - the two marks are our own
        {"match": match, "transcript": transcript, "most": most + 1},
    ).fetchall()
    return Found(tuple(_hit(*row) for row in rows[:most]), there_are_more=len(rows) > most)


def _match(typed: str) -> str:
    """What was typed in the search's own language, in which only quoted text means itself.

    >>> _match('old clo'), _match('"old clock" OR -'), _match('*')
    ('"old"* "clo"*', '"old clock" "OR"*', '')
    """
    terms = [(phrase, word) for phrase, word in _PHRASE.findall(typed) if _has_letters(phrase or word)]
    return " ".join(f'"{_clean(phrase)}"' if phrase else f'"{_clean(word)}"*' for phrase, word in terms)


def _has_letters(text: str) -> bool:
    return any(unicodedata.category(letter)[0] in "LN" for letter in text)


def _clean(text: str) -> str:
    """Without what the database cannot take."""
    return text.replace("\0", " ").encode("utf-8", "ignore").decode("utf-8")


def _hit(transcript: str, title: str, places: str, marked: str) -> Hit:
    words = marked.split(" ")
    first = next(index for index, word in enumerate(words) if _ON in word)
    word, start = json.loads(places)[first]
    return Hit(transcript, title, word, start, tuple(_snippet(words, first)))


def _snippet(words: list[str], first: int) -> Iterator[tuple[str, bool]]:
    low, high = max(0, first - CONTEXT), first + CONTEXT + 1
    text = ("… " if low else "") + " ".join(words[low:high]) + (" …" if high < len(words) else "")
    inside = False
    for piece in re.split(f"([{_ON}{_OFF}])", text):
        if piece in (_ON, _OFF):
            inside = piece == _ON
        elif piece:
            yield piece, inside
