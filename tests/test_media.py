import io
import os
import socket
import struct
import sys
import threading
import tracemalloc
from contextlib import closing
from itertools import islice
from pathlib import Path

import numpy as np
import psutil
import pytest
from make_media import (
    Track,
    a_protected_song,
    a_silent_film,
    a_text,
    an_empty_file,
    an_unknown_codec,
    no_samples,
    noise_bytes,
    onsets,
    subtitles,
    tones,
    wav,
    write,
)

from transcriber.errors import (
    InvalidOptionError,
    MediaNotFoundError,
    NoAudioError,
    TranscriberError,
    UnreadableMediaError,
)
from transcriber.media import BLOCK_SECONDS, JITTER, decode, streams

RATE = 16_000

# Name, codec, and the encoder's delay in seconds where the container has no place to write it down.
FORMATS = [
    ("talk.wav", "pcm_s16le", 0),
    ("talk.w64", "pcm_s16le", 0),
    ("talk.aiff", "pcm_s24be", 0),
    ("talk.caf", "pcm_s16le", 0),
    ("talk.au", "pcm_s16be", 0),
    ("talk.flac", "flac", 0),
    ("talk.mp3", "mp3", 0),
    ("talk.m4a", "aac", 0),
    ("lossless.m4a", "alac", 0),
    ("talk.ogg", "libopus", 0),
    ("vorbis.ogg", "vorbis", 0),
    ("flac.oga", "flac", 0),
    ("talk.opus", "libopus", 0),
    ("talk.aac", "aac", 0.021),
    ("talk.wma", "wmav2", 0.043),
    ("talk.ac3", "ac3", 0.005),
    ("talk.mp2", "mp2", 0.010),
    ("talk.wv", "wavpack", 0),
    ("talk.tta", "tta", 0),
    ("talk.amr", "libopencore_amrnb", 0.021),
    ("talk.mka", "vorbis", 0),
    ("film.mp4", "aac", 0),
    ("mp3.mp4", "mp3", 0),
    ("film.m4v", "aac", 0),
    ("film.mov", "pcm_s16le", 0),
    ("aac.mov", "aac", 0),
    ("film.mkv", "aac", 0),
    ("mp3.mkv", "mp3", 0),
    ("opus.mkv", "libopus", 0),
    ("ac3.mkv", "ac3", 0),
    ("film.avi", "pcm_s16le", 0),
    ("mp3.avi", "mp3", 0.023),
    ("film.webm", "libopus", 0),
    ("vorbis.webm", "vorbis", 0),
    ("film.flv", "aac", 0.021),
    ("mp3.flv", "mp3", 0.023),
    ("film.wmv", "wmav2", 0.043),
    ("film.ts", "aac", 0.021),
    ("film.mpg", "mp2", 0.010),
    ("film.3gp", "libopencore_amrnb", 0.015),
    ("film.nut", "flac", 0),
]
FILMS = {".mp4", ".m4v", ".mov", ".mkv", ".avi", ".webm", ".flv", ".ts", ".mpg", ".nut"}


def sound(path, **choices):
    return np.concatenate(list(decode(path, **choices)))


def rms(samples):
    return float(np.sqrt(np.mean(np.square(samples))))


def offset(before, after, start, end):
    """How many seconds later `after` has what `before` has from start to end, and how much alike (up to 1) that is."""
    first, second = before[start * RATE : end * RATE], after[start * RATE : end * RATE]
    product = np.fft.irfft(np.fft.rfft(second) * np.conj(np.fft.rfft(first)))
    best = int(np.argmax(product))
    alike = product[best] / np.sqrt(np.dot(first, first) * np.dot(second, second))
    return (best if best < len(product) / 2 else best - len(product)) / RATE, float(alike)


def simple(path, codec="pcm_s16le", **layout):
    return write(path, Track(tones(48_000, **layout), 48_000, codec))


def delayed(seconds):
    return lambda time: time + seconds


