from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transcriber.hearing import LEAST, NEAR, PIECE, closer, doubtful, second_look, settle, surest, unheard, weigh
from transcriber.transcript import Reading, Span, Word

REACH = Span(0.0, 100.0)


def said(text: str, start: float, apart: float = 0.4) -> list[Word]:
    """The words of the text, one every `apart` seconds, a little silence after each."""
    words = text.split()
    return [Word(word, start + index * apart, start + (index + 0.8) * apart) for index, word in enumerate(words)]


def texts(words) -> list[str]:
    return [word.text for word in words]


# --- speech without words


def test_speech_full_of_words_is_heard():
    assert unheard([Span(1.0, 5.0)], said("the old clock is behind the wooden door", 1.1, 0.48)) == []


def test_speech_without_a_word_is_not():
    assert unheard([Span(1.0, 2.0), Span(4.0, 6.5)], said("well", 1.2)) == [Span(4.0, 6.5)]


def test_a_hole_in_the_middle_of_speech_is_found_clear_of_the_words_around_it():
    (hole,) = unheard([Span(1.0, 9.0)], [*said("the old clock is", 1.1), *said("behind the wooden door here", 6.9)])

    assert 2.6 < hole.start < 3.0
    assert 6.7 < hole.end < 6.9


def test_a_cough_is_too_short_to_be_speech_without_words():
    assert unheard([Span(1.0, 1.0 + LEAST - 0.01)], []) == []
    assert unheard([Span(1.0, 1.0 + LEAST + 0.01)], []) != []


def test_a_word_whose_end_is_told_too_early_leaves_no_hole():
    assert unheard([Span(1.0, 3.0)], [Word("wonderful,", 1.0, 1.6), Word("wonderful!", 2.4, 2.7)]) == []


def test_words_that_overlap_are_no_holes():
    assert unheard([Span(0.0, 4.0)], [Word("a", 0.0, 3.9), Word("b", 0.2, 0.4), Word("c", 1.0, 1.1)]) == []


spans = st.lists(st.floats(0.01, 5), max_size=20).map(
    lambda lengths: [Span(sum(lengths[:at]), sum(lengths[: at + 1])) for at in range(0, len(lengths), 2)]
)
words = spans.map(lambda each: [Word(str(number), *span) for number, span in enumerate(each)])


@settings(deadline=None)
@given(spans, words)
def test_what_is_unheard_is_speech_that_no_word_touches(speech, told):
    for hole in unheard(speech, told):
        assert hole.duration >= LEAST
        assert any(span.start <= hole.start and hole.end <= span.end for span in speech)
        assert not any(word.start < hole.end and word.end > hole.start for word in told)


# --- words without speech


def test_words_in_speech_and_close_to_it_are_kept_as_they_are():
    told = [Word("well", 0.8, 0.95, 0.01), Word("done", 1.5, 1.9, 0.01), Word("then", 3.0 + NEAR - 0.1, 3.6, 0.01)]

    assert weigh(told, [Span(1.0, 3.0)]) == (told, 0)


def test_a_word_where_nobody_speaks_is_dropped_if_the_model_is_not_sure_of_it():
    told = [Word("yes", 1.0, 1.5, 0.9), Word("red", 5.0, 5.3, 0.02)]

    assert weigh(told, [Span(1.0, 2.0)]) == (told[:1], 1)


@pytest.mark.parametrize("confidence", [0.95, None])
def test_a_word_where_nobody_speaks_is_marked_if_the_model_is_sure_of_it_or_cannot_say(confidence):
    kept, dropped = weigh([Word("yes", 5.0, 5.3, confidence)], [Span(1.0, 2.0)])

    assert (kept, dropped) == ([Word("yes", 5.0, 5.3, confidence, outside_speech=True)], 0)


def test_where_nobody_speaks_at_all_no_unsure_word_is_left():
    assert weigh([Word("red", 5.0, 5.3, 0.02), Word("and", 6.0, 6.1, 0.1)], []) == ([], 2)


