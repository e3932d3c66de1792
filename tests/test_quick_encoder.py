"""The encoder's quick way computes what NeMo's own does, whatever stands before it or beside it."""

import copy

import pytest

pytest.importorskip("nemo.collections.asr")

import torch  # noqa: E402 - comes with NeMo
from nemo.collections.asr.modules import ConformerEncoder  # noqa: E402

from transcriber.nemo import quick_encoder  # noqa: E402 - needs NeMo

FEATURES = 16
EQUAL = 2e-5
"""float32 rounds at 6e-8; the outputs are about 1, behind two layers."""


def encoder(**choices):
    torch.manual_seed(3)
    given = {"feat_in": FEATURES, "n_layers": 2, "d_model": 32, "n_heads": 4, "conv_kernel_size": 9}
    shape = {"subsampling": "dw_striding", "subsampling_factor": 8, "subsampling_conv_channels": 8}
    made = ConformerEncoder(**(given | shape | choices)).eval()
    for module in made.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            module.running_mean.normal_(std=0.3)
            module.running_var.uniform_(0.5, 1.5)
    with torch.no_grad():
        for layer in made.layers:
            if hasattr(layer.self_attn, "pos_bias_u"):
                layer.self_attn.pos_bias_u.normal_()
                layer.self_attn.pos_bias_v.normal_()
    return made


@pytest.fixture
def sound():
    torch.manual_seed(4)
    return torch.randn(3, FEATURES, 900)


def encoded(model, sound, *lengths):
    with torch.inference_mode():
        return model(audio_signal=sound[: len(lengths)], length=torch.tensor(lengths))


def difference(found, expected):
    outputs, lengths = found
    assert lengths.equal(expected[1])
    pairs = zip(outputs, expected[0], lengths.tolist(), strict=True)
    return max(float((own[:, :length] - true[:, :length]).abs().max()) for own, true, length in pairs)


CHOICES = [{}, {"use_bias": False}, {"xscaling": False}, {"untie_biases": False}, {"att_context_size": [20, 20]}]


@pytest.mark.parametrize("choices", CHOICES, ids=str)
@pytest.mark.parametrize("lengths", [(900,), (895,), (900, 400, 17)], ids=str)
def test_it_computes_what_nemo_computes(sound, choices, lengths):
    own, plain = encoder(**choices), encoder(**choices)

    assert quick_encoder.quicken(own)

    assert difference(encoded(own, sound, *lengths), encoded(plain, sound, *lengths)) < EQUAL


def test_clips_longer_than_positions_are_kept_for_are_right_too(sound):
    own, plain = encoder(), encoder()
    long = torch.cat([sound] * 6, dim=2)
    quick_encoder.quicken(own)

    assert long.shape[2] / 8 > 512
    assert difference(encoded(own, long, long.shape[2]), encoded(plain, long, long.shape[2])) < EQUAL


def test_a_model_that_knows_few_positions_needs_none_kept(sound):
    own, plain = encoder(pos_emb_max_len=100), encoder(pos_emb_max_len=100)
    quick_encoder.quicken(own)

    assert difference(encoded(own, sound, 90), encoded(plain, sound, 90)) < EQUAL


def test_what_was_heard_before_changes_not_the_last_digit(sound):
    fresh, used = encoder(), encoder()
    quick_encoder.quicken(fresh)
    quick_encoder.quicken(used)

    for length in (900, 100, 888, 401):
        encoded(used, sound, length)

    assert encoded(used, sound, 640)[0].equal(encoded(fresh, sound, 640)[0])


def test_the_weights_stay_where_they_are():
    own = encoder()
    before = {name: tensor.data_ptr() for name, tensor in own.state_dict().items()}

    quick_encoder.quicken(own)

    assert {name: tensor.data_ptr() for name, tensor in own.state_dict().items()} == before


@pytest.mark.parametrize(
    "choices",
    [
        {"self_attention_model": "rel_pos_local_attn", "att_context_size": [8, 8]},
        {"self_attention_model": "abs_pos"},
        {"conv_norm_type": "layer_norm"},
        {"conv_context_size": "causal"},
    ],
    ids=str,
)
def test_what_it_does_not_know_it_leaves_alone(sound, choices):
    own, plain = encoder(**choices), encoder(**choices)

    assert not quick_encoder.quicken(own)

    assert encoded(own, sound, 900)[0].equal(encoded(plain, sound, 900)[0])


def test_half_precision_is_left_alone():
    assert not quick_encoder.quicken(encoder().to(torch.bfloat16))


def test_where_there_is_no_onednn_torch_multiplies(sound, monkeypatch):
    own, plain = encoder(), encoder()
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)

    quick_encoder.quicken(own)

    assert difference(encoded(own, sound, 900, 500), encoded(plain, sound, 900, 500)) < EQUAL


def test_fused_attention_hears_the_same(sound):
    own, plain = encoder(), encoder()
    quick_encoder.without_padding(own)

    quick_encoder.with_fused_attention(own)

    assert all(layer.self_attn.use_pytorch_sdpa for layer in own.layers)
    for lengths in ((900,), (900, 400)):
        assert difference(encoded(own, sound, *lengths), encoded(plain, sound, *lengths)) < EQUAL


def test_nothing_is_masked_where_nothing_is_padded(sound):
    own = encoder()
    quick_encoder.without_padding(own)
    seen = []
    layer = own.layers[0]
    layer.register_forward_pre_hook(lambda _, __, named: seen.append(named["att_mask"]), with_kwargs=True)

    encoded(own, sound, 890)
    encoded(own, sound, 890, 300)

    assert seen[0] is None
    assert seen[1].any()


def test_a_copy_of_an_encoder_is_quickened_by_itself(sound):
    own = encoder()
    plain = copy.deepcopy(own)

    quick_encoder.quicken(own)

    assert all("forward" not in vars(layer) for layer in plain.layers)