# --- every format ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "codec", "delay"), FORMATS, ids=lambda value: str(value))
def test_a_sound_keeps_its_place_in_every_format(tmp_path, name, codec, delay):
    rate, channels = (8_000, 1) if "amr" in codec else (48_000, 2)
    path = tmp_path / name
    write(path, Track(tones(rate, channels=channels), rate, codec), video=path.suffix in FILMS)

    samples = sound(path)

    assert onsets(samples) == pytest.approx([1 + delay, 2.5 + delay], abs=0.003)
    assert len(samples) / RATE == pytest.approx(4 + delay, abs=0.035)
    assert np.abs(samples).max() == pytest.approx(0.5, abs=0.07)


@pytest.mark.parametrize(("name", "codec", "delay"), FORMATS, ids=lambda value: str(value))
def test_a_file_tells_its_streams(tmp_path, name, codec, delay):
    rate, channels = (8_000, 1) if "amr" in codec else (48_000, 2)
    write(tmp_path / name, Track(tones(rate, channels=channels), rate, codec))

    (stream,) = streams(tmp_path / name)

    assert (stream.number, stream.channels, stream.sample_rate) == (0, channels, rate)
    assert stream.start == pytest.approx(0, abs=0.03)
    assert stream.duration == pytest.approx(4, abs=0.5)  # .aac is an estimate from the bit rate


@pytest.mark.parametrize(
    "codec",
    [f"pcm_{kind}" for kind in ("u8", "s16le", "s24le", "s32le", "s64le", "f32le", "f64le", "mulaw", "alaw")]
    + ["adpcm_ms", "g722"],
)
def test_a_level_is_the_same_in_every_sample_format(tmp_path, codec):
    path = simple(tmp_path / "talk.wav", codec)

    samples = sound(path)

    assert rms(samples[RATE + 80 : RATE + 1520]) == pytest.approx(0.5 / np.sqrt(2), rel=0.03)
    assert np.abs(samples[: RATE - 80]).max() < 0.01


@pytest.mark.parametrize("rate", [8_000, 11_025, 12_000, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000])
def test_every_sample_rate_comes_out_at_16_khz_in_time(tmp_path, rate):
    path = write(tmp_path / "talk.wav", Track(tones(rate), rate, "pcm_s16le"))

    samples = sound(path)

    assert samples.dtype == np.float32
    assert len(samples) == 4 * RATE
    assert onsets(samples) == pytest.approx([1, 2.5], abs=0.001)


def test_resampling_lets_nothing_through_that_16_khz_cannot_hold(tmp_path):
    time = np.arange(96_000) / 48_000
    too_high = 0.5 * np.sin(2 * np.pi * 12_000 * time)[None]

    samples = sound(write(tmp_path / "talk.wav", Track(too_high, 48_000, "pcm_f32le")))

    assert rms(samples[100:-100]) < 0.0005


def test_what_a_decoder_holds_back_comes_out_at_the_end(tmp_path):
    path = write(tmp_path / "talk.wma", Track(tones(48_000, channels=2), 48_000, "wmav2"))

    assert len(sound(path)) / RATE > 4.04  # the encoder's delay included


def test_blocks_are_short_however_large_the_frames_of_the_file_are(tmp_path):
    path = write(tmp_path / "talk.tta", Track(tones(48_000), 48_000, "tta"))

    lengths = [len(block) for block in decode(path)]

    assert max(lengths) <= RATE * BLOCK_SECONDS
    assert min(lengths) > 0


# --- the timeline ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("film.mp4", "aac"),
        ("film.mov", "pcm_s16le"),
        ("film.mkv", "libopus"),
        ("film.flv", "aac"),
        ("film.ts", "mp2"),
        ("film.mpg", "mp2"),
        ("film.wmv", "wmav2"),
        ("film.nut", "flac"),
    ],
)
def test_sound_that_starts_late_stays_late(tmp_path, name, codec):
    path = write(tmp_path / name, Track(tones(48_000, channels=2), 48_000, codec, delayed(2)), video=True)

    samples = sound(path)

    assert onsets(samples) == pytest.approx([3, 4.5], abs=0.004)
    assert not samples[: int(1.9 * RATE)].any()
    assert streams(path)[0].start == pytest.approx(2, abs=0.05)


