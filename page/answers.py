"""What answers to clicks are made of, on every part of the page."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from page import rendering
from page.errand import Errand

Updates = dict[Any, Any]
"""What changes on the page: a value, or an update of its looks, by component."""

_HIDDEN: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}

LONG: dict[str, Any] = {**_HIDDEN, "concurrency_limit": None}
"""How Gradio runs what answers as it goes along."""

REPEATED: dict[str, Any] = {**LONG, "trigger_mode": "multiple"}
"""The same, where another click counts while an answer to the first is still going on."""

SHORT: dict[str, Any] = {**_HIDDEN, "queue": False}
"""How it runs what answers at once."""

LATEST: dict[str, Any] = {**SHORT, "trigger_mode": "always_last"}
"""The same, for fields that change while an answer is under way: what they say in the end counts."""

CANCELLED = "Cancelled."
DOWNLOAD_STOPPED = "Stopped. What came so far is kept: the next download goes on from there."


@dataclass(frozen=True, slots=True)
class Door:
    """A part of the page whose buttons open something; what cannot be opened is shown in `said`, in the room itself."""

    part: Any
    said: Any
    shown: Callable[[str], str]

    def refuse(self, sentence: str) -> Updates:
        """Why it stays closed."""
        return {self.said: self.shown(sentence)}


def cancel(errand: Errand[Any] | None) -> None:
    """Stop what a tab is having done, if anything."""
    if errand:
        errand.cancel()


def news(errand: Errand[Any], *, done: str, cancelled: str = CANCELLED) -> str:
    """What is to be said when an errand is over."""
    besides = "".join(map(rendering.notice, errand.notices))
    if errand.failure:
        return rendering.notice(errand.failure, "error") + besides
    return rendering.notice(cancelled if errand.stopped else done) + besides
