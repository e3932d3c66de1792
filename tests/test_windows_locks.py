"""The emulator refuses what Windows refuses, and nothing else. On Windows itself the same tests run for real."""

import builtins
import gc
import io
import mmap
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from windows_locks import (
    ACCESS_DENIED,
    ALREADY_EXISTS,
    INVALID_NAME,
    MAPPED,
    NOT_A_FOLDER,
    NOT_EMPTY,
    ON_WINDOWS,
    SHARING_VIOLATION,
    Locks,
    ntfs_can_store,
    windows_locks,
)

emulated_only = pytest.mark.skipif(ON_WINDOWS, reason="about the emulation itself")

# Looked up when called: the emulator replaces these functions after this module was read.
DELETIONS = [
    pytest.param(lambda path: os.remove(path), id="os.remove"),  # noqa: PTH107
    pytest.param(lambda path: os.unlink(path), id="os.unlink"),  # noqa: PTH108
    pytest.param(Path.unlink, id="Path.unlink"),
]
REPLACEMENTS = [
    pytest.param(lambda path, target: os.replace(path, target), id="os.replace"),  # noqa: PTH105
    pytest.param(Path.replace, id="Path.replace"),
]
MOVES = [
    *REPLACEMENTS,
    pytest.param(lambda path, target: os.rename(path, target), id="os.rename"),  # noqa: PTH104
    pytest.param(Path.rename, id="Path.rename"),
    pytest.param(shutil.move, id="shutil.move"),
]
FOLDER_DELETIONS = [
    pytest.param(lambda path: os.rmdir(path), id="os.rmdir"),  # noqa: PTH106
    pytest.param(Path.rmdir, id="Path.rmdir"),
    pytest.param(shutil.rmtree, id="shutil.rmtree"),
]


@pytest.fixture
def strict() -> Iterator[Locks]:
    with windows_locks() as locks:
        yield locks


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "weights.ckpt"
    path.write_bytes(b"x" * 5000)
    return path


@contextmanager
def working_in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


# --- in use ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delete", DELETIONS)
def test_an_open_file_cannot_be_deleted_until_it_is_closed(strict, file, delete):
    with file.open("rb"), pytest.raises(PermissionError) as refusal:
        delete(file)

    assert refusal.value.winerror == SHARING_VIOLATION
    assert file.exists()

    delete(file)

    assert not file.exists()


@pytest.mark.parametrize("move", MOVES)
def test_an_open_file_cannot_be_moved_until_it_is_closed(strict, file, move):
    target = file.with_name("moved.ckpt")

    with file.open("rb"), pytest.raises(PermissionError) as refusal:
        move(file, target)

    assert refusal.value.winerror == SHARING_VIOLATION

    target.unlink(missing_ok=True)  # shutil.move copies first
    move(file, target)

    assert target.read_bytes() == b"x" * 5000


@pytest.mark.parametrize("move", REPLACEMENTS)
def test_an_open_file_cannot_be_replaced(strict, file, move):
    part = file.with_name("weights.ckpt.part")
    part.write_bytes(b"new")

    with file.open("rb"), pytest.raises(PermissionError) as refusal:
        move(part, file)

    assert refusal.value.winerror == ACCESS_DENIED
    assert file.read_bytes() == b"x" * 5000

    move(part, file)

    assert file.read_bytes() == b"new"


def test_the_error_reads_as_on_windows(strict, file):
    with file.open("rb"), pytest.raises(PermissionError) as refusal:
        file.unlink()

    assert str(refusal.value) == (
        f"[WinError 32] The process cannot access the file because it is being used by another process: {str(file)!r}"
    )
    assert refusal.value.errno == 13
    assert refusal.value.filename in (file, str(file))


def test_a_mapped_file_cannot_be_deleted_though_nobody_has_it_open(strict, file):
    torch = pytest.importorskip("torch")
    mapped = torch.UntypedStorage.from_file(str(file), shared=False, nbytes=5000)

    with pytest.raises(PermissionError) as refusal:
        file.unlink()

    assert refusal.value.winerror in (ACCESS_DENIED, SHARING_VIOLATION)

    del mapped
    gc.collect()
    file.unlink()

    assert not file.exists()


def test_a_mapped_file_cannot_be_written_anew(strict, file):
    with file.open("rb") as source, mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ):
        with pytest.raises(OSError) as refusal:
            file.open("wb")

        assert refusal.value.errno == 22
        if strict.emulated:
            assert refusal.value.winerror == MAPPED