def test_a_start_that_is_late_by_less_than_the_jitter_is_kept_too(tmp_path):
    path = write(tmp_path / "film.mkv", Track(tones(48_000), 48_000, "flac", delayed(0.02)), video=True)

    assert onsets(sound(path)) == pytest.approx([1.02, 2.52], abs=0.001)


@pytest.mark.parametrize(
    ("name", "codec"), [("film.mov", "pcm_s16le"), ("talk.m4a", "aac"), ("talk.mkv", "flac"), ("talk.wma", "wmav2")]
)
def test_what_is_stamped_before_the_start_is_left_out(tmp_path, name, codec):
    early = Track(tones(48_000, channels=2), 48_000, codec, delayed(-1.5))
    path = write(tmp_path / name, early, options={"avoid_negative_ts": "disabled"})

    samples = sound(path)

    assert onsets(samples) == pytest.approx([1], abs=0.003)
    assert len(samples) / RATE == pytest.approx(2.5, abs=0.015)


def test_a_late_start_counts_in_a_file_that_has_nothing_but_sound(tmp_path):
    path = write(tmp_path / "talk.m4a", Track(tones(48_000), 48_000, "aac", delayed(2)))

    assert onsets(sound(path)) == pytest.approx([3, 4.5], abs=0.004)


@pytest.mark.parametrize("name", ["talk.ts", "talk.mpg"])
def test_a_broadcast_clock_may_start_anywhere(tmp_path, name):
    path = write(tmp_path / name, Track(tones(48_000), 48_000, "mp2", delayed(5_000)))

    assert onsets(sound(path)) == pytest.approx([1.01, 2.51], abs=0.003)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("talk.mp4", "aac"),
        ("talk.mkv", "flac"),
        ("talk.webm", "libopus"),
        ("talk.ts", "mp2"),
        ("talk.nut", "pcm_s16le"),
    ],
)
def test_a_hole_is_as_long_as_the_file_says(tmp_path, name, codec):
    whole = sound(simple(tmp_path / ("whole_" + name), codec))
    holed = Track(tones(48_000), 48_000, codec, lambda time: None if 1.5 <= time < 2 else time)

    samples = sound(write(tmp_path / name, holed))

    assert len(samples) == pytest.approx(len(whole), abs=0.001 * RATE)
    assert onsets(samples)[-1] == pytest.approx(onsets(whole)[-1], abs=0.001)


def test_a_hole_of_hours_costs_no_memory(tmp_path):
    late = Track(tones(8_000), 8_000, "pcm_s16le", lambda time: time if time < 2 else time + 36_000)
    path = write(tmp_path / "talk.mkv", late)

    with closing(decode(path)) as blocks:
        first_minutes = list(islice(blocks, 120))

    assert sum(map(len, first_minutes)) <= 120 * RATE
    assert onsets(np.concatenate(first_minutes)) == pytest.approx([1], abs=0.001)


def test_a_broadcast_clock_that_leaps_leaves_no_hole(tmp_path):
    leap = Track(tones(48_000), 48_000, "mp2", lambda time: time if time < 2 else time + 600)
    path = write(tmp_path / "talk.ts", leap)

    assert onsets(sound(path)) == pytest.approx([1.01, 2.51], abs=0.04)


def test_a_stamp_of_months_is_not_believed(tmp_path):
    broken = Track(tones(8_000), 8_000, "pcm_s16le", lambda time: time if time < 2 else time + 1e7)
    path = write(tmp_path / "talk.mkv", broken)

    with closing(decode(path)) as blocks:
        samples = np.concatenate(list(islice(blocks, 10)))

    assert onsets(samples) == pytest.approx([1, 2.5], abs=0.001)


def test_a_stamp_past_the_duration_in_the_header_is_not_believed(tmp_path):
    broken = Track(tones(8_000), 8_000, "pcm_s16le", lambda time: time if time < 2 else time + 3_600)
    path = write(tmp_path / "talk.mkv", broken)
    content = bytearray(path.read_bytes())
    duration = content.index(b"\x44\x89\x88") + 3  # Matroska's Duration, 8 bytes follow: milliseconds
    content[duration : duration + 8] = struct.pack(">d", 4_000)
    path.write_bytes(content)

    with closing(decode(path)) as blocks:
        samples = np.concatenate(list(islice(blocks, 10)))

    assert onsets(samples) == pytest.approx([1, 2.5], abs=0.001)


