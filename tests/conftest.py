"""What many tests share: NeMo imported once, the demo model loaded once, a home of their own."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from windows_locks import locks  # noqa: F401 - a fixture

from transcriber import loading
from transcriber.catalogue import MODEL_CONFIGS, MODELS_DIR
from transcriber.loading import LoadSettings
from transcriber.recognizer import Recognizer


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing of the user's is read or touched: caches, settings, logs."""
    home = tmp_path_factory.mktemp("home")
    names = ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "LOCALAPPDATA", "HF_HOME")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update({name: str(home / name.lower()) for name in names})
    yield
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


@pytest.fixture(autouse=True)
def heard_log() -> None:
    """Undo whatever an earlier test's command line, or a library that it imported, did to silence the log.

    NeMo sets the level of every handler that its own logger has, pytest's among
    them, where that listens to loggers that do not propagate.
    """
    logging.disable(logging.NOTSET)
    logging.getLogger().setLevel(logging.WARNING)
    for handler in logging.getLogger().handlers:
        handler.setLevel(logging.NOTSET)
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if name.split(".")[0] == "transcriber" and isinstance(logger, logging.Logger):
            logger.disabled, logger.propagate = False, True
            logger.setLevel(logging.NOTSET)


@pytest.fixture(scope="session")
def nemo() -> None:
    """NeMo imported, as the program does it."""
    from transcriber.nemo.importing import import_nemo

    import_nemo()


@pytest.fixture(scope="session")
def demo_path() -> Path:
    """The demo model's archive."""
    return MODELS_DIR / "demo.nemo"


@pytest.fixture(scope="session")
def recognizer(nemo: None) -> Iterator[Recognizer]:
    """The demo model in memory."""
    loaded = loading.load(MODEL_CONFIGS["demo"], LoadSettings(device="cpu"))
    yield loaded
    loaded.close()
