"""From a file to a transcript and from there to files: nothing lost at a seam, nothing half-written."""

import json
from collections.abc import Sequence
from pathlib import Path

import jiwer
import numpy as np
import pytest
import soundfile
from speech_data import long_speech, recording, sample

from transcriber import media, pipeline
from transcriber.catalogue import MODEL_CONFIGS
from transcriber.errors import (
    ClipFailedError,
    InvalidOptionError,
    MediaNotFoundError,
    NotWritableError,
    TranscriptionCancelledError,
    UnknownFormatError,
    UnreadableMediaError,
)
from transcriber.options import SAMPLE_RATE, TranscribeOptions
from transcriber.pipeline import Done, Failed
from transcriber.progress import Progress
from transcriber.recognizer import Clip, Recognition
from transcriber.transcript import Segment, Transcript, Word


class Listener:
    """A recognizer that keeps what it is given and says one word in the middle of every clip."""

    spec = MODEL_CONFIGS["demo"]
    device = "CPU"
    memory_bytes = 1
    notes = ()

    def __init__(self) -> None:
        self.clips: list[Clip] = []

    def recognize(self, clips: Sequence[Clip], options: TranscribeOptions) -> list[Recognition]:
        self.clips += clips
        middles = [clip.start + clip.duration / 2 for clip in clips]
        return [Recognition("word", (Word("word", middle, middle),)) for middle in middles]


@pytest.fixture
def listener() -> Listener:
    return Listener()


def write(path: Path, samples: np.ndarray, rate: int = SAMPLE_RATE) -> Path:
    soundfile.write(path, samples, rate)
    return path


def plain(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum() or letter in " ':")


def test_the_sample_is_heard_to_the_letter(recognizer):
    transcript = pipeline.transcribe(sample().path, recognizer)

    assert transcript.text == sample().text
    assert transcript.duration == pytest.approx(sample().duration, abs=0.01)
    assert (transcript.model, transcript.language) == ("demo", "en")


def test_cutting_a_long_recording_loses_no_word_and_moves_none(recognizer):
    one = long_speech()
    clips = []

    transcript = pipeline.transcribe(one.path, recognizer, on_progress=clips.append)

    assert len(clips) > 3, "it was not cut"
    assert jiwer.wer(plain(one.text), plain(transcript.text)) < 0.02
    assert abs(len(transcript.words) - len(one.words)) <= 1
    times = {(word.text, round(word.start, 1)) for word in transcript.words}
    found = [
        any((word.text, round(word.start + shift / 10, 1)) in times for shift in (-1, 0, 1))
        for word in one.words
        if word.start is not None
    ]
    assert sum(found) / len(found) > 0.97


def test_hearing_in_clips_is_as_good_as_hearing_in_one(recognizer):
    one = long_speech()
    whole = TranscribeOptions(clip_seconds=80, max_clip_seconds=80)
    cut = TranscribeOptions(clip_seconds=12, max_clip_seconds=20)

    errors = [
        jiwer.wer(plain(one.text), plain(pipeline.transcribe(one.path, recognizer, options).text))
        for options in (whole, cut)
    ]

    assert errors[1] <= errors[0] + 0.01


def test_every_sample_reaches_the_model_once_and_in_order(listener, tmp_path):
    samples = (np.arange(100 * SAMPLE_RATE) % 30_000 / 32_768).astype(np.float32)
    path = write(tmp_path / "count.wav", samples)

    pipeline.transcribe(path, listener)

    heard = np.concatenate([clip.samples for clip in listener.clips])
    assert len(listener.clips) >= 3
    assert all(clip.duration <= 40 for clip in listener.clips)
    np.testing.assert_allclose(heard, samples, atol=1e-4)
    starts = np.cumsum([0, *(clip.duration for clip in listener.clips[:-1])])
    np.testing.assert_allclose([clip.start for clip in listener.clips], starts, atol=1e-6)


def test_a_model_that_takes_only_short_clips_gets_no_longer_ones(listener, tmp_path):
    path = write(tmp_path / "noise.wav", np.random.default_rng(0).normal(0, 0.1, 60 * SAMPLE_RATE))
    options = TranscribeOptions(clip_seconds=10, max_clip_seconds=12)

    pipeline.transcribe(path, listener, options)

    assert max(clip.duration for clip in listener.clips) <= 12


def test_progress_grows_from_nothing_to_the_whole(listener, tmp_path):
    path = write(tmp_path / "silence.wav", np.zeros(100 * SAMPLE_RATE))
    told: list[Progress] = []

    pipeline.transcribe(path, listener, on_progress=told.append)

    fractions = [progress.fraction for progress in told]
    assert fractions[0] == 0
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert {(progress.stage, progress.subject) for progress in told} == {("recognizing", "silence.wav")}


def test_cancelling_stops_before_the_next_clip_and_closes_the_file(listener, tmp_path, locks):
    path = write(tmp_path / "silence.wav", np.zeros(100 * SAMPLE_RATE))

    def cancel(progress: Progress) -> None:
        if progress.done > 0:
            raise TranscriptionCancelledError(path.name)

    with pytest.raises(TranscriptionCancelledError, match=r"silence\.wav was cancelled"):
        pipeline.transcribe(path, listener, on_progress=cancel)

    assert len(listener.clips) == 1
    path.unlink()
    assert not locks.violations


