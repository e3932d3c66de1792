"""Marker EDLs, read back by OpenTimelineIO's CMX 3600 adapter."""

import re

import opentimelineio as otio
import pytest
from hypothesis import given, settings
from interview import FILM, INTERVIEW, RATES, handed_over
from test_formats import hostile_transcripts
from timecode import Timecode

from transcriber.export import find
from transcriber.export.handover import Handover
from transcriber.export.markers import marked
from transcriber.transcript import Segment, Transcript

NOTE = re.compile(r"\|C:(ResolveColor[A-Z][a-z]+) \|M:([^|]*) \|D:(\d+)")


def events(handover: Handover) -> list[tuple[int, int, str, str, int]]:
    """The frame and the length of each event, and its marker's colour, text and length."""
    rate = float(handover.rate.exact)
    made = otio.adapters.read_from_string(find("edl").text(handover), "cmx_3600", rate=rate)
    read = []
    for clip in made.find_clips():
        (note,) = clip.metadata["cmx_3600"]["comments"]
        colour, text, frames = NOTE.fullmatch(note).groups()
        span = clip.source_range
        read.append((round(span.start_time.value), round(span.duration.value), colour, text, int(frames)))
    return read


def test_every_marker_is_read_back_with_its_colour_text_and_length():
    markers = marked(INTERVIEW, FILM.rate.nearest)

    read = events(handed_over())

    assert [text for *_, text, _ in read] == [marker.comment.replace("|", "/") for marker in markers]
    assert [frames for *_, frames in read] == [marker.frames for marker in markers]
    assert [colour for _, _, colour, *_ in read] == [
        {"said": "ResolveColorBlue", "doubtful": "ResolveColorYellow", "unheard": "ResolveColorRed"}[marker.kind]
        for marker in markers
    ]


@pytest.mark.parametrize("base", ["file", "source", "own"])
@pytest.mark.parametrize("name", RATES)
def test_every_event_is_a_frame_long_and_stands_on_the_frame_of_what_is_said(name, base):
    rate = RATES[name]
    handover = handed_over(rate=rate, base=base)

    read = events(handover)

    assert [(frame, length) for frame, length, *_ in read] == [
        (handover.first_frame + marker.frame, 1) for marker in marked(INTERVIEW, rate.nearest)
    ]


@pytest.mark.parametrize("name", RATES)
def test_timecodes_are_those_of_an_independent_library(name):
    rate = RATES[name]
    handover = handed_over(rate=rate, base="own", own_start="01:00:00:00")
    first = Timecode(name, "01:00:00:00", force_non_drop_frame=not rate.drop)

    written = re.findall(r"^\d+  001      V     C        (\S+) (\S+) \1 \2$", find("edl").text(handover), re.MULTILINE)

    wanted = [str(first + marker.frame) for marker in marked(INTERVIEW, rate.nearest)]
    assert [start.replace(";", ":") for start, _ in written] == [stamp.replace(";", ":") for stamp in wanted]


def test_how_frames_are_counted_is_told():
    assert "FCM: DROP FRAME\n" in find("edl").text(handed_over())
    assert "FCM: NON-DROP FRAME\n" in find("edl").text(handed_over(rate=RATES["25"]))


@settings(deadline=None, max_examples=60)
@given(hostile_transcripts())
def test_no_text_becomes_a_field_or_an_event(said):
    handover = handed_over(said)

    assert len(events(handover)) == len(marked(said, handover.rate.nearest))


def test_events_are_numbered_on_past_three_digits():
    words = [Segment("So.", 0.5 * number, 0.5 * number + 0.4) for number in range(1001)]

    written = find("edl").text(handed_over(Transcript(tuple(words), 600.0, "demo")))

    assert re.findall(r"^(\d+)  001", written, re.MULTILINE)[-3:] == ["999", "1000", "1001"]
