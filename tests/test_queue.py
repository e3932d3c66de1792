"""The queue of the program, with a model that does as it is told."""

import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from said import transcript

from page.mine import Mine
from page.past import Past
from page.queue import Entry, Queue
from page.queue_rows import ROWS, drawn
from page.recordings import Recording
from page.saving import Saving
from page.transcription import Wish, plan
from page.uploads import Uploads
from page.waiting import Waiting
from transcriber.errors import ModelLoadError, TranscriptionCancelledError, UnreadableMediaError
from transcriber.jobs import Store
from transcriber.loading import LoadSettings
from transcriber.options import Device, Precision, TranscribeOptions
from transcriber.pipeline import Done, Failed, Outcome
from transcriber.progress import OnProgress, Progress
from transcriber.transcript import Segment
from transcriber.worker import Order

PATIENCE = 60
"""Seconds that anything may take on a busy machine."""


class Obedient:
    """In the place of the model in use: reports a recording as heard, clip after clip, until it is told to end it."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.refused: set[str] = set()
        self.bad: set[str] = set()
        self._ended = {name: threading.Event() for name in "abcdef"}

    def end(self, *names: str) -> None:
        """Let recordings come to their end, at once or as soon as they are begun."""
        for name in names:
            self._ended[name].set()

    def settings(self, device: Device = "auto", timing: str = "auto", precision: Precision = "auto") -> LoadSettings:
        """As `ModelInUse.settings`."""
        return LoadSettings(device=device, timing=timing, precision=precision)

    def transcribe(self, order: Order, on_progress: OnProgress) -> Iterator[Outcome]:
        """As `ModelInUse.transcribe`, of one recording."""
        (path,) = order.recordings
        self.begun.append(path.stem)
        on_progress(Progress("loading", order.model))
        if order.model in self.refused:
            raise ModelLoadError(order.model, "it is broken")
        try:
            self._hear(path, on_progress)
        except TranscriptionCancelledError as error:
            yield Failed(path, error)
            return
        if path.stem in self.bad:
            yield Failed(path, UnreadableMediaError(path.name, "it is empty"))
        else:
            yield Done(path, transcript(), 1.0, "CPU", 1)

    def _hear(self, path: Path, on_progress: OnProgress) -> None:
        done = 0.0
        while not self._ended[path.stem].wait(0.01):
            done += 30
            said = (Segment(f"clip {done:.0f}", done - 30, done),)
            on_progress(Progress("recognizing", path.name, done, 3600.0, said, 60.0, 60.0))


@pytest.fixture
def model() -> Obedient:
    return Obedient()


@pytest.fixture
def past(tmp_path: Path) -> Past:
    return Past(Store(tmp_path / "jobs"), Uploads(tmp_path / "uploads"), tmp_path / "downloads")


@pytest.fixture
def waiting(tmp_path: Path) -> Waiting:
    return Waiting(tmp_path / "queue")


@pytest.fixture
def queue(model: Obedient, past: Past, waiting: Waiting) -> Iterator[Queue]:
    made = Queue(model, past, waiting)
    yield made
    made.close()


def add(queue: Queue, past: Past, names: str, model: str = "demo") -> tuple[Entry, ...]:
    """Ask for a recording of each letter."""
    recordings = tuple(Recording(Path("/talks") / f"{name}.wav", f"{name}.wav") for name in names)
    wish = Wish(recordings, (), model, LoadSettings(), TranscribeOptions())
    return queue.add(plan(wish, past.uploads).tasks)


def until(is_so: Callable[[], object]) -> None:
    """Wait for something that another thread brings about."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "it never came to be so"
        time.sleep(0.005)


def heard(entry: Entry, minutes: float = 1) -> None:
    """Wait until so much of a recording has been heard."""
    until(lambda: entry.state == "running" and entry.progress and entry.progress.done >= 60 * minutes)


def order(queue: Queue) -> str:
    return "".join(Path(each.name).stem for each in queue.entries())


# --- in order --------------------------------------------------------------------------------------------------------


