"""What is marked on a timeline, and why."""

from hypothesis import given, settings
from interview import DROP, INTERVIEW
from said import segment, transcript, transcripts

from transcriber.export.markers import Marker, marked
from transcriber.transcript import Reading, Segment, Span, Transcript, Word


def told(*words: Word) -> list[Marker]:
    """The markers of an utterance, at a thousand frames a second, but for the one of the utterance itself."""
    lead = Word("So", 0.0, 0.1)
    whole = Segment("So …", 0.0, words[-1].end, (lead, *words))
    return marked(transcript(whole), lambda seconds: round(1000 * seconds))[1:]


def test_every_utterance_doubt_and_unheard_stretch_has_its_marker():
    kinds = [marker.kind for marker in marked(INTERVIEW, DROP.nearest)]

    assert kinds == ["said", "doubtful", "doubtful", "said", "doubtful", "said", "unheard"]


def test_a_marker_lasts_as_long_as_what_it_stands_for():
    (marker,) = marked(transcript(segment("One two.", 2.0)), lambda seconds: round(25 * seconds))

    assert (marker.frame, marker.frames) == (50, 16)


def test_words_that_may_be_wrong_are_one_marker_where_they_follow_each_other():
    made = told(Word("of", 1.0, 1.2, 0.19), Word("mice", 1.2, 1.5, 0.1), Word("and", 1.5, 1.7, 0.9))

    assert made == [Marker(1000, 500, "? of mice", "Listen again: of (19% sure) mice (10% sure)", "doubtful")]


def test_what_a_second_model_heard_is_told_and_covers_all_words_that_it_replaces():
    made = told(Word("a", 1.0, 1.2, reading=Reading("ice", "word", 2)), Word("nice", 1.2, 1.5), Word("day", 1.5, 2.0))

    assert made == [Marker(1000, 500, "? a nice", "Listen again: a (a second model heard: ice) nice", "doubtful")]


def test_what_a_second_model_heard_covers_words_of_the_next_utterance_too():
    first = Segment("Do", 1.0, 1.5, (Word("Do", 1.0, 1.5, reading=Reading("Door", "word", 2)),))
    second = Segment("or so.", 2.0, 3.0, (Word("or", 2.0, 2.5), Word("so.", 2.5, 3.0)))

    made = marked(transcript(first, second), lambda seconds: round(1000 * seconds))

    assert [marker.comment for marker in made] == [
        "Do / Listen again: Do (a second model heard: Door)",
        "or so. / Listen again: or",
    ]


def test_what_is_only_written_otherwise_is_no_doubt():
    assert told(Word("colour", 1.0, 1.5, 0.9, reading=Reading("color", "spelling"))) == []


def test_a_word_where_nobody_seems_to_speak_is_marked():
    (made,) = told(Word("hm", 1.0, 1.5, outside_speech=True))

    assert made.comment == "Listen again: hm (nobody seems to speak)"


def test_markers_of_one_frame_are_one_in_the_more_urgent_kind_and_nothing_is_lost():
    doubtful = Segment("Hm yes.", 1.0, 2.0, (Word("Hm", 1.0, 1.2, 0.1), Word("yes.", 1.3, 2.0, 0.9)))
    said = Transcript((doubtful,), 5.0, "demo", unheard=(Span(1.01, 1.5),))

    (made,) = marked(said, lambda seconds: round(25 * seconds))

    assert (made.kind, made.frame, made.frames) == ("unheard", 25, 25)
    assert made.name == "Hm yes."
    assert made.comment.split(" / ") == [
        "Hm yes.",
        "Listen again: Hm (10% sure)",
        "Somebody speaks for 0.5 s, and no word was found.",
    ]


def test_a_long_utterance_has_a_short_name_and_a_whole_comment():
    text = "It was the best of times, it was the worst of times, it was the age of wisdom."

    (made,) = marked(transcript(segment(text, 0.0, speaker="Charles")), DROP.nearest)

    assert made.name == "Charles: It was the best of times, it was the…"
    assert made.comment == f"Charles: {text}"


@settings(deadline=None)
@given(transcripts())
def test_markers_are_in_order_one_a_frame_and_none_is_empty(said):
    made = marked(said, DROP.nearest)

    assert [marker.frame for marker in made] == sorted({marker.frame for marker in made})
    assert all(marker.frames >= 1 and marker.kind == "said" for marker in made)
    assert {DROP.nearest(segment.start) for segment in said.segments} == {marker.frame for marker in made}
