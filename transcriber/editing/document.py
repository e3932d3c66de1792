"""A transcript that is being corrected: every word has an id that stays its own, whatever changes around it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from transcriber.editing.retiming import shared
from transcriber.transcript import Segment, Span, Transcript, Word


@dataclass(frozen=True, slots=True)
class Placed:
    """A word under its id. `checked`: a person has looked at it, or written it."""

    id: int
    word: Word
    checked: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A segment that can be corrected.

    `text` is what the model wrote, and None from the moment that its words
    are no longer the model's. Without `timed` its words have a share of its
    time, good enough to find them by, that no export shows. `speaker` is that
    of all its words, whatever they say themselves.
    """

    id: int
    start: float
    end: float
    words: tuple[Placed, ...]
    speaker: str | None = None
    text: str | None = None
    timed: bool = True
    ids: frozenset[int] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ids", frozenset(placed.id for placed in self.words))

    @property
    def checked_words(self) -> int:
        """How many of its words are checked."""
        return sum(placed.checked for placed in self.words)


@dataclass(frozen=True, slots=True)
class Document:
    """A transcript as far as it is corrected.

    Paragraphs that an edit leaves alone are the same objects before and after
    it, so keeping many states costs little. Words of the original have the
    ids from 0, in order; then come its segments; `next_id` is the first that
    nobody has. `begun` are the paragraphs as they were before any edit,
    `untouched` their words, each at the index of its id.
    """

    original: Transcript
    begun: tuple[Paragraph, ...]
    untouched: tuple[Placed, ...]
    paragraphs: tuple[Paragraph, ...]
    unheard: tuple[Span, ...]
    next_id: int

    @property
    def words(self) -> Iterator[Placed]:
        """Every word, in order."""
        return (placed for paragraph in self.paragraphs for placed in paragraph.words)

    @property
    def speakers(self) -> tuple[str, ...]:
        """Every name once, in the order in which they first speak."""
        return tuple(dict.fromkeys(each.speaker for each in self.paragraphs if each.speaker is not None))


def begin(transcript: Transcript) -> Document:
    """The transcript, nothing corrected yet."""
    ids = count()
    timed = [_timed_words(segment) for segment in transcript.segments]
    placed = [tuple(Placed(next(ids), word) for word in words) for words in timed]
    begun = tuple(
        Paragraph(next(ids), each.start, each.end, words, each.speaker, each.text, bool(each.words))
        for each, words in zip(transcript.segments, placed, strict=True)
    )
    untouched = tuple(each for words in placed for each in words)
    return Document(transcript, begun, untouched, begun, transcript.unheard, next(ids))


def _timed_words(segment: Segment) -> tuple[Word, ...]:
    """Its words, or those of its text with a share of its time each."""
    if segment.words:
        return segment.words
    texts = segment.text.split()
    spans = shared(texts, Span(segment.start, segment.end))
    return tuple(Word(text, *span, timing="shared") for text, span in zip(texts, spans, strict=True))


def corrected(document: Document) -> Transcript:
    """The transcript with all corrections in it, to be exported.

    Segments that nobody touched are the original's. What a second model read
    stands no longer where one of the words that it is about was corrected.
    """
    original = document.original
    outdated = _outdated_readings(document)
    untouched = {id(paragraph): segment for paragraph, segment in zip(document.begun, original.segments, strict=True)}
    segments = tuple(
        _segment(paragraph, outdated)
        if outdated & paragraph.ids or id(paragraph) not in untouched
        else untouched[id(paragraph)]
        for paragraph in document.paragraphs
    )
    return Transcript(
        segments=segments,
        duration=original.duration,
        model=original.model,
        revision=original.revision,
        language=original.language,
        timing=original.timing,
        unheard=document.unheard,
        dropped_words=original.dropped_words,
    )


def _segment(paragraph: Paragraph, outdated: set[int]) -> Segment:
    text = paragraph.text
    if text is None:
        text = " ".join(placed.word.text for placed in paragraph.words)
    words = tuple(_exported(placed, paragraph, outdated) for placed in paragraph.words) if paragraph.timed else ()
    return Segment(text, paragraph.start, paragraph.end, words, paragraph.speaker)


def _exported(placed: Placed, paragraph: Paragraph, outdated: set[int]) -> Word:
    word = placed.word
    reading = None if placed.id in outdated else word.reading
    if word.speaker == paragraph.speaker and word.reading is reading:
        return word
    return Word(
        word.text, word.start, word.end, word.confidence, paragraph.speaker, word.timing, reading, word.outside_speech
    )


def _outdated_readings(document: Document) -> set[int]:
    """The words whose reading is about words that are not there any more, or not as they were."""
    if document.paragraphs is document.begun:
        return set()
    words = tuple(document.words)
    read = [(index, placed) for index, placed in enumerate(words) if placed.word.reading]
    return {placed.id for index, placed in read if not _stands(document, words, index)}


def _stands(document: Document, words: tuple[Placed, ...], index: int) -> bool:
    first = words[index]
    length = first.word.reading.words if first.word.reading else 0
    about = words[index : index + length]
    before = document.untouched[first.id : first.id + length]
    return [(each.id, each.word.text) for each in about] == [(each.id, each.word.text) for each in before]
