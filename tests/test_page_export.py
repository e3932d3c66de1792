"""Stories of an editor: captions over his film, files for his programs, captions of others checked."""
# ruff: noqa: F811 - fixtures of page_driver are asked for by their names

import io
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import opentimelineio
import pysubs2
import pytest
import timecode
from make_media import Picture, Track, film
from page_driver import Server, Tab, browser, new_tab, serving  # noqa: F401 - two are fixtures
from playwright.sync_api import Locator, expect
from speech_data import SAMPLE_RATE, recording, sample

from transcriber.options import PROFILES

pytestmark = pytest.mark.browser

NAME = "Café, take 2.webm"
FPS = 25
START = "10:00:00:00"

A_FIFTH_OF_A_SECOND = 6
"""Frames at 29.97: how far off the demo model may hear a word."""

BAD = """1
00:00:00,413 --> 00:00:00,700
Welcome to the museum, my name is Laura.

2
00:00:02,000 --> 00:00:05,000
The old clock is behind the wooden door, and nobody knows how old it is.

3
00:00:06,000 --> 00:00:08,000
On March 14, the doctor
arrived
in Paris.
"""

HOLDS = """pattern => [...(document.querySelector("#player video").textTracks[0].cues ?? [])]
    .some(cue => new RegExp(pattern).test(cue.text))"""
