"""Edits as records of plain values, for a file or a page, and back again."""

from dataclasses import fields
from typing import Any

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
from transcriber.errors import InvalidEditError

KINDS: dict[str, type[Any]] = {
    "replace": Replace,
    "delete": Delete,
    "insert": Insert,
    "split_word": SplitWord,
    "merge_words": MergeWords,
    "split_paragraph": SplitParagraph,
    "join_paragraph": JoinParagraph,
    "new_paragraph": NewParagraph,
    "rename_speaker": RenameSpeaker,
    "merge_speakers": MergeSpeakers,
    "assign_speaker": AssignSpeaker,
    "mark_checked": MarkChecked,
    "settle_unheard": SettleUnheard,
    "restore": Restore,
    "restore_all": RestoreAll,
    "compound": Compound,
}
"""Names that stand in files: none is ever given another meaning."""

_NAMES = {kind: name for name, kind in KINDS.items()}

_TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("first", "last", "beside", "word", "at", "paragraph"), (int,)),
    **dict.fromkeys(("text", "side", "name", "into", "speaker"), (str,)),
    **dict.fromkeys(("start", "end"), (int, float)),
    "checked": (bool,),
}


def to_record(edit: Edit) -> dict[str, Any]:
    """What says which edit it is, and of what.

    >>> to_record(Replace(4, 5, "the clock"))
    {'do': 'replace', 'first': 4, 'last': 5, 'text': 'the clock'}
    """
    if isinstance(edit, Compound):
        return {"do": _NAMES[Compound], "edits": [to_record(each) for each in edit.edits]}
    return {"do": _NAMES[type(edit)]} | {each.name: getattr(edit, each.name) for each in fields(edit)}


def from_record(record: Any) -> Edit:  # noqa: ANN401 - it may come from anywhere
    """The edit of a record.

    Raises:
        InvalidEditError: it is none.
    """
    kind = KINDS.get(str(record.get("do"))) if isinstance(record, dict) else None
    if kind is None:
        raise InvalidEditError("it is no edit that this version knows")
    values = {name: value for name, value in record.items() if name != "do"}
    if kind is Compound:
        edits = values.get("edits")
        return Compound(tuple(map(from_record, edits if isinstance(edits, list) else [None])))
    if not all(_fits(kind, name, value) for name, value in values.items()):
        raise InvalidEditError(f"{record['do']} has a value that it cannot have")
    try:
        edit: Edit = kind(**values)
    except TypeError as error:
        raise InvalidEditError(f"{record['do']} has too few values or too many") from error
    return edit


def _fits(kind: type[Any], name: str, value: object) -> bool:
    if value is None:
        return name == "speaker" and kind in (AssignSpeaker, NewParagraph)
    if isinstance(value, bool) is not (name == "checked"):
        return False
    return isinstance(value, _TYPES.get(name, ())) and (name != "side" or value in ("before", "after"))
