"""Each voice that has a track of its own is transcribed on its own, under its own name, and no voice twice."""

import numpy as np
import pytest
from make_media import Track, onsets, poly_wav, tones, write

from transcriber.errors import InvalidOptionError, MediaNotFoundError, UnreadableMediaError
from transcriber.media import Track as Found
from transcriber.media import decode, tracks
from transcriber.media.alike import PROBES

RATE = 16_000


def voice(*at, seconds=4.0, rate=48_000, level=0.5):
    """One channel, shape (1, count)."""
    return tones(rate, at=at, seconds=seconds, level=level)


def noise(seed, *, seconds=20, level=0.1):
    return np.random.default_rng(seed).normal(0, level, (1, seconds * RATE))


def beeps(channels):
    return tones(48_000, at=np.arange(0.5, 19, 0.4), seconds=20, channels=channels)


def wav(path, *channels, rate=RATE):
    return write(path, Track(np.concatenate(channels), rate, "pcm_s16le"))


def film(path, *sounds, codec="flac", **choices):
    return write(path, *(Track(sound, 48_000, codec) for sound in sounds), video=True, **choices)


def starts(path, track):
    return onsets(np.concatenate(list(decode(path, track.stream, track.channel))))


# --- which tracks there are ------------------------------------------------------------------------------------------


def test_one_track_has_no_speaker(tmp_path):
    path = film(tmp_path / "film.mkv", voice(1), voice(3))

    assert tracks(path) == (Found(0),)
    assert tracks(path, 1) == (Found(1),)


def test_each_stream_is_a_track_of_its_own(tmp_path):
    path = film(tmp_path / "film.mkv", voice(1), voice(2), voice(3))

    found = tracks(path, "all")

    assert [(track.stream, track.channel, track.name) for track in found] == [
        (0, None, "Track 1"),
        (1, None, "Track 2"),
        (2, None, "Track 3"),
    ]
    assert [starts(path, track) for track in found] == [pytest.approx([at], abs=0.003) for at in (1, 2, 3)]


def test_each_channel_is_a_track_of_its_own(tmp_path):
    path = wav(tmp_path / "talk.wav", noise(1), noise(2), noise(3))

    found = tracks(path, 0, "split")

    assert found == (Found(0, 0, "Track 1"), Found(0, 1, "Track 2"), Found(0, 2, "Track 3"))


def test_a_channel_on_its_own_is_heard_as_it_was_recorded(tmp_path):
    path = wav(tmp_path / "talk.wav", voice(1, level=0.9), voice(2, level=0.3), rate=48_000)

    second = np.concatenate(list(decode(path, 0, 1)))

    assert onsets(second) == pytest.approx([2], abs=0.001)
    assert np.abs(second).max() == pytest.approx(0.3, rel=0.05)


def test_channels_are_counted_over_all_streams_as_an_editor_shows_them(tmp_path):
    path = film(tmp_path / "film.mkv", np.concatenate([voice(1), voice(2)]), voice(3))

    found = tracks(path, "all", "split")

    assert found == (Found(0, 0, "Track 1"), Found(0, 1, "Track 2"), Found(1, None, "Track 3"))


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp4", "aac"), ("a.mkv", "flac"), ("a.mov", "pcm_s16le"), ("a.ts", "mp2")]
)
def test_a_track_that_starts_late_stays_late_beside_the_others(tmp_path, name, codec):
    path = write(
        tmp_path / name,
        Track(voice(1), 48_000, codec),
        Track(voice(1), 48_000, codec, lambda time: time + 2),
        video=True,
    )

    found = tracks(path, "all")

    assert [starts(path, track) for track in found] == [pytest.approx([at], abs=0.012) for at in (1, 3)]


def test_a_channel_that_is_missing_in_a_part_of_the_file_is_silent_there(tmp_path):
    path = write(tmp_path / "talk.ts", Track(np.concatenate([voice(1), voice(2)]), 48_000, "mp2"))
    mono = write(tmp_path / "mono.ts", Track(voice(1), 48_000, "mp2"))
    path.write_bytes(path.read_bytes() + mono.read_bytes() + path.read_bytes())

    second = np.concatenate(list(decode(path, 0, 1)))

    assert onsets(second) == pytest.approx([2, 10], abs=0.1)
    assert len(second) / RATE == pytest.approx(12, abs=0.1)


def test_all_of_one_stream_is_that_stream(tmp_path):
    path = wav(tmp_path / "talk.wav", noise(1))

    assert tracks(path, "all") == tracks(path, "all", "split") == tracks(path, 0, "split") == (Found(0),)


def test_a_stream_that_nothing_decodes_does_not_cost_the_others(tmp_path):
    path = film(tmp_path / "film.mkv", voice(1), voice(3))
    content = path.read_bytes()
    assert content.count(b"A_FLAC") == 2
    first = content.index(b"A_FLAC")
    path.write_bytes(content[:first] + b"A_WHAT" + content[first + 6 :])

    assert tracks(path, "all") == (Found(1),)


