"""The tools that made the demo model and the test recordings."""

import os
import subprocess
import sys
import warnings
from pathlib import Path
from random import Random

import numpy as np
import pytest
import speech_data

TOOLS = Path(__file__).resolve().parent.parent / "tools"
sys.path.insert(0, str(TOOLS))

from demo_model import espeak, grammar, sounds, tokens  # noqa: E402
from demo_model.speech import SAMPLE_RATE, Phoneme, SpokenWord, Utterance, join, silence  # noqa: E402


@pytest.fixture
def voice():
    if not espeak.is_available():
        pytest.skip("espeak-ng is not installed")


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    tokens.train_tokenizer(folder, texts=2_000, seed=0)
    return tokens.load_tokenizer(folder)


# --- the grammar


def test_the_same_seed_says_the_same():
    once, again = Random(5), Random(5)

    assert [grammar.training_text(once) for _ in range(50)] == [grammar.training_text(again) for _ in range(50)]


def test_training_never_speaks_a_held_out_sentence():
    random = Random(1)

    spoken = {grammar.training_sentence(random) for _ in range(3_000)}
    fresh = {grammar.fresh_sentence(random) for _ in range(1_000)}

    assert not spoken & fresh


def test_every_fixed_sentence_can_be_learned():
    fixed = [template for template in grammar.TEMPLATES if "{" not in template]

    assert fixed
    assert not any(grammar.is_held_out(sentence) for sentence in fixed)


def test_a_sentence_leaves_no_slot_open_and_minds_its_articles():
    random = Random(2)

    sentences = [grammar.sentence(random) for _ in range(3_000)]

    assert not any("{" in sentence for sentence in sentences)
    assert any(" an o" in sentence for sentence in sentences)
    assert not any(" a o" in sentence for sentence in sentences)


# --- times


def test_joining_moves_times_along():
    hello = Utterance(np.ones(SAMPLE_RATE, np.float32), (SpokenWord("Hello", 0.25, 0.75),), (Phoneme("h", 0.25, 0.5),))

    joined = join([silence(2.0), hello, hello])

    assert joined.duration == 4.0
    assert joined.words == (SpokenWord("Hello", 2.25, 2.75), SpokenWord("Hello", 3.25, 3.75))
    assert [phoneme.start for phoneme in joined.phonemes] == [0.0, 2.25, 3.25]


def test_a_voice_without_times_leaves_the_whole_without_phonemes():
    untimed = Utterance(np.ones(10, np.float32), (SpokenWord("Hello"),), None)

    assert join([silence(1.0), untimed]).phonemes is None


def test_pieces_may_be_heard_only_near_their_word(tokenizer):
    words = (SpokenWord("Where", 0.8, 1.2), SpokenWord("is", 1.2, 1.36), SpokenWord("Helen?", 1.36, 2.0))

    targets = tokens.targets(words, 40, tokenizer)

    assert tokenizer.decode([int(piece) for piece in targets.ids]) == "Where is Helen?"
    assert (targets.earliest[0], targets.latest[0]) == (9, 11)
    assert targets.earliest.min() >= 9
    assert targets.latest.max() == 25 + 4
    assert (targets.earliest <= targets.latest).all()


def test_a_word_without_a_time_may_be_heard_up_to_the_next_known_one(tokenizer):
    words = (SpokenWord("out", 0.8), SpokenWord("of"), SpokenWord("Oslo.", 1.6, 2.0))

    targets = tokens.targets(words, 40, tokenizer)

    of = len(tokenizer.encode_as_pieces("out"))
    assert (targets.earliest[of], targets.latest[of]) == (9, 22)


def test_nobody_speaking_has_no_targets(tokenizer):
    targets = tokens.targets((), 40, tokenizer)

    assert targets.ids.shape == targets.earliest.shape == targets.latest.shape == (0,)


def test_every_frame_gets_the_phoneme_at_its_middle():
    phonemes = (Phoneme("_", 0.0, 0.16), Phoneme("n", 0.16, 0.32), Phoneme("no such sound", 0.32, 0.4))

    frames = tokens.phoneme_frames(phonemes, 6)

    n = tokens.PHONEMES.index("n")
    silent, unknown = tokens.SILENT_PHONEME, tokens.UNKNOWN_PHONEME
    assert frames.tolist() == [silent, silent, n, n, unknown, silent]


