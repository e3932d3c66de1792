"""Chunk by chunk: in groups, kept before it is shown, going on where it stopped, and looked at twice."""

import tracemalloc
from collections.abc import Generator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from speech_data import long_speech, recording, wordless

from transcriber import listening
from transcriber.catalogue import MODEL_CONFIGS
from transcriber.errors import ClipFailedError, DiskFullError
from transcriber.options import SAMPLE_RATE, TranscribeOptions
from transcriber.recognizer import Clip, Recognition
from transcriber.record import Heard, Kept
from transcriber.transcript import Span, Word

SHORT = TranscribeOptions(clip_seconds=9, max_clip_seconds=12)


class Model:
    """A recognizer that keeps what it is asked, and says a word every second of every clip."""

    spec = MODEL_CONFIGS["demo"]
    device = "CPU"
    memory_bytes = 1
    notes = ()
    identity = "listener"
    clips_at_once = 2

    def __init__(self) -> None:
        self.asked: list[list[Clip]] = []

    def recognize(self, clips: Sequence[Clip], options: TranscribeOptions) -> list[Recognition]:
        self.asked.append(list(clips))
        return [self.said(clip) for clip in clips]

    def said(self, clip: Clip) -> Recognition:
        starts = np.arange(np.ceil(clip.start), clip.start + clip.duration - 0.6)
        words = tuple(Word(f"w{start:.0f}", float(start), float(start) + 0.6, 0.9) for start in starts)
        return Recognition(" ".join(word.text for word in words), words)


class Deaf(Model):
    """Hears nothing in the clips that it is given first, and all that is there when it is asked again."""

    def said(self, clip: Clip) -> Recognition:
        return super().said(clip) if len(self.asked) > 1 else Recognition("", ())


class Unsure(Model):
    """Hears wrong, and knows it, in every clip but short ones."""

    def said(self, clip: Clip) -> Recognition:
        right = super().said(clip)
        if clip.duration < 5:
            return right
        words = tuple(replace(word, text="what", confidence=0.1) for word in right.words)
        return Recognition("what", words)


def blocks(samples: np.ndarray, closed: list[bool] | None = None) -> Generator[np.ndarray, None, None]:
    try:
        for begin in range(0, len(samples), 12_345):
            yield samples[begin : begin + 12_345]
    finally:
        (closed if closed is not None else []).append(True)


def speech() -> np.ndarray:
    return long_speech().samples()


def hear(
    sound: Generator[np.ndarray, None, None], model: Model, record: Kept, track: int = 0, speaker: str | None = None
):
    return listening.Listener(model, SHORT).hear(sound, record, track, speaker)


def everything(model: Model, record: Kept, sound: np.ndarray | None = None) -> list[Heard]:
    groups = hear(blocks(speech() if sound is None else sound), model, record)
    return [heard for group in groups for heard in group]


def test_chunks_cover_the_recording_and_come_in_groups():
    model = Model()

    heard = everything(model, Kept())

    assert heard[0].start == 0
    assert all(one.end == other.start for one, other in pairwise(heard))
    assert heard[-1].end == pytest.approx(len(speech()) / SAMPLE_RATE)
    assert {len(clips) for clips in model.asked[:-1]} == {2}


def test_clips_hold_the_sound_of_their_own_place():
    model, sound = Model(), speech()

    everything(model, Kept(), sound)

    for clip in (clip for clips in model.asked for clip in clips):
        first = round(clip.start * SAMPLE_RATE)
        np.testing.assert_array_equal(clip.samples, sound[first : first + len(clip.samples)])


def test_no_clip_is_longer_than_the_model_takes():
    model = Deaf()

    everything(model, Kept())

    assert max(clip.duration for clips in model.asked for clip in clips) <= 12


def test_what_is_heard_is_kept_before_it_is_given_away():
    record = Kept()

    for group in hear(blocks(speech()), Model(), record):
        assert record.heard[-len(group) :] == tuple(group)


@pytest.mark.parametrize("chunks", [2, 4, 6])
def test_work_that_goes_on_hears_the_rest_and_nothing_twice(chunks):
    undisturbed, rest, record = Model(), Model(), Kept()
    whole = everything(undisturbed, Kept())
    record.add(whole[:chunks])

    resumed = everything(rest, record)

    assert resumed == whole
    assert list(record.heard) == whole
    first = min(clip.start for clips in rest.asked for clip in clips)
    assert first == whole[chunks].context_start


def test_of_several_tracks_each_goes_on_where_it_stopped():
    record = Kept()
    whole = everything(Model(), Kept())
    record.add(whole)
    model = Model()

    groups = list(hear(blocks(speech()), model, record, track=1, speaker="Anna"))

    assert model.asked, "the other track's chunks were taken for its own"
    assert {(heard.track, heard.speaker) for group in groups for heard in group} == {(1, "Anna")}


