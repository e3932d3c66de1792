"""How long a cue stays, in frames."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcriber.export.pacing import NEVER, Pace, Shots
from transcriber.options import PROFILES, CaptionOptions
from transcriber.timecode import FrameRate

FILM = FrameRate(Fraction(24))
PACE = Pace.of(CaptionOptions(), FILM)


@pytest.mark.parametrize(
    ("rate", "shortest", "longest"),
    [
        (Fraction(24), 20, 168),
        (Fraction(24000, 1001), 20, 167),
        (Fraction(25), 21, 175),
        (Fraction(60000, 1001), 50, 419),
    ],
)
def test_the_rules_are_the_next_whole_frames_within_them(rate, shortest, longest):
    pace = Pace.of(CaptionOptions(), FrameRate(rate))

    assert (pace.shortest, pace.longest) == (shortest, longest)


def test_a_gap_below_a_second_and_a_half_is_closed_for_the_bbc():
    pace = Pace.of(PROFILES["bbc"], FrameRate(Fraction(50)))

    assert [pace.flickers(gap) for gap in (0, 1, 74, 75)] == [False, True, True, False]


def test_reading_takes_the_frames_of_its_characters():
    assert [PACE.reading(characters) for characters in (0, 1, 20, 21)] == [0, 2, 24, 26]


@pytest.mark.parametrize(
    ("wanted", "following", "end"),
    [
        (50, NEVER, 50),
        (5, NEVER, 20),
        (500, NEVER, 168),
        (50, 50, 48),
        (50, 53, 51),
        (50, 61, 59),
        (50, 62, 50),
        (50, 10, 20),
        (500, 175, 163),
    ],
)
def test_a_cue_goes_in_time_and_leaves_no_gap_that_flickers(wanted, following, end):
    assert PACE.end(0, wanted, following) == end


@given(st.integers(0, 400), st.integers(1, 600))
def test_whatever_is_wanted_no_rule_is_broken_but_by_waiting(wanted, following):
    end = PACE.end(0, wanted, following)

    assert 20 <= end <= 168
    assert not PACE.flickers(following - end)
    assert end <= following - 2 or end == 20


def test_a_cue_comes_with_a_shot_unless_that_is_too_late_or_too_early():
    shots = Shots([100], PACE)

    assert [shots.start(first) for first in (92, 93, 100, 112, 113)] == [92, 100, 100, 100, 113]


def test_a_cue_goes_before_a_shot_unless_that_cuts_it_or_the_gap_would_flicker():
    shots = Shots([100], PACE)

    assert shots.end(90, 80, NEVER) == 98
    assert shots.end(105, 95, NEVER) == 98
    assert shots.end(105, 106, NEVER) == 105
    assert shots.end(90, 80, 105) == 90
    assert replace(shots, frames=[]).end(90, 80, NEVER) == 90
