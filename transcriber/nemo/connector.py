"""NeMo's own `restore_from`, without what makes it slow and fragile.

`MappedConnector` takes the place of NeMo's SaveRestoreConnector (NeMo's
public way to change how a model is restored): no temporary directory, no
extraction, no change of the working directory, the weights assigned from
mapped memory. Imports NeMo: import this module inside a function.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from nemo.collections.asr.models import rnnt_bpe_models
from nemo.core.connectors.save_restore_connector import SaveRestoreConnector
from omegaconf import OmegaConf

from transcriber.errors import CorruptModelError
from transcriber.nemo import weights
from transcriber.nemo.archive import CONFIG, WEIGHTS, Archive

Config = dict[str, Any]


class MappedConnector(SaveRestoreConnector):  # type: ignore[misc]
    """Restores from an Archive and the folder with its small members; `config` is the model's configuration."""

    def __init__(self, archive: Archive, folder: Path, config: Config) -> None:
        super().__init__()
        self.model_extracted_dir = str(folder)
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
        _refuse_misfits(self._archive.path, own, state_dict)
        fitting = {name: tensor.to(own[name].dtype) for name, tensor in state_dict.items()}
        instance.load_state_dict(fitting, strict=strict, assign=True)
        instance._set_model_restore_state(is_being_restored=False)  # noqa: SLF001

    def _tensors(self) -> weights.Tensors:
        path = self._folder / WEIGHTS if self._archive.compressed else self._archive.path
        member = self._archive.member(WEIGHTS)
        return weights.load(path, 0 if self._archive.compressed else member.offset, member.size)


def read_config(path: Path, folder: Path) -> Config:
    """The configuration of an unpacked archive, as plain Python.

    Raises:
        CorruptModelError: it is no YAML, or not the configuration of a model.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        with (folder / CONFIG).open(encoding="utf-8") as file:
            config = yaml.load(file, Loader=loader)  # noqa: S506 - one of the two safe loaders
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CorruptModelError(str(path), f"its {CONFIG} cannot be read") from error
    config = config.get("model", config) if isinstance(config, dict) else config
    if not isinstance(config, dict) or not isinstance(config.get("target"), str):
        raise CorruptModelError(str(path), f"its {CONFIG} names no model class")
    return config


def without_vocabularies(config: Config) -> Config:
    """The configuration of a BPE transducer less the lists that NeMo fills from the tokenizer anyway."""
    joint = {key: value for key, value in config.get("joint", {}).items() if key != "vocabulary"}
    return {key: value for key, value in config.items() if key != "labels"} | {"joint": joint}


@contextmanager
def no_random_initialisation() -> Iterator[None]:
    """Leave new parameters of this thread as they are: every one is about to be assigned from the archive."""
    here = threading.get_ident()
    names = [name for name in vars(torch.nn.init) if name.endswith("_") and not name.startswith("_")]

    def unless_here(original: Any) -> Any:
        def initialise(tensor: torch.Tensor, *args: object, **kwargs: object) -> object:
            return tensor if threading.get_ident() == here else original(tensor, *args, **kwargs)

        return initialise

    replacements = {name: unless_here(getattr(torch.nn.init, name)) for name in names}
    with patch.multiple(torch.nn.init, **replacements):
        yield


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
    """Hand OmegaConf a vocabulary as one opaque value instead of a node per token.

    NeMo copies its configuration again and again while a model is built;
    with the 8,192 tokens of Parakeet v3 as nodes, that costs 20 CPU seconds.
    An Enum member is the one list-like thing OmegaConf passes on untouched.
    """

    def opaque(tokens: list[str]) -> Any:
        Vocabulary: Any = Enum("Vocabulary", {"TOKENS": tuple(tokens)}, type=_Vocabulary)  # noqa: N806 - a class
        return Vocabulary.TOKENS

    with patch.object(rnnt_bpe_models, "ListConfig", opaque):
        yield


def _refuse_misfits(path: Path, own: Mapping[str, torch.Tensor], given: Mapping[str, torch.Tensor]) -> None:
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
