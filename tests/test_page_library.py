"""Stories of somebody who looks for what was said, and keeps order among what was transcribed."""
# ruff: noqa: F811 - fixtures of page_driver are asked for by their names

import json
import logging
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from page_driver import Server, Tab, browser, new_tab, serving  # noqa: F401 - two are fixtures
from playwright.sync_api import Locator, expect
from said import segment, transcript
from speech_data import SAMPLE_PATH, sample

from page import listing
from page.librarian import Librarian
from page.past import Past
from page.shelving import Shelving
from page.uploads import Uploads
from transcriber import jobs
from transcriber.editing import MarkChecked, Replace
from transcriber.errors import NotWritableError
from transcriber.jobs import Store, Summary
from transcriber.library import Hit, Listed
from transcriber.library.searching import Found
from transcriber.options import TranscribeOptions
from transcriber.transcript import Transcript

CLOCK, HARBOUR = "the clock.flac", "harbour walk.flac"
HEARD = {
    CLOCK: transcript(segment("the old clock ticks", 1.0), segment("nobody winds the clock", 8.0), duration=12.0),
    HARBOUR: transcript(segment("we walk down to the harbour", 0.5), segment("a clock strikes", 5.0), duration=12.0),
}
VIDEO = "document.querySelector('#transcript video')"
WITHIN_S = 0.05
LOST = "Deletes the transcript, its corrections, its waveform and its job. Your recording and files you saved stay."


def store_of(home: Path) -> Store:
    return Store(home / "transcribe-ui" / "jobs")


def asked(home: Path, name: str) -> jobs.Request:
    talk = Path(shutil.copy(SAMPLE_PATH, home / name))
    return jobs.Request(jobs.source(talk), "demo", "weights", 8, TranscribeOptions())


def keep(home: Path, name: str, heard: Transcript | None = None) -> str:
    """A finished job of a recording in a page's home; its id."""
    with store_of(home).open(asked(home, name), 12.0) as job:
        job.finish(heard or HEARD[name], 2.0, "CPU")
        return job.id


def stop(home: Path, name: str) -> str:
    """A job that ended early; its id."""
    with store_of(home).open(asked(home, name), 12.0) as job:
        job.stop("The power went.")
        return job.id


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("page")
    keep(home, HARBOUR)
    keep(home, CLOCK)
    stop(home, "podcast.flac")
    with serving(home, warm_up=False) as running:
        yield running


@pytest.fixture
def tab(server: Server, new_tab: Callable[..., Tab]) -> Tab:
    return library(new_tab().open(server.address))


def library(tab: Tab) -> Tab:
    """In the library, once it is filled and can be searched."""
    tab.enter("Library")
    tab.page.locator("#history .finished").first.wait_for()
    expect(tab.page.locator("#history .finished:not(:has(.checked span))")).to_have_count(0)
    return tab


def row(tab: Tab, name: str) -> Locator:
    return tab.page.get_by_role("listitem", name=name, exact=True)


def names(tab: Tab) -> Locator:
    return tab.page.locator("#history .what b")


def look_for(tab: Tab, typed: str) -> Locator:
    """Type into the search; what is found."""
    tab.page.get_by_label("Search what was said").fill(typed)
    return tab.page.locator("#library .hit")


def open_hit(tab: Tab, typed: str) -> None:
    """Open the only place where that was said."""
    look_for(tab, typed).click()
    expect(tab.page.locator("#transcript .chosen")).to_have_count(1)


def correct(tab: Tab, text: str) -> None:
    """Type over the word that is chosen."""
    tab.page.keyboard.press("Enter")
    tab.page.get_by_label("Correct these words").fill(text)
    tab.page.keyboard.press("Enter")
    expect(tab.page.locator("#transcript .kept")).to_have_text("Kept")


def told(tab: Tab, sentence: str) -> None:
    expect(tab.page.locator("#library .told")).to_have_text(sentence)


# --- searching -------------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_what_was_said_is_found_in_every_transcript_and_opens_at_the_word(tab: Tab) -> None:
    hits = look_for(tab, "clock")
    expect(hits).to_have_count(3)
    told(tab, "Found in 3 places of 2 transcripts. Not searched: 1 unfinished recording.")
    groups = tab.page.locator("#library .hits h3").all_inner_texts()
    marked = tab.page.locator("#library mark").all_inner_texts()
    readable = (tab.pale_texts(), tab.fits())

    hits.nth(2).click()
    chosen = tab.page.locator("#transcript .chosen")
    expect(chosen).to_have_text("clock")
    tab.page.wait_for_function(f"{VIDEO}.readyState >= 1 && !{VIDEO}.seeking")
    stands, paused = tab.page.evaluate(f"[{VIDEO}.currentTime, {VIDEO}.paused]")
    expect(chosen).to_be_in_viewport()
    tab.press("Back to the transcripts")
    expect(hits.nth(2)).to_be_focused()

    (clock,) = (word for word in HEARD[HARBOUR].words if word.text == "clock")
    assert groups == [f"{CLOCK} 2 places", f"{HARBOUR} 1 place"]
    assert marked == ["clock"] * 3
    assert abs(stands - clock.start) <= WITHIN_S
    assert paused
    assert readable == ([], True)
    expect(hits).to_have_count(3)


