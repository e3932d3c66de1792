"""Importing Gradio in 1.5 s instead of 2.6 s.

For each of its components Gradio parses that component's source and rewrites a type stub beside it, at every import,
in the folder where it is installed: a service to editors, which costs 40 % of the import and writes where a user may
not be allowed to, or two programs at once. Here it is left out.
"""

import importlib.abc
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

STUB_WRITER = "gradio.component_meta"


def import_gradio() -> None:
    """Import Gradio, so that later imports are free.

    Raises:
        ModuleNotFoundError: it, or something that it needs, is not installed.
    """
    finder = _WithoutStubs()
    sys.meta_path.insert(0, finder)
    try:
        import gradio  # noqa: F401 - for its side effect
    finally:
        sys.meta_path.remove(finder)


class _WithoutStubs(importlib.abc.MetaPathFinder):
    """Finds the one module that writes the stubs, and has it loaded by `_Tamed`."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The usual spec with our loader; None for every other module."""
        spec = PathFinder.find_spec(fullname, path, target) if fullname == STUB_WRITER else None
        if spec and spec.loader:
            spec.loader = _Tamed(spec.loader)
        return spec


class _Tamed(importlib.abc.Loader):
    def __init__(self, usual: importlib.abc.Loader) -> None:
        self._usual = usual

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._usual.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._usual.exec_module(module)
        module.__dict__["create_or_modify_pyi"] = _write_nothing


def _write_nothing(*_: object) -> None:
    """In the place of what writes the stubs."""
