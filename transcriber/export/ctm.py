"""CTM, the time-marked words that scoring tools for speech recognition read (NIST SCTK).

    talk 1 0.500 0.300 Good 0.988

A line per word: the recording, its channel, start and duration in seconds of
the file, the word, and how sure the model was, where it says. Blanks inside a
name or a word are written as `_`.
"""

from collections.abc import Iterator

from transcriber.export.handover import Handover
from transcriber.export.plain import one_token
from transcriber.export.timing import words_of
from transcriber.transcript import Word

CHANNEL = 1


def render(handover: Handover) -> str:
    """A line per word, in order; words that no model timed have their part of their segment's time."""
    return "".join(_lines(handover))


def _lines(handover: Handover) -> Iterator[str]:
    recording = recording_name(handover)
    for segment in handover.transcript.segments:
        for word in words_of(segment):
            yield f"{recording} {CHANNEL} {word.start:.3f} {word.end - word.start:.3f} {_said(word)}\n"


def recording_name(handover: Handover) -> str:
    """The recording's name as these tools tell recordings apart; a leading `;` would make a comment of the line."""
    name = one_token(handover.footage.path.stem)
    return f"_{name}" if name.startswith(";") else name


def _said(word: Word) -> str:
    text = one_token(word.text)
    return text if word.confidence is None else f"{text} {word.confidence:.3f}"
