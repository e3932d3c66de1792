"""What waits in the queue, written down: it is not lost when the program ends, however it ends."""

import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from page.recordings import Recording
from page.transcription import Task
from transcriber.errors import StorageError, TranscriberError
from transcriber.loading import LoadSettings
from transcriber.options import Device, Precision, TranscribeOptions
from transcriber.outputs import Output
from transcriber.storage import state_dir, storage_errors, write_whole
from transcriber.worker import Order

log = logging.getLogger(__name__)

Settings = Callable[[Device, str, Precision], LoadSettings]
"""How models are loaded on a device, with a timer, in a precision: `ModelInUse.settings`."""


class Waiting:
    """A file for each program that runs, named by its process: whose process is gone has left what waited in it."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or state_dir() / "queue"
        self._own = self._folder / f"{os.getpid()}.json"

    def write(self, tasks: Sequence[Task]) -> None:
        """These wait now. A disk that refuses costs only that they are forgotten at the end."""
        try:
            with storage_errors(self._folder):
                self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._own, json.dumps([_record(each) for each in tasks]).encode("utf-8"))
        except StorageError as error:
            log.warning("%s", error)

    def take_over(self, settings: Settings) -> tuple[Task, ...]:
        """What programs have left that run no more, from now on written down as this one's; uploads that are gone not.

        The models are loaded as this program does it.
        """
        left = [path for path in self._folder.glob("*.json") if _is_left(path)]
        tasks = tuple(task for path in left for task in _tasks(path, settings) if _is_there(task))
        if left:
            self.write(tasks)
        for path in left:
            if path != self._own:
                path.unlink(missing_ok=True)
        return tasks


def _is_left(path: Path) -> bool:
    """Whether its program is gone. A file of this very process is of one before, whose number it has."""
    import psutil

    return path.stem.isdigit() and (int(path.stem) == os.getpid() or not psutil.pid_exists(int(path.stem)))


def _is_there(task: Task) -> bool:
    """A file of the user's that is gone is told of when its turn comes; of an upload nobody can say where it was."""
    return task.recording.path.is_file() or not task.recording.uploaded


def _record(task: Task) -> dict[str, Any]:
    order, recording = task.order, task.recording
    return {
        "recording": {"path": str(recording.path), "name": recording.name, "uploaded": recording.uploaded},
        "model": order.model,
        "device": order.settings.device,
        "timing": order.settings.timing,
        "precision": order.settings.precision,
        "options": asdict(order.options),
        "output": {**asdict(task.output), "recording": str(recording.path), "folder": str(task.output.folder)}
        if task.output
        else None,
    }


def _tasks(path: Path, settings: Settings) -> Iterator[Task]:
    """Those that can be read, by whatever version of the program they were written."""
    try:
        for record in json.loads(path.read_text(encoding="utf-8")):
            yield _task(record, settings)
    except (OSError, ValueError, KeyError, TypeError, TranscriberError) as error:
        log.warning("%s cannot be read: %s", path, error)


def _task(record: dict[str, Any], settings: Settings) -> Task:
    where, output = record["recording"], record["output"]
    recording = Recording(Path(where["path"]), where["name"], where["uploaded"])
    load = settings(record["device"], record["timing"], record["precision"])
    order = Order((recording.path,), record["model"], load, TranscribeOptions(**record["options"]))
    if output is None:
        return Task(recording, order)
    places = {"recording": recording.path, "folder": Path(output["folder"]), "formats": tuple(output["formats"])}
    return Task(recording, order, Output(**(output | places)))
