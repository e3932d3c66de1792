"""From a model's name to a Recognizer, and the shelf that holds one of them in memory."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from transcriber import hub
from transcriber.aligned import AlignedRecognizer
from transcriber.catalogue import MODEL_CONFIGS, MODELS_DIR, Engine, ModelSpec, find
from transcriber.errors import MissingDependencyError, MissingModelError, UnsupportedOptionError
from transcriber.nemo import archive
from transcriber.nemo.importing import import_nemo
from transcriber.options import Device, Precision
from transcriber.progress import OnProgress, Progress, ignore
from transcriber.recognizer import Recognizer
from transcriber.storage import cache_dir

_TIMERS = ("parakeet", "parakeet-v3")
"""Tell the times for a model that cannot; the first that is installed."""

_WAIT_SECONDS = 0.2
"""How often somebody who waits for the shelf is asked whether he still wants to."""


@dataclass(frozen=True, slots=True)
class LoadSettings:
    """Where models lie and run.

    `timing` names the model (or the path of the `.nemo`) that tells the times
    for one that cannot; "auto" takes a Parakeet that is installed, "none" none.
    `precision` "int8" computes faster on a processor, and a little less exactly.
    """

    models_dir: Path = MODELS_DIR
    device: Device = "auto"
    timing: str = "auto"
    offline: bool = False
    precision: Precision = "auto"


def load(spec: ModelSpec, settings: LoadSettings, on_progress: OnProgress = ignore) -> Recognizer:
    """The model of `spec`, loaded anew; with the one that tells its times, where it needs one and there is one.

    Raises:
        ModelError, MemoryExhaustedError, StorageError, UnsupportedOptionError: why it could not be.
    """
    timer_spec = _timer_spec(spec, settings)
    recognizer = _ENGINES[spec.engine](spec, settings, on_progress)
    if timer_spec is None:
        return recognizer
    try:
        return AlignedRecognizer(recognizer, _ENGINES[timer_spec.engine](timer_spec, settings, on_progress))
    except BaseException:
        recognizer.close()
        raise


def _load_archive(spec: ModelSpec, settings: LoadSettings, on_progress: OnProgress) -> Recognizer:
    path = _existing(spec, settings.models_dir)
    with _importing(on_progress):
        from transcriber.nemo import parakeet
    on_progress(Progress("loading", spec.name))
    found = hub.installed(spec, settings.models_dir)
    known = replace(spec, revision=found.commit) if found else spec
    roots = _unpack_roots(path, settings.models_dir)
    return parakeet.load(known, path, roots, settings.device, settings.precision)


def _load_snapshot(spec: ModelSpec, settings: LoadSettings, on_progress: OnProgress) -> Recognizer:
    if settings.precision != "auto":
        raise UnsupportedOptionError(f"--precision {settings.precision}", spec.title, "only Parakeet models do")
    resolved = hub.resolve_revision(spec, settings.models_dir, on_progress, offline=settings.offline)
    known = replace(spec, revision=resolved.commit)
    folder = hub.fetch_snapshot(known, settings.models_dir, on_progress, offline=settings.offline)
    with _importing(on_progress):
        from transcriber.nemo import canary
    on_progress(Progress("loading", spec.name))
    return canary.load(known, folder, settings.device, (resolved.note,) if resolved.note else ())


_ENGINES: Mapping[Engine, Callable[[ModelSpec, LoadSettings, OnProgress], Recognizer]] = {
    "nemo": _load_archive,
    "salm": _load_snapshot,
}


@contextmanager
def _importing(on_progress: OnProgress) -> Iterator[None]:
    """NeMo is imported, and the block imports what of ours needs it.

    Raises:
        MissingDependencyError: a package is not installed.
    """
    on_progress(Progress("importing", "NeMo"))
    try:
        import_nemo()
        yield
    except ModuleNotFoundError as error:
        raise MissingDependencyError(error.name or "nemo", "python -m pip install -r requirements.txt") from error


def _timer_spec(spec: ModelSpec, settings: LoadSettings) -> ModelSpec | None:
    """Which model tells the times for `spec`, if it needs one.

    Raises:
        UnknownModelError, MissingModelError, UnsupportedOptionError: the one that was asked for cannot.
    """
    if spec.word_times or settings.timing == "none":
        return None
    if settings.timing == "auto":
        return installed_timer(settings.models_dir)
    timer = find(settings.timing)
    if not timer.word_times:
        raise UnsupportedOptionError("--timing", timer.title, "it tells no word times itself")
    _existing(timer, settings.models_dir)
    return timer


def prepare(name: str, models_dir: Path = MODELS_DIR) -> None:
    """Check the archive and unpack its small members, so that the first load is as fast as any.

    Raises:
        MissingModelError, CorruptModelError, StorageError: see `load`.
    """
    path = _existing(find(name), models_dir)
    archive.unpack(archive.read(path), _unpack_roots(path, models_dir))


def unpacked(spec: ModelSpec, models_dir: Path = MODELS_DIR) -> tuple[Path, ...]:
    """The folders that `prepare`, or a load, has unpacked from the model's archive."""
    path = spec.path(models_dir)
    return archive.unpacked(path, _unpack_roots(path, models_dir)) if spec.engine == "nemo" else ()


