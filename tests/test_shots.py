"""Cuts are found to the frame, and nothing else that moves is taken for one."""

from fractions import Fraction

import numpy as np
import pytest
from make_media import Picture, Track, film, tones

from transcriber.errors import TranscriptionCancelledError
from transcriber.media import footage, shots

PCM = Track(tones(16_000, seconds=2), 16_000, "mp2")
WIDTH, HEIGHT = 96, 64


def scene(seed, shift=0.0):
    """A picture of soft blotches, each seed another; `shift` is by how many pixels the camera was turned."""
    across, down = np.meshgrid(np.arange(WIDTH) + shift, np.arange(HEIGHT))
    waves = np.random.default_rng(seed).uniform(-0.2, 0.2, (4, 3))
    sum_of_waves = sum(np.sin(across * right + down * below + 20 * phase) for right, below, phase in waves)
    return np.clip(128 + 40 * sum_of_waves, 16, 235)


def filmed(path, paint, *, rate=Fraction(25), frames=100, **settings):
    return film(path, Picture(rate, frames, size=(WIDTH, HEIGHT), paint=paint, **settings), PCM)


def cut_at(*numbers):
    return lambda frame: scene(sum(frame >= number for number in numbers), shift=frame)


def frames_of(times):
    return [round(time * 25, 2) for time in times]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov", ".avi", ".ts"])
def test_hard_cuts_are_found_to_the_frame(tmp_path, suffix):
    path = filmed(tmp_path / f"film{suffix}", cut_at(12, 40, 41 + 12, 90))

    seen = [time - footage(path).picture_start for time in shots(path)]

    assert seen == pytest.approx([12 / 25, 40 / 25, 53 / 25, 90 / 25], abs=0.001)


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), Fraction(30000, 1001), Fraction(50), Fraction(60000, 1001)])
def test_cuts_stand_on_frames_at_any_rate(tmp_path, rate):
    found = shots(filmed(tmp_path / "film.mov", cut_at(20, 70), rate=rate))

    assert found == pytest.approx([float(20 / rate), float(70 / rate)], abs=1e-6)


def test_cuts_are_on_the_timeline_of_the_words_where_the_picture_starts_late(tmp_path):
    path = filmed(tmp_path / "film.mkv", cut_at(50), stamp=lambda time: time + Fraction(12, 25))

    assert shots(path) == pytest.approx([2.48], abs=0.001)


def test_a_pan_is_no_cut(tmp_path):
    assert shots(filmed(tmp_path / "film.mp4", lambda frame: scene(1, shift=6 * max(0, frame - 20)))) == []


def test_a_flash_is_no_cut(tmp_path):
    def flashed(frame):
        return np.full((HEIGHT, WIDTH), 235) if 30 <= frame < 33 or frame == 70 else scene(1, shift=frame / 4)

    assert shots(filmed(tmp_path / "film.mp4", flashed)) == []


def test_the_two_ends_of_a_flash_are_no_cuts_but_the_cut_soon_after_it_is(tmp_path):
    def flashed(frame):
        return np.full((HEIGHT, WIDTH), 235) if 30 <= frame < 32 else cut_at(60)(frame)

    assert frames_of(shots(filmed(tmp_path / "film.mp4", flashed))) == [60]


def test_a_fade_is_no_cut(tmp_path):
    def fading(frame):
        part = np.clip((frame - 30) / 25, 0, 1)
        return (1 - part) * scene(1) + part * scene(2)

    assert shots(filmed(tmp_path / "film.mp4", fading)) == []


def test_grain_is_no_cut(tmp_path):
    random = np.random.default_rng(0)

    assert shots(filmed(tmp_path / "film.mp4", lambda _: scene(1) + random.normal(0, 15, (HEIGHT, WIDTH)))) == []


def test_drawn_film_that_shows_each_picture_twice_is_cut_only_where_it_is_cut(tmp_path):
    path = filmed(tmp_path / "film.mp4", lambda frame: scene(frame >= 60, shift=2 * (frame // 2)))

    assert frames_of(shots(path)) == [60]


def test_a_cut_to_the_last_frames_counts(tmp_path):
    assert frames_of(shots(filmed(tmp_path / "film.mp4", cut_at(98)))) == [98]


@pytest.mark.parametrize("frames", [1, 2, 5, 6])
def test_the_shortest_films_have_one_shot(tmp_path, frames):
    assert shots(filmed(tmp_path / "film.mp4", lambda frame: scene(1, shift=frame / 10), frames=frames)) == []


def test_sound_alone_has_no_shots(tmp_path):
    path = film(tmp_path / "film.mp4", Picture(frames=1), PCM)
    path.write_bytes(path.read_bytes().replace(b"trak", b"free", 1))  # the first track is the picture

    assert shots(path) == []


def test_damage_in_the_picture_is_passed_over(tmp_path):
    path = filmed(tmp_path / "film.ts", cut_at(30, 60), frames=90)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = bytes(3000)
    path.write_bytes(content)

    assert float(30 / 25 + footage(path).picture_start) in [pytest.approx(time, abs=0.001) for time in shots(path)]


def test_how_far_it_is_is_told_every_second(tmp_path):
    told = []

    shots(filmed(tmp_path / "film.mp4", cut_at(50)), told.append)

    assert told == [1.0, 2.0, 3.0]


def test_it_stops_when_whoever_is_told_wants_it_to(tmp_path):
    path = filmed(tmp_path / "film.mp4", cut_at(50))

    def cancel(_):
        raise TranscriptionCancelledError(str(path))

    with pytest.raises(TranscriptionCancelledError):
        shots(path, cancel)

    path.unlink()
    assert not path.exists()