def test_stamps_that_fell_below_zero_and_wrapped_are_not_believed(tmp_path):
    early = Track(tones(48_000), 48_000, "mp3", delayed(-1.5))
    path = write(tmp_path / "talk.flv", early, options={"avoid_negative_ts": "disabled"})

    with closing(decode(path)) as blocks:
        samples = np.concatenate(list(islice(blocks, 10)))

    assert onsets(samples) == pytest.approx([1, 2.5], abs=0.05)


def test_sound_that_is_stamped_twice_is_heard_once(tmp_path):
    def squeezed(time):
        return time if time < 1.5 else 1.5 + (time - 1.5) / 2 if time < 2.3 else time - 0.4

    path = write(tmp_path / "talk.nut", Track(tones(48_000), 48_000, "pcm_s16le", squeezed))

    samples = sound(path)

    assert onsets(samples) == pytest.approx([1, 2.1], abs=JITTER)
    assert len(samples) / RATE == pytest.approx(3.6, abs=JITTER)


def test_jitter_of_time_stamps_neither_adds_nor_drops_a_sample(tmp_path):
    shake = np.random.default_rng(0).uniform(-0.004, 0.004, 10_000)
    jittery = Track(tones(RATE), RATE, "pcm_s16le", lambda time: time and time + shake[round(time * RATE / 1024)])

    samples = sound(write(tmp_path / "talk.mkv", jittery))

    np.testing.assert_array_equal(samples, sound(write(tmp_path / "talk.wav", Track(tones(RATE), RATE, "pcm_s16le"))))


@pytest.mark.parametrize("speed", [0.99, 1.01])
def test_a_sound_card_that_drifts_does_not_pull_the_end_away(tmp_path, speed):
    drifting = Track(tones(48_000, at=(1, 18), seconds=20), 48_000, "flac", lambda time: time * speed)

    samples = sound(write(tmp_path / "talk.mkv", drifting))

    assert onsets(samples)[-1] == pytest.approx(18 * speed, abs=JITTER + 0.005)


@pytest.mark.parametrize("header", ["1", "0"], ids=["with a table", "without a table"])
def test_a_variable_bit_rate_keeps_the_time(tmp_path, header):
    noise = np.random.default_rng(0).normal(0, 0.1, (1, 48_000 * 20)) * (np.arange(48_000 * 20) < 48_000 * 10)
    speech = tones(48_000, at=(12, 19.5), seconds=20, level=0.9)
    variable = Track(noise + speech, 48_000, "mp3", settings={"flags": "+qscale", "global_quality": "600"})

    path = write(tmp_path / "talk.mp3", variable, options={"write_xing": header})

    assert path.stat().st_size < 20 * 16_000 * 0.8  # the constant one has 16,000 bytes a second
    assert onsets(sound(path)[11 * RATE :]) == pytest.approx([1, 8.5], abs=0.03)


def test_mp3_and_wav_of_one_recording_lie_on_top_of_each_other(tmp_path):
    noise = np.random.default_rng(0).normal(0, 0.1, (1, 96_000))
    original = sound(write(tmp_path / "talk.wav", Track(noise, 48_000, "pcm_s16le")))

    compressed = sound(write(tmp_path / "talk.mp3", Track(noise, 48_000, "mp3")))

    assert offset(original, compressed, 0, 2) == (0, pytest.approx(1, abs=0.1))


# --- channels --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", range(1, 9))
def test_a_voice_in_any_one_channel_is_heard(tmp_path, channels):
    voice = tones(48_000)[0]

    for speaking in range(channels):
        samples = np.zeros((channels, len(voice)))
        samples[speaking] = voice
        mono = sound(write(tmp_path / "talk.wav", Track(samples, 48_000, "pcm_s16le")))

        assert onsets(mono) == pytest.approx([1, 2.5], abs=0.001)
        assert np.abs(mono).max() == pytest.approx(0.5 / channels, rel=0.05)


