"""Make an edit: a document and what is to be done, to another document."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import singledispatch

from transcriber.editing.comparing import restored, reworded
from transcriber.editing.document import Document, Paragraph, Placed
from transcriber.editing.edits import (
    AssignSpeaker,
    Compound,
    Delete,
    Edit,
    Insert,
    JoinParagraph,
    MarkChecked,
    MergeSpeakers,
    MergeWords,
    NewParagraph,
    RenameSpeaker,
    Replace,
    Restore,
    RestoreAll,
    SettleUnheard,
    SplitParagraph,
    SplitWord,
)
from transcriber.editing.retiming import in_gap, shared
from transcriber.errors import InvalidEditError
from transcriber.transcript import Span, Word

_UNWRITABLE = {"Cc", "Cs"}  # control characters, and halves of letters, which no file can hold


def apply(document: Document, edit: Edit) -> Document:
    """The document with the edit made.

    Words that a person wrote are checked, and nobody doubts them any more:
    they have no confidence, no other reading, and count as spoken.

    Raises:
        InvalidEditError: a word or paragraph is not there any more, or the edit makes no sense there.
    """
    return _made(edit, document)


@singledispatch
def _made(edit: Edit, document: Document) -> Document:  # noqa: ARG001 - the others need it
    raise InvalidEditError(f"{type(edit).__name__} is no edit")


@_made.register
def _(edit: Compound, document: Document) -> Document:
    for each in edit.edits:
        document = apply(document, each)
    return document


# --- words -----------------------------------------------------------------------------------------------------------


@_made.register
def _(edit: Replace, document: Document) -> Document:
    run, texts = _run_in_one(document, edit.first, edit.last), written(edit.text)
    old = run.words
    alike = _alike([placed.word.text for placed in old], texts)
    alike_at_end = _alike([placed.word.text for placed in old[alike:][::-1]], texts[alike:][::-1])
    changed = replace(run, begin=run.begin + alike, stop=run.stop - alike_at_end)
    texts = texts[alike : len(texts) - alike_at_end]
    if not (texts or changed.words):
        return document
    if not texts:
        return _rewritten(document, changed, ())
    if not changed.words:
        at_start = changed.begin > run.begin
        beside = changed.begin - 1 if at_start else changed.begin
        return _inserted(document, run.index, beside, texts, after=at_start)
    if len(texts) == len(changed.words):
        pairs = zip(changed.words, texts, strict=True)
        return _rewritten(document, changed, [_worded(placed, text) for placed, text in pairs])
    return _rewritten(document, changed, _sharing(document, texts, changed.span))


@_made.register
def _(edit: Delete, document: Document) -> Document:
    for run in reversed(_runs(document, edit.first, edit.last)):  # what is removed moves what comes after it
        document = _rewritten(document, run, ())
    return document


@_made.register
def _(edit: Insert, document: Document) -> Document:
    run = _run_in_one(document, edit.beside, edit.beside)
    if not (texts := written(edit.text)):
        raise InvalidEditError("there is nothing to insert")
    return _inserted(document, run.index, run.begin, texts, after=edit.side == "after")


@_made.register
def _(edit: SplitWord, document: Document) -> Document:
    run = _run_in_one(document, edit.word, edit.word)
    text = run.words[0].word.text
    texts = [*written(text[: edit.at]), *written(text[edit.at :])]
    if not 0 < edit.at < len(text) or len(texts) != 2:
        raise InvalidEditError(f"{text!r} cannot be split at letter {edit.at}")
    first, second = _sharing(document, texts, run.span)
    return _rewritten(document, run, [replace(first, id=edit.word), replace(second, id=document.next_id)])


@_made.register
def _(edit: MergeWords, document: Document) -> Document:
    run = _run_in_one(document, edit.first, edit.last)
    if len(run.words) < 2:
        raise InvalidEditError("there is only one word to merge")
    all_heard = all(placed.word.timing == "heard" for placed in run.words)
    text = "".join(placed.word.text for placed in run.words)
    word = Word(text, *run.span, timing="heard" if all_heard else "shared")
    return _rewritten(document, run, [Placed(edit.first, word, checked=True)])


@_made.register
def _(edit: MarkChecked, document: Document) -> Document:
    paragraphs = list(document.paragraphs)
    for run in _runs(document, edit.first, edit.last):
        marked = [replace(placed, checked=edit.checked) for placed in run.words]
        words = (*run.paragraph.words[: run.begin], *marked, *run.paragraph.words[run.stop :])
        paragraphs[run.index] = replace(run.paragraph, words=words)
    return replace(document, paragraphs=tuple(paragraphs))


@_made.register
def _(edit: Restore, document: Document) -> Document:
    if (back := restored(document, edit.word)) is None:
        raise InvalidEditError("that word is as it was")
    return back


@_made.register
def _(_: RestoreAll, document: Document) -> Document:
    return replace(document, paragraphs=document.begun, unheard=document.original.unheard)


# --- paragraphs ------------------------------------------------------------------------------------------------------


@_made.register
def _(edit: SplitParagraph, document: Document) -> Document:
    run = _run_in_one(document, edit.word, edit.word)
    if run.begin == 0:
        raise InvalidEditError("the paragraph begins with that word already")
    return _parted(document, run.index, [run.begin])


@_made.register
def _(edit: JoinParagraph, document: Document) -> Document:
    index = _paragraph(document, edit.paragraph)
    if index == 0:
        raise InvalidEditError("there is no paragraph before the first one")
    return _spliced(document, index - 1, 2, [_joined(*document.paragraphs[index - 1 : index + 1])])


@_made.register
def _(edit: NewParagraph, document: Document) -> Document:
    if not 0 <= edit.start < edit.end <= document.original.duration:
        raise InvalidEditError(f"nothing can be said from {edit.start:g} s to {edit.end:g} s of this recording")
    if not (texts := written(edit.text)):
        raise InvalidEditError("there is nothing to write down")
    words = tuple(_sharing(document, texts, Span(edit.start, edit.end)))
    timed = document.original.timing == "words"
    speaker = _name(edit.speaker)
    fresh = Paragraph(document.next_id + len(words), edit.start, edit.end, words, speaker, None, timed)
    later = (index for index, each in enumerate(document.paragraphs) if each.start > edit.start)
    return _spliced(document, next(later, len(document.paragraphs)), 0, [fresh])


@_made.register
def _(edit: SettleUnheard, document: Document) -> Document:
    left = tuple(span for span in document.unheard if span != Span(edit.start, edit.end))
    if len(left) == len(document.unheard):
        raise InvalidEditError(f"no unheard stretch lasts from {edit.start:g} s to {edit.end:g} s")
    return replace(document, unheard=left)


# --- speakers --------------------------------------------------------------------------------------------------------


@_made.register
def _(edit: RenameSpeaker, document: Document) -> Document:
    if not (name := _name(edit.name)):
        raise InvalidEditError("a speaker needs a name")
    if name in document.speakers:
        raise InvalidEditError(f"{name} speaks already; merge the two if they are one")
    return _spoken_by(document, edit.speaker, name)


@_made.register
def _(edit: MergeSpeakers, document: Document) -> Document:
    if edit.into not in document.speakers or edit.into == edit.speaker:
        raise InvalidEditError(f"{edit.into} is no other speaker of this transcript")
    return _spoken_by(document, edit.speaker, edit.into)


@_made.register
def _(edit: AssignSpeaker, document: Document) -> Document:
    for run in reversed(_runs(document, edit.first, edit.last)):
        cuts = [cut for cut in (run.begin, run.stop) if 0 < cut < len(run.paragraph.words)]
        document = _parted(document, run.index, cuts) if cuts else document
        index = run.index + (run.begin > 0)
        document = _spliced(document, index, 1, [replace(document.paragraphs[index], speaker=_name(edit.speaker))])
    return document


def _name(typed: str | None) -> str | None:
    """A name on one line, or None where there is nothing of one."""
    return " ".join(written(typed or "")) or None


def _spoken_by(document: Document, speaker: str, name: str) -> Document:
    if speaker not in document.speakers:
        raise InvalidEditError(f"{speaker} does not speak in this transcript")
    return replace(
        document,
        paragraphs=tuple(
            replace(each, speaker=name) if each.speaker == speaker else each for each in document.paragraphs
        ),
    )


# --- runs of words ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Run:
    """Words of one paragraph, from `begin` up to `stop`; the paragraph is the one at `index` of the document."""

    index: int
    paragraph: Paragraph
    begin: int
    stop: int

    @property
    def words(self) -> tuple[Placed, ...]:
        return self.paragraph.words[self.begin : self.stop]

    @property
    def span(self) -> Span:
        return Span(self.words[0].word.start, max(placed.word.end for placed in self.words))


def _runs(document: Document, first: int, last: int) -> list[_Run]:
    """From one word to another, a run per paragraph that has words."""
    begin = _place(document, first)
    stop = begin if first == last else _place(document, last)
    if begin > stop:
        raise InvalidEditError("the run ends before it begins")
    runs = []
    for index in range(begin[0], stop[0] + 1):
        paragraph = document.paragraphs[index]
        low = begin[1] if index == begin[0] else 0
        high = stop[1] + 1 if index == stop[0] else len(paragraph.words)
        if low < high:
            runs.append(_Run(index, paragraph, low, high))
    return runs


def _run_in_one(document: Document, first: int, last: int) -> _Run:
    run, *others = _runs(document, first, last)
    if others:
        raise InvalidEditError("its words are in several paragraphs; join these first")
    return run


def _place(document: Document, word: int) -> tuple[int, int]:
    """The index of the paragraph that a word is in, and the word's index there."""
    paragraphs = document.paragraphs
    if word < len(document.untouched):
        index = _home_of_original(document, word)
    else:
        index = next((index for index, each in enumerate(paragraphs) if word in each.ids), -1)
    if index < 0 or word not in paragraphs[index].ids:
        raise InvalidEditError("a word of it is not in the transcript any more")
    return index, next(at for at, placed in enumerate(paragraphs[index].words) if placed.id == word)


