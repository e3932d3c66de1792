"""Tables with tabs and tables of utterances, and CTM and RTTM, read back by pandas and by their columns."""

import csv
import io

import pandas
import pytest
from hypothesis import given, settings
from interview import INTERVIEW, handed_over
from said import transcripts
from test_formats import hostile_transcripts

from transcriber.export import find
from transcriber.export.handover import Handover
from transcriber.export.plain import one_line
from transcriber.export.tables import FORMULA
from transcriber.export.words_csv import COLUMNS

RUN = set("=+-@＝＋－＠")  # noqa: RUF001 - the wide ones are meant


def tabbed(name: str, handover: Handover) -> pandas.DataFrame:
    text = io.StringIO(find(name).text(handover))
    return pandas.read_csv(text, sep="\t", keep_default_na=False, dtype=str)


def test_a_table_with_tabs_holds_what_the_one_with_commas_does():
    commas = list(csv.DictReader(io.StringIO(find("csv").text(handed_over()), newline="")))

    tabs = tabbed("tsv", handed_over())

    assert tuple(tabs.columns) == COLUMNS
    assert tabs.to_dict("records") == [{name: one_line(cell) for name, cell in row.items()} for row in commas]


def test_utterances_have_their_times_their_timecode_and_how_sure_the_model_was():
    first, second, third = tabbed("segments.tsv", handed_over()).to_dict("records")

    assert first == {
        "segment": "1",
        "start": "0.520",
        "end": "3.200",
        "timecode": "10:00:00;16",
        "speaker": "Anna",
        "text": 'So "it\'s <b>fine</b>" & all — is it?',
        "words": "8",
        "confidence": "0.811",
    }
    assert second["timecode"] == "10:00:59;26"
    assert (third["words"], third["confidence"], third["speaker"]) == ("0", "", "")


def test_the_table_of_utterances_is_the_same_with_commas():
    text = find("segments.csv").render(handed_over()).decode("utf-8-sig")

    commas = list(csv.DictReader(io.StringIO(text, newline="")))

    assert [row["text"] for row in commas] == [segment.text for segment in INTERVIEW.segments]
    assert [row["timecode"] for row in commas] == list(tabbed("segments.tsv", handed_over())["timecode"])


@pytest.mark.parametrize("name", ["tsv", "segments.tsv"])
@settings(deadline=None, max_examples=60)
@given(said=hostile_transcripts())
def test_no_cell_with_tabs_can_be_run_or_breaks_its_row(name, said):
    handover = handed_over(said)

    rows = list(csv.reader(io.StringIO(find(name).text(handover), newline=""), delimiter="\t", strict=True))

    assert len({len(row) for row in rows}) == 1
    assert not any(cell.strip()[:1] in RUN for row in rows for cell in row if cell.strip())
    assert len(rows) == 1 + (len(said.segments) if name == "segments.tsv" else len(said.words) + 1)


@pytest.mark.parametrize("text", ["\x00=1", "\x1f@x", "\ud800-2", " \x00 +1"])
def test_what_becomes_a_formula_when_its_control_characters_go_is_protected_too(text):
    assert FORMULA.match(text)


# --- CTM and RTTM ----------------------------------------------------------------------------------------------------


def columns(name: str, handover: Handover) -> list[list[str]]:
    return [line.split() for line in find(name).text(handover).splitlines()]


def test_a_ctm_has_every_word_with_its_time_and_its_confidence_where_there_is_one():
    rows = columns("ctm", handed_over())

    assert rows[0] == ["Café_&_<Ж>_7", "1", "0.520", "0.180", "So", "0.970"]
    assert rows[5][4:] == ["—"]
    assert len(rows) == len(INTERVIEW.words) + 8
    assert sum(float(row[3]) for row in rows[-8:]) == pytest.approx(4.0, abs=0.005)


def test_an_rttm_has_every_utterance_with_its_speaker():
    rows = columns("rttm", handed_over())

    assert rows[1] == ["SPEAKER", "Café_&_<Ж>_7", "1", "59.920", "2.080", *["<NA>"] * 2, "דנה", *["<NA>"] * 2]
    assert rows[2][7] == "unknown"


@settings(deadline=None, max_examples=60)
@given(transcripts())
def test_columns_stay_columns_whatever_is_said(said):
    assert {len(row) for row in columns("ctm", handed_over(said))} <= {5, 6}
    assert {len(row) for row in columns("rttm", handed_over(said))} <= {10}


@settings(deadline=None, max_examples=60)
@given(hostile_transcripts())
def test_columns_stay_columns_whoever_says_it(said):
    assert {len(row) for row in columns("ctm", handed_over(said))} <= {5, 6}
    assert {len(row) for row in columns("rttm", handed_over(said))} == {10}