@pytest.mark.parametrize("channels", [2, 6, 8])
def test_channels_at_full_scale_do_not_clip(tmp_path, channels):
    loud = tones(48_000, level=1.0, channels=channels)

    samples = sound(write(tmp_path / "talk.wav", Track(loud, 48_000, "pcm_s16le")))

    assert 0.95 < np.abs(samples).max() <= 1
    assert rms(samples[RATE + 80 : RATE + 1520]) == pytest.approx(1 / np.sqrt(2), rel=0.02)


def test_a_channel_wired_upside_down_does_not_cancel_the_voice(tmp_path):
    voice = tones(48_000)[0]
    hiss = np.random.default_rng(0).normal(0, 0.001, (2, len(voice)))
    opposed = np.stack([voice, -0.8 * voice]) + hiss

    samples = sound(write(tmp_path / "talk.wav", Track(opposed, 48_000, "pcm_s16le")))

    assert onsets(samples) == pytest.approx([1, 2.5], abs=0.001)
    assert np.abs(samples).max() == pytest.approx(0.45, rel=0.05)


def test_planar_and_packed_channels_give_the_same_sound(tmp_path):
    two = np.concatenate([tones(48_000), 0.5 * tones(48_000, at=(2,))])

    packed = sound(write(tmp_path / "talk.wav", Track(two, 48_000, "pcm_s16le")))
    planar = sound(write(tmp_path / "talk.m4a", Track(two, 48_000, "alac")))

    np.testing.assert_allclose(packed, planar[: len(packed)], atol=1e-4)


def test_any_of_several_streams_can_be_had(tmp_path):
    path = write(
        tmp_path / "film.mkv",
        Track(tones(48_000, at=(1,)), 48_000, "flac", title="Camera"),
        Track(tones(44_100, at=(3,)), 44_100, "aac", title="Lavalier"),
        video=True,
    )

    assert [(stream.number, stream.codec, stream.title) for stream in streams(path)] == [
        (0, "flac", "Camera"),
        (1, "aac", "Lavalier"),
    ]
    assert onsets(sound(path)) == pytest.approx([1], abs=0.003)
    assert onsets(sound(path, audio_stream=1)) == pytest.approx([3], abs=0.003)


def test_a_title_in_an_old_encoding_is_no_reason_to_fail(tmp_path):
    path = write(
        tmp_path / "talk.mkv", Track(tones(48_000), 48_000, "flac", title="Caf\N{LATIN SMALL LETTER E WITH ACUTE}")
    )
    path.write_bytes(path.read_bytes().replace(b"Caf\xc3\xa9", b"Caf\xe9 "))

    (stream,) = streams(path)

    assert stream.title == "Caf\N{REPLACEMENT CHARACTER} "


@pytest.mark.parametrize("number", [2, -1])
def test_a_stream_that_is_not_there_is_refused_with_the_count(tmp_path, number):
    path = simple(tmp_path / "talk.wav")

    with pytest.raises(InvalidOptionError, match=r"talk\.wav has 1 "):
        sound(path, audio_stream=number)


# --- odd samples -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", ["pcm_f32le", "pcm_f64le"])
@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf, 1e300])
def test_what_is_no_number_is_silence_and_does_not_spread(tmp_path, codec, poison):
    samples = tones(48_000)
    samples[0, 24_000:24_480] = poison

    decoded = sound(write(tmp_path / "talk.wav", Track(samples, 48_000, codec)))

    assert np.isfinite(decoded).all()
    assert onsets(decoded) == pytest.approx([1, 2.5], abs=0.001)
    assert np.abs(decoded[: RATE - 100]).max() < 0.001


def test_one_absurd_number_does_not_hide_the_rest(tmp_path):
    samples = tones(48_000)
    samples[0, 24_000] = 1e30

    decoded = sound(write(tmp_path / "talk.wav", Track(samples, 48_000, "pcm_f32le")))

    assert onsets(decoded[RATE - 200 :]) == pytest.approx([200 / RATE, 1.5 + 200 / RATE], abs=0.001)
    assert np.abs(decoded[RATE:]).max() == pytest.approx(0.5, abs=0.05)


