"""What a command says, and where: results on stdout, everything else on stderr."""

import logging
import os
import shutil
import sys
import warnings
from collections.abc import Sequence

from transcriber.errors import TempCleanupWarning
from transcriber.progress import Progress

DONE, FAILED, WRONG_USAGE = 0, 1, 2
"""Exit codes."""

MINUTE_SECONDS = 60

_CLEAR = "\r\x1b[K"
"""To the line's beginning, and all that is on it away."""


def prepare(*, offline: bool) -> None:
    """Make this process ready to run a command: its streams, its log, its warnings, its network."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console of Windows may know fewer letters than a transcript has
            stream.reconfigure(encoding="utf-8", errors="replace")
    logging.basicConfig(level=logging.CRITICAL)
    warnings.simplefilter("ignore")
    warnings.simplefilter("always", TempCleanupWarning)
    warnings.showwarning = _show_warning  # type: ignore[assignment]
    if offline:
        os.environ["HF_HUB_OFFLINE"] = "1"


def show(progress: Progress) -> None:
    """One line on a terminal that rewrites itself; nothing into a pipe or a file."""
    if sys.stderr.isatty():
        line = progress_line(progress)[: shutil.get_terminal_size().columns - 1]  # a line that wraps stays for good
        print(f"{_CLEAR}{line}", end="", file=sys.stderr, flush=True)


def progress_line(progress: Progress) -> str:
    """How far the work is, how fast, and how long the rest will take.

    >>> progress_line(Progress("recognizing", "talk.wav", 90.0, 360.0, times_real_time=12.5, seconds_left=21.6))
    'recognizing talk.wav 25 %, 12.5 times real time, 22 s left'
    """
    share = f"{progress.fraction:.0%}".replace("%", " %") if progress.fraction is not None else ""
    speed = f"{progress.times_real_time:.1f} times real time" if progress.times_real_time else ""
    left = f"{_in_words(progress.seconds_left)} left" if progress.seconds_left is not None else ""
    return f"{progress.stage} {progress.subject} {', '.join(filter(None, (share, speed, left)))}".rstrip()


def _in_words(seconds: float) -> str:
    """As exactly as it matters to somebody who waits.

    >>> _in_words(59.2), _in_words(150), _in_words(7500)
    ('59 s', '3 min', '2 h 5 min')
    """
    if round(seconds) < MINUTE_SECONDS:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / MINUTE_SECONDS), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def clear() -> None:
    """Take the progress away, for something to be printed in its place."""
    if sys.stderr.isatty():
        print(_CLEAR, end="", file=sys.stderr, flush=True)


def say(text: str) -> None:
    """A line of its own, in place of the progress."""
    clear()
    print(text, file=sys.stderr)


def fail(text: str) -> int:
    """Say what went wrong; the exit code that goes with it."""
    say(text)
    return FAILED


def leave_quietly() -> None:
    """Let nobody complain, when the program ends, that the rest of what was printed has no reader."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of columns, each as wide as what is longest in it.

    >>> aligned([("CUE", "RULE"), ("1", "gap")])
    ['CUE  RULE', '1    gap']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _show_warning(message: Warning | str, *_: object) -> None:
    say(str(message))
