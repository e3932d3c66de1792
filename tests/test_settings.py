"""What is remembered, without a page: written whole, read field by field, and no harm where it cannot be."""

import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from windows_locks import windows_locks

from page import settings
from page.choices import OWN_FILE, chosen, usable
from page.settings import Settings
from transcriber.catalogue import MODEL_CONFIGS


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(settings, "settings_path", lambda: tmp_path / "own" / "settings.json")
    settings._parsed.cache_clear()
    yield tmp_path / "own" / "settings.json"
    settings._parsed.cache_clear()


def written(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


CHANGED = Settings(
    model="canary@feature/x",
    timing="/models/mine.nemo",
    device="cpu",
    in_int8=True,
    word_times=False,
    proof=True,
    save=True,
    place="beside",
    folder="D:/Ausgabe – 東京",
    existing="skip",
    stream="number",
    stream_number=3,
    channels="split",
    formats=("premiere", "srt"),
    profile="bbc",
    line_length=30,
    lines=3,
    characters_per_second=17.5,
    base="own",
    own_start="10:00:00:00",
    snap=True,
    language="de",
)


def fields(of: Settings) -> dict[str, object]:
    return {name: getattr(of, name) for name in Settings.__dataclass_fields__}


def test_every_field_is_remembered(path: Path) -> None:
    assert all(value != getattr(Settings(), name) for name, value in fields(CHANGED).items())

    settings.keep(**fields(CHANGED))

    assert settings.load() == CHANGED


def test_a_change_of_one_field_leaves_what_another_tab_has_changed() -> None:
    settings.keep(device="cpu")
    settings.keep(save=True)

    assert settings.load() == Settings(device="cpu", save=True)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe", b"null", b"7"])
def test_a_damaged_file_means_the_defaults_and_one_line_in_the_log(
    path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    written(path, content)

    with caplog.at_level(logging.WARNING, "page"):
        found = [settings.load() for _ in range(3)]

    assert found == [Settings()] * 3
    assert [record.getMessage() for record in caplog.records] == [f"{path} is damaged: the defaults are used"]


@pytest.mark.parametrize(
    "field",
    [
        {"model": "parrot"}, {"model": 7}, {"device": "abacus"}, {"save": "yes"}, {"stream_number": 0}, {"lines": True},
        {"formats": []}, {"formats": ["scroll"]}, {"formats": "srt"}, {"line_length": float("nan")}, {"profile": None},
    ],
)  # fmt: skip
def test_a_field_that_makes_no_sense_counts_as_not_there_and_the_others_stay(path: Path, field: dict) -> None:
    written(path, json.dumps({"channels": "split", **field}).encode())

    assert settings.load() == Settings(channels="split")


def test_what_makes_no_sense_is_not_kept_either() -> None:
    settings.keep(stream_number=3)
    settings.keep(stream_number=None, formats=[], device="cpu")

    assert settings.load() == Settings(stream_number=3, device="cpu")


def test_what_a_newer_version_has_put_there_survives_every_change(path: Path) -> None:
    written(path, b'{"version": 9, "colour": {"deep": [1]}, "device": "cuda"}')

    settings.keep(device="cpu")
    settings.forget()

    assert json.loads(path.read_bytes()) == {"version": 9, "colour": {"deep": [1]}}
    assert settings.load() == Settings()


def test_the_file_of_earlier_versions_which_held_the_model_alone_is_read(path: Path) -> None:
    written(path, b'{"model": "parakeet-v3"}')

    assert settings.load() == Settings(model="parakeet-v3")


def test_a_disk_that_refuses_costs_only_the_memory(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings.keep(device="cpu")
    path.with_name("settings.json.part").mkdir()

    settings.keep(device="cuda")

    assert settings.load().device == "cpu"
    assert "cannot be written" in caplog.text


def test_many_threads_lose_nothing_of_each_other_not_even_on_windows(path: Path) -> None:
    every = [{name: value} for name, value in fields(CHANGED).items()]
    threads = [threading.Thread(target=lambda each=each: settings.keep(**each)) for each in every]
    readers = [threading.Thread(target=settings.load) for _ in every]

    with windows_locks(check_names=True) as locks:
        for thread in threads + readers:
            thread.start()
        for thread in threads + readers:
            thread.join()

    assert settings.load() == CHANGED
    assert locks.violations == []


def test_what_did_not_change_is_not_written_again(path: Path) -> None:
    settings.keep(device="cpu", formats=["srt"])
    before = path.stat().st_mtime_ns

    settings.keep(device="cpu", formats=("srt",))

    assert path.stat().st_mtime_ns == before


# --- a model that is gone --------------------------------------------------------------------------------------------


def test_a_model_that_is_gone_is_replaced_by_the_best_that_is_there_and_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "parakeet-v3.nemo").write_bytes(b"model")

    choice, sentence = usable(Settings(model="parakeet", timing="none"), tmp_path)

    assert (choice.name, choice.timing) == ("parakeet-v3", "none")
    assert sentence == (
        "Parakeet TDT 0.6B v2 (English) was chosen last, but is not there any more. "
        "Parakeet TDT 0.6B v3 (25 languages) is chosen instead."
    )


@pytest.mark.parametrize("model", ["canary@v1", "/nowhere/mine.nemo"])
def test_with_nothing_installed_it_is_the_demo_model(tmp_path: Path, model: str) -> None:
    choice, sentence = usable(Settings(model=model), tmp_path)

    assert choice.name == "demo"
    assert MODEL_CONFIGS["demo"].title in sentence


def test_what_is_there_is_chosen_without_a_word(tmp_path: Path) -> None:
    own = tmp_path / "mine.nemo"
    own.write_bytes(b"model")

    choices = [usable(Settings(model=name), tmp_path) for name in ("demo", str(own))]

    assert [(choice.name, said) for choice, said in choices] == [("demo", ""), (str(own), "")]


def test_a_timer_of_ones_own_is_a_path_in_its_own_field() -> None:
    choice = chosen(Settings(timing="/models/mine.nemo"))

    assert (choice.timing, choice.timing_path) == (OWN_FILE, "/models/mine.nemo")
    assert chosen(Settings(timing="none")).timing == "none"
