"""Files are written whole or not at all."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from transcriber import storage
from transcriber.errors import DiskFullError, NotWritableError


def test_a_file_is_replaced_by_its_new_content(tmp_path):
    path = tmp_path / "it's ümlaut.txt"
    path.write_text("old", encoding="utf-8")

    storage.write_whole(path, b"new")

    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_that_fills_up_midway_leaves_the_old_file_and_no_half_one(tmp_path, monkeypatch):
    path = tmp_path / "talk.srt"
    path.write_text("old", encoding="utf-8")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(DiskFullError) as refusal:
        storage.write_whole(path, b"new")

    assert str(path) in str(refusal.value)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_another_program_holds_is_named(tmp_path, locks):
    path = tmp_path / "talk.srt"
    path.write_text("old", encoding="utf-8")

    with locks.hold(path), pytest.raises(NotWritableError, match=r"talk\.srt"):
        storage.write_whole(path, b"new")

    assert path.read_text(encoding="utf-8") == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["talk.srt"]


def test_a_folder_that_is_not_there_is_said_to_be_the_trouble(tmp_path):
    with pytest.raises(NotWritableError, match="nowhere"):
        storage.write_whole(tmp_path / "nowhere" / "talk.srt", b"new")


def test_windows_own_word_for_a_full_disk_is_understood(tmp_path):
    error = OSError(errno.EINVAL, "There is not enough space on the disk")
    error.winerror = 112

    assert isinstance(storage.storage_error(tmp_path / "x", error), DiskFullError)


def test_space_is_asked_of_the_disk_a_folder_will_be_on(tmp_path, monkeypatch):
    asked = []

    def usage(path: Path) -> shutil._ntuple_diskusage:
        asked.append(Path(path))
        return shutil._ntuple_diskusage(10, 5, 5)

    monkeypatch.setattr(shutil, "disk_usage", usage)

    storage.require_space(tmp_path / "not" / "yet", 5)
    with pytest.raises(DiskFullError):
        storage.require_space(tmp_path / "not" / "yet", 6)

    assert asked[0] == tmp_path


def test_the_programs_own_folders_are_the_users(tmp_path):
    home = Path(os.environ["XDG_CACHE_HOME"]).parent

    assert storage.cache_dir() != storage.state_dir()
    assert storage.cache_dir().is_relative_to(home)
    assert storage.state_dir().is_relative_to(home)


@pytest.mark.parametrize(
    ("path", "long_path"),
    [
        ("D:\\Ton\\" + "a" * 300, "\\\\?\\D:\\Ton\\" + "a" * 300),
        ("\\\\nas\\films\\" + "a" * 300, "\\\\?\\UNC\\nas\\films\\" + "a" * 300),
        ("\\\\?\\D:\\" + "a" * 300, "\\\\?\\D:\\" + "a" * 300),
        ("D:\\Ton\\talk.wav", "D:\\Ton\\talk.wav"),
    ],
    ids=["a drive", "a network", "long already", "short"],
)
def test_a_path_too_long_for_windows_is_said_in_its_own_way(path, long_path):
    assert storage.long_windows_path(path) == long_path


def test_a_file_at_the_end_of_a_very_long_path_is_written(tmp_path):
    folder = tmp_path.joinpath(*["a folder with a long name" * 4] * 4)
    storage.system_path(folder).mkdir(parents=True)

    storage.write_whole(folder / "talk.srt", b"new")

    assert storage.system_path(folder / "talk.srt").read_bytes() == b"new"
