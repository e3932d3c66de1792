"""The model is called directly, and gives what NeMo's own `transcribe` gives, from any thread, at any length."""

import copy
import math
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tiny_models
from speech_data import long_speech, recording, short_speech, wordless

from transcriber import loading
from transcriber.catalogue import MODEL_CONFIGS, find
from transcriber.errors import ClipFailedError, MemoryExhaustedError, ModelUnloadedError, UnsupportedOptionError
from transcriber.loading import LoadSettings
from transcriber.options import SAMPLE_RATE, TranscribeOptions
from transcriber.recognizer import Clip, Recognition, Recognizer

OPTIONS = TranscribeOptions()


def hear(recognizer: Recognizer, samples: np.ndarray, start: float = 0.0) -> Recognition:
    return recognizer.recognize([Clip(samples, start)], OPTIONS)[0]


@pytest.fixture(scope="module")
def plain(nemo, demo_path):
    """The demo model as NeMo itself restores it."""
    from nemo.collections.asr.models import EncDecRNNTBPEModel

    return EncDecRNNTBPEModel.restore_from(str(demo_path), map_location="cpu")


@pytest.fixture
def own(recognizer):
    """A recognizer whose model may be broken."""
    spoilt = copy.copy(recognizer)
    spoilt._model = copy.copy(recognizer._model)
    return spoilt


def test_words_and_times_are_those_of_nemos_own_transcribe(recognizer, plain):
    clips = [one.samples() for one in [*short_speech(), *wordless()] if one.duration >= 1]

    expected = plain.transcribe(clips, timestamps=True, batch_size=1, num_workers=0, verbose=False)

    assert len(clips) > 8
    for samples, hypothesis in zip(clips, expected, strict=True):
        heard = hear(recognizer, samples)
        assert heard.text == hypothesis.text
        times = [(word.text, word.start, word.end) for word in heard.words]
        limit = len(samples) / SAMPLE_RATE
        entries = hypothesis.timestamp["word"]
        assert times == [(each["word"], each["start"], min(each["end"], limit)) for each in entries]


def test_several_clips_at_once_are_heard_as_each_alone(recognizer):
    clips = [Clip(one.samples(), 10.0 * place) for place, one in enumerate(short_speech())]

    together = recognizer.recognize(clips, OPTIONS)

    for clip, heard in zip(clips, together, strict=True):
        by_itself = hear(recognizer, clip.samples, clip.start)
        assert heard.text == by_itself.text
        assert [(word.start, word.end) for word in heard.words] == [(word.start, word.end) for word in by_itself.words]
        assert clip.start <= heard.words[0].start < clip.start + 1


def test_a_batch_that_does_not_fit_is_heard_in_smaller_ones(own, monkeypatch):
    clips = [Clip(one.samples(), 10.0 * place) for place, one in enumerate(short_speech())]
    expected = [hear(own, clip.samples, clip.start).text for clip in clips]
    sizes = []
    whole = own._model.forward

    def cramped(input_signal, input_signal_length):
        sizes.append(len(input_signal))
        if len(input_signal) > 2:
            raise RuntimeError("CUDA out of memory. Tried to allocate 9 bytes.")
        return whole(input_signal=input_signal, input_signal_length=input_signal_length)

    monkeypatch.setattr(own._model, "forward", cramped)
    heard = own.recognize(clips, OPTIONS)

    assert sizes[0] > 2
    assert [each.text for each in heard] == expected


def test_what_decides_the_words_is_known_and_so_is_how_many_clips_to_bring(recognizer):
    assert recognizer.identity.endswith("torch.float32")
    assert recognizer.clips_at_once == 1


def test_words_start_when_they_were_spoken(recognizer):
    errors = []
    for one in short_speech():
        heard = hear(recognizer, one.samples())
        if [word.text for word in heard.words] == [word.text for word in one.words]:
            errors += [
                abs(word.start - true.start)
                for word, true in zip(heard.words, one.words, strict=True)
                if true.start is not None
            ]

    assert len(errors) > 30
    assert np.median(errors) <= 0.030
    assert np.percentile(errors, 95) <= 0.080


