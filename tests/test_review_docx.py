"""The Word document, read back with python-docx: all that was said, and all that should be checked."""

import hashlib
import io
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import docx
import pytest
from docx.enum.text import WD_COLOR_INDEX, WD_UNDERLINE
from docx.oxml.ns import qn
from hypothesis import given, settings
from said import segment, transcript, transcripts, visible
from test_export import MUSEUM

from transcriber.export import FORMATS, transcript_json
from transcriber.export.review_docx import AUTHOR, NOTHING, render
from transcriber.transcript import Reading, Segment, Span, Transcript, Word

ROOT = Path(__file__).resolve().parent.parent


def opened(made: Transcript):
    return docx.Document(io.BytesIO(render(made)))


def paragraphs(made: Transcript) -> list[str]:
    return [paragraph.text for paragraph in opened(made).paragraphs]


def spoken(*words: Word) -> Segment:
    return Segment(" ".join(word.text for word in words), words[0].start, words[-1].end, words)


def words(*texts: str) -> list[Word]:
    return [Word(text, float(second), second + 0.5) for second, text in enumerate(texts)]


def commented(document) -> dict[str, str]:
    """What each comment says, by the words that it is tied to."""
    found: dict[str, str] = {}
    open_ids: set[str] = set()
    for element in document.element.body.iter():
        number = element.get(qn("w:id"))
        if element.tag == qn("w:commentRangeStart"):
            open_ids.add(number)
        elif element.tag == qn("w:commentRangeEnd"):
            open_ids.remove(number)
        elif element.tag == qn("w:t"):
            found |= {each: found.get(each, "") + element.text for each in open_ids}
    assert not open_ids
    return {text: document.comments.get(int(number)).text for number, text in found.items()}


def marked(document) -> dict[str, WD_COLOR_INDEX]:
    runs = [run for paragraph in document.paragraphs for run in paragraph.runs]
    return {run.text: run.font.highlight_color for run in runs if run.font.highlight_color is not None}


PROVED = transcript(
    spoken(
        Word("The", 0.5, 0.9),
        Word("cloak", 1.0, 1.4, reading=Reading("clock", "word")),
        Word("struck", 1.5, 1.9),
        Word("40.", 2.0, 2.4, reading=Reading("14.", "number")),
        Word("well", 2.5, 2.8, reading=Reading("", "word")),
        Word("museum", 3.0, 3.4, reading=Reading("museum,", "punctuation")),
        Word("Do", 4.0, 4.2, reading=Reading("Door", "word", words=2)),
    ),
    spoken(Word("or.", 6.0, 6.4), Word("So", 7.0, 7.3)),
)


# --- what was said ---------------------------------------------------------------------------------------------------


def test_it_begins_with_what_heard_it_and_how_long_it_is():
    title, about, *_ = paragraphs(MUSEUM)

    assert title == "Transcript"
    assert about == "Model: parakeet-v3 at revision 0123abcd. Duration: 0:00:20.1."


def test_every_utterance_is_a_paragraph_with_its_time_and_speaker():
    assert paragraphs(MUSEUM)[2:] == [
        "0:00:00.5  Anna: Grüß Gott, and welcome to the Museum of Modern Art in Łódź.",
        "0:00:06.0  Anna: My name is Zoë.",
        "0:00:09.2  Борис: Thank you!",
        "0:00:12.0  Борис: Здесь, в первом зале, висит картина, которую никто никогда не видел.",
        "0:00:18.0  Anna: Why 42?",
    ]


def test_hours_are_counted():
    assert "1:02:05.4  So." in paragraphs(transcript(segment("So.", 3725.44), duration=4000.0))


@settings(deadline=None, max_examples=40)
@given(transcripts())
def test_all_that_can_be_written_is_there_in_order(made):
    named = [f"{each.speaker}: {each.text}" if each.speaker else each.text for each in made.segments]

    said = [text.split("  ", maxsplit=1)[1] for text in paragraphs(made)[2:]]

    assert list(map(visible, said)) == list(map(visible, named))


def test_letters_that_no_xml_can_hold_become_blanks():
    evil = "a\x00b\x0bc\ufffed\ne"
    made = transcript(spoken(Word(evil, 0.0, 1.0, speaker=evil, reading=Reading(evil, "word"))))

    document = opened(replace(made, model=evil))

    assert commented(document) == {"a b c d e": "a b c d e\n(word)"}


# --- what should be checked ------------------------------------------------------------------------------------------


def test_words_that_a_second_model_heard_otherwise_carry_its_reading_as_a_comment():
    assert commented(opened(PROVED)) == {
        "cloak": "clock\n(word)",
        "40.": "14.\n(number)",
        "well": f"{NOTHING}\n(word)",
        "museum": "museum,\n(punctuation)",
        "Do0:00:06.0  or.": "Door\n(word)",
    }


