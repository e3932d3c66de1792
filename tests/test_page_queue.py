"""Stories of the queue: in order, in another order, paused, cancelled, seen from other tabs and after a reload."""
# ruff: noqa: F811 - fixtures of page_driver are asked for by their names

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from make_media import a_text
from page_driver import Server, Tab, browser, new_tab, said, serving  # noqa: F401 - two are fixtures
from playwright.sync_api import expect
from speech_data import sample, short_speech
from test_page_long import LONG, server, talk, undisturbed  # noqa: F401 - all but the name are fixtures

pytestmark = pytest.mark.browser

SAMPLE = sample().path.name
FIRST, SECOND, THIRD = short_speech()[:3]

FOCUSED = "document.activeElement.getAttribute('aria-label')"


@pytest.fixture
def tab(server: Server, new_tab: Callable[..., Tab]) -> Iterator[Tab]:
    """A tab, behind which nothing stays in the queue."""
    opened = new_tab().open(server.address)
    yield opened
    for name in ("Cancel all that is in the queue", "Remove from the queue what has failed"):
        button = opened.page.get_by_role("button", name=name)
        if button.is_visible():
            button.click()
            button.wait_for(state="detached")


def pause(tab: Tab, name: str) -> None:
    """Pause the queue in the middle of that recording."""
    tab.press("Pause the queue")
    tab.queued(name, "paused")


def paused_with(tab: Tab, talk: Path, *others: Path) -> None:
    """The long talk is paused, and others wait."""
    tab.type_paths(talk, *others)
    tab.press("Transcribe")
    tab.growing(3)
    pause(tab, LONG)


# --- in order --------------------------------------------------------------------------------------------------------


def test_a_queue_of_three_with_a_bad_one_gives_two_transcripts_and_one_sentence_in_order(
    tab: Tab, tmp_path: Path
) -> None:
    bad = a_text(tmp_path)

    tab.give(FIRST.path, bad, THIRD.path)
    tab.press("Transcribe")
    first, failed, third = tab.results(FIRST.path.name, bad.name, THIRD.path.name)
    row = tab.queued(bad.name, "failed")

    assert [said(first), said(third)] == [FIRST.text, THIRD.text]
    expect(row).to_contain_text(failed.locator(".notice").inner_text())
    assert tab.queue() == [bad.name]


def test_a_failed_recording_is_tried_again_from_its_row_once_it_is_mended(tab: Tab, tmp_path: Path) -> None:
    bad = a_text(tmp_path)
    tab.page.get_by_label("Paths on this computer").fill(str(bad))
    tab.press("Transcribe")
    tab.results(bad.name)

    bad.write_bytes(FIRST.path.read_bytes())
    tab.press(f"Try {bad.name} again")
    tab.news("Done: 1 recording")
    (result,) = tab.results(bad.name)

    assert said(result) == FIRST.text
    assert tab.queue() == []


def test_more_can_be_asked_for_at_any_time_and_nothing_is_done_twice(tab: Tab, talk: Path) -> None:
    paused_with(tab, talk)

    tab.type_paths(talk, FIRST.path)
    tab.press("Transcribe")
    tab.queued(FIRST.path.name, "waiting")
    remark = tab.news("already")
    names = tab.queue()
    tab.press(f"Move {FIRST.path.name} to the top")
    tab.press("Resume the queue")
    results = tab.results(FIRST.path.name, LONG)

    assert remark == f"{LONG} is in the queue already."
    assert names == [LONG, FIRST.path.name]
    assert said(results[0]) == FIRST.text


# --- another order ---------------------------------------------------------------------------------------------------


def test_who_moves_a_row_with_the_keyboard_keeps_the_focus_and_the_order_is_that_of_the_results(
    tab: Tab, talk: Path
) -> None:
    paused_with(tab, talk, FIRST.path, SECOND.path, THIRD.path)
    up = tab.queued(THIRD.path.name).get_by_role("button", name=f"Move {THIRD.path.name} up")
    tab.press(f"Remove {FIRST.path.name} from the queue")
    expect(tab.page.locator("#queue li")).to_have_count(3)

    up.focus()
    tab.page.keyboard.press("Enter")
    expect(tab.page.locator("#queue li").nth(1)).to_contain_text(THIRD.path.name)
    focused = tab.page.evaluate(FOCUSED)
    tab.press("Resume the queue")
    tab.press(f"Cancel {LONG}")
    results = tab.results(LONG, THIRD.path.name, SECOND.path.name)

    assert focused == f"Move {THIRD.path.name} up"
    assert [said(each) for each in results[1:]] == [THIRD.text, SECOND.text]


