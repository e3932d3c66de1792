"""Work that takes a while: in a thread of its own, followed while it runs, stopped when asked."""

import asyncio
import queue
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Generic, TypeVar

from page import reports
from transcriber.errors import TranscriptionCancelledError
from transcriber.progress import OnProgress, Progress

POLL_SECONDS = 0.2
"""How often a tab looks at its job: often enough to seem live, and to notice soon that the tab was closed."""

T = TypeVar("T")


class Errand(Generic[T]):
    """One request's work. `work` is given where to report to, and yields its results as they come.

    `progress` is the last that was reported, `failure` the sentence to show when it ended badly, `stopped` whether
    it ended because somebody cancelled, `seconds` how long it took, `notices` what the user should know besides.
    """

    def __init__(self, work: Callable[[OnProgress], Iterator[T]]) -> None:
        self._work = work
        self._results: queue.SimpleQueue[T] = queue.SimpleQueue()
        self._cancelled = threading.Event()
        self._thread = threading.Thread(target=self._run, name="errand", daemon=True)
        self.progress: Progress | None = None
        self.failure: str | None = None
        self.stopped = False
        self.seconds = 0.0
        self.notices: list[str] = []

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked to stop; the work notices at its next report."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Ask to stop. Harmless when repeated, or too late."""
        self._cancelled.set()

    async def follow(self) -> AsyncGenerator[list[T], None]:
        """Start, and give what is new a few times a second, until the work is done.

        Whoever stops following, because the tab was closed, stops the work.
        """
        self._thread.start()
        try:
            running = True
            while running:
                await asyncio.sleep(POLL_SECONDS)
                running = self._thread.is_alive()
                yield self._new_results()
        finally:
            self.cancel()

    def _run(self) -> None:
        began = time.perf_counter()
        with reports.hearing_cleanups(self.notices):
            try:
                for result in self._work(self._report):
                    self._results.put(result)
            except TranscriptionCancelledError:
                self.stopped = True
            except Exception as error:  # noqa: BLE001 - the end of a thread: nobody above would hear of it
                self.failure = reports.sentence(error)
        self.seconds = time.perf_counter() - began

    def _report(self, progress: Progress) -> None:
        if self.cancelled:
            raise TranscriptionCancelledError(progress.subject)
        self.progress = progress

    def _new_results(self) -> list[T]:
        return [self._results.get() for _ in range(self._results.qsize())]
