from itertools import pairwise, repeat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transcriber.chunking import Chunk, plan
from transcriber.chunking.planning import CLOSURE, EDGE, PAUSE, SHARED

HOP = 0.032
TARGET = 30.0
LIMIT = 40.0

TALK = (0.95, -20.0)
SILENCE = (0.02, -65.0)
MUSIC = (0.05, -18.0)
MURMUR = (0.4, -24.0)


def moments(*spans):
    """(seconds, (voice, level)) one after the other, as one moment per hop."""
    return [moment for seconds, moment in spans for _ in range(round(seconds / HOP))]


def planned(*spans, target=TARGET, limit=LIMIT):
    return list(plan(moments(*spans), HOP, target, limit))


def cuts(chunks):
    return [chunk.end for chunk in chunks[:-1]]


def is_alone(chunk):
    return (chunk.context_start, chunk.context_end) == (chunk.start, chunk.end)


sounds = st.lists(
    st.tuples(st.floats(0.03, 60), st.tuples(st.floats(0, 1), st.floats(-100, 0))),
    max_size=10,
)
talk_with_pauses = st.lists(st.tuples(st.floats(0.5, 8), st.floats(PAUSE + 2 * HOP, 3)), min_size=12, max_size=40)


@settings(deadline=None)
@given(spans=sounds, target=st.floats(1, 30), slack=st.floats(0, 20))
def test_chunks_cover_the_recording_without_gap_or_overlap_and_no_context_exceeds_the_limit(spans, target, slack):
    heard = moments(*spans)

    chunks = list(plan(heard, HOP, target, target + slack))

    assert [chunk.start for chunk in chunks] == [0.0, *cuts(chunks)][: len(chunks)]
    assert (chunks[-1].end if chunks else 0.0) == len(heard) * HOP
    assert all(chunk.context_start <= chunk.start < chunk.end <= chunk.context_end for chunk in chunks)
    assert all(chunk.context_end - chunk.context_start <= target + slack + 1e-6 for chunk in chunks)


@settings(deadline=None)
@given(spans=sounds, target=st.floats(1, 30), slack=st.floats(0, 20))
def test_neighbours_share_what_lies_around_their_cut_and_nobody_else_hears_it(spans, target, slack):
    chunks = planned(*spans, target=target, limit=target + slack)

    for before, after in pairwise(chunks):
        assert before.context_end - before.end == pytest.approx(after.start - after.context_start, abs=1e-6)
    for before, after in zip(chunks, chunks[2:], strict=False):
        assert before.context_end <= after.context_start + 1e-6


@settings(deadline=None)
@given(talk_with_pauses)
def test_no_word_is_cut_where_there_is_a_pause(talk):
    spans = [span for words, pause in talk for span in ((words, TALK), (pause, SILENCE))]
    heard = moments(*spans)

    chunks = planned(*spans)

    for cut in cuts(chunks):
        at = round(cut / HOP)
        assert all(voice < 0.5 for voice, _ in heard[at - 4 : at + 4])
    assert all(is_alone(chunk) for chunk in chunks)


@settings(deadline=None)
@given(sounds)
def test_it_does_not_matter_how_much_of_the_recording_is_there_already(spans):
    heard = moments(*spans)

    one_by_one = plan(iter(heard), HOP, TARGET, LIMIT)

    assert list(one_by_one) == list(plan(heard, HOP, TARGET, LIMIT))


def test_planning_reads_no_further_ahead_than_the_limit():
    read = 0

    def endless():
        nonlocal read
        for moment in repeat(TALK):
            read += 1
            yield moment

    chunks = plan(endless(), HOP, TARGET, LIMIT)

    for chunk in (next(chunks) for _ in range(50)):
        assert chunk.context_end / HOP <= read <= (chunk.context_start + LIMIT) / HOP + 1.5


def test_five_hours_are_planned_in_one_go():
    chunks = list(plan(repeat(TALK, round(5 * 3600 / HOP)), HOP, TARGET, LIMIT))

    assert chunks[-1].end == pytest.approx(5 * 3600, abs=HOP)
    assert 500 < len(chunks) < 700


def test_nothing_is_planned_for_a_recording_without_sound():
    assert list(plan([], HOP, TARGET, LIMIT)) == []


@pytest.mark.parametrize("seconds", [HOP, 4.8, 39.968])
def test_a_recording_within_the_limit_is_one_chunk(seconds):
    (chunk,) = planned((seconds, SILENCE))

    assert chunk == Chunk(0.0, pytest.approx(seconds), 0.0, pytest.approx(seconds))


def test_a_long_recording_is_cut_in_the_middle_of_its_pause():
    chunks = planned((24, TALK), (0.6, SILENCE), (40, TALK))

    assert cuts(chunks)[0] == pytest.approx(24.3, abs=0.05)


def test_a_long_pause_is_cut_at_the_target_but_clear_of_its_edges():
    across, before = planned((21, TALK), (14, SILENCE), (20, TALK)), planned((21, TALK), (4, SILENCE), (35, TALK))

    assert cuts(across)[0] == pytest.approx(30.0, abs=0.05)
    assert cuts(before)[0] == pytest.approx(25.0 - EDGE, abs=0.05)


