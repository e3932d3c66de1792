"""Stories of somebody who reads a transcript, listens to it and corrects it."""
# ruff: noqa: F811 - fixtures of page_driver are asked for by their names

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pysubs2
import pytest
import soundfile
from page_driver import Server, Tab, browser, new_tab, serving  # noqa: F401 - two are fixtures
from playwright.sync_api import Locator, Request, Route, expect
from said import segment, transcript
from speech_data import SAMPLE_PATH, sample

from page import reading, transcripts
from page.delivery import deliver
from page.desk import Desk
from page.past import Past
from page.recordings import Result
from page.uploads import Uploads
from transcriber import jobs
from transcriber.editing import MarkChecked, Replace
from transcriber.jobs import Store
from transcriber.library import Library
from transcriber.options import TranscribeOptions
from transcriber.transcript import Reading, Segment, Span, Transcript

NAME, LONG_NAME = "Anna's talk.flac", "haste.wav"
LONG_WORDS = 5600
VIDEO = "document.querySelector('#transcript video')"
WITHIN_S = 0.05

DOUBTFUL = {2: 0.1, 3: 0.005, 9: 0.15}
"""Confidence by place in the sample's words; the others are sure."""

PLACES = 3
"""To be checked: words 2 and 3 together, word 9, and the quiet stretch."""


def spoken() -> Transcript:
    """The page's sample as a model may have heard it, in two utterances."""
    heard = segment(sample().text, 0.0)
    words = tuple(
        replace(word, start=true.start, end=true.end, confidence=DOUBTFUL.get(place, 0.9), speaker=None)
        for place, (word, true) in enumerate(zip(heard.words, sample().words, strict=True))
    )
    parts = (words[:6], words[6:])
    said = tuple(Segment(" ".join(w.text for w in part), part[0].start, part[-1].end, part, "Anna") for part in parts)
    return Transcript(said, sample().duration, "demo", unheard=(unheard(),))


def unheard() -> Span:
    """A stretch at the end of the sample."""
    return Span(round(sample().duration - 0.5, 3), round(sample().duration - 0.1, 3))


def keep(home: Path) -> str:
    """A finished job of the sample, in the history of a page whose home this is; its id."""
    talk = home / NAME
    shutil.copy(SAMPLE_PATH, talk)
    asked = jobs.Request(jobs.source(talk), "demo", "weights", 8, TranscribeOptions())
    with Store(home / "transcribe-ui" / "jobs").open(asked, sample().duration) as job:
        job.finish(spoken(), 2.0, "CPU")
        return job.id


def keep_long(home: Path) -> None:
    """A finished job of two quiet minutes with fifty words in every second."""
    talk = home / LONG_NAME
    soundfile.write(talk, np.zeros(120 * 8000, dtype="int16"), 8000)
    said = [segment("so many words were said in haste there", 0.16 * place, 0.015, 0.005) for place in range(700)]
    asked = jobs.Request(jobs.source(talk), "demo", "weights", 8, TranscribeOptions())
    with Store(home / "transcribe-ui" / "jobs").open(asked, 120.0) as job:
        job.finish(transcript(*said, duration=120.0), 2.0, "CPU")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("page")
    keep(home)
    keep_long(home)
    with serving(home, warm_up=False) as running:
        yield running


@pytest.fixture
def tab(server: Server, new_tab: Callable[..., Tab]) -> Tab:
    """The talk, opened to be read."""
    return read(new_tab(accept_downloads=True).open(server.address))


def read(tab: Tab) -> Tab:
    tab.history(NAME).get_by_role("button", name="Read and correct").click()
    words(tab).first.wait_for()
    tab.page.wait_for_function(f"{VIDEO}.readyState >= 1")
    return tab


def leave(tab: Tab) -> None:
    """Back to the library."""
    tab.press("Back to the transcripts")
    tab.page.locator("#history li").first.wait_for()


def words(tab: Tab) -> Locator:
    return tab.page.locator("#transcript [data-word]")


def text(tab: Tab) -> str:
    return " ".join(words(tab).all_inner_texts())


