"""The one model of this program, as every open tab sees it. It lives in the worker's process, not in the page's."""

import threading
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from page import reports, settings
from page.choices import usable
from transcriber.catalogue import ModelSpec
from transcriber.errors import TranscriptionCancelledError
from transcriber.loading import LoadSettings
from transcriber.options import Device, Precision
from transcriber.pipeline import Outcome
from transcriber.progress import OnProgress, Progress, ignore
from transcriber.worker import Loaded, Order, Worker


@dataclass(frozen=True, slots=True)
class Status:
    """What a tab says about the model: a sentence, and `notes` on what else there is to know or to do.

    `commit` is the full hash of what is in memory, where it came from the Hub.
    """

    kind: Literal["busy", "ready", "empty", "failed"]
    sentence: str
    notes: tuple[str, ...] = ()
    commit: str | None = None


STARTING = Status("busy", "Starting …")
EMPTY = Status("empty", "No model in memory. The next transcription loads one.")
UNLOADING = "the model"
"""The name of what somebody waits for who wants it out of the memory."""

BUSY_WITH = {
    "importing": "Importing {} …",
    "downloading": "Downloading {} …",
    "verifying": "Verifying {} …",
    "unpacking": "Unpacking {} …",
    "loading": "Loading {} …",
}


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """In the line, of somebody who wants the model of that name."""

    name: str


class ModelInUse:
    """Passes work on to the worker, and knows what to say about it meanwhile."""

    def __init__(self, models_dir: Path, worker: Worker, *, offline: bool = False) -> None:
        self.models_dir, self.offline = models_dir, offline
        self._worker = worker
        self._busy: Status | None = STARTING
        self._last = EMPTY
        self._notices: tuple[str, ...] = ()
        self._line: list[_Place] = []
        self._lining_up = threading.Lock()

    @property
    def status(self) -> Status:
        """Of this moment."""
        if self._busy:
            return self._busy
        loaded = self._worker.loaded
        return _ready(loaded, self._notices) if loaded else self._last

    @property
    def in_memory(self) -> ModelSpec | None:
        """The model that the worker holds."""
        loaded = self._worker.loaded
        return loaded.spec if loaded else None

    @property
    def in_line(self) -> tuple[str, ...]:
        """The names of the models that are being loaded, or used, or waited for."""
        with self._lining_up:
            return tuple(place.name for place in self._line if place.name != UNLOADING)

    @property
    def meanwhile(self) -> str:
        """What everybody waits for while a model is being loaded; empty while recordings are transcribed."""
        return self._busy.sentence if self._busy else ""

    def settings(self, device: Device = "auto", timing: str = "auto", precision: Precision = "auto") -> LoadSettings:
        """How models are loaded here."""
        return LoadSettings(self.models_dir, device, timing, self.offline, precision)

    def stay_empty(self) -> None:
        """Load nothing before it is needed."""
        self._busy = None

    def warm_up(self) -> None:
        """Import NeMo and load the model that a new tab has chosen, as it would be loaded for it.

        What fails is in `status`; other models may still work.
        """
        kept, notices = settings.load(), list[str]()
        choice, _ = usable(kept, self.models_dir)
        wanted = self.settings(cast(Device, kept.device), choice.timer, "int8" if kept.in_int8 else "auto")
        try:
            with reports.hearing_cleanups(notices), self._turn(choice.name, ignore) as tell:
                self._worker.load(choice.name, wanted, tell)
            self._notices = tuple(notices)
        except Exception as error:  # noqa: BLE001 - the end of a thread: nobody above would hear of it
            self._last = Status("failed", reports.sentence(error))

    def transcribe(self, order: Order, on_progress: OnProgress) -> Generator[Outcome, None, None]:
        """As `Worker.transcribe`, with every tab told.

        Who waits is told his place in the line: `done` of a Progress whose stage is "waiting", 1 for the next.
        """
        with self._turn(order.model, on_progress) as tell, closing(self._outcomes(order, tell)) as outcomes:
            for outcome in outcomes:
                self._notices, self._last = (), EMPTY
                yield outcome

    def _outcomes(self, order: Order, on_progress: OnProgress) -> Generator[Outcome, None, None]:
        yield from self._worker.transcribe(order, on_progress)

    def unload(self, on_progress: OnProgress = ignore) -> None:
        """End the worker, and so give all its memory back, once nobody uses it any more."""
        with self._turn(UNLOADING, on_progress) as tell:
            self._worker.unload(tell)
            self._last = EMPTY

    @contextmanager
    def _turn(self, name: str, on_progress: OnProgress) -> Iterator[OnProgress]:
        """A place in the line, from which to report; what the tabs are told when the model cannot be had."""
        place = _Place(name)
        with self._lining_up:
            self._line.append(place)
        try:
            yield lambda progress: self._tell(place, progress, on_progress)
        except Exception as error:
            if self._ahead_of(place) == 0 and not self._worker.loaded:
                self._last = _after(error, name)
            raise
        finally:
            if self._ahead_of(place) == 0:
                self._busy = None
            self._line.remove(place)

    def _tell(self, place: _Place, progress: Progress, on_progress: OnProgress) -> None:
        ahead = self._ahead_of(place)
        if ahead:
            on_progress(Progress("waiting", progress.subject, done=ahead))
            return
        if progress.stage == "waiting":  # for the Hub, which is part of loading
            progress = Progress("loading", progress.subject)
        busy = BUSY_WITH.get(progress.stage)
        self._busy = Status("busy", busy.format(short(progress.subject))) if busy else None
        on_progress(progress)

    def _ahead_of(self, place: _Place) -> int:
        with self._lining_up:
            return self._line.index(place)


def _ready(loaded: Loaded, notices: tuple[str, ...]) -> Status:
    sentence = f"{short(loaded.spec.name)} is ready on {loaded.device}."
    return Status("ready", sentence, (*map(_as_sentence, loaded.notes), *notices), loaded.spec.revision)


def _as_sentence(note: str) -> str:
    return f"{note[:1].upper()}{note[1:].rstrip('.')}."


def _after(error: Exception, name: str) -> Status:
    """Who asked for the model is told why it failed; the other tabs need only know that there is none now."""
    if isinstance(error, TranscriptionCancelledError):
        return EMPTY
    return Status("failed", f"{short(name)} could not be loaded. No model is in memory.")


def short(name: str) -> str:
    """A model's name for a line of text: of a path only the file.

    >>> short("/models/mine.nemo"), short("canary@feature/x")
    ('mine.nemo', 'canary@feature/x')
    """
    return Path(name).name if name.lower().endswith(".nemo") else name
