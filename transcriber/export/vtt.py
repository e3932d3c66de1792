"""WebVTT captions (W3C), as browsers, players and most video platforms take them.

Written here and not by pysubs2, which takes braces and backslashes for styles
and leaves `<` and `&` as they are: what was said would be lost or be markup.
"""

from transcriber.export.cues import Cue
from transcriber.export.handover import Handover

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def render(handover: Handover) -> str:
    """The cues, numbered, with times in whole milliseconds on the chosen time base."""
    cues = (_block(number, cue, handover) for number, cue in enumerate(handover.cues, 1))
    return "\n".join(["WEBVTT\n", *cues])


def _block(number: int, cue: Cue, handover: Handover) -> str:
    start, end = (clock(handover.clock(moment)) for moment in (cue.start, cue.end))
    text = "\n".join(line.translate(_ENTITIES) for line in cue.lines)
    return f"{number}\n{start} --> {end}\n{text}\n"


def clock(seconds: float) -> str:
    """Hours, minutes, seconds and milliseconds.

    >>> clock(3725.0416)
    '01:02:05.042'
    """
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"
