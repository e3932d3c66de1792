import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcriber.speech import FLOOR_DB, loudness


def test_a_sine_of_half_scale_has_minus_9_db():
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000).astype(np.float32)

    levels = list(loudness([tone]))

    assert levels == pytest.approx([20 * np.log10(0.5 / np.sqrt(2))] * 100, abs=0.01)


def test_silence_is_the_floor_and_not_minus_infinity():
    levels = list(loudness([np.zeros(320, np.float32)]))

    assert levels == pytest.approx([FLOOR_DB, FLOOR_DB])


def test_a_level_stands_at_its_own_10_ms():
    click = np.zeros(16_000, np.float32)
    click[8_000] = 1

    levels = list(loudness([click]))

    assert int(np.argmax(levels)) == 50


def test_a_last_hop_that_is_not_whole_counts_for_the_samples_it_has():
    levels = list(loudness([np.full(170, 0.1, np.float32)]))

    assert levels == pytest.approx([-20, -20], abs=0.01)


def test_nothing_has_no_loudness():
    assert list(loudness([])) == []
    assert list(loudness([np.zeros(0, np.float32)])) == []


@given(lengths=st.lists(st.integers(0, 700), max_size=8))
def test_it_does_not_matter_where_blocks_end(lengths):
    sound = np.random.default_rng(1).normal(0, 0.1, sum(lengths)).astype(np.float32)
    blocks = np.split(sound, np.cumsum(lengths[:-1], dtype=int)) if lengths else []

    in_pieces = list(loudness(blocks))

    assert in_pieces == pytest.approx(list(loudness([sound])))
