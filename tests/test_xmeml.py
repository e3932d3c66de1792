"""Final Cut Pro 7 XML, held against its structure by lxml and read back by OpenTimelineIO's adapter."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import unquote

import opentimelineio as otio
import pytest
from hypothesis import given, settings
from interview import FILM, INTERVIEW, RATES, handed_over
from lxml import etree
from test_formats import hostile_transcripts
from timecode import Timecode

from transcriber.export import find
from transcriber.export.addresses import localhost, standard
from transcriber.export.handover import Handover
from transcriber.export.xmeml import countable
from transcriber.footage import Footage
from transcriber.timecode import FrameRate

DTD = etree.DTD(str(Path(__file__).parent / "xmeml.dtd"))
STARTS = [segment.start for segment in INTERVIEW.segments]


def sequence(handover: Handover) -> etree._Element:
    root = etree.fromstring(find("xmeml").render(handover))
    assert DTD.validate(root), DTD.error_log
    return root[0]


def timeline(handover: Handover) -> otio.schema.Timeline:
    return otio.adapters.read_from_string(find("xmeml").text(handover), "fcp_xml")


def markers(element: etree._Element) -> list[tuple[str, int]]:
    return [(marker.findtext("name"), int(marker.findtext("in"))) for marker in element.findall("marker")]


def test_another_reader_finds_the_clip_its_tracks_and_its_markers():
    made = timeline(handed_over())

    assert [(track.kind, len(track)) for track in made.tracks] == [("Video", 1), ("Audio", 1), ("Audio", 1)]
    first, *sound = made.find_clips()
    assert first.name == FILM.path.name
    assert unquote(first.media_reference.target_url) == f"file://localhost{FILM.path}"
    assert len(first.markers) == len(made.tracks.markers) == 7
    assert not any(clip.markers for clip in sound)


@pytest.mark.parametrize("name", RATES)
def test_markers_stand_on_the_frames_of_what_is_said(name):
    rate = RATES[name]
    film = replace(FILM, rate=rate)
    expected = [round(Fraction(start) * rate.exact) for start in STARTS]

    made = sequence(handed_over(film=film))

    for place in (made, made.find(".//clipitem")):
        assert set(expected) <= {frame for _, frame in markers(place)}
    assert made.findtext("rate/timebase") == str(rate.nominal)
    assert made.findtext("rate/ntsc") == ("TRUE" if "." in name else "FALSE")


@pytest.mark.parametrize("name", RATES)
def test_timecodes_are_those_of_an_independent_library(name):
    rate = RATES[name]
    film = replace(FILM, rate=rate, start=Fraction(rate.frame("10:00:00:00")) / rate.exact)

    made = sequence(handed_over(film=film, base="own", own_start="01:00:00:00"))

    for place, start in ((made.find("timecode"), "01:00:00:00"), (made.find(".//file/timecode"), "10:00:00:00")):
        wanted = Timecode(name, start, force_non_drop_frame=not rate.drop)
        assert place.findtext("string").replace(";", ":") == str(wanted).replace(";", ":")
        assert int(place.findtext("frame")) == wanted.frame_number
        assert place.findtext("displayformat") == ("DF" if rate.drop else "NDF")


def test_the_time_base_moves_the_sequence_and_never_the_clip():
    own, file = (sequence(handed_over(base=base)) for base in ("own", "file"))

    assert own.findtext("timecode/string") == "01:00:00;00"
    assert file.findtext("timecode/string") == "00:00:00;00"
    assert etree.tostring(own.find("media")) == etree.tostring(file.find("media"))
    assert markers(own) == markers(file)


def test_doubts_and_unheard_speech_have_colours_of_their_own():
    colours = {each.findtext("name"): each.findtext("pproColor") for each in sequence(handed_over()).findall("marker")}

    assert colours["Speech without words"] == "4281740498"
    assert colours["? all"] == "4281049552"
    assert colours['Anna: So "it\'s <b>fine</b>" & all — is it?'] is None


def test_picture_and_sound_are_linked_and_only_the_first_mention_tells_of_the_file():
    made = sequence(handed_over())

    assert [item.get("id") for item in made.iterfind(".//clipitem")] == ["clipitem-1", "clipitem-2", "clipitem-3"]
    assert all(len(item.findall("link")) == 3 for item in made.iterfind(".//clipitem"))
    assert [len(file) for file in made.iterfind(".//file")] == [6, 0, 0]


def test_sound_alone_has_a_track_for_each_channel_and_a_picture_of_none():
    made = sequence(handed_over(film=Footage(PurePosixPath("/a.wav"), 75.0, channels=4, sample_rate=96_000)))

    assert len(made.findall("media/audio/track/clipitem")) == 4
    assert made.findall("media/video/track/clipitem") == []
    assert made.findtext("media/video/format/samplecharacteristics/width") == "1920"
    assert made.findtext(".//file/media/audio/channelcount") == "4"
    assert made.find(".//file/media/video") is None
    assert len(markers(made.find(".//clipitem"))) == 7


def test_a_film_cut_at_another_rate_keeps_its_own_for_its_clip():
    made = sequence(handed_over(rate=FrameRate(Fraction(25))))

    assert made.findtext("rate/timebase") == "25"
    assert made.findtext(".//clipitem/rate/timebase") == "30"
    assert dict(markers(made))["Speech without words"] == 70 * 25
    assert dict(markers(made.find(".//clipitem")))["Speech without words"] == round(70 * 30000 / 1001)


@pytest.mark.parametrize(("rate", "counted"), [("12.5", "12"), ("24000/1001", "24000/1001"), ("10", "10")])
def test_a_rate_that_the_format_cannot_say_is_counted_in_the_nearest_that_it_can(rate, counted):
    assert countable(FrameRate(Fraction(rate))).exact == Fraction(counted)


@pytest.mark.parametrize(
    ("path", "premieres", "standards"),
    [
        (PureWindowsPath(r"D:\Rushes\Tag 1\Größe#1.mov"), "/D%3a/Rushes/Tag%201/Gr%C3%B6%C3%9Fe%231.mov",
         "file:///D:/Rushes/Tag%201/Gr%C3%B6%C3%9Fe%231.mov"),
        (PureWindowsPath(r"\\?\D:\Rushes\1.mov"), "/D%3a/Rushes/1.mov", "file:///D:/Rushes/1.mov"),
        (PureWindowsPath(r"\\nas\film\1.mov"), "//nas/film/1.mov", "file://nas/film/1.mov"),
        (PureWindowsPath(r"\\?\UNC\nas\film\1.mov"), "//nas/film/1.mov", "file://nas/film/1.mov"),
        (PurePosixPath("/Volumes/A B/50%.mov"), "/Volumes/A%20B/50%25.mov", "file:///Volumes/A%20B/50%25.mov"),
        (PurePosixPath("//twice.mov"), "/twice.mov", "file:///twice.mov"),
        (PurePosixPath("/\udcff\ud800.mov"), "/%FF%EF%BF%BD.mov", "file:///%FF%EF%BF%BD.mov"),
    ],
)  # fmt: skip
def test_every_kind_of_path_is_an_address(path, premieres, standards):
    film = Footage(path, 1.0)

    assert localhost(film) == f"file://localhost{premieres}"
    assert standard(film) == standards


@settings(deadline=None, max_examples=60)
@given(hostile_transcripts())
def test_whatever_is_said_the_structure_stands(said):
    made = sequence(handed_over(said))

    assert markers(made) == markers(made.find(".//clipitem"))


def test_a_clip_keeps_the_very_frame_of_its_timecode_in_a_sequence_of_another_rate():
    film = replace(FILM, start=Fraction(FILM.rate.frame("10:00:00;17")) / FILM.rate.exact)

    made = sequence(handed_over(film=film, rate=FrameRate(Fraction(25))))

    assert made.findtext(".//file/timecode/string") == "10:00:00;17"


def test_a_clip_that_begins_before_midnight_counts_from_the_end_of_the_day():
    made = sequence(handed_over(film=replace(FILM, rate=RATES["25"], start=Fraction(-1, 5))))

    assert made.findtext(".//file/timecode/string") == "23:59:59:20"
    assert made.findtext(".//file/timecode/frame") == str(24 * 3600 * 25 - 5)