def left(tab: Tab, count: int) -> None:
    """Wait until so many places are left to check."""
    expect(tab.page.locator("#transcript .left")).to_have_text(f"{count} left to check")


def kept(tab: Tab) -> None:
    expect(tab.page.locator("#transcript .kept")).to_have_text("Kept")


def type_over(tab: Tab, word: Locator, typed: str) -> None:
    """Correct a word by a double click."""
    word.dblclick()
    tab.page.get_by_label("Correct these words").fill(typed)
    tab.page.keyboard.press("Enter")


# --- listening -------------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_a_click_on_a_word_plays_it_and_what_is_spoken_is_marked_on_and_on(tab: Tab) -> None:
    tenth = sample().words[10]
    tab.page.evaluate(f"{VIDEO}.addEventListener('seeking', () => {{ window.stood = {VIDEO}.currentTime }})")

    words(tab).nth(10).click()
    tab.page.wait_for_function("window.stood !== undefined")
    stood = tab.page.evaluate("window.stood")
    tab.page.wait_for_function("document.querySelector('#transcript .now')?.dataset.word >= 12")
    tab.page.keyboard.press("k")
    tab.page.wait_for_function(f"{VIDEO}.paused")

    now = tab.page.evaluate(f"{VIDEO}.currentTime")
    marked = int(tab.page.locator("#transcript .now").get_attribute("data-word"))
    assert abs(stood - tenth.start) <= WITHIN_S
    assert sample().words[marked].start <= now + WITHIN_S
    assert now <= sample().words[marked + 1].start + WITHIN_S


IN_SIGHT = """() => {
    const [now, pane] = ["#transcript .now", "#transcript .pane"].map(
        (each) => document.querySelector(each)?.getBoundingClientRect()
    );
    return now !== undefined && now.top >= pane.top && now.bottom <= pane.bottom;
}"""
SPOKEN = "count => Number(document.querySelector('#transcript .now')?.dataset.word ?? 0) >= count"


@pytest.mark.browser
def test_of_a_long_talk_only_what_is_in_sight_is_laid_out_and_what_is_spoken_stays_there(
    server: Server, new_tab: Callable[..., Tab]
) -> None:
    tab = new_tab().open(server.address)
    tab.history(LONG_NAME).get_by_role("button", name="Read and correct").click()
    words(tab).first.wait_for()
    tab.page.wait_for_function(f"{VIDEO}.readyState >= 1")
    pane = tab.page.locator("#transcript .pane")

    words(tab).first.click()
    tab.page.evaluate(f"{VIDEO}.playbackRate = 8")
    tab.page.wait_for_function(SPOKEN, arg=800)
    followed = tab.page.evaluate(IN_SIGHT)
    laid_out = words(tab).count()
    pane.hover()
    tab.page.mouse.wheel(0, 2000)
    tab.page.get_by_role("button", name="Back to where it plays").wait_for()
    tab.page.wait_for_timeout(300)
    scrolled = pane.evaluate("pane => pane.scrollTop")
    tab.page.wait_for_timeout(300)
    stayed = pane.evaluate("pane => pane.scrollTop")
    tab.page.get_by_role("button", name="Back to where it plays").click()
    tab.page.wait_for_function(IN_SIGHT)

    assert followed
    assert laid_out < LONG_WORDS / 4
    assert stayed == scrolled


@pytest.mark.browser
def test_keys_move_choose_play_and_explain_themselves(tab: Tab) -> None:
    words(tab).nth(4).click()
    tab.page.keyboard.press(" ")
    tab.page.wait_for_function(f"{VIDEO}.paused")

    tab.page.keyboard.press("ArrowRight")
    tab.page.wait_for_function(f"Math.abs({VIDEO}.currentTime - {sample().words[5].start}) < {WITHIN_S}")
    tab.page.keyboard.press("Shift+ArrowRight")
    chosen = tab.page.locator("#transcript .chosen").all_inner_texts()
    tab.page.keyboard.press("?")
    tab.page.locator("#transcript .keys", has_text="play or pause").wait_for()

    assert chosen == [word.text for word in sample().words[5:7]]
    assert tab.pale_texts() == []
    assert tab.fits()


