"""Which model the fields of the page mean, and what is said when they mean none."""

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from canary_hub import LANGUAGE, REPOSITORY

from page.choices import NO_MODEL_FILE, NO_TIMING_FILE, OWN_FILE, Choice, chosen_last
from transcriber import catalogue
from transcriber.catalogue import MODEL_CONFIGS, MODELS_DIR, find
from transcriber.hub import holdings

COMMIT = "5f3a" * 10


@pytest.fixture
def models(tmp_path: Path) -> Path:
    shutil.copy(MODELS_DIR / "demo.nemo", tmp_path / "demo.nemo")
    return tmp_path


def install(models: Path, commit: str = COMMIT) -> None:
    folder = models / MODEL_CONFIGS["canary"].file / commit
    folder.mkdir(parents=True)
    (folder / holdings.WEIGHTS).write_bytes(b"weights")
    piece = holdings.Piece(holdings.WEIGHTS, 7, hashlib.sha256(b"weights").hexdigest())
    holdings.write(folder, holdings.Snapshot(REPOSITORY, commit, LANGUAGE, COMMIT, (piece,)))


def pin(monkeypatch: pytest.MonkeyPatch, revision: str) -> None:
    pinned = {**MODEL_CONFIGS, "canary": replace(MODEL_CONFIGS["canary"], revision=revision)}
    for module in ("page.choices", "transcriber.catalogue"):
        monkeypatch.setattr(f"{module}.MODEL_CONFIGS", pinned)


@pytest.mark.parametrize(
    ("choice", "name"),
    [
        (Choice("parakeet"), "parakeet"),
        (Choice("parakeet", revision="v1"), "parakeet"),
        (Choice(OWN_FILE, "/models/mine.nemo", revision="v1"), "/models/mine.nemo"),
        (Choice("canary"), "canary"),
        (Choice("canary", revision="feature/x"), "canary@feature/x"),
    ],
)
def test_only_a_model_with_versions_is_named_with_a_revision(choice: Choice, name: str) -> None:
    assert choice.name == name


@pytest.mark.parametrize(("typed", "name"), [(None, "canary@main"), ("v1", "canary"), ("v2", "canary@v2")])
def test_an_empty_field_means_the_newest_even_where_another_version_is_pinned(
    monkeypatch: pytest.MonkeyPatch, typed: str | None, name: str
) -> None:
    pin(monkeypatch, "v1")

    choice = Choice("canary", revision=typed)

    assert choice.name == name
    assert catalogue.find(choice.name).revision == (typed or "main")


@pytest.mark.parametrize("name", ["demo", "canary", "canary@v1", "canary@feature/x", "/models/mine.nemo"])
def test_what_was_used_last_is_chosen_again(name: str) -> None:
    assert chosen_last(name).name == name


def test_a_pinned_revision_stands_in_the_field_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    pin(monkeypatch, "v1")

    assert chosen_last("canary").revision == "v1"


def test_models_with_times_of_their_own_are_not_loaded_twice_for_another_models_setting() -> None:
    chosen = [Choice(model, timing="none").timer for model in ("demo", "parakeet", OWN_FILE, "canary")]

    assert chosen == ["auto", "auto", "auto", "none"]


def test_what_can_be_used_is_not_refused(models: Path) -> None:
    install(models)

    choices = [
        Choice("demo"),
        Choice("canary"),
        Choice("canary", revision=COMMIT),
        Choice("canary", revision=COMMIT[:7]),
    ]

    assert [choice.refusal(models) for choice in choices] == [None] * 4


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        (Choice(OWN_FILE), NO_MODEL_FILE),
        (Choice("canary", timing=OWN_FILE), NO_TIMING_FILE),
        (Choice("canary", revision=" main"), "The revision ' main' has a blank or an invisible character at its start"),
        (Choice("canary", revision="5f3a" * 7 + "5f3"), "cut off: 31 of 40 characters"),
        (Choice("canary"), "Canary-Qwen 2.5B (English) is not installed. Press Install"),
        (Choice("canary", revision="v1"), "Canary-Qwen 2.5B (English) at v1 is not installed."),
        (Choice("parakeet"), "python setup_local_models.py parakeet"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_loaded(models: Path, choice: Choice, sentence: str) -> None:
    assert sentence in str(choice.refusal(models))


def test_a_short_hash_that_fits_two_versions_names_them(models: Path) -> None:
    other = COMMIT[:-1] + "b"
    install(models)
    install(models, other)

    refusal = str(Choice("canary", revision=COMMIT[:7]).refusal(models))

    assert COMMIT in refusal
    assert other in refusal


def test_two_readings_need_a_second_model(models: Path) -> None:
    alone = [Choice("canary").can_prove(models), Choice("parakeet").can_prove(models)]
    with_file = Choice("canary", timing=OWN_FILE, timing_path="x.nemo").can_prove(models)
    shutil.copy(models / "demo.nemo", models / "parakeet.nemo")

    assert alone == [False, False]
    assert with_file
    assert Choice("canary").can_prove(models)
    assert not Choice("canary", timing="none").can_prove(models)
    assert not Choice("parakeet").can_prove(models)


def test_every_name_can_be_found(models: Path) -> None:
    assert find(Choice("canary", revision="v1").name).revision == "v1"
