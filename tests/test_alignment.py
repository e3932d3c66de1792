"""Words without times meet the timed words of another model: when each was said, and what is in doubt."""

import random
from itertools import chain, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transcriber.alignment import align, meetings, prove
from transcriber.chunking import Chunk, join
from transcriber.segmenting import split
from transcriber.transcript import Reading, Word

SPAN = (10.0, 20.0)


def heard(text: str, start: float = 11.0, step: float = 0.5, seconds: float = 0.4) -> list[Word]:
    """Words half a second apart, from 11 s."""
    return [
        Word(word, start + index * step, start + index * step + seconds, 0.8) for index, word in enumerate(text.split())
    ]


def starts(text: str, timed: list[Word], **given: object) -> list[float]:
    return [round(word.start, 3) for word in align(text.split(), timed, SPAN, **given)]


def readings(text: str, other: str) -> list[tuple[str, Reading]]:
    proved = prove(text.split(), heard(other), SPAN)
    return [(word.text, word.reading) for word in proved if word.reading]


def doubts(text: str, other: str) -> list[tuple[str, str, str]]:
    return [(word, reading.text, reading.kind) for word, reading in readings(text, other)]


spellings = st.sampled_from(
    ["the", "The", "clock,", "cloak", "42", "forty-two", "forty", "two", "7:30", "seven", "thirty.", "good", "bye"]
    + ["goodbye", "don't", "dont", "—", "$5", "5", "dollars", "Anna", "anna", "naïve", "Ж", "日本", "", "…"]
)
texts = st.lists(spellings | st.text(max_size=8), max_size=25)
seconds = st.floats(0, 30)
spans = st.tuples(seconds, seconds).map(lambda two: (min(two), max(two)))


@st.composite
def timed_words(draw: st.DrawFn) -> list[Word]:
    """As a model may tell them: in order of their starts or not, over each other, outside the clip."""
    return [Word(text, *draw(spans), draw(st.none() | st.floats(0, 1))) for text in draw(texts)]


# --- times ------------------------------------------------------------------------------------------------------------


def test_a_word_takes_the_time_of_the_word_it_meets():
    assert starts("The old clock", heard("the old clock")) == [11.0, 11.5, 12.0]


@given(timed_words(), spans, st.lists(spans, max_size=4))
def test_a_reading_aligned_with_itself_keeps_its_times(words, span, speech):
    tidy = align([word.text for word in words], words, span, sorted(speech))

    assert align([word.text for word in tidy], tidy, span, sorted(speech)) == tidy
    assert all(word.timing == "heard" for word in tidy)


@settings(deadline=None, max_examples=300)
@given(texts, timed_words(), spans, st.lists(spans, max_size=4))
def test_no_word_is_lost_and_none_overlaps_another_or_leaves_the_clip(words, timed, span, speech):
    for make in (align, prove):
        placed = make(words, timed, span, speech)

        assert [word.text for word in placed] == (words if timed else [])
        assert all(span[0] <= word.start <= word.end <= span[1] for word in placed)
        assert all(before.end <= after.start for before, after in pairwise(placed))


def test_where_nothing_was_heard_no_time_is_made_up():
    assert align(["Hello", "there"], [], SPAN) == []
    assert prove(["Hello", "there"], [], SPAN) == []


def test_a_word_heard_as_another_one_takes_its_time_but_not_its_confidence():
    placed = align(["the", "clock"], heard("the cloak"), SPAN)

    assert [(word.start, word.timing, word.confidence) for word in placed] == [
        (11.0, "heard", 0.8),
        (11.5, "heard", None),
    ]


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("forty-two", "42"),
        ("7:30", "seven thirty"),
        ("$5", "five dollars"),
        ("10%", "ten percent"),
        ("March 14th", "march fourteenth"),
        ("goodbye", "good bye"),
        ("good bye", "goodbye"),
        ("DON’T", "don't"),
        ("Straße,", "strasse"),
        ("1995", "nineteen ninety-five"),
    ],
)
def test_what_is_said_the_same_is_the_same_however_it_is_written(text, other):
    met = meetings(f"so {text} is".split(), f"so {other} is".split())

    assert all(meeting.same for meeting in met)
    assert prove(text.split(), heard(other), SPAN)[0].start == 11.0