# --- correcting ------------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_a_correction_outlives_a_reload_and_a_kill_and_stands_in_the_srt(
    new_tab: Callable[..., Tab], tmp_path: Path
) -> None:
    keep(tmp_path)
    with serving(tmp_path, warm_up=False) as first:
        tab = read(new_tab().open(first.address))
        type_over(tab, words(tab).nth(3), "grandfather clock,")
        kept(tab)
        tab.page.reload()
        reloaded = text(read(tab))
        first.process.kill()
        first.process.wait()
    with serving(tmp_path, warm_up=False) as second:
        tab = read(new_tab(accept_downloads=True).open(second.address))
        restarted = text(tab)
        leave(tab)
        tab.history(NAME).get_by_role("button", name="Show").click()
        (result,) = tab.results(NAME)
        captions = pysubs2.load(str(tab.download(result, ".srt")))

    expected = [word.text for word in spoken().words]
    expected[3:4] = ["grandfather", "clock,"]
    said = " ".join(event.plaintext.replace("\n", " ") for event in captions)
    assert reloaded == restarted == " ".join(expected) == said


@pytest.mark.browser
def test_a_correction_is_undone_and_made_again_and_shows_in_the_result_at_once(tab: Tab) -> None:
    before = text(tab)

    type_over(tab, words(tab).nth(1), "Zebra")
    expect(words(tab).nth(1)).to_have_text("Zebra")
    tab.page.keyboard.press("Control+z")
    expect(words(tab).nth(1)).not_to_have_text("Zebra")
    undone = text(tab)
    tab.page.keyboard.press("Control+y")
    expect(words(tab).nth(1)).to_have_text("Zebra")
    tab.page.keyboard.press("Control+z")
    expect(words(tab).nth(1)).not_to_have_text("Zebra")

    assert undone == before == text(tab)


@pytest.mark.browser
def test_next_to_check_goes_from_doubt_to_doubt_and_what_is_checked_counts_no_more(tab: Tab) -> None:
    left(tab, PLACES)
    places = []

    for _ in range(PLACES):
        tab.page.keyboard.press("F8")
        tab.page.wait_for_timeout(50)
        places.append(" ".join(tab.page.locator("#transcript .chosen").all_inner_texts()))
    tab.page.keyboard.press("F8")
    tab.page.keyboard.press("Control+Enter")
    left(tab, PLACES - 1)
    tab.page.get_by_role("button", name="Nothing is missing").click()
    left(tab, PLACES - 2)
    for _ in range(2):
        tab.page.keyboard.press("Control+z")
    left(tab, PLACES)

    heard = [word.text for word in spoken().words]
    assert places == [" ".join(heard[2:4]), heard[9], ""]


@pytest.mark.browser
def test_what_was_not_heard_is_listened_to_and_written_down(tab: Tab) -> None:
    tab.page.get_by_role("button", name="Listen").click()
    tab.page.wait_for_function(f"{VIDEO}.paused && {VIDEO}.currentTime >= {unheard().end}")
    tab.page.get_by_role("button", name="Write it down").click()
    tab.page.get_by_label("What is said there").fill("Goodbye.")
    tab.page.keyboard.press("Enter")
    left(tab, PLACES - 1)
    written = text(tab)
    tab.page.keyboard.press("Control+z")
    left(tab, PLACES)

    assert written.endswith("bread. Goodbye.")


@pytest.mark.browser
def test_a_speaker_gets_another_name_everywhere_and_an_empty_one_changes_nothing(tab: Tab) -> None:
    who = tab.page.locator("#transcript .who")

    who.first.click()
    tab.page.get_by_label("Name of the speaker").fill("Berta")
    tab.page.keyboard.press("Enter")
    expect(who.first).to_have_text("Berta")
    tab.page.keyboard.press("Control+z")
    expect(who.first).to_have_text("Anna")
    who.first.click()
    tab.page.get_by_label("Name of the speaker").fill("")
    tab.page.keyboard.press("Enter")

    expect(who.first).to_have_text("Anna")