# --- pause and cancel ------------------------------------------------------------------------------------------------


def test_a_recording_that_was_paused_has_every_word_once(tab: Tab, talk: Path, undisturbed: str) -> None:
    paused_with(tab, talk)
    worker_rests = tab.page.locator("#progress .notice", has_text="The queue is paused")
    worker_rests.wait_for()
    offered = tab.page.locator("#unfinished li").count()

    tab.press("Resume the queue")
    (whole,) = tab.results(LONG)

    assert said(whole) == undisturbed
    assert offered == 0


def test_cancelling_one_lets_the_next_begin_and_keeps_what_was_heard(tab: Tab, talk: Path) -> None:
    tab.type_paths(talk, FIRST.path)
    tab.press("Transcribe")
    tab.growing(3)

    tab.press(f"Cancel {LONG}")
    partial, whole = tab.results(LONG, FIRST.path.name)

    expect(partial.locator("h3")).to_have_text(re.compile(f"^{LONG}, cancelled at"))
    assert said(whole) == FIRST.text
    assert "1 of 2 recordings was transcribed" in tab.news("recordings")


def test_cancelling_all_leaves_an_empty_queue_and_the_next_press_begins_at_once(tab: Tab, talk: Path) -> None:
    paused_with(tab, talk, FIRST.path, SECOND.path)

    tab.press("Cancel all that is in the queue")
    tab.partial(f"{LONG}, cancelled at")
    empty = tab.queue()
    tab.press("Try the sample")
    (result,) = tab.results(SAMPLE)

    assert empty == []
    assert said(result) == sample().text


# --- tabs ------------------------------------------------------------------------------------------------------------


def test_a_reloaded_tab_finds_the_queue_goes_on_showing_its_own_work_and_the_library_has_it(
    tab: Tab, server: Server, talk: Path, tmp_path: Path, undisturbed: str
) -> None:
    own = Path(shutil.copy(talk, tmp_path / "reloaded.wav"))
    tab.type_paths(own, FIRST.path)
    tab.press("Transcribe")
    tab.growing(3)
    pause(tab, own.name)

    tab.open(server.address)
    tab.queued(own.name, "paused")
    tab.queued(FIRST.path.name, "waiting")
    tab.growing(3)
    tab.press("Resume the queue")
    whole, second = tab.results(own.name, FIRST.path.name)
    texts = [said(whole), said(second)]
    kept = tab.history(own.name)

    assert texts == [undisturbed, FIRST.text]
    expect(kept).to_contain_text("10 min")


def test_two_tabs_add_to_one_queue_and_each_shows_its_own(
    tab: Tab, server: Server, new_tab: Callable[..., Tab], talk: Path
) -> None:
    other = new_tab().open(server.address)
    paused_with(tab, talk)

    other.type_paths(SECOND.path)
    other.press("Transcribe")
    tab.queued(SECOND.path.name, "waiting")
    seen = [tab.queue(), other.queue()]
    other.press("Resume the queue")
    tab.press("Cancel")
    (theirs,) = other.results(SECOND.path.name)
    tab.partial(f"{LONG}, cancelled at")

    assert seen == [[LONG, SECOND.path.name]] * 2
    assert said(theirs) == SECOND.text
    expect(tab.page.locator(".result")).to_have_count(1)


def test_what_waited_when_the_program_was_killed_waits_at_the_next_start(
    new_tab: Callable[..., Tab], tmp_path: Path, talk: Path
) -> None:
    with serving(tmp_path) as first:
        tab = new_tab().open(first.address)
        tab.give(talk, SECOND.path)
        tab.press("Transcribe")
        tab.growing(3)
        first.process.kill()
        first.process.wait()
        tab.page.close()

    with serving(tmp_path) as second:
        tab = new_tab().open(second.address)
        tab.unfinished(LONG)
        tab.queued(SECOND.path.name, "waiting")
        said_of_it = tab.page.locator("#queue .said").inner_text()
        tab.press("Resume the queue")
        tab.history(SECOND.path.name)

        assert said_of_it == "Paused. Nothing is begun until you press Resume."


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_row_can_be_read_and_nothing_is_cut_off(
    tab: Tab, server: Server, new_tab: Callable[..., Tab], talk: Path, tmp_path: Path, scheme: str
) -> None:
    bad, looking = a_text(tmp_path), new_tab(color_scheme=scheme).open(server.address)
    tab.give(bad)
    tab.press("Transcribe")
    tab.results(bad.name)

    paused_with(tab, talk, FIRST.path, SECOND.path)
    looking.queued(LONG, "paused")

    assert looking.pale_texts() == []
    assert looking.fits()
