"""The words of every transcript as they are corrected now, a row per paragraph, for the search."""

import json
import re
import sqlite3
from collections.abc import Iterable

from transcriber.editing import Paragraph

_SPACE = re.compile(r"[\s\ue000\ue001]+")
"""With the letters of private use that the search marks its finds with."""

SPAN = 1 << 32
"""Keys that a transcript has to give: each correction takes some."""


def change(
    connection: sqlite3.Connection, transcript: int, before: Iterable[Paragraph], after: Iterable[Paragraph]
) -> None:
    """Let the index hold the paragraphs of `after` in place of those of `before`; what they share is left alone."""
    old = {paragraph.id: paragraph.words for paragraph in before}
    new = {paragraph.id: paragraph for paragraph in after}
    gone = [number for number, words in old.items() if number not in new or _differs(words, new[number].words)]
    come = [each for number, each in new.items() if number not in old or _differs(old[number], each.words)]
    connection.executemany(
        "DELETE FROM paragraph WHERE transcript = ? AND id = ?", [(transcript, number) for number in gone]
    )
    free = _free_key(connection, transcript)
    connection.executemany(
        "INSERT INTO paragraph VALUES (?, ?, ?, ?, ?, ?)",
        [
            (key, transcript, each.id, each.start, text_of(each), _places(each))
            for key, each in enumerate((each for each in come if each.words), free)
        ],
    )


def keys(transcript: int) -> range:
    """Those that its paragraphs have: below those of every transcript that was added before."""
    return range(-transcript * SPAN, (1 - transcript) * SPAN)


def _free_key(connection: sqlite3.Connection, transcript: int) -> int:
    """The first after all that are taken."""
    own = keys(transcript)
    (last,) = connection.execute(
        "SELECT max(key) FROM paragraph WHERE key BETWEEN ? AND ?", (own[0], own[-1])
    ).fetchone()
    return own[0] if last is None else int(last) + 1


def _differs(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return one is not other and one != other


def text_of(paragraph: Paragraph) -> str:
    """Its words with a space between two of them, and none inside any: so the words of a text can be counted."""
    return " ".join(_SPACE.sub("\u00a0", placed.word.text) or "\u00a0" for placed in paragraph.words)


def _places(paragraph: Paragraph) -> str:
    places = [(placed.id, round(placed.word.start, 3)) for placed in paragraph.words]
    return json.dumps(places, separators=(",", ":"))
