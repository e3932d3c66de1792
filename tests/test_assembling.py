"""What was heard chunk by chunk becomes one transcript: of all tracks, in order, and the same as it grew."""

from transcriber import assembling
from transcriber.catalogue import MODEL_CONFIGS
from transcriber.options import TranscribeOptions
from transcriber.record import Heard
from transcriber.transcript import Span, Word

DEMO = MODEL_CONFIGS["demo"]
ALL = TranscribeOptions()


def spoken(text: str, start: float, pace: float = 0.5) -> tuple[Word, ...]:
    """A word every `pace` seconds."""
    starts = [start + index * pace for index in range(len(text.split()))]
    return tuple(Word(word, at, at + 0.4, 0.9) for word, at in zip(text.split(), starts, strict=True))


def chunk(start: float, end: float, text: str, track: int = 0, **more: object) -> Heard:
    return Heard(track, start, end, start, end, text, spoken(text, start + 1), **more)


TALK = [
    chunk(0, 30, "Good morning. Today we talk about"),
    chunk(30, 60, "the weather. It rains."),
    chunk(60, 90, ""),
    chunk(90, 100, "Good night."),
]


def test_every_word_of_every_chunk_is_there_once_and_in_order():
    transcript = assembling.assemble(TALK, DEMO, ALL)

    assert transcript.text == "Good morning. Today we talk about the weather. It rains. Good night."
    assert [word.text for word in transcript.words] == transcript.text.split()
    assert (transcript.duration, transcript.model, transcript.timing) == (100, "demo", "words")


def test_it_grows_by_utterances_that_have_ended_and_ends_with_the_rest():
    grown = list(assembling.grow(TALK))

    texts = [[segment.text for segment in segments] for segments in grown]
    assert texts[0] == ["Good morning."], "the second sentence goes on"
    assert [text for group in texts for text in group] == [
        segment.text for segment in assembling.assemble(TALK, DEMO, ALL).segments
    ]


def test_tracks_are_told_apart_by_their_speakers_and_stand_in_order_of_time():
    anna = [chunk(0, 30, "So. Well then.", 0, speaker="Anna"), chunk(30, 60, "Bye.", 0, speaker="Anna")]
    bert = [chunk(0, 20, "", 1, speaker="Bert"), chunk(20, 60, "Fine.", 1, speaker="Bert")]

    transcript = assembling.assemble([*anna, *bert], DEMO, ALL)

    assert [(segment.speaker, segment.text) for segment in transcript.segments] == [
        ("Anna", "So."),
        ("Anna", "Well then."),
        ("Bert", "Fine."),
        ("Anna", "Bye."),
    ]
    assert {word.speaker for word in transcript.words} == {"Anna", "Bert"}
    assert transcript.duration == 60


def test_text_without_times_is_a_segment_as_long_as_its_chunk():
    heard = [Heard(0, 0, 30, 0, 30, "Only text.", ()), Heard(0, 30, 50, 30, 50, "", ())]

    (segment,) = assembling.assemble(heard, MODEL_CONFIGS["canary"], ALL).segments

    assert (segment.text, segment.start, segment.end, segment.words) == ("Only text.", 0, 30, ())
    assert assembling.untimed(heard) == [segment]


def test_words_that_nobody_asked_for_are_left_out_of_the_segments():
    transcript = assembling.assemble(TALK, DEMO, TranscribeOptions(word_times=False))

    assert transcript.words == ()
    assert transcript.text.startswith("Good morning.")


def test_what_was_not_heard_and_what_was_dropped_is_counted_over_all_chunks():
    heard = [
        chunk(0, 30, "So.", unheard=(Span(4, 5), Span(20, 21)), dropped_words=2),
        chunk(30, 60, "Well.", dropped_words=1),
        chunk(0, 60, "Hm.", 1, unheard=(Span(10, 11),)),
    ]

    transcript = assembling.assemble(heard, DEMO, ALL)

    assert transcript.unheard == (Span(4, 5), Span(10, 11), Span(20, 21))
    assert transcript.dropped_words == 3


def test_nothing_heard_is_an_empty_transcript():
    assert assembling.assemble([], DEMO, ALL).segments == ()
    assert list(assembling.grow([])) == [[]]
