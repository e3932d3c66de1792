"""Importing the engine is instant: heavy libraries come only with the work that needs them."""

import ast
import importlib.util
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import transcriber

HEAVY = {
    "torch", "nemo", "gradio", "huggingface_hub", "av", "numpy", "omegaconf", "pysubs2", "silero_vad", "ray", "docx",
}  # fmt: skip
HEAVY_BY_ITS_OWN_WORD = "import this module inside a function"
ROOT = Path(__file__).resolve().parent.parent


def modules() -> list[str]:
    found = [each.name for each in pkgutil.walk_packages(transcriber.__path__, "transcriber.")]
    return [name for name in found if not name.endswith(".__main__") and not _says_that_it_is_heavy(name)]


def _says_that_it_is_heavy(module: str) -> bool:
    source = Path(importlib.util.find_spec(module).origin).read_text(encoding="utf-8")
    return HEAVY_BY_ITS_OWN_WORD in " ".join(ast.get_docstring(ast.parse(source)).split())


def run(code: str) -> str:
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    return ran.stdout


def test_no_module_of_the_engine_imports_a_heavy_library():
    code = f"import sys, {', '.join(modules())}; print(*sorted({HEAVY!r} & set(sys.modules)))"

    assert run(code).split() == []


@pytest.mark.parametrize("script", ["transcribe_ui", "setup_local_models"])
def test_the_root_scripts_import_nothing_heavy_either(script):
    assert run(f"import sys, {script}; print(*sorted({HEAVY!r} & set(sys.modules)))").split() == []


def test_the_engine_imports_where_the_heavy_libraries_are_missing():
    block = f"import sys; sys.modules.update(dict.fromkeys({sorted(HEAVY)}, None))"

    assert run(f"{block}; import {', '.join(modules())}; print('fine')").strip() == "fine"