def test_recordings_are_worked_off_one_at_a_time_in_the_order_in_which_they_were_asked_for(
    queue: Queue, past: Past, model: Obedient
) -> None:
    first, second, third = (*add(queue, past, "ab"), *add(queue, past, "c"))
    heard(first)
    states = [each.state for each in queue.entries()]

    model.end("a", "b", "c")
    until(lambda: third.is_over)

    assert states == ["running", "waiting", "waiting"]
    assert model.begun == ["a", "b", "c"]
    assert [each.state for each in (first, second, third)] == ["done"] * 3
    assert queue.entries() == ()


def test_a_bad_recording_says_why_stays_to_be_tried_again_and_stops_nobody(
    queue: Queue, past: Past, model: Obedient
) -> None:
    model.bad = {"a"}
    model.end("a", "b")
    bad, good = add(queue, past, "ab")
    until(lambda: good.is_over)
    left = queue.entries()

    model.bad = set()
    again = queue.retry(bad)
    until(lambda: again.is_over)

    assert bad.result is not None
    assert (bad.state, bad.result.failure) == ("failed", str(UnreadableMediaError("a.wav", "it is empty")))
    assert (good.state, left) == ("done", (bad,))
    assert (again.state, queue.entries()) == ("done", ())


def test_a_model_that_cannot_be_loaded_is_tried_once_and_not_once_per_recording(
    queue: Queue, past: Past, model: Obedient
) -> None:
    model.end("a", "b", "c")
    model.refused = {"broken"}
    occupied = add(queue, past, "d")[0]
    heard(occupied)
    broken, other = add(queue, past, "ab", "broken"), add(queue, past, "c")[0]

    model.end("d")
    until(lambda: other.is_over)

    assert [each.result and each.result.failure for each in broken] == [
        str(ModelLoadError("broken", "it is broken"))
    ] * 2
    assert model.begun == ["d", "a", "c"]


def test_what_waits_or_runs_already_is_not_added_twice_but_with_other_options_it_is(queue: Queue, past: Past) -> None:
    running, waiting = add(queue, past, "ab")

    again = add(queue, past, "ab")
    other = add(queue, past, "a", "another")

    assert again == (running, waiting)
    assert other[0] not in again
    assert order(queue) == "aba"


# --- another order ---------------------------------------------------------------------------------------------------


def test_what_waits_can_be_moved_and_what_runs_stays_first(queue: Queue, past: Past) -> None:
    running, *rest = add(queue, past, "abcd")
    heard(running)
    _, third, fourth = rest

    queue.move(fourth, "first")
    first = order(queue)
    queue.move(third, "up")
    up = order(queue)
    queue.move(third, "down")
    queue.move(fourth, "up")
    queue.move(running, "down")

    assert (first, up, order(queue)) == ("adbc", "adcb", "adbc")


# --- pause -----------------------------------------------------------------------------------------------------------


def test_pause_stops_what_runs_begins_nothing_and_goes_on_with_it_when_resumed(
    queue: Queue, past: Past, model: Obedient
) -> None:
    first, second = add(queue, past, "ab")
    heard(first)

    queue.pause()
    until(lambda: first.state == "paused")
    states = (first.state, first.result, second.state)
    model.end("a", "b")
    queue.resume()
    until(lambda: second.is_over)

    assert states == ("paused", None, "waiting")
    assert model.begun == ["a", "a", "b"]
    assert (first.state, second.state) == ("done", "done")


def test_a_text_that_was_paused_grows_anew_and_holds_nothing_twice(queue: Queue, past: Past) -> None:
    (entry,) = add(queue, past, "a")
    heard(entry)
    queue.pause()
    until(lambda: entry.state == "paused")

    queue.resume()
    heard(entry)
    paragraphs = [each["text"] for each in entry.growth.after(-1, 0)["paragraphs"]]

    assert len(paragraphs) == len(set(paragraphs))