def test_words_that_a_second_model_read_otherwise_are_not_taken_from_its_reading():
    told = [Word("red", 5.0, 5.3, 0.02, reading=Reading("wet bread", "word", 2)), Word("bed", 5.4, 5.6, 0.02)]

    kept, dropped = weigh([*told, Word("and", 6.0, 6.1, 0.02)], [Span(1.0, 2.0)])

    assert (texts(kept), dropped) == (["red", "bed"], 1)


# --- the second look


def test_the_second_look_is_once_close_and_once_wide():
    close, wide = second_look(Span(50.0, 54.0), REACH, limit=30.0)

    assert (close, wide) == (Span(49.0, 55.0), Span(37.0, 67.0))


def test_a_long_silence_of_the_model_is_looked_at_in_pieces():
    *pieces, wide = second_look(Span(30.0, 65.0), REACH, limit=40.0)

    assert len(pieces) == 4
    assert wide.duration == 40.0


def test_the_second_look_reaches_no_further_than_the_sound():
    assert second_look(Span(0.0, 2.0), Span(0.0, 20.0), limit=40.0) == [Span(0.0, 4.0), Span(0.0, 20.0)]
    assert second_look(Span(0.0, 2.0), Span(0.0, 2.0), limit=40.0) == [Span(0.0, 2.0)]


@settings(deadline=None)
@given(st.floats(0, 60), st.floats(0.6, 40), st.floats(1, 40))
def test_the_second_look_keeps_the_limit_and_sees_all_that_is_missed(start, duration, limit):
    missed, reach = Span(start, start + duration), Span(max(0.0, start - 8), start + duration + 8)

    looks = second_look(missed, reach, limit)

    assert all(0 < look.duration <= limit + 1e-6 for look in looks)
    assert all(reach.start <= look.start and look.end <= reach.end + 1e-6 for look in looks)
    assert min(look.start for look in looks) <= missed.start + 1e-6
    assert max(look.end for look in looks) >= missed.end - 1e-6
    assert all(before.end > after.start for before, after in pairwise(sorted(looks)))


def looked(missed: Span, truth: list[Word], limit: float = 40.0):
    """What a model hears that hears everything, words cut by its clip's edges included."""
    for look in second_look(missed, REACH, limit):
        inside = [word for word in truth if word.start < look.end and word.end > look.start]
        cut = [Word(word.text, max(word.start, look.start), min(word.end, look.end)) for word in inside]
        yield look, [word if word in truth else Word("um", word.start, word.end) for word in cut]


def test_words_that_a_second_look_finds_fill_the_hole():
    truth = said("the old clock is behind the wooden door", 20.0)
    heard = [*truth[:2], *truth[6:]]

    assert settle(heard, Span(20.9, 22.2), looked(Span(20.9, 22.2), truth)) == truth


def test_words_next_to_the_hole_are_not_told_twice():
    truth = said("the old clock is behind the wooden door", 20.0)
    heard = [Word("The", 20.0, 20.3), Word("olt", 20.35, 20.9), *truth[6:]]

    settled = settle(heard, Span(20.5, 22.2), looked(Span(20.5, 22.2), truth))

    assert texts(settled) == ["The", "olt", "clock", "is", "behind", "the", "wooden", "door"]


def test_a_reading_never_comes_to_stand_for_words_that_were_found_later():
    truth = said("the old clock is behind the wooden door", 20.0)
    heard = [replace(truth[1], reading=Reading("olden door", "word", 2)), *truth[6:]]

    settled = settle(heard, Span(20.9, 22.2), looked(Span(20.9, 22.2), truth))

    assert texts(settled) == texts(truth[1:])
    assert all(word.reading is None for word in settled)


def test_of_two_looks_the_one_that_heard_more_is_taken():
    missed, found = Span(20.0, 23.0), said("please buy twelve apples", 20.5)
    close, wide = second_look(missed, REACH, 40.0)

    for looks in ([(close, []), (wide, found)], [(close, found), (wide, found[1:2])]):
        assert settle([], missed, looks) == found


