"""Worker: the front end's side. Starts the process, passes orders on one at a time, outlives its end."""

from collections.abc import Iterator

from transcriber.loading import LoadSettings
from transcriber.pipeline import Outcome
from transcriber.progress import OnProgress, ignore
from transcriber.worker.messages import Loaded, Order


class Worker:
    """Transcribes in a process of its own, which starts with the first order. Safe to call from several threads.

    Orders are carried out one at a time, in the order in which they came. Who
    waits is told with `Progress("waiting", …)`. While an order is carried out,
    `on_progress` is called at least every 0.2 s, with the last report again
    where there is nothing new; `Progress.heard` comes once.

    `on_progress` may raise at any of these calls. The worker is then told to
    stop, and the exception goes on once it has, or has been ended since it did
    not answer.
    """

    @property
    def loaded(self) -> Loaded | None:
        """The model in memory now. None while there is none, or no process."""
        raise NotImplementedError

    @property
    def busy_with(self) -> str | None:
        """The model or the recording that is worked on now."""
        raise NotImplementedError

    def load(self, name: str, settings: LoadSettings | None = None, on_progress: OnProgress = ignore) -> Loaded:
        """The model called `name` in memory, where it stays until another one is wanted, or `unload`.

        Raises:
            TranscriberError: as `loading.load`.
            WorkerDiedError: the process ended; the next order starts a fresh one.
            TranscriptionCancelledError: `close` was called.
        """
        raise NotImplementedError

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
        raise NotImplementedError

    def unload(self, on_progress: OnProgress = ignore) -> None:
        """End the process when the orders before are done: all its memory is given back. Orders can follow."""
        raise NotImplementedError

    def close(self) -> None:
        """End the process, cancelling what it does, for good. Done by itself when the program ends."""
        raise NotImplementedError
