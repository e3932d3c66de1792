"""Stories of somebody who listens to what deserves a look, and sees where it is: list, waveform, captions."""
# ruff: noqa: F811 - fixtures of page_driver are asked for by their names

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pysubs2
import pytest
import soundfile
from make_media import Picture, Track, film, onsets, tones, write
from page_driver import Server, Tab, browser, new_tab, serving  # noqa: F401 - two are fixtures
from playwright.sync_api import Locator, Route, expect
from said import segment, transcript
from speech_data import SAMPLE_RATE, sample
from test_page_correcting import NAME, VIDEO, WITHIN_S, keep, leave, left, spoken, type_over, words
from windows_locks import Locks, windows_locks

from page import peaks, settings
from page.listening import Listening
from page.past import Past
from page.peaks import Peaks, Strip
from page.uploads import Uploads
from transcriber import jobs, media, storage
from transcriber.errors import MediaNotFoundError
from transcriber.jobs import Store
from transcriber.options import TranscribeOptions
from transcriber.transcript import Transcript

FILM, MANY = "museum film.webm", "many doubts.wav"
MANY_PLACES = 3000
WAIT_SECONDS = 60


def keep_film(home: Path) -> str:
    path = film(
        home / FILM,
        Picture(Fraction(25), 25 * int(sample().duration)),
        Track(sample().samples()[None].astype(float), SAMPLE_RATE, "libopus"),
    )
    return finished(home, path, spoken())


def keep_many(home: Path) -> str:
    """A quarter of an hour of silence, with 45,000 words and a doubt in each third utterance."""
    soundfile.write(home / MANY, np.zeros(900 * 8000, dtype="int16"), 8000)
    said = [segment("one two three four five", 0.1 * place, 0.015, 0.005) for place in range(3 * MANY_PLACES)]
    for place in range(0, len(said), 3):
        first, *others = said[place].words
        said[place] = replace(said[place], words=(replace(first, confidence=0.1), *others))
    return finished(home, home / MANY, transcript(*said, duration=900.0))


def finished(home: Path, recording: Path, said: Transcript) -> str:
    asked = jobs.Request(jobs.source(recording), "demo", "weights", 8, TranscribeOptions())
    with Store(home / "transcribe-ui" / "jobs").open(asked, said.duration) as job:
        job.finish(said, 2.0, "CPU")
        return job.id


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("page")
    for each in (keep, keep_film, keep_many):
        each(home)
    with serving(home, warm_up=False) as running:
        yield running


@pytest.fixture
def tab(server: Server, new_tab: Callable[..., Tab]) -> Tab:
    """The talk, opened to be read."""
    return read(new_tab(accept_downloads=True).open(server.address), NAME)


def read(tab: Tab, name: str) -> Tab:
    tab.history(name).get_by_role("button", name="Read and correct").click()
    words(tab).first.wait_for()
    tab.page.wait_for_function(f"{VIDEO}.readyState >= 1")
    return tab


def list_of(tab: Tab) -> Locator:
    """The rows of what is to be checked, once the list is opened."""
    tab.page.get_by_role("button", name="List", exact=True).click()
    return tab.page.locator("#transcript .places .row")


def chosen(tab: Tab) -> str:
    return " ".join(tab.page.locator("#transcript .chosen").all_inner_texts())


# --- the list of what to check ---------------------------------------------------------------------------------------


@pytest.mark.browser
def test_the_list_tells_when_what_and_why_and_five_seconds_of_each_place_are_heard(tab: Tab) -> None:
    rows, heard = list_of(tab), [word.text for word in spoken().words]
    tab.page.evaluate(f"{VIDEO}.addEventListener('seeking', () => {{ window.stood = {VIDEO}.currentTime }})")

    tab.page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_have_attribute("aria-selected", "true")
    moved = chosen(tab)
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_function(f"!{VIDEO}.paused")
    begun = tab.page.evaluate("window.stood")
    tab.page.wait_for_function(f"{VIDEO}.paused")
    over = tab.page.evaluate(f"{VIDEO}.currentTime")

    start = spoken().words[9].start
    assert rows.locator("mark").all_inner_texts() == [heard[2], heard[3], heard[9]]
    expect(rows.first).to_contain_text(" ".join(heard[:8]))
    expect(rows.nth(1).locator(".why")).to_have_text("15% sure")
    expect(rows.nth(2)).to_contain_text("No words were found here")
    assert moved == heard[9]
    assert abs(begun - (start - 2)) <= WITHIN_S
    assert start + 3 <= over <= start + 3.5


