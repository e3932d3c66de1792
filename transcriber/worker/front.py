"""Worker: the front end's side. Starts the process, passes orders on one at a time, outlives its end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from transcriber.errors import TranscriptionCancelledError, WorkerDiedError
from transcriber.loading import LoadSettings
from transcriber.pipeline import Outcome
from transcriber.progress import OnProgress, Progress, ignore
from transcriber.worker.child import Child
from transcriber.worker.exchange import BEAT_SECONDS, Exchange
from transcriber.worker.messages import Loaded, Order
from transcriber.worker.turns import Turns

_CLOSING_SECONDS = 5.0
"""How long `close` lets the order in work come to a clean end."""


class Worker:
    """Transcribes in a process of its own, which starts with the first order. Safe to call from several threads.

    Orders are carried out one at a time, in the order in which they came. Who
    waits is told with `Progress("waiting", …)`, whose subject is what the
    worker is busy with. While an order is carried out, `on_progress` is called
    at least every 0.2 s, with the last report again where there is nothing new;
    what is in `Progress.heard` comes once.

    `on_progress` may raise at any of these calls. The worker is then told to
    stop, and the exception goes on once it has, or has been ended since it did
    not answer.
    """

    def __init__(self) -> None:
        self._turns = Turns()
        self._child: Child | None = None
        self._loaded: Loaded | None = None
        self._busy_with: str | None = None
        self._closing = False

    @property
    def loaded(self) -> Loaded | None:
        """The model in memory now. None while there is none, or no process."""
        return self._loaded if self.pid else None

    @property
    def busy_with(self) -> str | None:
        """The model or the recording that is worked on now."""
        return self._busy_with

    @property
    def pid(self) -> int | None:
        """The number of the process, for whoever measures it. None while there is none."""
        child = self._child
        return child.pid if child and child.is_alive else None

    def load(self, name: str, settings: LoadSettings | None = None, on_progress: OnProgress = ignore) -> Loaded:
        """The model called `name` in memory, where it stays until another one is wanted, or `unload`.

        Raises:
            TranscriberError: as `loading.load`.
            WorkerDiedError: the process ended; the next order starts a fresh one.
            TranscriptionCancelledError: `close` was called.
        """
        order = Order((), name, settings or LoadSettings())
        with self._turn(order, on_progress) as report:
            exchange = self._exchange(order, report)
            for _ in exchange.outcomes():
                pass
        return exchange.loaded

    def transcribe(self, order: Order, on_progress: OnProgress = ignore) -> Iterator[Outcome]:
        """One outcome per recording, as they come; see `pipeline.transcribe_each`. Loads the model if it must.

        A recording at which the process ends gets a WorkerDiedError for its
        outcome, and the others go on in a fresh one. If `on_progress` cancels
        during a recording, the last outcome says so; before, that is raised.
        Whoever stops iterating cancels. The worker is taken until the iterator
        has come to its end or is closed: do not ask for more meanwhile.

        Raises:
            TranscriberError: as `loading.load`.
            WorkerDiedError: the process ended while the model was loaded.
            TranscriptionCancelledError: see above, or `close` was called.
        """
        with self._turn(order, on_progress) as report:
            exchange = self._exchange(order, report)
            yield from exchange.outcomes()
            while exchange.left:
                exchange = self._exchange(replace(order, recordings=exchange.left), report)
                yield from exchange.outcomes()

    def unload(self, on_progress: OnProgress = ignore) -> None:
        """End the process when the orders before are done: all its memory is given back. Orders can follow."""
        with self._turns.turn(lambda: self._still_waiting("the model", on_progress), BEAT_SECONDS):
            self._end()

    def close(self) -> None:
        """End the process, cancelling what it does, for good. Done by itself when the program ends."""
        self._closing = True
        deadline = time.monotonic() + _CLOSING_SECONDS
        with suppress(TimeoutError), self._turns.turn(lambda: _until(deadline), BEAT_SECONDS):
            self._end()
        if self._child:
            self._child.kill()

    @contextmanager
    def _turn(self, order: Order, on_progress: OnProgress) -> Iterator[OnProgress]:
        """Alone with the process; what to report to meanwhile."""

        def report(progress: Progress) -> None:
            self._require_open(progress.subject)
            self._busy_with = progress.subject
            on_progress(progress)

        with self._turns.turn(lambda: self._still_waiting(order.model, on_progress), BEAT_SECONDS):
            try:
                self._busy_with = order.model
                yield report
            finally:
                self._busy_with = None

    def _still_waiting(self, wanted: str, on_progress: OnProgress) -> None:
        self._require_open(wanted)
        on_progress(Progress("waiting", self._busy_with or wanted))

    def _require_open(self, subject: str) -> None:
        if self._closing:
            raise TranscriptionCancelledError(subject)

    def _exchange(self, order: Order, on_progress: OnProgress) -> Exchange:
        self._require_open(order.model)
        if self._child is None or not self._child.is_alive:
            self._end()
            self._child = _started(order.model)
        return Exchange(self._child, order, on_progress, self._hold)

    def _hold(self, loaded: Loaded | None) -> None:
        self._loaded = loaded

    def _end(self) -> None:
        child, self._child, self._loaded = self._child, None, None
        if child:
            child.end()


def _started(model: str) -> Child:
    try:
        return Child()
    except OSError as error:
        raise WorkerDiedError(model, f"it could not be started: {error.strerror or error}") from error


def _until(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise TimeoutError
