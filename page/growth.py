"""Transcripts while they grow: the working thread adds to them, and a tab fetches what it does not show yet."""

import json
import secrets
import threading
from typing import Any
from weakref import WeakValueDictionary

from transcriber.progress import Progress
from transcriber.transcript import Segment


class Growth:
    """The text of the recording in work, so far. Whenever it is begun again, a new part begins.

    `key` is how a tab asks for it, and nobody can guess it.
    """

    def __init__(self) -> None:
        self.key = secrets.token_urlsafe(16)
        self._lock = threading.Lock()
        self._part = 0
        self._name = ""
        self._segments: list[Segment] = []
        _GROWING[self.key] = self

    def hear(self, progress: Progress) -> None:
        """Take up what the transcript has grown by."""
        with self._lock:
            self._name = progress.subject
            self._segments += progress.heard

    def turn_over(self) -> None:
        """Begin again, with no text."""
        with self._lock:
            self._part += 1
            self._segments.clear()

    def mark(self) -> str | None:
        """What a tab is told, for it to see that there is something to fetch; None while there is no text."""
        with self._lock:
            if not self._segments:
                return None
            count = len(self._segments)
            return json.dumps({"key": self.key, "part": self._part, "count": count, "name": self._name})

    def after(self, part: int, shown: int) -> dict[str, Any]:
        """The paragraphs that a tab lacks which shows the first `shown` of `part`; all of them if that part is over."""
        with self._lock:
            first = shown if part == self._part else 0
            return {"part": self._part, "from": first, "paragraphs": [_said(each) for each in self._segments[first:]]}


_GROWING: WeakValueDictionary[str, Growth] = WeakValueDictionary()


def fetch(asked: dict[str, Any]) -> dict[str, Any] | None:
    """What a tab asks for: `{"key": …, "part": …, "shown": …}`; None if that work is over."""
    growth = _GROWING.get(str(asked.get("key")))
    return growth.after(int(asked.get("part", 0)), int(asked.get("shown", 0))) if growth else None


def _said(segment: Segment) -> dict[str, str]:
    """As short as it can be: this is what goes through the wire."""
    return {"text": segment.text} | ({"speaker": segment.speaker} if segment.speaker else {})
