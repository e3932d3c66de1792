"""The words of every transcript as they are corrected now, a row per paragraph, for the search."""

import json
import re
import sqlite3
from collections.abc import Iterable

from transcriber.editing import Paragraph

_SPACE = re.compile(r"[\s\ue000\ue001]+")
"""With the letters of private use that the search marks its finds with."""


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
    connection.executemany(
        "INSERT INTO paragraph (transcript, id, start, text, words) VALUES (?, ?, ?, ?, ?)",
        [(transcript, each.id, each.start, text_of(each), _places(each)) for each in come if each.words],
    )


def _differs(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return one is not other and one != other


def text_of(paragraph: Paragraph) -> str:
    """Its words with a space between two of them, and none inside any: so the words of a text can be counted."""
    return " ".join(_SPACE.sub("\u00a0", placed.word.text) or "\u00a0" for placed in paragraph.words)


def _places(paragraph: Paragraph) -> str:
    places = [(placed.id, round(placed.word.start, 3)) for placed in paragraph.words]
    return json.dumps(places, separators=(",", ":"))