def test_a_file_of_which_nothing_can_be_decoded_says_so(tmp_path):
    path = film(tmp_path / "film.mkv", voice(1))
    path.write_bytes(path.read_bytes().replace(b"A_FLAC", b"A_WHAT"))

    with pytest.raises(UnreadableMediaError, match="nothing here decodes"):
        tracks(path, "all")


def test_what_is_not_there_is_said_at_once(tmp_path):
    path = wav(tmp_path / "talk.wav", noise(1), noise(2))

    with pytest.raises(MediaNotFoundError):
        tracks(tmp_path / "gone.wav", "all")
    with pytest.raises(InvalidOptionError, match=r"talk\.wav has 1 of them"):
        tracks(path, 1, "split")
    with pytest.raises(InvalidOptionError, match=r"talk\.wav has 2 of them"):
        next(decode(path, 0, 2))


# --- copies ----------------------------------------------------------------------------------------------------------


def test_two_equal_channels_are_one_track_without_a_speaker(tmp_path):
    path = wav(tmp_path / "mixdown.wav", noise(1), noise(1))

    assert tracks(path, 0, "split") == (Found(0),)


@pytest.mark.parametrize(
    ("name", "codec"), [("a.m4a", "aac"), ("a.mp3", "mp3"), ("a.ogg", "libopus"), ("a.ac3", "ac3"), ("a.mov", "aac")]
)
def test_equal_channels_stay_equal_through_a_codec(tmp_path, name, codec):
    path = write(tmp_path / name, Track(beeps(channels=2), 48_000, codec))

    assert tracks(path, 0, "split") == (Found(0),)


def test_a_quieter_copy_and_one_upside_down_are_copies(tmp_path):
    path = wav(tmp_path / "safety.wav", noise(1), 0.25 * noise(1), noise(2), -0.5 * noise(2))

    assert [(track.channel, track.name) for track in tracks(path, 0, "split")] == [(0, "Track 1"), (2, "Track 3")]


def test_a_copy_through_another_preamplifier_is_a_copy(tmp_path):
    path = wav(tmp_path / "talk.wav", noise(1) + noise(2, level=0.001), noise(1) + noise(3, level=0.001))

    assert tracks(path, 0, "split") == (Found(0),)


def test_microphones_that_hear_each_other_are_no_copies(tmp_path):
    path = wav(tmp_path / "talk.wav", noise(1) + 0.5 * noise(2), 0.5 * noise(1) + noise(2))

    assert len(tracks(path, 0, "split")) == 2


def test_a_track_on_which_the_other_one_is_heard_faintly_is_no_copy(tmp_path):
    path = wav(tmp_path / "talk.wav", noise(1), 0.01 * noise(1))

    assert len(tracks(path, 0, "split")) == 2


def test_crosstalk_between_two_who_speak_in_turn_makes_no_copy(tmp_path):
    turns = np.repeat([1.0, 0.2] * (PROBES // 2), 6 * RATE)  # whoever speaks does so all through a probe
    path = wav(tmp_path / "talk.wav", turns * noise(1, seconds=48), turns[::-1] * noise(1, seconds=48))

    assert len(tracks(path, 0, "split")) == 2


def test_a_loud_jingle_in_mono_does_not_decide_for_the_talk(tmp_path):
    jingle = noise(1, level=0.3)
    path = wav(
        tmp_path / "talk.wav", np.concatenate([jingle, noise(2)], axis=1), np.concatenate([jingle, noise(3)], axis=1)
    )

    assert len(tracks(path, 0, "split")) == 2


def test_silence_is_a_copy_of_nothing(tmp_path):
    silence = np.zeros((1, 20 * RATE))
    path = wav(tmp_path / "talk.wav", noise(1), silence, silence)

    assert len(tracks(path, 0, "split")) == 3


def test_streams_that_are_copies_are_one_track(tmp_path):
    path = film(tmp_path / "camera.mov", noise(1), noise(1), noise(2), codec="pcm_s16le")

    assert [track.stream for track in tracks(path, "all")] == [0, 2]


def test_streams_of_different_rates_are_compared_with_nothing(tmp_path):
    path = write(tmp_path / "film.mkv", Track(noise(1), 48_000, "flac"), Track(noise(1), 44_100, "flac"))

    assert len(tracks(path, "all")) == 2


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.webm", "libopus"),
        ("a.ts", "mp2"),
        ("a.aac", "aac"),
        ("a.ogg", "libopus"),
        ("a.flv", "aac"),
        ("a.wma", "wmav2"),
    ],
)
def test_copies_are_found_where_a_file_broke_off_and_can_hardly_be_jumped_in(tmp_path, name, codec):
    path = write(tmp_path / name, Track(beeps(channels=2), 48_000, codec))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 9 // 10])

    assert tracks(path, 0, "split") == (Found(0),)


