"""What headers say of frames, timecode and sound is read exactly, from every kind of file an editor is given."""

import struct
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from make_media import Picture, Track, chunk, film, ixml, onsets, poly_wav, tones, write
from timecode import Timecode

from transcriber import media
from transcriber.errors import MediaError, NoAudioError
from transcriber.media import footage
from transcriber.timecode import FrameRate

FILM = Fraction(24000, 1001)
NTSC = Fraction(30000, 1001)
NTSC_FAST = Fraction(60000, 1001)
RATES = (FILM, Fraction(24), Fraction(25), NTSC, Fraction(30), Fraction(50), NTSC_FAST, Fraction(60))

SOUND = Track(tones(48_000, at=(1.0,), seconds=2), 48_000, "pcm_s16le")
PACKED = Track(tones(48_000, at=(1.0,), seconds=2), 48_000, "mp2")


def sound_for(suffix):
    return PACKED if suffix in (".ts", ".mkv", ".mp4") else SOUND


# --- pictures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", RATES, ids=str)
@pytest.mark.parametrize("suffix", [".mov", ".mp4", ".mkv", ".avi", ".mxf", ".ts"])
def test_the_frame_rate_is_exact(tmp_path, suffix, rate):
    path = film(tmp_path / f"film{suffix}", Picture(rate, frames=60), sound_for(suffix))

    assert footage(path).rate == FrameRate(rate)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_phone_that_leaves_out_frames_in_the_dark_filmed_at_its_nominal_rate(tmp_path, suffix):
    missing = (30, 60, 61, 100)
    picture = Picture(
        Fraction(30), frames=200, stamp=lambda time: time + Fraction(sum(30 * time > each for each in missing), 30)
    )

    path = film(tmp_path / f"phone{suffix}", picture, PACKED)

    assert footage(path).rate == FrameRate(Fraction(30))


def test_frames_that_come_unevenly_have_the_usual_rate_nearest_to_their_average(tmp_path):
    picture = Picture(
        Fraction(25), frames=200, stamp=lambda time: float(time) + float(np.sin(float(time) * 77)) * 0.012
    )

    path = film(tmp_path / "uneven.mp4", picture, PACKED)

    assert footage(path).rate == FrameRate(Fraction(25))


def test_a_rate_that_no_timeline_has_stays_what_it_is(tmp_path):
    path = film(tmp_path / "screen.mp4", Picture(Fraction(27, 2)), PACKED)

    assert footage(path).rate == FrameRate(Fraction(27, 2))


@pytest.mark.parametrize(
    ("suffix", "picture", "shown"),
    [
        (".mp4", Picture(size=(64, 48)), (64, 48)),
        (".mp4", Picture(size=(64, 48), turned=90), (48, 64)),
        (".mov", Picture(size=(64, 48), turned=-90), (48, 64)),
        (".mov", Picture(size=(64, 48), turned=180), (64, 48)),
        (".mkv", Picture(size=(72, 54), aspect=Fraction(4, 3)), (96, 54)),
        (".mov", Picture(size=(72, 54), aspect=Fraction(4, 3), turned=90), (54, 96)),
    ],
)
def test_the_size_is_that_on_screen(tmp_path, suffix, picture, shown):
    path = film(tmp_path / f"film{suffix}", picture, PACKED)

    assert footage(path).size == shown


def jpeg():
    codec = av.CodecContext.create("mjpeg", "w")
    codec.width, codec.height, codec.pix_fmt, codec.time_base = 64, 48, "yuvj420p", Fraction(1)
    return b"".join(map(bytes, codec.encode(av.VideoFrame(64, 48, "yuvj420p"))))


def atom(name, *content):
    return struct.pack(">I4s", 8 + sum(map(len, content)), name) + b"".join(content)


def an_m4a_with_a_cover(folder):
    path = write(folder / "song.m4a", Track(tones(48_000), 48_000, "aac"))
    content = path.read_bytes()
    begin = content.rindex(b"moov") - 4
    cover = atom(b"ilst", atom(b"covr", atom(b"data", struct.pack(">II", 13, 0), jpeg())))
    kind = atom(b"hdlr", bytes(8), b"mdirappl", bytes(9))
    film = atom(b"moov", content[begin + 8 :], atom(b"udta", atom(b"meta", bytes(4), kind, cover)))
    path.write_bytes(content[:begin] + film)
    return path


