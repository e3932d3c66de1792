"""One order, from the request to its end, as the front end lives through it."""

import logging
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

from transcriber.errors import TranscriberError, TranscriptionCancelledError, UnexpectedError, WorkerDiedError
from transcriber.pipeline import Done, Failed, Outcome
from transcriber.progress import OnProgress, Progress, ignore
from transcriber.transcript import Segment, Transcript, TranscriptTiming
from transcriber.worker.child import Child, ChildGoneError
from transcriber.worker.messages import Answer, Cancel, Ended, Holding, Loaded, Logged, Order, Warned

BEAT_SECONDS = 0.2
"""How often somebody who waits for an answer is asked whether he still wants to."""

_PATIENCE_SECONDS = 30.0
"""How long a cancelled process may take to notice before it is ended.

It does so after the group of clips that it is at, which takes a busy processor
some seconds; to start another process and load the model takes as long.
"""


class Exchange:
    """Sends one order to the process, and makes of the answers what a front end expects."""

    def __init__(
        self, child: Child, order: Order, on_progress: OnProgress, on_holding: Callable[[Loaded | None], None]
    ) -> None:
        self._child, self._order = child, order
        self._on_progress, self._on_holding = on_progress, on_holding
        self._last = Progress("loading", order.model)
        self._left = list(order.recordings)
        self._heard: list[Segment] = []  # of the first that is left
        self._loaded: Loaded | None = None

    @property
    def loaded(self) -> Loaded:
        """The model that the order was carried out with, once it was."""
        return cast(Loaded, self._loaded)

    @property
    def left(self) -> tuple[Path, ...]:
        """When there are no more outcomes: the recordings that another process is to do."""
        return tuple(self._left)

    def outcomes(self) -> Iterator[Outcome]:
        """As `Worker.transcribe`, up to the recording at which the process fails."""
        self._child.send(self._order)
        try:
            while not isinstance(answer := self._answer(), Ended):
                yield from self._taken(answer)
            error = answer.error
        except ChildGoneError:
            error = WorkerDiedError(self._order.model, self._child.how_it_ended())
        except BaseException as stop:  # noqa: BLE001 - from `on_progress`, Ctrl-C, or whoever stops iterating
            yield from self._stopped(stop)
            return
        yield from self._concluded(error)

    @property
    def _is_transcribing(self) -> bool:
        """Whether the model is loaded and there are recordings for it: from then on failures are outcomes."""
        return bool(self._loaded and self._order.recordings)

    def _answer(self) -> Answer:
        while (answer := self._child.receive(BEAT_SECONDS)) is None:
            self._on_progress(self._last)
        return answer

    def _taken(self, answer: Answer) -> Iterator[Outcome]:
        match answer:
            case Done() | Failed():
                self._left.pop(0)
                self._heard.clear()
                yield answer
            case Progress():
                self._last = replace(answer, heard=())
                self._heard += answer.heard
                self._on_progress(answer)
            case Holding(loaded):
                self._loaded = loaded
                self._on_holding(loaded)
            case Warned(warning):
                warnings.warn(warning, stacklevel=2)
            case Logged(record):
                _log(record)

    def _concluded(self, error: TranscriberError | None) -> Iterator[Outcome]:
        """A failure of the process counts for the recording that it was at; all others are for whoever ordered."""
        if error is None:
            self._left.clear()
        elif not (self._is_transcribing and isinstance(error, WorkerDiedError | UnexpectedError)):
            raise error
        elif self._left:
            failed = self._failed(type(error)(str(self._left[0]), error.args[1]))
            self._left.pop(0)
            yield failed

    def _stopped(self, stop: BaseException) -> Iterator[Outcome]:
        """What there still is when the front end wants no more: nothing but its own exception, unless it cancelled."""
        rest = self._wind_up()
        if not (self._is_transcribing and isinstance(stop, TranscriptionCancelledError)):
            raise stop
        if self._left and not (rest and _is_cancelled(rest[-1])):
            rest.append(self._failed(TranscriptionCancelledError(self._left[0].name)))
        self._left.clear()
        yield from rest

    def _failed(self, error: TranscriberError) -> Failed:
        """The outcome of the recording that the process was at, with what came of it."""
        return Failed(self._left[0], error, self._so_far())

    def _so_far(self) -> Transcript | None:
        if not self._heard:
            return None
        spec = self.loaded.spec
        timing: TranscriptTiming = "words" if spec.word_times else "clips"
        return Transcript(tuple(self._heard), self._last.done, spec.name, spec.revision, spec.language, timing)

    def _wind_up(self) -> list[Outcome]:
        """Have the process stop, and hear it out; ends it if it does not answer."""
        self._on_progress = ignore
        self._child.send(Cancel())
        deadline = time.monotonic() + _PATIENCE_SECONDS
        rest: list[Outcome] = []
        try:
            while not isinstance(answer := self._child.receive(max(0.0, deadline - time.monotonic())), Ended):
                if answer is None:
                    self._child.kill()
                    break
                rest += self._taken(answer)
        except ChildGoneError:
            pass
        except BaseException:  # Ctrl-C once more: he does not want to wait
            self._child.kill()
            raise
        return rest


def _is_cancelled(outcome: Outcome) -> bool:
    return isinstance(outcome, Failed) and isinstance(outcome.error, TranscriptionCancelledError)


def _log(record: logging.LogRecord) -> None:
    """As if it had been logged here."""
    logger = logging.getLogger(record.name)
    if logger.isEnabledFor(record.levelno):
        logger.handle(record)
