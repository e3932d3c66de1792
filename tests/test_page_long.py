"""Stories of long recordings in the page: watched while they grow, cancelled, killed, gone on with, kept."""
# ruff: noqa: F811 - fixtures of page_driver are asked for by their names

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from page_driver import Server, Tab, browser, new_tab, said, serving  # noqa: F401 - two are fixtures
from playwright.sync_api import Browser, Response, expect
from speech_data import long_talk, recording, sample

pytestmark = pytest.mark.browser

LONG = "long talk.wav"
SAMPLE = sample().path.name

AT_END = """() => { const text = document.querySelector("#growing .text");
    return text.scrollHeight > text.clientHeight
        && text.scrollTop + text.clientHeight >= text.scrollHeight - 8 }"""

PAGE_BYTES = 400_000_000
"""More than this the page's own process must not take: NeMo alone takes 670 MB."""


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten minutes of speech."""
    return long_talk(tmp_path_factory.mktemp("talks") / LONG)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("page")) as running:
        yield running


@pytest.fixture
def tab(server: Server, new_tab: Callable[..., Tab]) -> Tab:
    return new_tab().open(server.address)


@pytest.fixture(scope="module")
def undisturbed(server: Server, browser: Browser, talk: Path) -> str:
    """The text of the ten minutes."""
    with browser.new_page() as page:
        tab = Tab(page).open(server.address)
        tab.type_paths(talk)
        tab.press("Transcribe")
        return said(tab.results(LONG)[0])


def under_way(tab: Tab, talk: Path) -> None:
    """Ten minutes are being transcribed, and some of the text has come."""
    tab.type_paths(talk)
    tab.press("Transcribe")
    tab.growing(3)


# --- watched, cancelled, gone on with --------------------------------------------------------------------------------


def test_a_text_grows_while_the_work_goes_on_and_nothing_of_it_is_sent_twice(tab: Tab, talk: Path) -> None:
    answers: list[Response] = []
    tab.page.on("response", lambda answer: answers.append(answer) if "component_server" in answer.url else None)

    under_way(tab, talk)
    expect(tab.page.locator("#progress .pace")).to_contain_text(re.compile(r"of 9:\d\d · .*× real time.*left"))
    expect(tab.page.locator("#growing .count")).to_contain_text(re.compile(r"\d words so far"))
    text = tab.growing(15)
    shown = text.locator("p").all_inner_texts()
    tab.page.wait_for_function(AT_END)
    text.evaluate("text => text.scrollTop = 0")
    tab.growing(len(shown) + 3)
    expect(text.locator("p").first).to_be_in_viewport()
    tab.press("Cancel")
    tab.partial(f"{LONG}, cancelled at")

    sent = [each["text"] for answer in answers for each in json.loads(answer.body())["paragraphs"]]
    assert sent[: len(shown)] == shown
    expect(tab.page.locator("#growing article")).to_be_hidden()


def test_what_was_cancelled_stays_can_be_downloaded_and_goes_on_to_the_same_text(
    tab: Tab, talk: Path, undisturbed: str
) -> None:
    under_way(tab, talk)

    tab.press("Cancel")
    partial = tab.partial(f"{LONG}, cancelled at")
    so_far = said(partial)
    file = tab.download(partial, ".txt").read_text(encoding="utf-8")
    tab.go_on(partial)
    (whole,) = tab.results(LONG)

    assert 0 < len(so_far) < len(undisturbed)
    assert " ".join(file.split()) == so_far
    expect(whole.locator("h3")).to_have_text(LONG)
    assert said(whole) == undisturbed
    expect(tab.page.locator("#unfinished li")).to_have_count(0)


def test_who_comes_second_is_told_whom_he_waits_for(server: Server, new_tab: Callable[..., Tab], talk: Path) -> None:
    first, second = new_tab().open(server.address), new_tab().open(server.address)
    under_way(first, talk)

    second.press("Try the sample")
    second.progress(f"Waiting: {LONG} is being transcribed (next in line)")
    first.press("Cancel")

    assert said(second.results(SAMPLE)[0]) == sample().text
    first.partial(LONG)


# --- killed ----------------------------------------------------------------------------------------------------------


def test_a_killed_worker_is_one_sentence_and_the_next_press_goes_on_from_there(
    tab: Tab, server: Server, talk: Path, undisturbed: str
) -> None:
    under_way(tab, talk)

    server.worker().kill()
    partial = tab.partial(f"{LONG}, stopped at")
    sentence = partial.locator(".notice").inner_text()
    gone = tab.status("No model in memory")
    tab.press("Transcribe")
    (whole,) = tab.results(LONG)

    assert re.search(r"ended unexpectedly \(.*\)\. What was heard so far is kept", sentence)
    assert gone.endswith("The next transcription loads one.")
    assert said(whole) == undisturbed


def test_a_killed_page_offers_what_it_had_begun_and_finishes_it_as_if_nothing_had_been(
    new_tab: Callable[..., Tab], tmp_path: Path, talk: Path, undisturbed: str
) -> None:
    with serving(tmp_path) as first:
        tab = new_tab().open(first.address)
        tab.give(talk)
        tab.press("Transcribe")
        tab.growing(3)
        first.process.kill()
        first.process.wait()
        tab.page.close()

    with serving(tmp_path) as second:
        tab = new_tab().open(second.address)
        row = tab.unfinished(LONG)
        expect(row).to_contain_text("It ended unexpectedly.")
        tab.go_on(row)
        (whole,) = tab.results(LONG)

        assert said(whole) == undisturbed
        expect(tab.page.locator("#unfinished li")).to_have_count(0)
    assert not list(tmp_path.rglob(LONG)), "the upload is not needed any more"


# --- where files are -------------------------------------------------------------------------------------------------


def test_a_folder_is_transcribed_where_it_is_and_what_is_there_already_is_skipped(tab: Tab, tmp_path: Path) -> None:
    museum, one = recording("museum.flac"), recording("museum.flac")
    (tmp_path / "day 2").mkdir()
    shutil.copy(museum.path, tmp_path / "take 1.flac")
    shutil.copy(one.path, tmp_path / "day 2" / "take 2.flac")
    tab.page.get_by_label("Save the files too").check()
    tab.page.get_by_label("Beside the recordings").check()

    before = tab.type_paths(tmp_path)
    tab.press("Transcribe")
    tab.results("take 1.flac", "take 2.flac")
    written = (tmp_path / "day 2" / "take 2.txt").read_text(encoding="utf-8")
    tab.page.get_by_label("Skip the recording").check()
    tab.press("Transcribe")
    tab.news("It was not transcribed again")
    tab.type_paths(tmp_path)

    assert before.startswith("2 recordings in 2 folders, ")
    assert written.strip() == museum.text
    assert len(list(tmp_path.rglob("*.srt"))) == 2
    expect(tab.page.locator("#look")).to_contain_text("2 are already transcribed.")


# --- what is kept ----------------------------------------------------------------------------------------------------


def test_a_transcript_is_opened_again_from_the_history_and_deleted_for_good_in_every_tab(
    server: Server, new_tab: Callable[..., Tab], tmp_path: Path
) -> None:
    tab, other = new_tab().open(server.address), new_tab().open(server.address)
    talk = Path(shutil.copy(recording("museum.flac").path, tmp_path / "secret.flac"))
    tab.type_paths(talk)
    tab.press("Transcribe")
    tab.results("secret.flac")
    tab.history("secret.flac")

    row = other.history("secret.flac")
    row.get_by_role("button", name="Show").click()
    (opened,) = other.results("secret.flac")
    text = said(opened)
    other.enter("Library")
    row.get_by_role("button", name="Delete").click()
    row.get_by_role("button", name="Keep").click()
    row.get_by_role("button", name="Delete").click()
    row.locator(".sure").get_by_role("button", name="Delete").click()
    expect(other.page.locator("#library .told")).to_have_text("secret.flac was deleted.")

    assert text == recording("museum.flac").text
    for each in (tab, other):
        expect(each.page.locator("#history li", has_text="secret.flac")).to_have_count(0)
    expect(other.page.locator(".result")).to_have_count(0)
    jobs = [path for path in server.home.rglob("transcript.json") if path.is_file()]
    assert not [path for path in jobs if "secret" in path.parent.name]


# --- light -----------------------------------------------------------------------------------------------------------


def test_the_page_holds_no_model_and_knows_no_torch(tab: Tab, server: Server) -> None:
    tab.press("Try the sample")
    tab.results(SAMPLE)
    page, worker = psutil.Process(server.process.pid), server.worker()

    mapped = {process.pid: {Path(each.path).name for each in process.memory_maps()} for process in (page, worker)}

    assert any("torch" in name for name in mapped[worker.pid])
    assert not any("torch" in name for name in mapped[page.pid])
    assert page.memory_info().rss < PAGE_BYTES
