"""The worker's process as the front end holds it: started, spoken to, ended."""

import multiprocessing
import signal
import weakref
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING

from transcriber.worker import inside
from transcriber.worker.messages import Answer, Leave, Request

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

_LEAVING_SECONDS = 2.0
"""How long a process may take to leave by itself, or to give way to the system, before it is ended harder."""

_FIRST_OF_WINDOWS = 0xC000_0000
"""From here on exit codes are Windows' own names for crashes, and known in base 16."""


class ChildGoneError(Exception):
    """The process is no more, and all that it said has been received."""


class Child:
    """A running worker process. It ends with `end`, when nobody holds it any more, or with this process."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=inside.serve, args=(theirs,), name="transcriber", daemon=True)
        self._process.start()
        theirs.close()
        self._finalizer = weakref.finalize(self, _end, self._process, self._connection)

    @property
    def pid(self) -> int | None:
        """The process's number."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process runs. Does not collect its exit code, so any thread may ask."""
        return not wait([self._process.sentinel], 0)

    def send(self, request: Request) -> None:
        """Pass a request on; in vain if the process is no more, which `receive` will tell."""
        with suppress(OSError):
            self._connection.send(request)

    def receive(self, seconds: float) -> Answer | None:
        """The next answer, or None if none comes within that time.

        Raises:
            ChildGoneError: it is no more.
        """
        try:
            ready = wait([self._connection, self._process.sentinel], seconds)
            if not ready:
                return None
            if self._connection not in ready and not self._connection.poll():
                raise ChildGoneError
            answer: Answer = self._connection.recv()
        except (EOFError, OSError) as error:
            raise ChildGoneError from error
        return answer

    def kill(self) -> None:
        """End the process where it stands. Harmless when repeated."""
        self._process.kill()
        self.end()

    def end(self) -> None:
        """Have the process leave, and see to it that it does. Harmless when repeated."""
        self._finalizer()

    def how_it_ended(self) -> str:
        """Why the process is no more, for people."""
        self.end()
        return _wording(self._process.exitcode)


def _end(process: "SpawnProcess", connection: Connection) -> None:
    with suppress(OSError):
        connection.send(Leave())
    process.join(_LEAVING_SECONDS)
    for harder in (process.terminate, process.kill):
        if process.exitcode is None:
            harder()
            process.join(_LEAVING_SECONDS)
    connection.close()


def _wording(exit_code: int | None) -> str:
    """What an exit code means; a negative one is the signal that ended the process.

    >>> _wording(-9)
    'killed, probably because the computer ran out of memory'
    >>> _wording(3221225477)
    'exit code 0xC0000005'
    """
    if exit_code is None:
        return "it does not answer"
    if exit_code >= 0:
        return f"exit code 0x{exit_code:X}" if exit_code >= _FIRST_OF_WINDOWS else f"exit code {exit_code}"
    if -exit_code == getattr(signal, "SIGKILL", None):
        return "killed, probably because the computer ran out of memory"
    return signal.strsignal(-exit_code) or f"signal {-exit_code}"