def test_confidence_lies_between_zero_and_one_and_is_not_the_same_for_every_word(recognizer):
    known = [word.confidence for word in hear(recognizer, recording("history.flac").samples()).words]

    assert all(0 <= each <= 1 for each in known)
    assert len(set(known)) > 5


@pytest.mark.parametrize("one", wordless(), ids=lambda one: one.path.stem)
def test_what_is_not_speech_gives_no_words(recognizer, one):
    assert hear(recognizer, one.samples()) == Recognition("", ())


@pytest.mark.parametrize("count", [0, 1, 10, 160, 1600])
def test_a_moment_of_sound_is_no_error(recognizer, count):
    assert hear(recognizer, np.full(count, 0.1, np.float32)).words == ()


def test_a_clip_under_a_second_keeps_its_true_times(recognizer):
    samples = recording("museum.flac").samples()
    true = recording("museum.flac").words
    begin = true[0].start - 0.1
    short = samples[int(begin * SAMPLE_RATE) : int((begin + 0.95) * SAMPLE_RATE)]

    heard = hear(recognizer, short, start=begin)

    assert len(short) < SAMPLE_RATE
    assert heard.words[0].text.rstrip(",.") == "Welcome"
    assert heard.words[0].start == pytest.approx(true[0].start, abs=0.1)
    assert all(word.end <= begin + 0.95 + 1e-9 for word in heard.words)


def test_eight_threads_at_once_get_every_text_right(recognizer):
    clips = [one.samples() for one in short_speech()] * 4
    alone = [hear(recognizer, samples).text for samples in clips]
    statistics = {name: tensor.clone() for name, tensor in recognizer._model.named_buffers()}

    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda samples: hear(recognizer, samples).text, clips))

    assert together == alone
    assert all(tensor.equal(statistics[name]) for name, tensor in recognizer._model.named_buffers())


def test_a_model_left_in_training_mode_is_put_right(recognizer):
    samples = recording("museum.flac").samples()
    before = hear(recognizer, samples)

    recognizer._model.encoder.train()

    assert hear(recognizer, samples) == before
    assert not recognizer._model.encoder.training


def test_the_noise_of_training_is_off_so_the_same_clip_gives_the_same_words(recognizer):
    assert recognizer._model.preprocessor.featurizer.dither == 0.0
    samples = long_speech().samples()[: 20 * SAMPLE_RATE]

    assert hear(recognizer, samples) == hear(recognizer, samples)


def test_half_precision_behind_the_spectrogram_hears_the_same_text(nemo, monkeypatch):
    import torch

    from transcriber.nemo import device

    monkeypatch.setattr(device, "precision", lambda _: torch.bfloat16)
    halved = loading.load(MODEL_CONFIGS["demo"], LoadSettings(device="cpu"))

    heard = hear(halved, recording("museum.flac").samples())

    assert halved._model.encoder.layers[0].feed_forward1.linear1.weight.dtype == torch.bfloat16
    assert halved._model.preprocessor.featurizer.fb.dtype == torch.float32
    assert heard.text == recording("museum.flac").text


@pytest.fixture(scope="module")
def in_int8(nemo):
    loaded = loading.load(MODEL_CONFIGS["demo"], LoadSettings(device="cpu", precision="int8"))
    yield loaded
    loaded.close()


def test_eight_bits_are_enough_for_plain_speech_and_their_price_is_said(in_int8):
    right = [hear(in_int8, one.samples()).text == one.text for one in short_speech()]

    assert sum(right) >= len(right) - 1
    assert "8-bit" in in_int8.notes[0]


