"""The one model of this process, as every open tab sees it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from page import reports, settings
from transcriber.catalogue import find
from transcriber.errors import TranscriptionCancelledError
from transcriber.loading import SHELF, LoadSettings, Shelf
from transcriber.options import Device
from transcriber.progress import OnProgress, Progress, ignore
from transcriber.recognizer import Recognizer


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
BUSY_WITH = {
    "importing": "Importing {} …",
    "downloading": "Downloading {} …",
    "verifying": "Verifying {} …",
    "unpacking": "Unpacking {} …",
    "loading": "Loading {} …",
}


class ModelInUse:
    """Passes work on to the shelf, and knows what to say about it meanwhile."""

    def __init__(self, models_dir: Path, shelf: Shelf = SHELF, *, offline: bool = False) -> None:
        self.models_dir, self.offline = models_dir, offline
        self._shelf = shelf
        self._status = STARTING

    @property
    def status(self) -> Status:
        """Of this moment."""
        return self._status

    def warm_up(self) -> None:
        """Import NeMo and load the model that was used last. What fails is in `status`; other models may still work."""
        notices: list[str] = []
        try:
            with reports.hearing_cleanups(notices), self.borrow(settings.last_model(), "auto"):
                pass
            self._status = replace(self._status, notes=(*self._status.notes, *notices))
        except Exception as error:  # noqa: BLE001 - the end of a thread: nobody above would hear of it
            self._status = Status("failed", reports.sentence(error))

    @contextmanager
    def borrow(
        self, name: str, device: Device, on_progress: OnProgress = ignore, *, timing: str = "auto"
    ) -> Iterator[Recognizer]:
        """As `Shelf.borrow`, with every tab told, and the model remembered for the next start."""
        wanted = LoadSettings(self.models_dir, device, timing, self.offline)
        with ExitStack() as stack:
            yield self._take(stack, name, wanted, on_progress)

    def unload(self, on_progress: OnProgress = ignore) -> None:
        """Give the memory back, once nobody uses the model any more."""
        self._shelf.unload(on_progress)
        self._status = EMPTY

    def _take(self, stack: ExitStack, name: str, wanted: LoadSettings, on_progress: OnProgress) -> Recognizer:
        waiting = False

        def tell(progress: Progress) -> None:
            nonlocal waiting
            if self._is_asking(progress, name):
                progress = Progress("loading", progress.subject)
            waiting = progress.stage == "waiting"
            if progress.stage in BUSY_WITH:
                self._status = Status("busy", BUSY_WITH[progress.stage].format(short(progress.subject)))
            on_progress(progress)

        try:
            recognizer = stack.enter_context(self._shelf.borrow(name, wanted, tell))
        except Exception as error:
            if self._shelf.loaded is None and not waiting:
                self._status = _after(error, name)
            raise
        self._status = _ready(recognizer)
        settings.remember_model(name if recognizer.spec.takes_revision else recognizer.spec.name)
        return recognizer

    def _is_asking(self, progress: Progress, name: str) -> bool:
        """Whether it is the Hub that is waited for, as part of our own load, and not other users of the shelf."""
        return progress.stage == "waiting" and self._shelf.loaded is None and progress.subject == find(name).name


def _ready(recognizer: Recognizer) -> Status:
    sentence = f"{short(recognizer.spec.name)} is ready on {recognizer.device}."
    return Status("ready", sentence, (*map(_as_sentence, recognizer.notes), *_advice()), recognizer.spec.revision)


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


def _advice() -> tuple[str, ...]:
    """What to do about a graphics card that lies idle. Needs torch, which a loaded model has imported."""
    from transcriber.nemo import device

    advice = device.advice()
    return (_as_sentence(advice),) if advice else ()
