"""Chunks as a model might have heard them, the same ones every time; light enough for a process of its own."""

from transcriber.record import Heard
from transcriber.transcript import Reading, Span, Word

SECONDS = 10.0
"""Each chunk's."""


def group(number: int) -> list[Heard]:
    """The chunks of a group, at least one; no two groups are alike."""
    return [chunk(number * 3 + index) for index in range(1 + number % 3)]


def chunk(number: int) -> Heard:
    """One that has everything a chunk can have."""
    start = number * SECONDS
    reading = Reading("Straße", "spelling") if number % 2 else None
    words = (
        Word("Grüße,", start + 1 / 3, start + 0.1 + 0.7, 0.1 + number / 1e9),
        Word(f"chunk{number}", start + 1.0, start + 1.7, None, None, "shared", reading, outside_speech=True),
    )
    return Heard(
        track=number % 2,
        start=start,
        end=start + SECONDS,
        context_start=max(0.0, start - 0.3),
        context_end=start + SECONDS + 0.3,
        text=f"Grüße, chunk{number}",
        words=words,
        unheard=(Span(start + 2.1, start + 3.3),),
        dropped_words=number % 4,
        speaker="Großmutter" if number % 2 else None,
    )


def flat(groups: list[list[Heard]]) -> list[Heard]:
    """All chunks of all groups."""
    return [heard for each in groups for heard in each]