def test_what_was_heard_otherwise_is_yellow_and_what_was_only_written_otherwise_grey():
    assert marked(opened(PROVED)) == {
        **dict.fromkeys(["cloak", "40.", "well", "Do", "or."], WD_COLOR_INDEX.YELLOW),
        "museum": WD_COLOR_INDEX.GRAY_25,
    }


def test_highlights_take_no_blank_and_no_word_away():
    said = paragraphs(PROVED)[-3:-1]

    assert said == ["0:00:00.5  The cloak struck 40. well museum Do", "0:00:06.0  or. So"]


def test_neighbours_with_a_reading_each_have_a_comment_each():
    reading = Reading("x", "word")
    made = transcript(spoken(*(replace(word, reading=reading) for word in words("one", "two"))))

    assert commented(opened(made)) == {"one": "x\n(word)", "two": "x\n(word)"}


def test_all_words_that_may_be_wrong_stand_in_a_table_with_room_for_what_is_right():
    document = opened(PROVED)

    (table,) = document.tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["Time", "Speaker", "Words", "Why", "Right is"],
        ["0:00:01.0", "", "cloak", "a second model heard: clock", ""],
        ["0:00:02.0", "", "40. well", "40.: a second model heard: 14.; well: a second model heard: nothing", ""],
        ["0:00:04.0", "", "Do", "a second model heard: Door", ""],
        ["0:00:06.0", "", "or.", "goes with the words before, heard otherwise", ""],
    ]
    assert document.paragraphs[-1].text == "To listen to again"


def test_a_transcript_without_doubts_has_no_table():
    assert opened(transcript(segment("So.", 0.0))).tables == []


def test_a_word_where_nobody_speaks_has_a_wave_below():
    made = transcript(spoken(Word("So", 0.0, 0.5), Word("what?", 1.0, 1.5, outside_speech=True)))

    document = opened(made)

    waved = [run.text for run in document.paragraphs[-2].runs if run.font.underline == WD_UNDERLINE.WAVY]
    assert waved == ["what?"]
    assert "1 word with a wave below: nobody seems to speak there." in paragraphs(made)


def test_where_nothing_was_heard_is_listed_at_the_end():
    made = replace(MUSEUM, unheard=(Span(3.0, 4.25), Span(61.0, 62.0)), dropped_words=2)

    said = paragraphs(made)

    assert said[-4] == "Speech without words"
    assert said[-2:] == ["0:00:03.0 to 0:00:04.2 (1.2 s)", "0:01:01.0 to 0:01:02.0 (1.0 s)"]
    assert any(each.startswith("2 words left out: ") for each in said)


def test_only_what_is_there_is_explained():
    plain, proved = "\n".join(paragraphs(MUSEUM)), "\n".join(paragraphs(PROVED))

    assert "5 places" in proved
    assert not re.search("differs|wave|left out|Speech without words|clips", plain)


def test_times_of_clips_are_said_to_be_those_of_clips():
    made = Transcript((Segment("So it is.", 0.0, 40.0),), 40.0, "canary", timing="clips")

    assert any("those of the clips" in each for each in paragraphs(made))


# --- the file --------------------------------------------------------------------------------------------------------


def test_nothing_in_the_file_tells_when_or_by_whom_it_was_written():
    document = opened(PROVED)

    properties = document.core_properties
    assert (properties.author, properties.last_modified_by, properties.comments) == (AUTHOR, AUTHOR, "")
    assert {properties.created.year, properties.modified.year} == {2000}
    assert [comment.timestamp for comment in document.comments] == [None] * 5
    with zipfile.ZipFile(io.BytesIO(render(PROVED))) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("seed", ["1", "2"])
def test_another_process_writes_the_same_bytes(tmp_path, seed):
    kept = tmp_path / "kept.json"
    kept.write_text(transcript_json.render(PROVED), encoding="utf-8")
    code = (
        "import hashlib, sys; from transcriber.export import review_docx, transcript_json\n"
        "made = transcript_json.parse(open(sys.argv[1], encoding='utf-8').read())\n"
        "print(hashlib.sha256(review_docx.render(made)).hexdigest())"
    )

    ran = subprocess.run(
        [sys.executable, "-c", code, str(kept)],
        capture_output=True, text=True, cwd=ROOT, check=True, env=_with_seed(seed),
    )  # fmt: skip

    assert ran.stdout.strip() == hashlib.sha256(render(PROVED)).hexdigest()


def test_it_is_not_for_a_terminal():
    assert "docx" in FORMATS
    assert not FORMATS["docx"].printable


def _with_seed(seed: str) -> dict[str, str]:
    import os

    return os.environ | {"PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo"}
