"""Correcting a transcript: values in, values out, nothing of files or pages.

A `Document` is a transcript in which every word has an id; an `Edit` says what
to do to it; a `History` is a document and how it came about:

    history = open_history(transcript).after(Replace(4, 4, "clock"))
    history.done[-1].change.after  # the paragraphs that it changed, as they are now
    history = history.undo()  # the very document that was there before
    corrected(history.document)  # a Transcript again, to be exported
"""

from transcriber.editing.applying import apply as apply
from transcriber.editing.comparing import Difference as Difference
from transcriber.editing.comparing import difference as difference
from transcriber.editing.document import Document as Document
from transcriber.editing.document import Paragraph as Paragraph
from transcriber.editing.document import Placed as Placed
from transcriber.editing.document import begin as begin
from transcriber.editing.document import corrected as corrected
from transcriber.editing.edits import AssignSpeaker as AssignSpeaker
from transcriber.editing.edits import Compound as Compound
from transcriber.editing.edits import Delete as Delete
from transcriber.editing.edits import Edit as Edit
from transcriber.editing.edits import Insert as Insert
from transcriber.editing.edits import JoinParagraph as JoinParagraph
from transcriber.editing.edits import MarkChecked as MarkChecked
from transcriber.editing.edits import MergeSpeakers as MergeSpeakers
from transcriber.editing.edits import MergeWords as MergeWords
from transcriber.editing.edits import NewParagraph as NewParagraph
from transcriber.editing.edits import RenameSpeaker as RenameSpeaker
from transcriber.editing.edits import Replace as Replace
from transcriber.editing.edits import Restore as Restore
from transcriber.editing.edits import RestoreAll as RestoreAll
from transcriber.editing.edits import SettleUnheard as SettleUnheard
from transcriber.editing.edits import SplitParagraph as SplitParagraph
from transcriber.editing.edits import SplitWord as SplitWord
from transcriber.editing.finding import Hit as Hit
from transcriber.editing.finding import Preview as Preview
from transcriber.editing.finding import Query as Query
from transcriber.editing.finding import Replacement as Replacement
from transcriber.editing.finding import find as find
from transcriber.editing.finding import replace_all as replace_all
from transcriber.editing.history import Change as Change
from transcriber.editing.history import History as History
from transcriber.editing.history import Step as Step
from transcriber.editing.history import open_history as open_history
from transcriber.editing.records import from_record as from_record
from transcriber.editing.records import to_record as to_record
