"""Importing NeMo: once, quietly, without telemetry. It costs some 12 CPU seconds."""

import functools
import logging
import os
import warnings

_NO_TELEMETRY = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


@functools.cache
def import_nemo() -> None:
    """Import torch and NeMo's speech collection, so that later imports are free.

    Raises:
        ModuleNotFoundError: they are not installed.
    """
    for name, value in _NO_TELEMETRY.items():
        os.environ.setdefault(name, value)
    logging.getLogger("nv_one_logger").setLevel(logging.ERROR)  # it warns that it collects nothing
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NeMo and its dependencies deprecate things at each other
        import nemo.collections.asr  # noqa: F401 - for its side effect
        from nemo.utils import logging as nemo_logging
    nemo_logging.setLevel(logging.ERROR)  # below that, NeMo writes pages about training, and texts it heard
