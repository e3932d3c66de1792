"""Which words belong together."""

import pytest

from transcriber.export.grammar import ANYWHERE, BOUND, CLAUSE, SENTENCE, break_costs, ends_sentence, is_english


def cost(text: str, language: str | None = "en") -> int:
    """Of the break at the bar."""
    before, after = text.split("|")
    return break_costs([*before.split(), *after.split()], language)[len(before.split()) - 1]


@pytest.mark.parametrize(
    "torn",
    [
        "near the | museum",
        "this is my | house",
        "some other | day",
        "the roof of | that",
        "bought in | Paris",
        "we have | seen it",
        "you should | not",
        "did not | know",
        "they didn't | know",
        "they | knew it",
        "where it | is",
        "what we used | to do",
        "I'll | come",
        "a piece and | another",
        "the man who | came",
        "going to | leave",
        "about 42 | percent",
        "about three | hours",
        "for $5 | million",
        "see chapter | 3",
        "on March | 14",
        "and Mary | Smith",
        "Mary | Smith came",
        "near Mr. | Brown",
        "by St. | Peter",
    ],
)
def test_what_belongs_together_is_bound(torn):
    assert cost(torn) >= BOUND


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("It is over. | We go", "It is over, | we go"),
        ("when it rains, | we stay", "we stay | because of it"),
        ("the picture | that he bought", "the old | picture"),
        ("landscapes | and portraits", "landscapes and | portraits"),
        ("the door | in the wall", "the old | door"),
        ("the old | door", "the door in | the wall"),
        ("the wall | of stone", "the wall of | stone"),
    ],
)
def test_some_places_are_better_than_others(better, worse):
    assert cost(better) < cost(worse)


def test_a_doctor_without_a_name_is_like_anybody():
    assert cost("the doctor | and") < cost("the doctor | told") == ANYWHERE
    assert cost("the Doctor | told") == ANYWHERE


def test_a_particle_stays_with_its_verb():
    assert cost("they gave | up") > ANYWHERE


def test_marks_say_more_than_words():
    assert cost("He is in. | The") == SENTENCE
    assert cost("which he was in, | the") == CLAUSE
    assert cost("“Is he the?” | he") == SENTENCE


def test_titles_and_initials_end_no_sentence():
    ends = [ends_sentence(word) for word in ("Dr.", "J.", "U.S.", "e.g.", "it.", "so?”", "そうです。", "end…")]

    assert ends == [False, False, False, False, True, True, True, True]


def test_other_languages_know_marks_numbers_and_short_words_only():
    assert cost("der | Hund", "de") > cost("Hund | bellt", "de") == ANYWHERE
    assert cost("Hund, | der", "de") == CLAUSE
    assert cost("etwa 42 | Prozent", "de") >= BOUND
    assert cost("Mary | Smith", "de") == ANYWHERE


def test_english_is_known_by_its_words_where_nobody_names_the_language():
    english, german = "this is the room that you saw and it was full", "das ist der Saal den ihr gesehen habt in Paris"

    assert (is_english(None, english.split()), is_english(None, german.split())) == (True, False)
    assert (is_english("en-GB", german.split()), is_english("de", english.split())) == (True, False)


def test_there_is_a_cost_after_each_word():
    assert break_costs([], "en") == []
    assert break_costs(["Hello"], "en") == [0]
    assert len(break_costs(["Hello", "there", "you"], "de")) == 3
