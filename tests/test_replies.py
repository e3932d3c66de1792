"""A reply is believed only if it can be what was said."""

import pytest

from transcriber.nemo.replies import Reply, cleaned, doubt, is_short, without_refrain, word_count

PLAIN = "The small river is behind the old castle, and the happy dog waited near the village."


def whole(text: str) -> Reply:
    return Reply(text, finished=True)


def test_a_reply_that_ends_by_itself_with_enough_words_is_believed():
    assert doubt(whole(PLAIN), speaking=6.0) is None


def test_a_reply_that_ran_into_its_limit_is_not():
    assert doubt(Reply(PLAIN, finished=False), speaking=6.0) == "cut off"


@pytest.mark.parametrize(
    "text",
    [
        "Thank you. " * 5,
        PLAIN + " and so on" * 12,
        "It costs 0000000000000000000000000000000000000000000000000 dollars.",
        f"{PLAIN} " * 5,
    ],
)
def test_turning_in_circles_is_noticed(text):
    assert doubt(whole(text), speaking=0.0) == "repeats itself"


@pytest.mark.parametrize(
    "text",
    [
        "No, no, no, no, I said it is very, very, very, very good.",
        "One two three one two three one two three, and turn.",
        "The number is 1,000,000,000,000, or a trillion.",
        "Ha ha ha ha ha ha! That was funny.",
    ],
)
def test_people_may_repeat_themselves(text):
    assert doubt(whole(text), speaking=0.0) is None


def test_half_a_reply_for_long_speech_is_noticed_and_silence_in_the_clip_is_no_speech():
    assert doubt(whole(PLAIN), speaking=25.0) == "stops early"
    assert doubt(whole(PLAIN), speaking=8.0) is None
    assert doubt(whole(""), speaking=2.0) is None
    assert is_short(whole(""), speaking=5.0)


@pytest.mark.parametrize(
    "text",
    [
        "Sure, here is a summary of what you asked for.",
        "Certainly! I can help with that.",
        "As an AI language model, I cannot listen to audio.",
        "I'm sorry, but I can't transcribe this recording.",
        "Please provide the audio that you would like me to transcribe.",
        "I cannot hear the audio.",
    ],
)
def test_answering_instead_of_transcribing_is_noticed(text):
    assert doubt(whole(text), speaking=0.0) == "answers instead"


@pytest.mark.parametrize(
    "text",
    [
        "Sure, we can meet on Monday.",
        "I'm sorry, I can't come to the meeting.",
        "Please provide the report before Thursday.",
        "Of course the old clock is behind the door.",
    ],
)
def test_polite_people_are_not_taken_for_machines(text):
    assert doubt(whole(text), speaking=0.0) is None
    assert cleaned(text) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Sure, here is the transcription: Good morning.", "Good morning."),
        ("Here's the transcript of the audio:\n\nGood morning.", "Good morning."),
        ("The transcription is: Good morning.", "Good morning."),
        ("Transcription: Good morning.", "Good morning."),
        ("The audio says: \u201cGood morning.\u201d", "Good morning."),
        ('"Good morning."', "Good morning."),
        ("<think>\nThe user wants text.\n</think>\n\nGood morning.", "Good morning."),
        ("<think> It never ends", ""),
        ("  Good morning. ", "Good morning."),
    ],
)
def test_what_is_wrapped_around_the_transcript_is_taken_off(text, said):
    assert cleaned(text) == said


@pytest.mark.parametrize(
    "text",
    [
        '"Come in," she said, "and sit down."',
        "The recording is on the table.",
        "Here is the plan: first we eat.",
        "The transcription is",
        "He said: the transcription is wrong.",
        '"',
        "",
    ],
)
def test_what_was_said_stays(text):
    assert cleaned(text) == text


def test_a_refrain_is_said_once():
    text = "We begin here." + " and so on" * 40

    assert without_refrain(text) == "We begin here. and so on"
    assert without_refrain(PLAIN) == PLAIN


def test_words_stand_between_blanks():
    assert word_count(" On  March 14,\nwe left. ") == 5
