"""The atoms of a .mov are read as the specification lays them out, and damaged ones say nothing."""

import struct
from fractions import Fraction

import pytest

from transcriber.media.quicktime import MOST_ATOMS, Header, Timecode, header

UPRIGHT = (1, 0, 0, 0, 1, 0, 0, 0, 1)
SIDEWAYS = (0, 1, 0, -1, 0, 0, 0, 0, 1)


def atom(name, *content):
    return struct.pack(">I4s", 8 + sum(map(len, content)), name) + b"".join(content)


def long_atom(name, *content):
    """With its size in 64 bits."""
    return struct.pack(">I4sQ", 1, name, 16 + sum(map(len, content))) + b"".join(content)


def handler(kind):
    return atom(b"hdlr", bytes(8), kind, bytes(13))


def picture(matrix=UPRIGHT, version=0):
    times = bytes(32 if version else 20)
    content = bytes([version, 0, 0, 0]) + times + bytes(16) + struct.pack(">9i", *(65536 * each for each in matrix))
    return atom(b"trak", atom(b"tkhd", content, bytes(8)), atom(b"mdia", handler(b"vide")))


def timecode(place, *, flags=0, timescale=30000, duration=1001, wide=False):
    entry = struct.pack(">I4s6xHIIIIBx", 34, b"tmcd", 1, 0, flags, timescale, duration, 30)
    offsets = (
        atom(b"co64", struct.pack(">IIQ", 0, 1, place)) if wide else atom(b"stco", struct.pack(">III", 0, 1, place))
    )
    table = atom(b"stbl", atom(b"stsd", struct.pack(">II", 0, 1), entry), offsets)
    return atom(b"trak", atom(b"mdia", handler(b"tmcd"), atom(b"minf", table)))


def stored(path, *tracks, first=b"", film=atom):
    """A file with a frame number right at its beginning, at byte 8."""
    path.write_bytes(atom(b"mdat", first) + film(b"moov", *tracks))
    return path


FRAME = struct.pack(">i", 1_078_922)


@pytest.mark.parametrize("film", [atom, long_atom])
@pytest.mark.parametrize("wide", [False, True])
def test_the_first_frame_is_a_number_at_a_rate(tmp_path, wide, film):
    path = stored(tmp_path / "a.mov", picture(), timecode(8, wide=wide, flags=1), first=FRAME, film=film)

    assert header(path) == Header(sideways=False, timecode=Timecode(1_078_922, Fraction(30000, 1001), drop=True))


def test_the_last_atom_may_reach_to_the_end_of_the_file(tmp_path):
    path = stored(tmp_path / "a.mov", picture(SIDEWAYS))
    content = path.read_bytes()
    path.write_bytes(content[:8] + struct.pack(">I", 0) + content[12:])

    assert header(path).sideways


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize(
    ("matrix", "sideways"), [(UPRIGHT, False), (SIDEWAYS, True), ((-1, 0, 0, 0, -1, 0, 0, 0, 1), False)]
)
def test_a_matrix_that_swaps_across_and_down_turns_the_picture(tmp_path, matrix, sideways, version):
    assert header(stored(tmp_path / "a.mov", picture(matrix, version))).sideways is sideways


@pytest.mark.parametrize(
    "track",
    [
        pytest.param(timecode(8, flags=8), id="a counter"),
        pytest.param(timecode(8, timescale=0), id="no timescale"),
        pytest.param(timecode(8, duration=0), id="no duration"),
        pytest.param(timecode(10**6), id="past the end"),
        pytest.param(timecode(2**64 - 1, wide=True), id="far past the end"),
        pytest.param(timecode(8).replace(b"stco", b"free"), id="nowhere"),
        pytest.param(timecode(8).replace(b"stbl", b"free"), id="no table"),
        pytest.param(timecode(8).replace(b"tmcd\0\0\0\0", b"text\0\0\0\0"), id="a text"),
        pytest.param(timecode(8)[:90], id="cut off"),
    ],
)
def test_what_is_no_timecode_says_nothing(tmp_path, track):
    assert header(stored(tmp_path / "a.mov", picture(SIDEWAYS), track, first=FRAME)) == Header(sideways=True)


def test_the_first_timecode_that_makes_sense_counts(tmp_path):
    path = stored(tmp_path / "a.mov", timecode(8, flags=8), timecode(8, duration=1000), first=FRAME)

    assert header(path).timecode == Timecode(1_078_922, Fraction(30), drop=False)


@pytest.mark.parametrize(
    "track", [picture(SIDEWAYS).replace(b"tkhd", b"free"), picture(SIDEWAYS).replace(b"vide", b"text")]
)
def test_without_a_matrix_of_the_picture_it_is_upright(tmp_path, track):
    assert header(stored(tmp_path / "a.mov", track)) == Header()


def test_a_matrix_that_is_cut_off_turns_nothing(tmp_path):
    track = atom(b"trak", atom(b"tkhd", bytes(20)), atom(b"mdia", handler(b"vide")))

    assert header(stored(tmp_path / "a.mov", track)) == Header()


@pytest.mark.parametrize(
    "content", [b"", b"\0\0\0\7moov", b"\0\0\0\1moov", b"\0\0\0\1moov" + bytes(8), b"\0\0\1\0moov"]
)
def test_what_is_no_film_says_nothing(tmp_path, content):
    path = tmp_path / "a.mov"
    path.write_bytes(content)

    assert header(path) == Header()


def test_a_file_that_is_gone_says_nothing(tmp_path):
    assert header(tmp_path / "gone.mov") == Header()


def test_atoms_without_end_are_given_up(tmp_path):
    assert not header(stored(tmp_path / "a.mov", *[atom(b"free")] * MOST_ATOMS, picture(SIDEWAYS))).sideways
