"""What the page remembers from one start to the next."""

import json
import logging
from pathlib import Path

from transcriber.catalogue import find
from transcriber.errors import StorageError, TranscriberError
from transcriber.storage import state_dir, storage_errors, write_whole

log = logging.getLogger(__name__)

FIRST_MODEL = "demo"


def settings_path() -> Path:
    """Where it is remembered."""
    return state_dir() / "settings.json"


def last_model() -> str:
    """The model that was used last: `parakeet`, `canary@v1`, a path. The demo model where nothing sensible is kept."""
    try:
        name = json.loads(settings_path().read_text(encoding="utf-8"))["model"]
        found = find(name)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, TranscriberError):
        return FIRST_MODEL
    return str(name) if found.takes_revision else found.name


def remember_model(name: str) -> None:
    """Begin with this model next time. A disk that refuses costs only that."""
    path = settings_path()
    if last_model() == name:
        return
    try:
        with storage_errors(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps({"model": name}, ensure_ascii=False, indent=2).encode("utf-8"))
    except StorageError as error:
        log.warning("%s", error)
