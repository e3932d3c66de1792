"""Names are read from real and from damaged recorder files alike; nothing in them can do harm."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from make_media import chunk, ixml, poly_wav

from transcriber.media.broadcast_wave import LONGEST_CHUNK
from transcriber.media.field_recorder import channel_names

TWO = np.zeros((2, 100))


def with_ixml(path, text):
    content = text if isinstance(text, bytes) else text.encode("utf-8")
    return poly_wav(path, TWO, chunks=[chunk(b"iXML", content)])


def test_names_come_from_ixml(tmp_path):
    assert channel_names(poly_wav(tmp_path / "a.wav", TWO, ixml=["Boom", "Änna"])) == {0: "Boom", 1: "Änna"}


def test_names_come_from_behind_the_samples_too(tmp_path):
    path = poly_wav(tmp_path / "a.wav", TWO, after=[chunk(b"LIST", b"odd"), chunk(b"iXML", ixml(["Boom", "Anna"]))])

    assert channel_names(path) == {0: "Boom", 1: "Anna"}


def test_the_place_in_the_file_counts_and_not_the_input_of_the_recorder(tmp_path):
    text = (
        "<BWFXML><TRACK_LIST>"
        "<TRACK><CHANNEL_INDEX>5</CHANNEL_INDEX><INTERLEAVE_INDEX>2</INTERLEAVE_INDEX><NAME>Anna</NAME></TRACK>"
        "<TRACK><CHANNEL_INDEX>3</CHANNEL_INDEX><INTERLEAVE_INDEX>1</INTERLEAVE_INDEX><NAME>Boom</NAME></TRACK>"
        "</TRACK_LIST></BWFXML>"
    )

    assert channel_names(with_ixml(tmp_path / "a.wav", text)) == {0: "Boom", 1: "Anna"}


@pytest.mark.parametrize("container", [b"RIFF", b"RF64", b"BW64"])
def test_names_come_from_files_past_four_gigabytes(tmp_path, container):
    path = poly_wav(tmp_path / "a.wav", TWO, after=[chunk(b"iXML", ixml(["Boom", "Anna"]))], container=container)

    assert channel_names(path) == {0: "Boom", 1: "Anna"}


def test_names_come_from_the_lines_of_a_description(tmp_path):
    description = b"sSPEED=025.000-ND\r\nsTAKE=03\r\nsTRK3=Boom\r\nsTRK5= Anna  B \r\nsNOTE=\r\n"
    path = poly_wav(tmp_path / "a.wav", TWO, chunks=[chunk(b"bext", description.ljust(602, b"\0"))])

    assert channel_names(path) == {0: "Boom", 1: "Anna B"}


def test_ixml_is_believed_before_the_description(tmp_path):
    path = poly_wav(
        tmp_path / "a.wav", TWO, ixml=["Boom", ""], chunks=[chunk(b"bext", b"sTRK1=One\r\nsTRK2=Two".ljust(602, b"\0"))]
    )

    assert channel_names(path) == {0: "Boom"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<BWFXML><TRACK_LIST>",
        "no xml",
        "<BWFXML/>",
        "<BWFXML><TRACK_LIST><TRACK/></TRACK_LIST></BWFXML>",
        '<!DOCTYPE x [<!ENTITY a "Boom">]><BWFXML><TRACK_LIST><TRACK><NAME>&a;</NAME></TRACK></TRACK_LIST></BWFXML>',
        b"\xff\xfe<\0B\0",
        b"\0" * 100,
        "<BWFXML>" + "<a>" * 100_000,
    ],
    ids=lambda text: repr(text)[:30],
)
def test_a_list_that_makes_no_sense_gives_no_names(tmp_path, text):
    assert channel_names(with_ixml(tmp_path / "a.wav", text)) == {}


def test_a_list_of_entities_costs_neither_time_nor_memory(tmp_path):
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 20))
    text = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">{laughs}]><BWFXML>&a19;</BWFXML>'

    assert channel_names(with_ixml(tmp_path / "a.wav", text)) == {}


def test_a_list_of_absurd_size_is_not_read(tmp_path):
    text = ixml(["Boom", "Anna"]) + b" " * LONGEST_CHUNK

    assert channel_names(with_ixml(tmp_path / "a.wav", text)) == {}


def test_other_files_and_missing_ones_have_no_names(tmp_path):
    (tmp_path / "talk.mp3").write_bytes(b"ID3" + b"\0" * 100)

    assert channel_names(tmp_path / "talk.mp3") == {}
    assert channel_names(tmp_path / "gone.wav") == {}


@given(damage=some.binary(min_size=1, max_size=40), at=some.integers(0, 400))
def test_damage_anywhere_gives_fewer_names_and_no_failure(tmp_path_factory, damage, at):
    path = poly_wav(tmp_path_factory.mktemp("damaged") / "a.wav", TWO, ixml=["Boom", "Anna"])
    content = bytearray(path.read_bytes())
    content[at : at + len(damage)] = damage
    path.write_bytes(content)

    assert set(channel_names(path)) <= set(range(1000))


def test_chunks_without_end_are_given_up(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF\0\0\0\0WAVE" + struct.pack("<4sI", b"junk", 0) * 5_000 + chunk(b"iXML", ixml(["Boom"])))

    assert channel_names(path) == {}
