"""The queue as a tab draws it: what each row says, and what can be done with it. Values in, text out."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from page.model_in_use import short
from page.phrases import clock, left, plural
from page.queue import Entry
from page.rendering import doing
from transcriber.progress import Progress

ROWS = 100
"""Sent to a tab, some times a second. The others are counted."""

MOVES = ("first", "up", "down")

STOPPING = {"pause": "Pausing after the current clip …", "cancel": "Stopping after the current clip …"}
NOT_BEGUN = "Paused. Nothing is begun until you press Resume."
PAUSED = "Paused. Unload gives back the model's memory, too."


def drawn(entries: Sequence[Entry], mine: Iterable[Entry], *, paused: bool) -> str:
    """JSON that queue.js draws; `mine` are those of the tab, which it finds again after a reload."""
    rest = len(entries) - ROWS
    return json.dumps(
        {
            "paused": paused,
            "said": _head(entries) if paused else "",
            "working": any(not each.is_over for each in entries),
            "rows": [_row(each) for each in entries[:ROWS]],
            "more": f"And {plural(rest, 'more recording', 'more recordings')}." if rest > 0 else "",
            "mine": [each.id for each in mine],
        },
        ensure_ascii=False,
    )


def _head(entries: Sequence[Entry]) -> str:
    return PAUSED if any(each.has_begun for each in entries) else NOT_BEGUN


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "name": entry.name,
        "where": entry.name if entry.task.recording.uploaded else str(entry.task.recording.path),
        "state": entry.state,
        "said": _said(entry),
        "share": _share(entry),
        "does": _does(entry),
    }


def _share(entry: Entry) -> float | None:
    now = entry.progress
    is_heard = entry.state in ("running", "paused") and now is not None and now.stage == "recognizing"
    return round(now.fraction, 4) if is_heard and now and now.fraction is not None else None


def _said(entry: Entry) -> str:
    if entry.stopping:
        return STOPPING[entry.stopping]
    match entry.state:
        case "running":
            return _under_way(entry)
        case "paused":
            return " ".join(("Paused", *(f"at {each}" for each in _reached(entry.progress))))
        case "waiting":
            return f"Waiting · {short(entry.task.order.model)}"
        case _:
            return entry.result.failure or "" if entry.result else ""


def _under_way(entry: Entry) -> str:
    now = entry.progress
    if now is None or now.stage != "recognizing":
        return doing(now, "")
    rest = [left(max(0.0, now.seconds_left - entry.seconds_since_report))] if now.seconds_left is not None else []
    return " · ".join([*_reached(now), *rest])


def _reached(now: Progress | None) -> list[str]:
    if now is None or now.stage != "recognizing":
        return []
    return [f"{clock(now.done)} of {clock(now.total)}" if now.total else f"{clock(now.done)} done"]


def _does(entry: Entry) -> list[str]:
    """The events of the row's buttons."""
    match entry.state:
        case "running":
            return [] if entry.stopping == "cancel" else ["cancel"]
        case "paused":
            return [*MOVES, "cancel"]
        case "waiting":
            return [*MOVES, "remove"]
        case _:
            return ["retry", "remove"] if _can_be_tried_again(entry) else ["remove"]


def _can_be_tried_again(entry: Entry) -> bool:
    """Not where only the files could not be saved: the transcript is in the library."""
    return entry.result is None or entry.result.transcript is None or entry.result.is_partial
