"""What goes through the pipe between a front end and its worker. All of it pickles."""

from dataclasses import dataclass
from logging import LogRecord
from pathlib import Path

from transcriber.catalogue import ModelSpec
from transcriber.errors import TempCleanupWarning, TranscriberError
from transcriber.loading import LoadSettings
from transcriber.options import TranscribeOptions
from transcriber.pipeline import Outcome
from transcriber.progress import Progress


@dataclass(frozen=True, slots=True)
class Order:
    """What to transcribe, with what. Without recordings, the model is loaded and nothing else done.

    `model` is a name as `catalogue.find` takes it: `demo`, `canary@main`, the path of a `.nemo` file.
    """

    recordings: tuple[Path, ...]
    model: str
    settings: LoadSettings = LoadSettings()
    options: TranscribeOptions = TranscribeOptions()


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop the order in work at its next report."""


@dataclass(frozen=True, slots=True)
class Leave:
    """End the process."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The model in the worker's memory.

    `device` is its name for people; `notes` are what the user should know of
    how it runs here and what he could do about it, a sentence each;
    `memory_bytes` the most memory it took until it was loaded.
    """

    spec: ModelSpec
    device: str
    notes: tuple[str, ...]
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Holding:
    """What is in the worker's memory from now on; None while there is no model."""

    loaded: Loaded | None


@dataclass(frozen=True, slots=True)
class Warned:
    """Something stayed behind; the front end warns of it in the worker's place."""

    warning: TempCleanupWarning


@dataclass(frozen=True, slots=True)
class Logged:
    """A line for the front end's log: two processes cannot share a file that is rotated."""

    record: LogRecord


@dataclass(frozen=True, slots=True)
class Ended:
    """The order has been dealt with; `error` is why not all of it."""

    error: TranscriberError | None = None


Request = Order | Cancel | Leave

Answer = Progress | Holding | Outcome | Warned | Logged | Ended
