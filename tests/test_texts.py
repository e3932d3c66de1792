"""Texts that people read: with times, by speaker, and what they are made of."""

import pytest
from handovers import handed
from hypothesis import given, settings
from interview import handed_over
from said import segment, transcript, transcripts, visible

from transcriber.export import find
from transcriber.export.plain import file_name, one_line, one_token, shortened
from transcriber.export.timing import words_of
from transcriber.export.turns import turns
from transcriber.options import ExportOptions
from transcriber.transcript import Segment, Word


def test_every_utterance_has_a_line_with_its_time_and_who_spoke():
    made = transcript(segment("One.", 0.0, speaker="Anna"), segment("Two.", 3725.5))

    assert find("times").text(handed(made)) == "[00:00:00] Anna: One.\n[01:02:05] Two.\n"


def test_times_are_timecode_on_a_time_base_that_has_one():
    made = transcript(segment("One.", 1.52))

    assert find("times").text(handed(made, ExportOptions(base="own"))) == "[01:00:01:13] One.\n"


def test_a_speaker_is_named_once_for_all_that_is_said_until_the_next():
    made = transcript(
        segment("One.", 0.0, speaker="Anna"),
        segment("Two.", 9.0, speaker="Anna"),
        segment("Three.", 12.0, speaker="Борис"),
    )

    assert find("speakers").text(handed(made)) == "Anna  [00:00:00]\nOne.\n\nTwo.\n\nБорис  [00:00:12]\nThree.\n"


def test_without_speakers_every_paragraph_has_its_time():
    made = transcript(segment("One.", 0.0), segment("Two.", 9.0))

    assert [(turn.speaker, turn.start) for turn in turns(made.segments)] == [(None, 0.0), (None, 9.0)]


@pytest.mark.parametrize("name", ["times", "speakers", "md"])
@settings(deadline=None, max_examples=40)
@given(said=transcripts())
def test_no_word_is_lost_in_a_text(name, said):
    written = iter(visible(find(name).text(handed(said)).replace("\\", "")))

    assert all(letter in written for letter in visible(said.text.replace("\\", "")))


def test_a_line_stays_a_line_whatever_is_said():
    made = transcript(Segment("One\n[00:00:09] Two\r\n\x00three\u2028four", 0.0, 1.0))

    assert find("times").text(handed(made)) == "[00:00:00] One [00:00:09] Two three four\n"


def test_printing_leaves_a_terminal_no_marks_of_other_systems():
    for name in ("csv", "segments.csv"):
        assert not find(name).text(handed_over()).startswith("\ufeff")
        assert "\r" not in find(name).text(handed_over())


# --- words and characters --------------------------------------------------------------------------------------------


def test_words_without_times_share_their_segments_by_length_and_fill_it():
    words = list(words_of(Segment("I am here.", 10.0, 12.2, speaker="Anna")))

    assert [word.text for word in words] == ["I", "am", "here."]
    assert [round(word.start, 2) for word in words] == [10.0, 10.4, 11.0]
    assert words[-1].end == 12.2
    assert {(word.timing, word.speaker) for word in words} == {("shared", "Anna")}


def test_words_with_times_keep_them_and_what_is_no_text_is_left_out():
    said = Segment("a b", 0.0, 1.0, (Word("a\n", 0.0, 0.5), Word("\x00", 0.5, 0.6), Word("b", 0.6, 1.0)))

    assert [(word.text, word.start) for word in words_of(said)] == [("a", 0.0), ("b", 0.6)]


@pytest.mark.parametrize("name", ["con", "a/b\\c", "x" * 10 + "...", "\ud800", ""])
def test_a_name_of_a_file_holds_nothing_that_windows_refuses(name):
    made = file_name(name)

    assert made
    assert not set('<>:"/\\|?*\ud800') & set(made)
    assert not made.endswith((".", " "))
    assert made != "con"


def test_a_shortened_text_is_cut_between_words_and_never_longer():
    assert shortened("one two three", 13) == "one two three"
    assert shortened("one two, three", 9) == "one two…"
    assert shortened("onetwothree", 6) == "onetw…"


def test_no_break_spaces_stay_where_languages_write_them():
    assert one_line("Quoi\u00a0?\tOui\u202f!") == "Quoi\u00a0? Oui\u202f!"
    assert one_token("Quoi\u00a0?") == "Quoi_?"
