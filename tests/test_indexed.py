"""An .mp3 of varying bitrate gets an index, made of its own bytes; whatever needs none is left alone."""

import av
import numpy as np
import pytest
from make_media import Track, onsets, tones, write

from page.playable import wanted_bytes
from transcriber import media

RATE = 16_000
BARE = {"write_xing": "0", "id3v2_version": "0"}
VARYING = {"flags": "+qscale", "global_quality": "236"}


def mp3(path, *, settings=None, options=None):
    sound = tones(RATE, at=(1.0, 11.0), seconds=20.0)
    sound[:, 5 * RATE : 10 * RATE] = np.random.default_rng(0).standard_normal(5 * RATE) * 0.02
    return write(path, Track(sound, RATE, "libmp3lame", settings=settings or {}), options=options or {})


@pytest.mark.parametrize("options", [{}, BARE])
def test_the_same_frames_stand_at_the_same_times_behind_an_index(tmp_path, options):
    path = mp3(tmp_path / "talk.mp3", settings=VARYING, options=options)

    found = media.indexed(path)
    whole = found.read(0, len(found.head)) + found.read(len(found.head), found.size)
    whole += found.read(len(whole), found.size)
    (tmp_path / "talk.mp4").write_bytes(whole)
    times = [onsets(np.concatenate(list(media.decode(tmp_path / name)))) for name in ("talk.mp3", "talk.mp4")]

    assert len(whole) == found.size
    assert path.read_bytes()[found.first : found.stop] in whole
    assert times[1] == pytest.approx(times[0], abs=0.002)
    with av.open(str(tmp_path / "talk.mp4")) as container:
        assert container.format.name.startswith("mov")
        assert container.duration / 1e6 == pytest.approx(20.0, abs=0.1)


def test_any_piece_of_it_is_what_the_whole_has_there(tmp_path):
    found = media.indexed(mp3(tmp_path / "talk.mp3", settings=VARYING))
    whole = b""
    while piece := found.read(len(whole), found.size):
        whole += piece

    tail = found.size - len(found.tail)
    places = [0, 10, len(found.head), len(found.head) + 999, tail - 1, tail, found.size - 1]

    assert [found.read(place, 1) for place in places] == [whole[place : place + 1] for place in places]
    assert found.read(found.size, 10) == b""


def test_a_constant_bitrate_gets_an_index_too_and_another_format_has_one(tmp_path):
    wav = write(tmp_path / "talk.wav", Track(tones(RATE), RATE, "pcm_s16le"))

    assert media.indexed(mp3(tmp_path / "talk.mp3")) is not None
    assert media.indexed(wav) is None


@pytest.mark.parametrize(
    ("header", "bytes_of_it"),
    [
        ("", (0, 100)),
        ("bytes=0-", (0, 100)),
        ("bytes=5-500", (5, 100)),
        ("bytes=-200", (0, 100)),
        ("lines=1-2", (0, 100)),
    ],
)
def test_a_header_that_asks_for_more_than_there_is_or_for_nonsense_gets_what_there_is(header, bytes_of_it):
    assert wanted_bytes(header, 100) == bytes_of_it
