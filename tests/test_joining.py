from collections import Counter
from dataclasses import replace
from itertools import chain, pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from transcriber.chunking import Chunk, join
from transcriber.transcript import Reading, Word

SHARED = 3.0
FRAME = 0.08


def timed(*times: tuple[float, float]) -> list[Word]:
    return [Word(f"word{number}", start, end) for number, (start, end) in enumerate(times)]


def said(text: str, start: float, apart: float = 0.4) -> list[Word]:
    """The words of the text, one every `apart` seconds, a little silence after each."""
    words = text.split()
    return [Word(word, start + index * apart, start + (index + 0.8) * apart) for index, word in enumerate(words)]


def chunks(*cuts: float, shared: float = 0.0) -> list[Chunk]:
    """Between the cuts, with so much context at the inner ones."""
    return [
        Chunk(start, end, max(cuts[0], start - shared), min(cuts[-1], end + shared)) for start, end in pairwise(cuts)
    ]


def joined(*heard: tuple[Chunk, list[Word]]) -> list[Word]:
    return list(chain.from_iterable(join(heard)))


def texts(words) -> list[str]:
    return [word.text for word in words]


def across(earlier: list[Word], later: list[Word]) -> list[str]:
    """What is told of two chunks that are cut at 30 s and share 3 s."""
    return texts(joined(*zip(chunks(0.0, 30.0, 60.0, shared=SHARED), (earlier, later), strict=True)))


# --- chunks that share nothing


spans = st.tuples(st.floats(0, 100), st.floats(0, 3)).map(lambda span: (span[0], span[0] + span[1]))


@settings(deadline=None)
@given(st.lists(st.lists(spans, max_size=6), max_size=6))
def test_without_context_every_word_is_told_once_and_time_never_steps_back(heard):
    words = [timed(*chunk) for chunk in heard]

    told = joined(*zip(chunks(*map(float, range(len(heard) + 1))), words, strict=True))

    assert texts(told) == texts(chain.from_iterable(words))
    assert all(word.end <= following.start for word, following in pairwise(told))


def test_words_that_do_not_overlap_are_joined_as_they_are():
    first = [Word("one", 0.0, 0.4, 0.9, "Anna"), Word("two", 0.4, 0.8)]
    second = [Word("three", 60.0, 60.4, 0.5)]

    told = list(join(zip(chunks(0, 30, 60, 90), ([*first], [], second), strict=True)))

    assert told == [tuple(first), (), tuple(second)]


def test_a_word_that_runs_over_the_seam_ends_where_the_next_one_starts():
    told = joined(*zip(chunks(0, 30, 60), (timed((29.2, 30.08)), timed((30.0, 30.5))), strict=True))

    assert [(word.start, word.end) for word in told] == [(29.2, 30.0), (30.0, 30.5)]


def test_a_word_that_starts_before_its_predecessor_is_moved_to_it():
    told = joined(*zip(chunks(0, 30, 60), (timed((29.9, 30.0)), timed((29.8, 29.85), (30.2, 30.5))), strict=True))

    assert [word.start for word in told] == [29.9, 29.9, 30.2]


def test_joining_nothing_gives_nothing():
    assert list(join([])) == []
    assert list(join(zip(chunks(0, 30, 60), ([], []), strict=True))) == [(), ()]


def test_the_words_of_a_chunk_come_as_soon_as_those_of_the_next_are_known():
    given = []

    def heard():
        for number, chunk in enumerate(chunks(0, 30, 60, 90)):
            given.append(number)
            yield chunk, said("some words", 30.0 * number)

    told = join(heard())

    for number in range(3):
        assert texts(next(told)) == ["some", "words"]
        assert len(given) == min(3, number + 2)


# --- chunks that share context


def test_what_both_heard_alike_is_told_once():
    shared = said("the old clock is behind the wooden door", 28.0)

    told = across([*said("well", 20.0), *shared], [*shared, *said("and", 40.0)])

    assert told == ["well", "the", "old", "clock", "is", "behind", "the", "wooden", "door", "and"]