@pytest.mark.browser
def test_a_search_needs_no_mouse(tab: Tab) -> None:
    tab.page.get_by_label("Search what was said").focus()
    tab.page.keyboard.type('"the clock"')
    tab.page.keyboard.press("Enter")
    hits = tab.page.locator("#library .hit")
    expect(hits).to_have_count(1)
    expect(hits).to_be_focused()
    tab.page.keyboard.press("ArrowUp")
    tab.page.keyboard.press("Control+a")
    tab.page.keyboard.type("clock")
    expect(hits).to_have_count(3)
    tab.page.keyboard.press("ArrowDown")
    tab.page.keyboard.press("ArrowDown")
    tab.page.keyboard.press("Enter")

    chosen = tab.page.locator("#transcript .chosen")
    expect(chosen).to_have_text("clock")
    tab.page.keyboard.press("F2")
    expect(tab.page.get_by_label("Correct these words")).to_have_value("clock")
    tab.page.keyboard.press("Escape")
    tab.press("Back to the transcripts")
    expect(hits.nth(1)).to_be_focused()


@pytest.mark.browser
def test_corrected_words_are_found_and_where_nothing_is_it_says_where_was_searched(tab: Tab) -> None:
    open_hit(tab, "harbour")
    correct(tab, "lighthouse")

    tab.press("Back to the transcripts")
    told(tab, "Nothing found in 2 transcripts, as they are corrected now. Not searched: 1 unfinished recording.")
    nothing = tab.page.locator("#library .hit").count()
    look_for(tab, "")
    expect(row(tab, HARBOUR)).to_contain_text("Corrected")
    open_hit(tab, "light")
    tab.page.keyboard.press("Control+z")
    expect(tab.page.locator("#transcript .chosen")).to_have_text("harbour")
    tab.press("Back to the transcripts")

    assert nothing == 0
    expect(look_for(tab, "harbour")).to_have_count(1)


# --- the list --------------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_the_newest_is_on_top_and_each_says_what_it_is_and_how_far_it_went(tab: Tab) -> None:
    expect(names(tab)).to_have_text(["podcast.flac", CLOCK, HARBOUR])

    expect(row(tab, CLOCK)).to_contain_text("12 s · 8 words · demo · today")
    expect(row(tab, "podcast.flac")).to_contain_text("Unfinished")
    expect(row(tab, "podcast.flac")).to_contain_text("0:00 of 0:12 done")
    expect(row(tab, "podcast.flac").get_by_role("button", name="Go on")).to_be_visible()
    assert tab.pale_texts() == []
    assert tab.fits()


@pytest.mark.browser
def test_a_filter_leaves_only_names_like_it(tab: Tab) -> None:
    tab.page.get_by_label("Filter by name").fill("WALK")
    expect(names(tab)).to_have_text([HARBOUR])
    expect(tab.page.locator("#library .count")).to_have_text("1 of 3")

    tab.page.get_by_label("Filter by name").fill("zebra")
    expect(names(tab)).to_have_count(0)
    expect(tab.page.locator("#library .none")).to_have_text("No transcript has a name like that.")
    tab.page.get_by_label("Filter by name").fill("")

    expect(names(tab)).to_have_count(3)


@pytest.mark.browser
def test_another_name_stays_wherever_it_is_read_and_none_is_that_of_the_recording(tab: Tab) -> None:
    row(tab, CLOCK).get_by_role("button", name="Rename").click()
    tab.page.get_by_label("Name of the transcript").fill("<b>Grandfather's</b> clock")
    tab.page.keyboard.press("Enter")
    renamed = row(tab, "<b>Grandfather's</b> clock")
    expect(renamed).to_contain_text(CLOCK)

    library(Tab(tab.page).open(tab.page.url))
    renamed.get_by_role("button", name="Read and correct").click()
    expect(tab.page.locator("#transcript h2")).to_have_text("<b>Grandfather's</b> clock")
    tab.press("Back to the transcripts")
    look_for(tab, "ticks")
    expect(tab.page.locator("#library .hits h3")).to_contain_text("<b>Grandfather's</b> clock")
    look_for(tab, "")
    renamed.get_by_role("button", name="Rename").click()
    tab.page.get_by_label("Name of the transcript").fill("")
    tab.page.keyboard.press("Enter")

    expect(row(tab, CLOCK).locator("b")).to_have_text(CLOCK)


