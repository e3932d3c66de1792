"""Stories of somebody who finds and replaces words, and compares what stands there with what the model wrote."""
# ruff: noqa: F811 - fixtures of page_driver are asked for by their names

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from page_driver import Server, Tab, browser, new_tab, serving  # noqa: F401 - two are fixtures
from playwright.sync_api import Locator, expect
from said import segment, transcript
from test_page_correcting import LONG_NAME, NAME, keep, kept, leave, read, server, spoken, text, type_over  # noqa: F401
from test_page_correcting import words as words_of

from page import finding, reading
from page.desk import Desk
from page.past import Past
from page.uploads import Uploads
from transcriber.editing import Insert, Replace, open_history
from transcriber.jobs import Store
from transcriber.library import Library

THE = (2, 8, 13, 19)
"""Where the sample says "the", the second time with a capital."""

HASTE = 700
"""How often the long talk says each of its words."""

IN_SIGHT = """() => {
    const [hit, pane] = ["#transcript .chosen", "#transcript .pane"].map(
        (each) => document.querySelector(each)?.getBoundingClientRect()
    );
    return hit !== undefined && hit.top >= pane.top && hit.bottom <= pane.bottom;
}"""


TOP = "node => node.getBoundingClientRect().top"


@pytest.fixture
def tab(server: Server, new_tab: Callable[..., Tab]) -> Tab:
    """The talk, opened to be read; nobody corrected anything yet."""
    library = Library(server.home / "transcribe-ui" / "library.sqlite3")
    for each in library.list():
        library.delete(each.id)
    return read(new_tab().open(server.address))


def read_long(tab: Tab) -> Tab:
    """The long talk, opened to be read."""
    tab.history(LONG_NAME).get_by_role("button", name="Read and correct").click()
    expect(tab.page.locator("#transcript h2")).to_have_text(LONG_NAME)
    words_of(tab).first.wait_for()
    return tab


def sought(tab: Tab) -> Locator:
    return tab.page.get_by_label("Find", exact=True)


def find(tab: Tab, typed: str) -> None:
    """Open the bar and type."""
    tab.page.keyboard.press("Control+f")
    expect(sought(tab)).to_be_focused()
    sought(tab).fill(typed)


def counted(tab: Tab, said: str) -> None:
    """Wait until the bar says how many there are."""
    expect(tab.page.locator("#transcript .count")).to_have_text(said)


def chosen(tab: Tab) -> list[str]:
    return tab.page.locator("#transcript .chosen").all_inner_texts()


def marked(tab: Tab) -> list[int]:
    """The words that are marked as found."""
    found = tab.page.locator("#transcript .found").all()
    return [int(node.get_attribute("data-word") or "") for node in found]


def rows(tab: Tab) -> Locator:
    """The places in the list beside the words."""
    return tab.page.locator("#transcript .lines li:not(.of, .more)")


def everywhere(tab: Tab, word: str, other: str) -> None:
    """Ask what replacing a word in every transcript would do."""
    tab.page.keyboard.press("Control+h")
    sought(tab).fill(word)
    tab.page.get_by_label("Whole words").check()
    tab.page.get_by_label("Replace with").fill(other)
    tab.page.get_by_label("Where to replace all").select_option("In every transcript opened here so far")
    tab.press("Replace all …")


def replaced(heard: list[str], *ids: int) -> str:
    """The sample with another word for "the" in these places."""
    new = {8: "A"}
    return " ".join(new.get(place, "a") if place in ids else word for place, word in enumerate(heard))


HEARD = [word.text for word in spoken().words]


