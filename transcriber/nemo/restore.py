"""From a `.nemo` file to a model in memory: safe on Windows, mapped, every failure named.

Imports NeMo: import this module inside a function.
"""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from nemo.collections.asr.models import (
    EncDecCTCModel,
    EncDecHybridRNNTCTCBPEModel,
    EncDecHybridRNNTCTCModel,
    EncDecRNNTBPEModel,
    EncDecRNNTModel,
)
from nemo.core.connectors.save_restore_connector import SaveRestoreConnector
from nemo.utils import model_utils
from nemo.utils.app_state import AppState

from transcriber.catalogue import ModelSpec
from transcriber.errors import CorruptModelError, ModelLoadError
from transcriber.nemo import archive, configuration
from transcriber.nemo.archive import Archive
from transcriber.nemo.configuration import Config
from transcriber.nemo.connector import MappedConnector, without_vocabularies
from transcriber.nemo.decoding import with_word_times
from transcriber.nemo.failures import load_error, real_cause
from transcriber.nemo.temporary import safe_temporary_directories

log = logging.getLogger(__name__)

_KINDS = (EncDecCTCModel, EncDecRNNTModel, EncDecHybridRNNTCTCModel)
_WITH_OPAQUE_VOCABULARIES = (EncDecRNNTBPEModel, EncDecHybridRNNTCTCBPEModel)

_one_at_a_time = threading.Lock()  # NeMo's restoring is process-wide state: two at once both fail


def restore(spec: ModelSpec, path: Path, roots: Sequence[Path]) -> Any:
    """The model in `path` on the CPU, in float32, in eval mode, decoding with word times.

    Equal to NeMo's plain `restore_from` in every tensor. `roots` are folders for the small members.

    Raises:
        ModelError: missing, corrupt, of another kind, or in need of a package that is not there.
        MemoryExhaustedError, StorageError: what their names say.
    """
    with one_load_at_a_time(spec, path):
        return _restore(spec, path, roots)


@contextmanager
def one_load_at_a_time(spec: ModelSpec, path: Path) -> Iterator[None]:
    """Alone with NeMo, on safe temporary directories; what goes wrong inside leaves as an error of ours.

    `path` is the model's largest file.
    """
    try:
        with _one_at_a_time, safe_temporary_directories():
            yield
    except Exception as error:
        cause = real_cause(error)
        if not isinstance(cause, Exception):  # Ctrl-C, behind a failed clean-up
            raise cause from None
        translated = load_error(spec.name, path, error, "CPU")
        log.exception("loading %s failed", spec.name)
        if translated is error:
            raise
        raise translated from cause


def _restore(spec: ModelSpec, path: Path, roots: Sequence[Path]) -> Any:
    index = archive.read(path)
    folder = archive.unpack(index, roots)
    try:
        return _built(spec, index, folder)
    except FileNotFoundError:
        if folder.is_dir():
            raise
        log.warning("%s was deleted while the model was being loaded from it", folder)
        return _built(spec, index, archive.unpack(index, roots))


def _built(spec: ModelSpec, index: Archive, folder: Path) -> Any:
    config = configuration.read(index.path, folder)
    model_class = _class(spec, index.path, config)
    if issubclass(model_class, _WITH_OPAQUE_VOCABULARIES):
        config = without_vocabularies(config)
    connector = MappedConnector(index, folder, with_word_times(config))
    try:
        path, cpu = str(index.path), torch.device("cpu")
        return model_class.restore_from(path, map_location=cpu, save_restore_connector=connector).eval()
    finally:
        _forget_restoring(model_class)


def _class(spec: ModelSpec, path: Path, config: Config) -> Any:
    """The concrete class that the configuration names: asked of the abstract one, NeMo hides the real reason."""
    target = config["target"]
    if not target.startswith("nemo.collections."):
        raise CorruptModelError(str(path), f"its {archive.CONFIG} names {target!r}, which is no class of NeMo's")
    try:
        found = model_utils.import_class_by_path(target)
    except (ImportError, AttributeError, ValueError) as error:
        raise ModelLoadError(spec.name, f"this version of NeMo has no {target}") from error
    if not (isinstance(found, type) and issubclass(found, _KINDS)):
        reason = f"it is a {target.rpartition('.')[2]}, and only CTC, RNNT, TDT and hybrid speech models can be used"
        raise ModelLoadError(spec.name, reason)
    return found


def _forget_restoring(model_class: Any) -> None:
    """What NeMo leaves in the process: after a failure, the next model would come out wrong."""
    state = AppState()
    state.is_model_being_restored = False
    state.nemo_file_folder = None
    model_class.update_save_restore_connector(SaveRestoreConnector())