def an_mp3_with_a_cover(folder):
    path = write(folder / "song.mp3", Track(tones(48_000), 48_000, "libmp3lame"))
    picture = b"\0image/jpeg\0\3\0" + jpeg()
    frame = struct.pack(">4sIH", b"APIC", len(picture), 0) + picture
    size = bytes(len(frame) >> shift & 127 for shift in (21, 14, 7, 0))
    path.write_bytes(b"ID3\3\0\0" + size + frame + path.read_bytes())
    return path


@pytest.mark.parametrize("song", [an_m4a_with_a_cover, an_mp3_with_a_cover])
def test_the_picture_on_the_cover_of_a_song_is_no_film(tmp_path, song):
    path = song(tmp_path)
    with av.open(str(path)) as container:
        assert container.streams.video

    found = footage(path)

    assert (found.rate, found.size, found.start, found.picture_start) == (None, None, None, 0.0)


# --- time ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".mov", ".mp4", ".mkv", ".ts"])
def test_a_picture_that_starts_late_does_so_on_the_timeline_of_the_words(tmp_path, suffix):
    path = film(tmp_path / f"film{suffix}", Picture(stamp=lambda time: time + Fraction(12, 25)), sound_for(suffix))

    sound = next(iter(onsets(np.concatenate(list(media.decode(path))))))
    found = footage(path)

    assert found.picture_start == pytest.approx(sound - 1.0 + 0.48, abs=0.003)


@pytest.mark.parametrize("suffix", [".mov", ".mkv"])
def test_sound_that_starts_late_moves_neither_picture_nor_timecode(tmp_path, suffix):
    late = Track(SOUND.samples, SOUND.rate, SOUND.codec, stamp=lambda time: time + 0.5)
    path = film(tmp_path / f"film{suffix}", Picture(timecode="10:00:00:00"), late)

    found = footage(path)

    assert onsets(np.concatenate(list(media.decode(path)))) == [pytest.approx(1.5, abs=0.003)]
    assert (found.picture_start, found.start) == (0.0, 36000)
    assert found.duration == pytest.approx(2.5, abs=0.003)


@pytest.mark.parametrize("suffix", [".mov", ".mp4", ".mkv", ".ts", ".avi"])
def test_the_duration_is_that_of_whatever_ends_last(tmp_path, suffix):
    path = film(tmp_path / f"film{suffix}", Picture(frames=75), sound_for(suffix))

    assert footage(path).duration == pytest.approx(3.0, abs=0.05)


# --- timecode in films -----------------------------------------------------------------------------------------------

COUNTED = [
    (FILM, "10:00:00:02"),
    (Fraction(24), "23:59:59:23"),
    (Fraction(25), "01:00:00:00"),
    (NTSC, "10:00:00:02"),
    (NTSC, "10:00:00;02"),
    (NTSC_FAST, "01:01:00;04"),
    (Fraction(50), "10:00:00:49"),
]


@pytest.mark.parametrize(("rate", "text"), COUNTED)
@pytest.mark.parametrize("suffix", [".mov", ".mp4", ".mkv", ".avi", ".mxf"])
def test_the_timecode_of_a_film_is_read_to_the_frame(tmp_path, suffix, rate, text):
    path = film(tmp_path / f"film{suffix}", Picture(rate, frames=60, timecode=text), sound_for(suffix))

    found = footage(path)

    assert found.start == (Timecode(rate, text, force_non_drop_frame=";" not in text).frames - 1) / rate
    assert found.rate == FrameRate(rate, drop=";" in text)
    assert found.rate.timecode(round(found.start * rate)) == text


def test_a_tag_names_the_first_frame_even_where_that_comes_late(tmp_path):
    late = Picture(timecode="00:00:00:00", stamp=lambda time: time + Fraction(12, 25))

    found = footage(film(tmp_path / "film.mkv", late, PACKED))

    assert found.start == Fraction(-12, 25)
    assert found.start + Fraction(found.picture_start).limit_denominator(1000) == 0