def test_float_sound_beyond_full_scale_is_turned_down_and_not_clipped(tmp_path):
    loud = tones(RATE, level=4.0)

    samples = sound(write(tmp_path / "talk.wav", Track(loud, RATE, "pcm_f32le")))

    spectrum = np.abs(np.fft.rfft(samples[RATE : RATE + 1600]))
    assert np.abs(samples).max() == pytest.approx(1)
    assert spectrum[100] > 1000 * spectrum[300]  # clipping makes a third harmonic


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000, 192_000])
@pytest.mark.parametrize("count", [1, 10, 100])
def test_ten_samples_are_a_recording(tmp_path, rate, count):
    samples = sound(wav(tmp_path / "blip.wav", [8_000] * count, rate))

    assert len(samples) == int(np.ceil(count * RATE / rate))
    assert samples.max() > 0.01


def test_a_file_without_a_sample_says_so(tmp_path):
    path = no_samples(tmp_path)

    with pytest.raises(NoAudioError, match="audio track without a single sample"):
        sound(path)


@pytest.mark.parametrize(("suffix", "codec", "delay"), [(".mp3", "mp3", 0.025), (".ts", "mp2", 0.01)])
def test_a_rate_that_changes_in_the_middle_keeps_the_time(tmp_path, suffix, codec, delay):
    path = simple(tmp_path / f"one{suffix}", codec)
    slower = write(tmp_path / f"two{suffix}", Track(tones(44_100, channels=2), 44_100, codec))
    path.write_bytes(path.read_bytes() + slower.read_bytes())

    samples = sound(path)

    assert onsets(samples) == pytest.approx([1 + delay, 2.5 + delay, 5 + 2 * delay, 6.5 + 2 * delay], abs=0.06)


# --- damage ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("talk.wav", "pcm_s16le"),
        ("talk.mp3", "mp3"),
        ("talk.flac", "flac"),
        ("talk.aac", "aac"),
        ("talk.ogg", "libopus"),
        ("talk.mkv", "aac"),
        ("talk.ts", "aac"),
        ("talk.wma", "wmav2"),
        ("talk.avi", "mp3"),
        ("talk.flv", "aac"),
    ],
)
def test_a_file_that_breaks_off_yields_what_is_there(tmp_path, name, codec):
    noise = np.random.default_rng(0).normal(0, 0.1, (1, 480_000))
    path = write(tmp_path / name, Track(noise, 48_000, codec))
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])

    samples = sound(path)

    assert len(samples) / RATE == pytest.approx(6, abs=1.2)
    assert rms(samples[8_000:]) == pytest.approx(0.058, rel=0.25)  # the part of the noise below 8 kHz


