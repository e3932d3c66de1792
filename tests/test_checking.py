"""The delivery check, rule by rule."""

from fractions import Fraction

import pytest

from transcriber.export.checking import check
from transcriber.export.cues import Cue
from transcriber.options import PROFILES, CaptionOptions
from transcriber.timecode import FrameRate

PAL = FrameRate(Fraction(25))
NTSC = FrameRate(Fraction(30000, 1001), drop=True)
NETFLIX = CaptionOptions()
SOUND = [Cue(1.0, 3.0, ("Good morning.",)), Cue(3.08, 6.0, ("This is the first line", "and this the second one."))]


def rules(*cues: Cue, options: CaptionOptions = NETFLIX, rate: FrameRate = PAL) -> list[tuple[int, str, float]]:
    return [(breach.cue, breach.rule, breach.amount) for breach in check(cues, options, rate).breaches]


def test_sound_captions_score_a_hundred():
    report = check(SOUND, NETFLIX, PAL)

    assert (report.cues, report.breaches, report.score) == (2, (), 100.0)


def test_no_captions_break_no_rule():
    assert check([], NETFLIX, PAL).score == 100.0


@pytest.mark.parametrize(
    ("cues", "found"),
    [
        ([Cue(1.0, 3.0, ())], (1, "empty", 0)),
        ([Cue(1.0, 3.0, (" ",))], (1, "empty", 0)),
        ([Cue(1.0, 4.0, ("x" * 43,))], (1, "line length", 43)),
        ([Cue(1.0, 4.0, ("one", "two", "three"))], (1, "lines", 3)),
        ([Cue(1.0, 4.0, ("Nobody had ever expected this to", "happen."))], (1, "orphan", 1)),
        ([Cue(1.0, 2.0, ("There is too much to read here.",))], (1, "speed", 31)),
        ([Cue(1.0, 1.8, ("So.",))], (1, "shortest", 0.8)),
        ([Cue(1.0, 8.04, ("So.",))], (1, "longest", 7.04)),
        ([Cue(1.0, 3.0, ("So.",)), Cue(3.04, 5.0, ("So.",))], (1, "gap", 1)),
        ([Cue(1.0, 3.0, ("So.",)), Cue(3.12, 5.0, ("So.",))], (1, "closed gap", 3)),
        ([Cue(1.0, 3.0, ("So.",)), Cue(3.44, 5.0, ("So.",))], (1, "closed gap", 11)),
        ([Cue(1.0, 3.0, ("So.",)), Cue(2.92, 5.0, ("So.",))], (1, "overlap", 2)),
        ([Cue(4.0, 6.0, ("So.",)), Cue(1.0, 3.0, ("So.",))], (2, "order", 75)),
        ([Cue(1.015, 3.0, ("So.",))], (1, "frame", 0.015)),
    ],
)
def test_each_rule_is_found_alone_with_its_amount(cues, found):
    assert rules(*cues) == [found]


def test_what_is_just_within_the_rules_passes():
    assert rules(Cue(1.0, 1.84, ("x" * 16,)), Cue(1.92, 8.92, ("x" * 42, "x" * 42)), Cue(9.4, 11.0, ("So.",))) == []


def test_a_hair_is_not_left_alone_where_nothing_else_fits():
    assert rules(Cue(1.0, 5.0, ("Donaudampfschifffahrtsgesellschaftskapitän", "ist er."))) == []


def test_two_speakers_may_say_one_word_each():
    assert rules(Cue(1.0, 5.0, ("- Hi.", "- Who is that, over there?"))) == []


def test_a_cue_without_room_is_too_fast_because_people_are():
    fast = [Cue(1.0, 2.0, ("There is too much to read here.",)), Cue(2.08, 4.0, ("So.",))]

    report = check(fast, NETFLIX, PAL)

    assert [breach.forced for breach in report.breaches] == [True]
    assert (report.avoidable, report.score) == ((), 100.0)


def test_a_cue_with_room_after_it_need_not_be_too_fast():
    fast = [Cue(1.0, 2.0, ("There is too much to read here.",)), Cue(4.0, 6.0, ("So.",))]

    assert check(fast, NETFLIX, PAL).score == 50.0


def test_one_bad_cue_in_three_costs_a_third():
    assert check([*SOUND, Cue(9.0, 9.2, ("So.", "So.", "So."))], NETFLIX, PAL).score == 66.6


def test_frames_are_those_of_the_film():
    start, end = (NTSC.seconds(frame) for frame in (31, 92))

    assert rules(Cue(start, end, ("So.",)), rate=NTSC) == []
    assert [rule for _, rule, _ in rules(Cue(start, end, ("So.",)))] == ["frame"]


def test_times_that_a_file_rounded_are_still_on_their_frames():
    in_milliseconds = [Cue(1.001, 3.003, ("So.",)), Cue(3.07, 5.005, ("So.",))]
    in_hundredths = [Cue(1.0, 3.0, ("So.",)), Cue(3.07, 5.01, ("So.",))]

    assert rules(*in_milliseconds, rate=NTSC) == rules(*in_hundredths, rate=NTSC) == []


def test_the_bbc_allows_a_third_line_and_no_short_gap():
    cues = [Cue(1.0, 3.0, ("one", "two", "three")), Cue(4.0, 6.0, ("So.",))]

    assert rules(*cues, options=PROFILES["bbc"]) == [(1, "closed gap", 25)]


def test_a_breach_is_told_in_a_sentence():
    report = check([Cue(1.0, 4.0, ("x" * 43,)), Cue(4.04, 6.0, ("So.",))], NETFLIX, PAL)

    assert [breach.sentence for breach in report.breaches] == [
        "Cue 1 has a line of 43 characters, more than 42.",
        "Cue 1 goes 1 frame before cue 2 comes, less than 2.",
    ]
