"""The script itself: what it imports, how it starts, and what it says when it cannot."""

import argparse
import ast
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import transcribe_ui
from transcriber import catalogue
from transcriber.errors import UnknownModelError

CARDS = ("model", "options", "past", "recordings", "queue", "reading", "delivery", "rules", "export", "check")
ROOMS = ("library", "models", "settings")
PAGES = ("view", "transcribing", "following", "captions_player")
SHOWN = {*(f"{name}.py" for name in PAGES), *(f"{card}_card.py" for card in (*CARDS, *ROOMS))}
"""What of the page is laid out with Gradio."""

PROJECT = Path(__file__).resolve().parent.parent
HEAVY = ("gradio", "torch", "nemo", "numpy", "av", "huggingface_hub")
START_WITHOUT = "import sys; sys.modules[{0!r}] = None; import transcribe_ui; sys.exit(transcribe_ui.main({1!r}))"


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env=os.environ | environment, capture_output=True, text=True
    )


def imports_of(script: str) -> set[str]:
    tree = ast.parse((PROJECT / script).read_text(encoding="utf-8"))
    plain = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    whole = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level}
    return {name.split(".")[0] for name in plain | whole}


@pytest.mark.parametrize(
    ("script", "besides"),
    [("transcribe_ui.py", {"gradio", "page", "transcriber"}), ("setup_local_models.py", {"transcriber"})],
)
def test_a_root_script_imports_the_standard_library_and_our_own_rooms(script: str, besides: set[str]) -> None:
    assert imports_of(script) - sys.stdlib_module_names <= besides


def test_only_the_page_knows_the_page_and_only_what_it_shows_knows_gradio() -> None:
    rooms = ("benchmarks", "page", "tests", "tools", "transcriber")
    files = {path: imports_of(str(path)) for room in rooms for path in (PROJECT / room).rglob("*.py")}

    knows_page = {path.parent.name for path, names in files.items() if "page" in names} - {"tests"}
    knows_gradio = {path.name for path, names in files.items() if "gradio" in names} - {"test_transcribe_ui.py"}

    assert knows_page == {"page"}
    assert knows_gradio == SHOWN | {"quick_gradio.py"}


def test_importing_the_script_gives_the_known_names_and_loads_nothing_heavy() -> None:
    found = run(
        "import json, sys, transcribe_ui as ui;"
        "print(json.dumps([sorted(sys.modules), ui.CANARY_PINNED_REVISION, list(ui.MODEL_CONFIGS)]))"
    )

    modules, revision, names = json.loads(found.stdout)

    assert not set(HEAVY) & set(modules)
    assert revision is None
    assert names == list(catalogue.MODEL_CONFIGS)


def test_load_model_knows_what_it_can_load() -> None:
    with pytest.raises(UnknownModelError, match="There is no model named 'parrot'"):
        transcribe_ui.load_model("parrot")


@pytest.mark.parametrize("package", ["gradio", "torch", "nemo", "av", "fastapi"])
def test_a_missing_package_is_one_sentence_with_the_command_that_installs_it(package: str, tmp_path: Path) -> None:
    ended = run(START_WITHOUT.format(package, ["--no-browser"]), TMPDIR=str(tmp_path), TEMP=str(tmp_path))

    assert ended.returncode == 1
    assert ended.stderr == (
        f"The Python package {package} is missing. Run: python -m pip install -r requirements.txt\n"
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("arguments", [["--port", "70000"], ["--port", "web"], ["--colour"], ["--share", "--offline"]])
def test_wrong_usage_is_told_from_failure(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert transcribe_ui.main(arguments) == 2
    assert "usage:" in capsys.readouterr().err


def test_an_address_of_another_machine_is_one_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    ended = run(f"import transcribe_ui as ui; raise SystemExit(ui.main(['--no-browser', '--host', {'192.0.2.1'!r}]))")

    assert ended.returncode == 1
    assert "The page cannot be served on 192.0.2.1" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_next_free_port_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        first = taken.getsockname()[1]

        port = transcribe_ui.free_port("127.0.0.1", first)

    assert first < port < first + transcribe_ui.PORTS_TRIED


def test_any_port_will_do_for_zero() -> None:
    assert transcribe_ui.free_port("127.0.0.1", 0) > 0


@pytest.mark.parametrize(
    ("host", "share", "warned"), [("127.0.0.1", False, False), ("127.0.0.1", True, True), ("0.0.0.0", False, True)]
)
def test_a_page_that_leaves_the_machine_comes_with_a_warning(
    host: str, share: bool, warned: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    transcribe_ui._warn_of_visitors(argparse.Namespace(host=host, share=share))

    assert ("the page leaves this machine" in capsys.readouterr().err) == warned