def test_of_two_equal_pauses_the_one_nearer_to_the_target_is_cut():
    chunks = planned((22, TALK), (0.5, SILENCE), (6, TALK), (0.5, SILENCE), (8, TALK), (0.5, SILENCE), (20, TALK))

    assert cuts(chunks)[0] == pytest.approx(28.75, abs=0.1)


def test_a_longer_pause_is_worth_a_way():
    chunks = planned((23, TALK), (0.9, SILENCE), (6, TALK), (0.35, SILENCE), (30, TALK))

    assert cuts(chunks)[0] == pytest.approx(23.45, abs=0.05)


def test_a_pause_far_from_the_target_is_better_than_none():
    chunks = planned((12, TALK), (0.6, SILENCE), (60, TALK))

    assert cuts(chunks)[0] == pytest.approx(12.3, abs=0.05)
    assert is_alone(chunks[0])


def test_silence_is_a_better_place_than_music():
    chunks = planned((25, TALK), (0.8, SILENCE), (3, TALK), (3, MUSIC), (30, TALK))

    assert cuts(chunks)[0] == pytest.approx(25.4, abs=0.05)


def test_music_is_a_better_place_than_talk():
    chunks = planned((25, TALK), (2, MUSIC), (30, TALK))

    assert 25 + EDGE - 0.05 <= cuts(chunks)[0] <= 27 - EDGE + 0.05


def test_in_a_pause_that_is_as_loud_as_the_talk_both_neighbours_listen():
    chunks = planned((25, TALK), (2, MUSIC), (30, TALK))

    assert chunks[0].context_end - chunks[0].end == pytest.approx(SHARED, abs=0.05)


@pytest.mark.parametrize("sound", [SILENCE, MUSIC])
def test_where_nobody_speaks_at_all_chunks_are_cut_at_the_target_and_stand_alone(sound):
    chunks = planned((200, sound))

    assert cuts(chunks) == pytest.approx([30.0, 60.0, 90.0, 120.0, 150.0, 180.0], abs=0.2)
    assert all(is_alone(chunk) for chunk in chunks)


def test_music_is_cut_where_it_is_quietest():
    chunks = planned((26, MUSIC), (0.5, (0.05, -30.0)), (30, MUSIC))

    assert cuts(chunks)[0] == pytest.approx(26.25, abs=0.2)


def test_talk_without_a_pause_is_cut_where_a_voice_is_least_certain_and_both_neighbours_hear_it():
    chunks = planned((27, TALK), (0.3, MURMUR), (40, TALK))

    assert cuts(chunks)[0] == pytest.approx(27.15, abs=0.1)
    assert chunks[0].context_end == pytest.approx(cuts(chunks)[0] + SHARED, abs=0.05)
    assert chunks[1].context_start == pytest.approx(cuts(chunks)[0] - SHARED, abs=0.05)


def test_a_breath_is_no_pause_but_the_best_place_in_talk_without_any():
    chunks = planned((28, TALK), (0.2, SILENCE), (40, TALK))

    assert cuts(chunks)[0] == pytest.approx(28.1, abs=0.1)
    assert not is_alone(chunks[0])


def test_where_short_clips_are_asked_for_neighbours_share_less():
    chunks = planned((60, TALK), target=6, limit=8)

    assert all(chunk.context_end - chunk.end <= 1.0 for chunk in chunks)
    assert all(not is_alone(chunk) for chunk in chunks)


@pytest.mark.parametrize("seconds", [40.1, 40.5, 70.2, 79.99, 100.0])
def test_no_scrap_is_left_at_the_end(seconds):
    chunks = planned((39.2, TALK), (0.79, SILENCE), (seconds - 39.99, TALK))

    assert all(chunk.end - chunk.start >= 0.9 for chunk in chunks)


def test_a_chunk_knows_where_somebody_speaks_in_its_context():
    (chunk,) = planned((1.6, SILENCE), (3.2, TALK), (1.6, MUSIC), (0.32, TALK), (1.6, SILENCE))

    assert [tuple(span) for span in chunk.speech] == [pytest.approx((1.6, 4.8)), pytest.approx((6.4, 6.72))]


def test_a_short_silence_belongs_to_the_speech_around_it_and_a_longer_one_does_not():
    (short,) = planned((1.6, TALK), (CLOSURE - HOP, SILENCE), (1.6, TALK))
    (longer,) = planned((1.6, TALK), (CLOSURE + HOP, SILENCE), (1.6, TALK))

    assert (len(short.speech), len(longer.speech)) == (1, 2)


def test_a_voice_that_weakens_goes_on_and_one_that_is_weak_from_the_first_does_not_begin():
    (weakening,) = planned((1.6, SILENCE), (1.6, TALK), (1.6, MURMUR), (1.6, SILENCE))
    (weak,) = planned((1.6, SILENCE), (1.6, MURMUR), (1.6, SILENCE))

    assert [span.duration for span in weakening.speech] == pytest.approx([3.2])
    assert weak.speech == ()


def test_speech_goes_on_across_a_cut_in_it():
    first, second = planned((60, TALK))

    assert first.speech[-1].end == first.context_end
    assert second.speech[0].start == second.context_start
