"""What the page is made of, without a browser: errands, the model in use, what is remembered and logged."""

import asyncio
import logging
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from page import rendering, reports, settings
from page.errand import Errand
from page.model_in_use import EMPTY, ModelInUse
from transcriber.catalogue import MODEL_CONFIGS
from transcriber.errors import (
    HubUnreachableError,
    ModelLoadError,
    TempCleanupWarning,
    TranscriptionCancelledError,
)
from transcriber.loading import LoadSettings
from transcriber.pipeline import Done, Outcome
from transcriber.progress import OnProgress, Progress, ignore
from transcriber.storage import log_path
from transcriber.transcript import Transcript
from transcriber.worker import Loaded, Order

PATIENCE = 120
"""Seconds that anything may take on a busy machine."""

# --- errands ---------------------------------------------------------------------------------------------------------


async def all_of(errand: Errand[int]) -> list[int]:
    return [result async for new in errand.follow() for result in new]


def test_an_errand_gives_all_its_results_in_order() -> None:
    errand = Errand[int](lambda report: iter(range(1000)))

    assert asyncio.run(all_of(errand)) == list(range(1000))
    assert (errand.failure, errand.stopped) == (None, False)


def test_a_cancelled_errand_stops_at_its_next_report() -> None:
    def work(report: OnProgress) -> Iterator[int]:
        report(Progress("loading", "demo"))
        yield 1
        errand.cancel()
        report(Progress("loading", "demo"))
        yield 2

    errand = Errand[int](work)

    assert asyncio.run(all_of(errand)) == [1]
    assert errand.stopped


def test_who_stops_following_stops_the_work() -> None:
    stopped = threading.Event()

    def work(report: OnProgress) -> Iterator[int]:
        try:
            while True:
                report(Progress("loading", "demo"))
                yield 1
        finally:
            stopped.set()

    async def leave() -> None:
        async with aclosing(Errand[int](work).follow()) as news:
            await anext(news)

    asyncio.run(leave())

    assert stopped.wait(PATIENCE)


def test_our_errors_are_told_as_they_are_and_others_with_where_to_look(caplog: pytest.LogCaptureFixture) -> None:
    def ours(_: OnProgress) -> Iterator[int]:
        raise ModelLoadError("demo", "it is broken")
        yield 1

    def foreign(_: OnProgress) -> Iterator[int]:
        raise KeyError("secret")
        yield 1

    errands = [Errand[int](ours), Errand[int](foreign)]
    for errand in errands:
        asyncio.run(all_of(errand))

    assert errands[0].failure == "demo could not be loaded: it is broken."
    assert errands[1].failure == (
        f"Something unexpected went wrong (KeyError). Try again; if it stays, the details are in {log_path()}."
    )
    assert "Traceback" in caplog.text


# --- warnings and the log --------------------------------------------------------------------------------------------


@pytest.fixture
def taken_warnings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with warnings.catch_warnings():
        reports.take_warnings()
        yield


def test_a_leftover_is_told_to_the_errand_that_left_it_and_to_no_other(taken_warnings: None) -> None:
    def work(report: OnProgress) -> Iterator[int]:
        warnings.warn(TempCleanupWarning("/left/behind"), stacklevel=1)
        yield 1

    leaving, other = Errand[int](work), Errand[int](lambda report: iter([1]))
    for errand in (leaving, other):
        asyncio.run(all_of(errand))

    assert leaving.notices == [
        "A temporary file could not be removed (/left/behind). Nothing is lost; it is deleted at the next start."
    ]
    assert leaving.failure is None
    assert other.notices == []