@pytest.mark.browser
def test_kinds_are_counted_and_chosen_and_what_is_checked_leaves_the_list_at_once(tab: Tab) -> None:
    rows, heard = list_of(tab), [word.text for word in spoken().words]
    counts = tab.page.locator("#transcript .kinds label").all_inner_texts()

    tab.page.get_by_text("Not heard", exact=False).first.click()
    expect(rows).to_have_count(1)
    tab.page.locator("#transcript .kinds label", has_text="All").click()
    expect(rows).to_have_count(3)
    rows.first.click()
    clicked = chosen(tab)
    tab.page.keyboard.press("Control+Enter")
    expect(rows).to_have_count(2)
    left(tab, 2)
    then = chosen(tab)
    tab.page.locator("#transcript .pane").focus()
    tab.page.keyboard.press("Control+z")
    expect(rows).to_have_count(3)

    assert [re.sub(r"\s+", " ", each).strip() for each in counts] == [
        "All 3", "Red 1", "Amber 2", "Not heard 1", "Outside speech 0", "Heard otherwise 0",
    ]  # fmt: skip
    assert (clicked, then) == (" ".join(heard[2:4]), heard[9])


@pytest.mark.browser
def test_of_three_thousand_places_only_those_in_sight_are_laid_out(server: Server, new_tab: Callable[..., Tab]) -> None:
    tab = read(new_tab().open(server.address), MANY)

    rows = list_of(tab)
    rows.first.wait_for()
    at_first = rows.count()
    tab.page.keyboard.press("End")
    tab.page.locator(f"#place-{MANY_PLACES - 1}").wait_for()

    assert max(at_first, rows.count()) < 40
    expect(tab.page.locator(".places .rows")).to_have_attribute("aria-rowcount", str(MANY_PLACES))
    assert chosen(tab) == "one"
    assert (tab.barriers(), tab.pale_texts()) == ([], [])
    assert tab.fits()


# --- the waveform ----------------------------------------------------------------------------------------------------

INKED = """(strip, [from, to]) => {
    const canvas = strip.querySelector("canvas"), paint = canvas.getContext("2d");
    const [left, right] = [from, to].map((share) => Math.round(share * canvas.width));
    const { data } = paint.getImageData(left, 0, right - left, Math.round(canvas.height / 3));
    return data.some((part, index) => index % 4 === 3 && part > 0);
}"""
"""Whether the sound reaches into the upper third of a strip anywhere between two shares of its width."""


def far(tab: Tab) -> Locator:
    """The strip of the whole recording, once its waveform is there."""
    strip = tab.page.get_by_role("slider", name="Position in the recording")
    expect(tab.page.locator("#transcript .drawn")).to_have_text("")
    tab.page.wait_for_function("document.querySelector('.strip.far').ariaValueMax > 0")
    return strip


@pytest.mark.browser
def test_the_waveform_shows_speech_and_silence_and_a_click_or_a_drag_goes_there(tab: Tab) -> None:
    strip, whole = far(tab), sample().duration
    tab.page.wait_for_function(f"([strip, span]) => ({INKED})(strip, span)", arg=[strip.element_handle(), [0.3, 0.7]])
    box = strip.bounding_box()

    silent = strip.evaluate(INKED, [0.0, 0.5 * sample().words[0].start / whole])
    strip.click(position={"x": box["width"] / 2, "y": 10})
    middle = tab.page.evaluate(f"{VIDEO}.currentTime")
    tab.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 10)
    tab.page.mouse.down()
    tab.page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 10, steps=4)
    tab.page.mouse.up()
    quarter = tab.page.evaluate(f"{VIDEO}.currentTime")

    assert not silent
    assert middle == pytest.approx(whole / 2, abs=0.1)
    assert quarter == pytest.approx(whole / 4, abs=0.1)
    expect(strip).to_have_attribute("aria-valuetext", "0:03 of 0:12")


@pytest.mark.browser
def test_both_strips_are_sliders_that_keys_move(tab: Tab) -> None:
    far(tab).focus()

    tab.page.keyboard.press("ArrowRight")
    coarse = tab.page.evaluate(f"{VIDEO}.currentTime")
    tab.page.get_by_role("slider", name="Position, close up").focus()
    tab.page.keyboard.press("ArrowLeft")
    fine = tab.page.evaluate(f"{VIDEO}.currentTime")
    tab.page.keyboard.press("Home")
    begin = tab.page.evaluate(f"{VIDEO}.currentTime")

    assert (coarse, fine, begin) == (pytest.approx(5.0), pytest.approx(4.9), 0)
    assert chosen(tab) == ""