@pytest.mark.browser
def test_what_was_looked_at_shows_as_the_share_that_is_checked(tab: Tab) -> None:
    expect(row(tab, CLOCK).locator(".checked")).to_have_text("0 % checked")

    open_hit(tab, "ticks")
    tab.page.keyboard.press("Shift+ArrowLeft")
    tab.page.keyboard.press("Control+Enter")
    expect(tab.page.locator("#transcript .kept")).to_have_text("Kept")
    tab.press("Back to the transcripts")
    look_for(tab, "")

    expect(row(tab, CLOCK).locator(".checked")).to_have_text("25 % checked")
    expect(row(tab, CLOCK)).not_to_contain_text("Corrected")


@pytest.mark.browser
def test_captions_open_from_the_library_and_a_job_goes_on_from_there(
    new_tab: Callable[..., Tab], tmp_path: Path
) -> None:
    keep(tmp_path, HARBOUR)
    stop(tmp_path, "podcast.flac")
    with serving(tmp_path, warm_up=False) as server:
        tab = library(new_tab().open(server.address))
        row(tab, HARBOUR).get_by_role("button", name="Captions and export").click()
        expect(tab.page.locator("#opened h2")).to_contain_text(HARBOUR)
        tab.press("Back to the transcripts")
        tab.go_on(row(tab, "podcast.flac"))
        (result,) = tab.results("podcast.flac")
        expect(result).to_be_visible()
        library(tab)

        expect(row(tab, "podcast.flac").get_by_role("button", name="Read and correct")).to_be_visible()
        expect(look_for(tab, sample().words[0].text)).not_to_have_count(0)


# --- deleting --------------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_what_is_deleted_is_in_no_file_any_more(new_tab: Callable[..., Tab], tmp_path: Path) -> None:
    secrets = (b"xylophonist", b"quetzalcoatl")
    keep(tmp_path, "secret.flac", transcript(segment("so the xylophonist spoke", 1.0), duration=12.0))
    with serving(tmp_path, warm_up=False) as server:
        tab = library(new_tab().open(server.address))
        open_hit(tab, "xylophonist")
        correct(tab, "quetzalcoatl")
        tab.press("Back to the transcripts")
        look_for(tab, "")
        before = [text for text in secrets if holding(tmp_path, text)]
        row(tab, "secret.flac").get_by_role("button", name="Delete").click()
        row(tab, "secret.flac").locator(".sure").get_by_role("button", name="Delete").click()
        told(tab, "secret.flac was deleted.")

        assert before == list(secrets)
        assert [path for text in secrets for path in holding(tmp_path, text)] == []
        assert (tmp_path / "secret.flac").exists()


@pytest.mark.browser
def test_what_is_deleted_is_asked_for_before_and_goes_from_every_tab(
    new_tab: Callable[..., Tab], tmp_path: Path
) -> None:
    keep(tmp_path, CLOCK)
    keep(tmp_path, HARBOUR)
    with serving(tmp_path, warm_up=False) as server:
        tab, other = (library(new_tab().open(server.address)) for _ in range(2))
        row(tab, CLOCK).get_by_role("button", name="Show").click()
        tab.results(CLOCK)
        tab.enter("Library")
        doomed = row(tab, CLOCK)
        doomed.get_by_role("button", name="Delete").click()
        expect(doomed.locator(".sure span")).to_have_text(LOST)
        tab.page.keyboard.press("Escape")
        expect(doomed.get_by_role("button", name="Delete")).to_be_focused()
        tab.page.keyboard.press("Enter")
        tab.page.keyboard.press("Shift+Tab")
        tab.page.keyboard.press("Enter")
        told(tab, f"{CLOCK} was deleted.")
        tab.enter("Transcribe")

        expect(tab.page.locator(".result")).to_have_count(0)
        expect(names(other)).to_have_text([HARBOUR])
        expect(look_for(other, "clock")).to_have_count(1)


def holding(home: Path, text: bytes) -> list[Path]:
    """The files that it stands in."""
    return [path for path in home.rglob("*") if path.is_file() and text in path.read_bytes()]


