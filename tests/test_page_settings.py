"""Stories of people who come back: what they chose is there; and of people who report what went wrong."""
# ruff: noqa: F811 - fixtures of page_driver are asked for by their names

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from page_driver import Server, Tab, browser, new_tab, said, serving  # noqa: F401 - two are fixtures
from playwright.sync_api import Locator, Page, expect
from speech_data import recording, sample

from transcriber.catalogue import MODELS_DIR

pytestmark = pytest.mark.browser

SAMPLE = sample().path.name
MUSEUM = recording("museum.flac")
PATIENCE_SECONDS = 120
PRIVATE = "Anna's divorce, part 1.flac"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("settings"), warm_up=False) as running:
        yield running


@pytest.fixture
def tab(server: Server, new_tab: Callable[..., Tab]) -> Tab:
    return new_tab().open(server.address)


def kept(server: Server, part: str) -> None:
    """Wait until the file of the settings has these words."""
    path = server.home / "transcribe-ui" / "settings.json"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while part not in (path.read_text(encoding="utf-8") if path.exists() else ""):
        assert time.monotonic() < deadline, f"{part} is not in {path}"
        time.sleep(0.1)


def leave(field: Locator, text: str) -> None:
    field.fill(text)
    field.press("Tab")


def more(tab: Tab) -> Page:
    """The page, with the options shown that few people need."""
    tab.page.locator("#more > button").click()
    return tab.page


def formats(tab: Tab) -> Locator:
    return tab.page.locator("#file-formats .token")


def choose_format(tab: Tab, title: str) -> None:
    tab.page.get_by_label("Files of each transcript").click()
    tab.page.get_by_role("option", name=title).click()
    tab.page.keyboard.press("Escape")


# --- what was chosen -------------------------------------------------------------------------------------------------


def test_what_was_chosen_is_there_in_the_next_tab_and_after_the_next_start(
    new_tab: Callable[..., Tab], tmp_path: Path
) -> None:
    with serving(tmp_path, warm_up=False) as first:
        tab = new_tab().open(first.address)
        tab.page.get_by_label("Processor", exact=True).check()
        tab.page.get_by_label("Word times", exact=True).uncheck()
        tab.page.get_by_label("Save the files too").check()
        tab.page.get_by_label("Skip the recording").check()
        leave(tab.page.get_by_label("Folder", exact=True), str(tmp_path / "kept"))
        formats(tab).filter(has_text=".docx").get_by_role("button").click()
        choose_format(tab, "Transcript for Premiere")
        kept(first, "premiere")
        as_chosen(new_tab().open(first.address), tmp_path)

    with serving(tmp_path) as second:
        tab = new_tab().open(second.address)
        as_chosen(tab, tmp_path)
        (result,) = tab.transcribe(MUSEUM.path)

        expect(result.locator(".words")).to_have_count(0)
        expect(result.get_by_role("link", name="Download .premiere.json")).to_have_count(1)
        expect(result.get_by_role("link", name="Download .docx")).to_have_count(0)
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {
        "museum.txt", "museum.srt", "museum.json", "museum.csv", "museum.premiere.json",
    }  # fmt: skip


def as_chosen(tab: Tab, folder: Path) -> None:
    page = tab.page
    expect(page.get_by_label("Processor", exact=True)).to_be_checked()
    expect(page.get_by_label("Word times", exact=True)).not_to_be_checked()
    expect(page.get_by_label("Save the files too")).to_be_checked()
    expect(page.get_by_label("Folder", exact=True)).to_have_value(str(folder / "kept"))
    expect(page.get_by_label("Skip the recording")).to_be_checked()
    expect(formats(tab).filter(has_text=".docx")).to_have_count(0)
    expect(formats(tab).filter(has_text=".premiere")).to_have_count(1)


def test_an_open_tab_does_not_jump_when_another_one_chooses(
    server: Server, tab: Tab, new_tab: Callable[..., Tab]
) -> None:
    other = new_tab().open(server.address)
    tab.page.get_by_label("NVIDIA card").check()
    kept(server, "cuda")

    more(other).get_by_label("Each on its own", exact=True).check()
    kept(server, "split")
    third = new_tab().open(server.address)

    expect(third.page.get_by_label("NVIDIA card")).to_be_checked()
    expect(more(third).get_by_label("Each on its own", exact=True)).to_be_checked()
    expect(other.page.get_by_label("Automatic", exact=True)).to_be_checked()
    expect(more(tab).get_by_label("Mixed into one")).to_be_checked()


def test_the_rules_of_captions_begin_as_they_were_left(server: Server, tab: Tab, new_tab: Callable[..., Tab]) -> None:
    delivered(tab)
    tab.page.get_by_label("BBC").check()
    expect(tab.page.get_by_label("Characters a line")).to_have_value("37")
    leave(tab.page.get_by_label("Characters a line"), "30")
    tab.page.get_by_label("Spoken language").click()
    tab.page.get_by_role("option", name="German").click()
    kept(server, '"line_length": 30')
    kept(server, '"language": "de"')

    later = delivered(new_tab().open(server.address))

    expect(later.page.get_by_label("BBC")).to_be_checked()
    expect(later.page.get_by_label("Characters a line")).to_have_value("30")
    expect(later.page.get_by_label("Characters a second")).to_have_value("18")
    expect(later.page.get_by_label("Spoken language")).to_have_value("German")


