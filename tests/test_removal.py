"""What a model leaves on the disk, and that nothing is left of it once it is removed. The Hub is on this machine."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from canary_hub import CAN_LINK, CANARY, WEIGHTS, fill_cache, serve
from hub_server import Cut, HubServer
from windows_locks import windows_locks

from transcriber import hub, loading, removal, storage
from transcriber.catalogue import MODEL_CONFIGS, MODELS_DIR
from transcriber.errors import (
    IncompleteDownloadError,
    MissingModelError,
    NotRemovableError,
    UnsupportedOptionError,
)
from transcriber.hub import downloads

PARAKEET = MODEL_CONFIGS["parakeet"]
DEMO = (MODELS_DIR / "demo.nemo").read_bytes()


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(downloads, "RETRY_WAITS", ())
    monkeypatch.setattr(storage, "HELD_WAITS", (0.01,))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with HubServer() as server:
        server.commit(PARAKEET.repository, {PARAKEET.repository_file: DEMO})
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        yield server


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def install_parakeet(models: Path) -> None:
    hub.fetch(PARAKEET, models)
    loading.prepare("parakeet", models)


def left_in(folder: Path) -> set[str]:
    """Files that hold anything: locks are empty and stay."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() and path.stat().st_size}


# --- models that are one file ----------------------------------------------------------------------------------------


def test_a_model_goes_with_its_record_and_what_was_unpacked_from_it(server: HubServer, models: Path) -> None:
    install_parakeet(models)
    before = removal.footprint(PARAKEET, models)
    on_disk = sum((models / name).stat().st_size for name in left_in(models))

    with windows_locks(check_names=True) as locks:
        removed = removal.remove(PARAKEET, models)

    assert left_in(models) == set()
    assert list((models / ".unpacked").iterdir()) == []
    assert removed == before
    assert (before.size_bytes, before.shared_bytes, before.by_hand) == (on_disk, 0, False)
    assert locks.violations == []


def test_other_models_and_what_was_unpacked_from_them_stay(server: HubServer, models: Path) -> None:
    install_parakeet(models)
    shutil.copy(MODELS_DIR / "demo.nemo", models / "demo.nemo")
    loading.prepare("demo", models)
    demo = removal.footprint(MODEL_CONFIGS["demo"], models)

    removal.remove(PARAKEET, models)

    assert removal.footprint(MODEL_CONFIGS["demo"], models) == demo
    assert len(demo.paths) == 2


def test_an_unfinished_download_is_counted_and_can_be_removed(server: HubServer, models: Path) -> None:
    server.fail(Cut(after_bytes=1_000_000), at="/cdn/", times=9)
    with pytest.raises(IncompleteDownloadError):
        hub.fetch(PARAKEET, models)

    begun = removal.footprint(PARAKEET, models)
    removal.remove(PARAKEET, models)

    assert begun.size_bytes > 500_000
    assert left_in(models) == set()


def test_a_model_that_somebody_put_there_himself_is_told_apart(models: Path) -> None:
    models.mkdir()
    shutil.copy(MODELS_DIR / "demo.nemo", models / "parakeet.nemo")

    assert removal.footprint(PARAKEET, models).by_hand


def test_a_file_that_another_program_holds_is_said_and_nothing_is_lost(server: HubServer, models: Path) -> None:
    install_parakeet(models)
    before = left_in(models)

    with (
        windows_locks(),
        (models / "parakeet.nemo").open("rb"),
        pytest.raises(NotRemovableError, match=r"parakeet.nemo could not be deleted: .* used by another process"),
    ):
        removal.remove(PARAKEET, models)

    assert left_in(models) == before
    assert hub.check(PARAKEET, models).origin is not None


def test_what_is_not_there_and_what_is_part_of_the_program_are_refused(models: Path) -> None:
    with pytest.raises(MissingModelError):
        removal.remove(PARAKEET, models)
    with pytest.raises(UnsupportedOptionError, match="part of the program"):
        removal.remove(MODEL_CONFIGS["demo"], MODELS_DIR)

    assert (MODELS_DIR / "demo.nemo").is_file()


# --- models that are whole repositories ------------------------------------------------------------------------------


def test_one_version_goes_and_the_other_stays_whole(server: HubServer, models: Path) -> None:
    first = serve(server, name="v1")
    second = serve(server, changes={"model.safetensors": WEIGHTS[::-1]})
    for revision in ("v1", "main"):
        hub.fetch(replace(CANARY, revision=revision), models)

    with windows_locks(check_names=True) as locks:
        removal.remove(replace(CANARY, revision=first), models)

    assert hub.commits(CANARY, models) == (second,)
    assert hub.check(CANARY, models).commit == second
    assert locks.violations == []


def test_all_versions_go_together_and_what_the_user_keeps_there_stays(server: HubServer, models: Path) -> None:
    serve(server, name="v1")
    serve(server, changes={"model.safetensors": WEIGHTS[::-1]})
    for revision in ("v1", "main"):
        hub.fetch(replace(CANARY, revision=revision), models)
    own = CANARY.path(models) / "my notes.txt"
    own.write_text("mine", encoding="utf-8")

    removal.remove(CANARY, models)

    assert left_in(models) == {f"{CANARY.file}/my notes.txt"}
    assert hub.installed(CANARY, models) is None


def test_without_anything_of_the_users_the_folder_goes_too(server: HubServer, models: Path) -> None:
    serve(server)
    hub.fetch(CANARY, models)

    removal.remove(CANARY, models)

    assert not CANARY.path(models).exists()


@pytest.mark.skipif(not CAN_LINK, reason="the cache holds no links on this system")
def test_what_the_hugging_face_cache_holds_too_stays_there_and_gives_nothing_back(
    server: HubServer, models: Path, tmp_path: Path
) -> None:
    serve(server)
    fill_cache(server, tmp_path / "cache")
    cached = left_in(tmp_path / "cache")
    hub.fetch(CANARY, models)

    removed = removal.remove(CANARY, models)

    assert removed.shared_bytes > len(WEIGHTS)
    assert removed.size_bytes < removed.shared_bytes
    assert left_in(tmp_path / "cache") == cached
    assert not CANARY.path(models).exists()


def test_two_versions_that_share_their_weights_are_counted_once(server: HubServer, models: Path) -> None:
    serve(server, name="v1")
    serve(server, changes={"README.md": b"Another card."})
    for revision in ("v1", "main"):
        hub.fetch(replace(CANARY, revision=revision), models)

    both = removal.footprint(CANARY, models)
    one = removal.footprint(replace(CANARY, revision="v1"), models)

    assert len(WEIGHTS) < both.size_bytes < 2 * len(WEIGHTS)
    assert both.shared_bytes == 0
    assert one.shared_bytes >= len(WEIGHTS)
