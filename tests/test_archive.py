"""No archive, however made, makes reading or unpacking it do anything but succeed or say what is wrong."""

import errno
import gzip
import io
import os
import random
import shutil
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from windows_locks import Locks

from transcriber.errors import CorruptModelError, DiskFullError, MissingModelError, ModelLoadError, NotWritableError
from transcriber.nemo import archive
from transcriber.nemo.archive import CONFIG, WEIGHTS, Archive, read, unpack

SMALL = {CONFIG: b"target: nemo.X\n", "0af_tokenizer.model": b"pieces", "lists/words.txt": "wörter".encode()}
CONTENT = SMALL | {WEIGHTS: bytes(range(256)) * 40}

Entry = tuple[tarfile.TarInfo, bytes | None]


def _file(name: str, content: bytes = b"x", **fields: object) -> Entry:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def _write(path: Path, *entries: Entry, mode: str = "w", **options: object) -> Path:
    """The usual members, and then these."""
    with tarfile.open(path, mode, **options) as tar:
        for info, content in [*(_file(*item) for item in CONTENT.items()), *entries]:
            tar.addfile(info, io.BytesIO(content) if content is not None else None)
    return path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return _write(tmp_path / "talk.nemo")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "unpacked"


def _content(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


# --- what is read ----------------------------------------------------------------------------------------------------


def test_every_member_is_found_where_it_lies(model: Path) -> None:
    index = read(model)

    whole = model.read_bytes()
    assert {one.name: whole[one.offset : one.offset + one.size] for one in index.members} == CONTENT


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_all_forms_of_tar_and_names_with_a_dot_in_front_are_read(tmp_path: Path, form: int) -> None:
    path = tmp_path / "talk.nemo"
    folder = tarfile.TarInfo("./")
    folder.type = tarfile.DIRTYPE
    long = "ü" * 45 + ".txt"
    with tarfile.open(path, "w", format=form) as tar:
        tar.addfile(folder)
        for name, content in [*CONTENT.items(), (long, b"long")]:
            tar.addfile(_file(f"./{name}" if name != long else name, content)[0], io.BytesIO(content))

    names = {one.name for one in read(path).members}

    assert names == {*CONTENT, long}


def test_a_file_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingModelError, match="gone.nemo"):
        read(tmp_path / "gone.nemo")


def test_a_folder_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(CorruptModelError, match="it is a folder"):
        read(tmp_path)


def _zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(CONFIG, "target: x")


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("<html>Please log in</html>" * 100, encoding="utf-8"),
        lambda path: path.write_bytes(gzip.compress(b"not a tar" * 1000)),
        lambda path: path.write_bytes(b"\x1f\x8b" + bytes(600)),
        lambda path: path.write_bytes(bytes(10240)),
        lambda path: _write(path, mode="w:xz"),
        _zip,
    ],
    ids=["empty", "html", "gzip of no tar", "broken gzip", "zeros", "xz", "zip"],
)
def test_what_is_no_archive_is_corrupt(tmp_path: Path, write: Callable[[Path], object]) -> None:
    path = tmp_path / "talk.nemo"
    write(path)

    with pytest.raises(CorruptModelError, match="talk.nemo"):
        read(path)


