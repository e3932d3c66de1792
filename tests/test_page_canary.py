"""Stories of people who use Canary-Qwen in the page: a real browser, a Hub on this machine, a SALM of 5 MB."""
# ruff: noqa: F811 - fixtures of page_driver are asked for by their names

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import tiny_salm
from canary_hub import LANGUAGE, REPOSITORY
from hub_server import HubServer, Stall
from page_driver import Server, Tab, browser, new_tab, said, serving  # noqa: F401 - two are fixtures
from playwright.sync_api import Browser, Locator, expect
from slips import COMMIT, NOTE, slipped
from speech_data import long_speech, recording, sample

from transcriber.catalogue import MODEL_CONFIGS, MODELS_DIR
from transcriber.hub import holdings

pytestmark = pytest.mark.browser

SAMPLE = sample().path.name
WEIGHTS = tiny_salm.TRAINED / holdings.WEIGHTS
MUSEUM = recording("museum.flac")
CUT_OFF = "5f3a5f3a5f3a5f3a5f3a5f3a5f3a5f3"
"""The 31 characters that a commit hash was cut off to."""

COUNTED = "7 differences: 3 words, 1 number, 1 name, 1 capital letter, 1 punctuation."
"""What `slips.SLIPS` comes to."""

UNTIMED = "No word times: install Parakeet to get them. Until then, times are those of clips of up to 40 s."


def publish(hub: HubServer, *, name: str = "main") -> str:
    """Both repositories as the Hub has them; the commit of the speech model."""
    language = tiny_salm.TRAINED / tiny_salm.LANGUAGE_MODEL
    hub.commit(LANGUAGE, {path.name: path.read_bytes() for path in language.iterdir()})
    config = (tiny_salm.TRAINED / holdings.CONFIG).read_text(encoding="utf-8")
    files = {
        holdings.CONFIG: config.replace(f'"{tiny_salm.LANGUAGE_MODEL}"', f'"{LANGUAGE}"').encode(),
        holdings.WEIGHTS: WEIGHTS.read_bytes(),
    }
    return hub.commit(REPOSITORY, files, name=name)


def models_in(folder: Path, *, parakeet: bool = False) -> Path:
    """A models folder with the demo model, and perhaps the same once more as Parakeet."""
    models = folder / "models"
    models.mkdir()
    for name in ("demo.nemo", "parakeet.nemo")[: 1 + parakeet]:
        shutil.copy(MODELS_DIR / "demo.nemo", models / name)
    return models


def install_canary(models: Path) -> None:
    """So that the page believes it is there: `slips` reads nothing of it."""
    folder = models / MODEL_CONFIGS["canary"].file / COMMIT
    folder.mkdir(parents=True)
    (folder / holdings.WEIGHTS).write_bytes(b"")
    piece = holdings.Piece(holdings.WEIGHTS, 0, hashlib.sha256(b"").hexdigest())
    holdings.write(folder, holdings.Snapshot(REPOSITORY, COMMIT, LANGUAGE, COMMIT, (piece,)))


# --- from the Hub ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Installation:
    """A page with a Hub behind it, on which Canary was installed by pressing the button; what was seen meanwhile."""

    hub: HubServer
    server: Server
    models: Path
    commit: str
    under_way: str
    status: str
    news: str


