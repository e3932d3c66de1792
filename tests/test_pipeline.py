"""From a file to a transcript and from there to files: nothing lost at a seam, nothing half-written."""

import os
from collections.abc import Sequence
from pathlib import Path

import jiwer
import numpy as np
import pytest
import soundfile
from speech_data import long_speech, recording, sample

from transcriber import jobs, pipeline
from transcriber.catalogue import MODEL_CONFIGS
from transcriber.errors import (
    ClipFailedError,
    InvalidOptionError,
    MediaNotFoundError,
    TranscriptionCancelledError,
    UnreadableMediaError,
)
from transcriber.options import SAMPLE_RATE, TranscribeOptions
from transcriber.pipeline import Done, Failed, Keeping
from transcriber.progress import Progress, ignore
from transcriber.recognizer import Clip, Recognition
from transcriber.transcript import Segment, Word


class Listener:
    """A recognizer that keeps what it is given and says one word in the middle of every clip."""

    spec = MODEL_CONFIGS["demo"]
    device = "CPU"
    memory_bytes = 1
    notes = ()
    identity = "listener"
    clips_at_once = 1

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


def test_the_pipeline_never_moves_the_working_directory(recognizer):
    before, seen = Path.cwd(), []

    pipeline.transcribe(sample().path, recognizer, on_progress=lambda _: seen.append(Path.cwd()))

    assert set(seen) == {before}


# --- work that is kept -----------------------------------------------------------------------------------------------

SHORT = TranscribeOptions(clip_seconds=9, max_clip_seconds=12)


class StopAfter:
    """Cancels at the report after which so many seconds are done."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.heard = seconds, list[Segment]()

    def __call__(self, progress: Progress) -> None:
        self.heard += progress.heard
        if progress.done >= self.seconds:
            raise TranscriptionCancelledError(progress.subject)


@pytest.fixture
def keeping(tmp_path) -> Keeping:
    return Keeping(jobs.Store(tmp_path / "jobs"), "demo")


def outcome(recognizer, on_progress=ignore, keeping: Keeping | None = None, options: TranscribeOptions = SHORT):
    (only,) = pipeline.transcribe_each([long_speech().path], recognizer, options, on_progress, keeping)
    return only


def test_the_transcript_grows_to_what_it_is_in_the_end(recognizer):
    told: list[Progress] = []

    done = outcome(recognizer, told.append)

    assert " ".join(segment.text for progress in told for segment in progress.heard) == done.transcript.text
    assert sum(1 for progress in told if progress.heard) > 3


@pytest.mark.parametrize("seconds", [1, 30, 60])
def test_cancelling_keeps_what_is_done_and_going_on_gives_the_same_transcript(recognizer, keeping, seconds):
    whole = outcome(recognizer, keeping=None)

    stopped = outcome(recognizer, StopAfter(seconds), keeping)
    (unfinished,) = keeping.store.list()
    finished = outcome(recognizer, keeping=keeping)

    assert isinstance(stopped.error, TranscriptionCancelledError)
    assert stopped.so_far.duration >= seconds
    assert whole.transcript.text.startswith(stopped.so_far.text[:40])
    assert (unfinished.state, unfinished.id) == ("unfinished", stopped.job)
    assert finished.job == stopped.job
    assert finished.transcript == whole.transcript
    assert [summary.state for summary in keeping.store.list()] == ["finished"]


def test_without_a_store_what_was_heard_is_given_all_the_same(recognizer):
    stopped = outcome(recognizer, StopAfter(30))

    assert stopped.so_far.words
    assert stopped.job is None


def test_other_options_start_anew_and_say_why(recognizer, keeping):
    outcome(recognizer, StopAfter(30), keeping)

    done = outcome(recognizer, keeping=keeping, options=TranscribeOptions())

    assert done.anew_because.startswith("pauses.opus was begun with other options (clip_seconds")
    assert done.transcript == outcome(recognizer, options=TranscribeOptions()).transcript


def test_why_a_job_stopped_is_written_in_it(listener, keeping, monkeypatch):
    def fail(clips: Sequence[Clip], options: TranscribeOptions) -> list[Recognition]:
        if listener.clips:
            raise ClipFailedError(9.0, 18.0, "lost")
        listener.clips += clips
        return [Recognition("", ())]

    monkeypatch.setattr(listener, "recognize", fail)

    failed = outcome(listener, keeping=keeping)

    (summary,) = keeping.store.list()
    assert isinstance(failed.error, ClipFailedError)
    assert summary.reason == str(failed.error)


def test_time_left_is_told_from_the_first_chunk_on(listener, tmp_path):
    path = write(tmp_path / "silence.wav", np.zeros(100 * SAMPLE_RATE))
    told: list[Progress] = []

    pipeline.transcribe(path, listener, SHORT, told.append)

    assert told[0].seconds_left is None
    assert all(progress.seconds_left is not None and progress.times_real_time for progress in told[1:])
    assert told[-1].seconds_left == 0


def test_each_track_is_transcribed_and_its_words_say_whose_they_are(recognizer, tmp_path):
    museum, bridge = recording("museum.flac"), recording("bridge.flac")
    longest = max(len(museum.samples()), len(bridge.samples()))
    channels = [np.pad(one.samples(), (0, longest - len(one.samples()))) for one in (museum, bridge)]
    path = write(tmp_path / "interview.wav", np.stack(channels, axis=1))
    told: list[Progress] = []

    transcript = pipeline.transcribe(path, recognizer, TranscribeOptions(channels="split"), told.append)

    said = {speaker: " ".join(each.text for each in transcript.segments if each.speaker == speaker)
            for speaker in ("Track 1", "Track 2")}  # fmt: skip
    assert said == {"Track 1": museum.text, "Track 2": bridge.text}
    assert told[-1].done == pytest.approx(2 * longest / SAMPLE_RATE, abs=0.1)
    assert [progress.fraction for progress in told] == sorted(progress.fraction for progress in told)


def test_a_recording_that_is_cut_off_while_it_is_read_is_said_so_and_gone_on_with(recognizer, keeping, tmp_path):
    path = write(tmp_path / "talk.wav", long_speech().samples())
    whole, known = path.read_bytes(), path.stat()

    def cut_off(progress: Progress) -> None:
        if progress.done == 0:
            os.truncate(path, known.st_size // 2)

    (failed,) = pipeline.transcribe_each([path], recognizer, SHORT, cut_off, keeping)
    path.write_bytes(whole)
    os.utime(path, ns=(known.st_atime_ns, known.st_mtime_ns))
    (done,) = pipeline.transcribe_each([path], recognizer, SHORT, ignore, keeping)

    assert "talk.wav cannot be read as audio or video: it was changed while it was read" in str(failed.error)
    assert done.job == failed.job
    assert done.transcript.text == pipeline.transcribe(path, recognizer, SHORT).text
