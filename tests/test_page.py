"""Stories of people who use the page: the real server, a real browser, the demo model."""
# ruff: noqa: F811 - fixtures of page_driver are asked for by their names

import os
import re
import shutil
import tarfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import docx
import pytest
from hub_server import HubServer
from make_media import a_silent_film, a_text, broken_off, no_samples
from page_driver import END_SECONDS, Server, Tab, browser, new_tab, said, serving  # noqa: F401 - two are fixtures
from playwright.sync_api import expect
from speech_data import long_speech, long_talk, recording, sample, short_speech

from transcriber.catalogue import MODEL_CONFIGS, MODELS_DIR
from transcriber.export import USUAL, find
from transcriber.export.transcript_json import parse

pytestmark = pytest.mark.browser

SAMPLE = sample().path.name

NAME = "Anna's Gespräch, Teil 1 – 東京.flac"
"""What a user's file may be called, on every file system."""

LISTEN = """() => { window.copied = false; new MutationObserver(() => {
    window.copied ||= [...document.querySelectorAll("[data-copy]")].some(button => button.textContent === "Copied")
}).observe(document.body, { childList: true, subtree: true }) }"""
"""Notices what a button says for two seconds only, also where the button is drawn anew."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("page")) as running:
        yield running


@pytest.fixture
def tab(server: Server, new_tab: Callable[..., Tab]) -> Tab:
    return new_tab().open(server.address)


@pytest.fixture(scope="module")
def ten_minutes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording that nobody waits for."""
    return long_talk(tmp_path_factory.mktemp("long") / "ten minutes.wav")


# --- the main road ---------------------------------------------------------------------------------------------------


def test_the_first_click_transcribes_the_sample_to_the_word(tab: Tab) -> None:
    expect(tab.page.locator("#first-run")).to_contain_text("nothing but its own synthetic voice")

    tab.press("Try the sample")
    (result,) = tab.results(SAMPLE)

    assert said(result) == sample().text
    expect(result.locator(".words tbody tr")).to_have_count(len(sample().words))
    expect(result.locator(".statistics")).to_contain_text("12.5 s")
    assert tab.status("ready") == "demo is ready on CPU."


def test_the_header_is_right_beside_a_result_and_does_not_wait_for_the_next_tick(
    server: Server, new_tab: Callable[..., Tab]
) -> None:
    tab = new_tab()
    tab.page.add_init_script("window.setInterval = () => 0")
    tab.open(server.address)

    tab.press("Try the sample")
    tab.results(SAMPLE)

    assert tab.status("ready") == "demo is ready on CPU."


def test_files_come_back_under_the_names_they_were_given(tab: Tab, tmp_path: Path) -> None:
    spoken = recording("museum.flac")
    named = Path(shutil.copy(spoken.path, tmp_path / NAME))

    (result,) = tab.transcribe(named)
    suffixes = [find(name).extension for name in USUAL]
    text, _, whole, table, document = files = [tab.download(result, suffix) for suffix in suffixes]

    expect(result.locator("h3")).to_have_text(NAME)
    assert [file.name for file in files] == [named.with_suffix(suffix).name for suffix in suffixes]
    assert parse(whole.read_text(encoding="utf-8")).text == spoken.text
    assert text.read_text(encoding="utf-8").strip() == spoken.text
    assert table.read_text(encoding="utf-8-sig").count("\n") == 1 + len(spoken.words)
    assert any(paragraph.text.endswith(spoken.text) for paragraph in docx.Document(document).paragraphs)


def test_one_bad_file_does_not_stop_the_others(tab: Tab, tmp_path: Path) -> None:
    first, last = short_speech()[:2]
    bad = a_text(tmp_path)

    results = tab.transcribe(first.path, bad, last.path)

    assert [said(results[0]), said(results[2])] == [first.text, last.text]
    expect(results[1].locator(".notice")).to_have_text(re.compile("^notes.wav cannot be read as audio or video"))
    assert "2 of 3 recordings were transcribed" in tab.news("recordings")


def test_a_long_table_of_words_is_fetched_when_it_is_scrolled(tab: Tab) -> None:
    (result,) = tab.transcribe(long_speech().path)
    rows = result.locator(".words tbody tr")
    expect(rows).to_have_count(100)

    result.locator(".words").evaluate("table => table.scrollTop = table.scrollHeight")

    expect(rows).to_have_count(len(said(result).split()))


