from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transcriber.segmenting import split
from transcriber.transcript import Word


def spoken(text: str, seconds: float = 0.3, gap: float = 0.1) -> list[Word]:
    """The words of `text`, each `seconds` long and `gap` apart; `|` stands for a second and a half of silence."""
    words: list[Word] = []
    now = 0.0
    for token in text.split():
        if token == "|":
            now += 1.5
            continue
        words.append(Word(token, now, now + seconds))
        now += seconds + gap
    return words


def texts(text: str) -> list[str]:
    return [segment.text for segment in split(spoken(text))]


streams = st.lists(
    st.builds(
        lambda text, length, gap, speaker: (text, length, gap, speaker),
        st.sampled_from(["Yes.", "no", "Why?", "well,", "Dr.", "…", "»", "3.", "Ναι;"]),
        st.floats(0, 50),
        st.floats(0, 3),
        st.sampled_from([None, "Anna", "Ben"]),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(streams)
def test_every_word_is_in_exactly_one_segment_in_order(stream):
    words, now = [], 0.0
    for text, length, gap, speaker in stream:
        words.append(Word(text, now, now + length, speaker=speaker))
        now += length + gap

    segments = split(words)

    assert [word for segment in segments for word in segment.words] == words
    for segment in segments:
        assert segment.text == " ".join(word.text for word in segment.words)
        assert (segment.start, segment.end) == (segment.words[0].start, segment.words[-1].end)
        assert {word.speaker for word in segment.words} == {segment.speaker}
        assert len(segment.words) == 1 or segment.end - segment.start <= 30.0
        assert all(after.start - word.end < 1.0 for word, after in pairwise(segment.words))


def test_no_words_make_no_segments():
    assert split([]) == []


@pytest.mark.parametrize(
    "sentences",
    [
        ["It rained.", "We stayed in.", "Why?", "Because!", "Well…", "So be it..."],
        ["He said “Go.”", "She went.", "(Nobody knew.)", "»Komm!«", "«Viens !»", "Ende."],
        ["Πού είσαι;", "Εδώ.", "Είναι Α;", "Όχι."],
        ["Где ты?", "Здесь.", "Ой!", "Да."],
        ["¿Dónde estás?", "Aquí.", "¡Ven!"],
        ["It was 1999.", "Then came 2000.", "Done."],
    ],
)
def test_a_sentence_ends_at_its_mark_in_every_script(sentences):
    assert texts(" ".join(sentences)) == sentences


@pytest.mark.parametrize(
    "sentence",
    [
        "Mr. Brown met Dr. Green, Prof. Gray and St. John.",
        "The U.S. Army paid J. R. Smith.",
        "Some, e.g. Anna, and z.B. Otto came.",
        "Den 3. maj kom han.",
        "Apples, pears etc. and more.",
        "I was… thinking of you.",
        "“Why?” he asked.",
        "Wait; there is more.",
        "It costs 3.50 now.",
        "What ⁇ was that.",
        "(Dr. Brown) came.",
    ],
)
def test_a_mark_inside_a_sentence_does_not_end_it(sentence):
    assert texts(sentence) == [sentence]


@pytest.mark.parametrize("sentence", ["Hon tvättar sig.", "To był sen.", "No."])
def test_a_word_that_only_looks_like_an_abbreviation_ends_its_sentence(sentence):
    assert texts(f"{sentence} Ja.") == [sentence, "Ja."]


def test_text_without_capitals_is_split_at_its_marks_too():
    assert texts("it rained. we stayed in.") == ["it rained.", "we stayed in."]


def test_a_pause_ends_an_utterance_without_a_full_stop():
    assert texts("and then | we left") == ["and then", "we left"]


def test_the_length_of_that_pause_is_a_choice():
    words = spoken("and then | we left")

    assert len(split(words, pause=2.0)) == 1


def test_another_speaker_begins_another_segment():
    words = [Word("Are", 0, 0.2, speaker="Anna"), Word("you", 0.2, 0.4, speaker="Anna"), Word("Yes", 0.4, 0.6)]

    assert [(segment.text, segment.speaker) for segment in split(words)] == [("Are you", "Anna"), ("Yes", None)]


def test_a_long_utterance_is_parted_at_a_comma_near_its_middle():
    words = spoken("a " * 42 + "b, " + "c " * 57)

    parts = split(words)

    assert [part.text.split()[-1] for part in parts] == ["b,", "c"]


def test_a_long_utterance_is_parted_at_its_longest_pause_if_it_has_no_comma():
    early, late = spoken("a " * 40), spoken("b " * 40)
    words = early + [Word("b", word.start + 16.5, word.end + 16.5) for word in late]

    parts = split(words)

    assert [set(part.text.split()) for part in parts] == [{"a"}, {"b"}]


def test_a_long_utterance_is_not_parted_at_its_very_end():
    parts = split(spoken("bla " * 98 + "and, bla"))

    assert len(parts) == 2
    assert all(len(part.words) > 25 for part in parts)


def test_even_talk_gets_even_parts():
    parts = split(spoken("bla " * 400))

    assert {len(part.words) for part in parts} == {50}


def test_a_word_that_lasts_longer_than_a_segment_may_is_kept_alone():
    words = [Word("a", 0, 0.2), Word("b", 0.3, 0.5), Word("Oooh", 0.6, 90.0), Word("c", 90.1, 90.3)]

    assert [part.text for part in split(words)] == ["a b", "Oooh", "c"]
