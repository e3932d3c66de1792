from itertools import chain, pairwise, repeat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transcriber.chunking import Chunk, join, plan
from transcriber.transcript import Word

HOP = 0.01
TARGET = 30.0
LIMIT = 40.0


def levels(*spans: tuple[float, float]) -> list[float]:
    """Spans of (seconds, dBFS) as one level per hop."""
    return [level for seconds, level in spans for _ in range(round(seconds / HOP))]


def planned(*spans: tuple[float, float]) -> list[Chunk]:
    return list(plan(levels(*spans), HOP, TARGET, LIMIT))


def cuts(chunks: list[Chunk]) -> list[float]:
    return [chunk.end for chunk in chunks[:-1]]


@settings(deadline=None)
@given(
    spans=st.lists(st.tuples(st.floats(0.01, 60), st.floats(-100, 0)), max_size=8),
    target=st.floats(1, 30),
    slack=st.floats(0, 20),
)
def test_chunks_cover_the_recording_without_gap_or_overlap_and_keep_the_limit(spans, target, slack):
    loudness = levels(*spans)
    limit = target + slack

    chunks = list(plan(loudness, HOP, target, limit))

    assert [chunk.start for chunk in chunks] == [0.0, *(chunk.end for chunk in chunks[:-1])][: len(chunks)]
    assert (chunks[-1].end if chunks else 0.0) == len(loudness) * HOP
    assert all(0 < chunk.end - chunk.start <= limit + 1e-6 for chunk in chunks)
    assert all((chunk.context_start, chunk.context_end) == (chunk.start, chunk.end) for chunk in chunks)


def test_nothing_is_planned_for_a_recording_without_sound():
    assert list(plan([], HOP, TARGET, LIMIT)) == []


@pytest.mark.parametrize("seconds", [0.01, 5.0, 30.0, 40.0])
def test_a_recording_within_the_limit_is_one_chunk(seconds):
    assert planned((seconds, -20)) == [Chunk(0.0, seconds, context_start=0.0, context_end=seconds)]


def test_a_long_recording_is_cut_in_the_middle_of_its_pause():
    chunks = planned((24, -20), (0.6, -60), (40, -20))

    assert cuts(chunks)[0] == pytest.approx(24.3, abs=0.02)


def test_a_long_pause_is_cut_at_the_target_but_clear_of_its_edges():
    across, before = planned((21, -20), (14, -60), (20, -20)), planned((21, -20), (4, -60), (35, -20))

    assert cuts(across)[0] == pytest.approx(30.0, abs=0.02)
    assert 24.2 <= cuts(before)[0] <= 24.6


def test_a_pause_is_preferred_to_the_deeper_silence_of_a_stop_consonant():
    chunks = planned((28, -20), (0.08, -100), (4, -20), (0.4, -60), (20, -20))

    assert cuts(chunks)[0] == pytest.approx(32.28, abs=0.02)


def test_of_two_equal_pauses_the_one_nearer_to_the_target_is_cut():
    chunks = planned((22, -20), (0.5, -60), (6, -20), (0.5, -60), (8, -20), (0.5, -60), (20, -20))

    assert cuts(chunks)[0] == pytest.approx(28.75, abs=0.02)


def test_a_longer_pause_is_worth_a_way():
    chunks = planned((23, -20), (0.9, -60), (6, -20), (0.35, -60), (30, -20))

    assert cuts(chunks)[0] == pytest.approx(23.45, abs=0.02)


def test_a_longer_pause_may_be_a_little_less_quiet():
    chunks = planned((27, -20), (0.4, -60), (4, -20), (0.9, -58), (30, -20))

    assert cuts(chunks)[0] == pytest.approx(31.85, abs=0.1)


def test_noise_that_wavers_is_cut_near_the_target():
    chunks = planned(*([(0.5, -40.0), (0.5, -40.4)] * 50))

    assert cuts(chunks)[0] == pytest.approx(30.0, abs=0.02)


@pytest.mark.parametrize("level", [-100.0, -45.0, 0.0])
def test_constant_sound_is_cut_at_the_target(level):
    assert cuts(planned((200, level))) == pytest.approx([30.0, 60.0, 90.0, 120.0, 150.0, 180.0])


def test_talk_without_a_pause_is_cut_where_it_is_weakest():
    chunks = planned(*([(0.4, -18), (0.2, -26)] * 45), (0.3, -33), *([(0.4, -18), (0.2, -26)] * 45))

    assert cuts(chunks)[0] == pytest.approx(27.05, abs=0.1)


@pytest.mark.parametrize("seconds", [40.01, 40.5, 70.2, 79.99, 100.0])
def test_no_scrap_is_left_at_the_end(seconds):
    loud_but_for_the_last_second = planned((39.2, -20), (0.79, -90), (seconds - 39.99, -20))

    assert all(chunk.end - chunk.start >= 1.0 for chunk in loud_but_for_the_last_second)


def test_planning_reads_no_further_ahead_than_the_limit():
    read = 0

    def endless():
        nonlocal read
        for level in repeat(-30.0):
            read += 1
            yield level

    chunks = plan(endless(), HOP, TARGET, LIMIT)

    for chunk in (next(chunks) for _ in range(50)):
        assert chunk.end / HOP <= read <= (chunk.start + LIMIT) / HOP + 1.5


def timed(*times: tuple[float, float]) -> list[Word]:
    return [Word(f"word{number}", start, end) for number, (start, end) in enumerate(times)]


spans = st.tuples(st.floats(0, 100), st.floats(0, 3)).map(lambda span: (span[0], span[0] + span[1]))


@settings(deadline=None)
@given(st.lists(st.lists(spans, max_size=6), max_size=6))
def test_joining_neither_loses_nor_repeats_a_word_and_time_never_steps_back(chunks):
    heard = [timed(*chunk) for chunk in chunks]

    joined = join(heard)

    assert [word.text for word in joined] == [word.text for word in chain.from_iterable(heard)]
    assert all(word.end <= following.start for word, following in pairwise(joined))


def test_words_that_do_not_overlap_are_joined_as_they_are():
    first = [Word("one", 0.0, 0.4, 0.9, "Anna"), Word("two", 0.4, 0.8)]
    second = [Word("three", 30.0, 30.4, 0.5)]

    assert join([first, [], second]) == [*first, *second]


def test_a_word_that_runs_over_the_seam_ends_where_the_next_one_starts():
    joined = join([timed((29.2, 30.08)), timed((30.0, 30.5))])

    assert [(word.start, word.end) for word in joined] == [(29.2, 30.0), (30.0, 30.5)]


def test_a_word_that_starts_before_its_predecessor_is_moved_to_it():
    joined = join([timed((29.9, 30.0)), timed((29.8, 29.85), (30.2, 30.5))])

    assert [word.start for word in joined] == [29.9, 29.9, 30.2]


def test_joining_nothing_gives_nothing():
    assert join([]) == []
    assert join([[], []]) == []