def test_copying_gives_the_text(tab: Tab) -> None:
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    (result,) = tab.transcribe(recording("museum.flac").path)
    tab.page.evaluate(LISTEN)

    result.get_by_role("button", name="Copy text").click()
    tab.page.wait_for_function("copied")

    assert tab.page.evaluate("navigator.clipboard.readText()") == recording("museum.flac").text


def test_without_word_times_there_is_no_table_and_with_saving_there_are_files(tab: Tab, tmp_path: Path) -> None:
    tab.page.get_by_label("Word times").uncheck()
    tab.page.get_by_label("Save the files too").check()
    tab.page.get_by_label("Folder", exact=True).fill(f'"{tmp_path / "kept"}"')

    (result,) = tab.transcribe(recording("museum.flac").path)

    expect(result.locator(".saved")).to_contain_text(str(tmp_path / "kept"))
    expect(result.locator(".words")).to_have_count(0)
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {f"museum{find(each).extension}" for each in USUAL}


def test_the_page_can_be_used_with_the_keyboard_alone(tab: Tab) -> None:
    expect(tab.page.locator("#offer:visible, #unload:visible")).to_have_count(2)
    reached = set()

    for _ in range(30):
        tab.page.keyboard.press("Tab")
        reached.add(tab.page.evaluate("document.activeElement.closest('[id]')?.id"))
    tab.page.locator("#sample").focus()
    tab.page.keyboard.press("Enter")

    assert {"offer", "transcribe", "sample", "unload"} <= reached
    assert said(tab.results(SAMPLE)[0]) == sample().text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read_and_nothing_is_cut_off(
    server: Server, new_tab: Callable[..., Tab], tmp_path: Path, scheme: str
) -> None:
    bad = a_text(tmp_path)
    tab = new_tab(color_scheme=scheme).open(server.address)
    pale = tab.pale_texts()

    tab.page.get_by_label("Save the files too").check()
    tab.page.get_by_label("Folder", exact=True).fill(str(tmp_path / "kept"))
    tab.transcribe(recording("museum.flac").path, bad)
    pale += tab.pale_texts()

    assert pale == []
    assert tab.fits()


# --- stopping, waiting, sharing --------------------------------------------------------------------------------------


def test_cancel_ends_a_long_recording_and_the_next_one_works(tab: Tab, ten_minutes: Path) -> None:
    tab.give(ten_minutes)
    tab.press("Transcribe")
    tab.progress("Transcribing ten minutes.wav")

    tab.press("Cancel")
    tab.results("ten minutes.wav")
    cancelled = tab.news("Cancelled")
    tab.press("Try the sample")
    (result,) = tab.results(SAMPLE)

    assert cancelled == "Cancelled."
    assert said(result) == sample().text


def test_unloading_gives_the_model_back_and_the_next_click_loads_it_again(tab: Tab) -> None:
    tab.press("Try the sample")
    tab.results(SAMPLE)

    tab.press("Unload")
    unloaded = tab.news("unloaded")
    empty = tab.status("No model in memory")
    (result,) = tab.transcribe(recording("museum.flac").path)

    assert (unloaded, empty) == (
        "The model was unloaded and its memory given back.",
        "No model in memory. The next transcription loads one.",
    )
    assert said(result) == recording("museum.flac").text


def test_the_quicker_arithmetic_is_used_as_long_as_it_is_chosen_and_said_so(tab: Tab) -> None:
    note = tab.page.locator(".note", has_text="8-bit integers, as you asked")
    choice = tab.page.get_by_label("Twice as fast on the processor")

    choice.check()
    tab.press("Try the sample")
    tab.results(SAMPLE)
    expect(note).to_be_visible()

    choice.uncheck()
    tab.press("Try the sample")
    expect(note).to_have_count(0)
    (result,) = tab.results(SAMPLE)

    assert said(result) == sample().text