@pytest.mark.browser
def test_several_are_deleted_at_once_and_none_that_is_in_work(new_tab: Callable[..., Tab], tmp_path: Path) -> None:
    kept = [keep(tmp_path, f"talk {number}.flac", HEARD[CLOCK]) for number in range(4)]
    with serving(tmp_path, warm_up=False) as server:
        tab = library(new_tab().open(server.address))
        with store_of(tmp_path).open(asked(tmp_path, "held.flac")):
            expect(row(tab, "held.flac")).to_contain_text("In work")
            offered = row(tab, "held.flac").get_by_role("button").count()
            expect(tab.page.get_by_label("Choose held.flac")).to_be_disabled()
            for number in (0, 2, 3):
                tab.page.get_by_label(f"Choose talk {number}.flac").check()
            tab.press("Delete 3 chosen")
            expect(tab.page.get_by_text("Deletes all 3.")).to_be_visible()
            tab.page.locator("#library .bar").get_by_role("button", name="Delete").click()
            told(tab, "3 jobs were deleted.")

        expect(names(tab)).to_have_text(["held.flac", "talk 1.flac"])
        assert offered == 0
        assert [each.id for each in store_of(tmp_path).list()][1:] == [kept[1]]


@pytest.mark.browser
@pytest.mark.parametrize("what", ["Captions and export", "Show"])
def test_what_cannot_be_opened_is_said_in_the_library_itself(tab: Tab, server: Server, what: str) -> None:
    broken = store_of(server.home).folder / keep(server.home, f"{what}.flac", HEARD[CLOCK])
    (broken / "transcript.json").write_text("{", encoding="utf-8")

    row(tab, f"{what}.flac").get_by_role("button", name=what).click()

    expect(tab.page.locator("#library .told.wrong")).to_contain_text("This is not a transcript that can be read")
    row(tab, f"{what}.flac").get_by_role("button", name="Delete").click()
    row(tab, f"{what}.flac").locator(".sure").get_by_role("button", name="Delete").click()
    expect(names(tab)).to_have_count(3)


# --- what answers ----------------------------------------------------------------------------------------------------


@pytest.fixture
def past(tmp_path: Path) -> Past:
    return Past(store_of(tmp_path), Uploads(tmp_path / "uploads"), tmp_path / "page")


def ask(answer: Callable[[dict[str, object]], str], **wanted: object) -> dict[str, object]:
    return json.loads(answer(wanted))


def test_what_a_tab_knows_is_not_sent_again(tmp_path: Path, past: Past) -> None:
    keep(tmp_path, CLOCK)
    librarian = Librarian(past)

    first = ask(librarian.jobs)
    again = ask(librarian.jobs, stamp=first["stamp"])
    ask(librarian.rename, job=first["rows"][0]["job"], name="  The   clock ")
    renamed = ask(librarian.jobs, stamp=first["stamp"])

    assert [each["name"] for each in first["rows"]] == [CLOCK]
    assert again == {"stamp": first["stamp"]}
    assert [each["name"] for each in renamed["rows"]] == ["The clock"]


def test_of_a_library_that_cannot_be_read_the_jobs_are_shown_and_the_reason(tmp_path: Path, past: Past) -> None:
    keep(tmp_path, CLOCK)
    past.library.path.mkdir()

    answer = ask(Librarian(past).jobs)

    assert [each["name"] for each in answer["rows"]] == [CLOCK]
    assert str(past.library.path) in str(answer["error"])


def test_a_hit_is_one_of_several_until_all_of_a_transcript_are_asked_for(tmp_path: Path, past: Past) -> None:
    ticking = transcript(*(segment("the clock ticks", 3.0 * place) for place in range(9)), duration=40.0)
    job = keep(tmp_path, CLOCK, ticking)
    Shelving(past).put_up()

    some = ask(Librarian(past).search, typed="clock")
    every = ask(Librarian(past).search, typed="clock", job=job)

    assert [(group["count"], len(group["hits"])) for group in some["groups"]] == [(9, 5)]
    assert [len(group["hits"]) for group in every["groups"]] == [9]
    assert every["groups"][0]["hits"][8] == {
        "word": 25, "at": "0:24", "pieces": [["the ", False], ["clock", True], [" ticks", False]],
    }  # fmt: skip


def test_of_several_those_are_deleted_that_can_be_and_it_is_said_why_others_cannot(tmp_path: Path, past: Past) -> None:
    done, gone = keep(tmp_path, CLOCK), keep(tmp_path, HARBOUR)
    shutil.rmtree(store_of(tmp_path).folder / gone)

    with store_of(tmp_path).open(asked(tmp_path, "held.flac")) as running:
        answer = ask(Librarian(past).delete, jobs=[done, running.id, gone])

    assert answer["gone"] == [done, gone]
    assert "held.flac is being transcribed right now" in str(answer["error"])


