"""Two models hear one recording, for real; and every file that can tell it says where they differ."""

import csv
import io
import json

import docx
import pytest
from handovers import handed
from slips import SlippingRecognizer, slipped
from speech_data import sample
from test_review_docx import commented, marked

from transcriber import export, pipeline
from transcriber.aligned import AlignedRecognizer
from transcriber.catalogue import MODEL_CONFIGS
from transcriber.options import TranscribeOptions
from transcriber.recognizer import Recognizer
from transcriber.transcript import Transcript

DIFFERENCES = {
    ("museum", "museum,", "punctuation"),
    ("Lara.", "Laura.", "name"),
    ("Old", "old", "case"),
    ("cloak", "clock", "word"),
    ("40,", "14,", "number"),
}
"""What `slips.SLIPS` makes of the sample, but for the words that only one of the two wrote."""


@pytest.fixture(scope="module")
def proved(recognizer: Recognizer) -> Transcript:
    canary = SlippingRecognizer(MODEL_CONFIGS["canary"], recognizer)
    return pipeline.transcribe(sample().path, AlignedRecognizer(canary, recognizer), TranscribeOptions(proof=True))


def test_the_table_of_words_holds_both_readings(proved):
    text = export.find("csv").render(handed(proved)).decode("utf-8-sig")

    rows = list(csv.DictReader(io.StringIO(text, newline="")))

    assert " ".join(row["word"] for row in rows) == slipped(sample().text)
    assert {(row["word"], row["reading"], row["reading_kind"]) for row in rows} >= DIFFERENCES
    assert sum(bool(row["reading_kind"]) for row in rows) == 7


def test_the_document_to_review_marks_what_to_listen_to_again(proved):
    document = docx.Document(io.BytesIO(export.find("docx").render(handed(proved))))

    comments = commented(document)

    assert {(text, *comment.split("\n")) for text, comment in comments.items()} >= {
        (text, reading, f"({kind})") for text, reading, kind in DIFFERENCES
    }
    assert len(comments) == 7
    assert set(comments) == set(marked(document))


def test_both_hold_what_the_json_holds(proved):
    written = json.loads(export.find("json").render(handed(proved)))
    rows = csv.DictReader(io.StringIO(export.find("csv").text(handed(proved)), newline=""))

    kept = [word for segment in written["segments"] for word in segment["words"]]

    assert [word.get("reading", {}).get("text", "") for word in kept] == [row["reading"] for row in rows]
