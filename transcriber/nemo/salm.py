"""From the folder of a snapshot to a SALM in memory: without a request, mapped, strict, and trusting nothing in it.

A snapshot is `config.json`, `model.safetensors`, and a folder beside them with
the language model's configuration and tokenizer. NeMo's own `from_pretrained`
fills 10 GB with random numbers, then copies the weights over those it finds
names for, and says nothing of the others. Imports NeMo: import this module
inside a function.
"""

import gc
import json
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from accelerate import init_empty_weights  # type: ignore[import-untyped]
from nemo.collections.common.prompts import PromptFormatter
from transformers.utils import logging as transformers_logging

from transcriber.catalogue import ModelSpec
from transcriber.errors import CorruptModelError
from transcriber.nemo import stored
from transcriber.nemo.connector import no_random_initialisation, refuse_misfits
from transcriber.nemo.failures import first_line
from transcriber.nemo.restore import one_load_at_a_time

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what it imports deprecates things, once
    import peft  # noqa: F401 - so that it is the one that is named when it is missing
    from nemo.collections.speechlm2.models import SALM

transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # it warns of its own old names, which NeMo uses

CONFIG, WEIGHTS = "config.json", "model.safetensors"

REQUEST = "Transcribe the following:"
"""The prompt of the model card; the sound comes behind it."""

_END_OF_TURN = "<|im_end|>"
_PROMPT_FORMATS = ("qwen", "qwen3")
_OWN_MODULES = ("nemo.collections.asr.modules.", "nemo.collections.speechlm2.modules.")
_PERCEPTION = ("preprocessor", "encoder", "modality_adapter", "output_dim")
_LORA = ("task_type", "r", "lora_alpha", "lora_dropout", "target_modules", "bias", "use_rslora")
_FOREIGN_CODE = ("auto_map", "quantization_config", "attn_implementation", "_attn_implementation", "base_model_tp_plan")
"""What a language model's configuration may not ask of transformers: code, kernels or packages from elsewhere."""

_MOST_BYTES = 10 << 20
"""Of a configuration; the real ones have 3 KB."""

Config = dict[str, Any]


def restore(spec: ModelSpec, folder: Path, dtype: torch.dtype) -> Any:
    """The SALM in `folder` on the CPU, in eval mode; mapped where `dtype` is the one it is stored in.

    The spectrogram stays in float32, as NeMo wants it.

    Raises:
        ModelError: incomplete, corrupt, not to be trusted, or in need of a package that is not there.
        MemoryExhaustedError: see there.
    """
    with one_load_at_a_time(spec, folder / WEIGHTS):
        try:
            return _restore(folder, dtype)
        except Exception as error:
            traceback.clear_frames(error.__traceback__)  # they hold the mapped file, which Windows then keeps for ever
            gc.collect()
            raise


def prompt(model: Any) -> torch.Tensor:
    """The tokens of the request, int64 [tokens]; the sound takes the place of its one audio tag."""
    formatter = PromptFormatter.resolve(model.cfg.prompt_format)(model.tokenizer)
    tokens: torch.Tensor = formatter.encode_dialog([{"role": "user", "slots": {"message": _message(model)}}])
    return tokens["input_ids"]


def _restore(folder: Path, dtype: torch.dtype) -> Any:
    _require_files(folder)
    model = _empty(folder)
    _fill(model, folder / WEIGHTS, dtype)
    _require_sound_tokenizer(model, folder)
    return model.requires_grad_(requires_grad=False).eval()


# --- the configuration -----------------------------------------------------------------------------------------------


def _require_files(folder: Path) -> None:
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise CorruptModelError(str(folder), f"{name} is missing")


def _configuration(folder: Path) -> Config:
    """What SALM needs of `config.json`, and nothing else: all that makes it fetch or open anything is left out."""
    path = folder / CONFIG
    given = _read(path)
    perception, lora = given.get("perception"), given.get("lora") or {}
    if not isinstance(perception, dict) or not isinstance(lora, dict):
        raise CorruptModelError(str(path), "it is not the configuration of a SALM")
    if given.get("prompt_format") not in _PROMPT_FORMATS or not isinstance(given.get("audio_locator_tag"), str):
        raise CorruptModelError(str(path), "it does not say how the model is to be asked")
    ears = {key: perception[key] for key in _PERCEPTION if key in perception}
    _refuse_foreign(path, [ears, lora])
    known = {key: given[key] for key in ("audio_locator_tag", "prompt_format")}
    local = {"pretrained_llm": str(_language_model(folder, given)), "pretrained_weights": False}
    return known | local | {"perception": ears, "prevent_freeze_params": []} | _adapters(path, lora)


def _language_model(folder: Path, config: Config) -> Path:
    """The folder of the language model: one in the snapshot, whatever the configuration says."""
    name = config.get("pretrained_llm")
    found = (folder / name).resolve() if isinstance(name, str) else folder.resolve()
    if folder.resolve() not in found.parents or not found.is_dir():
        raise CorruptModelError(str(folder), f"the folder of its language model, {name!r}, is not in it")
    for file in (CONFIG, "tokenizer_config.json"):
        if not (found / file).is_file():
            raise CorruptModelError(str(folder), f"{found.name}/{file} is missing")
    if asked := [key for key in _FOREIGN_CODE if _read(found / CONFIG).get(key)]:
        raise CorruptModelError(str(found / CONFIG), f"it asks for what no model may run: {asked[0]}")
    return found


def _adapters(path: Path, lora: Config) -> Config:
    """LoRA's few real choices; peft has dozens more, some of which open files."""
    if unknown := [key for key, value in lora.items() if value and key not in _LORA]:
        raise CorruptModelError(str(path), f"its LoRA has a choice that is not known here: {unknown[0]}")
    return {"lora": {key: lora[key] for key in _LORA if key in lora}} if lora else {}


