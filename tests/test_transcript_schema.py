"""Our own JSON, held against the schema that we publish for it."""

import json
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from interview import handed_over
from jsonschema import Draft202012Validator
from said import transcripts
from test_formats import hostile_transcripts

import transcriber.export
from transcriber.export import find, transcript_json
from transcriber.transcript import ReadingKind

SCHEMA = json.loads(Path(transcriber.export.__file__).with_name("transcript.schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def document() -> dict:
    return json.loads(find("json").text(handed_over()))


@settings(deadline=None, max_examples=60)
@given(transcripts())
def test_what_we_write_is_what_we_publish(said):
    VALIDATOR.validate(json.loads(find("json").text(handed_over(said))))


@settings(deadline=None, max_examples=60)
@given(hostile_transcripts())
def test_it_is_whatever_was_said_and_gives_it_back(said):
    written = find("json").text(handed_over(said))

    VALIDATOR.validate(json.loads(written))
    assert [part.text for part in transcript_json.parse(written).segments] == [part.text for part in said.segments]


def test_all_that_a_transcript_can_hold_is_published():
    made = document()

    VALIDATOR.validate(made)
    assert set(made) <= set(SCHEMA["properties"])
    for part in made["segments"]:
        assert set(part) == {"start", "end", *SCHEMA["$defs"]["segment"]["properties"]}
        for word in part["words"]:
            assert set(word) <= {"start", "end", *SCHEMA["$defs"]["word"]["properties"]}


def test_the_schema_names_what_the_code_names():
    Draft202012Validator.check_schema(SCHEMA)

    assert SCHEMA["properties"]["schema"]["const"] == transcript_json.SCHEMA
    assert SCHEMA["properties"]["timing"]["enum"] == list(transcript_json._TRANSCRIPT_TIMINGS)
    assert SCHEMA["$defs"]["word"]["properties"]["timing"]["enum"] == list(transcript_json._WORD_TIMINGS)
    reading = SCHEMA["$defs"]["word"]["properties"]["reading"]["properties"]
    assert reading["kind"]["enum"] == list(get_args(ReadingKind))


@pytest.mark.parametrize(
    ("key", "value"), [("schema", "other/1"), ("duration", -1), ("segments", {}), ("dropped_words", 0), ("model", None)]
)
def test_what_we_refuse_to_read_the_schema_refuses(key, value):
    assert not VALIDATOR.is_valid(document() | {key: value})
