"""What the page is made of, without a browser: jobs, results by the user's names, what is remembered and logged."""

import asyncio
import json
import logging
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from page import rendering, reports, settings
from page.jobs import Job
from page.model_in_use import EMPTY, ModelInUse
from page.recordings import LONGEST_NAME, Result, Upload, deliver, named_by_user, page_folder, safe_name
from page.view import OUTPUTS, SAMPLE
from transcriber.catalogue import MODEL_CONFIGS, ModelSpec
from transcriber.errors import (
    HubUnreachableError,
    ModelLoadError,
    TempCleanupWarning,
    TranscriptionCancelledError,
    UnreadableMediaError,
)
from transcriber.loading import LoadSettings, Shelf
from transcriber.pipeline import Done, Failed
from transcriber.progress import OnProgress, Progress
from transcriber.transcript import Segment, Transcript, Word

PATIENCE = 120
"""Seconds that anything may take on a busy machine."""

# --- jobs ------------------------------------------------------------------------------------------------------------


async def all_of(job: Job[int]) -> list[int]:
    return [result async for new in job.follow() for result in new]


def test_a_job_gives_all_its_results_in_order() -> None:
    job = Job[int](lambda report: iter(range(1000)))

    assert asyncio.run(all_of(job)) == list(range(1000))
    assert (job.failure, job.stopped) == (None, False)


def test_a_cancelled_job_stops_at_its_next_report() -> None:
    def work(report: OnProgress) -> Iterator[int]:
        report(Progress("loading", "demo"))
        yield 1
        job.cancel()
        report(Progress("loading", "demo"))
        yield 2

    job = Job[int](work)

    assert asyncio.run(all_of(job)) == [1]
    assert job.stopped


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
        async with aclosing(Job[int](work).follow()) as news:
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

    jobs = [Job[int](ours), Job[int](foreign)]
    for job in jobs:
        asyncio.run(all_of(job))

    assert jobs[0].failure == "demo could not be loaded: it is broken."
    assert jobs[1].failure == (
        f"Something unexpected went wrong (KeyError). Try again; if it stays, the details are in {reports.log_path()}."
    )
    assert "Traceback" in caplog.text


# --- warnings and the log --------------------------------------------------------------------------------------------


@pytest.fixture
def taken_warnings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with warnings.catch_warnings():
        reports.take_warnings()
        yield


def test_a_leftover_is_told_to_the_job_that_left_it_and_to_no_other(taken_warnings: None) -> None:
    def work(report: OnProgress) -> Iterator[int]:
        warnings.warn(TempCleanupWarning("/left/behind"), stacklevel=1)
        yield 1

    leaving, other = Job[int](work), Job[int](lambda report: iter([1]))
    for job in (leaving, other):
        asyncio.run(all_of(job))

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
        written = reports.log_path().read_text(encoding="utf-8")
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


def test_the_model_is_remembered(no_settings: Path) -> None:
    settings.remember_model("parakeet-v3")

    assert settings.last_model() == "parakeet-v3"


def test_the_version_of_a_model_is_remembered_too(no_settings: Path) -> None:
    settings.remember_model("canary@feature/x")

    assert settings.last_model() == "canary@feature/x"


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"model": 7}', b'{"model": "parrot"}', b"\xff\xfe", b"null"])
def test_settings_that_make_no_sense_are_ignored(no_settings: Path, content: bytes) -> None:
    no_settings.write_bytes(content)

    assert settings.last_model() == settings.FIRST_MODEL


def test_a_settings_file_that_cannot_be_written_costs_only_the_memory(no_settings: Path) -> None:
    no_settings.with_name("settings.json.part").mkdir()

    try:
        settings.remember_model("parakeet")
    finally:
        no_settings.with_name("settings.json.part").rmdir()

    assert settings.last_model() == settings.FIRST_MODEL


# --- the model in use ------------------------------------------------------------------------------------------------


def failing(spec: ModelSpec, wanted: LoadSettings, on_progress: OnProgress) -> None:
    on_progress(Progress("importing", "NeMo"))
    raise ModelLoadError(spec.name, "it is broken")


def test_a_failed_start_shows_its_sentence(tmp_path: Path, no_settings: Path) -> None:
    model = ModelInUse(tmp_path, Shelf(failing))

    model.warm_up()

    assert (model.status.kind, model.status.sentence) == ("failed", "demo could not be loaded: it is broken.")


