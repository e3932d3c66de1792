"""Stories of somebody who names speakers, shapes paragraphs and writes words, also where these cannot be kept."""
# ruff: noqa: F811 - fixtures of page_driver are asked for by their names

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import small_disk
from page_driver import Server, Tab, browser, new_tab, serving  # noqa: F401 - two are fixtures
from playwright.sync_api import Locator, expect
from test_page_correcting import keep, kept, leave, read, spoken, text, type_over, words

from page.past import Past
from page.uploads import Uploads
from transcriber.jobs import Store
from transcriber.library import Library
from transcriber.transcript import Transcript

HEARD = [word.text for word in spoken().words]
CORRECTING = "Correct these words"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("page")
    keep(home)
    with serving(home, warm_up=False) as running:
        yield running


@pytest.fixture
def tab(server: Server, new_tab: Callable[..., Tab]) -> Tab:
    """The talk, opened to be read; nobody corrected anything yet."""
    library = Library(library_of(server))
    for each in library.list():
        library.delete(each.id)
    return read(new_tab().open(server.address))


def library_of(server: Server) -> Path:
    return server.home / "transcribe-ui" / "library.sqlite3"


def corrected(server: Server) -> Transcript:
    """The talk as everything that is made of it will have it."""
    past = Past(Store(server.home / "transcribe-ui" / "jobs"), Uploads(server.home / "uploads"), server.home / "page")
    (job,) = past.seen().finished
    transcript = past.corrected(past.find(job.id))
    assert transcript is not None
    return transcript


def paragraphs(tab: Tab) -> list[str]:
    """The text of each in sight, what was not heard left out."""
    return [" ".join(each.split()) for each in tab.page.locator("#transcript .passage:not(.gap) p").all_inner_texts()]


def become(tab: Tab, count: int) -> None:
    """Wait until there are so many paragraphs."""
    expect(tab.page.locator("#transcript .passage:not(.gap)")).to_have_count(count)


def choose(tab: Tab, first: int, last: int | None = None) -> None:
    """Choose a word, or a run of words, in silence."""
    words(tab).nth(first).click()
    tab.page.keyboard.press("k")
    if last is not None:
        words(tab).nth(last).click(modifiers=["Shift"])


def names(tab: Tab) -> list[str]:
    """Who speaks, where somebody else begins."""
    return tab.page.locator("#transcript .pane .who").all_inner_texts()


def side(tab: Tab) -> Locator:
    return tab.page.locator("#transcript .side")


def said(*runs: tuple[int, int]) -> list[str]:
    return [" ".join(HEARD[first:last]) for first, last in runs]


# --- speakers --------------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_words_are_given_to_somebody_new_and_then_to_somebody_known_by_a_figure(tab: Tab, server: Server) -> None:
    tab.press("Speakers S")
    alone = side(tab).locator(".much").all_inner_texts()
    choose(tab, 4, 7)
    side(tab).get_by_label("Name of somebody else who said it").fill("Berta")
    tab.press("Give")
    become(tab, 3)
    given, parts = names(tab), paragraphs(tab)
    figures = side(tab).locator(".much").all_inner_texts()
    pale, fits = tab.pale_texts(), tab.fits()

    choose(tab, 10)
    tab.page.locator("#transcript .pane").focus()
    tab.page.keyboard.press("2")
    expect(tab.page.locator("#transcript .pane .who")).to_have_count(2)

    assert alone == ["0:11 (100 %), 31 words"]
    assert given == ["Anna", "Berta", "Anna"]
    assert parts == said((0, 4), (4, 8), (8, 31))
    assert [each.rpartition(", ")[2] for each in figures] == ["27 words", "4 words"]
    assert (pale, fits) == ([], True)
    assert names(tab) == ["Anna", "Berta"]
    assert [word.speaker for word in corrected(server).words] == ["Anna"] * 4 + ["Berta"] * 27


@pytest.mark.browser
def test_one_word_among_others_is_given_away_and_two_speakers_become_one(tab: Tab) -> None:
    tab.press("Speakers S")
    choose(tab, 7)
    side(tab).get_by_label("Only the chosen word: “Laura.”").check()
    side(tab).get_by_label("Name of somebody else who said it").fill("Laura")
    tab.page.keyboard.press("Enter")
    expect(tab.page.locator("#transcript .pane .who")).to_have_count(3)
    apart = paragraphs(tab)

    side(tab).get_by_label("Laura is the same as").select_option("Anna")
    expect(tab.page.locator("#transcript .pane .who")).to_have_count(1)
    expect(side(tab).locator(".speakers li")).to_have_count(1)
    tab.page.locator("#transcript .pane").focus()
    tab.page.keyboard.press("Control+z")
    expect(side(tab).locator(".speakers li")).to_have_count(2)

    assert apart == said((0, 7), (7, 8), (8, 31))


@pytest.mark.browser
def test_a_speaker_is_renamed_in_the_list_and_a_name_that_another_has_is_refused_and_not_lost(tab: Tab) -> None:
    tab.press("Speakers S")
    choose(tab, 7)
    side(tab).get_by_label("Only the chosen word").check()
    side(tab).get_by_label("Name of somebody else who said it").fill("Berta")
    tab.page.keyboard.press("Enter")
    expect(side(tab).locator(".speakers li")).to_have_count(2)

    side(tab).locator(".speakers").get_by_role("button", name="Berta").click()
    side(tab).get_by_label("New name of Berta").fill("Anna")
    tab.page.keyboard.press("Enter")
    expect(tab.page.locator("#transcript .wrong-here")).to_contain_text("Anna speaks already")
    typed = side(tab).get_by_label("New name of Berta").input_value()
    side(tab).get_by_label("New name of Berta").fill("Clara")
    tab.page.keyboard.press("Enter")
    expect(side(tab).locator(".called")).to_have_text(["Anna", "Clara"])

    assert typed == "Anna"
    assert names(tab) == ["Anna", "Clara", "Anna"]