def _home_of_original(document: Document, word: int) -> int:
    """The index of the only paragraph that may hold a word of the original, or -1.

    Words of the original stay in order, so half of the paragraphs are ruled
    out at a time; to ask each of thousands would be most of an edit's work.
    """
    home, low, high = -1, 0, len(document.paragraphs)
    while low < high:
        middle = index = (low + high) // 2
        while index >= low and _first_original(document, index) is None:
            index -= 1
        first = _first_original(document, index) if index >= low else None
        if first is not None and first > word:
            high = index
        else:
            home, low = index if first is not None else home, middle + 1
    return home


def _first_original(document: Document, index: int) -> int | None:
    first = min(document.paragraphs[index].ids, default=len(document.untouched))
    return first if first < len(document.untouched) else None


def _paragraph(document: Document, paragraph: int) -> int:
    for index, each in enumerate(document.paragraphs):
        if each.id == paragraph:
            return index
    raise InvalidEditError("its paragraph is not in the transcript any more")


def written(text: str) -> list[str]:
    """The words of what a person typed, letters composed, without anything that cannot be written to a file.

    >>> written(" the  old clock ")
    ['the', 'old', 'clock']
    """
    words = (
        "".join(letter for letter in word if unicodedata.category(letter) not in _UNWRITABLE)
        for word in unicodedata.normalize("NFC", text).split()
    )
    return [word for word in words if word]


