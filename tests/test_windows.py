"""The whole way under Windows' rules about files in use: with a virus scanner, with failures, with both."""

import gc
import tempfile
import warnings
from pathlib import Path

import pytest
from speech_data import recording
from windows_locks import ON_WINDOWS, windows_locks

from transcriber import loading, outputs, pipeline
from transcriber.catalogue import MODEL_CONFIGS
from transcriber.errors import CorruptModelError, MemoryExhaustedError, TempCleanupWarning
from transcriber.loading import LoadSettings, Shelf

MUSEUM = recording("museum.flac")

needs_a_scanner = pytest.mark.skipif(ON_WINDOWS, reason="no scanner can be had there on request")


@pytest.fixture
def models_dir(tmp_path: Path, demo_path: Path) -> Path:
    """A models folder of its own, in a place with every letter that has ever been trouble."""
    folder = tmp_path / "Bob's (Home) [v2] {ü} & co"
    folder.mkdir()
    (folder / "demo.nemo").write_bytes(demo_path.read_bytes())
    return folder


@pytest.fixture
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's temporary directory, for this test alone."""
    folder = tmp_path / "temp (of Bob)"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def settings(models_dir: Path) -> LoadSettings:
    return LoadSettings(models_dir=models_dir, device="cpu")


def test_load_transcribe_load_again_unload_and_leave_touch_nothing_that_is_held(nemo, models_dir, temp, locks):
    shelf = Shelf()

    for _ in range(2):
        with shelf.borrow("demo", settings(models_dir)) as recognizer:
            transcript = pipeline.transcribe(MUSEUM.path, recognizer)
            outputs.save(
                outputs.hand_over(transcript, MUSEUM.path),
                *outputs.plan([MUSEUM.path], ["txt", "srt", "json"], models_dir / "out"),
            )
        shelf.unload()

    assert transcript.text == MUSEUM.text
    assert locks.violations == []
    assert list(temp.iterdir()) == []


def test_a_loaded_model_holds_its_archive_and_nothing_else(nemo, models_dir, locks):
    shelf = Shelf()
    shelf.load("demo", settings(models_dir))

    for path in [each for each in (models_dir / ".unpacked").rglob("*") if each.is_file()]:
        path.unlink()
    if locks.emulated:
        with pytest.raises(PermissionError):
            (models_dir / "demo.nemo").unlink()

    shelf.unload()
    gc.collect()
    (models_dir / "demo.nemo").unlink()


@needs_a_scanner
def test_a_scanner_that_holds_every_new_file_costs_nothing_but_a_folder(nemo, models_dir, temp):
    with windows_locks(check_names=True) as locks, warnings.catch_warnings():
        warnings.simplefilter("ignore", TempCleanupWarning)
        with locks.hold_new_files(models_dir), locks.hold_new_files(temp):
            shelf = Shelf()
            with shelf.borrow("demo", settings(models_dir)) as recognizer:
                transcript = pipeline.transcribe(MUSEUM.path, recognizer)
            shelf.unload()

        assert transcript.text == MUSEUM.text
        with shelf.borrow("demo", settings(models_dir)) as recognizer:
            assert pipeline.transcribe(MUSEUM.path, recognizer).text == MUSEUM.text
        shelf.unload()

    folders = list((models_dir / ".unpacked").iterdir())
    assert [folder.suffix for folder in folders] == [""], "what the scanner kept from its name was not tidied up"


@needs_a_scanner
def test_a_scanner_that_lets_go_after_a_while_is_waited_for(nemo, models_dir):
    with windows_locks() as locks, locks.hold_new_files("*.yaml", patience=2):
        loading.load(MODEL_CONFIGS["demo"], settings(models_dir)).close()

    assert [folder.suffix for folder in (models_dir / ".unpacked").iterdir()] == [""]


def test_a_damaged_model_is_said_to_be_damaged_whatever_is_held(nemo, models_dir, temp):
    archive = models_dir / "demo.nemo"
    content = bytearray(archive.read_bytes())
    at = content.index(b"PK\x03\x04")
    content[at + 100 : at + 4000] = b"\xff" * 3900
    archive.write_bytes(content)

    damaged = pytest.raises(CorruptModelError, match="weights")
    with windows_locks() as locks, locks.hold_new_files(models_dir), locks.hold_new_files(temp), damaged:
        loading.load(MODEL_CONFIGS["demo"], settings(models_dir))


def test_running_out_of_memory_midway_is_said_and_the_next_recording_is_heard(nemo, models_dir, temp, monkeypatch):
    shelf = Shelf()
    with windows_locks() as locks, locks.hold_new_files(models_dir), locks.hold_new_files(temp):
        with shelf.borrow("demo", settings(models_dir)) as recognizer:
            encoder = recognizer._model.encoder

            def explode(*_: object, **__: object) -> None:
                raise MemoryError

            with monkeypatch.context() as broken:
                broken.setattr(encoder, "forward", explode)
                with pytest.raises(MemoryExhaustedError, match="recognizing"):
                    pipeline.transcribe(MUSEUM.path, recognizer)

            assert pipeline.transcribe(MUSEUM.path, recognizer).text == MUSEUM.text
        shelf.unload()


def test_neither_loading_nor_transcribing_makes_a_temporary_directory(nemo, models_dir, monkeypatch):
    def refuse(*_: object, **__: object) -> str:
        pytest.fail("a temporary directory was made")

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)

    recognizer = loading.load(MODEL_CONFIGS["demo"], settings(models_dir))

    assert pipeline.transcribe(MUSEUM.path, recognizer).text == MUSEUM.text
    recognizer.close()
