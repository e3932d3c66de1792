"""One track of a recording, chunk by chunk: decoded ahead, cut where nobody speaks, recognized, looked at twice."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import islice
from typing import TYPE_CHECKING

from transcriber import chunking, hearing, speech
from transcriber.ahead import ahead
from transcriber.chunking import Chunk
from transcriber.options import SAMPLE_RATE, TranscribeOptions
from transcriber.recognizer import Clip, Recognition, Recognizer
from transcriber.record import Heard, Record
from transcriber.transcript import Span, Word

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Samples = npt.NDArray[np.float32]

MARGIN = 8.0
"""Seconds before and after a chunk's context that are kept for a second look at what was not heard in it."""


_WAY = 2
"""Counts up whenever the same recording is cut, looked at again or weighed in another way."""


def ways() -> str:
    """Names what decides the chunks besides the recording and the options: this code, and who decodes and hears voices.

    Work that was kept goes on only where these are the same: its chunks would not fit otherwise.
    """
    return " ".join([f"way {_WAY}", *(f"{package} {version(package)}" for package in ("av", "silero-vad", "torch"))])


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """A chunk, and the sound of its context and of MARGIN to both sides."""

    chunk: Chunk
    sound: Clip

    @property
    def context(self) -> Clip:
        """What the model is to hear first."""
        return self.clip(Span(self.chunk.context_start, self.chunk.context_end))

    @property
    def reach(self) -> Span:
        """What there is sound of."""
        return Span(self.sound.start, self.sound.start + self.sound.duration)

    def clip(self, span: Span) -> Clip:
        """The part of the sound that lies within `span`."""
        first = max(0, round((span.start - self.sound.start) * SAMPLE_RATE))
        last = round((span.end - self.sound.start) * SAMPLE_RATE)
        return Clip(self.sound.samples[first:last], self.sound.start + first / SAMPLE_RATE)


class Listener:
    """Hears recordings with one recognizer, under the same options."""

    def __init__(self, recognizer: Recognizer, options: TranscribeOptions) -> None:
        self._recognizer, self._options = recognizer, options
        self._limit = min(options.max_clip_seconds, recognizer.spec.max_clip_seconds)

    def hear(
        self, blocks: "Generator[Samples, None, None]", record: Record, track: int = 0, speaker: str | None = None
    ) -> Generator[Sequence[Heard], None, None]:
        """What was heard, group after group, each kept in `record` before it is given away.

        What the record has already is given first and not recognized again. The
        sound is still decoded and planned from its start, so that everything after
        it comes out as if nothing had come in between.

        Args:
            blocks: mono float32 at 16 kHz; closed in the end.
            record: where work goes on, and is kept.
            track: its number, among those of the recording.
            speaker: whose voice it is, if that is known.

        Raises:
            MediaError, RecognitionError, StorageError: see `media.decode`, `Recognizer.recognize`, `Record.add`.
        """
        known = [heard for heard in record.heard if heard.track == track]
        at_once = self._recognizer.clips_at_once
        with closing(ahead(self._takes(blocks), at_once)) as takes:
            for heard, _ in zip(known, takes, strict=False):
                yield [heard]
            while group := list(islice(takes, at_once)):
                fresh = [replace(each, track=track, speaker=speaker) for each in self._heard(group)]
                record.add(fresh)
                yield fresh

    def _takes(self, blocks: "Generator[Samples, None, None]") -> Generator[Take, None, None]:
        with closing(blocks):
            tape = _Tape(blocks)
            target = min(self._options.clip_seconds, self._limit)
            for chunk in chunking.plan(speech.listen(tape.play()), speech.WINDOW, target, self._limit):
                yield _take(tape, self._without_context(chunk))
                tape.forget(chunk.end - self._limit - MARGIN)

    def _without_context(self, chunk: Chunk) -> Chunk:
        """Words without times cannot be joined, so nothing may be heard twice."""
        if self._recognizer.spec.word_times:
            return chunk
        return replace(chunk, context_start=chunk.start, context_end=chunk.end)

    def _heard(self, group: Sequence[Take]) -> list[Heard]:
        recognized = self._recognizer.recognize([take.context for take in group], self._options)
        return [self._settled(take, each) for take, each in zip(group, recognized, strict=True)]

    def _settled(self, take: Take, first: Recognition) -> Heard:
        """What was heard first, and again where words are missing or doubtful; without what was invented."""
        words, text, chunk = self._surest(take, first.words), first.text, take.chunk
        for missed in _missed(chunk, words, text):
            looks = hearing.second_look(missed, take.reach, self._limit)
            again = self._again(take, looks)
            words = hearing.settle(words, missed, zip(looks, (each.words for each in again), strict=True))
            text = text or next((each.text for each in again if each.text), "")
        kept, dropped = hearing.weigh(words, chunk.speech)
        times = (chunk.start, chunk.end, chunk.context_start, chunk.context_end)
        return Heard(0, *times, text, tuple(kept), tuple(_missed(chunk, words, text)), dropped)

    def _surest(self, take: Take, words: Sequence[Word]) -> list[Word]:
        """The words, with a closer look at phrases of which the model was not sure."""
        doubts = hearing.doubtful(words, take.chunk.speech, Span(take.chunk.start, take.chunk.end))
        looks = [hearing.closer(doubt, take.reach, self._limit) for doubt in doubts]
        for doubt, again in zip(doubts, self._again(take, looks), strict=True):
            words = hearing.surest(words, doubt, again.words)
        return list(words)

    def _again(self, take: Take, looks: Sequence[Span]) -> Sequence[Recognition]:
        return self._recognizer.recognize([take.clip(look) for look in looks], self._options) if looks else ()