def counted_at_half_the_rate(path):
    """The timecode track of a film at 50 frames a second as cameras write it that count to 25."""
    content = bytearray(path.read_bytes())
    entry = content.index(b"tmcd", content.index(b"stsd", content.index(b"TimeCodeHandler"))) - 4
    timescale, duration = struct.unpack_from(">II", content, entry + 24)
    struct.pack_into(">IIB", content, entry + 24, timescale, duration * 2, 25)
    path.write_bytes(content)
    return path


def test_a_fast_film_may_count_its_frames_in_pairs(tmp_path):
    path = counted_at_half_the_rate(film(tmp_path / "film.mov", Picture(Fraction(50), timecode="00:00:01:00"), SOUND))

    found = footage(path)

    assert (found.rate, found.start) == (FrameRate(Fraction(50)), 2)  # the 50th frame of 25 a second


def test_the_sound_of_a_film_keeps_its_timecode_without_the_picture(tmp_path):
    path = film(tmp_path / "film.mov", Picture(timecode="10:00:00:12"), SOUND)
    path.write_bytes(path.read_bytes().replace(b"trak", b"free", 1))  # the first track is the picture

    found = footage(path)

    assert found.size is None
    assert (found.start, found.rate) == (Fraction(36000 * 25 + 12, 25), FrameRate(Fraction(25)))


@pytest.mark.parametrize(
    "text", ["99:99:99:99", "10:00:00:25", "24:00:00:00", "yesterday", "1" * 500, "10:00:00:1\u0664"]
)
def test_a_timecode_that_cannot_be_is_left_out(tmp_path, text):
    path = film(tmp_path / "film.mkv", Picture(timecode=text), PACKED)

    found = footage(path)

    assert (found.start, found.rate) == (None, FrameRate(Fraction(25)))


def test_numbers_are_not_dropped_at_a_rate_that_drops_none(tmp_path):
    found = footage(film(tmp_path / "film.mkv", Picture(timecode="01:00:00;00"), PACKED))

    assert (found.start, found.rate) == (3600, FrameRate(Fraction(25)))


# --- timecode in sound -----------------------------------------------------------------------------------------------

TWO = np.zeros((2, 4800))


def bext(samples, description=b""):
    return chunk(b"bext", description.ljust(338, b"\0") + struct.pack("<Q", samples) + bytes(256))


def notes(speed):
    return chunk(b"iXML", f"<BWFXML><SPEED>{speed}</SPEED></BWFXML>".encode())


def recorded(path, *chunks, rate=48_000, **settings):
    return poly_wav(path, TWO, chunks=chunks, rate=rate, **settings)


@pytest.mark.parametrize("container", [b"RIFF", b"RF64", b"BW64"])
@pytest.mark.parametrize("samples", [1, 48_000 * 36_000 + 7, 192_000 * 86_399])
def test_the_time_of_a_recorder_is_exact_to_the_sample(tmp_path, container, samples):
    rate = 192_000 if samples > 2**33 else 48_000
    path = recorded(tmp_path / "take.wav", bext(samples), rate=rate, container=container)

    found = footage(path)

    assert found.start == Fraction(samples, rate)
    assert (found.sample_rate, found.channels, found.rate) == (rate, 2, None)


@pytest.mark.parametrize(
    ("speed", "rate"),
    [
        ("<TIMECODE_RATE>30000/1001</TIMECODE_RATE><TIMECODE_FLAG>DF</TIMECODE_FLAG>", FrameRate(NTSC, drop=True)),
        ("<TIMECODE_RATE>30000/1001</TIMECODE_RATE><TIMECODE_FLAG>NDF</TIMECODE_FLAG>", FrameRate(NTSC)),
        ("<TIMECODE_RATE>24000/1001</TIMECODE_RATE><TIMECODE_FLAG>NDF</TIMECODE_FLAG>", FrameRate(FILM)),
        ("<TIMECODE_RATE>25/1</TIMECODE_RATE>", FrameRate(Fraction(25))),
        ("<TIMECODE_RATE>30/1</TIMECODE_RATE><TIMECODE_FLAG>DF</TIMECODE_FLAG>", FrameRate(Fraction(30))),
        ("<TIMECODE_RATE>0/0</TIMECODE_RATE>", None),
        ("<TIMECODE_RATE>soon</TIMECODE_RATE><TIMECODE_FLAG>DF</TIMECODE_FLAG>", None),
        ("", None),
    ],
)
def test_a_recorder_writes_at_which_rate_its_timecode_ran(tmp_path, speed, rate):
    path = recorded(tmp_path / "take.wav", bext(48_000 * 3600), notes(speed))

    found = footage(path)

    assert (found.start, found.rate, found.size) == (3600, rate, None)


