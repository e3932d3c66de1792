"""What can be done to a transcript. Words and paragraphs are named by their ids, so an edit means the same later on.

The library keeps edits, and gets the corrected transcript by making them
again. So what an edit of these does to a document never changes: a better rule
is a new kind of edit, and a new number for the library's schema.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Side = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Replace:
    """Write `text` in place of a run of words of one paragraph; without any text they are deleted.

    As many words as before keep their times one by one; others share the time
    of the run by their letters. Words that stay the same are left alone.
    """

    first: int
    last: int
    text: str


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a run of words, and the paragraphs that have none left."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Insert:
    """Write `text` right before or after a word, in its paragraph.

    It takes the pause there, or a share of that word's time where there is none.
    """

    beside: int
    text: str
    side: Side = "after"


@dataclass(frozen=True, slots=True)
class SplitWord:
    """Make two words of one, the second from the letter `at` on; they share its time."""

    word: int
    at: int


@dataclass(frozen=True, slots=True)
class MergeWords:
    """Make one word of a run of them in one paragraph, nothing between; it lasts as long as they did."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class SplitParagraph:
    """Let a paragraph end before this word, and a new one begin with it."""

    word: int


@dataclass(frozen=True, slots=True)
class JoinParagraph:
    """Let a paragraph go on in the one before it, whose speaker then said both."""

    paragraph: int


@dataclass(frozen=True, slots=True)
class NewParagraph:
    """Write down what no model heard, from `start` to `end` in seconds of the recording."""

    start: float
    end: float
    text: str
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class RenameSpeaker:
    """Give a speaker another name, everywhere; it is nobody else's."""

    speaker: str
    name: str


@dataclass(frozen=True, slots=True)
class MergeSpeakers:
    """Two speakers are one: all that `speaker` said was said by `into`."""

    speaker: str
    into: str


@dataclass(frozen=True, slots=True)
class AssignSpeaker:
    """A run of words was said by somebody else, None for nobody known; it gets paragraphs of its own."""

    first: int
    last: int
    speaker: str | None


@dataclass(frozen=True, slots=True)
class MarkChecked:
    """A person has listened to a run of words, or has not."""

    first: int
    last: int
    checked: bool = True


@dataclass(frozen=True, slots=True)
class SettleUnheard:
    """A person has listened to a stretch that no model found a word in, and it needs no more attention."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Restore:
    """Put back what the models wrote in place of one difference, named by any word in it, new or gone."""

    word: int


@dataclass(frozen=True, slots=True)
class RestoreAll:
    """Put back the whole transcript as the models wrote it."""


@dataclass(frozen=True, slots=True)
class Compound:
    """Several edits that are made, and undone, as one."""

    edits: tuple["Edit", ...]


Edit: TypeAlias = (
    Replace
    | Delete
    | Insert
    | SplitWord
    | MergeWords
    | SplitParagraph
    | JoinParagraph
    | NewParagraph
    | RenameSpeaker
    | MergeSpeakers
    | AssignSpeaker
    | MarkChecked
    | SettleUnheard
    | Restore
    | RestoreAll
    | Compound
)