# --- paragraphs ------------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_a_paragraph_is_split_at_the_chosen_word_and_joined_again_and_stays_so(tab: Tab) -> None:
    become(tab, 1)
    choose(tab, 8)
    tab.page.keyboard.press("Control+Shift+Enter")
    become(tab, 2)
    choose(tab, 6)  # where the model's second utterance begins
    tab.page.keyboard.press("Control+Shift+Enter")
    become(tab, 3)
    split = paragraphs(tab)
    leave(tab)
    read(tab)
    become(tab, 3)
    choose(tab, 9)
    tab.page.keyboard.press("Control+Shift+Backspace")
    become(tab, 2)
    joined = paragraphs(tab)
    tab.page.keyboard.press("Control+z")
    become(tab, 3)
    undone = paragraphs(tab)
    for _ in range(2):
        tab.page.keyboard.press("Control+z")
    become(tab, 1)

    assert split == undone == said((0, 6), (6, 8), (8, 31))
    assert joined == said((0, 6), (6, 31))


@pytest.mark.browser
def test_what_cannot_be_split_or_joined_is_said(tab: Tab) -> None:
    choose(tab, 0)

    tab.page.keyboard.press("Control+Shift+Enter")
    expect(tab.page.locator("#transcript .wrong-here")).to_contain_text("begins with that word already")
    tab.page.keyboard.press("Control+Shift+Backspace")

    expect(tab.page.locator("#transcript .wrong-here")).to_contain_text("no paragraph before this one")


# --- words -----------------------------------------------------------------------------------------------------------


def times(transcript: Transcript) -> dict[str, tuple[float, float]]:
    return {word.text: (word.start, word.end) for word in transcript.words}


@pytest.mark.browser
def test_words_that_are_inserted_merged_and_split_leave_their_neighbours_where_they_were(
    tab: Tab, server: Server
) -> None:
    before = times(corrected(server))
    choose(tab, 3)
    tab.page.keyboard.press("Insert")
    tab.page.get_by_label("Words to insert after it").fill("indeed")
    tab.page.keyboard.press("Enter")
    expect(words(tab)).to_have_count(len(HEARD) + 1)
    choose(tab, 10, 11)
    tab.page.keyboard.press("Enter")
    tab.page.get_by_label(CORRECTING).fill("oldclock")
    tab.page.keyboard.press("Enter")
    expect(words(tab)).to_have_count(len(HEARD))
    type_over(tab, words(tab).nth(20), "good doctor")
    expect(words(tab)).to_have_count(len(HEARD) + 1)

    after = times(corrected(server))

    assert text(tab).split()[3:5] == ["museum,", "indeed"]
    for word in set(before) - {"old", "clock", "doctor"}:
        assert after[word] == before[word]
    assert before["museum,"][1] <= after["indeed"][0] < after["indeed"][1] <= before["my"][0]
    assert after["oldclock"] == (before["old"][0], before["clock"][1])
    assert (after["good"][0], after["doctor"][1]) == before["doctor"]


# --- where nothing can be kept ---------------------------------------------------------------------------------------


@pytest.mark.browser
def test_a_library_that_another_program_keeps_is_said_and_what_was_typed_is_kept_later(
    tab: Tab, server: Server
) -> None:
    with closing(sqlite3.connect(library_of(server), isolation_level=None)) as another:
        another.execute("BEGIN IMMEDIATE")
        type_over(tab, words(tab).nth(10), "mine")
        expect(tab.page.locator("#transcript .wrong-here")).to_contain_text("another program has kept it")
        typed = tab.page.get_by_label(CORRECTING).input_value()
        another.execute("ROLLBACK")
    tab.page.get_by_label(CORRECTING).press("Enter")
    kept(tab)

    assert typed == "mine"
    assert corrected(server).words[10].text == "mine"
    expect(tab.page.locator("#transcript .wrong-here")).to_be_hidden()


@pytest.mark.browser
@pytest.mark.skipif(not small_disk.can_be_had(), reason="no small disk can be had here")
def test_on_a_full_disk_nothing_that_was_typed_is_lost(new_tab: Callable[..., Tab], tmp_path: Path) -> None:
    keep(tmp_path)
    with serving(tmp_path, script=small_disk.script(tmp_path), warm_up=False) as server:
        tab = read(new_tab().open(server.address))
        small_disk.fill(server)
        type_over(tab, words(tab).nth(10), "mine")
        expect(tab.page.locator("#transcript .wrong-here")).to_contain_text("disk is too full")
        typed = tab.page.get_by_label(CORRECTING).input_value()
        tab.page.keyboard.press("Escape")
        for button, label in (("Write it down", "What is said there"), ("Anna", "Name of the speaker")):
            tab.page.get_by_role("button", name=button, exact=True).click()
            tab.page.get_by_label(label).fill("mine, too")
            tab.page.keyboard.press("Enter")
            expect(tab.page.get_by_label(label)).to_have_value("mine, too")
            tab.page.keyboard.press("Escape")
        unchanged = text(tab)
        small_disk.clear(server)
        type_over(tab, words(tab).nth(10), "mine")
        kept(tab)

    assert typed == "mine"
    assert unchanged == " ".join(HEARD)
