"""Undo and redo: each edit with exactly what it changed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import compress, count, islice
from operator import is_not

from transcriber.editing.applying import apply
from transcriber.editing.document import Document, Paragraph, begin
from transcriber.editing.edits import Edit
from transcriber.errors import InvalidEditError
from transcriber.transcript import Span, Transcript


@dataclass(frozen=True, slots=True)
class Change:
    """What an edit did to a document: from the paragraph at `at` on, `before` became `after`."""

    at: int
    before: tuple[Paragraph, ...]
    after: tuple[Paragraph, ...]
    unheard: tuple[tuple[Span, ...], tuple[Span, ...]]
    next_ids: tuple[int, int]

    @property
    def reversed(self) -> "Change":
        """What takes it back."""
        return Change(self.at, self.after, self.before, self.unheard[::-1], (self.next_ids[1], self.next_ids[0]))

    def __call__(self, document: Document) -> Document:
        """The document after it, given the very one that it was made of."""
        end = self.at + len(self.before)
        return replace(
            document,
            paragraphs=document.paragraphs[: self.at] + self.after + document.paragraphs[end:],
            unheard=self.unheard[1],
            next_id=self.next_ids[1],
        )


def change(before: Document, after: Document) -> Change:
    """What differs between two states of a document; what they share is known by being the same objects."""
    old, new = before.paragraphs, after.paragraphs
    most = min(len(old), len(new))
    first = _alike(map(is_not, old, new), most)
    last = _alike(map(is_not, reversed(old), reversed(new)), most - first)
    return Change(
        at=first,
        before=old[first : len(old) - last],
        after=new[first : len(new) - last],
        unheard=(before.unheard, after.unheard),
        next_ids=(before.next_id, after.next_id),
    )


def _alike(differ: Iterable[bool], most: int) -> int:
    """How many do not, from the first on."""
    return next(compress(count(), islice(differ, most)), most)


@dataclass(frozen=True, slots=True)
class Step:
    """An edit, and what it changed."""

    edit: Edit
    change: Change


@dataclass(frozen=True, slots=True)
class History:
    """A document, the steps that led to it, and those that were undone, the next to redo first."""

    document: Document
    done: tuple[Step, ...] = ()
    undone: tuple[Step, ...] = ()

    def after(self, edit: Edit) -> "History":
        """With one more edit made; what was undone is forgotten.

        Raises:
            InvalidEditError: it cannot be made.
        """
        document = apply(self.document, edit)
        return History(document, (*self.done, Step(edit, change(self.document, document))))

    def undo(self) -> "History":
        """With the last edit undone: the very document that was there before it.

        Raises:
            InvalidEditError: there is none.
        """
        if not self.done:
            raise InvalidEditError("there is nothing to undo")
        *left, last = self.done
        return History(last.change.reversed(self.document), tuple(left), (last, *self.undone))

    def redo(self) -> "History":
        """With the last undone edit made again.

        Raises:
            InvalidEditError: there is none.
        """
        if not self.undone:
            raise InvalidEditError("there is nothing to redo")
        again, *left = self.undone
        return History(again.change(self.document), (*self.done, again), tuple(left))


def open_history(transcript: Transcript) -> History:
    """A transcript that nobody has corrected yet."""
    return History(begin(transcript))