def listed(**known: object) -> Listed:
    now = datetime.now(UTC)
    told = {"id": "x", "title": "A talk", "model": "demo", "language": None, "duration": 9.0, "added": now}
    told |= {"changed": now, "words": 1000, "checked": 0, "speakers": (), "edits": 0, "corrected": False}
    return Listed(**(told | known))


@pytest.mark.parametrize(
    ("words", "checked", "percent"),
    [(0, 0, None), (1000, 0, 0), (1000, 1, 1), (1000, 500, 50), (1000, 999, 99), (1000, 1000, 100)],
)
def test_neither_nothing_nor_everything_is_said_of_some(words: int, checked: int, percent: int | None) -> None:
    job = Summary("x", Path("/talks/talk.wav"), "demo", datetime.now(UTC), "finished", 1.0, 60.0, words)

    (row,) = listing.rows([job], [listed(words=words, checked=checked)])

    assert (row["name"], row["recording"], row["checked"]) == ("A talk", "talk.wav", percent)


def test_hits_are_grouped_by_transcript_with_how_many_there_are() -> None:
    hits = tuple(Hit(job, job.upper(), word, 62.0, (("clock", True),)) for job, word in (("a", 1), ("a", 2), ("b", 3)))

    groups = listing.hits(Found(hits, {"a": 7, "b": 1}))

    assert [(group["job"], group["name"], group["count"]) for group in groups] == [("a", "A", 7), ("b", "B", 1)]
    assert [[hit["word"] for hit in group["hits"]] for group in groups] == [[1, 2], [3]]


# --- the shelf -------------------------------------------------------------------------------------------------------


def test_whatever_is_finished_is_found_and_what_is_damaged_is_left_out_and_said_once(
    tmp_path: Path, past: Past, caplog: pytest.LogCaptureFixture
) -> None:
    shelving, damaged = Shelving(past), keep(tmp_path, "broken.flac", HEARD[CLOCK])
    (store_of(tmp_path).folder / damaged / "transcript.json").write_text("{", encoding="utf-8")
    first = keep(tmp_path, CLOCK)
    stop(tmp_path, "podcast.flac")

    with caplog.at_level(logging.WARNING):
        shelving.put_up()
        second = keep(tmp_path, HARBOUR)
        past.changed()
        shelving.put_up()

    assert {hit.transcript for hit in past.library.search("clock").hits} == {first, second}
    assert [damaged in record.getMessage() for record in caplog.records] == [True]


def test_words_whose_job_is_gone_are_deleted_at_the_start_and_no_others(tmp_path: Path, past: Past) -> None:
    gone, kept = keep(tmp_path, CLOCK), keep(tmp_path, HARBOUR)
    Shelving(past).put_up()
    (store_of(tmp_path).folder / gone / "job.json").unlink()
    (store_of(tmp_path).folder / kept / "job.json").write_text("{", encoding="utf-8")

    Shelving(past).tidy()

    assert [each.id for each in past.library.list()] == [kept]


def test_jobs_that_are_out_of_reach_are_not_taken_for_deleted(tmp_path: Path, past: Past) -> None:
    keep(tmp_path, CLOCK)
    Shelving(past).put_up()
    past._store.folder.rename(tmp_path / "unplugged")  # noqa: SLF001 - as if the drive were gone

    Shelving(past).tidy()

    assert len(past.library.list()) == 1


def test_what_was_corrected_goes_before_its_job_so_that_a_failure_leaves_none_without(
    tmp_path: Path, past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = keep(tmp_path, CLOCK)
    Shelving(past).put_up()

    def refuse(_: object, path: str) -> None:
        raise NotWritableError(path, "another program holds it")

    monkeypatch.setattr(Store, "delete", refuse)
    with pytest.raises(NotWritableError):
        past.delete(job)

    assert past.library.list() == ()
    assert [each.id for each in past.seen().finished] == [job]


def test_the_share_that_is_checked_and_corrections_are_listed(tmp_path: Path, past: Past) -> None:
    job = keep(tmp_path, CLOCK)
    Shelving(past).put_up()
    known = past.library.open(job, HEARD[CLOCK], CLOCK)
    past.library.save(past.library.save(known, MarkChecked(0, 3)), Replace(0, 0, "That"))

    (row,) = ask(Librarian(past).jobs)["rows"]

    assert (row["checked"], row["corrected"]) == (50, True)
