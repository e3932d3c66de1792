r"""Markdown (CommonMark) for notes and wikis: speakers in bold, their times as code.

What was said is text and nothing else: characters that would make a link, a
heading, a table or HTML of it stand behind a backslash.
"""

import re

from transcriber.export.handover import Handover
from transcriber.export.plain import one_line
from transcriber.export.turns import Turn, stamp, turns

_INLINE = re.compile(r"([\\`*_\[\]<>&~|$])")
_BLOCK = re.compile(r"^([#+=-]|\d{1,9}(?=[.)]))")
"""What begins a heading, a rule or a list."""


def render(handover: Handover) -> str:
    """A heading with the recording's name, then the turns."""
    title = f"# {escaped(handover.footage.path.name)}\n"
    return "\n".join([title, *(_written(handover, turn) for turn in turns(handover.transcript.segments))])


def escaped(text: str) -> str:
    r"""The text in one line that no reader of Markdown takes for markup.

    >>> escaped("1. *Not* a list"), escaped("#1")
    ('1\\. \\*Not\\* a list', '\\#1')
    """
    return _BLOCK.sub(_behind_backslash, _INLINE.sub(r"\\\1", one_line(text)))


def _behind_backslash(found: re.Match[str]) -> str:
    mark = found[0]
    return f"{mark}\\" if mark.isdigit() else f"\\{mark}"


def _written(handover: Handover, turn: Turn) -> str:
    name = f"**{escaped(turn.speaker)}** " if turn.speaker else ""
    paragraphs = "\n\n".join(map(escaped, turn.paragraphs))
    return f"{name}`{stamp(handover, turn.start)}`\n\n{paragraphs}\n"
