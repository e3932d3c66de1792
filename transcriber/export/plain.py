"""What was said, made fit for files in which some characters mean something else or cannot stand."""

import re

_NOT_XML = re.compile("[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What cannot stand in an XML file, and what would break a line in it."""

_BLANKS = re.compile(r"(?:[^\S\u00a0\u202f\u2007]|[\x00-\x1f\x7f-\x9f\ud800-\udfff])+")
"""Blanks, line ends, control characters and halves of characters; not the no-break spaces that languages write."""

_NOT_IN_NAMES = re.compile('[<>:"/\\\\|?*\x00-\x1f\x7f\ud800-\udfff]')
"""What Windows refuses in the name of a file."""

_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
"""Names that Windows keeps for devices, whatever their ending."""

LOOKALIKES = str.maketrans({"{": "(", "}": ")", "\\": "/"})
"""For SubRip and SubStation, which have no escapes: braces hold styles there, and a backslash begins one."""


def for_xml(text: str) -> str:
    r"""The text as one line that XML can hold; markup in it is left to whoever writes the XML.

    >>> for_xml("a\x00b\nc")
    'a b c'
    """
    return _NOT_XML.sub(" ", text)


def one_line(text: str) -> str:
    r"""The text without line ends, tabs and control characters.

    >>> one_line(" One\n\ttwo ")
    'One two'
    """
    return _BLANKS.sub(" ", text).strip()


def one_token(text: str) -> str:
    """The text without any blank, for formats that part their columns by them; never empty.

    >>> one_token("Anna Maria"), one_token("")
    ('Anna_Maria', '_')
    """
    return re.sub(r"\s+", "_", one_line(text)) or "_"


def file_name(text: str) -> str:
    """The text as the name of a file that every system takes.

    >>> file_name("Take 1: yes?")
    'Take 1_ yes_'
    """
    name = _NOT_IN_NAMES.sub("_", text).rstrip(" .") or "_"
    return f"_{name}" if _DEVICE.match(name) else name


def shortened(text: str, length: int) -> str:
    """No more than `length` characters, cut between words where it can be, with an ellipsis where it was cut.

    >>> shortened("It was a dark and stormy night", 14)
    'It was a dark…'
    """
    if len(text) <= length:
        return text
    kept = text[:length]
    return kept.rpartition(" ")[0].rstrip(",;: ") + "…" if " " in kept else kept[:-1] + "…"