@pytest.mark.browser
def test_two_tabs_do_not_overwrite_each_other_and_what_was_typed_stays(
    tab: Tab, server: Server, new_tab: Callable[..., Tab]
) -> None:
    other = read(new_tab().open(server.address))
    type_over(other, words(other).nth(0), "Hello")
    kept(other)

    type_over(tab, words(tab).nth(5), "mine")
    expect(tab.page.locator("#transcript .wrong-here")).to_contain_text("was changed in another window")
    typed = tab.page.get_by_label("Correct these words").input_value()
    tab.page.keyboard.press("Escape")
    tab.press("Load it again")
    expect(words(tab).nth(0)).to_have_text("Hello")
    tab.page.keyboard.press("Control+z")
    expect(words(tab).nth(0)).not_to_have_text("Hello")

    assert typed == "mine"


@pytest.mark.browser
def test_without_a_warm_up_no_model_takes_any_room(server: Server, tab: Tab) -> None:
    expect(tab.page.locator("#status")).to_contain_text("No model in memory")

    assert psutil.Process(server.process.pid).children() == []


def test_a_program_that_does_not_answer_is_said_and_what_was_typed_stays(tab: Tab) -> None:
    def refuse(route: Route, _: Request) -> None:
        route.abort()

    tab.page.route(re.compile("component_server"), refuse)
    type_over(tab, words(tab).nth(5), "mine")

    expect(tab.page.locator("#transcript .wrong-here")).to_contain_text("The program does not answer")
    assert tab.page.get_by_label("Correct these words").input_value() == "mine"


# --- what is sent ----------------------------------------------------------------------------------------------------


def doubtful() -> Transcript:
    said = segment("the old clock ticks", 1.0)
    first, second, third, fourth = said.words
    heard = (
        replace(first, confidence=0.5),
        replace(second, confidence=0.1, reading=Reading("cold", "word", 2)),
        replace(third, outside_speech=True),
        replace(fourth, confidence=0.001),
    )
    return replace(transcript(replace(said, words=heard)), unheard=(Span(5.0, 7.5),))


def test_what_is_sent_says_of_each_word_why_it_deserves_a_look(tmp_path: Path) -> None:
    opened = Library(tmp_path / "library.sqlite3").open("job", doubtful(), "talk.wav")

    sent = reading.whole(opened)

    ((_, start, end, speaker, ids, texts, starts, _, marks, reasons),) = sent["paragraphs"]
    assert (start, end, speaker) == (1000, 2350, None)
    assert (ids, texts, starts) == ([0, 1, 2, 3], ["the", "old", "clock", "ticks"], [1000, 1350, 1700, 2050])
    heard = reading.HEARD
    assert marks == [0, reading.DOUBTED | heard, reading.OUTSIDE_SPEECH | heard, reading.GRAVE]
    assert reasons == {1: "a second model heard: cold; 10% sure", 2: "nobody seems to speak", 3: "0% sure"}
    assert sent["unheard"] == [[5000, 7500]]


def test_only_what_an_edit_changed_is_sent_again(tmp_path: Path) -> None:
    library = Library(tmp_path / "library.sqlite3")
    opened = library.open("job", transcript(segment("one two", 1.0), segment("three four", 9.0)), "talk.wav")

    after = library.save(library.save(opened, Replace(2, 2, "trees")), MarkChecked(3, 3))
    sent = reading.news(after, after.history.done[0].change)

    assert (sent["at"], sent["removed"], sent["undo"], sent["redo"]) == (1, 1, 2, 0)
    assert [paragraph[5] for paragraph in sent["paragraphs"]] == [["trees", "four"]]
    assert sent["paragraphs"][0][8][0] == reading.CHECKED | reading.CORRECTED
    assert sent["version"] == after.version == opened.version + 2