def test_a_number_lasts_as_long_as_the_words_it_is_spoken_with():
    at, clock, sharp = align(["at", "7:30", "sharp"], heard("at seven thirty sharp"), SPAN)

    assert (clock.start, clock.end, clock.timing) == (11.5, 12.4, "heard")
    assert (at.end, sharp.start) == (11.4, 12.5)


def test_words_that_meet_one_word_share_its_time_and_say_so():
    placed = align(["good", "bye"], [Word("goodbye", 11.0, 11.7, 0.8)], SPAN)

    assert [(word.start, word.end, word.timing) for word in placed] == [
        (11.0, pytest.approx(11.4), "shared"),
        (pytest.approx(11.4), pytest.approx(11.7), "shared"),
    ]


def test_a_word_that_only_sounds_like_the_other_is_met_rather_than_its_neighbour():
    met = meetings(["a", "week", "station"], ["a", "very", "weak", "station"])

    assert [(list(meeting.own), list(meeting.other)) for meeting in met] == [
        ([0], [0]),
        ([], [1]),
        ([1], [2]),
        ([2], [3]),
    ]


def test_words_that_nobody_else_heard_share_the_time_between_their_neighbours_by_length():
    placed = align(["one", "an", "elephant", "two"], [Word("one", 11, 11.2), Word("two", 12.2, 12.4)], SPAN)

    assert [(round(word.start, 3), round(word.end, 3)) for word in placed] == [
        *((11.0, 11.2), (11.2, 11.4), (11.4, 12.2), (12.2, 12.4))
    ]
    assert [word.timing for word in placed] == ["heard", "shared", "shared", "heard"]


def test_time_is_shared_out_where_somebody_speaks():
    timed = [Word("one", 11.0, 11.2), Word("two", 14.0, 14.2)]

    placed = align(
        ["one", "old", "dog", "two"], timed, SPAN, speech=[(10.9, 11.2), (12.0, 12.3), (13.0, 13.3), (14.0, 15.0)]
    )

    assert [(round(word.start, 3), round(word.end, 3)) for word in placed[1:3]] == [(12.0, 12.3), (13.0, 13.3)]


def test_a_word_before_the_first_one_heard_comes_right_before_it_and_one_after_the_last_right_after():
    first, _, last = align(["so", "one", "yes"], [Word("one", 15.0, 15.4)], SPAN)

    assert (round(first.start, 2), first.end) == (14.76, 15.0)
    assert (last.start, round(last.end, 2)) == (15.4, 15.76)


def test_where_there_is_no_room_the_word_before_ends_earlier_but_starts_when_it_did():
    timed = [Word("one", 11.0, 11.4), Word("two", 11.4, 11.8)]

    one, extra, two = align(["one", "or", "two"], timed, SPAN)

    assert (one.start, round(one.end, 3)) == (11.0, 11.32)
    assert (round(extra.start, 3), extra.end) == (11.32, 11.4)
    assert (two.start, two.end) == (11.4, 11.8)


def test_a_long_clip_full_of_errors_is_aligned_as_well_as_a_short_one():
    draw = random.Random(7)
    spoken = [f"{draw.choice('bdfgklmnprst')}{draw.choice('aeiou')}{draw.choice('bdgklmnprst')}" for _ in range(150)]
    timed = heard(" ".join(spoken), start=0.0, step=0.25, seconds=0.2)

    placed = align(["well", "now"] * 20 + spoken[60:], timed, (0.0, 40.0))

    assert [word.start for word in placed[-80:]] == [word.start for word in timed[-80:]]


# --- proof ------------------------------------------------------------------------------------------------------------


def test_two_models_that_agree_leave_no_reading_and_raise_the_confidence():
    proved = prove(["The", "clock."], heard("The clock."), SPAN)

    assert [(word.reading, round(word.confidence, 3)) for word in proved] == [(None, 0.9), (None, 0.9)]