def test_where_nothing_more_is_heard_nothing_changes():
    heard = said("well", 18.0)

    assert settle(heard, Span(20.0, 23.0), [(Span(19.0, 24.0), said("well", 18.9)), (Span(5.0, 40.0), heard)]) == heard


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1).map(Random))
def test_a_hole_of_any_length_is_filled_without_losing_or_doubling_a_word(random):
    truth, now = [], 20.0
    while now < 60:
        seconds = random.uniform(0.2, 0.9)
        truth.append(Word(f"word{len(truth)}", now, now + 0.9 * seconds))
        now += seconds
    first, last = sorted(random.sample(range(len(truth)), 2))
    missed = Span(truth[first].start, truth[last].end)

    settled = settle([*truth[:first], *truth[last + 1 :]], missed, looked(missed, truth, random.uniform(4, 40)))

    assert texts(settled) == texts(truth)


# --- phrases that the model was not sure of


def told(text: str, start: float, confidence: float | None) -> list[Word]:
    return [replace(word, confidence=confidence) for word in said(text, start)]


ALL = [Span(0.0, 100.0)]


def test_a_phrase_that_the_model_was_not_sure_of_is_looked_at_alone():
    words = [*told("I know this.", 1.0, 0.9), *told("her uncle is", 3.0, 0.1), *told("and this", 6.0, 0.8)]

    (doubt,) = doubtful(words, ALL, REACH)

    assert doubt == (words[3].start, words[5].end)
    assert closer(doubt, REACH, 30.0) == (doubt.start - 1.0, doubt.end + 1.0)
    assert closer(doubt, Span(2.5, 5.0), 30.0).start >= 2.5
    assert closer(doubt, REACH, 1.5).duration == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("words", "speech", "within"),
    [
        (told("her uncle is", 3.0, None), ALL, REACH),
        (told("her uncle is", 3.0, 0.1), [Span(10.0, 20.0)], REACH),
        (told("her uncle is", 3.0, 0.1), ALL, Span(3.5, 90.0)),
        (told("word " * 40, 3.0, 0.1), ALL, REACH),
    ],
    ids=["no confidence", "where nobody speaks", "of the next chunk", f"longer than {PIECE} s"],
)
def test_what_a_closer_look_would_not_better_is_not_looked_at(words, speech, within):
    assert doubtful(words, speech, within) == []


def test_of_two_hearings_of_a_phrase_the_surer_one_is_taken():
    words = [*told("I know this.", 1.0, 0.9), *told("Helen call the", 3.0, 0.1), *told("and this", 6.0, 0.8)]
    doubt = Span(words[3].start, words[5].end)

    heard = [*told("this.", 1.85, 0.7), *told("her uncle is", 3.0, 0.7), *told("and", 6.0, 0.7)]

    better = surest(words, doubt, heard)
    same = surest(words, doubt, told("her uncle is", 3.0, 0.15))

    assert texts(better) == ["I", "know", "this.", "her", "uncle", "is", "and", "this"]
    assert same == words


def test_a_phrase_that_would_double_a_neighbour_stays_as_it_was():
    words = [*told("my aunt", 1.0, 0.9), *told("Helen call", 2.0, 0.1)]

    assert surest(words, Span(words[2].start, words[3].end), told("aunt is here", 1.6, 0.9)) == words


@settings(max_examples=200)
@given(st.randoms(use_true_random=False))
def test_a_surer_hearing_changes_no_word_outside_the_phrase_and_keeps_the_order(random: Random):
    words = [
        replace(word, confidence=random.random())
        for word in said("a b c d e f g h i j k l", 1.0, random.uniform(0.2, 2))
    ]
    first = random.randrange(len(words))
    last = random.randrange(first, len(words))
    doubt = Span(words[first].start, words[last].end)
    heard = told("n o p q r s t", doubt.start - random.uniform(0, 1.0), random.random())

    settled = surest(words, doubt, heard)

    assert texts(settled[:first]) == texts(words[:first])
    assert texts(settled)[len(settled) - len(words) + last + 1 :] == texts(words[last + 1 :])
    assert all(one.start <= other.start and one.end <= other.start for one, other in pairwise(settled))
