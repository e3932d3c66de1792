"""A table of words, read back by another reader; and no cell that a spreadsheet would run."""

import codecs
import csv
import io

import pytest
from handovers import handed
from hypothesis import given, settings
from hypothesis import strategies as st
from test_export import MUSEUM, transcript, transcripts

from transcriber.export import find
from transcriber.export.tables import FORMULA
from transcriber.export.words_csv import COLUMNS
from transcriber.transcript import Reading, Segment, Transcript, Word

RUN = set("=+-@＝＋－＠")  # noqa: RUF001 - the wide ones are meant
"""What makes a spreadsheet take a cell for a formula."""

formulas = st.one_of(
    st.sampled_from(["=1+1", "+49", "-", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "'=1", "''-1", "'em", "＝1", "'"]),
    st.text(st.sampled_from("=+-@'\t\r\n ＝a"), min_size=1, max_size=5),
)


def rows(made: Transcript) -> list[dict[str, str]]:
    return list(
        csv.DictReader(io.StringIO(find("csv").render(handed(made)).decode("utf-8-sig"), newline=""), strict=True)
    )


def as_said(cell: str) -> str:
    """As the documentation tells programs to read a cell."""
    return cell[1:] if FORMULA.match(cell) else cell


def one_word(word: Word) -> Transcript:
    return transcript(Segment(word.text, word.start, word.end, (word,)))


def test_every_word_has_a_row_with_all_that_is_known_of_it():
    word = Word("four,", 1.0004, 1.5, 0.98765, "Anna", "shared", Reading("for", "word", 1), outside_speech=True)

    (row,) = rows(one_word(word))

    assert tuple(row) == COLUMNS
    assert row == {
        "start": "1.000",
        "end": "1.500",
        "word": "four,",
        "confidence": "0.988",
        "speaker": "Anna",
        "timing": "shared",
        "outside_speech": "true",
        "reading": "for",
        "reading_kind": "word",
        "reading_words": "1",
        "segment": "1",
    }


def test_what_is_not_known_is_empty():
    (row,) = rows(one_word(Word("Yes.", 0.0, 0.5)))

    unknown = ("confidence", "speaker", "reading", "reading_kind", "reading_words")
    assert {row[name] for name in unknown} == {""}
    assert (row["timing"], row["outside_speech"]) == ("heard", "false")


def test_a_reading_of_nothing_is_told_from_none():
    (row,) = rows(one_word(Word("well", 0.0, 0.5, reading=Reading("", "word"))))

    assert (row["reading"], row["reading_kind"], row["reading_words"]) == ("", "word", "1")


def test_a_segment_whose_words_have_no_times_is_not_lost():
    museum = rows(MUSEUM)

    assert [row["word"] for row in museum if row["timing"] == "segment"] == [MUSEUM.segments[3].text]
    assert {row["segment"] for row in museum} == {"1", "2", "3", "4", "5"}
    assert {row["speaker"] for row in museum} == {"Anna", "Борис"}


@settings(deadline=None)
@given(transcripts())
def test_a_reader_of_csv_gets_every_word_back_with_its_times(made):
    spoken = [each for segment in made.segments for each in (segment.words or (segment,))]

    read = rows(made)

    assert [as_said(row["word"]) for row in read] == [each.text for each in spoken]
    assert [(row["start"], row["end"]) for row in read] == [(f"{e.start:.3f}", f"{e.end:.3f}") for e in spoken]


@given(formulas, formulas, formulas)
def test_nothing_that_was_said_can_be_run_by_a_spreadsheet_and_nothing_is_lost(said, speaker, reading):
    (row,) = rows(one_word(Word(said, 0.0, 1.0, speaker=speaker, reading=Reading(reading, "word"))))

    cells = [row["word"], row["speaker"], row["reading"]]
    assert not any(cell.strip()[:1] in RUN or cell[:1] in {"\t", "\r", "\n"} for cell in cells if cell.strip())
    assert [as_said(cell) for cell in cells] == [said, speaker, reading]


@pytest.mark.parametrize("text", ["Yes.", "'em", "e-mail", "1+1", "a=b", "“-“"])
def test_other_words_stand_as_they_were_said(text):
    (row,) = rows(one_word(Word(text, 0.0, 1.0)))

    assert row["word"] == text


def test_excel_is_told_the_encoding_and_gets_the_line_ends_of_the_standard():
    written = find("csv").render(handed(MUSEUM))

    assert written.startswith(codecs.BOM_UTF8)
    assert written.count(b"\r\n") == written.count(b"\n") == len(rows(MUSEUM)) + 1


def test_what_is_printed_has_neither():
    printed = find("csv").text(handed(MUSEUM))

    assert printed.startswith("start,end,word,")
    assert "\r" not in printed
