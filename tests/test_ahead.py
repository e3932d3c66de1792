"""Made ahead, in order, no further than allowed; errors in their place; nothing left running."""

import threading
import time
from collections.abc import Generator

import pytest

from transcriber.ahead import ahead


def counting(made: list[int], last: int = 100) -> Generator[int, None, None]:
    try:
        for number in range(last):
            made.append(number)
            yield number
    finally:
        made.append(-1)


def settled(made: list[int]) -> list[int]:
    """Once nothing more comes for a while."""
    while True:
        before = len(made)
        time.sleep(0.3)
        if len(made) == before:
            return made


def running() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "ahead"]


def test_everything_comes_in_order():
    made: list[int] = []

    assert list(ahead(counting(made), 3)) == list(range(100))
    assert made == [*range(100), -1]
    assert not running()


def test_no_more_is_made_than_may_wait():
    made: list[int] = []
    items = ahead(counting(made), 3)

    first = next(items)

    assert first == 0
    assert settled(made) == [0, 1, 2, 3, 4]  # one taken, three that wait, one that finds no room
    items.close()


def test_what_is_raised_making_them_is_raised_in_its_place():
    def failing() -> Generator[int, None, None]:
        yield 1
        raise ValueError("the second one")

    items = ahead(failing(), 5)

    assert next(items) == 1
    with pytest.raises(ValueError, match="the second one"):
        next(items)
    assert not running()


def test_who_stops_early_leaves_nothing_open_and_nothing_running():
    made: list[int] = []
    items = ahead(counting(made), 2)
    next(items)

    items.close()

    assert made[-1] == -1, "it was not closed"
    assert not running()


def test_an_error_of_the_reader_stops_the_maker_too():
    made: list[int] = []
    items = ahead(counting(made), 2)

    with pytest.raises(RuntimeError, match="enough"):
        for _ in items:
            items.throw(RuntimeError("enough"))

    assert made[-1] == -1
    assert not running()
