"""A .nemo archive of Parakeet's true size with random weights: 618 M parameters, 2.4 GB, as NeMo itself would save it.

    python benchmarks/full_size.py OUT.nemo [--tokens 8192]

The architecture is the one of the public model card (FastConformer XL: 24 layers of 1,024, TDT durations 0..4).
Random weights cost the same to load and to run as trained ones; they only have nothing to say, at a speaker's speed.
"""

import argparse
import random
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

DURATIONS = [0, 1, 2, 3, 4]

PREPROCESSOR = {
    "_target_": "nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor",
    "sample_rate": 16000,
    "normalize": "per_feature",
    "window_size": 0.025,
    "window_stride": 0.01,
    "window": "hann",
    "features": 128,
    "n_fft": 512,
    "frame_splicing": 1,
    "dither": 1e-5,
    "pad_to": 0,
}
ENCODER = {
    "_target_": "nemo.collections.asr.modules.ConformerEncoder",
    "feat_in": 128,
    "feat_out": -1,
    "n_layers": 24,
    "d_model": 1024,
    "use_bias": False,
    "subsampling": "dw_striding",
    "subsampling_factor": 8,
    "subsampling_conv_channels": 256,
    "causal_downsampling": False,
    "ff_expansion_factor": 4,
    "self_attention_model": "rel_pos",
    "n_heads": 8,
    "att_context_size": [-1, -1],
    "xscaling": False,
    "untie_biases": True,
    "pos_emb_max_len": 5000,
    "conv_kernel_size": 9,
    "conv_norm_type": "batch_norm",
    "dropout": 0.0,
    "dropout_pre_encoder": 0.0,
    "dropout_emb": 0.0,
    "dropout_att": 0.0,
}


def config(tokenizer_dir: str, tokens: int) -> dict[str, Any]:
    """The model's configuration, shaped like that of Parakeet TDT 0.6B."""
    return {
        "sample_rate": 16000,
        "target": "nemo.collections.asr.models.rnnt_bpe_models.EncDecRNNTBPEModel",
        "model_defaults": {"enc_hidden": 1024, "pred_hidden": 640, "joint_hidden": 640},
        "tokenizer": {"dir": tokenizer_dir, "type": "bpe"},
        "preprocessor": PREPROCESSOR,
        "validation_ds": {
            "manifest_filepath": None,
            "sample_rate": 16000,
            "batch_size": 8,
            "shuffle": False,
            "use_start_end_token": False,
        },
        "encoder": ENCODER,
        "decoder": {
            "_target_": "nemo.collections.asr.modules.RNNTDecoder",
            "normalization_mode": None,
            "random_state_sampling": False,
            "blank_as_pad": True,
            "vocab_size": tokens,
            "prednet": {"pred_hidden": 640, "pred_rnn_layers": 2, "t_max": None, "dropout": 0.2},
        },
        "joint": {
            "_target_": "nemo.collections.asr.modules.RNNTJoint",
            "log_softmax": None,
            "preserve_memory": False,
            "fuse_loss_wer": False,
            "num_extra_outputs": 5,
            "jointnet": {"joint_hidden": 640, "activation": "relu", "dropout": 0.2},
        },
        "decoding": {
            "strategy": "greedy_batch",
            "model_type": "tdt",
            "durations": DURATIONS,
            "greedy": {"max_symbols": 10},
        },
        "loss": {"loss_name": "tdt", "tdt_kwargs": {"durations": DURATIONS, "sigma": 0.02, "omega": 0.1}},
    }


def train_tokenizer(folder: Path, tokens: int) -> None:
    """A SentencePiece BPE model of exactly `tokens` pieces, learnt from made-up words."""
    import sentencepiece

    rng = random.Random(1)
    syllables = [c + v for c in "bcdfghklmnprstvwyz" for v in "aeiou"]
    words = ["".join(rng.choices(syllables, k=rng.randint(1, 4))) for _ in range(60_000)]
    lines = [" ".join(words[i : i + 20]) for i in range(0, len(words), 20)]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_prefix=str(folder / "tokenizer"),
        vocab_size=tokens,
        model_type="bpe",
        bos_id=-1,
        eos_id=-1,
        minloglevel=2,
    )
    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    pieces = [processor.id_to_piece(i) for i in range(tokens)]
    (folder / "vocab.txt").write_text("\n".join(pieces), encoding="utf-8")


def build(path: Path, tokens: int) -> int:
    """Write the archive to `path`; returns the number of parameters."""
    import torch
    from nemo.collections.asr.models import EncDecRNNTBPEModel
    from omegaconf import OmegaConf

    with tempfile.TemporaryDirectory() as folder:
        train_tokenizer(Path(folder), tokens)
        torch.manual_seed(0)
        model = EncDecRNNTBPEModel(cfg=OmegaConf.create(config(folder, tokens)))
        speak_at_the_speed_of_people(model.joint.joint_net[-1].bias)
        model.save_to(str(path))
    return sum(parameter.numel() for parameter in model.parameters())


def speak_at_the_speed_of_people(bias: "torch.Tensor") -> None:
    """A token every third frame of 80 ms, 4.2 a second: left alone, it would say ten a frame, and only decode.

    `bias` is that of the joint network's last layer: the tokens, blank, the durations.
    """
    import torch

    with torch.no_grad():
        bias[-len(DURATIONS) - 1] = -9.0
        bias[-len(DURATIONS) :] = torch.tensor([9.0 if duration == 3 else -9.0 for duration in DURATIONS])


def main() -> None:
    """Build one archive from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--tokens", type=int, default=1024)
    arguments = parser.parse_args()
    parameters = build(arguments.path, arguments.tokens)
    size = arguments.path.stat().st_size
    print(f"{arguments.path}: {parameters / 1e6:.0f} M parameters, {arguments.tokens} tokens, {size / 1e9:.2f} GB")


if __name__ == "__main__":
    main()