def test_what_is_paused_is_not_offered_as_unfinished_until_it_has_left_the_queue(
    queue: Queue, past: Past, tmp_path: Path
) -> None:
    talk = tmp_path / "a.wav"
    talk.write_bytes(b"sound")
    (entry,) = queue.add(plan(Wish((), (talk,), "demo", LoadSettings(), TranscribeOptions()), past.uploads).tasks)

    kept = past.uploads.in_work()
    queue.cancel([entry])
    until(lambda: entry.is_over)

    assert kept == {talk}
    assert past.uploads.in_work() == frozenset()


def test_an_empty_queue_is_not_paused(queue: Queue, past: Past) -> None:
    (entry,) = add(queue, past, "a")
    heard(entry)
    queue.pause()
    until(lambda: entry.state == "paused")

    queue.cancel([entry])
    until(lambda: entry.is_over)
    (other,) = add(queue, past, "b")
    heard(other)

    assert not queue.paused


# --- cancel ----------------------------------------------------------------------------------------------------------


def test_who_cancels_one_stops_that_one_and_the_next_begins(queue: Queue, past: Past, model: Obedient) -> None:
    first, second, third = add(queue, past, "abc")
    heard(first)

    queue.cancel([first, second])
    heard(third)

    assert (first.state, second.state) == ("cancelled", "cancelled")
    assert first.result is not None
    assert first.result.cancelled
    assert second.result is None
    assert model.begun == ["a", "c"]


def test_one_that_is_cancelled_while_it_is_paused_keeps_its_result_and_loads_no_model(
    queue: Queue, past: Past, model: Obedient
) -> None:
    first, second = add(queue, past, "ab")
    heard(first)
    queue.pause()
    until(lambda: first.state == "paused")

    queue.cancel([first])
    until(lambda: first.is_over)

    assert first.result is not None
    assert (first.state, first.result.cancelled) == ("cancelled", True)
    assert (model.begun, second.state, queue.paused) == (["a"], "waiting", True)


def test_closing_stops_what_runs_and_begins_nothing_more(past: Past, model: Obedient, waiting: Waiting) -> None:
    queue = Queue(model, past, waiting)
    first, second = add(queue, past, "ab")
    heard(first)

    queue.close()

    assert (first.state, second.state, model.begun) == ("paused", "waiting", ["a"])


# --- the next start --------------------------------------------------------------------------------------------------


def test_what_waited_when_the_program_ended_waits_at_the_next_start_until_somebody_resumes(
    past: Past, model: Obedient, waiting: Waiting, tmp_path: Path
) -> None:
    queue = Queue(model, past, waiting)
    begun, *_ = add(queue, past, "a")
    talks = tuple(Recording(Path(f"/talks/{name}.wav"), f"{name}.wav") for name in "bc")
    options = TranscribeOptions(audio_stream="all", channels="split")
    wish = Wish(talks, (), "canary@v1", LoadSettings(timing="none"), options, Saving(tmp_path / "kept", "skip"))
    asked = queue.add(plan(wish, past.uploads).tasks)
    heard(begun)
    queue.move(asked[1], "first")
    queue.close()

    again = Queue(model, past, waiting)
    kept, paused = again.entries(), again.paused
    model.end("b", "c")
    again.resume()
    until(lambda: all(each.is_over for each in kept))
    again.close()
    last = Queue(model, past, waiting)
    last.close()

    assert [each.task for each in kept] == [asked[1].task, asked[0].task]
    assert paused
    assert model.begun == ["a", "c", "b"]
    assert last.entries() == ()


def test_an_upload_that_waits_outlives_the_program_and_one_that_is_gone_is_forgotten(
    past: Past, model: Obedient, waiting: Waiting, tmp_path: Path
) -> None:
    queue = Queue(model, past, waiting)
    queue.add(plan(Wish(uploads(tmp_path, "abc"), (), "demo", LoadSettings(), TranscribeOptions()), past.uploads).tasks)
    heard(queue.entries()[0])
    queue.close()
    shutil.rmtree(tmp_path / "uploads" / ("c" * 16))

    fresh = Past(Store(tmp_path / "jobs"), Uploads(tmp_path / "uploads"), tmp_path / "downloads")
    again = Queue(model, fresh, waiting)
    fresh.tidy()
    (kept,) = again.entries()
    again.close()

    assert kept.name == "b.wav"
    assert kept.task.recording.path.is_file()


