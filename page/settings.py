"""What the page remembers from one tab, and from one start, to the next.

A file of JSON, read whenever a tab opens, written when a field is changed: the
last change wins, and a tab that is open keeps what it shows. What makes no sense
in it counts as not there, field by field; what a newer version has put there stays.
"""

import json
import logging
import math
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from page.phrases import LANGUAGES
from transcriber import export
from transcriber.catalogue import find
from transcriber.errors import StorageError, TranscriberError
from transcriber.options import PROFILES
from transcriber.outputs import EXISTING
from transcriber.storage import patiently, state_dir, storage_errors, write_whole

log = logging.getLogger(__name__)

VERSION = 1
"""Of the file. A later one may say the same otherwise, and then reads what this one wrote."""

FIRST_MODEL = "demo"

_writing = threading.Lock()
"""Windows replaces no file that somebody reads."""


def settings_path() -> Path:
    """Where it is remembered."""
    return state_dir() / "settings.json"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the fields of a new tab say.

    `model` is a name as `catalogue.find` takes it, `timing` "auto", "none" or the
    path of a `.nemo` file; an empty `folder` means the usual one. `formats` are
    those that are offered, and saved. Of captions, None means what the profile says.
    """

    model: str = FIRST_MODEL
    timing: str = "auto"
    device: str = "auto"
    in_int8: bool = False
    word_times: bool = True
    proof: bool = False
    save: bool = False
    place: str = "folder"
    folder: str = ""
    existing: str = "number"
    stream: str = "first"
    stream_number: int = 1
    channels: str = "mix"
    formats: tuple[str, ...] = export.USUAL
    profile: str = "netflix"
    line_length: float | None = None
    lines: float | None = None
    characters_per_second: float | None = None
    base: str = "file"
    own_start: str = "01:00:00:00"
    snap: bool = False
    language: str = ""


def load() -> Settings:
    """What is remembered, as far as it makes sense; the defaults for all else."""
    with _writing:
        kept = _read()
    known: dict[str, Any] = {name: kept[name] for name, fits in _FITTING.items() if name in kept and fits(kept[name])}
    return Settings(**known | {"formats": tuple(known.get("formats", export.USUAL))})


def keep(**fields: Any) -> None:  # noqa: ANN401 - each has its own type, which is looked at
    """Remember these fields, as far as they make sense. A disk that refuses costs only that."""
    fitting = {name: value for name, value in fields.items() if _FITTING[name](value)}
    _change(lambda before: {"version": VERSION, **before, **fitting})


def forget() -> None:
    """Back to the defaults; what this version does not know stays."""
    _change(lambda before: {name: value for name, value in before.items() if name not in _FITTING})


def _change(change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    with _writing:
        before = _read()
        after = change(before)
        if json.dumps(after, sort_keys=True) != json.dumps(before, sort_keys=True):
            _write(after)


def _read() -> dict[str, Any]:
    try:
        return dict(_parsed(settings_path().read_bytes()))
    except FileNotFoundError:
        return {}
    except OSError as error:
        log.warning("%s cannot be read (%s): the defaults are used", settings_path(), error.strerror)
        return {}


@lru_cache(maxsize=1)
def _parsed(content: bytes) -> Mapping[str, Any]:
    """Kept, so that damage is logged once and not whenever somebody looks."""
    try:
        found = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        log.warning("%s is damaged: the defaults are used", settings_path())
        return {}
    return found


def _write(content: Mapping[str, Any]) -> None:
    path = settings_path()
    written = json.dumps(content, ensure_ascii=False, indent=2).encode("utf-8", errors="replace")
    try:
        with storage_errors(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
        patiently(lambda: write_whole(path, written))
    except StorageError as error:
        log.warning("%s", error)


# --- what makes sense ------------------------------------------------------------------------------------------------


def _is_model(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(find(value))
    except TranscriberError:
        return False


def _one_of(*values: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and value in values


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_switch(value: object) -> bool:
    return isinstance(value, bool)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_amount(value: object) -> bool:
    """Or None. Whether captions can be laid out by it is said where they are."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value is None
    return math.isfinite(value) and value > 0


def _are_formats(value: object) -> bool:
    known: Collection[str] = [name for name in export.FORMATS if name != "pack"]
    return isinstance(value, list | tuple) and bool(value) and all(each in known for each in value)


_FITTING: Mapping[str, Callable[[Any], bool]] = MappingProxyType(
    {
        "model": _is_model,
        "timing": _is_text,
        "device": _one_of("auto", "cpu", "cuda"),
        "in_int8": _is_switch,
        "word_times": _is_switch,
        "proof": _is_switch,
        "save": _is_switch,
        "place": _one_of("folder", "beside"),
        "folder": _is_text,
        "existing": _one_of(*EXISTING),
        "stream": _one_of("first", "all", "number"),
        "stream_number": _is_count,
        "channels": _one_of("mix", "split"),
        "formats": _are_formats,
        "profile": _one_of(*PROFILES),
        "line_length": _is_amount,
        "lines": _is_amount,
        "characters_per_second": _is_amount,
        "base": _one_of("file", "source", "own"),
        "own_start": _is_text,
        "snap": _is_switch,
        "language": _one_of("", *LANGUAGES),
    }
)
"""Every field, and what it may hold."""
