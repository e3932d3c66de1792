"""Work done ahead of who needs it, in a thread of its own."""

import queue
import threading
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

_LOOK_SECONDS = 0.1
"""How often a thread that waits for room looks whether anybody still wants more."""


@dataclass(frozen=True, slots=True)
class _Ended:
    """Nothing more comes; `error` says why if it should not have ended."""

    error: BaseException | None = None


def ahead(items: Generator[T, None, None], most: int) -> Generator[T, None, None]:
    """The same items, each made up to `most` before it is asked for.

    What is raised making them is raised here, in its place. When the generator
    is closed the thread has ended, and `items` is closed.
    """
    ready: queue.Queue[T | _Ended] = queue.Queue(most)
    unwanted = threading.Event()
    thread = threading.Thread(target=_make, args=(items, ready, unwanted), name="ahead", daemon=True)
    thread.start()
    try:
        while not isinstance(item := ready.get(), _Ended):
            yield item
        if item.error:
            raise item.error
    finally:
        unwanted.set()
        thread.join()


def _make(items: Generator[T, None, None], ready: "queue.Queue[T | _Ended]", unwanted: threading.Event) -> None:
    error = None
    try:
        with closing(items):
            for item in items:
                if not _put(ready, item, unwanted):
                    return
    except BaseException as raised:  # noqa: BLE001 - it is raised again, where the items are wanted
        error = raised
    _put(ready, _Ended(error), unwanted)


def _put(ready: "queue.Queue[T | _Ended]", item: T | _Ended, unwanted: threading.Event) -> bool:
    """Whether the item was still wanted when there was room for it."""
    while not unwanted.is_set():
        try:
            ready.put(item, timeout=_LOOK_SECONDS)
        except queue.Full:
            continue
        return True
    return False