def test_who_cancels_while_others_load_changes_nothing_for_them(tmp_path: Path) -> None:
    loading, go_on = threading.Event(), threading.Event()

    def slow(spec: ModelSpec, wanted: LoadSettings, on_progress: OnProgress) -> None:
        on_progress(Progress("loading", spec.name))
        loading.set()
        go_on.wait(PATIENCE)
        raise ModelLoadError(spec.name, "it is broken")

    def give_up(progress: Progress) -> None:
        raise TranscriptionCancelledError(progress.subject)

    model = ModelInUse(tmp_path, Shelf(slow))
    first = threading.Thread(target=model.warm_up)
    first.start()
    assert loading.wait(PATIENCE)

    with pytest.raises(TranscriptionCancelledError), model.borrow("demo", "cpu", give_up):
        pass
    seen = model.status
    go_on.set()
    first.join()

    assert seen.sentence == "Loading demo …"


def test_who_cancels_his_own_load_leaves_no_model(tmp_path: Path) -> None:
    def give_up(progress: Progress) -> None:
        raise TranscriptionCancelledError(progress.subject)

    model = ModelInUse(tmp_path, Shelf(failing))

    with pytest.raises(TranscriptionCancelledError), model.borrow("demo", "cpu", give_up):
        pass

    assert model.status == EMPTY


def asking(spec: ModelSpec, wanted: LoadSettings, on_progress: OnProgress) -> None:
    on_progress(Progress("waiting", spec.name))
    raise HubUnreachableError(spec.name, "it does not answer")


def test_waiting_for_the_hub_is_part_of_loading_and_a_failure_there_leaves_no_model(tmp_path: Path) -> None:
    heard: list[Progress] = []
    model = ModelInUse(tmp_path, Shelf(asking))

    with pytest.raises(HubUnreachableError), model.borrow("canary@v1", "cpu", heard.append):
        pass

    assert heard == [Progress("loading", "canary")]
    assert model.status.sentence == "canary@v1 could not be loaded. No model is in memory."


class Loaded:
    """A model in memory that does nothing."""

    device, memory_bytes, notes = "CPU", 0, ("it is slow here",)

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = replace(spec, revision="5f3a" * 10)

    def close(self) -> None: ...


def test_the_version_and_what_is_to_be_known_of_it_stand_in_the_status(
    nemo: None, tmp_path: Path, no_settings: Path
) -> None:
    asked: list[LoadSettings] = []

    def load(spec: ModelSpec, wanted: LoadSettings, on_progress: OnProgress) -> Loaded:
        asked.append(wanted)
        return Loaded(spec)

    model = ModelInUse(tmp_path, Shelf(load), offline=True)
    with model.borrow("canary@v1", "cpu", timing="none"):
        shown = rendering.status(model.status)

    assert asked == [LoadSettings(tmp_path, "cpu", "none", offline=True)]
    assert settings.last_model() == "canary@v1"
    assert "canary is ready on CPU." in shown
    assert f'<abbr title="{"5f3a" * 10}">5f3a5f3</abbr>' in shown
    assert "It is slow here." in shown


# --- recordings and results ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Anna's Gespräch – Teil 1.wav", "Anna's Gespräch – Teil 1.wav"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\a\\b.mp3", "C__a_b.mp3"),
        ('what? "yes" <no>|*.wav', "what_ _yes_ _no___.wav"),
        ("con.wav", "con_.wav"),
        ("COM1", "COM1_"),
        ("confidence.wav", "confidence.wav"),
        ("dots. .", "dots"),
        ("\n", "_"),
        ("", "recording"),
        ("x" * 300 + ".wav", "x" * (LONGEST_NAME - 4) + ".wav"),
    ],
)
def test_every_name_becomes_one_that_every_file_system_takes(given: str, kept: str) -> None:
    assert safe_name(given) == kept


def test_errors_speak_of_the_file_as_the_user_does(tmp_path: Path) -> None:
    upload = Upload(tmp_path / "3f2a" / "Annas.wav", "Anna's.wav")

    error = named_by_user(UnreadableMediaError(str(upload.path), "it is empty"), upload)

    assert (
        str(error) == "Anna's.wav cannot be read as audio or video: it is empty. Export it again, or try another file."
    )


def transcript(*words: str) -> Transcript:
    timed = tuple(Word(word, number, number + 0.5, 0.5) for number, word in enumerate(words))
    return Transcript((Segment(" ".join(words), 0, len(words), timed),), len(words), "demo")


def test_a_folder_that_refuses_costs_the_saving_and_not_the_transcript(tmp_path: Path) -> None:
    downloads, in_the_way = tmp_path / "downloads", tmp_path / "file"
    downloads.mkdir()
    in_the_way.write_text("", encoding="utf-8")
    done = Done(tmp_path / "x.wav", transcript("hello"), 1.0, "CPU", 1)

    result = deliver(done, Upload(tmp_path / "x.wav", "talk.wav"), downloads, in_the_way / "folder")

    assert [path.name for path in result.downloads] == ["talk.txt", "talk.srt", "talk.json"]
    assert result.failure is not None
    assert "cannot be written" in result.failure