def test_two_tabs_at_once_get_each_their_own_text(server: Server, new_tab: Callable[..., Tab]) -> None:
    tabs = [new_tab().open(server.address) for _ in range(2)]
    spoken = [short_speech()[:3], short_speech()[3:6]]
    for tab, several in zip(tabs, spoken, strict=True):
        tab.give(*(one.path for one in several))

    for tab in tabs:
        tab.press("Transcribe")
    texts = [
        [said(result) for result in tab.results(*(one.path.name for one in several))]
        for tab, several in zip(tabs, spoken, strict=True)
    ]

    assert texts == [[one.text for one in several] for several in spoken]


def test_somebody_who_wants_another_model_is_told_to_wait(
    server: Server, new_tab: Callable[..., Tab], ten_minutes: Path, tmp_path: Path
) -> None:
    busy, waiting = new_tab().open(server.address), new_tab().open(server.address)
    copy = shutil.copy(MODELS_DIR / "demo.nemo", tmp_path / "another.nemo")
    busy.give(ten_minutes)
    busy.press("Transcribe")
    busy.progress("Transcribing")

    waiting.choose_file(copy)
    waiting.press("Try the sample")
    waiting.progress("Waiting: ten minutes.wav is being transcribed (next in line)")
    busy.press("Cancel")

    assert said(waiting.results(SAMPLE)[0]) == sample().text
    assert waiting.status("another.nemo") == "another.nemo is ready on CPU."


def test_a_closed_tab_does_not_end_what_it_has_asked_for(
    server: Server, new_tab: Callable[..., Tab], ten_minutes: Path
) -> None:
    leaving, staying = new_tab().open(server.address), new_tab().open(server.address)
    leaving.give(ten_minutes)
    leaving.press("Transcribe")
    leaving.progress("Transcribing")

    leaving.page.close()
    row = staying.history("ten minutes.wav")

    expect(row).to_contain_text("10 min")


# --- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "begins"),
    [
        (a_text, "notes.wav cannot be read as audio or video: "),
        (a_silent_film, "silent.mp4 "),
        (no_samples, "empty take.wav "),
        (broken_off, "broken off.mp4 cannot be read as audio or video: "),
    ],
)
def test_a_recording_that_cannot_be_used_gets_one_sentence(
    tab: Tab, tmp_path: Path, make: Callable[[Path], Path], begins: str
) -> None:
    (result,) = tab.transcribe(make(tmp_path))

    sentence = result.locator(".notice").inner_text()

    assert sentence.startswith(begins)
    assert str(tmp_path) not in sentence
    assert "Traceback" not in tab.page.content()


def missing(folder: Path) -> Path:
    return folder / "missing.nemo"


def text_as_model(folder: Path) -> Path:
    path = folder / "text.nemo"
    path.write_text("no model", encoding="utf-8")
    return path


def climbing(folder: Path) -> Path:
    path = folder / "hostile.nemo"
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo("../../evil.txt")
        archive.addfile(member)
    return path


@pytest.mark.parametrize(
    ("make", "parts"),
    [
        (missing, ("is not installed", "does not exist", "Check the path.")),
        (text_as_model, ("is not a usable model", "Download or copy it again.")),
        (climbing, ("is not a usable model", "evil.txt")),
    ],
)
def test_a_model_file_that_cannot_be_used_gets_one_sentence(
    tab: Tab, tmp_path: Path, make: Callable[[Path], Path], parts: tuple[str, ...]
) -> None:
    path = make(tmp_path)
    tab.choose_file(path)

    tab.press("Try the sample")
    sentence = tab.news(path.name)

    assert all(part in sentence for part in parts)
    assert tab.status("could not be loaded") == f"{path.name} could not be loaded. No model is in memory."
    assert "Traceback" not in tab.page.content()


def test_pressing_transcribe_without_a_file_says_what_to_do(tab: Tab) -> None:
    tab.press("Transcribe")

    assert tab.news("recording first") == "Choose a recording first, or press “Try the sample”."


def test_a_model_that_is_not_installed_says_how_to_get_it_and_leaves_the_other_loaded(tab: Tab) -> None:
    tab.press("Try the sample")
    tab.results(SAMPLE)

    tab.choose("Parakeet TDT 0.6B v3")
    tab.press("Try the sample")
    sentence = tab.news("not installed")

    assert sentence.endswith("Press Install, or run: python setup_local_models.py parakeet-v3")
    assert tab.status("ready") == "demo is ready on CPU."


