"""Importing NeMo: once, quietly, without telemetry. It costs some 12 CPU seconds."""

import logging
import os
import warnings

from transcriber.progress import OnProgress, Progress, ignore

_NO_TELEMETRY = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


def import_nemo(on_progress: OnProgress = ignore) -> None:
    """Import torch and NeMo's speech collection, so that later imports are free.

    Raises:
        ModuleNotFoundError: they are not installed.
    """
    on_progress(Progress("importing", "NeMo"))
    for name, value in _NO_TELEMETRY.items():
        os.environ.setdefault(name, value)
    logging.getLogger("nv_one_logger").setLevel(
        logging.ERROR
    )  # it warns that it collects nothing, which is as it should be
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NeMo and its dependencies deprecate things at each other
        import nemo.collections.asr  # noqa: F401 - for its side effect
        from nemo.utils import logging as nemo_logging
    nemo_logging.setLevel(logging.ERROR)  # below that, NeMo writes pages about training, and texts it heard