def test_other_warnings_go_to_the_log_and_not_to_the_terminal(
    taken_warnings: None, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    warnings.simplefilter("always")

    warnings.warn("old ways", DeprecationWarning, stacklevel=1)

    assert "DeprecationWarning: old ways" in caplog.text
    assert capsys.readouterr().err == ""


def test_the_log_is_kept_where_the_program_keeps_its_state() -> None:
    reports.start_log()
    handlers = {name: list(logging.getLogger(name).handlers) for name in ("transcriber", "page")}

    try:
        reports.sentence(ModelLoadError("demo", "it is broken"))
        written = log_path().read_text(encoding="utf-8")
    finally:
        for name, ours in handlers.items():
            for handler in ours:
                logging.getLogger(name).removeHandler(handler)
                handler.close()

    assert "ModelLoadError: demo could not be loaded: it is broken." in written


# --- what is remembered ----------------------------------------------------------------------------------------------


@pytest.fixture
def no_settings() -> Iterator[Path]:
    path = settings.settings_path()
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    yield path
    path.unlink(missing_ok=True)


# --- the model in use ------------------------------------------------------------------------------------------------


class Pretended:
    """A worker whose process is never started: what it is told to do is a function."""

    def __init__(self, do: Callable[[Order, OnProgress], Loaded]) -> None:
        self.loaded: Loaded | None = None
        self._do = do
        self._turn = threading.Lock()

    def load(self, name: str, wanted: LoadSettings, on_progress: OnProgress) -> None:
        list(self.transcribe(Order((), name, wanted), on_progress))

    def transcribe(self, order: Order, on_progress: OnProgress) -> Iterator[Outcome]:
        while not self._turn.acquire(timeout=0.01):
            on_progress(Progress("waiting", "talk.wav"))
        try:
            self.loaded = None
            self.loaded = self._do(order, on_progress)
            for path in order.recordings:
                yield Done(path, Transcript((), 1.0, "demo"), 1.0, "CPU", 1)
        finally:
            self._turn.release()


def failing(order: Order, on_progress: OnProgress) -> Loaded:
    on_progress(Progress("importing", "NeMo"))
    raise ModelLoadError(order.model, "it is broken")


def give_up(progress: Progress) -> None:
    raise TranscriptionCancelledError(progress.subject)


def order(name: str, *recordings: Path, wanted: LoadSettings | None = None) -> Order:
    return Order(recordings, name, wanted or LoadSettings())


def test_a_failed_start_shows_its_sentence(tmp_path: Path, no_settings: Path) -> None:
    model = ModelInUse(tmp_path, Pretended(failing))

    model.warm_up()

    assert (model.status.kind, model.status.sentence) == ("failed", "demo could not be loaded: it is broken.")


def test_who_cancels_while_others_load_changes_nothing_for_them(tmp_path: Path) -> None:
    loading, go_on = threading.Event(), threading.Event()

    def slow(asked: Order, on_progress: OnProgress) -> Loaded:
        on_progress(Progress("loading", asked.model))
        loading.set()
        go_on.wait(PATIENCE)
        raise ModelLoadError(asked.model, "it is broken")

    model = ModelInUse(tmp_path, Pretended(slow))
    first = threading.Thread(target=model.warm_up)
    first.start()
    assert loading.wait(PATIENCE)

    with pytest.raises(TranscriptionCancelledError):
        list(model.transcribe(order("demo"), give_up))
    seen = model.status
    go_on.set()
    first.join()

    assert seen.sentence == "Loading demo …"


def test_who_waits_is_told_his_place_in_the_line(tmp_path: Path) -> None:
    working, go_on = threading.Event(), threading.Event()
    places: dict[str, set[float]] = {"next": set(), "last": set()}

    def slow(asked: Order, on_progress: OnProgress) -> Loaded:
        working.set()
        go_on.wait(PATIENCE)
        return Loaded(MODEL_CONFIGS["demo"], "CPU", (), 0)

    def waiting(name: str, told: threading.Event) -> Callable[[Progress], None]:
        def report(progress: Progress) -> None:
            places[name].add(progress.done)
            told.set()

        return report

    model, threads = ModelInUse(tmp_path, Pretended(slow)), []
    told = {name: threading.Event() for name in places}
    reports_to = {"working": lambda progress: None, **{name: waiting(name, told[name]) for name in places}}
    for name, report in reports_to.items():
        threads.append(threading.Thread(target=lambda to=report: list(model.transcribe(order("demo"), to))))
        threads[-1].start()
        assert (told.get(name) or working).wait(PATIENCE)
    go_on.set()
    for thread in threads:
        thread.join()

    assert places["next"] == {1}
    assert 2 in places["last"]


def test_who_cancels_his_own_load_leaves_no_model(tmp_path: Path) -> None:
    model = ModelInUse(tmp_path, Pretended(failing))

    with pytest.raises(TranscriptionCancelledError):
        list(model.transcribe(order("demo"), give_up))

    assert model.status == EMPTY


def asking(asked: Order, on_progress: OnProgress) -> Loaded:
    on_progress(Progress("waiting", asked.model))
    raise HubUnreachableError(asked.model, "it does not answer")


def test_waiting_for_the_hub_is_part_of_loading_and_a_failure_there_leaves_no_model(tmp_path: Path) -> None:
    heard: list[Progress] = []
    model = ModelInUse(tmp_path, Pretended(asking))

    with pytest.raises(HubUnreachableError):
        list(model.transcribe(order("canary@v1"), heard.append))

    assert heard == [Progress("loading", "canary@v1")]
    assert model.status.sentence == "canary@v1 could not be loaded. No model is in memory."


def test_the_version_and_what_is_to_be_known_of_it_stand_in_the_status(tmp_path: Path, no_settings: Path) -> None:
    canary = replace(MODEL_CONFIGS["canary"], revision="5f3a" * 10)
    model = ModelInUse(
        tmp_path, Pretended(lambda asked, report: Loaded(canary, "CPU", ("it is slow here",), 0)), offline=True
    )

    list(model.transcribe(order("canary@v1", Path("talk.wav")), ignore))
    shown = rendering.status(model.status)

    assert model.settings("cpu", "none") == LoadSettings(tmp_path, "cpu", "none", offline=True)
    assert "canary is ready on CPU." in shown
    assert f'<abbr title="{"5f3a" * 10}">5f3a5f3</abbr>' in shown
    assert "It is slow here." in shown


def test_a_worker_that_is_gone_leaves_no_model(tmp_path: Path, no_settings: Path) -> None:
    worker = Pretended(lambda asked, report: Loaded(MODEL_CONFIGS["demo"], "CPU", (), 0))
    model = ModelInUse(tmp_path, worker)
    list(model.transcribe(order("demo", Path("talk.wav")), ignore))
    before = model.status.kind

    worker.loaded = None

    assert (before, model.status) == ("ready", EMPTY)
