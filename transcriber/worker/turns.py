"""Turns: first come, first served."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Turns:
    """Lets one in at a time, in the order in which they came; a turn may begin in one thread and end in another."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._tickets: deque[object] = deque()

    @contextmanager
    def turn(self, still_waiting: Callable[[], None], seconds: float) -> Iterator[None]:
        """The block runs when its turn has come; till then `still_waiting` is called every `seconds`, and may raise."""
        ticket = object()
        with self._changed:
            self._tickets.append(ticket)
        try:
            while not self._has_come(ticket, seconds):
                still_waiting()
            yield
        finally:
            with self._changed:
                self._tickets.remove(ticket)
                self._changed.notify_all()

    def _has_come(self, ticket: object, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._tickets[0] is ticket, seconds)
