"""A snapshot of Canary-Qwen's true size with random weights: 2.56 B parameters, 5.1 GB in bfloat16.

    python benchmarks/full_size_canary.py FOLDER

The dimensions are those of the public cards (Qwen3-1.7B, FastConformer with 32 layers of 1,024, LoRA of rank 128 on
queries and values). The tokenizer has as many tokens as Qwen's, with its special ones in their places. Random weights
cost the same to load and to run as trained ones; they only have nothing to say.
"""

import argparse
import functools
import json
import math
import random
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import full_size

if TYPE_CHECKING:
    import torch

PARAMETERS = 2_559_348_736
"""Of nvidia/canary-qwen-2.5b, as counted in public."""

LANGUAGE_MODEL = "qwen3-1.7b"
MERGED_TOKENS = 151_643
CHAT_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
OTHER_TOKENS = 23
"""Qwen's special tokens behind those three; the audio tag comes after them, as 151669."""

HIDDEN = 2048
ENCODER = {key: value for key, value in full_size.ENCODER.items() if key != "use_bias"} | {
    "n_layers": 32,
    "dropout": 0.1,
    "dropout_pre_encoder": 0.1,
    "dropout_att": 0.1,
}
CONFIG = {
    "pretrained_llm": LANGUAGE_MODEL,
    "pretrained_asr": "nvidia/canary-1b-flash",
    "pretrained_weights": False,
    "prompt_format": "qwen",
    "audio_locator_tag": "<|audioplaceholder|>",
    "freeze_params": [],
    "prevent_freeze_params": [],
    "lora": {
        "task_type": "CAUSAL_LM",
        "r": 128,
        "lora_alpha": 256,
        "lora_dropout": 0.01,
        "target_modules": ["q_proj", "v_proj"],
    },
    "perception": {
        "output_dim": HIDDEN,
        "preprocessor": full_size.PREPROCESSOR,
        "encoder": ENCODER,
        "modality_adapter": {
            "_target_": "nemo.collections.speechlm2.modules.perception.IdentityConnector",
            "d_model": 1024,
        },
    },
}
QWEN = {
    "architectures": ["Qwen3ForCausalLM"],
    "model_type": "qwen3",
    "vocab_size": 151_936,
    "hidden_size": HIDDEN,
    "intermediate_size": 6144,
    "num_hidden_layers": 28,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "max_position_embeddings": 40_960,
    "rope_theta": 1_000_000,
    "tie_word_embeddings": True,
    "bos_token_id": MERGED_TOKENS,
    "eos_token_id": MERGED_TOKENS + 2,
}

_BLOCK = 1 << 24
"""Random numbers that are written over and over: nobody compares the layers."""


def build(folder: Path) -> int:
    """Write the snapshot to `folder`; returns the number of parameters."""
    language_model = folder / LANGUAGE_MODEL
    language_model.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    (language_model / "config.json").write_text(json.dumps(QWEN), encoding="utf-8")
    write_tokenizer(language_model)
    shapes = tensor_shapes(folder)
    write_weights(folder / "model.safetensors", shapes)
    return parameters(shapes)


def parameters(shapes: dict[str, tuple[int, ...]]) -> int:
    """How many numbers learn: all but the spectrogram's constants and what batch normalisation counts."""
    constant = (".fb", ".window", ".running_mean", ".running_var", ".num_batches_tracked")
    return sum(_size(shape) for name, shape in shapes.items() if not name.endswith(constant))


def tensor_shapes(folder: Path) -> dict[str, tuple[int, ...]]:
    """Every tensor of the model's state, the tied head only once."""
    from accelerate import init_empty_weights  # type: ignore[import-untyped]
    from nemo.collections.speechlm2.models import SALM

    with init_empty_weights():
        model = SALM(CONFIG | {"pretrained_llm": str(folder / LANGUAGE_MODEL)})
    state = model.state_dict()
    return {name: tuple(each.shape) for name, each in state.items() if not name.endswith("lm_head.weight")}


def write_weights(path: Path, shapes: dict[str, tuple[int, ...]]) -> None:
    """A safetensors file, tensor by tensor, so that it needs no memory."""
    header, end = {}, 0
    for name, shape in shapes.items():
        start, end = end, end + _size(shape) * 2
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, shape in shapes.items():
            for block in _numbers(name, _size(shape) * 2):
                file.write(block)


def write_tokenizer(folder: Path) -> None:
    """Byte pairs of made-up words, and Qwen's special tokens in their places."""
    from tokenizers import AddedToken
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import Qwen2Tokenizer

    tokens, merges = sorted(ByteLevel.alphabet()), []
    known, rng = set(tokens), random.Random(0)
    letters = [token for token in tokens if token.isascii() and token.isalpha()]
    while len(tokens) < MERGED_TOKENS:
        pair = (tokens[rng.randrange(len(tokens))], rng.choice(letters))
        if (merged := "".join(pair)) not in known and pair[0].isalpha():
            known.add(merged)
            tokens.append(merged)
            merges.append(" ".join(pair))
    vocabulary = {token: place for place, token in enumerate(tokens)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", encoding="utf-8")
    tokenizer = Qwen2Tokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))
    special = [*CHAT_TOKENS, *(f"<|special_{number}|>" for number in range(OTHER_TOKENS))]
    tokenizer.add_tokens([AddedToken(token, special=True) for token in special])
    tokenizer.eos_token, tokenizer.pad_token = "<|im_end|>", "<|endoftext|>"  # noqa: S105 - no password
    tokenizer.save_pretrained(str(folder))


@functools.cache
def _random_block() -> "torch.Tensor":
    import torch

    return torch.empty(_BLOCK // 2).normal_(std=0.02, generator=torch.Generator().manual_seed(0)).bfloat16()


def _numbers(name: str, size: int) -> Iterator[memoryview]:
    """`size` bytes of bfloat16: ones where a layer divides or scales, small random numbers elsewhere."""
    import torch

    if name.endswith((".running_var", "norm.weight", "layernorm.weight")) or ".norm" in name:
        block = torch.ones(_BLOCK // 2, dtype=torch.bfloat16)
    else:
        block = _random_block()
    whole = memoryview(block.view(torch.int16).numpy()).cast("B")
    for start in range(0, size, _BLOCK):
        yield whole[: min(_BLOCK, size - start)]


def _size(shape: tuple[int, ...]) -> int:
    return math.prod(shape)


def main() -> None:
    """Build one snapshot from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    count = build(arguments.folder)
    size = (arguments.folder / "model.safetensors").stat().st_size
    print(f"{arguments.folder}: {count:,} parameters ({PARAMETERS:,} in public), {size / 1e9:.2f} GB")


if __name__ == "__main__":
    main()