def test_without_word_times_there_are_sentences_with_times_but_no_words(recognizer):
    transcript = pipeline.transcribe(sample().path, recognizer, TranscribeOptions(word_times=False))

    assert transcript.words == ()
    assert transcript.text == sample().text
    assert all(segment.start < segment.end for segment in transcript.segments)


def test_a_stream_that_is_not_there_is_said_so(recognizer):
    with pytest.raises(InvalidOptionError, match="has 1 of them"):
        pipeline.transcribe(sample().path, recognizer, TranscribeOptions(audio_stream=3))


def test_one_bad_file_does_not_stop_the_others(recognizer, tmp_path):
    bad = tmp_path / "text.wav"
    bad.write_text("hello", encoding="utf-8")
    missing = tmp_path / "missing.wav"
    good = recording("museum.flac").path

    outcomes = list(pipeline.transcribe_each([bad, missing, good], recognizer))

    match outcomes:
        case [Failed(error=UnreadableMediaError()), Failed(error=MediaNotFoundError()), Done() as done]:
            assert done.transcript.text == recording("museum.flac").text
            assert done.times_real_time > 0
            assert done.device == "CPU"
        case _:
            pytest.fail(str(outcomes))


def test_a_model_that_fails_on_one_file_does_not_take_the_next_with_it(listener, monkeypatch):
    real = listener.recognize

    def fail_first(clips: Sequence[Clip], options: TranscribeOptions) -> list[Recognition]:
        if not listener.clips:
            listener.clips += clips
            raise ClipFailedError(0.0, 1.0, "lost")
        return real(clips, options)

    monkeypatch.setattr(listener, "recognize", fail_first)
    path = recording("museum.flac").path

    outcomes = list(pipeline.transcribe_each([path, path], listener))

    assert [type(outcome) for outcome in outcomes] == [Failed, Done]


def test_cancelling_stops_the_whole_batch(listener):
    def cancel(_: Progress) -> None:
        raise TranscriptionCancelledError("anything")

    outcomes = list(pipeline.transcribe_each([sample().path] * 3, listener, on_progress=cancel))

    assert len(outcomes) == 1
    assert isinstance(outcomes[0].error, TranscriptionCancelledError)


TRANSCRIPT = Transcript(
    (Segment("Grüße — 你好.", 0.0, 1.0, (Word("Grüße", 0.0, 0.4), Word("你好.", 0.5, 1.0))),), 2.0, "demo"
)


def test_files_are_named_after_the_recording_and_hold_the_transcript(tmp_path, locks):
    folder = tmp_path / "new" / "out"

    paths = pipeline.save(TRANSCRIPT, Path("/far/away/it's a tälk.v2.mp4"), folder, ["txt", "srt", "json"])

    assert [path.name for path in paths] == ["it's a tälk.v2.txt", "it's a tälk.v2.srt", "it's a tälk.v2.json"]
    assert "Grüße — 你好." in paths[0].read_text(encoding="utf-8")
    assert json.loads(paths[2].read_text(encoding="utf-8"))["segments"][0]["words"][1]["text"] == "你好."
    assert sorted(folder.iterdir()) == sorted(paths)
    assert not locks.violations


def test_an_earlier_result_is_never_overwritten(tmp_path):
    first = pipeline.save(TRANSCRIPT, Path("talk.wav"), tmp_path, ["txt"])
    first[0].write_text("corrected by hand", encoding="utf-8")

    second = pipeline.save(TRANSCRIPT, Path("talk.mp4"), tmp_path, ["txt", "srt"])

    assert first[0].read_text(encoding="utf-8") == "corrected by hand"
    assert [path.name for path in second] == ["talk (2).txt", "talk (2).srt"]


def test_an_unknown_format_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(UnknownFormatError, match="txt, srt, json"):
        pipeline.save(TRANSCRIPT, Path("talk.wav"), tmp_path, ["txt", "docx"])

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(NotWritableError, match="file"):
        pipeline.save(TRANSCRIPT, Path("talk.wav"), tmp_path / "file" / "out", ["txt"])


def test_memory_does_not_grow_with_the_recording(listener, monkeypatch):
    """An hour decoded in blocks: never more than two clips of it are kept."""
    kept = []

    def blocks(path: Path, audio_stream: int):
        for _ in range(720):
            yield np.zeros(5 * SAMPLE_RATE, np.float32)

    original = pipeline._Tape.cut

    def watched(tape: pipeline._Tape, start: float, end: float) -> Clip:
        kept.append(sum(map(len, tape._kept)) / SAMPLE_RATE)
        return original(tape, start, end)

    monkeypatch.setattr(media, "decode", blocks)
    monkeypatch.setattr(media, "streams", lambda path: ())
    monkeypatch.setattr(pipeline._Tape, "cut", watched)
    monkeypatch.setattr(listener, "recognize", lambda clips, options: [Recognition("", ())])

    transcript = pipeline.transcribe(Path("hour.wav"), listener)

    assert transcript.duration == 3600
    assert max(kept) < 90


def test_the_pipeline_never_moves_the_working_directory(recognizer):
    before, seen = Path.cwd(), []

    pipeline.transcribe(sample().path, recognizer, on_progress=lambda _: seen.append(Path.cwd()))

    assert set(seen) == {before}
