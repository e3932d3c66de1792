"""What a command says, and where: results on stdout, everything else on stderr."""

import logging
import os
import sys
import warnings

from transcriber.errors import TempCleanupWarning
from transcriber.progress import Progress

DONE, FAILED, WRONG_USAGE = 0, 1, 2
"""Exit codes."""


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
        share = f" {progress.fraction:4.0%}" if progress.fraction is not None else ""
        print(f"\r\x1b[K{progress.stage} {progress.subject}{share}", end="", file=sys.stderr, flush=True)


def say(text: str) -> None:
    """A line of its own, in place of the progress."""
    clear = "\r\x1b[K" if sys.stderr.isatty() else ""
    print(f"{clear}{text}", file=sys.stderr)


def fail(text: str) -> int:
    """Say what went wrong; the exit code that goes with it."""
    say(text)
    return FAILED


def _show_warning(message: Warning | str, *_: object) -> None:
    say(str(message))