@pytest.mark.parametrize(
    ("name", "codec"),
    [("talk.flac", "flac"), ("talk.m4a", "aac"), ("talk.mkv", "aac"), ("talk.ts", "mp2"), ("talk.ogg", "vorbis")],
)
def test_damage_in_the_middle_costs_only_the_middle(tmp_path, name, codec):
    noise = np.random.default_rng(0).normal(0, 0.1, (2, 48_000 * 30))
    path = write(tmp_path / name, Track(noise, 48_000, codec))
    before = sound(path)
    content = bytearray(path.read_bytes())
    middle = slice(len(content) * 40 // 100, len(content) * 42 // 100)
    content[middle] = np.random.default_rng(1).bytes(middle.stop - middle.start)
    path.write_bytes(content)

    after = sound(path)

    assert len(after) == pytest.approx(len(before), abs=JITTER * RATE)
    assert offset(before, after, 0, 9) == (0, pytest.approx(1))
    assert offset(before, after, 20, 29) == (pytest.approx(0, abs=JITTER), pytest.approx(1, abs=0.2))


@pytest.mark.parametrize("size", [0, 0xFFFF_FFFF], ids=["nothing", "without end"])
def test_a_recorder_that_lost_its_power_before_it_wrote_the_size_loses_no_sound(tmp_path, size):
    path = simple(tmp_path / "talk.wav")
    content = bytearray(path.read_bytes())
    data = content.index(b"data")
    content[data + 4 : data + 8] = content[4:8] = struct.pack("<I", size)
    path.write_bytes(content)

    samples = sound(path)

    assert onsets(samples) == pytest.approx([1, 2.5], abs=0.001)
    assert len(samples) == 4 * RATE


def test_an_unfinished_mp4_says_that_it_was_never_finished(tmp_path):
    path = simple(tmp_path / "film.mp4", "aac")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    with pytest.raises(UnreadableMediaError, match="damaged, was never finished"):
        sound(path)


# --- what is no recording --------------------------------------------------------------------------------------------


def a_folder(folder):
    return folder


def a_missing_file(folder):
    return folder / "gone.wav"


def a_file_in_a_file(folder):
    return a_text(folder) / "talk.wav"


def a_name_with_a_nul(folder):
    return folder / "a\0b.wav"


BAD = [
    (a_text, UnreadableMediaError, "no media file at all"),
    (an_empty_file, UnreadableMediaError, "the file is empty"),
    (noise_bytes, UnreadableMediaError, "no media file at all"),
    (subtitles, UnreadableMediaError, "neither sound nor picture"),
    (a_silent_film, NoAudioError, "has no audio track"),
    (a_protected_song, UnreadableMediaError, "copy-protected"),
    (an_unknown_codec, UnreadableMediaError, "nothing here decodes"),
    (a_folder, UnreadableMediaError, "it is a folder"),
    (a_missing_file, MediaNotFoundError, "does not exist"),
    (a_file_in_a_file, MediaNotFoundError, "does not exist"),
    (a_name_with_a_nul, MediaNotFoundError, "does not exist"),
]


@pytest.mark.parametrize(("make", "error", "words"), BAD, ids=[make.__name__ for make, *_ in BAD])
def test_a_bad_file_gives_one_clear_sentence(tmp_path, capfd, make, error, words):
    path = make(tmp_path)

    with pytest.raises(error, match=words) as raised:
        sound(path)

    message = str(raised.value)
    assert message.startswith(str(path))
    assert "Errno" not in message
    assert "\n" not in message
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_a_file_that_may_not_be_read_says_so(tmp_path):
    path = simple(tmp_path / "talk.wav")
    path.chmod(0)

    with pytest.raises(UnreadableMediaError, match="permissions"):
        sound(path)


def test_a_file_that_another_program_holds_says_so(tmp_path, monkeypatch):
    path = simple(tmp_path / "talk.wav")

    def refuse(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)

    with pytest.raises(UnreadableMediaError, match="another program that holds it"):
        sound(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path):
    os.mkfifo(tmp_path / "talk.wav")

    with pytest.raises(UnreadableMediaError, match="it is a device"):
        sound(tmp_path / "talk.wav")


class FailingFile(io.FileIO):
    """A file on a network drive that goes away."""

    def read(self, size=-1):
        if self.tell() > 100_000:
            raise OSError(5, "Input/output error")
        return super().read(size)


def test_a_drive_that_fails_in_the_middle_is_not_taken_for_the_end(tmp_path, monkeypatch, capfd):
    path = simple(tmp_path / "talk.wav")
    monkeypatch.setattr(Path, "open", lambda path, *_args, **_options: FailingFile(path))

    with pytest.raises(UnreadableMediaError, match="drive says 'Input/output error'"):
        sound(path)

    assert capfd.readouterr() == ("", "")


# --- nothing but the file --------------------------------------------------------------------------------------------


@pytest.fixture
def listener():
    """A server on this machine: its address, and the list of those who called."""
    callers, done = [], threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            while True:
                connection, caller = server.accept()
                connection.close()
                if done.is_set():
                    return
                callers.append(caller)

        thread = threading.Thread(target=answer)
        thread.start()
        yield server.getsockname(), callers
        done.set()
        socket.create_connection(server.getsockname()).close()
        thread.join()


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{there}\n#EXT-X-ENDLIST\n",
    "hls_of_hls": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{there}\n",
    "concat": "ffconcat version 1.0\nfile '{there}'\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio {port} RTP/AVP 0\n",
}