def test_what_users_write_is_shown_and_never_run(tab: Tab) -> None:
    tab.choose_file('<img src=x onerror="document.title=1">${1+1}{{2+2}}.nemo')

    tab.press("Try the sample")
    sentence = tab.news("is not installed")

    assert '<img src=x onerror="document.title=1">${1+1}{{2+2}}.nemo' in sentence
    expect(tab.page.locator("img[src=x]")).to_have_count(0)
    assert tab.page.title() == "Transcribe"


def test_nothing_that_was_said_is_in_the_log(tab: Tab, server: Server) -> None:
    tab.press("Try the sample")
    tab.results(SAMPLE)

    assert "museum" not in server.log() + server.said()


# --- other starts ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stuck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A page whose NeMo is never done importing, and that must not use the network."""
    home = tmp_path_factory.mktemp("stuck")
    (home / "nemo").mkdir()
    (home / "nemo" / "__init__.py").write_text("import time\ntime.sleep(3600)\n", encoding="utf-8")
    with serving(home, "--offline", "--port", "0", environment={"PYTHONPATH": str(home)}) as running:
        yield running


def test_the_page_answers_before_nemo_is_imported(stuck: Server, new_tab: Callable[..., Tab]) -> None:
    tab = new_tab().open(stuck.address)

    with urllib.request.urlopen(stuck.address) as answer:
        status = answer.status

    assert status == 200
    assert tab.status("NeMo") == "Importing NeMo …"


def test_a_request_during_the_import_waits_and_can_be_cancelled(stuck: Server, new_tab: Callable[..., Tab]) -> None:
    tab = new_tab().open(stuck.address)

    tab.press("Try the sample")
    tab.progress("Waiting: Importing NeMo (next in line)")
    tab.press("Cancel")

    assert tab.news("Cancelled") == "Cancelled."


def test_offline_says_so_instead_of_downloading(stuck: Server, new_tab: Callable[..., Tab]) -> None:
    tab = new_tab().open(stuck.address)

    tab.press("Install Parakeet")

    assert "this program was started offline" in tab.news("offline")


def test_a_taken_port_leads_to_the_next_one(stuck: Server, tmp_path: Path) -> None:
    taken = int(stuck.address.rstrip("/").rsplit(":", 1)[1])
    environment = {"PYTHONPATH": str(stuck.home)}

    with serving(tmp_path, "--port", str(taken), environment=environment) as second:
        port = int(second.address.rstrip("/").rsplit(":", 1)[1])

    assert taken < port < taken + 100


def test_parakeet_is_installed_in_the_page_and_used_at_the_next_start(
    new_tab: Callable[..., Tab], tmp_path: Path
) -> None:
    spec = MODEL_CONFIGS["parakeet"]
    models = tmp_path / "models"
    models.mkdir()
    archive = Path(shutil.copy(MODELS_DIR / "demo.nemo", models / "demo.nemo")).read_bytes()
    with HubServer() as hub:
        hub.commit(spec.repository, {spec.repository_file: archive})
        environment = {"HF_ENDPOINT": hub.endpoint}
        with serving(tmp_path, "--port", "0", "--models-dir", str(models), environment=environment) as first:
            tab = new_tab().open(first.address)
            tab.press("Install Parakeet")
            installed = tab.news("is installed")
            tab.press("Try the sample")
            text = said(tab.results(SAMPLE)[0])
            tab.page.locator("#first-run").wait_for(state="hidden")
        with serving(tmp_path, "--port", "0", "--models-dir", str(models)) as second:
            again = new_tab().open(second.address).status("parakeet is ready")

    assert installed == f"{spec.title} is installed."
    assert text == sample().text
    assert again == "parakeet is ready on CPU."


@pytest.mark.skipif(os.name == "nt", reason="a process of one's own cannot be sent Ctrl-C there")
def test_ctrl_c_ends_it_cleanly(stuck: Server, tmp_path: Path) -> None:
    with serving(tmp_path, "--port", "0", environment={"PYTHONPATH": str(stuck.home)}) as server:
        server.process.send_signal(2)
        code = server.process.wait(END_SECONDS)

    assert code == 0
    assert server.said().endswith("Transcribe UI has ended.\n")
    assert "Traceback" not in server.said()
    assert not list(tmp_path.glob("transcribe-ui/page/*"))
