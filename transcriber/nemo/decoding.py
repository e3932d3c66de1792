"""How a model decodes, set once in its configuration, before it is built.

NeMo's `transcribe(timestamps=True)` changes the strategy of a finished model
instead, which rebuilds the decoder whenever the answer changes.
"""

import sys
from typing import Any

_CONFIDENCE = {"preserve_word_confidence": True, "exclude_blank": True}  # with blanks, NeMo 3.0.0 fails on TDT

_LANGUAGE_MODELS = {"ngram_lm_model", "ngram_lm_alpha", "boosting_tree", "boosting_tree_alpha"}
"""Name files on the trainer's machine: an archive has no business in opening files of ours."""


def with_word_times(config: dict[str, Any]) -> dict[str, Any]:
    """The configuration with greedy batched decoding that keeps word times and, where it works, word confidence.

    The same for the CTC half of a hybrid model, should it be used.
    """
    # NeMo 3.0.0 fails on the confidence of CTC models that spell: it joins the numbers of letters as if they were text
    ctc_confidence = _CONFIDENCE if "tokenizer" in config else {"preserve_word_confidence": False}
    if "joint" in config:
        timed = config | {"decoding": _timed(config.get("decoding"), "use_cuda_graph_decoder", _CONFIDENCE)}
    else:
        timed = config | {"decoding": _timed(config.get("decoding"), "allow_cuda_graphs", ctc_confidence)}
    if isinstance(config.get("aux_ctc"), dict):
        aux_ctc = config["aux_ctc"]
        timed["aux_ctc"] = aux_ctc | {"decoding": _timed(aux_ctc.get("decoding"), "allow_cuda_graphs", ctc_confidence)}
    return timed


def _timed(decoding: dict[str, Any] | None, graphs: str, confidence: dict[str, Any]) -> dict[str, Any]:
    """`graphs` is what the decoder calls its option for CUDA graphs."""
    decoding = decoding or {}
    greedy = {key: value for key, value in (decoding.get("greedy") or {}).items() if key not in _LANGUAGE_MODELS}
    if sys.platform == "win32":
        greedy[graphs] = False  # they need an nvrtc that is often missing there, and its error is one NeMo lets through
    wanted = {"strategy": "greedy_batch", "compute_timestamps": True, "confidence_cfg": confidence}
    return decoding | wanted | {"greedy": greedy}
