"""A real SALM, small: a snapshot folder as the Hub's is kept, made of what Canary-Qwen is made of.

The language model is a Qwen3 of two layers with LoRA on its queries and values,
the ears are the demo model's FastConformer with its weights, and the tokenizer
is a byte-level BPE with Qwen's chat tokens. `build` makes one with a random
language model in seconds; `TRAINED` has learnt to write down the sentences of
tests/data (`tools/train_tiny_salm.py`).

Needs NeMo; request the fixture `nemo` before calling `build`.
"""

import json
import shutil
import tarfile
import tempfile
import warnings
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "models" / "demo.nemo"
TRAINED = ROOT / "tests" / "data" / "tiny_salm"

LANGUAGE_MODEL = "qwen3"
"""The folder beside `config.json`."""

TAG = "<|audioplaceholder|>"
CHAT_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
OTHER_TOKENS = ("<think>", "</think>")

HIDDEN = 128
ROWS = 512
"""Of the embedding: more than there are tokens, as in Qwen3."""
_MERGED = 480
"""Byte-level tokens, before the special ones."""


def build(folder: Path, seed: int = 0) -> Path:
    """Save a snapshot in `folder`, with a random language model and the demo model's encoder; returns the folder."""
    import torch

    write_texts(folder)
    torch.manual_seed(seed)
    save(model(folder), folder)
    return folder


def copy_trained(folder: Path) -> Path:
    """The trained one, to be broken."""
    shutil.copytree(TRAINED, folder)
    return folder


def write_texts(folder: Path) -> None:
    """Everything of a snapshot but the weights."""
    (folder / LANGUAGE_MODEL).mkdir(parents=True)
    _write(folder / "config.json", configuration())
    _write(folder / LANGUAGE_MODEL / "config.json", _language_model())
    _train_tokenizer(folder / LANGUAGE_MODEL)


def model(folder: Path) -> Any:
    """The model of the snapshot as NeMo builds it, in float32: ears of the demo model, the rest random."""
    import torch
    from nemo.collections.speechlm2.models import SALM

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config |= {"pretrained_llm": str(folder / LANGUAGE_MODEL), "pretrained_weights": False}
    with warnings.catch_warnings(action="ignore"):
        built = SALM(config)
    with tempfile.TemporaryDirectory() as unpacked, tarfile.open(DEMO) as tar:
        tar.extractall(unpacked, filter="data")
        state = torch.load(Path(unpacked) / "model_weights.ckpt", weights_only=True)
    ears = {name: tensor.float() for name, tensor in state.items() if name.startswith(("preprocessor.", "encoder."))}
    missing = built.perception.load_state_dict(ears, strict=False)
    assert not missing.unexpected_keys
    return built


def save(model: Any, folder: Path) -> None:
    """The weights in bfloat16, the tied head only once: as `save_pretrained` leaves them."""
    import torch
    from safetensors.torch import save_file

    state = {
        name: tensor.detach() for name, tensor in model.state_dict().items() if not name.endswith("lm_head.weight")
    }
    half = {name: each.bfloat16() if each.is_floating_point() else each for name, each in state.items()}
    save_file({name: each.contiguous() for name, each in half.items()}, folder / "model.safetensors", {"format": "pt"})
    assert all(torch.isfinite(each).all() for each in half.values())


def configuration() -> dict[str, Any]:
    """`config.json`, shaped like that of nvidia/canary-qwen-2.5b."""
    from omegaconf import OmegaConf

    with tarfile.open(DEMO) as tar:
        member = next(each for each in tar.getmembers() if each.name.endswith("model_config.yaml"))
        demo = OmegaConf.to_container(OmegaConf.create(tar.extractfile(member).read().decode()))
    return {
        "pretrained_llm": LANGUAGE_MODEL,
        "pretrained_asr": "nvidia/canary-1b-flash",
        "pretrained_weights": False,
        "prompt_format": "qwen",
        "audio_locator_tag": TAG,
        "freeze_params": ["^llm\\..+$", "^embed_tokens\\..+$"],
        "prevent_freeze_params": [],
        "lora": {
            "task_type": "CAUSAL_LM",
            "r": 8,
            "lora_alpha": 16,
            "lora_dropout": 0.01,
            "target_modules": ["q_proj", "v_proj"],
        },
        "perception": {
            "target": "nemo.collections.speechlm2.modules.perception.AudioPerceptionModule",
            "output_dim": HIDDEN,
            "preprocessor": demo["preprocessor"],
            "encoder": demo["encoder"],
            "modality_adapter": {
                "_target_": "nemo.collections.speechlm2.modules.perception.IdentityConnector",
                "d_model": demo["encoder"]["d_model"],
            },
        },
        "torch_dtype": "bfloat16",
    }


def _language_model() -> dict[str, Any]:
    return {
        "architectures": ["Qwen3ForCausalLM"],
        "model_type": "qwen3",
        "vocab_size": ROWS,
        "hidden_size": HIDDEN,
        "intermediate_size": 3 * HIDDEN,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 32,
        "max_position_embeddings": 2048,
        "rope_theta": 10000,
        "tie_word_embeddings": True,
        "bos_token_id": _MERGED,
        "eos_token_id": _MERGED + CHAT_TOKENS.index("<|im_end|>"),
        "torch_dtype": "bfloat16",
    }


def _train_tokenizer(folder: Path) -> None:
    """Qwen's five small files but for `generation_config.json`, learnt from what is said in tests/data."""
    from tokenizers import AddedToken, ByteLevelBPETokenizer
    from transformers import Qwen2Tokenizer

    texts = [*_texts(), "Transcribe the following: ", "user\n", "assistant\n"]
    bpe = ByteLevelBPETokenizer()
    bpe.train_from_iterator(texts, vocab_size=_MERGED, min_frequency=1, show_progress=False)
    bpe.save_model(str(folder))
    tokenizer = Qwen2Tokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))
    tokenizer.add_tokens([AddedToken(token, special=True) for token in CHAT_TOKENS])
    tokenizer.add_tokens([*OTHER_TOKENS])
    tokenizer.eos_token, tokenizer.pad_token = "<|im_end|>", "<|endoftext|>"
    tokenizer.save_pretrained(str(folder))


def _texts() -> list[str]:
    truth = json.loads((ROOT / "tests" / "data" / "truth.json").read_text(encoding="utf-8"))
    return [entry["text"] for entry in truth.values() if entry["text"]]


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2), encoding="utf-8")
