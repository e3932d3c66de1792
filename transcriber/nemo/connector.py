"""NeMo's own `restore_from`, without what makes it slow and fragile.

`MappedConnector` takes the place of NeMo's SaveRestoreConnector (NeMo's
public way to change how a model is restored): no temporary directory, no
extraction, no change of the working directory, the weights assigned from
mapped memory. Imports NeMo: import this module inside a function.
"""

import errno
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from enum import Enum
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from nemo.collections.asr.models import hybrid_rnnt_ctc_bpe_models, rnnt_bpe_models
from nemo.core.connectors.save_restore_connector import SaveRestoreConnector
from nemo.utils.app_state import AppState
from omegaconf import DictConfig, OmegaConf
from torch.overrides import TorchFunctionMode

from transcriber.errors import CorruptModelError
from transcriber.nemo import weights
from transcriber.nemo.archive import WEIGHTS, Archive
from transcriber.nemo.configuration import Config


class MappedConnector(SaveRestoreConnector):  # type: ignore[misc]
    """Restores from an Archive and the folder with its small members; `config` is the model's configuration."""

    def __init__(self, archive: Archive, folder: Path, config: Config) -> None:
        super().__init__()
        self.model_extracted_dir: str | None = str(folder)
        self._archive, self._folder, self._model_config = archive, folder, config

    def load_config_and_state_dict(
        self,
        calling_cls: Any,
        *_: object,
        **__: object,
    ) -> tuple[Any, Any, weights.Tensors]:
        """NeMo's first half of restoring: (configuration, model without weights, state dict)."""
        conf = OmegaConf.create(self._model_config)
        OmegaConf.set_struct(conf, value=True)
        AppState().model_restore_path = str(self._archive.path)  # where save_to will look for the tokenizer
        calling_cls._set_model_restore_state(is_being_restored=True, folder=str(self._folder))  # noqa: SLF001
        with no_random_initialisation(), vocabulary_outside_omegaconf():
            model = calling_cls.from_config_dict(config=conf)
        return conf, model, self._tensors()

    def load_instance_with_state_dict(
        self,
        instance: Any,
        state_dict: weights.Tensors,
        strict: bool,  # noqa: FBT001 - NeMo's signature
    ) -> None:
        """NeMo's second half: the weights become the model's own, in the model's own types, without a copy."""
        own = instance.state_dict()
        refuse_misfits(self._archive.path, own, state_dict)
        fitting = {name: _fitted(tensor, own[name]) for name, tensor in state_dict.items()}
        instance.load_state_dict(fitting, strict=strict, assign=True)
        instance._set_model_restore_state(is_being_restored=False)  # noqa: SLF001
        self.model_extracted_dir = None  # from now on the archive itself

    def register_artifact(
        self,
        model: Any,
        config_path: str,
        src: str,
        verify_src_exists: bool = True,  # noqa: FBT001, FBT002 - NeMo's signature
    ) -> str | None:
        """The path of a file of the model's: always one of the archive, whatever lies elsewhere on this machine.

        NeMo prefers any file of that name in the working directory, and follows absolute paths.
        """
        name = src.removeprefix("nemo:")
        if all(member.name != name for member in self._archive.unpacked):
            name = re.split(r"[\\/]", name)[-1]
        if not (self._folder / name).is_file():
            if not verify_src_exists:
                return None
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self._folder / name))
        return str(super().register_artifact(model, config_path, f"nemo:{name}", verify_src_exists))

    def save_to(self, model: Any, save_path: str) -> None:
        """As NeMo, with vocabularies as plain lists in the configuration."""
        write_out_vocabularies(model.cfg)
        super().save_to(model, save_path)

    def _tensors(self) -> weights.Tensors:
        path = self._folder / WEIGHTS if self._archive.compressed else self._archive.path
        member = self._archive.member(WEIGHTS)
        return weights.load(path, 0 if self._archive.compressed else member.offset, member.size)