def test_a_cancelled_recording_is_no_failure_to_be_shown_in_red(tmp_path: Path) -> None:
    upload = Upload(tmp_path / "x.wav", "talk.wav")

    result = deliver(Failed(upload.path, TranscriptionCancelledError("x.wav")), upload, tmp_path, None)

    assert (result.failure, result.cancelled) == ("talk.wav was cancelled.", True)
    assert "notice info" in rendering.results([result])


def test_the_folder_of_a_killed_page_goes_and_that_of_a_living_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dead = next(pid for pid in range(400_000, 500_000) if not psutil.pid_exists(pid))
    orphan, living, foreign = (tmp_path / f"transcribe-ui-page-{owner}-x" for owner in (dead, os.getppid(), "somebody"))
    for folder in (orphan, living, foreign):
        (folder / "upload").mkdir(parents=True)

    with page_folder() as own:
        inside = own.is_dir()

    assert inside
    assert sorted(tmp_path.iterdir()) == sorted([living, foreign])


# --- HTML ------------------------------------------------------------------------------------------------------------


def test_what_was_said_and_how_files_are_called_cannot_become_html(tmp_path: Path) -> None:
    evil = '<script>alert("1")</script>'
    done = Done(tmp_path, transcript(evil), 1.0, evil, 1)
    result = deliver(done, Upload(tmp_path, f"{evil}.wav"), tmp_path, tmp_path / "kept")

    page = rendering.results([result]) + rendering.notice(evil) + rendering.progress(Progress("recognizing", evil))

    assert "<script" not in page
    assert '"1"' not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("progress", "sentence"),
    [
        (None, "Starting …"),
        (Progress("importing", "NeMo"), "Importing NeMo …"),
        (Progress("loading", "/models/mine.nemo"), "Loading mine.nemo …"),
        (Progress("recognizing", "talk.wav", 62, 184), "Recognizing talk.wav: 1:02 min of 3:04 min"),
        (Progress("recognizing", "talk.wav", 62), "Recognizing talk.wav: 1:02 min"),
        (Progress("downloading", "parakeet", 12_300_000, 2.47e9), "Downloading parakeet: 12.3 MB of 2.5 GB"),
        (Progress("waiting", "canary@v1"), "Waiting until canary@v1 is free. Loading …"),
    ],
)
def test_progress_is_told_in_words(progress: Progress | None, sentence: str) -> None:
    assert f"<span>{sentence}</span>" in rendering.progress(progress, meanwhile="Loading …")


def test_where_no_model_is_waited_for_it_is_the_hub() -> None:
    sentence = "Waiting for the Hub, or for another download of canary …"

    assert f"<span>{sentence}</span>" in rendering.progress(Progress("waiting", "canary"))


def test_times_that_nobody_heard_are_explained_where_there_are_any() -> None:
    def shown(*words: Word) -> str:
        spoken = Transcript((Segment("a b", 0, 2, words),), 2, "canary")
        return rendering.results([Result("talk.wav", Done(Path("talk.wav"), spoken, 1.0, "CPU", 1))])

    heard = Word("a", 0, 1)

    assert "<caption>" not in shown(heard)
    assert "<caption>" in shown(heard, Word("b", 1, 2, timing="shared"))
    assert shown(heard, Word("b", 1, 2, timing="shared")).count('<tr class="shared"') == 1


def test_a_bar_without_an_end_says_so_to_a_screen_reader() -> None:
    assert 'aria-valuenow="25"' in rendering.progress(Progress("recognizing", "talk.wav", 1, 4))
    assert "aria-valuenow" not in rendering.progress(Progress("recognizing", "talk.wav", 1))


def test_a_choice_tells_size_languages_licence_and_whether_it_is_there() -> None:
    assert rendering.choice(MODEL_CONFIGS["parakeet-v3"], installed=False) == (
        "Parakeet TDT 0.6B v3 (25 languages)\n2.5 GB · 25 languages · CC-BY-4.0 · not installed"
    )


def test_the_sample_is_there_and_the_outputs_are_not_tracked() -> None:
    ignored = (OUTPUTS.parent / ".gitignore").read_text(encoding="utf-8").splitlines()

    assert SAMPLE.is_file()
    assert f"/{OUTPUTS.name}/" in ignored


def test_what_is_remembered_is_plain_json(no_settings: Path) -> None:
    settings.remember_model("parakeet")

    assert json.loads(no_settings.read_text(encoding="utf-8")) == {"model": "parakeet"}