@pytest.mark.browser
def test_how_far_the_waveform_is_is_said_and_so_is_why_there_is_none(
    server: Server, new_tab: Callable[..., Tab]
) -> None:
    tab, answers = new_tab().open(server.address), iter(({"share": 0.43}, {"error": "It is damaged."}))

    def answer(route: Route) -> None:
        asked = json.loads(route.request.post_data or "{}")
        if asked.get("fn_name") != "peaks":
            return route.continue_()
        return route.fulfill(json=json.dumps(next(answers)))

    tab.page.route(re.compile("component_server"), answer)
    said = tab.page.locator("#transcript .drawn")
    tab.history(NAME).get_by_role("button", name="Read and correct").click()

    expect(said).to_have_text("Drawing the waveform: 43 %")
    expect(said).to_have_text("No waveform: It is damaged.")


@pytest.mark.browser
def test_a_recording_that_is_gone_shows_no_strip_and_a_deleted_job_leaves_no_waveform(
    new_tab: Callable[..., Tab], tmp_path: Path
) -> None:
    keep(tmp_path)
    with serving(tmp_path, warm_up=False) as server:
        tab = read(new_tab().open(server.address), NAME)
        far(tab)
        drawn = list(tmp_path.rglob("*.peaks"))
        leave(tab)
        (tmp_path / NAME).unlink()
        tab.history(NAME).get_by_role("button", name="Read and correct").click()
        words(tab).first.wait_for()
        expect(tab.page.locator("#transcript .strips")).to_be_hidden()
        leave(tab)
        row = tab.history(NAME)
        row.get_by_role("button", name="Delete").click()
        row.locator(".sure").get_by_role("button", name="Delete").click()
        tab.page.locator("#history li", has_text=NAME).wait_for(state="detached")

    assert len(drawn) == 1
    assert list(tmp_path.rglob("*.peaks*")) == []


# --- captions over the picture ---------------------------------------------------------------------------------------

CUES = f"[...({VIDEO}.textTracks[0].cues ?? [])].map((cue) => [cue.startTime, cue.text])"


@pytest.mark.browser
def test_captions_over_the_picture_are_those_of_the_srt_follow_a_correction_and_can_be_switched_off(
    server: Server, new_tab: Callable[..., Tab]
) -> None:
    tab = read(new_tab(accept_downloads=True).open(server.address), FILM)
    tab.page.wait_for_function(f"{CUES}.length > 0")

    type_over(tab, words(tab).nth(1), "R&B")
    tab.page.wait_for_function(f"{CUES}.some(([, text]) => text.includes('R&amp;B'))")
    shown = tab.page.evaluate(CUES)
    tab.page.get_by_label("Captions", exact=True).uncheck()
    off = tab.page.evaluate(f"{VIDEO}.textTracks[0].mode")
    tab.page.get_by_label("Captions", exact=True).check()
    on = tab.page.evaluate(f"{VIDEO}.textTracks[0].mode")
    leave(tab)
    tab.history(FILM).get_by_role("button", name="Show").click()
    (result,) = tab.results(FILM)
    exported = pysubs2.load(str(tab.download(result, ".srt")))

    assert (off, on) == ("disabled", "showing")
    assert [start for start, _ in shown] == pytest.approx([event.start / 1000 for event in exported], abs=0.001)
    plain = [text.replace("&amp;", "&") for _, text in shown]
    assert plain == [event.text.replace(r"\N", "\n") for event in exported]


@pytest.mark.browser
def test_sound_without_a_picture_has_no_switch_for_captions(tab: Tab) -> None:
    far(tab)

    expect(tab.page.get_by_label("Captions", exact=True)).to_be_hidden()


# --- what is heard is what was clicked -------------------------------------------------------------------------------

MINUTES, LATE, RATE = 3, 171.0, 16_000
TRIES = 5
"""A machine that is busy drops sound, or says late that it was heard; never early."""

CONTAINERS = ("wav", "flac", "m4a", "mp4", "mov", "mp3", "bare.mp3")

HEARD = """() => {
    const video = document.querySelector("#transcript video"), context = new AudioContext();
    const tap = context.createScriptProcessor(512, 2, 1), source = context.createMediaElementSource(video);
    let loud = -1;
    tap.onaudioprocess = ({ inputBuffer }) => {
        const at = inputBuffer.getChannelData(0).findIndex((sample) => Math.abs(sample) > 0.2);
        if (at < 0) return;
        if (context.currentTime - loud > 0.3) window.heard = video.currentTime + at / context.sampleRate;
        loud = context.currentTime;
    };
    source.connect(tap);
    tap.connect(context.destination);
    context.resume();
}"""
"""Writes down where the player stands when a tone begins to be heard."""


