"""Waveforms of recordings: drawn once in the background, while somebody wants to see them, and kept as small files."""

import hashlib
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from page import reports
from transcriber import media
from transcriber.errors import MediaNotFoundError, TranscriptionCancelledError
from transcriber.storage import cache_dir, patiently, storage_errors, system_path, write_whole

PATIENCE_SECONDS = 20.0
"""After which a waveform that nobody has asked about any more is given up: a tab asks several times a second."""

SUFFIX = ".peaks"
HASH_LETTERS = 24


@dataclass(frozen=True, slots=True)
class Strip:
    """A waveform as far as it is: `path` once it is drawn, until then its `share`, or why there will be none."""

    path: Path | None = None
    share: float = 0.0
    failure: str = ""


class Peaks:
    """The waveforms on this computer. Tabs may ask from several threads; each recording is decoded once.

    A file's name tells the recording, its size and when it was changed, so that
    an older recording's waveform is never shown for a newer one.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or cache_dir() / "peaks"
        self._lock = threading.Lock()
        self._drawings: dict[Path, _Drawing] = {}

    def look(self, recording: Path, lies_at: Path, duration: float) -> Strip:
        """The waveform of a recording, which is begun if need be; `duration` in seconds tells how far it is.

        Raises:
            MediaNotFoundError: it is gone.
        """
        target = self._target(recording, lies_at)
        with self._lock:
            if target.is_file():
                return Strip(target)
            drawing = self._drawings.get(target)
            if drawing is None or not drawing.goes_on:
                drawing = self._drawings[target] = _Drawing(lies_at)
                threading.Thread(target=self._draw, args=(drawing, target), name="peaks", daemon=True).start()
            if drawing.failure:  # said once; who opens the recording again has it tried again
                del self._drawings[target]
            drawing.asked_at = time.monotonic()
            return Strip(None, min(1.0, drawing.seconds / duration) if duration else 0.0, drawing.failure)

    def delete(self, recording: Path) -> None:
        """Delete what was drawn of a recording, and draw no further."""
        with self._lock:
            mine = _name(recording)
            for target, drawing in self._drawings.items():
                drawing.unwanted |= target.name.startswith(mine)
            _remove(self.folder.glob(f"{mine}*"))

    def tidy(self, recordings: Iterable[Path]) -> None:
        """Delete what belongs to none of these."""
        with self._lock:
            wanted = {_name(each) for each in recordings}
            _remove(each for each in self.folder.glob("*") if each.name[:HASH_LETTERS] not in wanted)

    def _target(self, recording: Path, lies_at: Path) -> Path:
        try:
            found = system_path(lies_at).stat()
        except OSError as error:
            raise MediaNotFoundError(str(recording)) from error
        return self.folder / f"{_name(recording)}-{found.st_size}-{found.st_mtime_ns}{SUFFIX}"

    def _draw(self, drawing: "_Drawing", target: Path) -> None:
        """Runs in a thread of its own."""
        try:
            drawn = media.peaks(drawing.recording, drawing.report)
            with self._lock:
                drawing.report(drawing.seconds)  # it may have been deleted just now
                _remove(self.folder.glob(f"{target.name[:HASH_LETTERS]}*"))
                _keep(target, drawn)
                self._drawings.pop(target, None)
        except TranscriptionCancelledError:
            pass
        except Exception as error:  # noqa: BLE001 - the end of a thread: nobody above would hear of it
            drawing.failure = reports.sentence(error)


class _Drawing:
    """A waveform in work: how many `seconds` of the recording are decoded, and when somebody asked last."""

    def __init__(self, recording: Path) -> None:
        self.recording = recording
        self.seconds = 0.0
        self.asked_at = time.monotonic()
        self.unwanted = False
        self.failure = ""

    @property
    def goes_on(self) -> bool:
        """Whether it was not given up."""
        return not self.unwanted

    def report(self, seconds: float) -> None:
        """Raises TranscriptionCancelledError where nobody wants it any more."""
        self.seconds = seconds
        self.unwanted |= time.monotonic() > self.asked_at + PATIENCE_SECONDS
        if self.unwanted:
            raise TranscriptionCancelledError(str(self.recording))


def _name(recording: Path) -> str:
    """How the names of a recording's files begin."""
    return hashlib.sha256(str(recording).encode("utf-8", "surrogatepass")).hexdigest()[:HASH_LETTERS]


def _keep(target: Path, drawn: bytes) -> None:
    with storage_errors(target):
        system_path(target.parent).mkdir(parents=True, exist_ok=True)
    patiently(lambda: write_whole(target, drawn))


def _remove(files: Iterator[Path]) -> None:
    """What another program holds stays until the page tidies up again, when it starts."""
    for each in files:
        with suppress(OSError):
            patiently(partial(system_path(each).unlink, missing_ok=True))
