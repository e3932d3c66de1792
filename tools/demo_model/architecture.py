"""The demo model's shape: a small Parakeet, 2.3 million parameters.

A FastConformer encoder and a token-and-duration transducer, as in its big relatives.
"""

from pathlib import Path
from typing import Any

NemoModule = Any
"""A model or a part of one: NeMo has no types."""

DURATIONS = (0, 1, 2, 3, 4)
"""Frames that a token may skip."""

WIDTH = 128
MELS = 80
SUBSAMPLING = 8
CONTEXT = 48
"""Frames of attention to each side: 3.8 s, so that minutes in one piece work too."""


def build_model(tokenizer: Path) -> NemoModule:
    """A NeMo EncDecRNNTBPEModel with random weights; seed torch before."""
    from nemo.collections.asr.models import EncDecRNNTBPEModel
    from omegaconf import OmegaConf

    return EncDecRNNTBPEModel(cfg=OmegaConf.create(configuration(tokenizer)))


def configuration(tokenizer: Path) -> dict[str, Any]:
    """The model's configuration, as NeMo's own recipes spell it."""
    durations = list(DURATIONS)
    return {
        "sample_rate": 16_000,
        "compute_eval_loss": False,
        "log_prediction": False,
        "rnnt_reduction": "mean_volume",
        "skip_nan_grad": False,
        "model_defaults": {
            "enc_hidden": WIDTH,
            "pred_hidden": WIDTH,
            "joint_hidden": WIDTH,
            "tdt_durations": durations,
            "num_tdt_durations": len(durations),
        },
        "tokenizer": {"dir": str(tokenizer), "type": "bpe"},
        "preprocessor": _PREPROCESSOR,
        # transcribe() reads use_start_end_token here, and fails without it
        "validation_ds": {
            "manifest_filepath": None,
            "sample_rate": 16_000,
            "batch_size": 8,
            "shuffle": False,
            "use_start_end_token": False,
        },
        "spec_augment": _SPEC_AUGMENT,
        "encoder": _ENCODER,
        "decoder": _DECODER,
        "joint": _JOINT,
        "decoding": {
            "strategy": "greedy_batch",
            "model_type": "tdt",
            "durations": durations,
            "greedy": {"max_symbols": 10},
            "beam": {"beam_size": 2, "return_best_hypothesis": False},
        },
        "loss": {"loss_name": "tdt", "tdt_kwargs": {"durations": durations, "sigma": 0.02, "omega": 0.1}},
    }


_PREPROCESSOR = {
    "_target_": "nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor",
    "sample_rate": 16_000,
    "normalize": "per_feature",
    "window_size": 0.025,
    "window_stride": 0.01,
    "window": "hann",
    "features": MELS,
    "n_fft": 512,
    "frame_splicing": 1,
    "dither": 1e-5,
    "pad_to": 0,
}

_SPEC_AUGMENT = {
    "_target_": "nemo.collections.asr.modules.SpectrogramAugmentation",
    "freq_masks": 2,
    "time_masks": 4,
    "freq_width": 14,
    "time_width": 0.04,
}

_ENCODER = {
    "_target_": "nemo.collections.asr.modules.ConformerEncoder",
    "feat_in": MELS,
    "feat_out": -1,
    "n_layers": 5,
    "d_model": WIDTH,
    "use_bias": False,
    "subsampling": "dw_striding",
    "subsampling_factor": SUBSAMPLING,
    "subsampling_conv_channels": 32,
    "causal_downsampling": False,
    "ff_expansion_factor": 4,
    "self_attention_model": "rel_pos",
    "n_heads": 4,
    "att_context_size": [CONTEXT, CONTEXT],
    "att_context_style": "regular",
    "xscaling": False,
    "untie_biases": True,
    "pos_emb_max_len": 5000,
    "conv_kernel_size": 9,
    "conv_norm_type": "batch_norm",
    "conv_context_size": None,
    # dropout in the encoder costs a seventh of its time on a CPU
    "dropout": 0.0,
    "dropout_pre_encoder": 0.0,
    "dropout_emb": 0.0,
    "dropout_att": 0.0,
}

_DECODER = {
    "_target_": "nemo.collections.asr.modules.RNNTDecoder",
    "normalization_mode": None,
    "random_state_sampling": False,
    "blank_as_pad": True,
    "prednet": {"pred_hidden": WIDTH, "pred_rnn_layers": 1, "t_max": None, "dropout": 0.1},
}

_JOINT = {
    "_target_": "nemo.collections.asr.modules.RNNTJoint",
    "log_softmax": None,
    "preserve_memory": False,
    "fuse_loss_wer": False,
    "fused_batch_size": 4,
    "num_extra_outputs": len(DURATIONS),
    "jointnet": {"joint_hidden": WIDTH, "activation": "relu", "dropout": 0.1},
}
