"""TTML, read back by ttconv, which knows the whole of it, and by pysubs2."""

from fractions import Fraction
from xml.etree import ElementTree as ET

import pysubs2
import pytest
import ttconv.imsc.reader as imsc
from hypothesis import given, settings
from interview import CUES, RATES, handed_over
from test_formats import hostile_transcripts
from ttconv.model import Br, P, Text

from transcriber.export import find
from transcriber.export.cues import Cue
from transcriber.export.handover import Handover


def paragraphs(handover: Handover) -> list[P]:
    document = imsc.to_model(ET.ElementTree(ET.fromstring(find("ttml").text(handover))))
    return [element for element in document.get_body().dfs_iterator() if isinstance(element, P)]


def shown(paragraph: P) -> str:
    parts = (each for each in paragraph.dfs_iterator() if isinstance(each, Br | Text))
    return "".join("\n" if isinstance(part, Br) else part.get_text() for part in parts)


def test_every_cue_is_read_back_with_its_lines_and_its_times():
    read = paragraphs(handed_over(base="file"))

    assert [shown(paragraph) for paragraph in read] == ["\n".join(cue.lines) for cue in CUES]
    assert [(paragraph.get_begin(), paragraph.get_end()) for paragraph in read] == [
        (Fraction(round(1000 * cue.start), 1000), Fraction(round(1000 * cue.end), 1000)) for cue in CUES
    ]


def test_another_reader_finds_the_same():
    read = pysubs2.SSAFile.from_string(find("ttml").text(handed_over(base="file")), format_="ttml")

    assert [(event.start, event.end) for event in read] == [
        (round(1000 * cue.start), round(1000 * cue.end)) for cue in CUES
    ]


@pytest.mark.parametrize("name", RATES)
def test_the_frame_rate_is_exact_and_times_are_those_of_frames_after_ten_hours(name):
    rate = RATES[name]
    handover = handed_over(rate=rate)
    vars(handover)["cues"] = [Cue(rate.seconds(100), rate.seconds(140), ("One",))]

    root = ET.fromstring(find("ttml").text(handover))
    parameter = "{http://www.w3.org/ns/ttml#parameter}"
    multiplier = Fraction(*map(int, root.get(f"{parameter}frameRateMultiplier", "1 1").split()))
    (paragraph,) = paragraphs(handover)

    assert int(root.get(f"{parameter}frameRate")) * multiplier == rate.exact
    assert round(paragraph.get_begin() * rate.exact) == handover.first_frame + 100
    assert round(paragraph.get_end() * rate.exact) == handover.first_frame + 140


def test_the_language_is_named():
    assert 'xml:lang="en"' in find("ttml").text(handed_over())


@settings(deadline=None, max_examples=40)
@given(hostile_transcripts())
def test_no_text_breaks_the_document(said):
    handover = handed_over(said)
    vars(handover).pop("cues")

    assert len(paragraphs(handover)) == len(handover.cues)
