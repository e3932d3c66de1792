"""OpenTimelineIO timelines, read back by the library itself."""

from dataclasses import replace
from fractions import Fraction

import opentimelineio as otio
import pytest
from hypothesis import given, settings
from interview import FILM, INTERVIEW, RATES, handed_over
from test_formats import hostile_transcripts
from timecode import Timecode

from transcriber.export import find
from transcriber.export.handover import Handover
from transcriber.export.markers import marked


def timeline(handover: Handover) -> otio.schema.Timeline:
    made = otio.adapters.read_from_string(find("otio").text(handover), "otio_json")
    assert isinstance(made, otio.schema.Timeline)
    return made


def frames(markers: list[otio.schema.Marker]) -> list[tuple[str, int, int]]:
    return [
        (marker.name, marker.marked_range.start_time.value, marker.marked_range.duration.value) for marker in markers
    ]


def test_the_timeline_holds_the_clip_with_its_file_and_its_markers():
    made = timeline(handed_over())

    assert [(track.kind, len(track)) for track in made.tracks] == [("Video", 1), ("Audio", 1)]
    clips = list(made.find_clips())
    assert {clip.name for clip in clips} == {FILM.path.name}
    assert {clip.media_reference.target_url for clip in clips} == {
        "file:///Volumes/Rushes%202/Caf%C3%A9%20%26%20%3C%D0%96%3E%207.mov"
    }
    assert {clip.duration().value for clip in clips} == {2247}
    assert [len(clip.markers) for clip in clips] == [7, 0]


@pytest.mark.parametrize("name", RATES)
def test_markers_count_from_zero_on_the_timeline_and_in_source_timecode_on_the_clip(name):
    rate = RATES[name]
    first = rate.frame("10:00:00:00")
    film = replace(FILM, rate=rate, start=Fraction(first) / rate.exact)
    wanted = [(marker.name, marker.frame, marker.frames) for marker in marked(INTERVIEW, rate.nearest)]

    made = timeline(handed_over(film=film, base="own"))
    clip = next(iter(made.find_clips()))

    assert frames(made.tracks.markers) == wanted
    assert frames(clip.markers) == [(name, first + frame, length) for name, frame, length in wanted]
    assert clip.available_range().start_time.value == first
    assert clip.media_reference.available_range == clip.source_range


@pytest.mark.parametrize("name", RATES)
def test_the_timeline_begins_at_the_chosen_time(name):
    handover = handed_over(rate=RATES[name], base="own", own_start="01:00:00:00")
    wanted = Timecode(name, "01:00:00:00", force_non_drop_frame=not RATES[name].drop)

    assert timeline(handover).global_start_time.value == wanted.frame_number


def test_sound_alone_has_no_track_of_a_picture():
    made = timeline(handed_over(film=replace(FILM, size=None)))

    assert [track.kind for track in made.tracks] == ["Audio"]
    assert len(made.tracks[0][0].markers) == 7


def test_comments_and_colours_are_kept():
    unheard = timeline(handed_over()).tracks.markers[-1]

    assert (unheard.color, unheard.comment) == ("RED", "Somebody speaks for 2.5 s, and no word was found.")


@settings(deadline=None, max_examples=60)
@given(hostile_transcripts())
def test_whatever_is_said_the_timeline_is_one(said):
    handover = handed_over(said)

    assert len(timeline(handover).tracks.markers) == len(marked(said, handover.rate.nearest))
