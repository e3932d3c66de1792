"""Where the page keeps files: a folder that goes with it, and uploads that a job may still need after that."""

import os
import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from page.recordings import Recording, safe_name
from transcriber.storage import state_dir, storage_errors

HASH_LETTERS = 16
"""Of the name of the folder that Gradio gives an upload, which is a hash of what is in it."""


class Uploads:
    """Uploaded recordings of jobs that are in work, or can be gone on with.

    The browser's copy lies in a folder that goes with the page. What a job
    works on is linked into a folder that stays until no job needs it.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or state_dir() / "uploads"
        self._in_work: Counter[Path] = Counter()
        self._lock = threading.Lock()

    def keep(self, recordings: Sequence[Recording]) -> tuple[Recording, ...]:
        """The same recordings, at places that stay until each is let go.

        Raises:
            StorageError: there is no room, where an upload must be copied.
        """
        kept = tuple(self._kept(each) if each.uploaded else each for each in recordings)
        with self._lock:
            self._in_work.update(each.path.absolute() for each in kept)
        return kept

    def let_go(self, recordings: Iterable[Recording]) -> None:
        """Whoever kept these needs them no more; an upload goes at the next `tidy`, if no job needs it either."""
        with self._lock:
            self._in_work.subtract(each.path.absolute() for each in recordings)

    def in_work(self) -> frozenset[Path]:
        """Where everything lies, uploaded or not, that somebody keeps now."""
        with self._lock:
            return frozenset(+self._in_work)

    def holds(self, path: Path) -> bool:
        """Whether that is an upload, which lies nowhere of the user's."""
        return path.is_relative_to(self._folder)

    def sent(self, path: Path, folder: Path) -> Path | None:
        """What an upload that no job needs any more was linked from, below Gradio's own `folder`; None once it went."""
        found = folder.glob(f"{path.parent.name}*/*") if self.holds(path) else iter(())
        return next((each for each in found if each.is_file()), None)

    def tidy(self, needed: Iterable[Path]) -> None:
        """Delete the uploads that nobody works on, and that are none of the `needed`."""
        with self._lock:
            wanted = {*needed, *(+self._in_work)}
            for folder in self._folder.iterdir() if self._folder.is_dir() else ():
                if not any(path.parent == folder for path in wanted):
                    shutil.rmtree(folder, ignore_errors=True)

    def _kept(self, recording: Recording) -> Recording:
        """The same content is kept once, also when it is uploaded again: so its job is found again too."""
        folder = self._folder / recording.path.parent.name[:HASH_LETTERS]
        path = folder / safe_name(recording.name)
        with self._lock, storage_errors(path):
            folder.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                _link_or_copy(recording.path, path)
        return replace(recording, path=path)


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:  # FAT drives have no links
        part = target.with_name(target.name + ".part")
        shutil.copy2(source, part)
        part.replace(target)


@contextmanager
def page_folder(below: Path | None = None) -> Iterator[Path]:
    """A folder for uploads and downloads that goes when the program does, or when it starts again after a kill.

    On the drive of the jobs, so that an upload can be kept without copying it.
    """
    folder = below or state_dir() / "page"
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    _remove_orphans(folder)
    with tempfile.TemporaryDirectory(prefix=f"{os.getpid()}-", dir=folder, ignore_cleanup_errors=True) as own:
        yield Path(own)


def _remove_orphans(folder: Path) -> None:
    import psutil

    for each in folder.glob("*-*"):
        owner = each.name.split("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(each, ignore_errors=True)