def is_installed(spec: ModelSpec, models_dir: Path = MODELS_DIR) -> bool:
    """Whether the model's file, or any of its versions, is there. Proves nothing about what is in it."""
    if spec.takes_revision:
        return bool(hub.commits(spec, models_dir))
    return spec.path(models_dir).exists()


def installed_timer(models_dir: Path = MODELS_DIR) -> ModelSpec | None:
    """The Parakeet that tells the times for a model that cannot, if one is installed."""
    candidates = (MODEL_CONFIGS[name] for name in _TIMERS)
    return next((each for each in candidates if is_installed(each, models_dir)), None)


class Shelf:
    """Holds at most one model in memory, for as many users at once as want that one."""

    def __init__(self, load: Callable[[ModelSpec, LoadSettings, OnProgress], Recognizer] = load) -> None:
        self._load = load
        self._changed = threading.Condition()
        self._recognizer: Recognizer | None = None
        self._key: tuple[str, LoadSettings] | None = None
        self._users = 0
        self._busy = False

    @property
    def loaded(self) -> ModelSpec | None:
        """What is in memory now."""
        recognizer = self._recognizer
        return recognizer.spec if recognizer else None

    @contextmanager
    def borrow(
        self, name: str, settings: LoadSettings | None = None, on_progress: OnProgress = ignore
    ) -> Iterator[Recognizer]:
        """The model called `name`, which stays loaded at least as long as the block runs.

        Waits while others use another model; `on_progress` is told, and may raise to give up.

        Raises:
            UnknownModelError: no such name.
            ModelError and others: see `load`. The shelf is then empty, and usable.
        """
        recognizer = self._take((name, settings or LoadSettings()), on_progress)
        try:
            yield recognizer
        finally:
            with self._changed:
                self._users -= 1
                self._changed.notify_all()

    def load(self, name: str, settings: LoadSettings | None = None, on_progress: OnProgress = ignore) -> Recognizer:
        """The model called `name`, which stays loaded until the next one or `unload`. Raises as `borrow`."""
        with self.borrow(name, settings, on_progress) as recognizer:
            return recognizer

    def unload(self, on_progress: OnProgress = ignore) -> None:
        """Give the memory back, once nobody uses the model any more."""
        with self._exclusive(on_progress):
            self._clear()

    def _take(self, key: tuple[str, LoadSettings], on_progress: OnProgress) -> Recognizer:
        spec = find(key[0])
        while True:
            with self._changed:
                if not self._busy and self._key == key and self._recognizer:
                    self._users += 1
                    return self._recognizer
            with self._exclusive(on_progress, unless=key):
                if self._key != key:
                    self._clear()
                    self._recognizer = self._load(spec, key[1], on_progress)
                    self._key = key

    @contextmanager
    def _exclusive(self, on_progress: OnProgress, unless: tuple[str, LoadSettings] | None = None) -> Iterator[None]:
        """Alone with the shelf, without holding its lock; at once if it turns out to hold `unless`."""
        with self._changed:
            while self._busy or (self._users and self._key != unless):
                on_progress(Progress("waiting", self._key[0] if self._key else "the model"))
                self._changed.wait(_WAIT_SECONDS)
            self._busy = True
        try:
            yield
        finally:
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _clear(self) -> None:
        recognizer, self._recognizer, self._key = self._recognizer, None, None
        if recognizer:
            recognizer.close()


SHELF = Shelf()
"""The one shelf of this process."""


def load_model(name: str) -> Recognizer:
    """The catalogue model or `.nemo` file called `name`, on the process's shelf. Raises as `Shelf.borrow`."""
    return SHELF.load(name)


def _existing(spec: ModelSpec, models_dir: Path) -> Path:
    path = spec.path(models_dir)
    if not path.exists():
        raise MissingModelError(spec.name, str(path))
    return path


def _unpack_roots(path: Path, models_dir: Path) -> tuple[Path, ...]:
    """Where an archive may be unpacked: beside the models, if it is one of them; a user's folders get none of ours."""
    ours = (models_dir / ".unpacked",) if path.is_relative_to(models_dir.absolute()) else ()
    return (*ours, cache_dir() / "unpacked")