@pytest.mark.parametrize(
    ("text", "other", "expected"),
    [
        ("the clock ticks", "the cloak ticks", [("clock", "cloak", "word")]),
        ("about 42 apples", "about 43 apples", [("42", "43", "number")]),
        ("about fourteen apples", "about forty apples", [("fourteen", "forty", "number")]),
        ("then Anna laughed", "then Hannah laughed", [("Anna", "Hannah", "name")]),
        ("then Anna laughed", "then anna laughed", [("Anna", "anna", "case")]),
        ("the clock, and", "the clock and", [("clock,", "clock", "punctuation")]),
        ("I don't know", "I dont know", [("don't", "dont", "punctuation")]),
        ("so 42 apples", "so forty-two apples", [("42", "forty-two", "spelling")]),
        ("so goodbye now", "so good bye now", [("goodbye", "good bye", "spelling")]),
        ("well — yes", "well yes", [("well", "well", "punctuation")]),
        ("Anna laughed", "Emma laughed", [("Anna", "Emma", "word")]),
        ("So I laughed", "So they laughed", [("I", "they", "word")]),
        ("She left. Nobody cared", "She left. Somebody cared", [("Nobody", "Somebody", "word")]),
    ],
)
def test_differences_are_classed(text, other, expected):
    assert doubts(text, other) == expected


def test_what_only_the_second_model_heard_is_read_with_the_nearer_neighbour():
    timed = [Word("the", 11.0, 11.2), Word("old", 11.3, 11.5), Word("clock", 11.6, 12.0), Word("ticks", 15.0, 15.4)]
    late = [*timed[:2], Word("clock", 13.0, 13.4), timed[3]]

    assert [word.reading for word in prove(["the", "clock", "ticks"], timed, SPAN)] == [
        *(None, Reading("old clock", "word"), None)
    ]
    assert prove(["the", "clock", "ticks"], late, SPAN)[0].reading == Reading("the old", "word")


@pytest.mark.parametrize(
    ("text", "other", "expected"),
    [
        ("clock ticks", "old clock ticks", [("clock", "old clock", "word")]),
        ("the clock", "the clock ticks", [("clock", "clock ticks", "word")]),
    ],
)
def test_what_only_the_second_model_heard_is_kept_at_the_ends_of_a_clip_too(text, other, expected):
    assert doubts(text, other) == expected


def test_what_only_the_first_model_heard_stands_against_nothing():
    assert readings("the very old clock", "the old clock") == [("very", Reading("", "word"))]


def test_words_that_differ_in_a_row_are_one_run():
    assert readings("we wreck a nice beach now", "we recognize speech now") == [
        ("wreck", Reading("recognize speech", "word", words=4))
    ]


@settings(deadline=None)
@given(texts, timed_words(), spans)
def test_every_word_of_both_readings_can_be_read_back_from_a_proof(words, timed, span):
    proved = prove(words, timed, span)
    second, index = [], 0
    while index < len(proved):
        reading = proved[index].reading
        second += reading.text.split(" ") if reading else [proved[index].text]
        index += reading.words if reading else 1

    if proved:
        assert "".join(second).replace(" ", "") == "".join(word.text for word in timed).replace(" ", "")


def test_a_proof_survives_that_clips_are_joined_and_split_into_sentences():
    first = prove(["Who", "wrecked", "a", "beach?"], heard("Who wreaks beaches"), SPAN)
    second = prove(["Anna", "did."], [Word("Anna", 21.0, 21.4), Word("hid.", 21.5, 21.9)], (20.0, 30.0))

    chunks = Chunk(0.0, 20.0, 0.0, 20.0), Chunk(20.0, 30.0, 20.0, 30.0)

    joined = chain.from_iterable(join(zip(chunks, (first, second), strict=True)))
    words = [word for segment in split(list(joined)) for word in segment.words]

    disputed = [(index, word.reading) for index, word in enumerate(words) if word.reading]
    assert [(words[index : index + reading.words], reading.text) for index, reading in disputed] == [
        (first[1:], "wreaks beaches"),
        (second[1:], "hid."),
    ]