def test_a_queue_of_another_program_that_still_runs_is_left_to_it(tmp_path: Path, model: Obedient) -> None:
    folder = tmp_path / "queue"
    Waiting(folder).write(())
    (folder / f"{os.getpid()}.json").rename(folder / f"{os.getppid()}.json")
    (folder / "nonsense.json").write_text("[", encoding="utf-8")

    taken = Waiting(folder).take_over(model.settings)

    assert taken == ()
    assert (folder / f"{os.getppid()}.json").exists()


@pytest.mark.parametrize("content", ["", "[", "{}", '[{"recording": 7}]', "[null]"])
def test_a_queue_that_makes_no_sense_is_an_empty_one(tmp_path: Path, model: Obedient, content: str) -> None:
    folder = tmp_path / "queue"
    folder.mkdir()
    (folder / f"{os.getpid()}.json").write_text(content, encoding="utf-8")

    assert Waiting(folder).take_over(model.settings) == ()


def uploads(folder: Path, letters: str) -> tuple[Recording, ...]:
    """Files as a browser has sent them."""
    sent = [folder / "sent" / (letter * 64) / f"{letter}.wav" for letter in letters]
    for path in sent:
        path.parent.mkdir(parents=True)
        path.write_bytes(path.name.encode())
    return tuple(Recording(path, path.name, uploaded=True) for path in sent)


# --- what a tab sees -------------------------------------------------------------------------------------------------


def rows(queue: Queue) -> list[dict]:
    return list(json.loads(drawn(queue.entries(), (), paused=queue.paused))["rows"])


def test_every_row_says_how_it_stands_and_offers_what_can_be_done(queue: Queue, past: Past, model: Obedient) -> None:
    model.bad = {"a"}
    model.end("a")
    _, running, _ = add(queue, past, "abc")
    heard(running, minutes=3)

    failed, under_way, waiting = rows(queue)
    queue.pause()
    until(lambda: running.state == "paused")
    paused = rows(queue)[1]

    assert (failed["said"], failed["does"]) == (str(UnreadableMediaError("a.wav", "it is empty")), ["retry", "remove"])
    assert " of 1:00:00 · about a minute left" in under_way["said"]
    assert under_way["share"] >= 120 / 3600
    assert under_way["does"] == ["cancel"]
    assert (waiting["said"], waiting["does"]) == ("Waiting · demo", ["first", "up", "down", "remove"])
    assert paused["said"].startswith("Paused at ")
    assert paused["does"] == ["first", "up", "down", "cancel"]


def test_a_long_queue_is_not_sent_whole(past: Past) -> None:
    recordings = tuple(Recording(Path(f"/talks/{number}.wav"), f"{number}.wav") for number in range(ROWS + 2))
    tasks = plan(Wish(recordings, (), "demo", LoadSettings(), TranscribeOptions()), past.uploads).tasks

    shown = json.loads(drawn([Entry(task) for task in tasks], (), paused=False))

    assert len(shown["rows"]) == ROWS
    assert shown["more"] == "And 2 more recordings."


def test_a_tab_keeps_what_came_of_its_recordings_until_it_asks_for_the_next(
    queue: Queue, past: Past, model: Obedient
) -> None:
    mine = Mine()
    mine.begin()
    mine.wait_for(add(queue, past, "ab"))
    model.end("a")
    until(lambda: mine.waited_for[0].is_over)

    is_news, count = mine.collect(), mine.count
    mine.begin()
    still = len(mine.finished)
    model.end("b")
    until(lambda: mine.waited_for[0].is_over)
    mine.collect()
    mine.begin()

    assert (is_news, count, still) == (True, "file 2 of 2", 1)
    assert mine.finished == []