def _alike(texts: Sequence[str], others: Sequence[str]) -> int:
    """How many words both begin with."""
    differing = (index for index, pair in enumerate(zip(texts, others, strict=False)) if pair[0] != pair[1])
    return next(differing, min(len(texts), len(others)))


def _worded(placed: Placed, text: str) -> Placed:
    """The word as a person wrote it, when it was said; itself if that is what it was."""
    if placed.word.text == text:
        return placed
    word = replace(placed.word, text=text, confidence=None, reading=None, outside_speech=False)
    return Placed(placed.id, word, checked=True)


def _sharing(document: Document, texts: Sequence[str], span: Span) -> list[Placed]:
    """New words that divide a span."""
    words = [Word(text, *part, timing="shared") for text, part in zip(texts, shared(texts, span), strict=True)]
    return [Placed(number, word, checked=True) for number, word in enumerate(words, document.next_id)]


def _inserted(document: Document, index: int, beside: int, texts: Sequence[str], *, after: bool) -> Document:
    """New words right before or after the word at `beside` of the paragraph at `index`."""
    paragraph = document.paragraphs[index]
    anchor = paragraph.words[beside]
    gap = _gap(document, index, beside + after)
    span = in_gap(texts, gap, at_start=after)
    if span is not None:
        at = beside + after
        return _rewritten(document, _Run(index, paragraph, at, at), _sharing(document, texts, span))
    own = anchor.word.text
    around = Span(anchor.word.start, gap.end) if after else Span(min(gap.start, anchor.word.start), anchor.word.end)
    spans = shared([own, *texts] if after else [*texts, own], around)
    own_span, left = (spans[0], spans[1:]) if after else (spans[-1], spans[:-1])
    word = replace(anchor.word, start=own_span.start, end=own_span.end, timing="shared")
    fresh = _sharing(document, texts, Span(left[0].start, left[-1].end))
    moved = replace(anchor, word=word)
    return _rewritten(
        document, _Run(index, paragraph, beside, beside + 1), [moved, *fresh] if after else [*fresh, moved]
    )


