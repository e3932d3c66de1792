r"""SubRip subtitles, as Premiere Pro, DaVinci Resolve and every player take them.

Line ends are plain `\n`, which all of them read; with `\r\n` some parsers leave
stray line ends in the text (pysubs2 1.8.1 when it reads a string). No byte
order mark: a parser that does not expect it loses the first cue's number.
"""

import re

from transcriber.export.cues import Cue, lay_out
from transcriber.transcript import Transcript

_LOOKALIKES = str.maketrans({"{": "(", "}": ")", "\\": "/"})
_TAG = re.compile(r"<(/?\s*[A-Za-z][^<>]*)>")


def render(transcript: Transcript) -> str:
    """The transcript as cues with times in whole milliseconds.

    >>> from transcriber.transcript import Segment
    >>> print(render(Transcript((Segment("Good morning.", 1.0, 2.5),), duration=3.0, model="demo")).strip())
    1
    00:00:01,000 --> 00:00:02,500
    Good morning.
    """
    import pysubs2

    subtitles = pysubs2.SSAFile()
    for cue in lay_out(transcript):
        event = pysubs2.SSAEvent(start=round(cue.start * 1000), end=round(cue.end * 1000), text=_text(cue))
        subtitles.append(event)
    return str(subtitles.to_string("srt"))


def _text(cue: Cue) -> str:
    r"""The lines as pysubs2 wants them, `\N` between. SubRip has no escapes, so what would be markup is changed.

    `-->` marks times, `<i>` is a style, `{\an8}` a position and a backslash the
    beginning of one: lookalikes keep the text readable and the file sound.
    """
    lines = (_TAG.sub(r"‹\1›", line.replace("-->", "->").translate(_LOOKALIKES)) for line in cue.lines)
    return r"\N".join(lines)
