"""One clip at a time on the processor: the tokens, times and confidences of NeMo's own loop."""

import pytest
import tiny_models
from speech_data import short_speech

pytest.importorskip("nemo.collections.asr")

import torch  # noqa: E402 - comes with NeMo
from nemo.collections.asr.parts.submodules.rnnt_greedy_decoding import GreedyBatchedTDTInfer  # noqa: E402

from transcriber.catalogue import find  # noqa: E402
from transcriber.nemo import parakeet, quick_decoder, restore  # noqa: E402 - needs NeMo
from transcriber.nemo.in_memory import batch  # noqa: E402
from transcriber.recognizer import Clip  # noqa: E402


def restored(path, folder):
    return restore.restore(find(str(path)), path, [folder])


def encoded(model, samples):
    signal, lengths = batch([Clip(each, 0.0) for each in samples])
    with torch.inference_mode():
        return model.forward(input_signal=signal, input_signal_length=lengths)[:2]


def decoded(model, sound, lengths):
    with torch.inference_mode():
        return model.decoding.rnnt_decoder_predictions_tensor(sound, lengths, return_hypotheses=True)


def alone(model, sound, lengths):
    return [decoded(model, sound[place : place + 1], lengths[place : place + 1])[0] for place in range(len(lengths))]


def facts(hypothesis):
    timestamp = {name: str(value) for name, value in hypothesis.timestamp.items()}
    return hypothesis.text, hypothesis.y_sequence.tolist(), list(hypothesis.token_duration), timestamp


@pytest.fixture(scope="module")
def demo(nemo, demo_path, tmp_path_factory):
    return restored(demo_path, tmp_path_factory.mktemp("demo"))


@pytest.fixture
def tiny(nemo, tmp_path):
    """A small random model of that kind and seed."""
    return lambda kind, seed=0: restored(tiny_models.build(kind, tmp_path / f"{kind}{seed}.nemo", seed), tmp_path)


@pytest.fixture
def plain_loop(demo):
    """NeMo's own loop, put back behind the test."""
    yield
    demo.decoding.decoding._greedy_decode = demo.decoding.decoding._greedy_decode_blank_as_pad_loop_labels


def test_speech_has_the_tokens_times_and_confidences_of_nemos_loop(demo, plain_loop):
    sound, lengths = encoded(demo, [one.samples() for one in short_speech()])
    expected = alone(demo, sound, lengths)

    assert quick_decoder.quicken(demo)
    found = decoded(demo, sound, lengths)

    assert sum(len(each.y_sequence) for each in found) > 100
    for own, true in zip(found, expected, strict=True):
        assert facts(own) == facts(true)
        assert own.word_confidence == pytest.approx(true.word_confidence, abs=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_babble_has_the_tokens_and_durations_of_nemos_loop(tiny, seed):
    model = tiny("tdt", seed)
    sound, lengths = encoded(model, [one.samples() for one in short_speech()[:3]])
    expected = alone(model, sound, lengths)

    quick_decoder.quicken(model)

    assert [facts(each) for each in decoded(model, sound, lengths)] == [facts(each) for each in expected]


def test_a_model_that_never_stops_is_carried_on_as_nemo_does(tiny):
    model = tiny("tdt")
    outputs = model.joint.joint_net[-1].bias
    with torch.no_grad():
        outputs[-len(model.decoding.durations) - 1] = -100.0  # never blank
        outputs[-len(model.decoding.durations)] = 100.0  # never a frame further
    sound, lengths = encoded(model, [short_speech()[0].samples()])
    expected = decoded(model, sound, lengths)[0]

    quick_decoder.quicken(model)
    found = decoded(model, sound, lengths)[0]

    assert len(found.y_sequence) == 10 * int(lengths[0])
    assert found.y_sequence.equal(expected.y_sequence)
    assert str(found.timestamp["timestep"]) == str(expected.timestamp["timestep"])


def test_silence_gives_nothing(demo, plain_loop):
    quick_decoder.quicken(demo)

    sound, lengths = encoded(demo, [torch.zeros(32_000).numpy()])

    assert decoded(demo, sound, lengths)[0].text == ""
    assert decoded(demo, sound[:, :, :0], torch.tensor([0]))[0].text == ""


@pytest.mark.parametrize("kind", ["rnnt", "ctc"])
def test_other_kinds_are_left_alone(tiny, kind):
    assert not quick_decoder.quicken(tiny(kind))


def test_cards_without_graphs_get_each_clips_own_durations(demo):
    """Run on the processor: the steps are the same, and need no card."""
    sound, lengths = encoded(demo, [one.samples() for one in short_speech()])
    greedy = demo.decoding.decoding
    computer = greedy.decoding_computer
    assert isinstance(greedy, GreedyBatchedTDTInfer)
    expected = [list(each.token_duration) for each in alone(demo, sound, lengths)]

    demo.disable_cuda_graphs()
    parakeet.with_durations_in_batches(demo)
    try:
        assert computer.cuda_graphs_mode is computer.CudaGraphsMode.NO_GRAPHS
        with torch.inference_mode():
            hypotheses, _ = computer.cuda_graphs_impl(sound.transpose(1, 2), lengths)
            others, _ = computer.torch_impl(sound.transpose(1, 2), lengths)
    finally:
        computer.disable_cuda_graphs()

    counts = hypotheses.current_lengths.tolist()
    assert [row[:n].tolist() for row, n in zip(hypotheses.token_durations, counts, strict=True)] == expected
    assert [row[:n].tolist() for row, n in zip(others.token_durations, counts, strict=True)] != expected
