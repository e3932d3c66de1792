"""Transcripts for Premiere Pro, held against Adobe's schema by jsonschema."""

import json
import uuid
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from interview import FILM, INTERVIEW, handed_over
from jsonschema import Draft7Validator
from said import segment, transcript, transcripts
from test_formats import hostile_transcripts

from transcriber.export import find
from transcriber.export.handover import Handover
from transcriber.export.premiere_json import LANGUAGES, language_of
from transcriber.transcript import Segment, Word

SCHEMA = Draft7Validator(json.loads((Path(__file__).parent / "adobe_transcript.schema.json").read_text("utf-8")))

MISSING = ("bg", "hr", "cs", "et", "fi", "el", "hu", "lv", "lt", "mt", "ro", "sk", "sl", "uk")
"""Languages that Parakeet knows and Adobe does not."""


def document(handover: Handover) -> dict:
    return json.loads(find("premiere").text(handover))


def words(handover: Handover) -> list[dict]:
    return [word for part in document(handover)["segments"] for word in part["words"]]


SPOKEN = document(handed_over())["segments"]
"""For recordings in which nobody spoke: the schema wants a segment, and there is none to give."""


def test_the_schema_itself_is_one_and_refuses_what_is_no_transcript():
    Draft7Validator.check_schema(SCHEMA.schema)

    assert not SCHEMA.is_valid({"language": "en", "segments": [], "speakers": []})
    assert not SCHEMA.is_valid(document(handed_over()) | {"version": 1})


@settings(deadline=None, max_examples=60)
@given(transcripts())
def test_premiere_is_given_what_its_schema_asks_for(said):
    made = document(handed_over(said))

    SCHEMA.validate(made if made["segments"] else made | {"segments": SPOKEN})


@settings(deadline=None, max_examples=60)
@given(hostile_transcripts())
def test_premiere_is_given_it_whatever_was_said_and_by_whom(said):
    made = document(handed_over(said))

    SCHEMA.validate(made if made["segments"] else made | {"segments": SPOKEN})


def test_every_word_has_its_time_in_the_file_whatever_the_time_base():
    timed = [(word["text"], word["start"], round(word["start"] + word["duration"], 3)) for word in words(handed_over())]

    assert timed[:12] == [(word.text, word.start, word.end) for word in INTERVIEW.words]
    assert words(handed_over()) == words(handed_over(base="file")) == words(handed_over(base="own"))


def test_words_without_times_have_their_part_of_the_segments():
    untimed = document(handed_over())["segments"][-1]

    assert " ".join(word["text"] for word in untimed["words"]) == "{\\an8}Untimed ]]> words --> here | there now."
    assert (untimed["start"], untimed["duration"]) == (65.0, 4.0)


def test_sentences_end_where_they_do_and_punctuation_alone_is_no_word():
    kinds = {word["text"]: (word["type"], word["eos"]) for word in words(handed_over())}

    assert kinds["it?"] == ("word", True)
    assert kinds["לך,"] == ("word", False)
    assert kinds["—"] == ("punctuation", False)
    assert kinds["now."] == ("word", True)


@pytest.mark.parametrize("text", ["Yes.", "Really?!", "“Yes.”", "はい。", "सच।", "نعم؟", "Well…", "(Go!)"])
def test_a_sentence_ends_in_every_script(text):
    said = transcript(Segment(text, 0.0, 1.0, (Word(text, 0.0, 1.0),)))

    assert words(handed_over(said))[0]["eos"]


def test_what_no_model_said_about_its_certainty_is_not_marked_as_doubtful():
    confidences = {word["text"]: word["confidence"] for word in words(handed_over())}

    assert confidences["So"] == 0.97
    assert confidences["—"] == 1.0


def test_a_speaker_has_one_id_in_every_export_and_another_in_another_film():
    first, again = (document(handed_over())["speakers"] for _ in range(2))
    elsewhere = document(handed_over(film=replace(FILM, path=PurePosixPath("/other.mov"))))["speakers"]

    assert first == again
    assert [speaker["name"] for speaker in first] == ["Anna", "דנה", "Speaker 1"]
    assert {speaker["id"] for speaker in first}.isdisjoint(speaker["id"] for speaker in elsewhere)
    assert all(uuid.UUID(speaker["id"]).version == 4 for speaker in first)


def test_a_segment_in_which_the_speaker_changes_is_one_for_each():
    spoken = (Word("Yes?", 0.0, 0.5, speaker="A"), Word("No.", 0.6, 1.0, speaker="B"))

    made = document(handed_over(transcript(Segment("Yes? No.", 0.0, 1.0, spoken))))

    assert [part["words"][0]["text"] for part in made["segments"]] == ["Yes?", "No."]
    assert [speaker["name"] for speaker in made["speakers"]] == ["A", "B"]


@pytest.mark.parametrize(
    ("code", "adobes"),
    [("en", "en-us"), ("en-GB", "en-gb"), ("de", "de-de"), ("zh_TW", "cmn-hant"), ("sv", "sv-se"), ("pt", "pt-br"),
     ("nl-BE", "nl-nl"), ("no", "nb-no"), ("ja", "ja-jp"), ("ru", "ru-ru"), ("pl", "pl-pl"), ("da", "da-dk"),
     *((code, "??-??") for code in MISSING), (None, "??-??"), ("", "??-??"),
     ("-", "??-??"), ("??-??", "??-??"), ("cmn", "cmn-hans"), ("fil", "fil-ph")],
)  # fmt: skip
def test_languages_have_adobes_names_or_its_name_for_others(code, adobes):
    assert language_of(code) == adobes


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_adobes_own_names_stay_as_they_are(code):
    assert language_of(code) == code


def test_a_silent_recording_still_names_a_speaker():
    made = document(handed_over(transcript()))

    assert made["segments"] == []
    assert [speaker["name"] for speaker in made["speakers"]] == ["Speaker 1"]


def test_a_segment_of_nothing_is_left_out():
    made = document(handed_over(transcript(Segment(" \n ", 0.0, 1.0), segment("Yes.", 2.0))))

    assert [len(part["words"]) for part in made["segments"]] == [1]
