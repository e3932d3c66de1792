"""Plain text with times: every utterance on its own line, to find again what was said."""

from transcriber.export.handover import Handover
from transcriber.export.plain import one_line
from transcriber.export.turns import stamp
from transcriber.transcript import Segment


def render(handover: Handover) -> str:
    """`[00:01:02] Anna: What she said.` in each line, or `[10:01:02:05]` on a time base with timecode."""
    return "".join(_line(handover, segment) for segment in handover.transcript.segments)


def _line(handover: Handover, segment: Segment) -> str:
    name = f"{one_line(segment.speaker)}: " if segment.speaker else ""
    return f"[{stamp(handover, segment.start)}] {name}{one_line(segment.text)}\n"
