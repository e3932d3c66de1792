"""WebVTT, read back by webvtt-py."""

import html
import io

import pytest
import webvtt
from hypothesis import given, settings
from interview import CUES, RATES, handed_over
from said import transcripts
from test_formats import hostile_transcripts

from transcriber.export import find
from transcriber.export.handover import Handover


def captions(handover: Handover) -> list[webvtt.Caption]:
    return list(webvtt.from_buffer(io.StringIO(find("vtt").text(handover))))


def seconds(stamp: str) -> float:
    hours, minutes, rest = stamp.split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(rest)


def test_every_cue_is_read_back_with_its_lines_and_its_times():
    read = captions(handed_over(base="file"))

    assert [tuple(html.unescape(line) for line in cue.lines) for cue in read] == [cue.lines for cue in CUES]
    assert [(seconds(cue.start), seconds(cue.end)) for cue in read] == [
        (pytest.approx(cue.start, abs=5e-4), pytest.approx(cue.end, abs=5e-4)) for cue in CUES
    ]


@pytest.mark.parametrize("name", RATES)
def test_the_times_of_a_cue_tell_its_frames(name):
    rate = RATES[name]
    handover = handed_over(base="own", rate=rate, own_start="01:00:00:00")
    vars(handover).pop("cues")

    read = captions(handover)

    frames = [rate.exact * round(1000 * seconds(moment)) / 1000 for cue in read for moment in (cue.start, cue.end)]
    assert frames
    assert all(abs(frame - round(frame)) < 0.04 for frame in frames)


def test_what_looks_like_markup_is_shown_and_not_obeyed():
    written = find("vtt").text(handed_over())

    assert "&lt;b&gt;fine&lt;/b&gt;" in written
    assert "--&gt; here" in written
    assert written.count("-->") == len(CUES)


@settings(deadline=None, max_examples=60)
@given(transcripts())
def test_no_cue_is_lost_whatever_is_said(said):
    handover = handed_over(said)
    vars(handover).pop("cues")

    read = captions(handover)

    assert [html.unescape(cue.text) for cue in read] == ["\n".join(cue.lines) for cue in handover.cues]


@settings(deadline=None, max_examples=40)
@given(hostile_transcripts())
def test_no_text_ends_a_cue_or_begins_another(said):
    handover = handed_over(said)
    vars(handover).pop("cues")

    assert len(captions(handover)) == len(handover.cues)
