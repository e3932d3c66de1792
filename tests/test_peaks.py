"""A waveform is where the sound is, whatever blocks it came in, and little is held of hours."""

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from make_media import tones

from transcriber import media
from transcriber.errors import NoAudioError, TranscriptionCancelledError
from transcriber.media.peaks import FULL_SCALE, PEAKS_PER_SECOND, extremes

RATE = 16_000


def drawn(path):
    return np.frombuffer(media.peaks(path), np.int8).reshape(-1, 2)


def test_a_tone_stands_where_it_sounds_and_reaches_as_far_as_it_is_loud(tmp_path):
    soundfile.write(tmp_path / "tones.wav", tones(RATE, at=(1.0, 2.5), level=0.25)[0], RATE)

    reach = drawn(tmp_path / "tones.wav")

    loud = np.flatnonzero(reach[:, 1] > 40)
    assert len(reach) == 4 * PEAKS_PER_SECOND
    assert loud.tolist() == [*range(100, 110), *range(250, 260)]
    assert reach.min() == pytest.approx(-0.5 * FULL_SCALE, abs=1)
    assert reach.max() == pytest.approx(0.5 * FULL_SCALE, abs=1)


@settings(deadline=None)
@given(st.lists(st.integers(1, 700), min_size=1, max_size=20))
def test_how_the_sound_is_cut_into_blocks_changes_nothing(lengths):
    samples = np.sin(np.arange(sum(lengths), dtype=np.float32))
    blocks = np.split(samples, np.cumsum(lengths)[:-1])

    whole, in_blocks = (np.concatenate(list(extremes(each))) for each in ([samples], blocks))

    assert in_blocks.tolist() == whole.tolist()
    assert len(whole) == -(-len(samples) // (RATE // PEAKS_PER_SECOND))


def test_whoever_is_told_how_far_it_is_can_stop_it(tmp_path):
    soundfile.write(tmp_path / "tones.wav", tones(RATE)[0], RATE)
    told = []

    def stop_at_two(seconds):
        told.append(seconds)
        if seconds >= 2:
            raise TranscriptionCancelledError("tones.wav")

    with pytest.raises(TranscriptionCancelledError):
        media.peaks(tmp_path / "tones.wav", stop_at_two)

    assert 2.0 <= told[-1] < 3.5
    (tmp_path / "tones.wav").unlink()


def test_a_recording_without_a_sample_has_no_waveform(tmp_path):
    soundfile.write(tmp_path / "nothing.wav", np.zeros(0), RATE)

    with pytest.raises(NoAudioError):
        media.peaks(tmp_path / "nothing.wav")
