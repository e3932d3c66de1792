"""What became of each chunk, as soon as it is known: the piece of a transcript that is never recognized again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from transcriber.transcript import Span, Word


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of one chunk.

    `track` counts the tracks of the recording that are transcribed, from 0;
    the four times are the chunk's, in seconds of the recording. `text` and
    `words` are what the model heard from `context_start` to `context_end`; what
    neighbours both heard is joined when the transcript is put together.
    `unheard` is speech that no second look found words for, `dropped_words`
    how many words were left out as invented. `speaker` is the track's name.
    """

    track: int
    start: float
    end: float
    context_start: float
    context_end: float
    text: str
    words: tuple[Word, ...]
    unheard: tuple[Span, ...] = ()
    dropped_words: int = 0
    speaker: str | None = None


class Record(Protocol):
    """Where finished chunks are kept, and found again when a job goes on."""

    @property
    def heard(self) -> Sequence[Heard]:
        """The chunks of all tracks that are finished, in the order in which they were added."""

    def add(self, heard: Sequence[Heard]) -> None:
        """Keep the chunks of one group: all of them or, if anything goes wrong, none.

        Raises:
            StorageError: they could not be kept. What was kept before still is.
        """


class Kept:
    """A record in memory, for work that nobody will want to go on with tomorrow."""

    def __init__(self) -> None:
        self._heard: list[Heard] = []

    @property
    def heard(self) -> Sequence[Heard]:
        """All that was added, in order."""
        return tuple(self._heard)

    def add(self, heard: Sequence[Heard]) -> None:
        """Keep the chunks of one group."""
        self._heard += heard
