"""From what was heard chunk by chunk to a transcript: all at once, or as it grows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from transcriber import chunking, segmenting
from transcriber.catalogue import ModelSpec
from transcriber.chunking import Chunk
from transcriber.options import TranscribeOptions
from transcriber.record import Heard
from transcriber.transcript import Segment, Transcript, TranscriptTiming, Word


def assemble(heard: Sequence[Heard], spec: ModelSpec, options: TranscribeOptions) -> Transcript:
    """The transcript of all chunks, or of those that there are so far.

    Args:
        heard: of all tracks, those of one track in order.
        spec: the model's.
        options: those that the chunks were heard with.
    """
    segments = chain.from_iterable(_segments(chunks) for chunks in _tracks(heard))
    timing: TranscriptTiming = "words" if spec.word_times else "clips"
    return Transcript(
        segments=tuple(wanted(sorted(segments, key=lambda segment: segment.start), options)),
        duration=max((each.end for each in heard), default=0.0),
        model=spec.name,
        revision=spec.revision,
        language=spec.language,
        timing=timing,
        unheard=tuple(sorted(span for each in heard for span in each.unheard)),
        dropped_words=sum(each.dropped_words for each in heard),
    )


def _tracks(heard: Sequence[Heard]) -> Iterator[list[Heard]]:
    numbers = sorted({each.track for each in heard})
    return ([each for each in heard if each.track == number] for number in numbers)


def grow(heard: Iterable[Heard]) -> Iterator[list[Segment]]:
    """What comes to the transcript of one track: its utterances, each as soon as it has ended.

    A very long one may be parted at another place than `assemble` parts it, which sees the whole.
    """
    pending: Sequence[Word] = ()
    for words in _joined(heard):
        utterances = segmenting.split([*pending, *words])
        yield utterances[:-1]
        pending = utterances[-1].words if utterances else ()
    yield segmenting.split(pending)


def untimed(heard: Iterable[Heard]) -> list[Segment]:
    """The chunks that gave only text: a segment each, as long as the chunk."""
    return [
        Segment(each.text, each.start, each.end, (), each.speaker) for each in heard if each.text and not each.words
    ]


def wanted(segments: Iterable[Segment], options: TranscribeOptions) -> Iterator[Segment]:
    """The segments with their words, or without where those are not asked for."""
    return (segment if options.word_times else replace(segment, words=()) for segment in segments)


def _segments(chunks: Sequence[Heard]) -> list[Segment]:
    return [*segmenting.split(list(chain.from_iterable(_joined(chunks)))), *untimed(chunks)]


def _joined(heard: Iterable[Heard]) -> Iterator[tuple[Word, ...]]:
    return chunking.join((_chunk(each), [replace(word, speaker=each.speaker) for word in each.words]) for each in heard)


def _chunk(heard: Heard) -> Chunk:
    return Chunk(heard.start, heard.end, heard.context_start, heard.context_end)
