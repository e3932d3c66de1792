"""How it stands with every model of the catalogue on this machine, as every open tab sees it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from page.model_in_use import ModelInUse
from transcriber import hub, loading, removal
from transcriber.catalogue import MODEL_CONFIGS, ModelSpec, find
from transcriber.removal import Footprint

State = Literal["absent", "begun", "damaged", "installed"]


@dataclass(frozen=True, slots=True)
class Version:
    """One commit of a model of which several lie side by side; `names` are branches and tags that mean it."""

    commit: str
    names: tuple[str, ...]
    state: State
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one model: what is there of it, in which state, and whether it is in memory."""

    spec: ModelSpec
    state: State
    footprint: Footprint
    versions: tuple[Version, ...] = ()
    in_memory: bool = False

    @property
    def is_ours(self) -> bool:
        """Whether it is part of the program, and so neither downloaded nor removed."""
        return self.spec.repository is None


class Standings:
    """Looks at the models folder when asked, and remembers which models were found damaged when all was read."""

    def __init__(self, model: ModelInUse) -> None:
        self._model = model
        self._condemned: frozenset[str] = frozenset()

    def of(self, name: str) -> Standing:
        """Of the model of the catalogue that is called so."""
        spec = replace(MODEL_CONFIGS[name], revision=None)
        in_memory = self._model.in_memory
        versions = tuple(self._versions(spec))
        found = removal.footprint(spec, self._model.models_dir)
        state = _overall(versions) if versions else self._state(spec, found)
        return Standing(spec, state, found, versions, in_memory is not None and in_memory.name == name)

    def condemn(self, name: str) -> None:
        """Its bytes are not what they were; `name` may have a revision."""
        self._condemned |= {name}

    def acquit(self, name: str) -> None:
        """It was found whole, came anew, or is gone; with all its versions, where `name` has no revision."""
        self._condemned = frozenset(each for each in self._condemned if name not in (each, each.partition("@")[0]))

    def _versions(self, spec: ModelSpec) -> Iterator[Version]:
        models_dir = self._model.models_dir
        names = hub.names(spec, models_dir)
        for commit in hub.commits(spec, models_dir):
            meant = tuple(sorted(name for name, meaning in names.items() if meaning == commit and name != commit))
            exact = replace(spec, revision=commit)
            found = removal.footprint(exact, models_dir)
            yield Version(commit, meant, self._state(exact, found), found.whole_bytes)

    def _state(self, spec: ModelSpec, found: Footprint) -> State:
        models_dir = self._model.models_dir
        if not found.paths:
            return "absent"
        if not loading.is_installed(spec, models_dir):
            return "begun"
        there = hub.installed(spec, models_dir)
        at_a_glance = there is not None and (there.origin is not None or found.by_hand)
        return "installed" if at_a_glance and versioned(spec) not in self._condemned else "damaged"


def versioned(spec: ModelSpec) -> str:
    """The name that means this version and no other.

    >>> versioned(replace(MODEL_CONFIGS["canary"], revision="v1"))
    'canary@v1'
    """
    return f"{spec.name}@{spec.revision}" if spec.takes_revision and spec.revision else spec.name


def holds(model: ModelInUse, spec: ModelSpec) -> bool:
    """Whether files of the model may be open in the worker."""
    return model.in_memory is not None and _needs(model.in_memory, spec, model.models_dir)


def is_wanted(model: ModelInUse, spec: ModelSpec) -> bool:
    """Whether files of the model are being opened, or used, or will be by somebody who waits."""
    waiting = [find(name) for name in model.in_line]
    return any(_needs(each, spec, model.models_dir) for each in waiting) or bool(waiting and holds(model, spec))


def _needs(other: ModelSpec, spec: ModelSpec, models_dir: Path) -> bool:
    """A model without times of its own may have those of any other."""
    return other.takes_revision or other.path(models_dir).absolute() == spec.path(models_dir).absolute()


def _overall(versions: tuple[Version, ...]) -> State:
    return "damaged" if any(each.state == "damaged" for each in versions) else "installed"
