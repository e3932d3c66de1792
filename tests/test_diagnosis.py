"""A report that helps, on a computer that is in order and on one that is not, and that tells nothing it should not."""

import logging
import os
from pathlib import Path

import pytest

from transcriber import diagnosis, storage
from transcriber.cli import main
from transcriber.diagnosis import WARNINGS, diagnose, report
from transcriber.errors import NotWritableError


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "WIN_PD_OVERRIDE_LOCAL_APPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    return tmp_path


def found(name: str) -> list[diagnosis.Finding]:
    return [finding for finding in diagnose() if finding.name == name]


def log(*entries: str) -> None:
    storage.log_path().parent.mkdir(parents=True, exist_ok=True)
    storage.log_path().write_text("".join(entries), encoding="utf-8")


ENTRY = "2026-11-23 10:00:00,123 {level} transcriber.media: {said}\n"


def test_the_command_prints_versions_devices_and_room_and_nobodys_home(capsys, home):
    assert main(["diagnose"]) == 0

    printed = capsys.readouterr().out
    for wanted in ("Python: ", "torch: ", "gradio: ", "libavcodec", "Device: "):
        assert wanted in printed
    assert "Model demo: installed" in printed
    assert f"Jobs and settings: ~{os.sep}transcribe-ui" in printed
    assert str(home) not in printed


def test_every_folder_is_written_to_by_a_long_path_and_left_as_it_was(home):
    (finding,) = found("Jobs and settings")

    assert finding.value.endswith("can be written")
    assert list((home / "transcribe-ui").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told_with_what_to_do(monkeypatch):
    def refuse(folder: Path) -> None:
        raise NotWritableError(str(folder), "it is read-only")

    monkeypatch.setattr(diagnosis, "_write_and_delete", refuse)

    assert "cannot be written" in str(found("Cache")[0])


def test_a_disk_that_is_nearly_full_is_pointed_out(monkeypatch):
    monkeypatch.setattr(diagnosis, "free_bytes", lambda folder: 2e9)

    assert str(found("Models folder")[0]).endswith("2 GB free, can be written -> there is little room left")


def test_what_is_not_installed_is_told_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(diagnosis, "PACKAGES", ("a-package-nobody-wrote",))

    assert str(found("a-package-nobody-wrote")[0]) == (
        "a-package-nobody-wrote: not installed -> run: python -m pip install -r requirements.txt"
    )


def test_the_last_warnings_are_told_with_their_causes_and_nothing_less_grave():
    trace = 'Traceback (most recent call last):\n  File "x.py", line 1\nValueError: no such frame\n'
    log(
        ENTRY.format(level="INFO", said="transcribed 12.0 s"),
        ENTRY.format(level="ERROR", said="MediaError") + trace,
        *(ENTRY.format(level="WARNING", said=f"number {number}") for number in range(WARNINGS - 1)),
    )

    warnings = [finding.value for finding in found("Warning")]

    assert len(warnings) == WARNINGS
    assert warnings[0].endswith("ERROR transcriber.media: MediaError (ValueError: no such frame)")
    assert not any("transcribed" in warning for warning in warnings)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("E: /media/clients/Anna & Ben/talk 1.wav cannot be read as audio", "E: [a file].wav cannot be read as audio"),
        (r"E: D:\\films\\Anna\\talk.final.mov does not exist", "E: [a file].mov does not exist"),
        ("E: Gespräch mit Anna.MP3 has no sound", "E: [a file].MP3 has no sound"),
        ("E: ~/models/parakeet.nemo is not usable", "E: [a file].nemo is not usable"),
        ("E: https://huggingface.co/nvidia does not answer", "E: https://huggingface.co/nvidia does not answer"),
    ],
)
def test_a_warning_tells_the_kind_of_a_file_and_not_which_one(said, told):
    log(ENTRY.format(level="WARNING", said=said))

    (warning,) = found("Warning")

    assert warning.value.endswith(f"WARNING transcriber.media: {told}")
    assert "Anna" not in warning.value


@pytest.mark.parametrize("spelling", [str, lambda home: home.as_posix().upper(), lambda home: f"{home}{os.sep}x y"])
def test_nobodys_home_is_told_however_it_is_spelt(home, spelling, monkeypatch):
    monkeypatch.setattr(diagnosis, "cache_dir", lambda: Path(spelling(home)))
    monkeypatch.setattr(diagnosis, "_write_and_delete", lambda folder: None)

    (finding,) = found("Cache")

    assert finding.value.startswith("~")
    assert str(home).lower() not in finding.value.lower()


def test_a_users_name_is_told_nowhere_in_a_path(monkeypatch, tmp_path):
    monkeypatch.setattr(diagnosis.getpass, "getuser", lambda: "annabel")
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "elsewhere")
    monkeypatch.setattr(diagnosis, "cache_dir", lambda: tmp_path / "Annabel" / "annabelle")

    (finding,) = found("Cache")

    assert f"{os.sep}[user]{os.sep}annabelle" in finding.value


def test_of_a_huge_log_only_the_end_is_read_and_damage_is_no_matter():
    log("x" * 300_000, "\n", ENTRY.format(level="WARNING", said="the last"))
    with storage.log_path().open("ab") as file:
        file.write(b"\xff\xfe no text\n")

    (warning,) = found("Warning")

    assert "the last" in warning.value


def test_without_a_log_the_rest_is_told():
    logging.getLogger("transcriber.diagnosis").warning("this goes elsewhere")

    assert found("Log")[0].value.startswith("none in")


def test_a_broken_installation_is_a_finding_and_no_traceback(monkeypatch):
    def broken() -> str:
        raise ImportError("DLL load failed")

    monkeypatch.setattr(diagnosis.media, "libraries", broken)

    assert str(found("Decoders")[0]).startswith("Decoders: cannot be loaded (DLL load failed) -> run:")
    assert report().count("\n") > 20