# --- finding ---------------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_what_is_looked_for_is_counted_marked_and_gone_through_forth_and_back(tab: Tab) -> None:
    find(tab, "the")
    counted(tab, "1 of 4")
    first, everywhere = chosen(tab), marked(tab)

    tab.page.keyboard.press("Enter")
    counted(tab, "2 of 4")
    second = chosen(tab)
    tab.page.keyboard.press("F3")
    counted(tab, "3 of 4")
    for number in (2, 1, 4):
        tab.page.keyboard.press("Shift+Enter")
        counted(tab, f"{number} of 4")
    tab.page.keyboard.press("F3")
    counted(tab, "1 of 4")
    tab.page.keyboard.press("Escape")

    assert (first, second) == (["the"], ["The"])
    assert everywhere == list(THE)
    assert marked(tab) == []
    expect(sought(tab)).to_be_hidden()
    expect(tab.page.locator("#transcript .pane")).to_be_focused()


@pytest.mark.browser
def test_case_and_whole_words_count_where_one_says_so(tab: Tab) -> None:
    find(tab, "the")
    counted(tab, "1 of 4")

    tab.page.get_by_label("Match case").check()
    counted(tab, "1 of 3")
    tab.page.get_by_label("Match case").uncheck()
    sought(tab).fill("apple")
    counted(tab, "1 of 1")
    tab.page.get_by_label("Whole words").check()

    counted(tab, "Nothing found")
    assert tab.pale_texts() == []
    assert tab.fits()


@pytest.mark.browser
def test_in_a_long_talk_the_place_that_one_goes_to_comes_into_sight_and_little_else_is_laid_out(
    server: Server, new_tab: Callable[..., Tab]
) -> None:
    tab = read_long(new_tab().open(server.address))

    find(tab, "in haste")
    counted(tab, f"1 of {HASTE}")
    tab.page.keyboard.press("Shift+Enter")
    counted(tab, f"{HASTE} of {HASTE}")
    tab.page.wait_for_function(IN_SIGHT)

    assert chosen(tab) == ["in", "haste"]
    assert words_of(tab).count() < HASTE * 8 / 4


@pytest.mark.browser
def test_the_words_stay_where_they_are_as_the_bar_opens_and_closes(server: Server, new_tab: Callable[..., Tab]) -> None:
    tab = read_long(new_tab().open(server.address))
    tab.page.locator("#transcript .pane").evaluate("pane => { pane.scrollTop = 900 }")
    word = tab.page.locator("#word-400")
    word.wait_for()
    tab.page.wait_for_timeout(300)
    top = word.evaluate(TOP)

    tab.page.keyboard.press("Control+h")
    expect(sought(tab)).to_be_focused()
    opened = word.evaluate(TOP)
    tab.page.keyboard.press("Escape")
    expect(sought(tab)).to_be_hidden()

    assert abs(opened - top) < 1
    assert abs(word.evaluate(TOP) - top) < 1


@pytest.mark.browser
def test_find_opens_while_a_word_is_typed_and_keeps_what_was_typed(tab: Tab) -> None:
    words_of(tab).nth(10).dblclick()
    tab.page.get_by_label("Correct these words").fill("watch")

    find(tab, "watch")

    counted(tab, "1 of 1")
    assert marked(tab) == [10]


# --- replacing -------------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_one_place_after_the_other_is_replaced_or_passed_by(tab: Tab) -> None:
    find(tab, "the")
    counted(tab, "1 of 4")
    tab.page.keyboard.press("Control+h")
    tab.page.get_by_label("Replace with").fill("a")

    tab.press("Replace this one")
    counted(tab, "1 of 3")
    tab.page.keyboard.press("F3")
    counted(tab, "2 of 3")
    tab.press("Replace this one")
    counted(tab, "2 of 2")

    assert text(tab) == replaced(HEARD, 2, 13)
    assert chosen(tab) == ["the"]