@pytest.mark.parametrize("name", [CONFIG, WEIGHTS])
def test_what_every_model_has_is_named_when_it_is_not_there(tmp_path: Path, name: str) -> None:
    path = tmp_path / "talk.nemo"
    with tarfile.open(path, "w") as tar:
        for other in {CONFIG, WEIGHTS} - {name}:
            tar.addfile(_file(other)[0], io.BytesIO(b"x"))

    with pytest.raises(CorruptModelError, match=f"it has no {name}"):
        read(path)


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_an_archive_cut_off_anywhere_is_corrupt_or_lacks_nothing(tmp_path: Path, root: Path, mode: str) -> None:
    whole = _write(tmp_path / "whole.nemo", mode=mode)
    content = whole.read_bytes()
    cut = tmp_path / "cut.nemo"
    refused = 0

    for length in sorted({*range(0, len(content), max(1, len(content) // 60)), len(content) - 1}):
        cut.write_bytes(content[:length])
        try:
            folder = unpack(read(cut), [root])
        except CorruptModelError:
            refused += 1
        else:
            assert SMALL.items() <= _content(folder).items()

    assert refused > 10


def test_where_it_is_cut_off_is_named(model: Path) -> None:
    end = next(one.offset + one.size for one in read(model).members if one.name == WEIGHTS)
    with model.open("r+b") as file:
        file.truncate(end - 1000)

    with pytest.raises(CorruptModelError, match=f"'{WEIGHTS}' is refused: the archive is cut off in it, 1,000 bytes"):
        read(model)


def test_damage_never_surfaces_as_anything_but_a_corrupt_model(tmp_path: Path, root: Path) -> None:
    """300 archives with a few random bytes in their headers; the seed makes it the same 300 each time."""
    chance = random.Random(7)
    whole = _write(tmp_path / "whole.nemo", _file("a" * 120), format=tarfile.PAX_FORMAT)
    content = bytearray(whole.read_bytes())
    with tarfile.open(whole) as tar:
        headers = [start for entry in tar for start in range(entry.offset, entry.offset_data, 512)]
    path = tmp_path / "damaged.nemo"
    refused = 0

    for _ in range(300):
        damaged = bytearray(content)
        start = chance.choice(headers)
        for _ in range(chance.choice([1, 4, 40])):
            damaged[start + chance.randrange(512)] = chance.randrange(256)
        _repair_checksum(damaged, start)
        path.write_bytes(damaged)
        try:
            unpack(read(path), [root])
        except CorruptModelError:
            refused += 1

    assert refused > 50


def _repair_checksum(content: bytearray, start: int) -> None:
    """So that the damage is not found by the checksum already."""
    block = content[start : start + 512]
    block[148:156] = b" " * 8
    content[start + 148 : start + 156] = b"%06o\0 " % sum(block)


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/etc/passwd", "absolute"),
        ("C:/Windows/x", "absolute"),
        ("C:x", "absolute"),
        ("../x", "climbs out"),
        ("a/../../x", "climbs out"),
        ("..\\x", "Windows"),
        ("\\\\server\\share\\x", "Windows"),
        ("ab:stream", "Windows"),
        ("nul", "Windows"),
        ("lists/COM1.txt", "Windows"),
        ("com¹", "Windows"),
        ("trailing.", "Windows"),
        ("trailing ", "Windows"),
        ("line\nbreak", "Windows"),
        ("what?", "Windows"),
        ("x" * 300, "Windows"),
        (".", "Windows"),
        ("\udcff", "Windows"),
        (CONFIG, "it appears twice"),
        ("./" + CONFIG, "it appears twice"),
        (CONFIG.upper(), "it appears twice"),
        (f"{CONFIG}/x", "it lies in a file"),
    ],
)
def test_a_member_with_a_dangerous_name_is_refused_and_named(tmp_path: Path, name: str, reason: str) -> None:
    path = _write(tmp_path / "talk.nemo", _file(name))

    with pytest.raises(CorruptModelError, match=reason) as refusal:
        read(path)

    assert repr(name.removeprefix("./")) in str(refusal.value).replace("'./", "'")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    path = _write(tmp_path / "talk.nemo", _file("x", b"", type=kind, linkname="/etc/passwd"))

    with pytest.raises(CorruptModelError, match="'x' is refused: it is a link, a device or the like"):
        read(path)


def test_a_file_with_holes_is_refused(tmp_path: Path) -> None:
    holes = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.map": "0,1", "GNU.sparse.size": "99999"}
    path = _write(tmp_path / "talk.nemo", _file("x", pax_headers=holes), format=tarfile.PAX_FORMAT)

    with pytest.raises(CorruptModelError, match="'x' is refused"):
        read(path)


@pytest.mark.parametrize("size", ["-512", "-1", "9" * 30, str(1 << 40)])
def test_a_header_that_lies_about_its_size_is_not_believed(tmp_path: Path, size: str) -> None:
    path = _write(tmp_path / "talk.nemo", _file("x", pax_headers={"size": size}), format=tarfile.PAX_FORMAT)

    with pytest.raises(CorruptModelError):
        read(path)


def test_a_header_of_a_gigabyte_is_not_read_into_memory(tmp_path: Path) -> None:
    header, _ = _file("x", type=tarfile.XHDTYPE, size=1 << 30)
    path = tmp_path / "talk.nemo"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(header.tobuf() + bytes(1 << 20))

    with pytest.raises(CorruptModelError, match="a header of 1,073,741,824 bytes"):
        read(path)


def test_headers_inside_headers_end_somewhere(tmp_path: Path) -> None:
    path = tmp_path / "talk.nemo"
    header, _ = _file("x", b"", type=tarfile.XHDTYPE)
    path.write_bytes(header.tobuf() * 3000)

    with pytest.raises(CorruptModelError, match="recursion"):
        read(path)


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "talk.nemo", *(_file(f"{number}", b"") for number in range(10_001)))

    with pytest.raises(CorruptModelError, match="more than 10000 members"):
        read(path)


def test_a_bomb_is_refused_before_anything_is_unpacked(tmp_path: Path) -> None:
    huge, _ = _file("zeros.bin")
    huge.size = 1 << 40
    path = tmp_path / "talk.nemo"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(huge.tobuf(tarfile.GNU_FORMAT) + bytes(100_000))

    with pytest.raises(
        CorruptModelError, match="'zeros.bin' is refused: no archive of .* bytes holds its 1,099,511,627"
    ):
        read(path)


def test_a_model_that_may_not_be_read_is_not_called_damaged(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _refuse(monkeypatch, "open", lambda path, *_: path == model)

    with pytest.raises(ModelLoadError, match="may not be read .* check its permissions"):
        read(model)


def _refuse(monkeypatch: pytest.MonkeyPatch, call: str, which: Callable[..., bool], number: int = errno.EACCES) -> None:
    original = getattr(Path, call)

    def refusing(path: Path, *args: object, **kwargs: object) -> object:
        if which(path, *args):
            raise OSError(number, os.strerror(number), str(path))
        return original(path, *args, **kwargs)

    monkeypatch.setattr(Path, call, refusing)


# --- what is unpacked ------------------------------------------------------------------------------------------------


def test_the_small_members_are_unpacked_and_the_weights_stay(model: Path, root: Path) -> None:
    folder = unpack(read(model), [root])

    assert _content(folder) == SMALL


def test_a_compressed_archive_is_unpacked_whole(tmp_path: Path, root: Path) -> None:
    folder = unpack(read(_write(tmp_path / "old.nemo", mode="w:gz")), [root])

    assert _content(folder) == CONTENT


def test_it_is_unpacked_once(model: Path, root: Path) -> None:
    first = unpack(read(model), [root])
    before = {path: path.stat().st_ino for path in first.rglob("*")}

    second = unpack(read(model), [root])

    assert (second, {path: path.stat().st_ino for path in second.rglob("*")}) == (first, before)


def test_an_archive_replaced_by_another_is_unpacked_anew_and_the_old_folder_goes(model: Path, root: Path) -> None:
    old = unpack(read(model), [root])
    replacement = SMALL[CONFIG].replace(b"X", b"Y")
    model.write_bytes(model.read_bytes().replace(SMALL[CONFIG], replacement))
    os.utime(model, ns=(0, 0))

    new = unpack(read(model), [root])

    assert (new / CONFIG).read_bytes() == replacement
    assert not old.exists()


def test_an_archive_of_the_same_size_and_time_is_told_apart_by_its_content(model: Path, root: Path) -> None:
    unpack(read(model), [root])
    replacement = SMALL[CONFIG].replace(b"X", b"Y")
    times = model.stat()
    model.write_bytes(model.read_bytes().replace(SMALL[CONFIG], replacement))
    os.utime(model, ns=(times.st_atime_ns, times.st_mtime_ns))

    folder = unpack(read(model), [root])

    assert (folder / CONFIG).read_bytes() == replacement


@pytest.mark.parametrize("damage", [lambda file: file.unlink(), lambda file: file.write_bytes(b"PIECES"), Path.touch])
def test_a_damaged_folder_is_made_again(model: Path, root: Path, damage: Callable[[Path], object]) -> None:
    folder = unpack(read(model), [root])
    damage(folder / "0af_tokenizer.model")

    again = unpack(read(model), [root])

    assert _content(again) == SMALL


def test_models_of_one_name_in_two_places_do_not_disturb_each_other(model: Path, root: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    twin = Path(shutil.copy2(model, tmp_path / "other"))

    folders = [unpack(read(path), [root]) for path in (model, twin)]

    assert len(set(folders)) == 2
    assert [_content(folder) for folder in folders] == [SMALL, SMALL]


def test_what_an_interrupted_process_left_goes_and_what_another_is_at_stays(model: Path, root: Path) -> None:
    folder = unpack(read(model), [root])
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    shutil.rmtree(folder)
    left = root / f"{folder.name}.{ended.pid}-0123abcd.part"
    in_work = root / f"{folder.name}.{os.getppid()}-0123abcd.part"
    foreign = root / "something else.part"
    for path in (left, in_work, foreign):
        path.mkdir()

    unpack(read(model), [root])

    assert [path.exists() for path in (left, in_work, foreign)] == [False, True, True]


def test_several_threads_unpack_it_once_and_all_get_it_whole(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    big = bytes(4 << 20)  # so that they are at it at the same time
    model = _write(tmp_path / "talk.nemo", _file("words.bin", big))
    start = threading.Barrier(6)
    extract, extracted = archive._extract, list[Archive]()
    monkeypatch.setattr(archive, "_extract", lambda *args: (extracted.append(args[0]), extract(*args)))
    folders: list[dict[str, bytes]] = []

    def work() -> None:
        index = read(model)
        start.wait()
        folder = unpack(index, [root])
        folders.append(_content(folder))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert folders == [SMALL | {"words.bin": big}] * 6
    assert len(extracted) == 1


def test_several_processes_unpack_it_once_and_all_get_it_whole(model: Path, root: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from transcriber.nemo.archive import read, unpack\n"
        "index = read(Path(sys.argv[1])); print(flush=True); sys.stdin.readline()\n"
        "folder = unpack(index, [Path(sys.argv[2])])\n"
        "print(sum(path.is_file() for path in folder.rglob('*')))"
    )
    command = [sys.executable, "-c", script, str(model), str(root)]
    pipe = subprocess.PIPE
    workers = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(3)]
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()

    answers = [worker.communicate("\n")[0].strip() for worker in workers]

    assert answers == [str(len(SMALL))] * 3
    assert [_content(folder) for folder in root.iterdir()] == [SMALL]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_where_one_root_cannot_be_written_the_next_is_used(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    first, second = tmp_path / "read-only", tmp_path / "cache"
    _refuse(monkeypatch, "mkdir", lambda path, *_: first in (path, *path.parents), number)

    folder = unpack(read(model), [first, second])

    assert folder.parent == second
    assert _content(folder) == SMALL


def test_where_no_root_can_be_written_it_says_so(model: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _refuse(monkeypatch, "mkdir", lambda *_: True)

    with pytest.raises(NotWritableError, match="unpacked"):
        unpack(read(model), [root])


def test_a_full_disk_is_found_before_anything_is_written(
    model: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 100, 3))

    with pytest.raises(DiskFullError) as refusal:
        unpack(read(model), [root])

    assert refusal.value.needed_bytes == sum(map(len, SMALL.values()))
    assert list(root.iterdir()) == []


def test_a_disk_that_fills_up_in_between_leaves_nothing_behind(
    model: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refuse(monkeypatch, "open", lambda path, mode="r", *_: mode == "wb" and "words" in path.name, errno.ENOSPC)

    with pytest.raises(DiskFullError):
        unpack(read(model), [root])

    assert list(root.iterdir()) == []


def test_an_archive_that_can_no_longer_be_read_is_not_called_a_full_disk(
    model: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = read(model)
    _refuse(monkeypatch, "open", lambda path, *_: path == model, errno.EIO)

    with pytest.raises(ModelLoadError, match="could not be read"):
        unpack(index, [root])


def test_a_held_file_in_the_new_folder_does_not_stand_in_the_way(model: Path, root: Path, locks: Locks) -> None:
    root.mkdir()

    with locks.hold_new_files(root):
        folder = unpack(read(model), [root])

    assert _content(folder) == SMALL
    assert any(violation.operation == "rename" for violation in locks.violations) or not locks.emulated


def test_a_scanner_that_lets_go_leaves_the_folder_with_its_proper_name(model: Path, root: Path, locks: Locks) -> None:
    root.mkdir()

    with locks.hold_new_files(root, patience=1):
        folder = unpack(read(model), [root])

    assert not folder.name.endswith(".part")
    assert [path.name for path in root.iterdir()] == [folder.name]


def test_nothing_is_left_open(model: Path, root: Path, locks: Locks) -> None:
    folder = unpack(read(model), [root])

    shutil.rmtree(folder)
    model.unlink()

    assert locks.violations == []


def test_long_and_foreign_names_are_no_obstacle(tmp_path: Path) -> None:
    deep = tmp_path / "模型 (alt) [1] {x}" / ("ä" * 80)
    deep.mkdir(parents=True)
    path = _write(deep / f"{'ü' * 100}.nemo")

    folder = unpack(read(path), [deep / "unpacked"])

    assert _content(folder) == SMALL
    assert len(folder.name) < 80


def test_asking_for_a_member_that_is_not_there_names_it() -> None:
    index = Archive(Path("talk.nemo"), (), compressed=False, stamp="")

    with pytest.raises(CorruptModelError, match="it has no x.txt"):
        index.member("x.txt")
