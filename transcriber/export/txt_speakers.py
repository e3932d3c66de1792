"""Plain text by speaker, as an interview is written down: a name and a time, then all that was said."""

from transcriber.export.handover import Handover
from transcriber.export.plain import one_line
from transcriber.export.turns import Turn, stamp, turns


def render(handover: Handover) -> str:
    """Turns with a blank line between them; without names, paragraphs below their times."""
    return "\n".join(_written(handover, turn) for turn in turns(handover.transcript.segments))


def _written(handover: Handover, turn: Turn) -> str:
    name = f"{one_line(turn.speaker)}  " if turn.speaker else ""
    paragraphs = "\n\n".join(map(one_line, turn.paragraphs))
    return f"{name}[{stamp(handover, turn.start)}]\n{paragraphs}\n"