@pytest.mark.browser
def test_all_places_are_seen_before_they_are_replaced_and_come_back_as_one(tab: Tab) -> None:
    before = text(tab)
    tab.page.keyboard.press("Control+h")
    sought(tab).fill("the")
    tab.page.get_by_label("Replace with").fill("a")
    tab.press("Replace all …")
    expect(rows(tab)).to_have_count(4)
    second = rows(tab).nth(1)
    shown = [second.locator(part).inner_text() for part in ("del", "ins")]
    unchanged = text(tab)

    rows(tab).nth(2).get_by_role("checkbox").uncheck()
    tab.press("Replace 3 places")
    tab.page.get_by_text("3 places replaced.").wait_for()
    after = text(tab)
    pale, fits = tab.pale_texts(), tab.fits()
    tab.press("Undo it")
    tab.page.get_by_text("It is as it was.").wait_for()

    assert shown == ["The", "A"]
    assert unchanged == before == text(tab)
    assert after == replaced(HEARD, 2, 8, 19)
    assert (pale, fits) == ([], True)


@pytest.mark.browser
def test_a_word_is_replaced_in_every_transcript_that_was_opened_and_in_their_results(
    tab: Tab, server: Server, new_tab: Callable[..., Tab]
) -> None:
    other = read_long(new_tab().open(server.address))
    leave(other)
    leave(tab)
    tab.history(LONG_NAME).get_by_role("button", name="Show").click()
    tab.results(LONG_NAME)
    read(tab)

    everywhere(tab, "in", "within")
    tab.press(f"Replace {HASTE + 1} places")
    tab.page.get_by_text(f"{HASTE + 1} places replaced in 2 transcripts.").wait_for()
    here = text(tab)
    leave(tab)
    tab.enter("Transcribe")
    result = tab.page.locator(".result .text").inner_text()
    read_long(other)
    expect(words_of(other).nth(5)).to_have_text("within")

    assert here.split()[22] == "within"
    assert "said within haste" in result
    assert "said in haste" not in result


@pytest.mark.browser
def test_what_was_replaced_in_several_transcripts_is_undone_in_all_of_them(
    tab: Tab, server: Server, new_tab: Callable[..., Tab]
) -> None:
    other = read_long(new_tab().open(server.address))
    before = text(other)

    everywhere(tab, "in", "")
    tab.page.get_by_label(f"{NAME} 1 place").uncheck()
    tab.press(f"Replace {HASTE} places")
    tab.press("Undo it in all of them")
    tab.page.get_by_text("It is as it was.").wait_for()
    leave(other)
    read_long(other)

    assert text(tab) == " ".join(HEARD)
    assert text(other) == before


# --- comparing -------------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_what_was_corrected_is_listed_heard_and_put_back_one_by_one(tab: Tab) -> None:
    type_over(tab, words_of(tab).nth(10), "watch")
    kept(tab)
    words_of(tab).nth(24).click()
    tab.page.keyboard.press("Delete")
    expect(words_of(tab)).to_have_count(len(HEARD) - 1)

    tab.page.keyboard.press("c")
    expect(rows(tab)).to_have_count(2)
    listed = [" ".join(row.locator(".line").inner_text().split()) for row in rows(tab).all()]
    rows(tab).nth(0).locator(".line").click()
    went_to = chosen(tab)
    told = words_of(tab).nth(10).get_attribute("title")
    rows(tab).nth(1).get_by_role("button", name="Put back").click()
    expect(rows(tab)).to_have_count(1)
    expect(words_of(tab)).to_have_count(len(HEARD))

    assert listed == ["0:03 clock watch", "0:09 Please deleted"]
    assert went_to == ["watch"]
    assert told == "the model wrote: clock"
    assert text(tab).split()[24] == "Please"


@pytest.mark.browser
def test_everything_is_put_back_only_after_a_question_and_can_be_undone(tab: Tab) -> None:
    type_over(tab, words_of(tab).nth(10), "grandfather clock")
    kept(tab)
    corrected = text(tab)
    tab.press("Changes C")

    tab.press("Put back everything")
    tab.press("Leave it")
    left_alone = text(tab)
    tab.press("Put back everything")
    tab.page.locator("#transcript .ask .lead").click()
    tab.page.get_by_text("All words are as the model wrote them.").wait_for()
    put_back = text(tab)
    tab.page.keyboard.press("Control+z")
    expect(words_of(tab).nth(10)).to_have_text("grandfather")

    assert left_alone == corrected == text(tab)
    assert put_back == " ".join(HEARD)