def _missed(chunk: Chunk, words: Sequence[Word], text: str) -> list[Span]:
    """Where somebody speaks in the chunk itself and no word is told; nobody knows that of text without times."""
    if text and not words:
        return []
    own = [Span(max(chunk.start, span.start), min(chunk.end, span.end)) for span in chunk.speech]
    return hearing.unheard([span for span in own if span.start < span.end], words)


def _take(tape: "_Tape", chunk: Chunk) -> Take:
    """The last chunk ends with the sound, and not with the window in which that ends."""
    sound = tape.cut(chunk.context_start - MARGIN, chunk.context_end + MARGIN)
    last = sound.start + sound.duration
    return Take(replace(chunk, end=min(chunk.end, last), context_end=min(chunk.context_end, last)), sound)


class _Tape:
    """The stretch of a recording that was decoded and may still be needed."""

    def __init__(self, blocks: "Iterator[Samples]") -> None:
        self._blocks = blocks
        self._kept: list[Samples] = []
        self._begin = self._end = 0  # the samples of the recording that _kept holds
        self._unplayed = 0  # where in _kept

    def play(self) -> "Iterator[Samples]":
        """Every block once, in order, whatever was cut meanwhile."""
        while self._unplayed < len(self._kept) or self._read():
            self._unplayed += 1
            yield self._kept[self._unplayed - 1]

    def cut(self, start: float, end: float) -> Clip:
        """What there is of the span (seconds of the recording); decodes on as far as it needs to."""
        import numpy as np

        first, last = max(self._begin, round(start * SAMPLE_RATE)), round(end * SAMPLE_RATE)
        while self._end < last and self._read():
            pass
        samples = np.concatenate(self._kept)[first - self._begin : last - self._begin]
        return Clip(samples.copy(), first / SAMPLE_RATE)

    def forget(self, until: float) -> None:
        """Let go of the blocks that end before `until`, in seconds."""
        while self._unplayed and self._begin + len(self._kept[0]) <= until * SAMPLE_RATE:
            self._begin += len(self._kept.pop(0))
            self._unplayed -= 1

    def _read(self) -> bool:
        block = next(self._blocks, None)
        if block is None:
            return False
        self._kept.append(block)
        self._end += len(block)
        return True