def _refuse_foreign(path: Path, config: Any) -> None:
    """Classes that are not NeMo's own building blocks, and OmegaConf's `${…}`, which reads the environment."""
    for key, value in _leaves(config):
        if key in ("_target_", "target", "cls") and not str(value).startswith(_OWN_MODULES):
            raise CorruptModelError(str(path), f"it names {value!r}, which is no building block of NeMo's")
        if isinstance(value, str) and "${" in value:
            raise CorruptModelError(str(path), f"it asks for what no model may run: {value!r}")


def _leaves(config: Any) -> Iterator[tuple[str, Any]]:
    """Every (key, value) below that is neither a mapping nor a list; a list's items have its key."""
    waiting = [("", config)]
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.items())
        elif isinstance(value, list):
            waiting.extend((key, each) for each in value)
        else:
            yield key, value


def _read(path: Path) -> Config:
    if path.stat().st_size > _MOST_BYTES:
        raise CorruptModelError(str(path), "it is larger than the configuration of any model")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise CorruptModelError(str(path), "it is no JSON") from error
    if not isinstance(content, dict):
        raise CorruptModelError(str(path), "it is not the configuration of a model")
    return content


# --- the weights -----------------------------------------------------------------------------------------------------


def _empty(folder: Path) -> Any:
    """The model with parameters that take no memory."""
    config = _configuration(folder)
    with init_empty_weights(include_buffers=False), no_random_initialisation(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return SALM(config)
        except ValueError as error:
            reason = f"its configuration or its tokenizer is damaged ({first_line(error)})"
            raise CorruptModelError(str(folder), reason) from error


def _fill(model: Any, path: Path, dtype: torch.dtype) -> None:
    """Every tensor of the file becomes a parameter, and every parameter comes from the file."""
    given = stored.load(path)
    name, head = next(each for each in model.named_modules() if each[0].endswith(".lm_head"))
    names = ("embed_tokens.weight", f"{name}.weight")
    tied = model.llm.config.tie_word_embeddings
    own = model.state_dict()
    refuse_misfits(path, own, _with_both(path, given, names) if tied else given)
    fitting = stored.converted(path, given, {each: _wanted(each, own[each], dtype) for each in given})
    model.load_state_dict(_with_both(path, fitting, names) if tied else fitting, strict=True, assign=True)
    if tied:
        head.weight = model.embed_tokens.weight
    _finish(model, dtype)
    left = [name for name, each in [*model.named_parameters(), *model.named_buffers()] if each.is_meta]
    if left:
        raise CorruptModelError(str(path), f"nothing in it fills {left[0]}")


def _with_both(path: Path, given: stored.Tensors, names: tuple[str, str]) -> stored.Tensors:
    """The embedding under the name of the head too, or the other way round: tied weights are saved once."""
    there = [given[name] for name in names if name in given]
    if len(there) == 2 and there[0] is not there[1] and not torch.equal(*there):
        raise CorruptModelError(str(path), f"{names[0]} and {names[1]} should be the same")
    return given | dict.fromkeys(names, there[0]) if there else given


def _wanted(name: str, own: torch.Tensor, dtype: torch.dtype) -> torch.dtype:
    if not own.is_floating_point() or ".featurizer." in name:
        return own.dtype
    return dtype


def _finish(model: Any, dtype: torch.dtype) -> None:
    """What is in no file: the encoder's positions, made while it was empty, and the type that it is fed."""
    for module in model.perception.modules():
        if hasattr(module, "set_max_audio_length") and hasattr(module.pos_enc, "pe"):
            del module.pos_enc.pe
            module.set_max_audio_length(module.pos_emb_max_len)
        if hasattr(module, "dtype_sentinel_tensor"):
            module.dtype_sentinel_tensor = module.dtype_sentinel_tensor.to(dtype)
    model.perception.preprocessor.featurizer.dither = 0.0


# --- the tokenizer ---------------------------------------------------------------------------------------------------


def _require_sound_tokenizer(model: Any, folder: Path) -> None:
    """A file that is missing or altered makes another tokenizer without a word: replies would then never end."""
    tokens = model.tokenizer.tokenizer
    end, tag = tokens.convert_tokens_to_ids(_END_OF_TURN), tokens.convert_tokens_to_ids(model.audio_locator_tag)
    asked = prompt(model).tolist()
    problem = None
    if end is None or tokens.eos_token_id != end or end not in _ends(model.llm.config):
        problem = f"a reply does not end with {_END_OF_TURN}"
    elif asked.count(tag) != 1 or tokens.decode(asked) != _expected_prompt(model):
        problem = "the prompt does not survive it"
    elif len(tokens) > model.embed_tokens.num_embeddings:
        problem = f"it has {len(tokens)} tokens, and the model {model.embed_tokens.num_embeddings}"
    if problem:
        raise CorruptModelError(str(folder), f"its tokenizer is damaged: {problem}")


def _ends(config: Any) -> list[int]:
    """Qwen's base models know one end, its chat models sometimes several."""
    return config.eos_token_id if isinstance(config.eos_token_id, list) else [config.eos_token_id]


def _expected_prompt(model: Any) -> str:
    formatter = PromptFormatter.resolve(model.cfg.prompt_format)
    turn: str = formatter.TEMPLATE["user"]["template"].replace("|message|", _message(model))
    return turn + str(formatter.INFERENCE_PREFIX)


def _message(model: Any) -> str:
    return f"{REQUEST} {model.audio_locator_tag}"