def test_what_only_the_edge_of_a_clip_heard_is_not_told():
    words = said("the old clock is behind the wooden door", 27.6)

    told = across([*words, *said("do", 32.6)], [*said("um", 27.1), *words])

    assert told == ["the", "old", "clock", "is", "behind", "the", "wooden", "door"]


def test_case_punctuation_and_numerals_do_not_hide_that_two_words_are_one():
    told = across(said("it is Seven o'clock.", 29.2), said("It is 7 o’clock", 29.28))

    assert len(told) == 4


def test_of_a_word_that_they_heard_otherwise_there_is_one_and_their_agreement_decides_which():
    early, late = across(said("week it was a start", 29.0), said("weak it was a start", 29.08)), []
    late = across(said("it was a start week", 29.0), said("it was a start weak", 29.08))

    assert early == ["week", "it", "was", "a", "start"]
    assert late == ["it", "was", "a", "start", "weak"]


def test_a_word_that_one_of_them_missed_is_told_where_it_is_in_the_others_span():
    whole = ["please", "buy", "twelve", "apples", "and", "some", "bread"]
    earlier, later = said(" ".join(whole), 28.6), said(" ".join(whole), 28.6)

    assert across(earlier, [word for word in later if word.text != "apples"]) == whole
    assert across([word for word in earlier if word.text != "and"], later) == whole


def test_a_word_told_in_two_parts_is_not_told_twice():
    earlier = [*said("we love", 28.8), Word("icecream", 29.6, 30.4), *said("a lot", 30.5)]
    later = [*said("we love", 28.8), Word("ice", 29.6, 29.95), Word("cream", 30.05, 30.4), *said("a lot", 30.5)]

    assert across(earlier, later) in (
        ["we", "love", "icecream", "a", "lot"],
        ["we", "love", "ice", "cream", "a", "lot"],
    )


def test_a_short_word_that_its_neighbour_seems_to_cover_is_told_all_the_same():
    earlier = [*said("we saw", 28.4), Word("a", 29.44, 29.6), Word("bird", 29.6, 30.0), *said("in town", 30.5)]
    later = [*said("we saw", 28.4), Word("bird", 29.4, 30.0), *said("in town", 30.5)]

    assert across(earlier, later) == ["we", "saw", "a", "bird", "in", "town"]


def test_where_they_agree_on_nothing_each_tells_its_own_side_of_the_cut():
    told = across(said("alpha bravo charlie delta echo", 29.0), said("one two three four five", 29.0))

    assert told == ["alpha", "bravo", "three", "four", "five"] or told == ["alpha", "bravo", "charlie", "four", "five"]


def test_a_chunk_that_heard_nothing_lets_its_neighbour_tell_its_own_side_only():
    words = said("please buy twelve apples and some bread", 28.6)

    assert across(words, []) == ["please", "buy", "twelve", "apples"]
    assert across([], words) == ["and", "some", "bread"]


def test_a_repeated_word_is_told_as_often_as_it_was_said():
    words = said("no no no no no no", 28.8)
    later = [replace(word, start=word.start + FRAME, end=word.end + FRAME) for word in words]

    assert across(words, later) == ["no"] * 6


def test_of_what_they_heard_in_two_ways_between_agreements_the_surer_hearing_is_told():
    earlier = [replace(word, confidence=0.9) for word in said("the cat sat in the boat and went", 28.4)]
    sure, unsure = (
        [replace(word, confidence=confidence) for word in said("the cat sat in a coat and went", 28.44)]
        for confidence in (0.95, 0.2)
    )

    assert across(earlier, unsure) == ["the", "cat", "sat", "in", "the", "boat", "and", "went"]
    assert across(earlier, sure) == ["the", "cat", "sat", "in", "a", "coat", "and", "went"]


def test_a_reading_never_comes_to_stand_for_words_that_it_was_not_of():
    words = said("well the old clock is behind the wooden door", 28.0)
    read = Reading("olden flock", "word", 2)
    earlier = [replace(word, reading=read) if word.text == "old" else word for word in words]
    broken = [replace(word, reading=read) if word.text == "is" else word for word in words]
    later = [replace(word, start=word.start + 0.01) for word in words]

    kept = joined(*zip(chunks(0.0, 30.0, 60.0, shared=SHARED), (earlier, later), strict=True))
    lost = joined(*zip(chunks(0.0, 30.0, 60.0, shared=SHARED), (broken, later), strict=True))

    assert [word.reading for word in kept] == [None, None, read, *[None] * 6]
    assert [word.reading for word in lost] == [None] * 9