def test_speech_without_words_is_looked_at_again():
    model = Deaf()
    museum = recording("museum.flac").samples()

    (heard,) = everything(model, Kept(), museum)

    assert len(model.asked) > 1
    assert [word.text for word in heard.words][-2:] == ["w1", "w2"]
    assert heard.unheard == ()


def test_what_the_model_was_not_sure_of_is_looked_at_alone():
    model = Unsure()

    heard = everything(model, Kept())

    found = [word.text for each in heard for word in each.words]
    assert found.count("what") < len(found) / 2
    assert min(clip.duration for clips in model.asked for clip in clips) < 5


def test_speech_that_stays_without_words_is_said_so(monkeypatch):
    model = Model()
    monkeypatch.setattr(model, "said", lambda clip: Recognition("", ()))
    museum = recording("museum.flac")

    (heard,) = everything(model, Kept(), museum.samples())

    assert len(model.asked) > 1
    assert sum(span.duration for span in heard.unheard) > museum.duration / 2
    assert heard.words == ()


def test_words_where_nobody_speaks_are_dropped_when_the_model_was_not_sure(monkeypatch):
    def doubtful(clip: Clip) -> Recognition:
        middle = clip.start + clip.duration / 2
        return Recognition("cup", (Word("cup", middle, middle + 0.2, 0.1),))

    for sound in wordless():
        model = Model()
        monkeypatch.setattr(model, "said", doubtful)

        (heard,) = everything(model, Kept(), sound.samples())

        assert (heard.words, heard.dropped_words, heard.unheard) == ((), 1, ()), sound.path.name


def test_text_without_times_is_not_looked_at_again_and_never_heard_twice(monkeypatch):
    model = Model()
    monkeypatch.setattr(model, "spec", MODEL_CONFIGS["canary"])
    monkeypatch.setattr(model, "said", lambda clip: Recognition("some text", ()))

    heard = everything(model, Kept())

    assert sum(len(clips) for clips in model.asked) == len(heard)
    assert all((each.start, each.end) == (each.context_start, each.context_end) for each in heard)


class Full(Kept):
    def add(self, heard: Sequence[Heard]) -> None:
        raise DiskFullError("jobs", 0, 0)


@pytest.mark.parametrize("record", [Kept(), Full()])
def test_whatever_ends_the_work_the_file_is_closed(record, monkeypatch):
    closed: list[bool] = []
    model = Model()

    def fail(clips: Sequence[Clip], options: TranscribeOptions) -> list[Recognition]:
        raise ClipFailedError(0.0, 1.0, "lost")

    if not isinstance(record, Full):
        monkeypatch.setattr(model, "recognize", fail)

    with pytest.raises((ClipFailedError, DiskFullError)):
        list(hear(blocks(speech(), closed), model, record))

    assert closed == [True]


def test_what_fails_while_decoding_is_raised_after_what_was_decoded():
    def breaking() -> Generator[np.ndarray, None, None]:
        yield from blocks(speech()[: 40 * SAMPLE_RATE])
        raise ClipFailedError(40.0, 40.0, "the drive is gone")

    record = Kept()

    with pytest.raises(ClipFailedError, match="the drive is gone"):
        list(hear(breaking(), Model(), record))

    assert record.heard


class Forgetful(Model):
    """Does not keep what it is asked."""

    def recognize(self, clips: Sequence[Clip], options: TranscribeOptions) -> list[Recognition]:
        return [Recognition("", ()) for _ in clips]


def test_memory_does_not_grow_with_the_recording():
    def long_silence(minutes: int) -> Generator[np.ndarray, None, None]:
        for _ in range(minutes * 60):
            yield np.zeros(SAMPLE_RATE, np.float32)

    def peak(minutes: int) -> int:
        tracemalloc.start()
        for _ in hear(long_silence(minutes), Forgetful(), Kept()):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    short = peak(3)

    assert peak(12) < short + 1_000_000, "of 35 MB"


def test_the_margin_is_there_on_both_sides_of_a_chunk():
    takes = list(listening.Listener(Model(), SHORT)._takes(blocks(speech())))

    for take in takes[1:-1]:
        reach, chunk = take.reach, take.chunk
        assert reach.start <= max(0, chunk.context_start - listening.MARGIN) + 0.001
        assert reach.end >= min(len(speech()) / SAMPLE_RATE, chunk.context_end + listening.MARGIN) - 0.001
        assert take.clip(Span(chunk.start, chunk.end)).duration == pytest.approx(chunk.end - chunk.start, abs=0.001)
