"""Captions: every word once and in order, within the rules of every profile, broken where a reader would."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from said import segment, timed, transcript, transcripts, visible

from transcriber.export.checking import check
from transcriber.export.cues import HYPHEN, Cue, lay_out
from transcriber.options import PROFILES, CaptionOptions
from transcriber.timecode import FrameRate
from transcriber.transcript import Segment, Transcript, Word

FILM = FrameRate(Fraction(24))
RATES = [
    FrameRate(Fraction(24000, 1001)),
    FrameRate(Fraction(25)),
    FrameRate(Fraction(30000, 1001), drop=True),
    FrameRate(Fraction(50)),
    FrameRate(Fraction(60000, 1001), drop=True),
]
NETFLIX = PROFILES["netflix"]
FRAMES = 2 / 24


def laid(made: Transcript, options: CaptionOptions = NETFLIX, rate: FrameRate = FILM) -> list[Cue]:
    return lay_out(made, options, rate)


def shown(made: Transcript, **changes) -> list[tuple[str, ...]]:
    return [cue.lines for cue in laid(made, replace(NETFLIX, **changes))]


def english(text: str, **timing) -> Transcript:
    return transcript(segment(text, 0.0, **timing), language="en")


# --- what always holds -----------------------------------------------------------------------------------------------

VOCABULARY = (
    "I you the a of to and but because never can't would Mary Smith Mr. 42 percent museum, paintings. well? in Paris, "
    "extraordinary so! שלום мир, https://example.org/a/very/long/address/of/it 日本語の字幕は一行に十三文字までです。"
)
speech = st.lists(st.sampled_from(VOCABULARY.split()), min_size=1, max_size=30)
paces = st.sampled_from([(0.12, 0.0), (0.2, 0.02), (0.3, 0.05), (0.5, 0.2), (0.04, 0.0), (2.0, 1.2), (0.0, 0.0)])
speakers = st.sampled_from([None, "Anna", "Борис"])


@st.composite
def conversations(draw: st.DrawFn) -> Transcript:
    """What people may say: turns at their own pace, with pauses, interruptions and silence."""
    now, segments = draw(st.floats(0, 3)), []
    for text in draw(st.lists(speech, max_size=7)):
        seconds, gap = draw(paces)
        segments.append(segment(" ".join(text), now, seconds, gap, draw(speakers)))
        now = max(0.0, segments[-1].end + draw(st.sampled_from([-0.4, 0.0, 0.05, 0.3, 0.7, 2.0, 30.0])))
    end = max((part.end for part in segments), default=0.0)
    return Transcript(tuple(segments), end + draw(st.sampled_from([0.0, 0.2, 9.0])), "demo")


def said(cues: list[Cue]) -> str:
    return "".join(visible(line.removeprefix(hyphen(cue))) for cue in cues for line in cue.lines)


def hyphen(cue: Cue) -> str:
    return HYPHEN if len(set(cue.speakers)) > 1 else ""


@pytest.mark.parametrize("profile", PROFILES)
@settings(deadline=None, max_examples=500)
@given(made=conversations(), rate=st.sampled_from(RATES))
def test_what_people_say_keeps_every_rule_of_every_profile_but_the_speed_of_their_own_speech(profile, made, rate):
    cues = laid(made, PROFILES[profile], rate)

    report = check(cues, PROFILES[profile], rate)
    assert report.avoidable == ()
    assert report.score == 100
    assert {breach.rule for breach in report.breaches} <= {"speed"}
    assert said(cues) == visible(made.text)


@settings(deadline=None, max_examples=500)
@given(made=transcripts(), rate=st.sampled_from(RATES), profile=st.sampled_from(list(PROFILES)))
def test_hostile_text_keeps_every_rule_too(made, rate, profile):
    cues = laid(made, PROFILES[profile], rate)

    assert check(cues, PROFILES[profile], rate).avoidable == ()
    assert said(cues) == visible(made.text)


@settings(deadline=None)
@given(made=conversations(), rate=st.sampled_from(RATES), profile=st.sampled_from(list(PROFILES)))
def test_cues_stand_on_frames_and_never_at_the_same_time(made, rate, profile):
    cues = laid(made, PROFILES[profile], rate)

    moments = [moment for cue in cues for moment in (cue.start, cue.end)]
    frames = [Fraction(moment) * rate.exact for moment in moments]
    assert all(abs(frame - round(frame)) < Fraction(1, 10**6) for frame in frames)
    assert moments == sorted(moments)
    assert all(cue.start < cue.end for cue in cues)


@settings(deadline=None)
@given(conversations())
def test_a_cue_never_comes_before_its_first_word(made):
    starts = {round(24 * word.start) for word in made.words} | {int(24 * word.start + 1e-6) for word in made.words}

    cues = laid(made)

    free = [0.0, *(cue.end + FRAMES for cue in cues)]
    assert all(
        round(24 * cue.start) in starts or abs(cue.start - before) < 1e-6
        for cue, before in zip(cues, free, strict=False)
    )


option_sets = st.builds(
    CaptionOptions,
    line_length=st.integers(12, 60),
    lines=st.integers(1, 4),
    characters_per_second=st.floats(8, 40),
    linger=st.floats(0, 2),
    gap_frames=st.integers(0, 4),
    closed_gap_frames=st.integers(0, 20),
    words_per_cue=st.sampled_from([None, 1, 3]),
    shape=st.sampled_from(["balanced", "top", "bottom"]),
)


@settings(deadline=None, max_examples=200)
@given(conversations(), option_sets, st.sampled_from(RATES))
def test_any_set_of_rules_is_kept(made, options, rate):
    cues = laid(made, options, rate)

    assert check(cues, options, rate).avoidable == ()
    assert said(cues) == visible(made.text)


# --- when ------------------------------------------------------------------------------------------------------------


def test_a_cue_begins_with_its_first_word_and_lingers_half_a_second_after_its_last():
    made = transcript(segment("We shall see what comes of it.", 3.25))

    (cue,) = laid(made)

    assert cue.start == 3.25
    assert cue.end == pytest.approx(made.words[-1].end + 0.5, abs=1 / 24)


def test_a_short_word_stays_long_enough_to_be_read():
    (cue,) = laid(transcript(segment("Yes.", 3.0, seconds=0.1)), replace(NETFLIX, linger=0.0))

    assert cue.end == pytest.approx(3.0 + 5 / 6)


def test_a_cue_stays_until_it_can_be_read_when_nobody_speaks_after_it():
    made = transcript(segment("Extraordinarily complicated circumstances.", 3.0, seconds=0.1, gap=0.0))

    (cue,) = laid(made)

    assert cue.end - cue.start == pytest.approx(42 / 20, abs=1 / 24)


def test_a_cue_does_not_linger_past_the_recording():
    made = transcript(segment("Now I have to go.", 3.0), duration=4.75)

    (cue,) = laid(made)

    assert cue.end == 4.75


def test_a_short_gap_is_closed_to_two_frames_and_a_long_one_left():
    made = transcript(
        segment("This is the first one.", 0.0), segment("This is the second one.", 2.5), segment("And so on.", 7.0)
    )

    first, second, third = laid(made)

    assert second.start - first.end == pytest.approx(FRAMES)
    assert third.start - second.end > 1.0


def test_the_bbc_leaves_no_gap_below_a_second_and_a_half():
    made = transcript(segment("This is the first one.", 0.0), segment("Here is the second one.", 3.4))

    first, second = laid(made, PROFILES["bbc"])

    assert first.end == second.start


def test_single_words_follow_each_other_without_a_gap():
    cues = laid(transcript(segment("One at a time, please.", 1.0)), PROFILES["single-word"])

    assert [cue.lines for cue in cues] == [("One",), ("at",), ("a",), ("time,",), ("please.",)]
    assert all(one.end == other.start for one, other in pairwise(cues))


def test_words_without_duration_at_one_moment_are_shown_one_after_the_other():
    made = transcript(*(segment(f"{name}!", 1.0, seconds=0.0, speaker=name) for name in ("Anna", "Ben", "Cleo")))

    cues = laid(made)

    assert cues[0].start == 1.0
    assert all(after.start >= cue.end + FRAMES - 1e-9 for cue, after in pairwise(cues))
    assert all(cue.end - cue.start >= 5 / 6 - 1e-9 for cue in cues)


def test_a_cue_comes_and_goes_with_the_shots_near_it():
    made = transcript(segment("This is the first one.", 1.0, gap=0.0), segment("And the last.", 6.0))

    first, last = lay_out(made, NETFLIX, FILM, shots=[0.75, 3.375, 6.25, 20.0])

    assert (first.start, last.start) == (0.75, 6.25)
    assert first.end == pytest.approx(3.375 - FRAMES)


def test_a_shot_that_is_too_far_from_the_words_moves_nothing():
    made = transcript(segment("This is the first one.", 1.0))

    assert lay_out(made, NETFLIX, FILM, shots=[0.4, 1.4, 5.0]) == laid(made)


@settings(deadline=None, max_examples=200)
@given(conversations(), st.lists(st.floats(0, 60), max_size=40), st.sampled_from(RATES))
def test_shots_break_no_rule(made, shots, rate):
    cues = lay_out(made, NETFLIX, rate, shots)

    assert check(cues, NETFLIX, rate).avoidable == ()
    assert said(cues) == visible(made.text)


# --- where cues end --------------------------------------------------------------------------------------------------


def test_sentences_are_not_mixed_where_there_is_time_to_read_them():
    made = transcript(segment("This is the first.", 0.0), segment("Here is the second.", 2.0))

    assert shown(made) == [("This is the first.",), ("Here is the second.",)]


def test_sentences_that_would_only_flash_share_a_cue():
    made = transcript(segment("Yes.", 0.0), segment("No.", 0.35), segment("I think so.", 0.7))

    assert shown(made) == [("Yes. No. I think so.",)]


def test_two_who_speak_at_once_share_a_cue_with_hyphens():
    made = transcript(segment("Yes.", 0.0, speaker="Anna"), segment("No.", 0.35, speaker="Ben"))

    (cue,) = laid(made)

    assert cue.lines == ("- Yes.", "- No.")
    assert cue.speakers == ("Anna", "Ben")


def test_two_who_take_their_time_get_a_cue_each():
    made = transcript(
        segment("What do you think of it, then?", 0.0, speaker="Anna"), segment("Nothing at all.", 2.7, speaker="Ben")
    )

    assert shown(made) == [("What do you think of it, then?",), ("Nothing at all.",)]


def test_words_far_apart_never_share_a_cue_and_none_is_shown_before_it_is_said():
    first, second = timed("Wait", 1.0), timed("what?", 4.0)
    made = transcript(Segment("Wait what?", 1.0, 4.3, first + second))

    assert [cue.start for cue in laid(made)] == [1.0, 4.0]


def test_a_long_sentence_is_broken_at_its_comma():
    text = "The paintings in this room were bought in Paris, before anybody knew what they would be worth one day."

    assert shown(english(text)) == [
        ("The paintings in this room", "were bought in Paris,"),
        ("before anybody knew", "what they would be worth one day."),
    ]


def test_a_long_sentence_without_a_comma_is_broken_where_the_speaker_breathes():
    before = segment("The paintings that you can see in this room were bought in Paris", 0.0)
    words = before.words + timed("yesterday by somebody much richer than they are", before.end + 0.5)
    made = transcript(Segment(" ".join(word.text for word in words), 0.0, words[-1].end, words))

    assert [lines[-1].split()[-1] for lines in shown(made)] == ["Paris", "are"]


def test_a_cue_ends_with_a_sentence_rather_than_at_a_comma():
    text = "This is one whole sentence of its own. The next, though, goes on and on for quite a while yet."

    assert shown(transcript(Segment(text, 0.0, 8.0)))[0] == ("This is one whole sentence of its own.",)


def test_no_word_of_a_sentence_is_left_alone_in_a_cue():
    text = "Nobody had expected that these paintings from the cellar would one day be worth so incredibly much money."

    assert all(len(" ".join(lines).split()) > 2 for lines in shown(english(text)))


# --- where lines end -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "together"),
    [
        ("Everybody was waiting outside for the new paintings to come.", "the new"),
        ("Yesterday in the evening came Mary Smith with all her children.", "Mary Smith"),
        ("All that they had left of it was about 42 percent of the wine.", "42 percent"),
        ("Whoever comes to the party now would have been here before.", "would have been here"),
        ("Somebody at the museum had called Mr. Brown about his wife.", "Mr. Brown"),
        ("Nobody whom I have ever met has not forgotten about that day.", "has not forgotten"),
        ("People from the village decided then to leave before the rain.", "to leave"),
    ],
)
def test_what_belongs_together_stands_on_one_line(text, together):
    lines = [line for lines in shown(english(text)) for line in lines]

    assert len(lines) == 2
    assert any(together in line for line in lines)


def test_a_conjunction_begins_a_line_rather_than_end_one():
    made = english("She painted landscapes every morning and portraits at night")

    assert shown(made) == [("She painted landscapes every morning", "and portraits at night")]


def test_a_line_ends_at_a_comma_if_that_is_nearly_as_even():
    assert shown(english("There are two lines, of nearly the same length here")) == [
        ("There are two lines,", "of nearly the same length here")
    ]


def test_the_shorter_line_stands_where_it_is_wanted():
    made = transcript(segment("eleven letter words words words letter eleven words", 0.0))

    top, bottom = (shown(made, shape=shape)[0] for shape in ("top", "bottom"))

    assert len(top[0]) < len(top[1])
    assert len(bottom[0]) > len(bottom[1])


def test_more_lines_are_filled_where_they_are_allowed():
    text = "Nobody had expected that these paintings from the cellar would one day be worth so incredibly much money."

    (lines,) = shown(english(text, seconds=0.2), lines=4, line_length=30)

    assert len(lines) == 4
    assert all(len(line) <= 30 for line in lines)


def test_other_languages_break_at_their_commas_too():
    text = "Die Bilder in diesem Saal wurden in Paris gekauft, lange bevor jemand wusste, was sie wert sein würden."

    first, second = shown(transcript(segment(text, 0.0), language="de"))

    assert (first[-1][-1], second[-1][-1]) == (",", ".")


# --- words that do not fit -------------------------------------------------------------------------------------------


def test_a_segment_without_word_times_is_divided_by_the_length_of_its_text():
    text = "This first sentence is exactly as long as the other. That other sentence is exactly as long as the one."
    made = transcript(Segment(text, 10.0, 20.0))

    first, second = laid(made)

    assert (first.start, second.start) == (10.0, pytest.approx(15.0, abs=0.3))
    assert second.end == pytest.approx(20.5, abs=1 / 24)


def test_a_word_longer_than_a_line_is_divided():
    made = transcript(segment(f"It is called {'x' * 60} here.", 0.0, seconds=0.5))

    lines = [line for lines in shown(made) for line in lines]

    assert max(map(len, lines)) <= 42
    assert "".join(lines).count("x") == 60


def test_japanese_is_divided_after_its_marks_and_counted_twice_as_wide():
    text = "日本語の字幕は一行に十三文字までです。それより長い文は二行に分けます。"
    made = transcript(Segment(text, 0.0, 6.0))

    assert shown(made, line_length=38) == [
        ("日本語の字幕は一行に十三文字までです。", "それより長い文は二行に分けます。")
    ]


def test_french_marks_are_not_torn_from_their_words():
    text = "Est-ce que vous voyez bien tous les tableaux\u202f? Et " + "oui\u00a0! " * 20

    lines = [line for cue in shown(transcript(Segment(text, 0.0, 20.0))) for line in cue]

    assert len(lines) > 3
    assert not any(line.startswith(("?", "!")) for line in lines)


def test_where_nobody_speaks_there_is_no_cue():
    assert laid(transcript()) == []
    assert laid(transcript(Segment(" \u00a0\n", 0.0, 1.0, (Word("\u00a0", 0.0, 1.0),)))) == []