def test_a_child_process_that_has_the_file_open_counts(strict, file):
    command = [sys.executable, "-c", f"import sys; f = open({str(file)!r}); print(flush=True); sys.stdin.read()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        child.stdout.readline()

        with pytest.raises(PermissionError):
            file.unlink()

        child.stdin.close()
    file.unlink()

    assert not file.exists()


# --- folders ---------------------------------------------------------------------------------------------------------


def test_a_folder_with_an_open_file_in_it_cannot_be_renamed(strict, file):
    with file.open("rb"), pytest.raises(PermissionError) as refusal:
        file.parent.rename(file.parent.with_name("elsewhere"))

    assert refusal.value.winerror == ACCESS_DENIED


@pytest.mark.parametrize("leave", FOLDER_DELETIONS)
def test_the_working_directory_cannot_be_removed(strict, tmp_path, leave):
    folder = tmp_path / "here"
    folder.mkdir()

    with working_in(folder), pytest.raises(PermissionError) as refusal:
        leave(folder)

    assert refusal.value.winerror == SHARING_VIOLATION

    leave(folder)

    assert not folder.exists()


def test_the_working_directory_cannot_be_renamed(strict, tmp_path):
    folder = tmp_path / "here"
    folder.mkdir()

    with working_in(folder), pytest.raises(PermissionError) as refusal:
        folder.rename(tmp_path / "there")

    assert refusal.value.winerror == SHARING_VIOLATION


def test_a_tree_is_removed_as_far_as_the_file_in_use(strict, file):
    tree = file.parent / "tree"
    (tree / "inner").mkdir(parents=True)
    (tree / "inner" / "free").touch()

    with (tree / "held").open("w"):
        shutil.rmtree(tree, ignore_errors=True)

        assert [path.name for path in tree.iterdir()] == ["held"]

    shutil.rmtree(tree)

    assert not tree.exists()


def test_a_folder_is_removed_only_when_empty(strict, file):
    with pytest.raises(OSError) as refusal:
        file.parent.rmdir()

    assert refusal.value.winerror == NOT_EMPTY


def test_a_folder_is_not_deleted_as_a_file(strict, tmp_path):
    with pytest.raises(PermissionError) as refusal:
        tmp_path.unlink()

    assert refusal.value.winerror == ACCESS_DENIED


def test_a_file_is_not_listed_as_a_folder(strict, file):
    with pytest.raises(NotADirectoryError) as refusal:
        os.scandir(file)

    assert refusal.value.winerror == NOT_A_FOLDER


def test_deleting_by_folder_handle_does_not_exist(strict, file):
    with pytest.raises(NotImplementedError):
        os.unlink(file.name, dir_fd=3)

    assert os.unlink not in os.supports_dir_fd
    assert not shutil.rmtree.avoids_symlink_attacks


# --- other rules -----------------------------------------------------------------------------------------------------


def test_a_rename_never_replaces(strict, file):
    other = file.with_name("other")
    other.touch()

    with pytest.raises(FileExistsError) as refusal:
        file.rename(other)

    assert refusal.value.winerror == ALREADY_EXISTS


def test_a_read_only_file_cannot_be_deleted(strict, file):
    file.chmod(0o400)

    with pytest.raises(PermissionError) as refusal:
        file.unlink()

    assert refusal.value.winerror == ACCESS_DENIED

    file.chmod(0o600)
    file.unlink()

    assert not file.exists()


def test_a_missing_file_stays_a_missing_file(strict, tmp_path):
    with pytest.raises(FileNotFoundError):
        (tmp_path / "nobody").unlink()
    with pytest.raises(FileNotFoundError):
        (tmp_path / "nobody").replace(tmp_path / "nowhere")
    (tmp_path / "nobody").unlink(missing_ok=True)

    assert strict.violations == []


@pytest.mark.parametrize(
    "name",
    ["a:b", "a?", "a*", "a<b", "a>b", "a|b", 'a"b', "a\nb", "dot.", "space ", "CON", "nul.txt", "Com1.srt", "lpt9"],
)
def test_names_that_ntfs_refuses_are_known(name):
    assert not ntfs_can_store(f"/somewhere/{name}")


@pytest.mark.parametrize("name", ["talk.srt", "a.b.c", "Äpfel (1) [x] {y}.wav", "console", "null", ".cache", "com10"])
def test_names_that_ntfs_takes_are_known(name):
    assert ntfs_can_store(f"/somewhere/{name}")


@emulated_only
@pytest.mark.parametrize("name", ["a:b", "what?", "dot."])
def test_a_file_with_a_name_that_ntfs_refuses_cannot_be_made(tmp_path, file, name):
    path = tmp_path / name
    attempts = [path.touch, path.mkdir, path.open, lambda: path.write_text("x"), lambda: file.replace(path)]

    with windows_locks(check_names=True) as locks:
        for attempt in attempts:
            with pytest.raises(OSError) as refusal:
                attempt()
            assert refusal.value.winerror == INVALID_NAME

    assert [violation.operation for violation in locks.violations] == ["open", "mkdir", "open", "open", "replace"]


# --- holders on request ----------------------------------------------------------------------------------------------


def test_a_foreign_process_holds_a_file(strict, file):
    with strict.hold(file), pytest.raises(PermissionError) as refusal:
        file.unlink()

    assert refusal.value.winerror == SHARING_VIOLATION

    file.unlink()

    assert not file.exists()


def test_a_foreign_process_works_in_a_folder(strict, tmp_path):
    folder = tmp_path / "busy"
    folder.mkdir()

    with strict.hold(folder), pytest.raises(PermissionError):
        folder.rmdir()
    folder.rmdir()

    assert not folder.exists()


@emulated_only
def test_a_scanner_holds_every_new_file_below_a_folder_and_no_old_one(strict, file):
    elsewhere = file.parent / "elsewhere"
    watched = file.parent / "watched"
    elsewhere.mkdir()
    watched.mkdir()
    old = file.rename(watched / "old")

    with strict.hold_new_files(watched):
        (watched / "new").write_bytes(b"")
        (elsewhere / "new").write_bytes(b"")
        (elsewhere / "new").unlink()
        old.unlink()
        for refused in (watched / "new").unlink, lambda: watched.rename(elsewhere / "moved"):
            with pytest.raises(PermissionError):
                refused()
        shutil.rmtree(watched, ignore_errors=True)
        assert watched.exists()
    shutil.rmtree(watched)

    assert {violation.holder for violation in strict.violations} == {"scanner"}


@emulated_only
def test_a_scanner_picks_files_by_name_and_loses_patience(strict, tmp_path):
    (weights, notes) = (tmp_path / "model_weights.ckpt", tmp_path / "notes.txt")

    with strict.hold_new_files("*.ckpt", patience=2):
        weights.touch()
        notes.touch()
        notes.unlink()
        for _ in range(2):
            with pytest.raises(PermissionError):
                weights.unlink()
        weights.unlink()

    assert len(strict.violations) == 2


@emulated_only
def test_each_refusal_is_recorded_even_when_the_caller_swallows_it(strict, file):
    with file.open("rb"):
        shutil.rmtree(file.parent, ignore_errors=True)

    (violation,) = strict.violations
    assert (violation.operation, violation.path, violation.winerror) == ("unlink", file, SHARING_VIOLATION)
    assert str(os.getpid()) in violation.holder


# --- nothing else changes --------------------------------------------------------------------------------------------


def test_without_a_holder_everything_works(strict, tmp_path):
    with tempfile.TemporaryDirectory(dir=tmp_path) as name:
        folder = Path(name)
        (folder / "a" / "b").mkdir(parents=True)
        (folder / "a" / "b" / "c.part").write_text("words", encoding="utf-8")
        (folder / "a" / "b" / "c.part").replace(folder / "a" / "b" / "c")
        (folder / "a").rename(folder / "z")
        shutil.copytree(folder / "z", folder / "copy")
        shutil.move(folder / "copy" / "b", folder / "b")
        with tempfile.NamedTemporaryFile(dir=folder) as scratch, tempfile.TemporaryFile(dir=folder) as unnamed:
            scratch.write(b"x")
            unnamed.write(b"x")

    assert list(tmp_path.iterdir()) == []
    assert strict.violations == []


def _what_is_replaced() -> list[object]:
    return [
        *(os.unlink, os.remove, os.rmdir, os.rename, os.replace, os.scandir, os.open, os.mkdir, os.supports_dir_fd),
        *(io.open, builtins.open, shutil._use_fd_functions, shutil.rmtree.avoids_symlink_attacks),
        tempfile.TemporaryFile,
    ]


@emulated_only
def test_everything_is_put_back_also_after_a_failure_and_when_nested():
    before = _what_is_replaced()

    with pytest.raises(ZeroDivisionError), windows_locks(), windows_locks(check_names=True):
        assert os.unlink is not before[0]
        _ = 1 / 0

    assert all(now is then for now, then in zip(_what_is_replaced(), before, strict=True))


@emulated_only
def test_outside_the_block_an_open_file_can_be_deleted(file):
    with windows_locks():
        pass

    with file.open("rb"):
        file.unlink()

    assert not file.exists()


# --- what it was made for --------------------------------------------------------------------------------------------


def test_a_temporary_directory_with_an_open_file_masks_the_real_error(strict, tmp_path):
    """As NeMo's `transcribe` does, whose suspended generators hold the manifest open."""

    def transcribe() -> None:
        with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
            held.append(open(os.path.join(folder, "manifest.json"), "w", encoding="utf-8"))  # noqa: PTH118, PTH123, SIM115
            raise MemoryError

    held: list[io.TextIOBase] = []
    with pytest.raises(OSError) as outermost:
        transcribe()
    held[0].close()

    # 3.12 and later keep the PermissionError; 3.11 tries to list the file and reports that instead.
    expected = SHARING_VIOLATION if sys.version_info >= (3, 12) else NOT_A_FOLDER
    assert outermost.value.winerror == expected


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="mended in Python 3.12")
def test_a_working_directory_inside_a_temporary_one_never_ends_on_3_11(strict, tmp_path):
    before = Path.cwd()

    with pytest.raises(RecursionError), tempfile.TemporaryDirectory(dir=tmp_path, ignore_cleanup_errors=True) as folder:
        os.chdir(folder)

    os.chdir(before)