# --- weights ---------------------------------------------------------------------------------------------------------


class no_random_initialisation(TorchFunctionMode):  # type: ignore[misc]  # noqa: N801 - used like a function
    """Leave new parameters of this thread as they are: every one is about to be assigned from the archive.

    Constants are still filled in.
    """

    _CONSTANT = frozenset({"zeros_", "ones_", "constant_", "eye_", "dirac_"})
    _RANDOM = frozenset(
        {torch.Tensor.uniform_, torch.Tensor.normal_}
        | {init for name, init in vars(torch.nn.init).items() if re.fullmatch(r"[a-z]\w*_", name)}
        - {getattr(torch.nn.init, name) for name in _CONSTANT}
    )

    def __torch_function__(
        self, function: Any, _: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Torch's signature: all that this thread does with tensors in the block passes here."""
        named = kwargs or {}
        if function in self._RANDOM:
            return args[0] if args else named["tensor"]
        return function(*args, **named)


def _fitted(given: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
    """The tensor itself if it can take the place of `own`, or a copy that can."""
    if given.dtype == own.dtype and given.stride() == own.stride():
        return given
    return torch.empty_like(own).copy_(given)


def refuse_misfits(path: Path, own: Mapping[str, torch.Tensor], given: Mapping[str, torch.Tensor]) -> None:
    """Every tensor of the file must be wanted, and every wanted one be there, in its shape.

    Raises:
        CorruptModelError: naming the first three that are not.
    """
    problems = [
        *(f"{name} is missing" for name in own if name not in given),
        *(f"{name} belongs to no layer" for name in given if name not in own),
        *(
            f"{name} is {_shape(given[name])} instead of {_shape(own[name])}"
            for name in own
            if name in given and own[name].shape != given[name].shape
        ),
    ]
    if problems:
        more = f" and {len(problems) - 3} more" if len(problems) > 3 else ""
        raise CorruptModelError(str(path), f"its weights do not fit its configuration: {', '.join(problems[:3])}{more}")


def _shape(tensor: torch.Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a single number"


# --- vocabularies ----------------------------------------------------------------------------------------------------


class _Vocabulary:
    """List-like, for the one member of an Enum."""

    value: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, index: int) -> str:
        return self.value[index]

    def __iter__(self) -> Iterator[str]:
        return iter(self.value)


@contextmanager
def vocabulary_outside_omegaconf() -> Iterator[None]:
    """Hand OmegaConf the vocabularies of transducers as one opaque value instead of a node per token.

    NeMo copies its configuration again and again while a model is built;
    with the 8,192 tokens of Parakeet v3 as nodes, that costs 20 CPU seconds.
    An Enum member is the one list-like thing OmegaConf passes on untouched.
    """

    def opaque(tokens: list[str]) -> Any:
        Vocabulary: Any = Enum("Vocabulary", {"TOKENS": tuple(tokens)}, type=_Vocabulary)  # noqa: N806 - a class
        return Vocabulary.TOKENS

    with ExitStack() as patches:
        for module in (rnnt_bpe_models, hybrid_rnnt_ctc_bpe_models):
            patches.enter_context(patch.object(module, "ListConfig", opaque))
        yield


def without_vocabularies(config: Config) -> Config:
    """The configuration of a BPE transducer less the lists that NeMo fills from the tokenizer anyway."""
    if not isinstance(config.get("joint"), dict):
        return config
    joint = {key: value for key, value in config["joint"].items() if key != "vocabulary"}
    return {key: value for key, value in config.items() if key != "labels"} | {"joint": joint}


def write_out_vocabularies(config: DictConfig) -> None:
    """Plain lists again, as NeMo itself would have them. Half a second for Parakeet v3's tokens."""
    for place in ("labels", "joint.vocabulary", "aux_ctc.decoder.vocabulary"):
        vocabulary = OmegaConf.select(config, place)
        if isinstance(vocabulary, _Vocabulary):
            OmegaConf.update(config, place, list(vocabulary))