def test_eight_bits_are_eight_bits_and_no_other_choice_of_the_same_words(in_int8, recognizer):
    samples = recording("museum.flac").samples()
    confidences = [[word.confidence for word in hear(each, samples).words] for each in (in_int8, recognizer)]

    assert confidences[0] != confidences[1]
    assert in_int8.identity != recognizer.identity
    assert in_int8.identity.endswith(" int8")


def test_a_model_that_cannot_compute_in_eight_bits_says_so(nemo, tmp_path):
    path = tiny_models.build("ctc", tmp_path / "other.nemo", conv_norm_type="layer_norm")

    with pytest.raises(UnsupportedOptionError, match=r"other\.nemo does not support --precision int8: .*FastConformer"):
        loading.load(find(str(path)), LoadSettings(device="cpu", precision="int8"))


def test_cards_are_not_asked_for_eight_bits(nemo, monkeypatch, demo_path):
    import torch

    from transcriber.nemo import device, parakeet

    monkeypatch.setattr(device, "choose", lambda _: torch.device("cuda"))
    monkeypatch.setattr(device, "title", lambda _: "NVIDIA GeForce RTX 4060")

    with pytest.raises(UnsupportedOptionError, match=r"RTX 4060 does not support --precision int8: .*leave it out"):
        parakeet.load(MODEL_CONFIGS["demo"], demo_path, [], "auto", "int8")


def test_running_out_of_memory_is_said_as_such(own, monkeypatch):
    def explode(**_: object) -> None:
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")

    monkeypatch.setattr(own._model, "forward", explode)

    with pytest.raises(MemoryExhaustedError, match=r"recognizing 1 s of audio with demo.*can't allocate"):
        hear(own, np.zeros(SAMPLE_RATE, np.float32))


def test_a_failing_model_names_the_place_and_the_cause(own, monkeypatch):
    def explode(**_: object) -> None:
        raise ValueError("lost in the encoder")

    monkeypatch.setattr(own._model, "forward", explode)

    with pytest.raises(
        ClipFailedError, match=r"between 60\.0 s and 61\.0 s: ValueError: lost in the encoder"
    ) as failure:
        hear(own, np.zeros(SAMPLE_RATE, np.float32), start=60.0)

    assert isinstance(failure.value.__cause__, ValueError)


def test_cuda_graphs_that_fail_the_first_decode_are_given_up_and_it_is_said(own, monkeypatch):
    import torch

    from transcriber.nemo import parakeet

    tried = []

    def first_fails(model, clips, device):
        tried.append(device)
        if len(tried) == 1:
            raise RuntimeError("CUDA failure! 35")
        return []

    monkeypatch.setattr(parakeet, "_decode", first_fails)
    monkeypatch.setattr(own._model, "disable_cuda_graphs", lambda: True)

    (note,) = parakeet._without_failing_cuda_graphs(own._model, torch.device("cpu"))

    assert len(tried) == 2
    assert "CUDA failure! 35" in note
    assert "without them" in note


def test_a_closed_recognizer_says_so_and_closing_waits_for_work(nemo):
    short_lived = loading.load(MODEL_CONFIGS["demo"], LoadSettings(device="cpu"))
    samples = long_speech().samples()[: 10 * SAMPLE_RATE]
    results = []
    worker = threading.Thread(target=lambda: results.append(hear(short_lived, samples)))
    short_lived._lock.acquire()
    worker.start()
    short_lived._lock.release()
    worker.join()

    short_lived.close()
    short_lived.close()

    assert results[0].words
    with pytest.raises(ModelUnloadedError, match="demo"):
        hear(short_lived, samples)


def test_asking_for_cuda_where_there_is_none_says_what_to_do(nemo):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a card here")

    with pytest.raises(UnsupportedOptionError, match="--device cpu"):
        loading.load(MODEL_CONFIGS["demo"], LoadSettings(device="cuda"))


def test_the_device_and_the_memory_are_known(recognizer):
    assert recognizer.device == "CPU"
    assert 1e8 < recognizer.memory_bytes < math.inf
