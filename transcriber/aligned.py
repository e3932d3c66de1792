"""AlignedRecognizer: one model's words with another model's times, and the two held against each other."""

from collections.abc import Sequence
from dataclasses import replace

from transcriber import alignment, speech
from transcriber.catalogue import ModelSpec
from transcriber.options import TranscribeOptions
from transcriber.recognizer import Clip, Recognition, Recognizer


class AlignedRecognizer:
    """Writes what `writer` writes, when `timer` heard it; see Recognizer. Closes both."""

    def __init__(self, writer: Recognizer, timer: Recognizer) -> None:
        self._writer, self._timer = writer, timer

    @property
    def spec(self) -> ModelSpec:
        """The writer's, with what the timer adds to it."""
        limit = min(self._writer.spec.max_clip_seconds, self._timer.spec.max_clip_seconds)
        return replace(self._writer.spec, word_times=True, proof=True, max_clip_seconds=limit)

    @property
    def device(self) -> str:
        """The writer's."""
        return self._writer.device

    @property
    def notes(self) -> tuple[str, ...]:
        """Of both."""
        return (*self._writer.notes, *self._timer.notes)

    @property
    def identity(self) -> str:
        """Of both."""
        return f"{self._writer.identity} {self._timer.identity}"

    @property
    def clips_at_once(self) -> int:
        """The writer's, who takes longer."""
        return self._writer.clips_at_once

    @property
    def memory_bytes(self) -> int:
        """The most that both took together."""
        return max(self._writer.memory_bytes, self._timer.memory_bytes)

    def recognize(self, clips: Sequence[Clip], options: TranscribeOptions) -> list[Recognition]:
        """One recognition per clip, in order; see Recognizer.

        A clip in which the timer hears nothing gives text without words.
        """
        written = self._writer.recognize(clips, options)
        timed = self._timer.recognize(clips, options)
        return [_aligned(*each, proof=options.proof) for each in zip(clips, written, timed, strict=True)]

    def close(self) -> None:
        """Give the memory of both back."""
        self._writer.close()
        self._timer.close()


def _aligned(clip: Clip, written: Recognition, timed: Recognition, *, proof: bool) -> Recognition:
    match = alignment.prove if proof else alignment.align
    words = written.text.split()
    span = (clip.start, clip.start + clip.duration)
    voices = [(clip.start + start, clip.start + end) for start, end in speech.spans(clip.samples)] if words else []
    return Recognition(written.text, tuple(match(words, timed.words, span, voices)))
