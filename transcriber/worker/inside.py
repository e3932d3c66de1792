"""What runs in the worker's process: one order after the other, until the front end is gone."""

import atexit
import logging
import logging.handlers
import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, cast

from transcriber import jobs, loading, pipeline
from transcriber.errors import (
    TempCleanupWarning,
    TranscriberError,
    TranscriptionCancelledError,
    UnexpectedError,
)
from transcriber.progress import Progress
from transcriber.recognizer import Recognizer
from transcriber.worker.messages import Answer, Cancel, Ended, Holding, Leave, Loaded, Logged, Order, Warned

log = logging.getLogger(__name__)

_REPORT_SECONDS = 0.1
"""A download reports every block; nobody reads faster than this."""


def serve(connection: Connection) -> None:
    """Carry out the orders that come through `connection`; the target of the worker's process."""
    _stand_apart()
    line = _Line(connection)
    _talk_through(line)
    with suppress(EOFError, OSError):  # the front end closed its end
        while not isinstance(request := connection.recv(), Leave):
            if isinstance(request, Order):  # a Cancel that comes after the end of its order means nothing any more
                line.send(Ended(_failure(request, line)))


def _failure(order: Order, line: "_Line") -> TranscriberError | None:
    """Carry the order out; what went wrong."""
    try:
        _carry_out(order, line)
    except TranscriberError as error:
        if not isinstance(error, TranscriptionCancelledError):
            log.info("the order was not carried out", exc_info=error)
        return error
    except Exception as error:  # noqa: BLE001 - the end of the process's work: nobody above would hear of it
        log.exception("the order could not be carried out")
        return UnexpectedError(order.model, type(error).__name__)
    finally:
        line.tell_if_emptied()
    return None


def _carry_out(order: Order, line: "_Line") -> None:
    with loading.SHELF.borrow(order.model, order.settings, line.report) as recognizer:
        line.tell_loaded(_described(recognizer))
        for outcome in pipeline.transcribe_each(
            order.recordings, recognizer, order.options, line.report, _keeping(order)
        ):
            line.send(outcome)


def _keeping(order: Order) -> pipeline.Keeping:
    """All that front ends order is kept as jobs: what ends with this process goes on in the next."""
    settings = order.settings
    return pipeline.Keeping(jobs.Store(), order.model, settings.timing, settings.device, settings.precision)


def _described(recognizer: Recognizer) -> Loaded:
    from transcriber.nemo import device

    advice = device.advice()
    notes = (*recognizer.notes, advice) if advice else recognizer.notes
    return Loaded(recognizer.spec, recognizer.device, notes, recognizer.memory_bytes)


class _Line:
    """The worker's end of the pipe."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sending = threading.Lock()  # the log and the warnings come from any thread
        self._last: Progress | None = None
        self._sent_at = 0.0
        self._holds_model = False

    def send(self, answer: Answer) -> None:
        """Pass something on to the front end."""
        with self._sending:
            self._connection.send(answer)

    def report(self, progress: Progress) -> None:
        """Pass a report on if it says something new; the worker's own `OnProgress`.

        Raises:
            TranscriptionCancelledError: the front end wants this order to stop.
        """
        self._stop_if_told(progress.subject)
        self.tell_if_emptied()
        if self._is_news(progress):
            self._last, self._sent_at = progress, time.monotonic()
            self.send(progress)

    def tell_loaded(self, loaded: Loaded) -> None:
        """Tell the front end that the model which it wanted is in memory."""
        self._holds_model = True
        self.send(Holding(loaded))

    def tell_if_emptied(self) -> None:
        """Tell the front end if the model that it knows of is in memory no more."""
        if self._holds_model and loading.SHELF.loaded is None:
            self._holds_model = False
            self.send(Holding(None))

    def _stop_if_told(self, subject: str) -> None:
        try:
            while self._connection.poll():
                match self._connection.recv():
                    case Cancel():
                        raise TranscriptionCancelledError(subject)
                    case Leave():
                        raise SystemExit
        except (EOFError, OSError):  # the front end closed its end
            raise SystemExit from None

    def _is_news(self, progress: Progress) -> bool:
        """Whether it is worth a message: text always is, another number of bytes only some times a second."""
        last = self._last
        if last is None or progress.heard or (progress.stage, progress.subject) != (last.stage, last.subject):
            return True
        return progress.fraction == 1 or time.monotonic() - self._sent_at >= _REPORT_SECONDS


# --- a process among others ------------------------------------------------------------------------------------------


def _stand_apart() -> None:
    """End with the front end and not before it: Ctrl-C reaches both on a console, and it is for that one to decide.

    What libraries print goes to stderr: the front end's results alone are on stdout.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError):  # there is no console
        os.dup2(2, 1)
    atexit.register(os._exit, 0)  # after all others: taking NeMo's modules apart lasts 3 s, and saves nothing
    if sys.platform == "win32":
        import msvcrt

        msvcrt.SetErrorMode(msvcrt.SEM_FAILCRITICALERRORS | msvcrt.SEM_NOGPFAULTERRORBOX)  # crash without a dialog
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()


def _end_with_parent() -> None:
    """In the middle of whatever goes on: what is finished is on the disk, and nobody waits for the rest."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _talk_through(line: _Line) -> None:
    """Log lines and warnings go to the front end, which knows where they belong."""
    logging.getLogger().addHandler(_Forwarding(line))
    logging.getLogger("transcriber").setLevel(logging.INFO)

    def show(message: Warning | str, category: type[Warning], *_: Any) -> None:  # noqa: ANN401 - not used
        if isinstance(message, TempCleanupWarning):
            line.send(Warned(message))
        else:
            log.warning("%s: %s", category.__name__, message)

    warnings.showwarning = cast(Any, show)
    warnings.simplefilter("always", TempCleanupWarning)


class _Forwarding(logging.handlers.QueueHandler):
    """Sends log records through the line, worded, since what they are about may not pickle."""

    def __init__(self, line: _Line) -> None:
        super().__init__(cast(Any, None))
        self._line = line

    def enqueue(self, record: logging.LogRecord) -> None:
        """In the place of a queue."""
        with suppress(OSError):  # the front end is gone, and its log with it
            self._line.send(Logged(record))