def _gap(document: Document, index: int, at: int) -> Span:
    """The pause before the word at `at` of a paragraph, or after its last one; empty where two words overlap."""
    paragraph = document.paragraphs[index]
    words = paragraph.words
    if at == 0:
        end = words[0].word.start
        before = document.paragraphs[index - 1].end if index else 0.0
        return Span(min(before if paragraph.timed else paragraph.start, end), end)
    start = max(placed.word.end for placed in words[:at])
    if at < len(words):
        return Span(start, max(start, words[at].word.start))
    following = document.paragraphs[index + 1 : index + 2]
    after = following[0].start if following else document.original.duration
    return Span(start, max(start, after if paragraph.timed else paragraph.end))


# --- paragraphs, put together anew -----------------------------------------------------------------------------------


def _rewritten(document: Document, run: _Run, words: Sequence[Placed]) -> Document:
    """The document with other words in place of a run, and without a paragraph that has none left."""
    left = [*run.paragraph.words[: run.begin], *words, *run.paragraph.words[run.stop :]]
    return _spliced(document, run.index, 1, [reworded(run.paragraph, left)] if left else [])


def _parted(document: Document, index: int, cuts: Sequence[int]) -> Document:
    """The paragraph at `index` cut before the words at `cuts`; the first part keeps its id."""
    paragraph = document.paragraphs[index]
    bounds = [0, *cuts, len(paragraph.words)]
    parts = []
    for number, begin in enumerate(bounds[:-1]):
        words = paragraph.words[begin : bounds[number + 1]]
        start = paragraph.start if number == 0 else words[0].word.start
        stop = bounds[number + 1]
        end = paragraph.end if stop == len(paragraph.words) else paragraph.words[stop].word.start
        name = paragraph.id if number == 0 else document.next_id + number - 1
        parts.append(reworded(replace(paragraph, id=name, start=start, end=end), words))
    return _spliced(document, index, 1, parts)


def _joined(first: Paragraph, second: Paragraph) -> Paragraph:
    if not first.words or not second.words:
        kept = first if first.words else second
        return replace(kept, id=first.id, speaker=first.speaker)
    if first.timed != second.timed:
        raise InvalidEditError("only one of the two paragraphs has a time for each word")
    if second.words[0].word.start < max(placed.word.end for placed in first.words):
        raise InvalidEditError("the two paragraphs were said at the same time")
    whole = replace(first, end=max(first.end, second.end))
    return reworded(whole, first.words + second.words)


def _spliced(document: Document, index: int, count: int, paragraphs: Sequence[Paragraph]) -> Document:
    """The document with these in place of `count` paragraphs; ids that are new in them are taken from now on."""
    used = max((max(each.id, *each.ids) if each.ids else each.id for each in paragraphs), default=0)
    return replace(
        document,
        paragraphs=document.paragraphs[:index] + tuple(paragraphs) + document.paragraphs[index + count :],
        next_id=max(document.next_id, used + 1),
    )
