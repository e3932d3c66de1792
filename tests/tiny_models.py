"""A `.nemo` of every kind that can be loaded, with random weights: small, but built and saved by NeMo itself.

They need NeMo; request the fixture `nemo` before calling.
"""

import copy
import tarfile
import tempfile
from pathlib import Path
from typing import Any

DEMO = Path(__file__).resolve().parent.parent / "models" / "demo.nemo"

CHARACTERS = [" ", *"abcdefghijklmnopqrstuvwxyz'"]

KINDS = ("tdt", "rnnt", "ctc", "hybrid", "ctc_characters", "rnnt_characters")

_SIZE = 32


def build(kind: str, path: Path, seed: int = 0, **encoder: Any) -> Path:
    """Save a model of that kind as `path`; `encoder` are choices of its encoder's."""
    import torch

    torch.manual_seed(seed)
    with tempfile.TemporaryDirectory() as folder:
        configuration = _configuration(Path(folder))
        configuration["encoder"] |= encoder
        model = _BUILDERS[kind](configuration)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.mul_(1.5)  # enough that each step has its own favourite, and some words come out
        _shake_statistics(model)
        model.save_to(str(path))
    return path


def _shake_statistics(model: Any) -> None:
    """Buffers of their own, as training leaves them."""
    import torch

    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 1.5)
            module.num_batches_tracked.fill_(7)


def _configuration(folder: Path) -> dict[str, Any]:
    """The demo model's, made smaller, with its tokenizer unpacked in `folder`."""
    from omegaconf import OmegaConf

    with tarfile.open(DEMO) as tar:
        tar.extractall(folder, filter="data")
    config = OmegaConf.to_container(OmegaConf.load(folder / "model_config.yaml"))
    config["model_defaults"] |= {"enc_hidden": _SIZE, "pred_hidden": _SIZE, "joint_hidden": _SIZE}
    config["encoder"] |= {"n_layers": 1, "d_model": _SIZE, "n_heads": 2, "subsampling_conv_channels": 8}
    config["decoder"]["prednet"]["pred_hidden"] = _SIZE
    config["joint"]["jointnet"]["joint_hidden"] = _SIZE
    for key, value in config["tokenizer"].items():
        if isinstance(value, str) and value.startswith("nemo:"):
            config["tokenizer"][key] = str(folder / value.removeprefix("nemo:"))
    return config


def _without_durations(config: dict[str, Any]) -> dict[str, Any]:
    config = copy.deepcopy(config)
    del config["model_defaults"]["tdt_durations"], config["model_defaults"]["num_tdt_durations"]
    config["joint"]["num_extra_outputs"] = 0
    config["loss"] = {"loss_name": "default"}
    config["decoding"] = {"strategy": "greedy_batch", "greedy": {"max_symbols": 3}}
    return config


def _with_ctc(config: dict[str, Any], vocabulary: list[str] | None = None) -> dict[str, Any]:
    """A CTC decoder instead of a transducer's two networks."""
    shared = {key: config[key] for key in ("sample_rate", "preprocessor", "encoder", "tokenizer", "log_prediction")}
    return shared | {"decoder": _ctc_decoder(vocabulary), "decoding": {"strategy": "greedy"}}


def _ctc_decoder(vocabulary: list[str] | None) -> dict[str, Any]:
    target = "nemo.collections.asr.modules.ConvASRDecoder"
    classes = len(vocabulary) if vocabulary else -1
    return {"_target_": target, "feat_in": _SIZE, "num_classes": classes, "vocabulary": vocabulary or []}


def _tdt(config: dict[str, Any]) -> Any:
    from nemo.collections.asr.models import EncDecRNNTBPEModel

    return _made(EncDecRNNTBPEModel, config)


def _rnnt(config: dict[str, Any]) -> Any:
    from nemo.collections.asr.models import EncDecRNNTBPEModel

    return _made(EncDecRNNTBPEModel, _without_durations(config))


def _rnnt_characters(config: dict[str, Any]) -> Any:
    from nemo.collections.asr.models import EncDecRNNTModel

    config = _without_durations(config) | {"labels": CHARACTERS}
    del config["tokenizer"]
    return _made(EncDecRNNTModel, config)


def _ctc(config: dict[str, Any]) -> Any:
    from nemo.collections.asr.models import EncDecCTCModelBPE

    return _made(EncDecCTCModelBPE, _with_ctc(config))


def _ctc_characters(config: dict[str, Any]) -> Any:
    from nemo.collections.asr.models import EncDecCTCModel

    config = _with_ctc(config, CHARACTERS)
    del config["tokenizer"]
    return _made(EncDecCTCModel, config)


def _hybrid(config: dict[str, Any]) -> Any:
    from nemo.collections.asr.models import EncDecHybridRNNTCTCBPEModel

    auxiliary = {"decoder": _ctc_decoder(None), "decoding": {"strategy": "greedy"}, "ctc_loss_weight": 0.3}
    return _made(EncDecHybridRNNTCTCBPEModel, config | {"aux_ctc": auxiliary})


def _made(model_class: Any, config: dict[str, Any]) -> Any:
    from omegaconf import DictConfig

    config = {key: value for key, value in config.items() if key not in ("target", "nemo_version", "validation_ds")}
    return model_class(cfg=DictConfig(config))


_BUILDERS = {
    "tdt": _tdt,
    "rnnt": _rnnt,
    "ctc": _ctc,
    "hybrid": _hybrid,
    "ctc_characters": _ctc_characters,
    "rnnt_characters": _rnnt_characters,
}
