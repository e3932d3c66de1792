"""`model_config.yaml` of an archive, as plain Python: read as OmegaConf reads it, fast, and without trusting it."""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from transcriber.errors import CorruptModelError
from transcriber.nemo.archive import CONFIG

Config = dict[str, Any]

_MOST_BYTES = 10 << 20
"""Parakeet v3's, with 8,192 tokens in two lists, has 0.2 MB."""
_MOST_NODES = 1_000_000
_DEEPEST = 100
_PACKAGES = {"nemo", "nemo_text_processing", "torch", "torchmetrics", "lightning", "megatron"}
_PATHS = "tag:yaml.org,2002:python/object/apply:pathlib."


def read(path: Path, folder: Path) -> Config:
    """The configuration of the archive `path`, unpacked in `folder`.

    Raises:
        CorruptModelError: it is no YAML, not the configuration of a model, or asks for what is no part of one.
    """
    config = _load(path, folder / CONFIG)
    config = config.get("model", config) if isinstance(config, dict) else config
    if not isinstance(config, dict) or not isinstance(config.get("target"), str):
        raise CorruptModelError(str(path), f"its {CONFIG} names no model class")
    for mapping in _mappings(path, config):
        _refuse_foreign_code(path, mapping)
    return config


def _load(path: Path, file: Path) -> Any:
    import yaml

    if file.stat().st_size > _MOST_BYTES:
        raise CorruptModelError(str(path), f"its {CONFIG} is larger than that of any model")
    try:
        text = file.read_text(encoding="utf-8")
        _refuse_deep_nesting(text)
        return yaml.load(text, Loader=_loader())  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise CorruptModelError(str(path), f"its {CONFIG} cannot be read") from error


def _refuse_deep_nesting(text: str) -> None:
    """The parser is C code that crashes when it runs out of stack, so it must never get that deep."""
    import yaml

    depth = 0
    for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")


def _mappings(path: Path, config: Config) -> Iterator[Config]:
    """Every mapping in the tree; aliases can make one of billions out of a few lines, or one without an end."""
    waiting: list[Any] = [config]
    seen = 0
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
        if isinstance(node, dict | list):
            seen += len(node)
            waiting.extend(node.values() if isinstance(node, dict) else node)
        if seen > _MOST_NODES:
            raise CorruptModelError(str(path), f"its {CONFIG} is larger than that of any model")


def _refuse_foreign_code(path: Path, mapping: Config) -> None:
    """What is asked for gets called: NeMo refuses what is dangerous in its turn, we at once what is foreign."""
    target = mapping.get("_target_", "nemo.")
    if not isinstance(target, str) or target.partition(".")[0] not in _PACKAGES:
        raise CorruptModelError(str(path), f"its {CONFIG} asks for {target!r}, which no model may run")


@functools.cache
def _loader() -> Any:
    """A safe loader in C that tells numbers from texts as OmegaConf's own does: `1e-5` is a number, a date is not."""
    import yaml
    from omegaconf._utils import get_yaml_loader

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        yaml_implicit_resolvers = get_yaml_loader().yaml_implicit_resolvers

    for kind in ("Path", "PosixPath", "WindowsPath"):  # of the trainer's machine, never opened here
        Loader.add_constructor(_PATHS + kind, lambda loader, node: "/".join(loader.construct_sequence(node)))
    return Loader