@pytest.fixture(scope="module")
def installation(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    home = tmp_path_factory.mktemp("canary")
    models = models_in(home)
    with HubServer() as hub:
        commit = publish(hub)
        hub.fail(Stall(after_bytes=2_000_000), at=hashlib.sha256(WEIGHTS.read_bytes()).hexdigest())
        where = ("--port", "0", "--models-dir", str(models))
        with serving(home, *where, environment={"HF_ENDPOINT": hub.endpoint}) as server, browser.new_page() as page:
            tab = Tab(page).open(server.address)
            tab.status("ready")
            tab.choose("Canary-Qwen")
            tab.press("Install")
            under_way = tab.installing("MB of")
            status = tab.status("ready")
            yield Installation(hub, server, models, commit, under_way, status, tab.news("is installed"))


def test_canary_is_installed_with_a_bar_before_anything_is_built_in_memory(installation: Installation) -> None:
    assert installation.under_way.startswith("Downloading canary: ")
    assert installation.status == "demo is ready on CPU."
    assert installation.news == f"Canary-Qwen 2.5B (English) is installed, at revision {installation.commit[:7]}."


def test_without_a_parakeet_times_are_those_of_clips_and_the_page_says_so(
    installation: Installation, new_tab: Callable[..., Tab]
) -> None:
    tab = new_tab().open(installation.server.address)
    tab.choose("Canary-Qwen")

    (result,) = tab.transcribe(MUSEUM.path)

    assert said(result) == MUSEUM.text
    expect(result.locator(".notice")).to_have_text(UNTIMED)
    expect(result.locator(".words")).to_have_count(0)
    expect(result.locator("abbr")).to_have_attribute("title", installation.commit)
    expect(tab.page.locator("#timing")).to_contain_text("Parakeet, once it is installed")
    expect(tab.page.locator("#prove")).to_be_hidden()


def test_offline_the_installed_commit_is_kept_and_that_is_said(
    installation: Installation, new_tab: Callable[..., Tab], tmp_path: Path
) -> None:
    commit = installation.commit

    with serving(tmp_path, "--offline", "--port", "0", "--models-dir", str(installation.models)) as offline:
        tab = new_tab().open(offline.address)
        tab.choose("Canary-Qwen")
        (result,) = tab.transcribe(MUSEUM.path)
        header = tab.page.locator("#status")

        expect(result.locator("abbr")).to_have_text(commit[:7])
        expect(header).to_contain_text("canary is ready")
        expect(header).to_contain_text(f"Revision {commit[:7]}")
        expect(header).to_contain_text(f"Offline: using commit {commit[:7]}, which was main on")


def test_a_revision_that_was_cut_off_is_refused_as_soon_as_it_is_typed(
    installation: Installation, new_tab: Callable[..., Tab]
) -> None:
    tab = new_tab().open(installation.server.address)
    tab.choose("Canary-Qwen")
    field = tab.page.get_by_label("Revision")

    field.fill(CUT_OFF)
    field.press("Tab")
    refused = tab.page.locator("#revision-news .notice").inner_text()
    tab.press("Try the sample")
    again = tab.page.locator("#progress .notice.error").inner_text()
    field.fill("main")
    field.press("Enter")
    tab.page.locator("#revision-news .notice").wait_for(state="detached")

    assert refused == again
    assert refused == (
        f"The revision '{CUT_OFF}' looks like a commit hash that was cut off: 31 of 40 characters; "
        "use the full hash from the model's commit page, or main."
    )


def test_another_revision_is_not_installed_until_install_is_pressed(
    installation: Installation, new_tab: Callable[..., Tab]
) -> None:
    tab = new_tab().open(installation.server.address)
    tab.choose("Canary-Qwen")
    tab.page.get_by_label("Revision").fill("v1")

    tab.press("Try the sample")
    sentence = tab.news("not installed")
    tab.press("Install")
    missing = tab.news("has no")

    assert sentence.startswith("Canary-Qwen 2.5B (English) at v1 is not installed. Press Install, or run: ")
    assert sentence.endswith("setup_local_models.py canary@v1")
    assert "v1" in missing


def test_a_branch_that_has_moved_on_is_brought_up_to_date_on_request(
    installation: Installation, new_tab: Callable[..., Tab]
) -> None:
    before = publish(installation.hub, name="beta")
    tab = new_tab().open(installation.server.address)
    tab.choose("Canary-Qwen")
    tab.page.get_by_label("Revision").fill("beta")
    tab.page.keyboard.press("Tab")
    tab.press("Install")
    tab.news(f"is installed, at revision {before[:7]}")

    after = publish(installation.hub, name="beta")
    tab.press("Update")
    tab.news(f"is installed, at revision {after[:7]}")
    (result,) = tab.transcribe(MUSEUM.path)

    assert before != after
    expect(result.locator("abbr")).to_have_attribute("title", after)


# --- word times and proof --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def slipping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A page whose Canary makes slips, with a Parakeet that makes none."""
    home = tmp_path_factory.mktemp("slips")
    models = models_in(home, parakeet=True)
    install_canary(models)
    with serving(home, "--port", "0", "--models-dir", str(models), script="tests/slips.py") as server:
        yield server


def test_where_two_models_differ_the_second_reading_is_shown_to_pointer_and_keyboard(
    slipping: Server, new_tab: Callable[..., Tab]
) -> None:
    tab = new_tab().open(slipping.address)
    result = proved(tab)
    marks = result.locator(".text mark")

    tab.point(marks.filter(has_text="cloak"))
    by_pointer = tab.reading("clock")
    tab.page.keyboard.press("Escape")
    tab.page.locator("#reading").wait_for(state="hidden")
    marks.filter(has_text="Lara.").focus()
    by_keyboard = tab.reading("Laura")

    assert (by_pointer, by_keyboard) == ("Parakeet heard: clock", "Parakeet heard: Laura.")
    expect(result.locator(".proof")).to_have_text(re.compile(f"^{re.escape(COUNTED)}"))
    assert said(result) == slipped(sample().text)
    expect(marks.filter(has_text="museum")).to_have_class("written")
    expect(marks.filter(has_text="40,")).to_have_class("heard")


def test_a_time_that_nobody_heard_is_marked_and_explained(slipping: Server, new_tab: Callable[..., Tab]) -> None:
    tab = new_tab().open(slipping.address)
    tab.choose("Canary-Qwen")

    tab.press("Try the sample")
    (result,) = tab.results(SAMPLE)
    shared = result.locator(".words .shared")

    expect(shared.locator("td").nth(2)).to_have_text("There")
    expect(shared.first).to_have_attribute("title", re.compile("between the words before and after"))
    expect(result.locator("caption")).to_contain_text("not heard")
    expect(result.locator(".text mark")).to_have_count(0)


def test_marked_times_stay_marked_in_the_rows_that_come_when_the_table_is_scrolled(
    slipping: Server, new_tab: Callable[..., Tab]
) -> None:
    tab = new_tab().open(slipping.address)
    tab.choose("Canary-Qwen")
    (result,) = tab.transcribe(long_speech().path)
    rows = result.locator(".words tbody tr")
    expect(rows).to_have_count(100)

    result.locator(".words").evaluate("table => table.scrollTop = table.scrollHeight")
    expect(rows).to_have_count(len(said(result).split()))
    shared = [index for index, row in enumerate(rows.all()) if row.get_attribute("class") == "shared"]

    assert max(shared) >= 100
    assert len(shared) == said(result).split().count("there")
    expect(rows.nth(max(shared))).to_have_attribute("title", re.compile("between the words"))


def test_times_per_clip_can_be_chosen_and_then_nothing_can_be_compared(
    slipping: Server, new_tab: Callable[..., Tab]
) -> None:
    tab = new_tab().open(slipping.address)
    tab.choose("Canary-Qwen")
    tab.page.get_by_label("Show where a second model heard otherwise").check()

    tab.page.get_by_label("None: times per clip").check()
    tab.page.locator("#prove").wait_for(state="hidden")
    tab.press("Try the sample")
    (result,) = tab.results(SAMPLE)

    expect(result.locator(".notice")).to_have_text(re.compile("^No word times, as you chose"))
    expect(result.locator(".proof")).to_have_count(0)


def test_a_model_file_can_tell_the_times(slipping: Server, new_tab: Callable[..., Tab]) -> None:
    tab = new_tab().open(slipping.address)
    tab.choose("Canary-Qwen")

    tab.page.get_by_label("A model file", exact=True).check()
    tab.press("Try the sample")
    asked = tab.news("tells the word times")
    tab.page.get_by_label("Path of the .nemo file that tells the times").fill(str(MODELS_DIR / "demo.nemo"))
    result = proved(tab)
    tab.point(result.locator(".text mark", has_text="cloak"))

    assert asked == "Give the path of the .nemo file that tells the word times, or choose otherwise."
    assert tab.reading("clock") == "demo.nemo heard: clock"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_mark_and_reading_can_be_read(slipping: Server, new_tab: Callable[..., Tab], scheme: str) -> None:
    tab = new_tab(color_scheme=scheme).open(slipping.address)
    tab.page.get_by_label("Save the files too").check()
    result = proved(tab)
    pale = []

    for word, heard in (("cloak", "clock"), ("museum", "museum,")):
        tab.point(result.locator(".text mark", has_text=word))
        tab.reading(heard)
        pale += tab.pale_texts()

    assert pale == []
    assert tab.fits()


def test_what_the_user_should_know_of_the_model_is_in_the_header(slipping: Server, new_tab: Callable[..., Tab]) -> None:
    tab = new_tab().open(slipping.address)
    proved(tab)

    header = tab.page.locator("#status")

    expect(header).to_contain_text(NOTE)
    expect(header.locator("abbr")).to_have_attribute("title", COMMIT)


def proved(tab: Tab) -> Locator:
    """The sample by Canary, held against the second model."""
    tab.choose("Canary-Qwen")
    tab.page.get_by_label("Show where a second model heard otherwise").check()
    tab.press("Try the sample")
    (result,) = tab.results(SAMPLE)
    return result
