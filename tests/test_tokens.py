"""What is shown of a transcript, piece by piece."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from said import segment

from transcriber.export.tokens import pieces, tokens, width
from transcriber.timecode import FrameRate
from transcriber.transcript import Segment, Word

PAL = FrameRate(Fraction(25))


@pytest.mark.parametrize(
    ("text", "wide"),
    [("abc", 3), ("Zoë", 3), ("Zoe\u0308", 3), ("日本", 4), ("ｶﾅ", 2), ("한국", 4), ("שָׁלוֹם", 4), ("a\u200bb", 2)],  # noqa: RUF001
)
def test_width_is_what_stands_side_by_side(text, wide):
    assert width(text) == wide


@given(st.text(min_size=1, max_size=80), st.integers(10, 50))
def test_pieces_fit_and_lose_nothing(text, longest):
    divided = pieces(text, longest)

    assert "".join(divided) == text
    assert all(width(piece) <= longest for piece in divided)


def test_no_accent_is_torn_from_its_letter():
    assert pieces("e\u0301" * 15, 10) == ["e\u0301" * 10, "e\u0301" * 5]


def test_a_word_stands_on_the_frames_around_it():
    (token,) = tokens((segment("So.", 1.03, seconds=0.3),), 42, PAL)

    assert (token.first, token.last) == (25, 34)


def test_what_comes_too_early_waits_for_what_was_before():
    words = (Word("One", 2.0, 2.4), Word("two", 1.0, 1.2))

    one, two = tokens((Segment("One two", 1.0, 2.4, words),), 42, PAL)

    assert (two.first, two.last) == (one.first, one.first)


def test_pieces_of_one_word_share_its_time_and_need_no_space():
    words = (Word("x" * 20, 1.0, 2.0),)

    parts = tokens((Segment("x" * 20, 1.0, 2.0, words),), 12, PAL)

    assert [(part.text, part.glued) for part in parts] == [("x" * 12, False), ("x" * 8, True)]
    assert (parts[0].first, parts[-1].last) == (25, 50)


def test_a_word_belongs_to_its_own_speaker_else_to_that_of_its_segment():
    words = (Word("Yes", 1.0, 1.2, speaker="Ben"), Word("no", 1.2, 1.4))

    said = tokens((Segment("Yes no", 1.0, 1.4, words, "Anna"),), 42, PAL)

    assert [token.speaker for token in said] == ["Ben", "Anna"]