def test_times_are_those_of_the_chunk_that_tells_the_word():
    earlier = said("one two three four five six seven eight", 28.4)
    later = [replace(word, start=word.start + FRAME, end=word.end + FRAME, confidence=0.5) for word in earlier]

    told = joined(*zip(chunks(0.0, 30.0, 60.0, shared=SHARED), (earlier, later), strict=True))

    assert [word.confidence for word in told] == [None] * 4 + [0.5] * 4
    assert told[-1] == later[-1]


# --- a stream of words, as two models may hear it


TEXTS = ("the", "a", "clock", "Door", "bird,", "seven", "sees", "twenty", "goes", "on.")
seeds = st.integers(0, 2**32 - 1).map(Random)


@settings(deadline=None)
@given(seeds)
def test_no_word_of_a_stream_is_lost_or_doubled_however_the_times_of_the_two_hearings_differ(random):
    words = spoken_on_end(random)

    told = joined(*((chunk, heard_by(chunk, words, random)) for chunk in talk_chunks(words)))

    assert texts(told) == texts(words)
    assert all(word.end <= following.start for word, following in pairwise(told))


@settings(deadline=None)
@given(seeds, st.floats(0, 0.3))
def test_no_word_of_a_stream_is_lost_or_doubled_where_some_are_heard_as_others(random, share):
    words = numbered(spoken_on_end(random))

    told = joined(*((chunk, heard_by(chunk, words, random, share)) for chunk in talk_chunks(words)))

    assert [int(text.split("#")[1].rstrip("?")) for text in texts(told)] == list(range(len(words)))
    assert all(word.end <= following.start for word, following in pairwise(told))


@settings(deadline=None)
@given(seeds, st.floats(0, 0.5))
def test_no_word_is_doubled_and_none_lost_that_the_chunk_it_is_in_heard(random, share):
    words = numbered(spoken_on_end(random))
    heard = [(chunk, heard_by(chunk, words, random, missed=share)) for chunk in talk_chunks(words)]

    told = joined(*heard)

    assert set(Counter(texts(told)).values()) == {1}
    assert {word.text for chunk, own in heard for word in own if well_inside(word, chunk)} <= set(texts(told))


def numbered(words: list[Word]) -> list[Word]:
    return [replace(word, text=f"{word.text}#{number}") for number, word in enumerate(words)]


def spoken_on_end(random: Random) -> list[Word]:
    """Half a minute to a minute, 0.25 to 0.9 s a word."""
    words, now = [], 0.0
    while now < 30 or random.random() < 0.98:
        seconds = random.uniform(0.25, 0.9)
        words.append(Word(random.choice(TEXTS), now, now + 0.9 * seconds))
        now += seconds
    return words


def talk_chunks(words: list[Word]) -> list[Chunk]:
    end = words[-1].end
    return chunks(*[cut for cut in (0.0, 12.0, 24.0, 36.0, 48.0) if cut < end - 6], end, shared=SHARED)


def heard_by(chunk, words, random, otherwise=0.0, missed=0.0) -> list[Word]:
    """On a grid of 80 ms, a frame early or late, cut off where the clip ends; some as other words, some not at all."""
    inside = [word for word in words if word.start >= chunk.context_start and word.end <= chunk.context_end]
    kept = [word for word in inside if random.random() >= missed]
    return [moved(word, random, "?" if random.random() < otherwise else "") for word in kept]


def moved(word: Word, random, mark: str) -> Word:
    start = max(0.0, round(word.start / FRAME + random.choice((-1, 0, 0, 1))) * FRAME)
    end = max(start + FRAME, round(word.end / FRAME + random.choice((-1, 0, 1))) * FRAME)
    return Word(word.text + mark, start, end)


def well_inside(word: Word, chunk: Chunk) -> bool:
    return chunk.start + 0.5 <= word.start and word.end <= chunk.end - 0.5
