import threading
from itertools import repeat

import numpy as np
import pytest
import silero_vad
import speech_data
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from transcriber import speech
from transcriber.speech import FLOOR_DB, WINDOW, Moment, listen, loudness, spans

WINDOW_SAMPLES = round(WINDOW * 16_000)


def voices(moments):
    return [moment.speech for moment in moments]


def judged_window_by_window(samples):
    """As the detector's package means it to be called."""
    detector = speech._load_detector()
    whole = np.pad(samples, (0, -len(samples) % WINDOW_SAMPLES))
    return [detector(window, 16_000).item() for window in torch.from_numpy(whole).split(WINDOW_SAMPLES)]


@pytest.fixture
def fresh_detector():
    """What is known of the detector is found out anew, here and after the test."""
    speech._memory.cache_clear()
    yield
    speech._memory.cache_clear()


def test_many_windows_at_once_are_judged_as_one_by_one():
    samples = speech_data.long_speech().samples()

    moments = list(listen([samples]))

    assert voices(moments) == pytest.approx(judged_window_by_window(samples), abs=1e-4)
    assert 0.2 < np.mean(np.array(voices(moments)) > 0.5) < 0.8


@settings(deadline=None, max_examples=25)
@given(ends=st.lists(st.integers(0, 20 * 16_000), max_size=12))
def test_the_same_moments_come_however_the_sound_is_cut_into_blocks(ends):
    samples = speech_data.long_speech().samples()[: 20 * 16_000 - 77]

    in_pieces = list(listen(np.split(samples, sorted(ends))))

    assert in_pieces == list(listen([samples]))


@pytest.mark.parametrize("recording", speech_data.recordings().values(), ids=lambda recording: recording.path.stem)
def test_speech_is_found_where_the_detectors_own_package_finds_it(recording):
    samples = recording.samples()

    found = spans(samples)

    own = silero_vad.get_speech_timestamps(torch.from_numpy(samples), speech._load_detector())
    assert found == [(span["start"] / 16_000, span["end"] / 16_000) for span in own]


def test_nobody_speaks_where_there_is_nothing():
    assert list(listen([])) == []
    assert spans(np.zeros(0, np.float32)) == []


def test_a_last_window_that_is_not_whole_has_the_level_of_what_is_there():
    moments = list(listen([np.full(WINDOW_SAMPLES + 100, 0.1, np.float32)]))

    assert [moment.level for moment in moments] == pytest.approx([-20, -20], abs=0.01)


def test_listening_reads_eight_seconds_ahead_and_no_more():
    read = 0

    def endless():
        nonlocal read
        for block in repeat(np.zeros(1600, np.float32)):
            read += len(block)
            yield block

    moments = listen(endless())

    for heard in range(1, 1000):
        assert isinstance(next(moments), Moment)
        assert read <= heard * WINDOW_SAMPLES + 8.1 * 16_000


def test_threads_that_listen_at_once_do_not_hear_each_other():
    recordings = [recording.samples() for recording in speech_data.short_speech()]
    alone = [list(listen([samples])) for samples in recordings]
    together = [[] for _ in recordings]

    def hear(number):
        together[number].extend(listen(np.split(recordings[number], 7 * np.arange(1, 30))))

    threads = [threading.Thread(target=hear, args=(number,)) for number in range(len(recordings))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert together == alone


def test_listening_leaves_torch_its_threads():
    before = torch.get_num_threads()

    list(listen([np.zeros(1600, np.float32)]))

    assert torch.get_num_threads() == before


class OtherLayers:
    """A detector that is built otherwise."""


class OtherWeights:
    """A detector whose layers are named as we know them, and are others."""

    def __init__(self, detector):
        self._model = detector._model_8k


@pytest.mark.parametrize("other", [lambda detector: OtherLayers(), OtherWeights])
def test_a_detector_that_is_built_otherwise_is_asked_window_by_window(other, fresh_detector, monkeypatch, caplog):
    samples = speech_data.recording("museum.flac").samples()
    stranger = other(speech._load_detector())
    monkeypatch.setattr(speech, "_voice_detector", lambda: stranger)

    moments = list(listen([samples]))

    assert voices(moments) == pytest.approx(judged_window_by_window(samples), abs=1e-6)
    assert "window by window" in caplog.text


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
