"""The whole way: the demo model, served by a Hub on this machine as if it were Parakeet."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import canary_hub
import pytest
from hub_server import Cut, HubServer, Refusal, WrongBytes

import setup_local_models
from transcriber import hub
from transcriber.catalogue import MODEL_CONFIGS, MODELS_DIR
from transcriber.hub import client, downloads

DEMO = (MODELS_DIR / "demo.nemo").read_bytes()
ROOT = Path(setup_local_models.__file__).parent


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    monkeypatch.setattr(downloads, "RETRY_WAITS", ())
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with HubServer() as server:
        for name in ("parakeet", "parakeet-v3"):
            spec = MODEL_CONFIGS[name]
            server.commit(spec.repository, {spec.repository_file: DEMO})
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        yield server


def run(*arguments: str, models_dir: Path) -> int:
    return setup_local_models.main([*arguments, "--models-dir", str(models_dir)])


def test_without_names_it_lists_what_is_there_and_what_could_be(tmp_path, capsys):
    (tmp_path / "demo.nemo").write_bytes(DEMO)

    status = run(models_dir=tmp_path)

    lines = capsys.readouterr().out.splitlines()
    assert status == 0
    assert any("demo " in line and "installed, 4.8 MB" in line for line in lines)
    assert any("parakeet " in line and "not installed, about 2.47 GB to download" in line for line in lines)
    assert any("canary " in line and "not installed, about 5.12 GB to download" in line for line in lines)
    assert any("CC-BY-4.0, bg hr cs" in line for line in lines)
    assert list(tmp_path.iterdir()) == [tmp_path / "demo.nemo"]


def test_a_named_model_is_downloaded_verified_and_unpacked(server, tmp_path, capsys):
    status = run("parakeet", "--yes", models_dir=tmp_path)

    said = capsys.readouterr().out
    assert status == 0
    assert (tmp_path / "parakeet.nemo").read_bytes() == DEMO
    assert list((tmp_path / ".unpacked").rglob("model_config.yaml"))
    assert "about 2.47 GB, CC-BY-4.0, from nvidia/parakeet-tdt-0.6b-v2" in said
    assert "downloading parakeet 100 %\nverifying parakeet" in said
    assert f"parakeet: ready, {tmp_path / 'parakeet.nemo'}" in said


def test_a_terminal_gets_one_line_per_stage(server, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    run("parakeet", "--yes", models_dir=tmp_path)

    lines = [line for line in capsys.readouterr().out.split("\n") if line.startswith("\r")]
    last_texts = [line.split("\r")[-1].split(",")[0].strip() for line in lines]
    assert last_texts == [
        "downloading parakeet: 4.8 of 4.8 MB",
        "verifying parakeet: 4.8 of 4.8 MB",
    ]


@pytest.mark.parametrize(("answer", "status"), [("y", 0), ("", 0), ("no", 1)])
def test_it_asks_before_it_downloads(server, tmp_path, monkeypatch, answer, status):
    monkeypatch.setattr("builtins.input", lambda _: answer)

    assert run("parakeet", models_dir=tmp_path) == status

    assert (tmp_path / "parakeet.nemo").exists() is (status == 0)


def test_nobody_to_ask_means_no(server, tmp_path):
    finished = subprocess.run(
        [sys.executable, "setup_local_models.py", "parakeet", "--models-dir", str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert finished.returncode == 1
    assert "--yes" in finished.stderr
    assert not server.requests


def test_what_is_installed_is_neither_asked_about_nor_downloaded_again(server, tmp_path, capsys):
    run("parakeet", "--yes", models_dir=tmp_path)
    asked = len(server.requests)
    capsys.readouterr()

    status = run("parakeet", models_dir=tmp_path)

    assert status == 0
    assert len(server.requests) == asked
    assert "ready" in capsys.readouterr().out


def test_one_failure_does_not_stop_the_others(server, tmp_path, capsys):
    server.fail(WrongBytes(), at="/cdn/")

    status = run("parakeet", "parakeet-v3", "--yes", models_dir=tmp_path)

    said = capsys.readouterr()
    assert status == 1
    assert "parakeet.nemo is not complete: its bytes are not the Hub's" in said.err
    assert f"parakeet-v3: ready, {tmp_path / 'parakeet-v3.nemo'}" in said.out
    assert not (tmp_path / "parakeet.nemo").exists()


def test_the_next_run_goes_on_where_the_last_one_broke(server, tmp_path, capsys):
    server.fail(Cut(after_bytes=3_000_000), at="/cdn/")

    first = run("parakeet", "--yes", models_dir=tmp_path)
    second = run("parakeet", "--yes", models_dir=tmp_path)

    assert (first, second) == (1, 0)
    assert "the next try goes on from there" in capsys.readouterr().err
    assert server.asked("/cdn/")[1].first_byte > 2_000_000
    assert (tmp_path / "parakeet.nemo").read_bytes() == DEMO


def test_a_refusal_is_one_sentence(server, tmp_path, capsys):
    server.fail(Refusal(503), at="/api/")

    status = run("parakeet", "--yes", models_dir=tmp_path)

    assert status == 1
    assert capsys.readouterr().err == (
        "nvidia/parakeet-tdt-0.6b-v2 could not be fetched: the Hub is in trouble (HTTP 503). Try again later.\n"
    )


def test_an_archive_that_is_none_is_not_called_ready(server, tmp_path, capsys):
    spec = MODEL_CONFIGS["parakeet"]
    server.commit(spec.repository, {spec.repository_file: b"no archive"})

    status = run("parakeet", "--yes", models_dir=tmp_path)

    said = capsys.readouterr()
    assert status == 1
    assert "parakeet.nemo is not a usable model" in said.err
    assert "ready" not in said.out


def test_check_needs_no_network_and_finds_damage(server, tmp_path, capsys):
    run("parakeet", "parakeet-v3", "--yes", models_dir=tmp_path)
    (tmp_path / "parakeet-v3.nemo").write_bytes(DEMO[:-1] + b"?")
    (tmp_path / "demo.nemo").write_bytes(DEMO)
    server.close()
    capsys.readouterr()

    status = run("--check", models_dir=tmp_path)

    said = capsys.readouterr()
    commit = server.repositories["nvidia/parakeet-tdt-0.6b-v2"].names["main"]
    assert status == 1
    assert f"parakeet: whole, as downloaded from nvidia/parakeet-tdt-0.6b-v2 at {commit[:7]}" in said.out
    assert "demo: sound; it was not downloaded from the Hub" in said.out
    assert "parakeet-v3.nemo is not a usable model: its bytes are not those" in said.err


def test_check_looks_into_models_that_were_copied_by_hand(tmp_path, capsys):
    (tmp_path / "parakeet.nemo").write_bytes(DEMO[: len(DEMO) // 2])

    status = run("--check", "parakeet", models_dir=tmp_path)

    assert status == 1
    assert "parakeet.nemo is not a usable model" in capsys.readouterr().err


def test_check_of_a_model_that_is_not_there_says_how_to_get_it(tmp_path, capsys):
    status = run("--check", "parakeet", models_dir=tmp_path)

    assert status == 1
    assert "Run: python setup_local_models.py parakeet" in capsys.readouterr().err


# --- Canary-Qwen: two repositories, and any revision -----------------------------------------------------------------


def test_canary_comes_ahead_of_time_and_then_asks_nobody(server, tmp_path, capsys):
    commit = canary_hub.serve(server)

    status = run("canary", "--yes", models_dir=tmp_path)
    said = capsys.readouterr().out
    server.close()
    checked = run("--check", models_dir=tmp_path)

    assert (status, checked) == (0, 0)
    assert "canary: Canary-Qwen 2.5B (English), about 5.12 GB, CC-BY-4.0, from nvidia/canary-qwen-2.5b" in said
    assert "downloading canary 100 %\nverifying canary 100 %\n" in said
    assert f"canary: ready, {tmp_path / 'canary-qwen-2.5b' / commit}" in said
    assert f"canary: whole, as downloaded from {canary_hub.REPOSITORY} at {commit[:7]}" in capsys.readouterr().out


def test_any_revision_of_canary_can_be_had_and_they_are_listed(server, tmp_path, capsys):
    first = canary_hub.serve(server)
    second = canary_hub.serve(server, name="v2", changes={"README.md": b"A longer card."})

    status = run("canary@main", "canary@v2", "--yes", models_dir=tmp_path)
    run(models_dir=tmp_path)

    said = capsys.readouterr().out
    assert status == 0
    assert f"ready, {tmp_path / 'canary-qwen-2.5b' / second}" in said
    assert any(
        "installed, 0.4 MB, at " in line and {first[:7], second[:7]} <= set(line.replace(",", "").split())
        for line in said.splitlines()
    )


def test_a_newer_version_is_asked_about_before_it_is_downloaded(server, tmp_path, monkeypatch):
    first = canary_hub.serve(server)
    run("canary", "--yes", models_dir=tmp_path)
    canary_hub.serve(server, changes={"model.safetensors": b"newer"})
    monkeypatch.setattr("builtins.input", lambda _: "no")

    status = run("canary", models_dir=tmp_path)

    assert status == 1
    assert hub.commits(MODEL_CONFIGS["canary"], tmp_path) == (first,)


def test_without_network_the_version_that_is_here_is_named_and_ready(server, tmp_path, capsys):
    commit = canary_hub.serve(server)
    run("canary", "--yes", models_dir=tmp_path)
    server.close()
    capsys.readouterr()

    status = run("canary", models_dir=tmp_path)

    said = capsys.readouterr().out
    assert status == 0
    assert f"The Hub did not answer: using commit {commit[:7]}, which was main on" in said
    assert "canary: ready" in said


def test_a_revision_that_is_not_there_does_not_stop_the_others(server, tmp_path, capsys):
    canary_hub.serve(server)

    status = run("canary@nowhere", "parakeet", "--yes", models_dir=tmp_path)

    said = capsys.readouterr()
    assert status == 1
    assert "has no branch, tag or commit 'nowhere'" in said.err
    assert "parakeet: ready" in said.out


def test_check_finds_damage_in_every_version_and_the_next_run_repairs_it(server, tmp_path, capsys):
    canary_hub.serve(server)
    commit = canary_hub.serve(server, name="v2", changes={"model.safetensors": b"newer"})
    run("canary", "canary@v2", "--yes", models_dir=tmp_path)
    (tmp_path / "canary-qwen-2.5b" / commit / "model.safetensors").write_bytes(b"Newer")
    capsys.readouterr()

    damaged = run("--check", models_dir=tmp_path)
    said = capsys.readouterr()
    named = run("--check", f"canary@{commit[:7]}", models_dir=tmp_path)
    repaired = run("canary@v2", "--yes", models_dir=tmp_path)
    whole = run("--check", "canary", models_dir=tmp_path)

    assert (damaged, named, repaired, whole) == (1, 1, 0, 0)
    assert said.out.count("canary: whole") == 1
    assert "model.safetensors is not a usable model: its bytes are not those that were downloaded" in said.err


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("canary@418c32c5a6d3fd24ad5ae40cb5b9a46", "looks like a commit hash that was cut off: 31 of 40 characters"),
        ("canary@", "is empty"),
        ("canary@100%", None),
        ("parakeet@main", "parakeet does not support a revision: it is the one file that is installed"),
        ("whisper@main", "there is no model 'whisper@main'; choose from demo"),
    ],
)
def test_a_revision_that_can_be_none_is_wrong_usage(server, tmp_path, capsys, name, sentence):
    status = run(name, "--yes", models_dir=tmp_path)

    assert status == (2 if sentence else 1)
    assert (sentence or "did not hand out") in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["nonsense"], ["--nonsense"], ["parakeet", "--models-dir"]])
def test_wrong_usage_is_two(arguments, capsys):
    assert setup_local_models.main(arguments) == 2
    assert "usage" in capsys.readouterr().err


def test_a_missing_package_is_one_sentence_with_the_command(server, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(client.importlib.util, "find_spec", lambda _: None)

    status = run("parakeet", "--yes", models_dir=tmp_path)

    assert status == 1
    assert "missing. Run: python -m pip install -r requirements.txt" in capsys.readouterr().err


def test_the_script_imports_only_the_standard_library_and_the_engine():
    tree = ast.parse(Path(setup_local_models.__file__).read_text(encoding="utf-8"))

    found = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    found += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]

    assert {name.split(".")[0] for name in found} <= {*sys.stdlib_module_names, "transcriber"}


# --- removing --------------------------------------------------------------------------------------------------------


def test_a_model_is_removed_with_all_that_came_of_it(server, tmp_path, capsys):
    run("parakeet", "--yes", models_dir=tmp_path)
    capsys.readouterr()

    status = run("parakeet", "--remove", "--yes", models_dir=tmp_path)

    assert status == 0
    assert "parakeet: removed, 4.8 MB freed" in capsys.readouterr().out
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size]


@pytest.mark.parametrize("answer", ["", "no"])
def test_nothing_is_removed_without_a_yes(tmp_path, monkeypatch, capsys, answer):
    (tmp_path / "parakeet.nemo").write_bytes(DEMO)
    monkeypatch.setattr("builtins.input", lambda _: answer)

    status = run("parakeet", "--remove", models_dir=tmp_path)

    said = capsys.readouterr()
    assert status == 1
    assert "you put it there yourself" in said.out
    assert (tmp_path / "parakeet.nemo").read_bytes() == DEMO


def test_what_is_to_be_removed_must_be_named_and_be_there(tmp_path, capsys):
    (tmp_path / "demo.nemo").write_bytes(DEMO)

    statuses = [run(*names, "--remove", "--yes", models_dir=tmp_path) for names in ((), ("demo",), ("canary",))]

    said = capsys.readouterr().err
    assert statuses == [2, 1, 1]
    assert "part of the program" in said
    assert "canary is not installed" in said
    assert (tmp_path / "demo.nemo").exists()