# --- what is sent ----------------------------------------------------------------------------------------------------


def test_a_place_is_sent_once_and_every_word_of_it_is_marked() -> None:
    document = open_history(transcript(segment("so it is, so it is", 1.0))).document

    sent = finding.places(document, {"text": "it is"})

    assert (sent["firsts"], sent["lasts"], sent["words"]) == ([1, 4], [2, 5], [1, 2, 4, 5])
    assert sent["starts"] == [round(document.untouched[each].word.start * 1000) for each in (1, 4)]


def test_only_the_places_that_are_wanted_are_replaced() -> None:
    history = open_history(transcript(segment("so So it is so", 1.0)))
    wishes = {"text": "so", "with": "thus"}

    previews = finding.preview(history.document, wishes)["places"]
    some = history.after(finding.edit(history.document, {**wishes, "without": [0]}))
    one = history.after(finding.edit(history.document, {**wishes, "only": 2}))
    exact = history.after(finding.edit(history.document, {**wishes, "match_case": True}))

    assert [(word, before, after) for word, _, _, before, after, _ in previews] == [
        (0, "so", "thus"), (1, "So", "Thus"), (4, "so", "thus"),
    ]  # fmt: skip
    said = [" ".join(placed.word.text for placed in each.document.words) for each in (some, one, exact)]
    assert said == ["so Thus it is thus", "so So it is thus", "thus So it is thus"]


def test_a_difference_names_the_words_that_it_is_about_even_if_none_are_left() -> None:
    history = open_history(transcript(segment("so it is now", 1.0))).after(Replace(1, 2, "was it not"))

    added = history.after(Insert(3, "then"))
    deleted = history.after(Replace(0, 0, ""))

    ((word, _, before, now, first, last), _) = finding.differences(added.document)
    assert (before, now) == ("it is", "was it not")
    assert {word, first} == {added.document.paragraphs[0].words[1].id}
    assert last == added.document.paragraphs[0].words[3].id
    assert finding.differences(deleted.document)[0][2:4] == ["so it is", "was it not"]


def test_a_corrected_word_says_what_the_model_wrote(tmp_path: Path) -> None:
    library = Library(tmp_path / "library.sqlite3")
    opened = library.open("job", transcript(segment("one two", 1.0)), "talk.wav")

    sent = reading.whole(library.save(opened, Replace(1, 1, "trees")))

    assert sent["paragraphs"][0][9] == {1: "the model wrote: two"}
    assert sent["fresh"] == len(opened.document.untouched) + 1


def test_another_transcript_is_looked_through_and_changed_without_being_shown(tmp_path: Path) -> None:
    job = keep(tmp_path)
    past = Past(Store(tmp_path / "transcribe-ui" / "jobs"), Uploads(tmp_path / "uploads"), tmp_path / "page")
    desk, wishes = Desk(past), {"text": "clock", "with": "watch"}
    json.loads(desk.read({"job": job}))

    (other,) = json.loads(desk.others({"job": "the one that is shown"}))["others"]
    seen = json.loads(desk.preview({**wishes, "job": other["job"], "version": None}))
    made = json.loads(desk.replace({**wishes, "job": other["job"], "version": seen["version"]}))
    late = json.loads(desk.replace({**wishes, "job": other["job"], "version": seen["version"]}))

    assert other == {"job": job, "title": NAME}
    assert [place[4] for place in seen["places"]] == ["watch"]
    assert made["version"] != seen["version"]
    assert late["stale"] is True
    assert "watch" in past.open(job).transcript.text
