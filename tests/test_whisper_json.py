"""Whisper's JSON, held against the shape that OpenAI documents for `verbose_json`."""

import json

import pytest
from hypothesis import given, settings
from interview import INTERVIEW, handed_over
from jsonschema import Draft202012Validator
from said import transcripts
from test_formats import hostile_transcripts

from transcriber.export import find
from transcriber.export.handover import Handover

NUMBER, TEXT = {"type": "number"}, {"type": "string"}
SEGMENT = {
    "id": {"type": "integer"}, "seek": {"type": "integer"}, "start": NUMBER, "end": NUMBER, "text": TEXT,
    "tokens": {"type": "array", "items": {"type": "integer"}}, "temperature": NUMBER, "avg_logprob": NUMBER,
    "compression_ratio": NUMBER, "no_speech_prob": NUMBER,
}  # fmt: skip
WORD = {"word": TEXT, "start": NUMBER, "end": NUMBER}
ROOT = {
    "task": {"const": "transcribe"}, "language": TEXT, "duration": NUMBER, "text": TEXT,
    "segments": {"type": "array", "items": {"type": "object", "properties": SEGMENT, "required": list(SEGMENT)}},
    "words": {"type": "array", "items": {"type": "object", "properties": WORD, "required": list(WORD)}},
}  # fmt: skip
VERBOSE = Draft202012Validator({"type": "object", "properties": ROOT, "required": list(ROOT)})


def document(handover: Handover) -> dict:
    return json.loads(find("whisper").text(handover))


def test_every_word_and_utterance_is_there_with_its_times():
    made = document(handed_over())

    assert [(word["word"], word["start"], word["end"]) for word in made["words"][:12]] == [
        (word.text, word.start, word.end) for word in INTERVIEW.words
    ]
    assert [(part["id"], part["text"], part["start"], part["end"]) for part in made["segments"]] == [
        (number, part.text, part.start, part.end) for number, part in enumerate(INTERVIEW.segments)
    ]
    assert (made["language"], made["duration"], made["text"]) == ("english", 75.0, INTERVIEW.text)


def test_the_mean_logarithm_is_that_of_the_confidences_and_nothing_where_there_are_none():
    first, _, untimed = document(handed_over())["segments"]

    assert first["avg_logprob"] == pytest.approx(-0.3513, abs=1e-4)
    assert untimed["avg_logprob"] == 0.0


@settings(deadline=None, max_examples=60)
@given(transcripts())
def test_it_has_the_documented_shape(said):
    VERBOSE.validate(document(handed_over(said)))


@settings(deadline=None, max_examples=60)
@given(hostile_transcripts())
def test_it_is_json_that_gives_back_whatever_was_said(said):
    made = document(handed_over(said))

    VERBOSE.validate(made)
    assert [part["text"] for part in made["segments"]] == [part.text for part in said.segments]