def keep_tone(home: Path, ending: str) -> str:
    """Three minutes, now loud and now quiet, with a tone near the end where the last word is; its name."""
    path = home / f"tone.{ending}"
    time_of = np.arange(60 * MINUTES * RATE) / RATE
    noise = np.random.default_rng(0).standard_normal(len(time_of)) * 0.02 * (time_of // 7 % 2)
    tone = tones(RATE, at=(LATE,), seconds=60 * MINUTES)[0]
    sound = np.where(abs(time_of - LATE) < 0.5, tone, noise)[None]
    varying = {"flags": "+qscale", "global_quality": "236"}
    late = 0.0
    if ending in ("wav", "flac"):
        soundfile.write(path, sound[0], RATE)
    elif ending.endswith("mp3"):
        bare = {"write_xing": "0", "id3v2_version": "0"} if "bare" in ending else {}
        write(path, Track(sound, RATE, "libmp3lame", settings=varying), options=bare)
    elif ending == "m4a":
        write(path, Track(sound, RATE, "aac"))
    else:
        late = 0.4
        track = Track(sound, RATE, "aac", stamp=lambda time: time + late)
        film(path, Picture(Fraction(25), 60 * MINUTES * 25), track)
    words = segment("so it is over", LATE - 3.0, 0.3), segment("now", LATE + late, 0.3)
    finished(home, path, transcript(*words, duration=60.0 * MINUTES))
    return path.name


@pytest.mark.browser
@pytest.mark.parametrize("ending", CONTAINERS)
def test_a_click_on_a_late_word_is_heard_where_it_was_decoded(
    new_tab: Callable[..., Tab], sounding: Server, ending: str
) -> None:
    tab = new_tab().open(sounding.address)
    tab.history(f"tone.{ending}").get_by_role("button", name="Read and correct").click()
    words(tab).first.wait_for()
    tab.page.wait_for_function(f"{VIDEO}.readyState >= 1")
    tab.page.evaluate(HEARD)

    decoded = onsets(np.concatenate(list(media.decode(sounding.home / f"tone.{ending}"))))[-1]
    heard = float("inf")
    for _ in range(TRIES):
        tab.page.evaluate("delete window.heard")
        words(tab).nth(3).click()
        tab.page.wait_for_function(f"window.heard !== undefined || {VIDEO}.currentTime > {LATE + 2}")
        heard = min(heard, tab.page.evaluate("window.heard ?? Infinity"))
        if heard < decoded + WITHIN_S:
            break

    assert heard == pytest.approx(decoded, abs=WITHIN_S)


@pytest.fixture(scope="module")
def sounding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("sounding")
    for ending in CONTAINERS:
        keep_tone(home, ending)
    with serving(home, warm_up=False) as running:
        yield running


# --- waveforms are drawn once, and kept ------------------------------------------------------------------------------


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "talk.wav", tones(16_000)[0], 16_000)
    return tmp_path / "talk.wav"


def awaited(kept: Peaks, talk: Path) -> Strip:
    """The waveform, once it is drawn or refused."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        strip = kept.look(talk, talk, 4.0)
        if strip.path or strip.failure:
            return strip
        time.sleep(0.01)
    raise AssertionError("there is no waveform")


def test_a_waveform_is_drawn_once_and_anew_for_another_recording_of_the_same_name(tmp_path: Path, talk: Path) -> None:
    kept = Peaks(tmp_path / "peaks")

    first = awaited(kept, talk).path
    again = Peaks(tmp_path / "peaks").look(talk, talk, 4.0).path
    written = first.read_bytes()
    soundfile.write(talk, tones(16_000, seconds=3.0)[0], 16_000)
    anew = awaited(kept, talk).path

    assert again == first
    assert written[1::2].count(127) == 0
    assert len(written) == 2 * 4 * media.PEAKS_PER_SECOND
    assert list((tmp_path / "peaks").iterdir()) == [anew]
    assert len(anew.read_bytes()) == 2 * 3 * media.PEAKS_PER_SECOND


@pytest.fixture
def held_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Drawing waits, after its first report, until this is set."""
    go_on, drawing = threading.Event(), media.peaks

    def slowly(path: Path, report: Callable[[float], None]) -> bytes:
        report(1.0)
        go_on.wait(WAIT_SECONDS)
        return drawing(path, report)

    monkeypatch.setattr(peaks.media, "peaks", slowly)
    yield go_on
    go_on.set()