@pytest.mark.parametrize(
    ("line", "rate"),
    [
        (b"sSPEED=029.970-DF\r\n", FrameRate(NTSC, drop=True)),
        (b"sTAKE=3\r\nzSPEED=023.976-ND\r\n", FrameRate(FILM)),
        (b"SPEED=25", FrameRate(Fraction(25))),
        (b"SPEED=1/0", None),
    ],
)
def test_older_recorders_write_the_rate_into_the_description(tmp_path, line, rate):
    assert footage(recorded(tmp_path / "take.wav", bext(1, line))).rate == rate


@pytest.mark.parametrize("before", [[], [bext(0)], [chunk(b"bext", b"short")]])
def test_without_a_time_reference_the_one_in_ixml_counts(tmp_path, before):
    samples = 48_048 * 80_000
    speed = (
        f"<TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI>{samples >> 32}</TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI>"
        f"<TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO>{samples % 2**32}</TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO>"
        "<TIMESTAMP_SAMPLE_RATE>48048</TIMESTAMP_SAMPLE_RATE>"
    )

    assert footage(recorded(tmp_path / "take.wav", *before, notes(speed))).start == 80_000


def test_a_time_after_midnight_of_the_next_day_is_left_out(tmp_path):
    assert footage(recorded(tmp_path / "take.wav", bext(2**63))).start is None


def test_a_plain_recording_has_neither_timecode_nor_rate(tmp_path):
    found = footage(recorded(tmp_path / "take.wav"))

    assert (found.start, found.rate, found.size, found.track_names) == (None, None, None, ())
    assert found.duration == pytest.approx(0.1)


def test_each_channel_has_the_name_that_was_written_for_it(tmp_path):
    path = poly_wav(tmp_path / "take.wav", np.zeros((3, 100)), chunks=[chunk(b"iXML", ixml(["Boom", "", "Anna"]))])

    assert footage(path).track_names == ("Boom", "", "Anna")


# --- damage ----------------------------------------------------------------------------------------------------------


def test_a_film_without_sound_is_no_recording(tmp_path):
    with pytest.raises(NoAudioError):
        footage(film(tmp_path / "silent.mov", Picture()))


@pytest.fixture(scope="module")
def healthy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("healthy")
    return [
        film(folder / "film.mov", Picture(NTSC, frames=5, timecode="10:00:00;02", turned=90), SOUND),
        film(folder / "film.mkv", Picture(timecode="10:00:00:02", frames=5), PACKED),
        recorded(folder / "take.wav", bext(48_000 * 36_000), notes("<TIMECODE_RATE>25/1</TIMECODE_RATE>")),
    ]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.integers(0, 2), some.lists(some.tuples(some.floats(0, 1), some.integers(0, 255)), min_size=1, max_size=12))
def test_damage_is_told_in_our_words_or_not_at_all(healthy, tmp_path, number, damage):
    content = bytearray(healthy[number].read_bytes())
    header = [place for name in (b"moov", b"Segment", b"RIFF") if (place := content.find(name)) >= 0]
    for where, value in damage:
        begin = header[-1] if header else 0
        content[begin + round(where * (min(len(content) - begin, 4000) - 1))] = value
    path = tmp_path / healthy[number].name
    path.write_bytes(content)

    try:
        found = footage(path)
    except MediaError:
        return

    assert found.duration >= 0
    assert found.start is None or abs(found.start) <= 2 * 86_400