def test_the_pages_script_means_the_same_marks() -> None:
    script = (Path(reading.__file__).parent / "transcript_rows.js").read_text(encoding="utf-8")

    for name in ("DOUBTED", "GRAVE", "OUTSIDE_SPEECH", "HEARD", "CHECKED", "CORRECTED"):
        assert re.search(rf"\b{name} = {getattr(reading, name)}\b", script)


# --- the desk --------------------------------------------------------------------------------------------------------


@pytest.fixture
def past(tmp_path: Path) -> Past:
    return Past(Store(tmp_path / "transcribe-ui" / "jobs"), Uploads(tmp_path / "uploads"), tmp_path / "page")


def ask(answer: Callable[[dict[str, object]], str], **asked: object) -> dict[str, object]:
    return json.loads(answer(asked))


def test_what_is_corrected_at_the_desk_is_exported_and_deleted_with_its_job(tmp_path: Path, past: Past) -> None:
    job, at = keep(tmp_path), Desk(past)
    version = ask(at.read, job=job)["version"]

    ask(at.correct, job=job, version=version, edit={"do": "replace", "first": 0, "last": 0, "text": "Xylophone"})
    delivered = deliver(past, job).transcript.words[0].text
    opened = past.open(job).transcript.words[0].text
    past.delete(job)

    assert (delivered, opened) == ("Xylophone", "Xylophone")
    assert past.library.list() == ()
    assert all(b"Xylophone" not in path.read_bytes() for path in past.library.path.parent.glob("library.sqlite3*"))


def test_an_edit_of_what_a_tab_does_not_show_any_more_is_refused_and_so_is_nonsense(tmp_path: Path, past: Past) -> None:
    job, at = keep(tmp_path), Desk(past)
    version = ask(at.read, job=job)["version"]
    edit = {"do": "delete", "first": 0, "last": 0}

    made = ask(at.correct, job=job, version=version, edit=edit)
    late = ask(at.correct, job=job, version=version, edit=edit)
    gone = ask(at.correct, job=job, version=made["version"], edit=edit)
    nonsense = ask(at.correct, job=job, version=made["version"], edit={"do": "explode"})
    unknown = ask(at.read, job="no such job")

    assert made["paragraphs"][0][4][0] == 1
    assert late["stale"] is True
    assert (gone["stale"], nonsense["stale"], unknown["stale"]) == (False, False, False)
    assert all(answer["error"] for answer in (late, gone, nonsense, unknown))


def test_a_desk_that_was_just_set_up_goes_on_where_a_tab_stands(tmp_path: Path, past: Past) -> None:
    job = keep(tmp_path)
    version = ask(Desk(past).read, job=job)["version"]

    made = ask(Desk(past).correct, job=job, version=version, edit={"do": "delete", "first": 0, "last": 1})
    undone = ask(Desk(past).undo, job=job, version=made["version"])
    again = ask(Desk(past).redo, job=job, version=undone["version"])

    assert (made["undo"], undone["undo"], again["undo"]) == (1, 0, 1)
    assert undone["paragraphs"][0][4][:2] == [0, 1]
    assert again["paragraphs"] == made["paragraphs"]


def test_a_library_that_refuses_is_said_and_changes_nothing(tmp_path: Path, past: Past) -> None:
    job, at = keep(tmp_path), Desk(past)
    version = ask(at.read, job=job)["version"]
    past.library.path.rename(tmp_path / "away")
    past.library.path.mkdir()

    refused = ask(at.correct, job=job, version=version, edit={"do": "delete", "first": 0, "last": 0})

    assert str(past.library.path) in str(refused["error"])
    assert refused["stale"] is False


def test_a_result_takes_the_place_of_what_was_shown_of_its_job_and_of_nothing_else(tmp_path: Path, past: Past) -> None:
    job = keep(tmp_path)
    before = past.open(job)
    failed = Result("broken.wav", failure="It is broken.")

    shown = transcripts.renewed(transcripts.results([failed, before]), replace(before, transcript=doubtful()))

    assert "It is broken." in shown
    assert "the old clock ticks" in shown
    assert spoken().segments[0].text not in shown
    assert shown.count("<article") == shown.count("</article>") == 2