def ended() -> None:
    for thread in threading.enumerate():
        if thread.name == "peaks":
            thread.join(WAIT_SECONDS)


def test_a_waveform_in_work_tells_how_far_it_is(tmp_path: Path, talk: Path, held_up: threading.Event) -> None:
    kept = Peaks(tmp_path / "peaks")
    deadline = time.monotonic() + WAIT_SECONDS

    while (strip := kept.look(talk, talk, 4.0)).share == 0 and time.monotonic() < deadline:
        time.sleep(0.01)

    assert strip == Strip(None, 0.25)


def test_a_waveform_that_nobody_waits_for_is_given_up_and_begun_again_when_asked_for(
    tmp_path: Path, talk: Path, held_up: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peaks, "PATIENCE_SECONDS", -1.0)
    kept = Peaks(tmp_path / "peaks")
    kept.look(talk, talk, 4.0)
    held_up.set()
    ended()
    given_up = list(tmp_path.glob("peaks/*"))

    monkeypatch.setattr(peaks, "PATIENCE_SECONDS", 60.0)

    assert given_up == []
    assert awaited(kept, talk).path


def test_a_waveform_that_is_deleted_while_it_is_drawn_does_not_come_back(
    tmp_path: Path, talk: Path, held_up: threading.Event
) -> None:
    kept = Peaks(tmp_path / "peaks")
    kept.look(talk, talk, 4.0)

    kept.delete(talk)
    held_up.set()
    ended()

    assert list(tmp_path.glob("peaks/*")) == []


def test_the_life_of_a_waveform_touches_nothing_that_windows_holds(tmp_path: Path, talk: Path, locks: Locks) -> None:
    kept = Peaks(tmp_path / "peaks")

    awaited(kept, talk)
    soundfile.write(talk, tones(16_000, seconds=3.0)[0], 16_000)
    awaited(kept, talk)
    ended()
    kept.delete(talk)

    assert locks.violations == []
    assert list((tmp_path / "peaks").iterdir()) == []


def test_what_a_scanner_holds_is_waited_for_and_what_belongs_to_no_job_is_tidied_away(
    tmp_path: Path, talk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "HELD_WAITS", (0.0,) * 8)
    kept = Peaks(tmp_path / "peaks")
    kept.folder.mkdir()

    with windows_locks(check_names=True) as locks, locks.hold_new_files(kept.folder, patience=2):
        strip = awaited(kept, talk)
        ended()
    kept.tidy([talk])
    stayed = strip.path.exists()
    kept.tidy([tmp_path / "another.wav"])

    assert stayed
    assert list(kept.folder.iterdir()) == []


def test_why_there_is_no_waveform_is_one_sentence_and_it_is_tried_again(tmp_path: Path) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF nothing")
    kept = Peaks(tmp_path / "peaks")

    first, second = awaited(kept, broken), awaited(kept, broken)

    assert str(broken) in first.failure
    assert second == first
    with pytest.raises(MediaNotFoundError):
        kept.look(tmp_path / "gone.wav", tmp_path / "gone.wav", 4.0)


def test_a_recording_that_went_meanwhile_is_said_in_a_sentence(tmp_path: Path) -> None:
    job = keep(tmp_path)
    past = Past(Store(tmp_path / "transcribe-ui" / "jobs"), Uploads(tmp_path / "uploads"), tmp_path / "page")
    (tmp_path / NAME).unlink()
    at = Listening(past, str)

    peaks_of = json.loads(at.peaks({"job": job}))
    captions = json.loads(at.captions({"job": job}))
    unknown = json.loads(at.captions({"job": "none"}))

    assert NAME in peaks_of["error"]
    assert captions["cues"][0][2].startswith(spoken().words[0].text)
    assert "error" in unknown


def test_captions_over_the_picture_keep_the_rules_that_were_chosen_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "settings_path", lambda: tmp_path / "settings.json")
    job = keep(tmp_path)
    past = Past(Store(tmp_path / "transcribe-ui" / "jobs"), Uploads(tmp_path / "uploads"), tmp_path / "page")

    settings.keep(profile="single-word")

    captions = json.loads(Listening(past, str).captions({"job": job}))
    assert [text for _, _, text in captions["cues"]] == [word.text for word in spoken().words]
