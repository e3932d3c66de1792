"""Markers for Media Composer, read back as a table of tabs."""

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given, settings
from interview import FILM, INTERVIEW, RATES, handed_over
from test_formats import hostile_transcripts
from timecode import Timecode

from transcriber.export import find
from transcriber.export.handover import Handover
from transcriber.export.markers import marked


def rows(handover: Handover) -> list[list[str]]:
    return list(csv.reader(io.StringIO(find("avid").text(handover)), delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize("name", RATES)
def test_every_marker_has_the_timecode_that_an_independent_library_counts(name):
    rate = RATES[name]
    markers = marked(INTERVIEW, rate.nearest)
    first = Timecode(name, "01:00:00:00", force_non_drop_frame=not rate.drop)

    read = rows(handed_over(rate=rate, base="own", own_start="01:00:00:00"))

    assert [row[1].replace(";", ":") for row in read] == [str(first + m.frame).replace(";", ":") for m in markers]


def test_a_row_tells_who_where_in_which_colour_and_what():
    read = rows(handed_over())

    assert read[-1] == [
        "Transcribe UI", "10:01:10;00", "V1", "red", "Somebody speaks for 2.5 s, and no word was found.", "1",
    ]  # fmt: skip
    assert {row[3] for row in read} == {"green", "yellow", "red"}


def test_markers_of_sound_alone_stand_on_its_track():
    assert {row[2] for row in rows(handed_over(film=replace(FILM, size=None)))} == {"A1"}


@settings(deadline=None, max_examples=60)
@given(hostile_transcripts())
def test_no_text_becomes_a_column_or_a_row(said):
    handover = handed_over(said)

    read = rows(handover)

    assert len(read) == len(marked(said, handover.rate.nearest))
    assert {len(row) for row in read} == {6}