@pytest.mark.parametrize("suffix", [".wav", ".m3u8", ".ffconcat", ".sdp", ".mp4"])
@pytest.mark.parametrize("kind", PLAYLISTS)
def test_a_playlist_reaches_neither_the_network_nor_another_file(tmp_path, listener, capfd, kind, suffix):
    (host, port), callers = listener
    simple(tmp_path / "private.wav")
    for there in (f"http://{host}:{port}/talk.wav", f"tcp://{host}:{port}", "private.wav"):
        path = tmp_path / f"talk{suffix}"
        path.write_text(PLAYLISTS[kind].format(there=there, port=port), encoding="utf-8")

        with pytest.raises(UnreadableMediaError, match="other files|no media file"):
            sound(path)

    assert callers == []
    assert capfd.readouterr() == ("", "")


NAMES = [
    "it's a talk (final) [2].wav",
    "café — 日本語 — Ünïcode.wav",
    "100% %d %03d.wav",
    "file,list;a=b&c.wav",
    "no suffix",
    "strange.%s",
    "-i.wav",
    "n" * 250 + ".wav",
]
COLONS = ["http:talk.wav", "file:talk.wav", "concat:a.wav|b.wav", "pipe:0", "a\nb.wav"]


@pytest.mark.parametrize("name", NAMES + ([] if sys.platform == "win32" else COLONS))
def test_a_name_is_only_a_name(tmp_path, name):
    path = tmp_path / name
    (tmp_path / "plain.wav").write_bytes(b"")
    path.write_bytes(wav(tmp_path / "plain.wav", [8_000] * 4_800).read_bytes())

    assert len(sound(path)) == 1_600


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux allows such names")
def test_a_name_that_is_no_text_is_only_a_name(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.wav"))
    path.write_bytes(wav(tmp_path / "plain.wav", [8_000] * 4_800).read_bytes())

    assert len(sound(path)) == 1_600


# --- the file is given back ------------------------------------------------------------------------------------------


def held(path):
    return [file.path for file in psutil.Process().open_files() if Path(file.path) == path.resolve()]


def test_the_file_is_closed_when_the_last_block_is_out(tmp_path):
    path = simple(tmp_path / "talk.wav")
    blocks = decode(path)

    next(blocks)
    assert held(path)
    list(blocks)

    assert not held(path)


def test_the_file_is_closed_when_the_reader_stops_early(tmp_path):
    path = simple(tmp_path / "talk.m4a", "aac")

    with closing(decode(path)) as blocks:
        next(blocks)
        assert held(path)

    assert not held(path)


@pytest.mark.parametrize(("make", "error", "words"), BAD[:8], ids=[make.__name__ for make, *_ in BAD[:8]])
def test_the_file_is_closed_while_the_error_is_still_alive(tmp_path, make, error, words):
    path = make(tmp_path)

    try:
        sound(path)
    except TranscriberError as alive:
        assert not held(path)
        assert alive is not None
    else:
        pytest.fail("no error")


def test_listing_streams_leaves_the_file_closed(tmp_path):
    path = simple(tmp_path / "talk.wav")

    streams(path)

    assert not held(path)


def test_a_long_recording_is_never_in_memory_as_a_whole(tmp_path):
    minutes = 15
    path = wav(tmp_path / "long.wav", np.zeros(8_000 * 60 * minutes, "<i2"), 8_000)
    tracemalloc.start()

    with closing(decode(path)) as blocks:
        total = sum(len(block) for block in blocks)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert total == RATE * 60 * minutes
    assert peak_bytes < 5e6  # decoded, it has 58 MB


def test_half_an_hour_of_compressed_sound_takes_no_more_memory_than_its_first_minute(tmp_path):
    minute = write(tmp_path / "minute.mp3", Track(tones(RATE, seconds=60), RATE, "mp3"), options={"write_xing": "0"})
    path = tmp_path / "talk.mp3"
    path.write_bytes(minute.read_bytes() * 30)

    with closing(decode(path)) as blocks:
        first = _most_memory(islice(blocks, 60))
        rest = _most_memory(blocks)

    assert rest - first < 10e6  # decoded, it has 115 MB


def _most_memory(blocks):
    """Bytes of this whole process, FFmpeg's own included, while the blocks come."""
    process = psutil.Process()
    return max(process.memory_info().rss for _ in blocks)
