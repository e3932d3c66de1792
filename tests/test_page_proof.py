"""Where two models differ: what is marked in the text, and how it is counted."""

import re

from page import proof
from transcriber.transcript import Reading, Segment, Transcript, Word

MARK = re.compile(r'<mark class="(\w+)" tabindex="0" aria-description="([^"]*)">([^<]*)</mark>')


def transcript(*paragraphs: list[tuple[str, Reading | None]]) -> Transcript:
    segments = []
    for start, pairs in enumerate(paragraphs):
        words = tuple(Word(text, start, start + 1, reading=reading) for text, reading in pairs)
        segments.append(Segment(" ".join(text for text, _ in pairs), start, start + 1, words))
    return Transcript(tuple(segments), len(segments), "canary")


def marks(shown: Transcript) -> list[tuple[str, str, str]]:
    return MARK.findall(proof.paragraphs(shown, "Parakeet"))


def test_a_difference_is_marked_with_what_the_other_model_heard():
    shown = transcript([("The", None), ("cloak", Reading("clock", "word")), ("struck.", None)])

    assert proof.paragraphs(shown, "Parakeet") == (
        '<p>The <mark class="heard" tabindex="0" aria-description="Parakeet heard: clock">cloak</mark> struck.</p>'
    )


def test_a_run_of_words_shares_one_mark_and_two_runs_have_two():
    shown = transcript(
        [("good", Reading("goodbye", "spelling", 2)), ("bye", None), ("Ann", Reading("Anna", "name")), ("!", None)]
    )

    assert marks(shown) == [
        ("written", "Parakeet heard: goodbye", "good bye"),
        ("heard", "Parakeet heard: Anna", "Ann"),
    ]


def test_a_run_that_goes_on_in_the_next_paragraph_is_marked_in_both_and_counted_once():
    shown = transcript([("stop", Reading("stopper", "word", 2))], [("Her", None), ("name", None)])

    assert marks(shown) == [("heard", "Parakeet heard: stopper", "stop"), ("heard", "Parakeet heard: stopper", "Her")]
    assert "1 difference: 1 word." in proof.summary(shown, "Parakeet")


def test_where_the_other_model_heard_nothing_that_is_said():
    assert marks(transcript([("well", Reading("", "word"))])) == [("heard", "Parakeet heard nothing here", "well")]


def test_differences_are_counted_by_kind_the_grave_ones_first():
    kinds = ["punctuation", "word", "case", "number", "punctuation", "name", "word", "spelling"]
    shown = transcript([(f"w{index}", Reading("x", kind)) for index, kind in enumerate(kinds)])

    assert "8 differences: 2 words, 1 number, 1 name, 1 spelling, 1 capital letter, 2 punctuation." in proof.summary(
        shown, "Parakeet"
    )


def test_the_legend_explains_only_the_marks_that_are_there():
    heavy = proof.summary(transcript([("cloak", Reading("clock", "word"))]), "Parakeet")
    light = proof.summary(transcript([("Clock", Reading("clock", "case"))]), "Parakeet")

    assert ("heard otherwise" in heavy, "written otherwise" in heavy) == (True, False)
    assert ("heard otherwise" in light, "written otherwise" in light) == (False, True)


def test_a_passage_that_the_other_model_did_not_hear_is_shown_and_not_counted_as_agreement():
    shown = Transcript((Segment("Nobody knows.", 0, 1),), 1, "canary")

    assert proof.paragraphs(shown, "Parakeet") == "<p>Nobody knows.</p>"
    assert "Parakeet heard nothing in 1 passage." in proof.summary(shown, "Parakeet")


def test_what_either_model_wrote_cannot_become_html():
    evil = '"><script>alert(1)</script>'

    page = proof.paragraphs(transcript([(evil, Reading(evil, "word"))]), evil)

    assert "<script" not in page
    assert page.count('"') == 2 * 3
