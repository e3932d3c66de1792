"""A planned span of a recording."""

from dataclasses import dataclass

from transcriber.transcript import Span


@dataclass(frozen=True, slots=True)
class Chunk:
    """A planned span of the recording, and the span a model may look at to hear it well. All in seconds.

    `speech` is where somebody speaks within the context, in order, apart.
    """

    start: float
    end: float
    context_start: float
    context_end: float
    speech: tuple[Span, ...] = ()
