r"""SubRip subtitles, as Premiere Pro, DaVinci Resolve and every player take them.

Line ends are plain `\n`, which all of them read; with `\r\n` some parsers leave
stray line ends in the text (pysubs2 1.8.1 when it reads a string). No byte
order mark: a parser that does not expect it loses the first cue's number.
"""

import re

from transcriber.export.cues import Cue
from transcriber.export.handover import Handover
from transcriber.export.plain import LOOKALIKES

_TAG = re.compile(r"<(/?\s*[A-Za-z][^<>]*)>")


def render(handover: Handover) -> str:
    """The transcript as cues with times in whole milliseconds, on the chosen time base."""
    import pysubs2

    subtitles = pysubs2.SSAFile()
    for cue in handover.cues:
        start, end = (round(1000 * handover.clock(moment)) for moment in (cue.start, cue.end))
        subtitles.append(pysubs2.SSAEvent(start=start, end=end, text=_text(cue)))
    return str(subtitles.to_string("srt"))


def _text(cue: Cue) -> str:
    r"""The lines as pysubs2 wants them, `\N` between. SubRip has no escapes, so what would be markup is changed.

    `-->` marks times, `<i>` is a style, `{\an8}` a position and a backslash the
    beginning of one: lookalikes keep the text readable and the file sound.
    """
    lines = (_TAG.sub(r"‹\1›", line.replace("-->", "->").translate(LOOKALIKES)) for line in cue.lines)
    return r"\N".join(lines)
