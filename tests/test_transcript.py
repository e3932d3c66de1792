"""Words know when they were said; transcripts know all of them."""

import pytest

from transcriber.transcript import Reading, Segment, Transcript, Word


@pytest.mark.parametrize(("start", "end"), [(2.0, 1.0), (-0.1, 1.0), (0.0, float("inf")), (float("nan"), 1.0)])
def test_a_word_with_impossible_times_is_refused(start, end):
    with pytest.raises(ValueError, match="cannot last"):
        Word("hello", start, end)


def test_a_word_may_be_a_single_moment():
    assert Word("hello", 1.0, 1.0).end == 1.0


def test_a_transcript_gives_its_text_and_its_words_in_order():
    one, two, three = (Word(text, at, at + 0.5) for at, text in enumerate(["One", "two.", "Three."]))
    segments = (Segment("One two.", 0.0, 1.5, (one, two)), Segment("Three.", 2.0, 2.5, (three,)))

    transcript = Transcript(segments, 3.0, "demo")

    assert transcript.text == "One two. Three."
    assert transcript.words == (one, two, three)


def test_a_word_is_taken_as_heard_and_undisputed_unless_somebody_says_otherwise():
    word = Word("hello", 1.0, 2.0)

    assert (word.timing, word.reading) == ("heard", None)


@pytest.mark.parametrize("words", [0, -1])
def test_a_reading_of_no_word_is_refused(words):
    with pytest.raises(ValueError, match="cannot stand for"):
        Reading("hallo", "word", words)
