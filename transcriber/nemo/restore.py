"""From a `.nemo` file to a model in memory: safe on Windows, mapped, every failure named.

Imports NeMo: import this module inside a function.
"""

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from nemo.collections.asr.models import (
    EncDecCTCModel,
    EncDecCTCModelBPE,
    EncDecHybridRNNTCTCModel,
    EncDecRNNTBPEModel,
    EncDecRNNTModel,
)
from nemo.utils import model_utils
from nemo.utils.app_state import AppState

from transcriber.catalogue import ModelSpec
from transcriber.errors import CorruptModelError, ModelLoadError
from transcriber.nemo import archive
from transcriber.nemo.connector import Config, MappedConnector, read_config, without_vocabularies
from transcriber.nemo.decoding import with_word_times
from transcriber.nemo.failures import load_error
from transcriber.nemo.temporary import safe_temporary_directories

log = logging.getLogger(__name__)

_one_at_a_time = threading.Lock()  # NeMo's restoring is process-wide state: two at once both fail


def restore(spec: ModelSpec, path: Path, roots: Sequence[Path]) -> Any:
    """The model in `path` on the CPU, in float32, in eval mode, decoding with word times.

    Equal to NeMo's plain `restore_from` in every tensor. `roots` are folders for the small members.

    Raises:
        ModelError: missing, corrupt, of another kind, or in need of a package that is not there.
        MemoryExhaustedError, StorageError: what their names say.
    """
    try:
        with _one_at_a_time, safe_temporary_directories():
            return _restore(spec, path, roots)
    except Exception as error:
        translated = load_error(spec.name, path, error, "CPU")
        log.exception("loading %s failed", spec.name)
        raise translated from error
    finally:
        _forget_restoring()


def _restore(spec: ModelSpec, path: Path, roots: Sequence[Path]) -> Any:
    index = archive.read(path)
    folder = archive.unpack(index, roots)
    config = read_config(path, folder)
    model_class = _class(spec, path, config)
    if issubclass(model_class, EncDecRNNTBPEModel):
        config = without_vocabularies(config)
    connector = MappedConnector(index, folder, with_word_times(config))
    model = model_class.restore_from(str(path), map_location=torch.device("cpu"), save_restore_connector=connector)
    return model.eval()


def _class(spec: ModelSpec, path: Path, config: Config) -> Any:
    """The concrete class that the configuration names: asked of the abstract one, NeMo hides the real reason."""
    target = config["target"]
    if not target.startswith("nemo.collections."):
        raise CorruptModelError(str(path), f"its {archive.CONFIG} names {target!r}, which is no class of NeMo's")
    try:
        found = model_utils.import_class_by_path(target)
    except (ImportError, AttributeError) as error:
        raise ModelLoadError(spec.name, f"this version of NeMo has no {target}") from error
    kinds = (EncDecRNNTModel, EncDecCTCModel, EncDecCTCModelBPE, EncDecHybridRNNTCTCModel)
    if not (isinstance(found, type) and issubclass(found, kinds)):
        reason = f"it is a {target.rpartition('.')[2]}, and only CTC, RNNT, TDT and hybrid speech models can be used"
        raise ModelLoadError(spec.name, reason)
    return found


def _forget_restoring() -> None:
    """A failed load leaves NeMo's process-wide state in restoring mode, and the next model would come out wrong."""
    state = AppState()
    state.is_model_being_restored = False
    state.nemo_file_folder = None
