"""What a bug report needs to know of the program and the computer.

No word of a transcript, no name of a recording, of a user or of his home folder.
"""

import getpass
import os
import platform
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from transcriber import loading, media
from transcriber.catalogue import MODEL_CONFIGS, MODELS_DIR
from transcriber.errors import StorageError
from transcriber.recordings import SUFFIXES
from transcriber.storage import cache_dir, free_bytes, log_path, state_dir, storage_errors, system_path

PACKAGES = (
    "torch", "nemo_toolkit", "transformers", "peft", "huggingface_hub", "gradio", "av", "silero-vad", "numpy", "psutil",
)  # fmt: skip

LITTLE_ROOM = 10e9
"""Bytes: a model with its download takes as much."""

DEEP = 300
"""Letters of a path: more than Windows takes without being asked (260)."""

WARNINGS = 10
"""How many of the last ones are told."""

LOG_TAIL = 200_000
"""Bytes of the log that are read."""

_ENTRY = re.compile(r"^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} )", re.MULTILINE)
_GRAVE = re.compile(r"^\S+ \S+ (?:WARNING|ERROR|CRITICAL) ")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `advice` is there where something should be done."""

    name: str
    value: str
    advice: str | None = None

    def __str__(self) -> str:
        return f"{self.name}: {self.value}" + (f" -> {self.advice}" if self.advice else "")


def diagnose(models_dir: Path = MODELS_DIR) -> Iterator[Finding]:
    """Everything, in order; what takes long comes late.

    Slow (seconds): it imports torch, writes and deletes a small file in each of the program's folders.
    """
    for finding in _everything(models_dir):
        yield replace(
            finding, value=_discreet(finding.value), advice=_discreet(finding.advice) if finding.advice else None
        )


def _everything(models_dir: Path) -> Iterator[Finding]:
    yield from _system()
    yield from _packages()
    yield from _models(models_dir)
    yield from _folders(models_dir)
    yield from _warnings()
    yield _decoders()
    yield from _device()


def report(models_dir: Path = MODELS_DIR) -> str:
    """The findings as text to paste."""
    return as_text(diagnose(models_dir))


def as_text(findings: Iterable[Finding]) -> str:
    """One line for each."""
    return "".join(f"{each}\n" for each in findings)


def _system() -> Iterator[Finding]:
    import psutil

    memory = psutil.virtual_memory()
    yield Finding("Python", f"{platform.python_version()}, {platform.architecture()[0]}")
    yield Finding("System", platform.platform())
    yield Finding("Processor", f"{platform.processor() or platform.machine()}, {os.cpu_count()} threads")
    yield Finding("Memory", f"{memory.available / 1e9:.1f} GB free of {memory.total / 1e9:.1f}")
    if sys.platform == "win32":
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SYSTEM\CurrentControlSet\Control\FileSystem") as key:
                enabled, _ = winreg.QueryValueEx(key, "LongPathsEnabled")
        except OSError:
            enabled = 0
        yield Finding("Long paths", "enabled" if enabled else "not enabled in Windows; this program needs it not")


def _packages() -> Iterator[Finding]:
    for name in PACKAGES:
        try:
            yield Finding(name, version(name))
        except PackageNotFoundError:
            yield Finding(name, "not installed", "run: python -m pip install -r requirements.txt")


def _models(models_dir: Path) -> Iterator[Finding]:
    for spec in MODEL_CONFIGS.values():
        yield Finding(f"Model {spec.name}", "installed" if loading.is_installed(spec, models_dir) else "not installed")


def _folders(models_dir: Path) -> Iterator[Finding]:
    folders = {
        "Models folder": models_dir,
        "Jobs and settings": state_dir(),
        "Cache": cache_dir(),
        "Temporary files": Path(tempfile.gettempdir()),
    }
    for name, folder in folders.items():
        try:
            free = free_bytes(folder)
            _write_and_delete(folder)
        except StorageError as error:
            yield Finding(name, str(folder), str(error))
        else:
            advice = "there is little room left" if free < LITTLE_ROOM else None
            yield Finding(name, f"{folder}, {free / 1e9:.0f} GB free, can be written", advice)


def _write_and_delete(folder: Path) -> None:
    """By a path that is too long for programs that know nothing of that.

    Raises:
        StorageError: it cannot be done.
    """
    with storage_errors(folder):
        system_path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="write-test-", dir=system_path(folder)) as own:
            deep = Path(own, *["x" * 99] * (DEEP // 100))
            system_path(deep).mkdir(parents=True)
            system_path(deep / "test").write_bytes(b"test")


def _warnings() -> Iterator[Finding]:
    """The gravest lines of the log: what was said first, and the last line of its cause."""
    try:
        with system_path(log_path()).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_TAIL))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        yield Finding("Log", f"none in {log_path()}")
        return
    grave = [entry.strip().splitlines() for entry in _ENTRY.split(text) if _GRAVE.match(entry)][-WARNINGS:]
    yield Finding("Log", f"{log_path()}, warnings at its end: {len(grave) or 'none'}")
    for first, *cause in grave:
        yield Finding("Warning", _without_names(f"{first} ({cause[-1].strip()})" if cause else first))


def _decoders() -> Finding:
    try:
        return Finding("Decoders", media.libraries())
    except (ImportError, OSError) as error:
        return Finding("Decoders", f"cannot be loaded ({error})", "run: python -m pip install -r requirements.txt")


def _device() -> Iterator[Finding]:
    try:
        from transcriber.nemo import device
    except (ImportError, OSError) as error:
        yield Finding("Device", f"torch cannot be loaded ({error})", "run: python -m pip install -r requirements.txt")
        return
    chosen = device.choose("auto")
    yield Finding("Device", f"{device.title(chosen)}{device.memory(chosen)}", device.advice())


# --- what is nobody's business ---------------------------------------------------------------------------------------

_ENDINGS = "|".join(sorted(each[1:] for each in SUFFIXES))
_NAMES = (
    re.compile(r"(?<![\w:/\\.])(?:[A-Za-z]:|~)?[\\/][^:*?\"<>|\r\n]*\.(\w{2,5})\b"),
    re.compile(rf"(?<=: )[^:\r\n]*?\.({_ENDINGS})\b", re.IGNORECASE),
)
"""Files by their paths, and recordings by their bare names, which stand at the beginning of a sentence."""


def _without_names(warning: str) -> str:
    """Which file it was is nobody's business; of which kind often tells why.

    >>> _without_names("12:00 ERROR x: UnreadableMediaError (errors.E: Anna and Ben.wav cannot be read)")
    '12:00 ERROR x: UnreadableMediaError (errors.E: [a file].wav cannot be read)'
    """
    for pattern in _NAMES:
        warning = pattern.sub(r"[a file].\1", warning)
    return warning


def _discreet(text: str) -> str:
    """The user's home folder told as `~`, his name not at all, however Windows writes them."""
    for home in _homes():
        text = re.sub(re.escape(home) + r"(?![\w.-])", "~", text, flags=re.IGNORECASE)
    return re.sub(rf"(?<=[\\/]){re.escape(_user())}(?=[\\/]|$|\W)", "[user]", text, flags=re.IGNORECASE)


def _homes() -> Iterator[str]:
    """Every spelling of the home folder, with what follows it; short ones (`BOBHOM~1`) come from Windows itself."""
    home = Path.home()
    for path in dict.fromkeys((home, home.resolve(), _short(home))):
        yield str(path)
        yield path.as_posix()


def _short(path: Path) -> Path:
    r"""How Windows calls a folder for programs of 1993, and often in its own settings (`C:\Users\BOBHOM~1`)."""
    if sys.platform == "win32":
        import ctypes

        told = ctypes.create_unicode_buffer(2 * DEEP)
        if ctypes.windll.kernel32.GetShortPathNameW(str(path), told, len(told)):
            return Path(told.value)
    return path


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # KeyError until Python 3.12
        return Path.home().name
