"""What is typed into “Paths on this computer”, and how much there is to hear in it."""

import multiprocessing
import signal
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from transcriber import recordings
from transcriber.errors import MediaError
from transcriber.progress import OnProgress, Progress


def typed(text: str | None) -> str:
    """A path as somebody typed or pasted it; Windows copies paths with quotation marks around them.

    >>> typed(' "C:/talks" ')
    'C:/talks'
    """
    return (text or "").strip().strip('"').strip()


def typed_paths(text: str | None) -> tuple[Path, ...]:
    r"""One path per line, each as somebody typed or pasted it.

    >>> [path.name for path in typed_paths('"C:/talks/one.wav"\n\n C:/talks/two.wav ')]
    ['one.wav', 'two.wav']
    """
    lines = filter(None, map(typed, (text or "").splitlines()))
    return tuple(Path(line).expanduser() for line in lines)


@dataclass(frozen=True, slots=True)
class Look:
    """What a first look at the typed paths shows.

    `durations` are seconds of the recordings measured so far, in order, None
    for what tells none; `transcribed` counts those whose files are there already.
    """

    recordings: tuple[Path, ...]
    failures: tuple[MediaError, ...]
    durations: tuple[float | None, ...] = ()
    transcribed: int = 0

    @property
    def folders(self) -> int:
        """In how many folders they lie."""
        return len({path.parent for path in self.recordings})


def look(paths: Sequence[Path], on_progress: OnProgress) -> Iterator[Look]:
    """More and more of what there is: first how many recordings, then how long they are."""
    found = recordings.walk(paths)
    yield Look(found.recordings, found.failures)
    measured: list[float | None] = []
    with closing(durations(found.recordings)) as told:
        for seconds in told:
            on_progress(Progress("recognizing", "", len(measured)))  # which raises if nobody wants to know any more
            measured.append(seconds)
            yield Look(found.recordings, found.failures, tuple(measured))


def durations(paths: Sequence[Path]) -> Generator[float | None, None, None]:
    """Seconds of each recording as its header tells; None where it cannot be told.

    The files are opened in a process of its own: one that crashes the reader
    costs that process and its own duration, and nothing else.
    """
    left = list(paths)
    while left:
        for seconds in _told(tuple(left)):
            left.pop(0)
            yield seconds
        if left:  # the process is gone, and it was this file
            left.pop(0)
            yield None


def _told(paths: tuple[Path, ...]) -> Iterator[float | None]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_tell, args=(paths, theirs), name="measure", daemon=True)
    process.start()
    theirs.close()
    try:
        while True:
            yield ours.recv()
    except (EOFError, OSError):
        return
    finally:
        process.kill()
        process.join()
        ours.close()


def _tell(paths: tuple[Path, ...], connection: Connection) -> None:
    """Runs in the other process, which ends when nobody listens any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both on a console, and the page decides
    with suppress(OSError):
        for path in paths:
            connection.send(_duration(path))


def _duration(path: Path) -> float | None:
    from transcriber import media

    try:
        streams = media.streams(path)
    except MediaError:
        return None
    return max((each.start + each.duration for each in streams if each.duration), default=None)
