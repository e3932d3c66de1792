r"""Rows of text for spreadsheets and scripts.

A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula and
runs it, and whoever speaks could dictate one. Such a text, also behind blanks,
after a tab or a line end, or in the wide letters of East Asia, gets an
apostrophe in front, which makes it text. So that nothing is lost, one more
apostrophe is put before a text that looks like that already: who reads the file
by a program takes one apostrophe off what `FORMULA` matches.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from transcriber.export.plain import one_line

FORMULA = re.compile(r"'*(?:[\t\r\n]|[\s\x00-\x1f\x7f-\x9f\ud800-\udfff]*[=+\-@＝＋－＠])")  # noqa: RUF001 - the wide ones are meant
"""How a text begins that a spreadsheet would run, or that was protected from that."""

Row = Sequence[str | int]


def comma_separated(columns: Sequence[str], rows: Iterable[Row]) -> str:
    r"""The rows below their names, as RFC 4180 has them: lines end `\r\n`, and a cell may hold any text."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def tab_separated(columns: Sequence[str], rows: Iterable[Row]) -> str:
    r"""The rows below their names, lines ending `\n`; tabs and line ends inside a cell become blanks.

    A cell with a quotation mark stands in quotation marks, as spreadsheets and pandas read it.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([one_line(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue()


def inert(text: str) -> str:
    """The text as no spreadsheet runs it.

    >>> inert("=1+1"), inert("'=1+1"), inert("Yes.")
    ("'=1+1", "''=1+1", 'Yes.')
    """
    return f"'{text}" if FORMULA.match(text) else text


def seconds(moment: float) -> str:
    """To the millisecond."""
    return f"{moment:.3f}"
