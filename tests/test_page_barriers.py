"""Every state of the page in both themes, as axe-core sees it for people who cannot see, hear or point."""
# ruff: noqa: F811 - fixtures of page_driver are asked for by their names

from collections.abc import Callable
from pathlib import Path

import pytest
from page_driver import Server, Tab, browser, new_tab  # noqa: F401 - two are fixtures
from test_page_correcting import NAME, read
from test_page_export import BAD, give_captions
from test_page_shaping import server  # noqa: F401 - a fixture

THEMES = ("light", "dark")
SIZES = ((1280, 720), (3840, 2160))


@pytest.fixture(params=THEMES)
def tab(request: pytest.FixtureRequest, server: Server, new_tab: Callable[..., Tab]) -> Tab:
    return new_tab(color_scheme=request.param).open(server.address)


def test_a_barrier_would_be_found(tab: Tab) -> None:
    tab.page.evaluate("document.querySelector('#results').append(document.createElement('button'))")

    assert tab.barriers() == ["button-name: <button></button>"]


def test_whoever_begins_meets_no_barrier(tab: Tab) -> None:
    assert tab.barriers() == []


def test_a_transcript_and_a_failure_are_no_barrier(tab: Tab) -> None:
    tab.press("Transcribe")
    tab.news("Choose a recording first")
    refused = tab.barriers()

    tab.press("Try the sample")
    tab.results("demo_sample.flac")

    assert (refused, tab.barriers()) == ([], [])


def test_the_library_is_no_barrier(tab: Tab) -> None:
    tab.history(NAME)

    assert tab.barriers() == []


def test_reading_and_correcting_are_no_barrier(tab: Tab) -> None:
    read(tab)
    opened = tab.barriers()

    tab.page.keyboard.press("F8")
    tab.page.keyboard.press("?")
    tab.page.keyboard.press("Enter")

    assert (opened, tab.barriers()) == ([], [])


@pytest.mark.parametrize("button", ["List", "Replace", "Speakers", "Changes"])
def test_what_opens_beside_the_words_is_no_barrier(tab: Tab, button: str) -> None:
    read(tab)

    tab.page.locator(".reader").get_by_role("button", name=button).first.click()

    assert tab.barriers() == []


def test_captions_and_export_are_no_barrier(tab: Tab) -> None:
    tab.history(NAME).get_by_role("button", name="Captions and export").click()
    tab.page.locator("#delivery .formats").wait_for()

    assert tab.barriers() == []


def test_checking_captions_is_no_barrier(tab: Tab, tmp_path: Path) -> None:
    captions = tmp_path / "bad.srt"
    captions.write_text(BAD, encoding="utf-8")
    give_captions(tab, "Check captions made elsewhere", captions)
    tab.page.locator(".breaches").wait_for()

    assert tab.barriers() == []


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_wider_than_the_screen(server: Server, new_tab: Callable[..., Tab], size: tuple[int, int]) -> None:
    width, height = size
    tab = new_tab(viewport={"width": width, "height": height}).open(server.address)
    wide = "document.documentElement.scrollWidth > innerWidth"

    shown = {"begin": tab.page.evaluate(wide)}
    read(tab)
    shown["reading"] = tab.page.evaluate(wide)

    assert shown == {"begin": False, "reading": False}
