"""Where transcripts lie open to be corrected: every edit is kept at once, and each tab is told what changed."""

import threading
from collections import OrderedDict

from page import finding, reading
from page.asking import Asked, answered
from page.past import Past
from transcriber.editing import Change, Edit, from_record
from transcriber.errors import EditConflictError, UnknownJobError, UnknownTranscriptError
from transcriber.library import Opened

MOST_OPEN = 8
"""Transcripts kept in memory; one of five hours takes some 30 MB, and opening it again 0.6 s."""


class Desk:
    """The transcripts that are open. Tabs may ask from several threads; what a tab shows is known by its version.

    A tab always says which `job`; to change something also the `version` that it shows, and an `edit`'s record. Every
    answer is as `page.asking` says: see `page.reading`.
    """

    def __init__(self, past: Past) -> None:
        self._past = past
        self._lock = threading.Lock()
        self._open: OrderedDict[str, Opened] = OrderedDict()

    def read(self, asked: Asked) -> str:
        """All of a transcript, as it is corrected now."""
        return answered(self._read, asked)

    def correct(self, asked: Asked) -> str:
        """Make the edit."""
        return answered(self._correct, asked)

    def undo(self, asked: Asked) -> str:
        """Take the last edit back."""
        return answered(self._undo, asked)

    def redo(self, asked: Asked) -> str:
        """Make the last undone edit again."""
        return answered(self._redo, asked)

    def find(self, asked: Asked) -> str:
        """Where something is said; the wishes are those of `page.finding`."""
        return answered(self._find, asked)

    def preview(self, asked: Asked) -> str:
        """What replacing it would do; also in another transcript, of which the tab knows no version yet."""
        return answered(self._preview, asked)

    def replace(self, asked: Asked) -> str:
        """Replace it, as one step."""
        return answered(self._replace, asked)

    def compare(self, asked: Asked) -> str:
        """What is not as the models wrote it."""
        return answered(self._compare, asked)

    def others(self, asked: Asked) -> str:
        """The other transcripts that were ever opened here."""
        return answered(self._others, asked)

    def _read(self, asked: Asked) -> Asked:
        return reading.whole(self._now(asked))

    def _now(self, asked: Asked) -> Opened:
        job = str(asked.get("job"))
        with self._lock:
            known = self._open.get(job)
            try:
                now = self._past.library.refresh(known) if known else self._opened(job)
            except UnknownTranscriptError:  # deleted and perhaps transcribed anew
                now = self._opened(job)
            return self._keep(now)

    def _opened(self, job: str) -> Opened:
        self._open.pop(job, None)
        entry = self._past.find(job)
        original = entry.transcript()
        if original is None:
            raise UnknownJobError(job)
        return self._past.library.open(job, original, entry.summary.recording.name)

    def _keep(self, opened: Opened) -> Opened:
        self._open[opened.id] = opened
        self._open.move_to_end(opened.id)
        while len(self._open) > MOST_OPEN:
            self._open.popitem(last=False)
        return opened

    # --- looking through one, during which others may change it

    def _find(self, asked: Asked) -> Asked:
        return finding.places(self._looked_at(asked).document, asked)

    def _preview(self, asked: Asked) -> Asked:
        known = self._now(asked) if asked.get("version") is None else self._looked_at(asked)
        return {"version": known.version} | finding.preview(known.document, asked)

    def _compare(self, asked: Asked) -> Asked:
        return {"differences": finding.differences(self._looked_at(asked).document)}

    def _others(self, asked: Asked) -> Asked:
        listed = self._past.library.list()
        return {"others": [{"job": each.id, "title": each.title} for each in listed if each.id != asked.get("job")]}

    def _looked_at(self, asked: Asked) -> Opened:
        with self._lock:
            return self._shown(asked)

    # --- changes: each takes milliseconds, so nobody waits long

    def _correct(self, asked: Asked) -> Asked:
        edit = from_record(asked.get("edit"))
        with self._lock:
            return self._made(self._shown(asked), edit)

    def _replace(self, asked: Asked) -> Asked:
        known = self._looked_at(asked)
        edit = finding.edit(known.document, asked)
        with self._lock:
            return self._made(known, edit)

    def _made(self, known: Opened, edit: Edit) -> Asked:
        now = self._past.library.save(known, edit)
        return self._changed(now, now.history.done[-1].change)

    def _undo(self, asked: Asked) -> Asked:
        with self._lock:
            known = self._shown(asked)
            now = self._past.library.undo(known)
            return self._changed(now, known.history.done[-1].change.reversed)

    def _redo(self, asked: Asked) -> Asked:
        with self._lock:
            now = self._past.library.redo(self._shown(asked))
            return self._changed(now, now.history.done[-1].change)

    def _shown(self, asked: Asked) -> Opened:
        """What the tab shows, if it is still as it is now. Raises EditConflictError."""
        job = str(asked.get("job"))
        known = self._open.get(job) or self._keep(self._opened(job))
        if known.version != asked.get("version"):
            raise EditConflictError(known.title)
        return known

    def _changed(self, now: Opened, change: Change) -> Asked:
        return reading.news(self._keep(now), change)