# --- sounds


@pytest.mark.parametrize("sound", [sounds.noise, sounds.melody, sounds.clicks, sounds.wordless])
def test_a_sound_is_finite_and_its_seed_decides_it(sound):
    made = sound(SAMPLE_RATE, Random(3))

    assert made.dtype == np.float32
    assert made.shape == (SAMPLE_RATE,)
    assert np.isfinite(made).all()
    assert np.array_equal(made, sound(SAMPLE_RATE, Random(3)))


def test_a_microphone_changes_neither_the_length_nor_the_range():
    speech = speech_data.recording("museum.flac").samples()

    heard = [sounds.recorded(speech, Random(seed)) for seed in range(40)]

    assert all(len(one) == len(speech) and one.dtype == np.float32 for one in heard)
    assert max(float(np.abs(one).max()) for one in heard) <= 1.0
    assert len({one.tobytes() for one in heard}) == 40


# --- the loss


@pytest.fixture(scope="module")
def nemo():
    """NeMo, imported once: what its own imports warn about is not for us to mend."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import nemo.collections.asr  # noqa: F401


def _case(seed):
    """A joint network, its inputs, and what two items of 12 and 10 frames say."""
    import torch
    from demo_model.tdt_loss import Batch, Transducer
    from nemo.collections.asr.modules import RNNTJoint

    torch.manual_seed(seed)
    joint = RNNTJoint(
        {"encoder_hidden": 6, "pred_hidden": 5, "joint_hidden": 8, "activation": "relu"},
        num_classes=20,
        num_extra_outputs=5,
    )
    encoded = torch.randn(2, 12, 6, requires_grad=True)
    predicted = torch.randn(2, 6, 5, requires_grad=True)
    ids = torch.randint(0, 20, (2, 5)).numpy()
    free = np.zeros((2, 5), np.int64), np.full((2, 5), 99, np.int64)
    batch = Batch(ids, *free, np.array([12, 10]), np.array([5, 3]))
    return joint, encoded, predicted, batch, Transducer((0, 1, 2, 3, 4), blank=20)


def _reference_loss(joint, encoded, predicted, batch, transducer):
    import torch
    from nemo.collections.asr.losses.rnnt_pytorch import TDTLossPytorch

    reference = TDTLossPytorch(transducer.blank, list(transducer.durations), "sum", sigma=transducer.sigma)
    scores = joint.joint(encoded, predicted)
    sizes = torch.from_numpy(batch.frames), torch.from_numpy(batch.pieces)
    return reference(acts=scores, labels=torch.from_numpy(batch.targets), act_lens=sizes[0], label_lens=sizes[1])


@pytest.mark.usefixtures("nemo")
def test_the_loss_and_its_gradients_equal_nemos_reference(monkeypatch):
    import torch
    from demo_model.tdt_loss import tdt_loss

    monkeypatch.setattr(
        torch.Tensor, "cuda", lambda tensor, *_, **__: tensor
    )  # the reference asks for CUDA for no need
    joint, encoded, predicted, batch, transducer = _case(seed=0)

    ours = tdt_loss(joint, encoded, predicted, batch, transducer).sum()
    our_gradients = torch.autograd.grad(ours, [encoded, predicted])
    reference = _reference_loss(joint, encoded, predicted, batch, transducer)
    true_gradients = torch.autograd.grad(reference, [encoded, predicted])

    assert ours.item() == pytest.approx(reference.item(), rel=1e-5)
    for our, true in zip(our_gradients, true_gradients, strict=True):
        assert torch.allclose(our, true, atol=1e-5)


@pytest.mark.usefixtures("nemo")
def test_windows_that_allow_less_make_the_loss_no_smaller():
    from dataclasses import replace

    from demo_model.tdt_loss import tdt_loss

    joint, encoded, predicted, batch, transducer = _case(seed=1)
    narrow = replace(batch, earliest=np.tile(np.arange(5) * 2, (2, 1)), latest=np.tile(np.arange(5) * 2 + 2, (2, 1)))

    free = tdt_loss(joint, encoded, predicted, batch, transducer)
    windowed = tdt_loss(joint, encoded, predicted, narrow, transducer)

    assert (windowed > free).all()


@pytest.mark.usefixtures("nemo")
def test_windows_that_allow_no_path_teach_nothing():
    from dataclasses import replace

    import torch
    from demo_model.tdt_loss import tdt_loss

    joint, encoded, predicted, batch, transducer = _case(seed=2)
    backwards = replace(
        batch,
        earliest=np.tile([8, 8, 1, 1, 1], (2, 1)),
        latest=np.tile([9, 9, 2, 2, 2], (2, 1)),
        pieces=np.array([5, 5]),
    )

    loss = tdt_loss(joint, encoded, predicted, backwards, transducer).sum()

    assert loss.item() == 0
    assert not torch.autograd.grad(loss, encoded)[0].any()


# --- the voice and the whole chain


@pytest.mark.espeak
@pytest.mark.usefixtures("voice")
def test_a_word_starts_where_its_sound_does():
    spoken = espeak.speak("Where is the wooden bridge?", espeak.Manner())

    loud = np.abs(spoken.samples) > 0.02
    starts = [word.start for word in spoken.words]

    assert spoken.text == "Where is the wooden bridge?"
    assert starts == sorted(starts)
    assert abs(np.argmax(loud) / SAMPLE_RATE - starts[0]) < 0.04
    assert abs((len(loud) - np.argmax(loud[::-1])) / SAMPLE_RATE - spoken.words[-1].end) < 0.06


@pytest.mark.espeak
@pytest.mark.usefixtures("voice")
def test_tempo_moves_the_times_with_the_sound():
    plain = espeak.speak("Where is the wooden bridge?", espeak.Manner())
    faster = espeak.speak("Where is the wooden bridge?", espeak.Manner(tempo=1.25))

    assert faster.duration == pytest.approx(plain.duration / 1.25, rel=0.03)
    assert faster.words[-1].start == pytest.approx(plain.words[-1].start / 1.25, rel=0.03)


@pytest.mark.espeak
@pytest.mark.usefixtures("voice")
def test_a_voice_that_does_not_exist_is_named():
    with pytest.raises(ValueError, match="no/such/voice"):
        espeak.speak("Hello.", espeak.Manner(voice="no/such/voice"))


def _smoke(folder):
    return subprocess.run(
        [sys.executable, str(TOOLS / "train_demo_model.py"), "--smoke", "--folder", str(folder)],
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    if not espeak.is_available():
        pytest.skip("espeak-ng is not installed")
    folder = tmp_path_factory.mktemp("smoke")
    return folder, _smoke(folder).stdout


@pytest.mark.espeak
def test_the_whole_chain_ends_with_a_model_that_restores_and_transcribes(smoke):
    folder, said = smoke

    assert "restored, and heard" in said
    assert 1e6 < (folder / "demo.nemo").stat().st_size < 8e6


@pytest.mark.espeak
def test_the_same_command_gives_the_same_weights(smoke, tmp_path):
    import torch

    folder, _ = smoke

    _smoke(tmp_path)

    once = torch.load(folder / "trained.pt", weights_only=True)
    again = torch.load(tmp_path / "trained.pt", weights_only=True)
    assert all(torch.equal(once[name], again[name]) for name in once)


@pytest.mark.espeak
def test_half_precision_touches_the_weights_but_not_the_filters(smoke):
    import io
    import tarfile

    import torch

    folder, _ = smoke

    with tarfile.open(folder / "demo.nemo") as archive:
        member = next(name for name in archive.getnames() if name.endswith("model_weights.ckpt"))
        weights = torch.load(io.BytesIO(archive.extractfile(member).read()), weights_only=True)

    wide = {name for name, value in weights.items() if value.dtype == torch.float32}
    assert wide
    assert all(name.startswith("preprocessor.") for name in wide)