def test_samples_that_are_no_numbers_make_no_trouble(tmp_path):
    poisoned = noise(1)
    poisoned[0, ::1000] = np.nan
    path = write(tmp_path / "talk.wav", Track(np.concatenate([poisoned, poisoned]), RATE, "pcm_f32le"))

    assert tracks(path, 0, "split") == (Found(0),)


# --- names -----------------------------------------------------------------------------------------------------------


def test_a_track_is_called_what_its_title_says(tmp_path):
    path = write(
        tmp_path / "film.mkv",
        Track(voice(1), 48_000, "flac", title="  Anna\n "),
        Track(np.concatenate([voice(2), voice(3)]), 48_000, "flac", title="Camera"),
    )

    assert [track.name for track in tracks(path, "all")] == ["Anna", "Camera"]
    assert [track.name for track in tracks(path, "all", "split")] == ["Anna", "Camera, channel 1", "Camera, channel 2"]


def test_two_tracks_of_one_name_are_told_apart(tmp_path):
    path = write(tmp_path / "film.mkv", *(Track(voice(at), 48_000, "flac", title="Lavalier") for at in (1, 2, 3)))

    assert [track.name for track in tracks(path, "all")] == ["Lavalier", "Lavalier (2)", "Lavalier (3)"]


def test_a_name_is_never_longer_than_a_line(tmp_path):
    path = write(tmp_path / "film.mkv", *(Track(voice(at), 48_000, "flac", title="n" * 500) for at in (1, 2)))

    assert max(len(track.name) for track in tracks(path, "all")) < 70


@pytest.mark.parametrize(
    ("handler", "name"),
    [
        ("Anna", "Anna"),
        ("SoundHandler", "Track 1"),
        ("Core Media Audio", "Track 1"),
        ("GPAC ISO Audio Handler", "Track 1"),
    ],
)
def test_a_handler_gives_the_name_unless_a_program_made_it_up(tmp_path, handler, name):
    path = write(
        tmp_path / "film.mov",
        Track(voice(1), 48_000, "aac", metadata={"handler_name": handler}),
        Track(voice(2), 48_000, "aac"),
    )

    assert tracks(path, "all")[0].name == name


def test_a_language_stands_behind_the_number(tmp_path):
    path = write(
        tmp_path / "film.mkv",
        Track(voice(1), 48_000, "flac", metadata={"language": "ger"}),
        Track(voice(2), 48_000, "flac"),
    )

    assert [track.name for track in tracks(path, "all")] == ["Track 1 (ger)", "Track 2"]


def test_a_field_recorder_names_its_channels(tmp_path):
    path = poly_wav(tmp_path / "T01.wav", np.concatenate([noise(1), noise(2), noise(3)]), ixml=["Boom", "Anna", ""])

    assert [track.name for track in tracks(path, 0, "split")] == ["Boom", "Anna", "Track 3"]


def test_two_copies_on_a_field_recorder_have_the_name_of_the_first(tmp_path):
    path = poly_wav(
        tmp_path / "T01.wav", np.concatenate([noise(1), 0.1 * noise(1), noise(2)]), ixml=["Boom", "Safety", "Anna"]
    )

    assert [(track.channel, track.name) for track in tracks(path, 0, "split")] == [(0, "Boom"), (2, "Anna")]


# --- the file is given back ------------------------------------------------------------------------------------------


def test_a_film_can_be_renamed_when_its_tracks_are_known(tmp_path, locks):
    path = film(tmp_path / "film.mkv", np.concatenate([voice(1), voice(2)]), voice(3))

    tracks(path, "all", "split")
    path.rename(tmp_path / "renamed.mkv")

    assert locks.violations == []


def test_a_recorders_file_can_be_renamed_when_its_names_are_known(tmp_path, locks):
    path = poly_wav(tmp_path / "T01.wav", np.concatenate([noise(1), noise(2)]), ixml=["Boom", "Anna"])

    tracks(path, 0, "split")
    path.rename(tmp_path / "T02.wav")

    assert locks.violations == []


def test_a_track_that_is_closed_early_lets_go_of_the_file_while_others_still_read_it(tmp_path, locks):
    path = film(tmp_path / "film.mkv", np.concatenate([noise(1), noise(2)]), noise(3))
    open_tracks = [decode(path, track.stream, track.channel) for track in tracks(path, "all", "split")]
    for blocks in open_tracks:
        next(blocks)

    for blocks in open_tracks[:-1]:
        blocks.close()
    with pytest.raises(PermissionError):
        path.unlink()
    open_tracks[-1].close()
    path.unlink()

    assert not path.exists()
    assert len(locks.violations) == (1 if locks.emulated else 0)


def test_an_error_leaves_no_track_open(tmp_path, locks):
    path = film(tmp_path / "film.mkv", voice(1), voice(3))

    with pytest.raises(InvalidOptionError) as alive:
        list(decode(path, 1, 7))
    path.unlink()

    assert alive.value.args
    assert locks.violations == []
