"""What goes wrong, for the user in one sentence and for the log in full. What was said is in neither."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from logging.handlers import RotatingFileHandler
from typing import Any, cast

from transcriber.errors import TempCleanupWarning, TranscriberError
from transcriber.storage import log_path

log = logging.getLogger(__name__)

LOG_BYTES = 1_000_000
LOG_FILES = 3

_notices: ContextVar[list[str] | None] = ContextVar("_notices", default=None)
"""Where this thread's warnings about temporary files go; None where nobody listens."""


def start_log() -> None:
    """Write what our own modules log into the log file; without one if its folder cannot be made."""
    try:
        log_path().parent.mkdir(parents=True, exist_ok=True)
        file = RotatingFileHandler(log_path(), maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8")
    except OSError:
        return
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    for name in ("transcriber", "page"):
        logging.getLogger(name).addHandler(file)
        logging.getLogger(name).setLevel(logging.INFO)


def sentence(error: Exception) -> str:
    """One sentence for the user; the traceback goes into the log."""
    log.error("%s", type(error).__name__, exc_info=error)
    return wording(error)


def wording(error: Exception) -> str:
    """One sentence for the user."""
    if isinstance(error, TranscriberError):
        return str(error)
    kind = type(error).__name__
    return f"Something unexpected went wrong ({kind}). Try again; if it stays, the details are in {log_path()}."


def take_warnings() -> None:
    """From now on, warnings go to the log and not to the terminal, and those about temporary files to who caused them.

    Done once, before any thread starts: `warnings.catch_warnings` changes the
    whole process and so cannot be used by several threads.
    """

    def show(message: Warning | str, category: type[Warning], *_: Any) -> None:  # noqa: ANN401 - not used
        log.warning("%s: %s", category.__name__, message)
        if isinstance(message, TempCleanupWarning):
            _notice(message)

    warnings.showwarning = cast(Any, show)
    warnings.simplefilter("always", TempCleanupWarning)


def _notice(warning: TempCleanupWarning) -> None:
    listener = _notices.get()
    if listener is not None:
        listener.append(str(warning))


@contextmanager
def hearing_cleanups(notices: list[str]) -> Iterator[None]:
    """What stays behind by the work of this thread, inside the block, is added to `notices`."""
    token = _notices.set(notices)
    try:
        yield
    finally:
        _notices.reset(token)
