"""Canary-Qwen from the Hub: two repositories become one folder, which then needs no network."""

import json
import math
import os
import shutil
import socket
import subprocess
import sys
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from canary_hub import (
    BLOCK,
    CAN_LINK,
    CANARY,
    CONFIG,
    LANGUAGE,
    LANGUAGE_FILES,
    MODEL_FILES,
    REPOSITORY,
    SMALL_FILES,
    WEIGHTS,
    blob_name,
    fill_cache,
    serve,
)
from hub_server import Cut, HubServer, LoginPage, Refusal, Silence, Stall, WrongBytes
from windows_locks import ON_WINDOWS, windows_locks

from transcriber import hub
from transcriber.errors import (
    CorruptModelError,
    DiskFullError,
    HubUnreachableError,
    IncompleteDownloadError,
    MissingModelError,
    NotWritableError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
    TranscriptionCancelledError,
)
from transcriber.hub import client, downloads, holdings
from transcriber.progress import Progress

ROOT = Path(hub.__file__).parent.parent.parent
FOLDER = "Qwen3-1.7B"
A, C = 40 * "a", 40 * "c"
TOTAL = len(WEIGHTS) + sum(len(content) for content in SMALL_FILES.values())

needs_links = pytest.mark.skipif(not CAN_LINK, reason="the cache holds no links on this system")

