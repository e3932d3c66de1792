"""How written words sound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcriber.spoken import _edits, sound_key, spoken, unlikeness


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Clock,", "clock"),
        ("DON’T", "dont"),
        ("forty-two", "forty two"),
        ("0", "zero"),
        ("7", "seven"),
        ("42", "forty two"),
        ("90", "ninety"),
        ("100", "one hundred"),
        ("115", "one hundred fifteen"),
        ("2005", "two thousand five"),
        ("1,000", "one thousand"),
        ("1,234,567", "one million two hundred thirty four thousand five hundred sixty seven"),
        ("1995", "nineteen ninety five"),
        ("1900", "nineteen hundred"),
        ("2024.", "twenty twenty four"),
        ("007", "zero zero seven"),
        ("1234567890123456", "one two three four five six seven eight nine zero one two three four five six"),
        ("7:30", "seven thirty"),
        ("7:05pm", "seven oh five pm"),
        ("12:00", "twelve"),
        ("3.14", "three point one four"),
        ("1st", "first"),
        ("14th", "fourteenth"),
        ("21st", "twenty first"),
        ("30th", "thirtieth"),
        ("$5", "five dollars"),
        ("£2.50", "two pounds fifty"),
        ("10%", "ten percent"),
        ("Rock&Roll", "rock and roll"),
        ("Straße", "strasse"),
        ("हिन्दी", "हिन्दी"),
        ("…", "…"),
    ],
)
def test_a_word_is_said_as_people_say_it(written, said):
    assert " ".join(spoken(written)) == said


@given(st.text())
def test_every_word_says_something_without_blanks(word):
    assert len(spoken(word)) >= 1
    assert all(" " not in unit for unit in spoken(word) if unit != word)


def test_a_number_of_five_thousand_digits_is_read_digit_by_digit():
    assert spoken("9" * 5000) == ("nine",) * 5000
    assert spoken(f"1:{'0' * 5000}") == ("one",)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("week", "weak"),
        ("knight", "night"),
        ("write", "right"),
        ("phone", "fone"),
        ("their", "there"),
    ],
)
def test_words_that_sound_alike_have_the_same_key(one, other):
    assert sound_key(one) == sound_key(other)


def test_a_word_that_sounds_alike_is_nearer_than_one_that_is_spelled_alike():
    assert unlikeness("week", "weak") < unlikeness("week", "well") < unlikeness("week", "month")


@given(st.text(max_size=12), st.text(max_size=12))
def test_unlikeness_is_a_share_and_nothing_only_for_the_same_word(one, other):
    assert 0 <= unlikeness(one, other) <= 1
    assert (unlikeness(one, other) == 0) == (one == other)
    assert unlikeness(one, other) == unlikeness(other, one)


@given(st.text("abc", max_size=9), st.text("abc", max_size=9))
def test_edits_are_those_of_the_table_that_everybody_knows(one, other):
    above = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        line = [row]
        for column, against in enumerate(other, 1):
            line.append(min(above[column] + 1, line[-1] + 1, above[column - 1] + (letter != against)))
        above = line

    assert _edits(one, other) == above[-1]