def delivered(tab: Tab) -> Tab:
    """The sample, opened to be handed over."""
    tab.press("Try the sample")
    (result,) = tab.results(SAMPLE)
    result.get_by_role("button", name="Captions and export").click()
    tab.page.locator("#caption-rules").wait_for()
    return tab


def test_back_to_the_defaults_fills_in_this_tab_and_the_next(
    server: Server, tab: Tab, new_tab: Callable[..., Tab]
) -> None:
    tab.page.get_by_label("Save the files too").check()
    leave(tab.page.get_by_label("Folder", exact=True), "D:/elsewhere")
    kept(server, "elsewhere")

    tab.enter("Settings")
    tab.press("Back to the defaults")
    tab.news("at their defaults again")
    tab.enter("Transcribe")

    for each in (tab, new_tab().open(server.address)):
        expect(each.page.get_by_label("Save the files too")).not_to_be_checked()
        expect(each.page.get_by_label("Folder", exact=True)).to_be_hidden()


def test_settings_that_are_damaged_keep_nobody_from_beginning(server: Server, new_tab: Callable[..., Tab]) -> None:
    tab = new_tab()
    path = server.home / "transcribe-ui" / "settings.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b'{"device": "cu')

    tab.open(server.address)
    tab.press("Try the sample")

    assert said(tab.results(SAMPLE)[0]) == sample().text
    assert server.log().count("settings.json is damaged: the defaults are used") == 1


# --- which model -----------------------------------------------------------------------------------------------------


def test_a_model_that_is_gone_is_replaced_with_a_sentence(new_tab: Callable[..., Tab], tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    for name in ("demo.nemo", "parakeet.nemo"):
        shutil.copy(MODELS_DIR / "demo.nemo", models / name)
    with serving(tmp_path, "--port", "0", "--models-dir", str(models), warm_up=False) as running:
        tab = new_tab().open(running.address)
        tab.choose("Parakeet TDT 0.6B v2")
        kept(running, "parakeet")

    with serving(tmp_path, "--port", "0", "--models-dir", str(models)) as running:
        there = new_tab().open(running.address)
        expect(there.page.locator("#choice label", has_text="v2").locator("input")).to_be_checked()
        assert there.status("ready") == "parakeet is ready on CPU."
        (models / "parakeet.nemo").unlink()
        gone = new_tab().open(running.address)

        expect(gone.page.locator("#choice label", has_text="Demo").locator("input")).to_be_checked()
        assert gone.news("chosen instead") == (
            "Parakeet TDT 0.6B v2 (English) was chosen last, but is not there any more. "
            "Demo (synthetic voice only) is chosen instead."
        )


def test_a_model_that_is_only_looked_at_is_not_what_a_new_tab_begins_with(
    server: Server, tab: Tab, new_tab: Callable[..., Tab]
) -> None:
    tab.choose("Canary-Qwen")
    tab.page.get_by_label("Revision").wait_for()
    tab.page.get_by_label("Processor", exact=True).check()
    kept(server, "cpu")

    later = tab.open(server.address)

    expect(later.page.get_by_label("Processor", exact=True)).to_be_checked()
    expect(later.page.locator("#choice label", has_text="Demo").locator("input")).to_be_checked()


# --- when something goes wrong ---------------------------------------------------------------------------------------


def test_what_is_copied_for_a_bug_report_has_versions_and_no_word_and_no_name(
    tab: Tab, server: Server, tmp_path: Path
) -> None:
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    bad = tmp_path / "Bob and Eve.wav"
    bad.write_bytes(b"no sound")
    result, _ = tab.transcribe(Path(shutil.copy(MUSEUM.path, tmp_path / PRIVATE)), bad)
    words = set(said(result).lower().replace(".", "").split())

    tab.enter("Settings")
    tab.press("Look at this computer")
    tab.press("Copy for a bug report")
    tab.page.wait_for_function("navigator.clipboard.readText().then(text => text.includes('Python: '))")
    report = tab.page.evaluate("navigator.clipboard.readText()")

    for part in ("Python: ", "torch: 2", "gradio: 6", "Memory: ", "libavcodec", "Device: ", "GB free, can be written"):
        assert part in report
    assert report == tab.page.locator("#report pre").text_content()
    assert not {word for word in words if len(word) > 5} & set(report.lower().split())
    for private in ("Anna", "divorce", "Bob", "Eve", str(server.home)):
        assert private not in report


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_findings_can_be_read_and_nothing_is_cut_off(
    server: Server, new_tab: Callable[..., Tab], scheme: str
) -> None:
    tab = new_tab(color_scheme=scheme).open(server.address)
    tab.enter("Settings")

    tab.press("Look at this computer")
    tab.page.get_by_role("button", name="Copy for a bug report").wait_for()

    assert tab.pale_texts() == []
    assert tab.barriers() == []
    assert tab.fits()
