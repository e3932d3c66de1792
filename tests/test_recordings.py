"""A folder gives its recordings: all of them, each once, in the order in which people count."""

import os
import stat
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as some
from test_media import FORMATS

from transcriber import recordings
from transcriber.errors import MediaNotFoundError, NothingToTranscribeError
from transcriber.recordings import SUFFIXES, is_recording, natural_order, walk

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need a right on Windows")


def make(folder, *names):
    """Empty files of these names, in folders where the names have some."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def names(folder, *paths):
    """What is found in the folder, as it would be written from there."""
    found = walk(paths or (folder,))
    assert found.failures == ()
    return [path.relative_to(folder).as_posix() for path in found.recordings]


# --- order -----------------------------------------------------------------------------------------------------------


def test_recordings_come_in_the_order_in_which_people_count(tmp_path):
    make(tmp_path, "talk 10.wav", "Talk 2.wav", "talk 1.wav", "2023-02-01.wav", "äther.wav", "zoo.wav")

    assert names(tmp_path) == [
        "2023-02-01.wav", "talk 1.wav", "Talk 2.wav", "talk 10.wav", "zoo.wav", "äther.wav",
    ]  # fmt: skip


def test_a_folders_own_recordings_come_before_those_of_its_folders(tmp_path):
    make(tmp_path, "day 10/a.wav", "day 2/b.mov", "day 2/deep/er/c.mp3", "z.wav")

    assert names(tmp_path) == ["z.wav", "day 2/b.mov", "day 2/deep/er/c.mp3", "day 10/a.wav"]


def test_what_was_named_first_comes_first(tmp_path):
    make(tmp_path, "b/2.wav", "a/1.wav", "c.wav")

    assert names(tmp_path, tmp_path / "c.wav", tmp_path / "b", tmp_path / "a") == ["c.wav", "b/2.wav", "a/1.wav"]


@given(some.lists(some.text(max_size=12), unique=True))
def test_any_names_can_be_put_in_order_and_only_in_one(found):
    backwards = found[::-1]

    assert sorted(found, key=natural_order) == sorted(backwards, key=natural_order)


# --- what is left out ------------------------------------------------------------------------------------------------


def test_only_media_is_taken_from_a_folder(tmp_path):
    make(tmp_path, "talk.WAV", "talk.txt", "talk.srt", "talk.json", "talk.docx", "talk.wav.part", "cut.prproj", "mp3")

    assert names(tmp_path) == ["talk.WAV"]


def test_hidden_files_and_those_of_systems_and_editors_are_left_out(tmp_path):
    make(
        tmp_path,
        "talk.wav",
        "._talk.wav",
        ".hidden.wav",
        "~$talk.wav",
        ".DS_Store",
        "$RECYCLE.BIN/S-1-5/old.wav",
        "System Volume Information/x.wav",
        ".Trash-1000/old.wav",
        "@eaDir/talk.mp4",
        "__MACOSX/talk.wav",
        "Adobe Premiere Pro Audio Previews/film.PRV/Rendered - 1.wav",
    )

    assert names(tmp_path) == ["talk.wav"]


def test_what_windows_hides_is_left_out(tmp_path, monkeypatch):
    make(tmp_path, "talk.wav", "hidden.wav", "system.wav")
    attributes = {"hidden.wav": stat.FILE_ATTRIBUTE_HIDDEN, "system.wav": stat.FILE_ATTRIBUTE_SYSTEM}
    scandir = os.scandir

    class Entry:
        def __init__(self, entry):
            self.name, self.is_file, self.is_dir = entry.name, entry.is_file, entry.is_dir

        def stat(self, follow_symlinks):
            return SimpleNamespace(st_file_attributes=attributes.get(self.name, stat.FILE_ATTRIBUTE_ARCHIVE))

    class Entries(list):
        __enter__ = list.__iter__

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(recordings.os, "scandir", lambda folder: Entries(map(Entry, scandir(folder))))

    assert names(tmp_path) == ["talk.wav"]


def test_what_is_named_itself_is_taken_as_it_is(tmp_path):
    make(tmp_path, "._strange", ".hidden/talk.wav")

    assert names(tmp_path, tmp_path / "._strange", tmp_path / ".hidden") == ["._strange", ".hidden/talk.wav"]


@pytest.mark.parametrize("name", sorted({name for name, *_ in FORMATS}))
def test_every_format_that_is_decoded_is_found_in_a_folder(name):
    assert is_recording(name)


def test_a_suffix_is_told_in_lower_case_with_its_dot():
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in SUFFIXES)


# --- each once -------------------------------------------------------------------------------------------------------


def test_a_file_in_two_of_the_places_comes_once(tmp_path):
    make(tmp_path, "day/1.wav", "day/2.wav")

    assert names(tmp_path, tmp_path / "day" / "2.wav", tmp_path / "day", tmp_path, tmp_path / "day") == [
        "day/2.wav",
        "day/1.wav",
    ]


@needs_links
def test_links_are_followed_and_never_in_a_circle(tmp_path):
    make(tmp_path, "a/1.wav", "b/2.wav")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "self.wav").symlink_to(tmp_path / "a" / "self.wav")
    (tmp_path / "a" / "twin.wav").symlink_to(tmp_path / "b" / "2.wav")
    (tmp_path / "b" / "gone.wav").symlink_to(tmp_path / "nowhere.wav")

    assert names(tmp_path) == ["a/1.wav", "a/twin.wav"]


@needs_links
def test_a_folder_behind_a_link_is_searched(tmp_path):
    make(tmp_path, "drive/1.wav")
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "link").symlink_to(tmp_path / "drive")

    assert names(tmp_path, tmp_path / "desk") == ["desk/link/1.wav"]


# --- what goes wrong -------------------------------------------------------------------------------------------------


def test_what_is_not_there_is_said_and_the_others_are_found(tmp_path):
    make(tmp_path, "talk.wav")

    found = walk([tmp_path / "gone", tmp_path / "a\0b.wav", tmp_path / "talk.wav" / "in.wav", tmp_path / "talk.wav"])

    assert found.recordings == (tmp_path / "talk.wav",)
    assert [type(failure) for failure in found.failures] == [MediaNotFoundError] * 3
    assert str(found.failures[0]).startswith(f"{tmp_path / 'gone'} does not exist")


def test_a_folder_without_a_recording_says_so(tmp_path):
    make(tmp_path, "empty/notes.txt")

    found = walk([tmp_path / "empty"])

    assert found.recordings == ()
    assert str(*found.failures) == (
        f"There is nothing to transcribe in {tmp_path / 'empty'}: there is no recording in it. "
        "Choose another folder, or the files."
    )


def test_an_empty_folder_beside_recordings_is_nothing_to_speak_of(tmp_path):
    make(tmp_path, "1.wav")
    (tmp_path / "empty").mkdir()

    assert names(tmp_path) == ["1.wav"]


def test_a_folder_that_may_not_be_read_costs_only_itself(tmp_path, monkeypatch):
    make(tmp_path, "locked/1.wav", "open/2.wav")
    scandir = os.scandir

    def refuse(folder):
        if Path(folder).name == "locked":
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(recordings.os, "scandir", refuse)

    found = walk([tmp_path])

    assert found.recordings == (tmp_path / "open" / "2.wav",)
    (failure,) = found.failures
    assert isinstance(failure, NothingToTranscribeError)
    assert f"{tmp_path / 'locked'}: its permissions do not let it be read" in str(failure)


def test_walking_holds_no_folder(tmp_path, locks):
    make(tmp_path, "day/1.wav", "day/night/2.wav")

    walk([tmp_path / "day"])
    (tmp_path / "day").rename(tmp_path / "day 1")

    assert names(tmp_path) == ["day 1/1.wav", "day 1/night/2.wav"]
    assert locks.violations == []
