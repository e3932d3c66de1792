"""One model's words with another's times, and no time that nobody heard."""

from collections.abc import Sequence

import numpy as np
import pytest
from speech_data import long_speech, recording, wordless

from transcriber import pipeline, speech
from transcriber.aligned import AlignedRecognizer
from transcriber.catalogue import MODEL_CONFIGS
from transcriber.errors import UnsupportedOptionError
from transcriber.options import SAMPLE_RATE, TranscribeOptions
from transcriber.recognizer import Clip, Recognition

MUSEUM = recording("museum.flac")


class Writer:
    """Writes what it is told to, and tells no times."""

    spec = MODEL_CONFIGS["canary"]
    device = "CPU"
    memory_bytes = 5
    notes = ("It is slow here.",)
    identity = "a writer"
    clips_at_once = 3

    def __init__(self, text: str) -> None:
        self.text, self.closed = text, False

    def recognize(self, clips: Sequence[Clip], options: TranscribeOptions) -> list[Recognition]:
        return [Recognition(self.text, ()) for _ in clips]

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def museum() -> Writer:
    return Writer(MUSEUM.text)


def test_what_one_wrote_stands_when_the_other_heard_it(museum, recognizer):
    transcript = pipeline.transcribe(MUSEUM.path, AlignedRecognizer(museum, recognizer))

    assert transcript.text == MUSEUM.text
    assert transcript.timing == "words"
    assert (transcript.model, transcript.language) == ("canary", "en")
    for word, true in zip(transcript.words, MUSEUM.words, strict=True):
        assert word.timing == "heard"
        assert word.start == pytest.approx(true.start, abs=0.15)


def test_a_model_alone_that_tells_no_times_gives_the_clips_times_and_no_words(museum):
    transcript = pipeline.transcribe(MUSEUM.path, museum)

    assert transcript.text == MUSEUM.text
    assert transcript.words == ()
    assert transcript.timing == "clips"
    assert (transcript.segments[0].start, transcript.segments[0].end) == (0, pytest.approx(MUSEUM.duration, abs=0.01))


def test_proof_keeps_what_the_second_model_heard_and_doubts_it(recognizer):
    writer = Writer(MUSEUM.text.replace("Helen", "Ellen"))

    transcript = pipeline.transcribe(MUSEUM.path, AlignedRecognizer(writer, recognizer), TranscribeOptions(proof=True))

    read = {word.text: word.reading for word in transcript.words if word.reading}
    confidence = {word.text: word.confidence for word in transcript.words}
    assert {text: reading.text for text, reading in read.items()} == {"Ellen.": "Helen."}
    assert confidence["Ellen."] < 0.5 <= confidence["museum,"]


def test_without_proof_there_is_no_second_reading(recognizer):
    writer = Writer(MUSEUM.text.replace("Helen", "Ellen"))

    transcript = pipeline.transcribe(MUSEUM.path, AlignedRecognizer(writer, recognizer))

    assert all(word.reading is None for word in transcript.words)


def test_proof_with_one_model_is_refused_before_anything_is_decoded(recognizer, tmp_path):
    with pytest.raises(UnsupportedOptionError, match="needs a second model"):
        pipeline.transcribe(tmp_path / "not there.wav", recognizer, TranscribeOptions(proof=True))


def test_where_only_the_writer_heard_something_it_has_the_times_of_the_clip(recognizer):
    transcript = pipeline.transcribe(wordless()[0].path, AlignedRecognizer(Writer("Something."), recognizer))

    assert [segment.text for segment in transcript.segments] == ["Something."]
    assert transcript.words == ()


def test_closing_closes_both_and_the_notes_are_of_both():
    writer, timer = Writer(""), Writer("")

    assert AlignedRecognizer(writer, timer).notes == ("It is slow here.",) * 2

    AlignedRecognizer(writer, timer).close()

    assert writer.closed
    assert timer.closed


def test_both_decide_the_words_and_the_slower_one_how_many_clips_to_bring(museum, recognizer):
    aligned = AlignedRecognizer(museum, recognizer)

    assert aligned.identity == f"a writer {recognizer.identity}"
    assert aligned.clips_at_once == museum.clips_at_once == 3


def test_speech_is_told_from_everything_else():
    spoken = [each for each in MUSEUM.words if each.start is not None]

    spans = speech.spans(MUSEUM.samples())

    assert spans[0][0] == pytest.approx(spoken[0].start, abs=0.15)
    assert spans[-1][1] == pytest.approx(spoken[-1].end, abs=0.25)
    assert all(speech.spans(one.samples()) == [] for one in wordless())


def test_pauses_lie_between_the_spans():
    one = long_speech()

    spans = speech.spans(one.samples()[: 30 * SAMPLE_RATE])

    assert len(spans) > 4
    assert all(end <= start for (_, end), (start, _) in zip(spans, spans[1:], strict=False))


def test_listening_for_speech_leaves_torch_its_threads(nemo):
    import torch

    threads = torch.get_num_threads()

    speech.spans(np.zeros(SAMPLE_RATE, np.float32))

    assert torch.get_num_threads() == threads