ELSEWHERE = """
import sys
from pathlib import Path
from transcriber import hub
from transcriber.catalogue import MODEL_CONFIGS
from transcriber.hub import downloads

downloads.BLOCK_BYTES = 4096

def wait_for_leave(progress):
    print(progress.stage, int(progress.done), flush=True)
    sys.stdin.readline()

hub.fetch_snapshot(MODEL_CONFIGS["canary"], Path(sys.argv[1]), wait_for_leave)
print("done", flush=True)
"""


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(downloads, "BLOCK_BYTES", BLOCK)
    monkeypatch.setattr(downloads, "RETRY_WAITS", (0.01, 0.01))
    monkeypatch.setattr(downloads, "RENAME_WAITS", (0.01, 0.01))
    monkeypatch.setattr(client, "TICK_SECONDS", 0.02)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with HubServer() as server:
        serve(server)
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        yield server


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A models folder in a place with every letter that has ever been trouble."""
    return tmp_path / "Bob's (Home) [v2] {ü} & co"


def at(revision: str):
    return replace(CANARY, revision=revision)


def main_of(server: HubServer) -> str:
    return server.repositories[REPOSITORY].names["main"]


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def names_in(home: Path) -> set[str]:
    return {path.name for path in home.iterdir() if path.suffix != ".lock"}


def weights_address() -> str:
    return f"/cdn/{blob_name('model.safetensors', WEIGHTS)}"


def flip(path: Path) -> None:
    content = path.read_bytes()
    path.unlink()  # the cache may hold the same bytes by another name
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


# --- the first time --------------------------------------------------------------------------------------------------


def test_everything_that_loading_needs_comes_into_one_folder(server, models):
    folder = hub.fetch_snapshot(CANARY, models)

    found = files_in(folder)
    config = json.loads(found.pop("config.json"))
    record = json.loads(found.pop("snapshot.json"))
    assert folder == models / "canary-qwen-2.5b" / main_of(server)
    assert found == {"model.safetensors": WEIGHTS, **{f"{FOLDER}/{name}": it for name, it in SMALL_FILES.items()}}
    assert config == {**json.loads(CONFIG), "pretrained_llm": FOLDER}
    assert record["language_model"] == LANGUAGE
    assert record["language_commit"] == server.repositories[LANGUAGE].names["main"]
    assert names_in(folder.parent) == {folder.name, "revisions.json"}
    assert not any(path.is_symlink() for path in folder.rglob("*"))


def test_what_is_installed_is_known_with_its_commit_and_size(server, models):
    folder = hub.fetch_snapshot(CANARY, models)

    found = hub.installed(CANARY, models)

    size_bytes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and path.suffix != ".json")
    assert (found.path, found.commit) == (folder, main_of(server))
    assert found.size_bytes > size_bytes > len(WEIGHTS)
    assert found.origin.repository == REPOSITORY
    assert hub.snapshot(CANARY, models) == hub.snapshot(at(main_of(server)), models) == folder
    assert hub.commits(CANARY, models) == (main_of(server),)


def test_only_what_is_needed_is_asked_for_and_never_the_language_models_weights(server, models):
    hub.fetch_snapshot(CANARY, models)

    asked = [path for method, path in server.counts if method == "GET"]
    main, language = main_of(server), server.repositories[LANGUAGE].names["main"]
    assert sorted(asked) == sorted(
        [
            f"/api/models/{REPOSITORY}",
            f"/api/models/{REPOSITORY}/revision/{main}",
            f"/{REPOSITORY}/resolve/{main}/config.json",
            f"/{REPOSITORY}/resolve/{main}/model.safetensors",
            weights_address(),
            f"/api/models/{LANGUAGE}",
            *(f"/{LANGUAGE}/resolve/{language}/{name}" for name in SMALL_FILES),
            f"/cdn/{blob_name('tokenizer.json', SMALL_FILES['tokenizer.json'])}",
        ]
    )
    assert set(server.counts.values()) == {1}


def test_progress_counts_the_bytes_of_the_whole(server, models):
    seen: list[Progress] = []

    hub.fetch_snapshot(CANARY, models, seen.append)

    downloading = [each.done for each in seen if each.stage == "downloading" and each.total == TOTAL]
    assert downloading == sorted(downloading)
    assert (downloading[0], downloading[-1]) == (0, TOTAL)
    assert len(downloading) > 100
    assert seen[-1] == Progress("verifying", "canary", TOTAL, TOTAL)


def test_a_language_model_without_some_of_the_files_does_with_what_it_has(server, models):
    few = {name: SMALL_FILES[name] for name in ("config.json", "tokenizer_config.json", "tokenizer.json")}
    server.commit(LANGUAGE, few)

    folder = hub.fetch_snapshot(CANARY, models)

    assert {path.name for path in (folder / FOLDER).iterdir()} == set(few)


# --- ever after ------------------------------------------------------------------------------------------------------


def test_the_second_time_nobody_is_asked(server, models):
    folder = hub.fetch_snapshot(CANARY, models)
    asked = len(server.requests)

    again = [hub.fetch_snapshot(each, models) for each in (CANARY, at("main"), at(main_of(server).upper()))]

    assert again == [folder] * 3
    assert len(server.requests) == asked


@pytest.mark.parametrize("offline", [True, False])
def test_without_the_server_and_without_sockets_it_is_still_there(server, models, monkeypatch, offline):
    folder = hub.fetch_snapshot(CANARY, models)
    server.close()

    def refuse(*_: object) -> None:
        raise AssertionError("somebody was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    assert hub.fetch_snapshot(CANARY, models, offline=offline) == folder
    assert hub.check(CANARY, models).path == folder


def test_a_silent_network_a_week_later_keeps_the_version_that_is_here(server, models, monkeypatch):
    folder = hub.fetch_snapshot(CANARY, models)
    monkeypatch.setattr(client, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr("transcriber.hub.revisions.DAY_SECONDS", 0)
    server.fail(Silence(), times=math.inf)

    assert hub.fetch_snapshot(CANARY, models) == folder


def test_the_folder_can_be_copied_to_another_machine(server, models, tmp_path, monkeypatch):
    folder = hub.fetch_snapshot(CANARY, models)
    there = tmp_path / "stick" / CANARY.file / folder.name
    shutil.copytree(folder, there)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "another cache"))
    server.close()

    assert hub.fetch_snapshot(CANARY, tmp_path / "stick", offline=True) == there
    assert hub.check(CANARY, tmp_path / "stick").commit == folder.name


def test_versions_stay_side_by_side(server, models):
    first = hub.fetch_snapshot(CANARY, models)
    serve(server, name="v2", commit=C, changes={"model.safetensors": b"newer"})

    second = hub.fetch_snapshot(at("v2"), models)

    assert hub.snapshot(CANARY, models) == first
    assert hub.snapshot(at("ccccccc"), models) == second == first.parent / C
    assert (second / "model.safetensors").read_bytes() == b"newer"
    assert set(hub.commits(CANARY, models)) == {first.name, C}


def test_nothing_here_is_nothing(models):
    assert hub.snapshot(CANARY, models) is None
    assert hub.installed(CANARY, models) is None
    assert hub.commits(CANARY, models) == ()


# --- what need not be downloaded -------------------------------------------------------------------------------------


def test_a_version_that_changes_only_the_card_costs_neither_download_nor_room(server, models):
    first = hub.fetch_snapshot(CANARY, models)
    serve(server, name="v2", commit=C, changes={"README.md": b"A longer card."})

    second = hub.fetch_snapshot(at("v2"), models)

    assert len(server.asked(weights_address())) == 1
    assert (second / "model.safetensors").samefile(first / "model.safetensors")
    assert files_in(second)["config.json"] == files_in(first)["config.json"]


@needs_links
def test_what_the_hugging_face_cache_holds_is_taken_from_there_without_a_request(server, models, tmp_path):
    fill_cache(server, tmp_path / "cache")

    folder = hub.fetch_snapshot(CANARY, models, offline=True)
    shutil.rmtree(tmp_path / "cache")

    assert not server.requests
    assert hub.check(CANARY, models).commit == main_of(server)
    assert not any(path.is_symlink() for path in folder.rglob("*"))


def test_a_cache_without_links_is_used_once_the_hub_has_told_the_hashes(server, models, tmp_path):
    fill_cache(server, tmp_path / "cache", links=False)

    hub.fetch_snapshot(CANARY, models)

    assert [request.path for request in server.requests if not request.path.startswith("/api/")] == []
    assert hub.check(CANARY, models).commit == main_of(server)


@pytest.mark.parametrize("links", [pytest.param(True, marks=needs_links), False])
@pytest.mark.parametrize("revision", [None, "418c32c"])
def test_the_cache_is_read_as_the_library_writes_it(server, models, tmp_path, monkeypatch, links, revision):
    from huggingface_hub import file_download

    commit = serve(server, commit="418c32c" + 33 * "0")
    monkeypatch.setattr(file_download, "are_symlinks_supported", lambda *_: links)
    where = {"cache_dir": tmp_path / "cache", "endpoint": server.endpoint}
    for file in ("config.json", "model.safetensors"):
        file_download.hf_hub_download(REPOSITORY, file, revision=revision, **where)
    for file in SMALL_FILES:
        file_download.hf_hub_download(LANGUAGE, file, **where)
    server.requests.clear()

    hub.fetch_snapshot(replace(CANARY, revision=revision), models, offline=links)

    assert hub.check(CANARY, models).commit == commit
    assert [request.path for request in server.requests if not request.path.startswith("/api/")] == []
    assert bool(server.requests) is not links


@needs_links
@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_damaged_cache_is_not_believed(server, models, tmp_path, damage):
    fill_cache(server, tmp_path / "cache")
    blob = tmp_path / "cache" / f"models--{REPOSITORY.replace('/', '--')}" / "blobs" / blob_name(".bin", WEIGHTS)
    if damage == "cut":
        blob.write_bytes(WEIGHTS[:-1])
    else:
        flip(blob)
    damaged = blob.read_bytes()

    hub.fetch_snapshot(CANARY, models)

    assert hub.check(CANARY, models).commit == main_of(server)
    assert blob.read_bytes() == damaged
    assert len(server.asked("/cdn/")) == 1


@needs_links
def test_on_another_disk_the_bytes_are_copied(server, models, tmp_path, monkeypatch):
    fill_cache(server, tmp_path / "cache")

    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    seen: list[Progress] = []
    folder = hub.fetch_snapshot(CANARY, models, seen.append, offline=True)

    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert (folder / "model.safetensors").stat().st_nlink == 1
    assert max(each.done for each in seen if each.stage == "downloading") == TOTAL


# --- interruptions ---------------------------------------------------------------------------------------------------


def test_what_breaks_at_ninety_percent_is_gone_on_with(server, models):
    server.fail(Cut(after_bytes=90 * BLOCK), at=weights_address())
    server.fail(Refusal(503), at=weights_address(), times=3)

    with pytest.raises(IncompleteDownloadError, match=r"model\.safetensors is not complete.*HTTP 503.*0\.4 of 0\.4 MB"):
        hub.fetch_snapshot(CANARY, models)
    nothing = hub.snapshot(CANARY, models)
    folder = hub.fetch_snapshot(CANARY, models)

    assert nothing is None
    assert server.asked(weights_address())[-1].first_byte == 90 * BLOCK
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert names_in(folder.parent) == {folder.name, "revisions.json"}


def test_a_broken_download_outlives_a_version_that_only_changes_the_card(server, models):
    server.fail(Cut(after_bytes=40 * BLOCK), at=weights_address())
    server.fail(Refusal(503), at=weights_address(), times=3)
    with pytest.raises(IncompleteDownloadError):
        hub.fetch_snapshot(CANARY, models)
    serve(server, commit=C, changes={"README.md": b"A longer card."})

    folder = hub.fetch_snapshot(CANARY, models)

    assert folder.name == C
    assert server.asked(weights_address())[-1].first_byte == 40 * BLOCK


def test_cancelling_keeps_what_came(server, models):
    def cancel_halfway(progress: Progress) -> None:
        if progress.done >= 50 * BLOCK:
            raise TranscriptionCancelledError("canary")

    with pytest.raises(TranscriptionCancelledError):
        hub.fetch_snapshot(CANARY, models, cancel_halfway)
    folder = hub.fetch_snapshot(CANARY, models)

    assert server.asked(weights_address())[-1].first_byte > 40 * BLOCK
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS


def fetch_elsewhere(models: Path) -> subprocess.Popen[str]:
    """The same in a process of its own, which waits for leave after each step."""
    return subprocess.Popen(
        [sys.executable, "-c", ELSEWHERE, str(models)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def steps(process: subprocess.Popen[str]) -> Iterator[tuple[str, int]]:
    """What it reports; it goes on when the next is asked for."""
    for line in process.stdout:
        stage, *done = line.split()
        if stage == "done":
            return
        yield stage, int(done[0])
        process.stdin.write("\n")
        process.stdin.flush()


def kill_at(process: subprocess.Popen[str], wanted: tuple[str, int]) -> None:
    for stage, done in steps(process):
        if stage == wanted[0] and done >= wanted[1]:
            break
    process.kill()


def test_ten_kills_cost_no_byte_twice_and_harm_nothing(server, models):
    last = len(WEIGHTS) + 1
    moments = [("downloading", share * TOTAL // 100) for share in (0, 1, 10, 25, 40, 55, 70, 85, 99)]
    homes: list[Path | None] = []

    for moment in [*moments, ("verifying", last)]:
        with fetch_elsewhere(models) as process:
            kill_at(process, moment)
        homes.append(hub.snapshot(CANARY, models))
    folder = hub.fetch_snapshot(CANARY, models)

    starts = [request.first_byte or 0 for request in server.asked(weights_address())]
    assert homes == [None] * 10
    assert starts == sorted(set(starts))
    assert len(starts) >= 6
    assert hub.check(CANARY, models).path == folder
    assert names_in(folder.parent) == {folder.name, "revisions.json"}


def test_two_processes_at_once_share_one_download(server, models):
    with fetch_elsewhere(models) as other:
        others = steps(other)
        assert next(stage for stage, done in others if stage == "downloading" and done > 50 * BLOCK)
        waited: list[str] = []

        def let_the_other_go_on(progress: Progress) -> None:
            waited.append(progress.stage)
            if progress.stage == "waiting":
                next(others, None)

        folder = hub.fetch_snapshot(CANARY, models, let_the_other_go_on)

    assert other.returncode == 0
    assert set(waited) == {"waiting"}
    assert len(server.asked(weights_address())) == 1
    assert hub.check(CANARY, models).path == folder


# --- what must never be taken for the model --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (weights_address(), "model.safetensors"),
        ("/vocab.json", "vocab.json"),
        (f"{REPOSITORY}/resolve", "config.json"),
        (f"/cdn/{blob_name('tokenizer.json', SMALL_FILES['tokenizer.json'])}", "tokenizer.json"),
    ],
)
def test_wrong_bytes_are_thrown_away_and_named(server, models, where, name):
    server.fail(WrongBytes(), at=where)

    with pytest.raises(IncompleteDownloadError, match=f"The download of {name} is not complete.*differs"):
        hub.fetch_snapshot(CANARY, models)
    nothing = hub.snapshot(CANARY, models)
    hub.fetch_snapshot(CANARY, models)

    assert nothing is None
    assert hub.check(CANARY, models).commit == main_of(server)


@pytest.mark.parametrize("sized", [True, False])
@pytest.mark.parametrize("where", ["/resolve/", "/vocab.json", "/cdn/"])
def test_a_login_page_is_no_file(server, models, where, sized):
    server.fail(LoginPage(sized), at=where, times=math.inf)

    with pytest.raises(HubUnreachableError, match="something else answered in the Hub's place"):
        hub.fetch_snapshot(CANARY, models)

    assert hub.snapshot(CANARY, models) is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"config.json": b"[1]"}, r"config\.json is not a usable model: it is no JSON object"),
        ({"config.json": b"\xff"}, r"config\.json is not a usable model: it is no JSON object"),
        ({"config.json": b"{}"}, "it should name a repository of the Hub as pretrained_llm, and has ''"),
        ({"config.json": b'{"pretrained_llm": "../../etc"}'}, "it should name a repository"),
        ({"config.json": b'{"pretrained_llm": "Qwen/.."}'}, "it should name a repository"),
        ({"config.json": b'{"pretrained_llm": "C:\\\\Users"}'}, "it should name a repository"),
        ({"config.json": b'{"pretrained_llm": 7}'}, "it should name a repository"),
    ],
)
def test_a_configuration_that_leads_nowhere_is_refused(server, models, changes, sentence):
    serve(server, changes=changes)

    with pytest.raises(CorruptModelError, match=sentence):
        hub.fetch_snapshot(CANARY, models)

    assert not server.asked(weights_address())


@pytest.mark.parametrize("missing", ["config.json", "tokenizer_config.json"])
def test_a_language_model_that_would_never_stop_is_refused(server, models, missing):
    server.commit(LANGUAGE, {name: content for name, content in LANGUAGE_FILES.items() if name != missing})

    with pytest.raises(RepositoryNotFoundError, match=f"did not hand out {LANGUAGE}: it has no {missing} at commit"):
        hub.fetch_snapshot(CANARY, models)


@pytest.mark.parametrize("missing", [("tokenizer.json", "vocab.json"), ("tokenizer.json", "merges.txt")])
def test_a_language_model_without_words_is_refused(server, models, missing):
    server.commit(LANGUAGE, {name: content for name, content in LANGUAGE_FILES.items() if name not in missing})

    with pytest.raises(RepositoryNotFoundError, match="it has no tokenizer at commit"):
        hub.fetch_snapshot(CANARY, models)


def test_a_version_without_weights_is_refused_before_anything_comes(server, models):
    server.commit(REPOSITORY, {"config.json": CONFIG}, name="early")

    with pytest.raises(RepositoryNotFoundError, match=r"it has no model\.safetensors at commit"):
        hub.fetch_snapshot(at("early"), models)

    assert not server.asked("/resolve/")


def test_a_full_hash_that_does_not_exist_is_named(server, models):
    with pytest.raises(RevisionNotFoundError, match=f"no branch, tag or commit '{A}'"):
        hub.fetch_snapshot(at(A), models)


# --- refusals and dead networks --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "error", "sentence"),
    [
        (Refusal(401), RepositoryNotFoundError, "it does not exist, is private"),
        (Refusal(403), RepositoryNotFoundError, "access is forbidden"),
        (Refusal(404), RepositoryNotFoundError, "there is nothing by this name"),
        (Refusal(429, {"Retry-After": "37"}), HubUnreachableError, "Try again in 37 s"),
        (Refusal(503), HubUnreachableError, "in trouble"),
        (Cut(after_bytes=0), HubUnreachableError, "failed"),
        (Stall(after_bytes=0), HubUnreachableError, "does not answer"),
        (Silence(), HubUnreachableError, "does not answer"),
    ],
)
@pytest.mark.parametrize("where", [f"/api/models/{REPOSITORY}", f"/api/models/{LANGUAGE}", "/resolve/", "/cdn/"])
def test_each_trouble_is_one_sentence_and_the_next_try_works(
    server, models, monkeypatch, where, fault, error, sentence
):
    monkeypatch.setattr(client, "ANSWER_SECONDS", 1.0)
    monkeypatch.setattr(downloads, "SILENCE_SECONDS", 0.2)
    server.fail(fault, at=where, times=math.inf)

    with pytest.raises(error, match=sentence) as caught:
        hub.fetch_snapshot(CANARY, models)
    nothing = hub.snapshot(CANARY, models)
    server.heal()
    folder = hub.fetch_snapshot(CANARY, models)

    assert "\n" not in str(caught.value)
    assert nothing is None
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS


def test_the_user_hears_something_before_the_first_byte_comes_and_can_cancel(server, models):
    server.fail(Silence(), at="/resolve/", times=math.inf)

    def cancel(progress: Progress) -> None:
        if server.asked(f"/{REPOSITORY}/revision/"):
            raise TranscriptionCancelledError(progress.subject)

    with pytest.raises(TranscriptionCancelledError):
        hub.fetch_snapshot(CANARY, models, cancel)

    assert not server.asked("/resolve/")


def test_a_gated_repository_says_what_to_do(server, models):
    serve(server)
    server.repositories[REPOSITORY].gated = True

    with pytest.raises(RepositoryNotFoundError, match=rf"gated\. Accept its terms on .*/{REPOSITORY}.*hf auth login"):
        hub.fetch_snapshot(CANARY, models)

    assert hub.snapshot(CANARY, models) is None


def test_offline_without_anything_asks_nobody_and_says_so(server, models):
    with pytest.raises(HubUnreachableError, match="started offline"):
        hub.fetch_snapshot(CANARY, models, offline=True)
    with pytest.raises(HubUnreachableError, match="started offline"):
        hub.fetch_snapshot(at(A), models, offline=True)

    assert not server.requests


# --- damage ----------------------------------------------------------------------------------------------------------

EVERY_FILE = ["config.json", "model.safetensors", *(f"{FOLDER}/{name}" for name in SMALL_FILES)]


@pytest.mark.parametrize("name", EVERY_FILE)
def test_check_finds_damage_in_every_file_and_fetching_repairs_it(server, models, name):
    folder = hub.fetch_snapshot(CANARY, models)
    asked = len(server.requests)
    flip(folder / name)

    with pytest.raises(CorruptModelError, match=rf"{Path(name).name} is not a usable model: .*\(SHA-256 differs\)"):
        hub.check(CANARY, models)
    unasked = len(server.requests) == asked
    hub.fetch(CANARY, models)

    assert unasked
    assert hub.check(CANARY, models).path == folder
    assert len(server.asked(weights_address())) == 1 + (name == "model.safetensors")


def test_a_file_that_was_cut_or_deleted_makes_the_folder_incomplete_and_is_fetched_anew(server, models):
    folder = hub.fetch_snapshot(CANARY, models)
    (folder / "model.safetensors").write_bytes(WEIGHTS[:-1])

    with pytest.raises(CorruptModelError, match="it has 409,599 bytes instead of 409,600"):
        hub.check(CANARY, models)
    cut = hub.snapshot(CANARY, models)
    (folder / FOLDER / "vocab.json").unlink()
    (folder / "model.safetensors").write_bytes(WEIGHTS)
    with pytest.raises(CorruptModelError, match=r"vocab\.json is not a usable model: the file is missing"):
        hub.check(CANARY, models)
    hub.fetch_snapshot(CANARY, models)

    assert cut is None
    assert hub.check(CANARY, models).path == folder
    assert len(server.asked(weights_address())) == 1


def test_check_of_what_is_not_here_names_the_command(models):
    with pytest.raises(MissingModelError, match=r"Run: python setup_local_models\.py canary$"):
        hub.check(CANARY, models)
    with pytest.raises(MissingModelError, match=rf"Run: python setup_local_models\.py canary@{A}$"):
        hub.check(at(A), models)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"pieces": 1}', '{"pieces": [{"path": "x"}]}', '{"pieces": []}', "\0"]
)
def test_a_damaged_record_means_not_complete(server, models, content):
    folder = hub.fetch_snapshot(CANARY, models)
    (folder / "snapshot.json").write_text(content, encoding="utf-8")

    assert hub.snapshot(CANARY, models) is None
    assert hub.fetch_snapshot(CANARY, models) == folder
    assert len(server.asked(weights_address())) == 1


def test_the_record_of_another_version_is_no_proof(server, models):
    folder = hub.fetch_snapshot(CANARY, models)
    shutil.copytree(folder, folder.with_name(A))

    assert hub.snapshot(at(A), models) is None
    assert holdings.recorded(folder.parent) == (folder.name,)


# --- the disk --------------------------------------------------------------------------------------------------------


def test_too_little_room_is_told_before_the_files_come(server, models, monkeypatch):
    usage = namedtuple("usage", "total used free")(10**9, 10**9, len(WEIGHTS))
    monkeypatch.setattr("transcriber.storage.shutil.disk_usage", lambda _: usage)

    with pytest.raises(DiskFullError) as caught:
        hub.fetch_snapshot(CANARY, models)

    assert caught.value.needed_bytes == TOTAL
    assert not server.asked("/cdn/")


def test_what_is_here_already_needs_no_room(server, models, monkeypatch):
    hub.fetch_snapshot(CANARY, models)
    serve(server, name="v2", commit=C)
    usage = namedtuple("usage", "total used free")(10**9, 10**9, len(CONFIG))
    monkeypatch.setattr("transcriber.storage.shutil.disk_usage", lambda _: usage)

    assert hub.fetch_snapshot(at("v2"), models).name == C


def test_a_models_folder_that_cannot_be_is_named(server, tmp_path):
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(NotWritableError, match="cannot be written"):
        hub.fetch_snapshot(CANARY, tmp_path / "file" / "models")


# --- Windows ---------------------------------------------------------------------------------------------------------


def test_windows_finds_no_file_open_that_is_renamed_or_deleted(server, models, tmp_path):
    server.fail(Cut(after_bytes=40 * BLOCK), at=weights_address())
    server.fail(WrongBytes(), at=weights_address())
    serve(server, name="v2", commit=C, changes={"README.md": b"A longer card."})

    with windows_locks(check_names=True) as locks:
        with pytest.raises(IncompleteDownloadError):
            hub.fetch_snapshot(CANARY, models)
        folder = hub.fetch_snapshot(CANARY, models)
        hub.fetch_snapshot(at("v2"), models)
        flip(folder / "model.safetensors")
        hub.fetch(CANARY, models)
        hub.check(CANARY, models)

    assert locks.violations == []


@needs_links
def test_windows_has_nothing_against_files_of_the_cache(server, models, tmp_path):
    fill_cache(server, tmp_path / "cache")

    with windows_locks(check_names=True) as locks:
        hub.fetch_snapshot(CANARY, models, offline=True)

    assert locks.violations == []


@pytest.mark.skipif(ON_WINDOWS, reason="no scanner can be had there on request")
def test_an_antivirus_that_looks_at_finished_files_is_waited_for(server, models):
    with windows_locks() as locks, locks.hold_new_files("*.part", patience=2):
        hub.fetch_snapshot(CANARY, models)

    assert hub.check(CANARY, models).commit == main_of(server)


def test_a_version_in_use_stays_as_it_is_while_another_comes(server, models):
    folder = hub.fetch_snapshot(CANARY, models)
    serve(server, name="v2", commit=C, changes={"model.safetensors": b"newer"})

    with windows_locks() as locks, locks.hold(folder / "model.safetensors"):
        other = hub.fetch_snapshot(at("v2"), models)

    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert (other / "model.safetensors").read_bytes() == b"newer"


def test_paths_stay_short_enough_for_windows():
    longest = max(len(f"{CANARY.file}/{A}/{name}.json.part") for name in EVERY_FILE)

    assert longest < 120
    assert os.sep in str(Path("a") / "b")
    assert set(MODEL_FILES) > {"config.json", "model.safetensors"}
