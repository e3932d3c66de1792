"""How a model decodes, set once in its configuration, before it is built.

NeMo's `transcribe(timestamps=True)` changes the strategy of a finished model
instead, which rebuilds the decoder whenever the answer changes.
"""

import sys
from typing import Any

_CONFIDENCE = {"preserve_word_confidence": True, "exclude_blank": True}  # with blanks, NeMo 3.0.0 fails on TDT


def with_word_times(config: dict[str, Any]) -> dict[str, Any]:
    """The configuration with greedy batched decoding that keeps word times and word confidence.

    The same for the CTC half of a hybrid model, should it be used.
    """
    timed = config | {"decoding": _timed(config.get("decoding"))}
    if isinstance(config.get("aux_ctc"), dict):
        timed["aux_ctc"] = config["aux_ctc"] | {"decoding": _timed(config["aux_ctc"].get("decoding"))}
    return timed


def _timed(decoding: dict[str, Any] | None) -> dict[str, Any]:
    decoding = decoding or {}
    greedy = dict(decoding.get("greedy") or {})
    if sys.platform == "win32":
        # CUDA graphs need an nvrtc that is often missing there, and its error is one NeMo does not catch.
        greedy["use_cuda_graph_decoder"] = False
    wanted = {"strategy": "greedy_batch", "compute_timestamps": True, "confidence_cfg": _CONFIDENCE}
    return decoding | wanted | {"greedy": greedy}