SHOWN_NOW = (
    """() => [...(document.querySelector("#player video").textTracks[0].activeCues ?? [])].map(cue => cue.text)"""
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("page"), warm_up=False) as running:
        yield running


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a minute's worth of an editor's day: a film that a browser plays, with timecode, two shots and speech."""
    spoken = sample().samples()[None, :].astype(float)
    picture = Picture(frames=300, size=(96, 54), timecode=START, paint=lambda number: 60 if number < 150 else 200)
    return film(tmp_path_factory.mktemp("film") / NAME, picture, Track(spoken, SAMPLE_RATE, "libopus"))


@pytest.fixture(scope="module")
def job(server: Server, take: Path, browser: object) -> None:
    """The film, transcribed once for all stories."""
    context = browser.new_context()
    tab = Tab(context.new_page()).open(server.address)
    tab.page.get_by_label("Paths on this computer").fill(str(take))
    tab.press("Transcribe")
    tab.results(NAME)
    context.close()


@pytest.fixture
def tab(server: Server, job: None, new_tab: Callable[..., Tab]) -> Tab:
    """The film, opened from the history for export."""
    tab = new_tab(accept_downloads=True).open(server.address)
    tab.history(NAME).get_by_role("button", name="Show").click()
    return opened(tab, tab.results(NAME)[0])


def opened(tab: Tab, result: Locator) -> Tab:
    result.get_by_role("button", name="Captions and export").click()
    tab.page.locator("#report .score").wait_for()
    return tab


def download(tab: Tab, button: str) -> Path:
    with tab.page.expect_download() as waiting:
        tab.page.get_by_role("button", name=button).click()
    kept = Path(waiting.value.path())
    return Path(shutil.copy(kept, kept.with_name(waiting.value.suggested_filename)))


def type_into(tab: Tab, label: str, text: str) -> None:
    field = tab.page.get_by_label(label, exact=True)
    field.fill(text)
    field.press("Enter")


def give_captions(tab: Tab, button: str, path: Path) -> None:
    with tab.page.expect_file_chooser() as waiting:
        tab.page.get_by_role("button", name=button).click()
    waiting.value.set_files(path)


def begins(tab: Tab, timecode: str) -> None:
    """Wait until the page says that the recording begins there."""
    expect(tab.page.locator("#rules-said b")).to_have_text(timecode)


# --- files -----------------------------------------------------------------------------------------------------------


def test_files_have_the_frame_rate_and_the_start_that_the_film_has_or_the_editor_types(tab: Tab) -> None:
    tab.page.get_by_label("Its timecode").check()
    begins(tab, START)

    subtitles = download(tab, "Download .srt")
    timeline = download(tab, "Download .otio")
    markers = ElementTree.parse(download(tab, "Download .xml"))
    tab.page.get_by_label("A start of my own").check()
    type_into(tab, "Frames a second", "29.97df")
    type_into(tab, "My start", "01:00:00;00")
    begins(tab, "01:00:00;00")
    events = download(tab, "Download .edl").read_text(encoding="utf-8").splitlines()

    first = pysubs2.load(str(subtitles))[0]
    track = opentimelineio.adapters.read_from_file(str(timeline)).video_tracks()[0]
    said = " ".join(event.plaintext.replace("\n", " ") for event in pysubs2.load(str(subtitles)))
    assert subtitles.name == "Café, take 2.srt"
    assert said == sample().text
    assert 36_000_000 < first.start < 36_001_000
    assert first.start % (1000 // FPS) == 0
    assert track[0].available_range().start_time.to_timecode() == START
    assert (markers.findtext(".//sequence/rate/timebase"), markers.findtext(".//sequence/rate/ntsc")) == ("25", "FALSE")
    assert markers.findtext(".//clipitem//timecode/string") == START
    marked = next(line.split()[-2] for line in events if line[:3] == "001")
    expected = timecode.Timecode("29.97", "01:00:00;00") + round(sample().words[0].start * 30000 / 1001)
    assert "FCM: DROP FRAME" in events
    assert abs(timecode.Timecode("29.97", marked).frames - expected.frames) <= A_FIFTH_OF_A_SECOND


def test_a_pack_holds_what_is_chosen_and_a_saved_file_lies_beside_the_film(tab: Tab, take: Path) -> None:
    tab.page.get_by_role("button", name="Choose none").click()
    for name in ("Web captions (WebVTT)", "Transcript for Premiere Pro"):
        tab.page.get_by_role("checkbox", name=name).check()

    pack = zipfile.ZipFile(io.BytesIO(download(tab, "Download an editing pack").read_bytes()))
    tab.page.get_by_role("button", name="Save beside the recording").click()
    expect(tab.page.locator("#made")).to_contain_text(f"Saved 2 files in {take.parent}")

    assert set(pack.namelist()) == {"README.txt", "Café, take 2.vtt", "Café, take 2.premiere.json"}
    assert pysubs2.load(str(take.with_suffix(".vtt")))[0].plaintext.startswith("Welcome")


def test_a_wrong_frame_rate_and_a_wrong_timecode_are_said_in_place_and_nothing_is_made_of_them(tab: Tab) -> None:
    said, made = tab.page.locator("#rules-said .wrong"), tab.page.locator("#made .wrong")
    place = tab.page.locator("#formats").bounding_box
    before = place()

    type_into(tab, "Frames a second", "abc")
    expect(said).to_have_text("fps cannot be abc: it is a number such as 25, 23.976, 29.97df or 30000/1001.")
    tab.page.get_by_role("button", name="Download .srt").click()
    expect(made).to_contain_text("fps cannot be abc")
    tab.page.evaluate("scrollTo(0, 0)")
    after = place()
    type_into(tab, "Frames a second", "")
    begins(tab, "00:00:00:00")
    expect(made).to_have_count(0)
    tab.page.get_by_label("A start of my own").check()
    type_into(tab, "My start", "25:99")

    expect(said).to_contain_text("timecode cannot be 25:99: it is written as hours:minutes:seconds:frames")
    assert after == before


# --- captions over the film ------------------------------------------------------------------------------------------


def holds(tab: Tab, pattern: str) -> None:
    """Wait until the player has such a caption."""
    tab.page.wait_for_function(HOLDS, arg=pattern)


def seek(tab: Tab, seconds: float) -> list[str]:
    """Which captions the player shows at a moment."""
    tab.page.wait_for_function("document.querySelector('#player video').readyState >= 1")
    tab.page.evaluate("seconds => { document.querySelector('#player video').currentTime = seconds }", seconds)
    tab.page.wait_for_function("!document.querySelector('#player video').seeking")
    tab.page.wait_for_function(f"({SHOWN_NOW})().length > 0")
    return tab.page.evaluate(SHOWN_NOW)


def test_captions_stand_over_the_film_by_the_chosen_rules_and_it_is_fetched_in_pieces_from_where_it_lies(
    tab: Tab, take: Path
) -> None:
    address = tab.page.locator("#player video").evaluate("video => video.src")
    shutil.copy(take, take.with_name("another.webm"))
    by_netflix = seek(tab, 4.5)

    tab.page.get_by_label("Word by word").check()
    holds(tab, "^clock$")
    by_word = seek(tab, 4.5)
    tab.page.get_by_label("Netflix").check()
    expect(tab.page.get_by_label("Lines", exact=True)).to_have_value("2")
    type_into(tab, "Characters a line", "20")
    holds(tab, r"^The old clock.*\n")
    narrow = seek(tab, 4.5)
    piece = tab.page.request.get(address, headers={"Range": "bytes=100-199"})
    other = tab.page.request.get(address.rpartition("/")[0] + "/another.webm")

    assert by_netflix == ["The old clock is behind the wooden door."]
    assert by_word[0] in by_netflix[0].split()
    assert max(len(line) for line in narrow[0].splitlines()) <= 20
    assert tab.page.evaluate("document.querySelector('#player video').videoWidth") == 96
    assert (piece.status, piece.body()) == (206, take.read_bytes()[100:200])
    assert other.status == 403
    assert (
        tab.page.get_by_label("Characters a second").input_value() == f"{PROFILES['netflix'].characters_per_second:g}"
    )


def test_shot_changes_are_looked_for_when_wanted_and_the_choice_stays_for_the_next_result(tab: Tab) -> None:
    tab.page.get_by_label("Change captions with the picture").check()
    expect(tab.page.locator("#looked")).to_have_text("1 shot change found.")
    tab.page.get_by_label("BBC").check()
    tab.page.get_by_role("button", name="Back to the transcripts").click()
    opener = tab.page.get_by_role("button", name="Captions and export")
    expect(opener).to_be_focused()

    opened(tab, tab.page.locator(".result"))

    expect(tab.page.locator("#looked")).to_have_text("1 shot change found.")
    expect(tab.page.get_by_label("BBC")).to_be_checked()
    expect(tab.page.get_by_role("heading", name=NAME)).to_be_focused()


def test_an_upload_that_no_browser_can_show_says_so_and_is_exported_all_the_same(
    server: Server, new_tab: Callable[..., Tab], tmp_path: Path
) -> None:
    spoken = recording("museum.flac").samples()[None, :].astype(float)
    old = film(tmp_path / "old camera.mp4", Picture(frames=80), Track(spoken, SAMPLE_RATE, "aac"))
    tab = new_tab(accept_downloads=True).open(server.address)

    opened(tab, tab.transcribe(old)[0])
    expect(tab.page.locator(".cannot")).to_contain_text("Your browser")
    subtitles = pysubs2.load(str(download(tab, "Download .ass")))
    tab.page.get_by_role("button", name="Save beside the recording").click()

    expect(tab.page.locator("#made .wrong")).to_contain_text("download the files instead")
    assert tab.page.get_by_label("Frames a second").get_attribute("placeholder") == "25 (from the recording)"
    assert subtitles[0].plaintext.split() == recording("museum.flac").text.split()


# --- captions of others ----------------------------------------------------------------------------------------------


def test_bad_captions_are_checked_repaired_and_downloaded(tab: Tab, tmp_path: Path) -> None:
    bad = tmp_path / "from abroad.srt"
    bad.write_text(BAD, encoding="utf-8")
    report = tab.page.locator("#report")
    expect(report.locator(".score b")).to_have_text("100")

    give_captions(tab, "Check a subtitle file", bad)
    expect(report.locator(".score")).to_contain_text("from abroad.srt")
    found = report.locator("tbody tr").all_inner_texts()
    pale = tab.pale_texts()
    repaired = pysubs2.load(str(download(tab, "Repair")))
    score = report.locator(".score b").inner_text()
    downloads: list[object] = []
    tab.page.on("download", lambda one: downloads.append(one))
    tab.page.get_by_role("radio", name="YouTube").check()
    expect(report.locator("tbody")).to_contain_text("more than 32")

    assert pale == []
    assert tab.fits()
    assert (score, downloads) == ("100", [])
    assert any("Cue 1 is shown for" in row and "shorter than 0.833 s" in row for row in found)
    assert any("Cue 2 has a line of" in row for row in found)
    assert any("Cue 3 has 3 lines, more than 2." in row for row in found)
    assert repaired[0].duration >= 840
    assert all(len(line) <= 42 for event in repaired for line in event.plaintext.splitlines())
    assert [event.plaintext.split() for event in repaired] == [
        each.plaintext.split() for each in pysubs2.load(str(bad))
    ]


def test_captions_are_laid_out_anew_without_any_transcript_also_in_the_dark(
    server: Server, new_tab: Callable[..., Tab], tmp_path: Path
) -> None:
    nonsense, foreign = tmp_path / "shopping list.srt", tmp_path / "from abroad.vtt"
    nonsense.write_text("apples\nbread\n", encoding="utf-8")
    foreign.write_text("WEBVTT\n\n" + BAD.replace(",413", ".413").replace(",000", ".000").replace(",700", ".700"))
    tab = new_tab(accept_downloads=True, color_scheme="dark").open(server.address)

    give_captions(tab, "Check captions made elsewhere", nonsense)
    tab.news("shopping list.srt holds no subtitles that can be read")
    give_captions(tab, "Check captions made elsewhere", foreign)
    tab.page.locator("#report .score", has_text="from abroad.vtt").wait_for()
    type_into(tab, "Frames a second", "50")
    expect(tab.page.locator("#report")).to_contain_text("off the frames of 50 a second")
    pale = tab.pale_texts()
    tab.page.get_by_label("Word by word").check()
    expect(tab.page.get_by_label("Characters a second")).to_have_value("100")
    anew = pysubs2.load(str(download(tab, "Lay out anew")))

    assert pale == []
    assert tab.fits()
    expect(tab.page.locator("#export")).to_have_count(0)
    assert [event.plaintext for event in anew] == [
        word for event in pysubs2.load(str(foreign)) for word in event.plaintext.split()
    ]
