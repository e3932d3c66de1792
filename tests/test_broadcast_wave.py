"""Timecode is found wherever recorders put it in a .wav, and no damage around it makes a fuss."""

import struct
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from make_media import chunk, poly_wav

from transcriber.media.broadcast_wave import Stamp, stamp
from transcriber.timecode import FrameRate

SOUND = np.zeros((1, 480))
TEN = 48_000 * 36_000
BEXT = chunk(b"bext", bytes(338) + struct.pack("<Q", TEN) + bytes(256))
NOTES = chunk(b"iXML", b"<BWFXML><SPEED><TIMECODE_RATE>25/1</TIMECODE_RATE></SPEED></BWFXML>")


def recorded(path, **parts):
    return poly_wav(path, SOUND, rate=48_000, **parts)


@pytest.mark.parametrize("container", [b"RIFF", b"RF64", b"BW64"])
def test_timecode_before_and_rate_behind_the_samples_belong_together(tmp_path, container):
    path = recorded(tmp_path / "take.wav", chunks=[BEXT], after=[NOTES], container=container)

    assert stamp(path) == Stamp(Fraction(36_000), FrameRate(Fraction(25)))


def test_a_size_that_no_file_has_ends_the_search_and_keeps_what_was_found(tmp_path):
    longest = chunk(b"ds64", struct.pack("<QQQI", 0, 2**64 - 1, 0, 0))
    path = recorded(tmp_path / "take.wav", chunks=[BEXT, longest, chunk(b"cue ", b"", size=0xFFFFFFFF), NOTES])

    assert stamp(path) == Stamp(Fraction(36_000), None)


def test_a_rate_of_no_samples_gives_no_time(tmp_path):
    path = recorded(tmp_path / "take.wav", chunks=[BEXT])
    path.write_bytes(path.read_bytes().replace(struct.pack("<I", 48_000), bytes(4), 1))

    assert stamp(path) == Stamp()


def test_what_is_no_wav_has_no_timecode(tmp_path):
    (tmp_path / "talk.wav").write_bytes(b"OggS" + bytes(100))

    assert stamp(tmp_path / "talk.wav") == stamp(tmp_path / "gone.wav") == Stamp()


@given(some.binary(max_size=700), some.binary(max_size=300))
def test_whatever_stands_in_the_chunks_is_a_time_of_day_or_none(tmp_path_factory, bext, notes):
    path = tmp_path_factory.mktemp("takes") / "take.wav"

    found = stamp(recorded(path, chunks=[chunk(b"bext", bext), chunk(b"iXML", notes)]))

    assert found.start is None or 0 <= found.start < 86_400
