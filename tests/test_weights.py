"""The mapped tensors are those that torch itself would read, and damage is never taken for weights."""

import gc
import io
import os
import pickle
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from windows_locks import Locks

from transcriber.errors import CorruptModelError

torch = pytest.importorskip("torch")

from transcriber.nemo import weights  # noqa: E402 - needs torch
from transcriber.nemo.weights import Window, load  # noqa: E402

PADDING = 512


def _tensors() -> dict[str, Any]:
    torch.manual_seed(0)
    big = torch.randn(40, 30)
    return {
        "plain": torch.randn(3, 5),
        "half": torch.randn(7).half(),
        "bfloat": torch.randn(7).bfloat16(),
        "double": torch.randn(2, 2, dtype=torch.float64),
        "complex": torch.randn(3, dtype=torch.complex128),
        "count": torch.tensor(12345),
        "flags": torch.tensor([True, False, True]),
        "nothing": torch.empty(0, 4),
        "row": big[3],
        "columns": big[:, 4:9],
        "turned": big.t(),
        "stretched": torch.randn(1, 3).expand(4, 3),
    }


def _saved(value: object, **options: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return buffer.getvalue()


def _write(path: Path, checkpoint: bytes, padding: int = PADDING) -> tuple[Path, int, int]:
    """The checkpoint inside of something else, as in an archive."""
    path.write_bytes(b"\xaa" * padding + checkpoint + b"\xbb" * PADDING)
    return path, padding, len(checkpoint)


def _rezipped(checkpoint: bytes, change: Callable[[str, bytes], bytes | None], **options: Any) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(checkpoint)) as old, zipfile.ZipFile(buffer, "w", **options) as new:
        for entry in old.infolist():
            content = change(entry.filename, old.read(entry))
            if content is not None:
                new.writestr(entry.filename, content)
    return buffer.getvalue()


def _assert_equal(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype, name
        assert torch.equal(found[name], tensor), name


@pytest.mark.parametrize("padding", [0, 512, 513, 520, 7])
def test_every_kind_of_tensor_comes_out_as_torch_reads_it(tmp_path: Path, padding: int) -> None:
    path, offset, size = _write(tmp_path / "x", _saved(_tensors()), padding)

    _assert_equal(load(path, offset, size), _tensors())


@pytest.mark.parametrize(
    "checkpoint",
    [
        lambda: _saved(_tensors(), _use_new_zipfile_serialization=False),
        lambda: _rezipped(_saved(_tensors()), lambda _, content: content, compression=zipfile.ZIP_DEFLATED),
    ],
    ids=["old format", "compressed"],
)
def test_formats_that_cannot_be_mapped_are_read(tmp_path: Path, checkpoint: Callable[[], bytes]) -> None:
    place = _write(tmp_path / "x", checkpoint())

    _assert_equal(load(*place), _tensors())


def test_a_checkpoint_of_a_big_endian_machine_is_read(tmp_path: Path) -> None:
    values = torch.tensor([1.0, -2.5, 3e9])

    def swapped(name: str, content: bytes) -> bytes:
        if name.endswith("/byteorder"):
            return b"big"
        return struct.pack(">3f", *struct.unpack("<3f", content)) if "/data/" in name else content

    place = _write(tmp_path / "x", _rezipped(_saved({"values": values}), swapped))

    _assert_equal(load(*place), {"values": values})


def test_tensors_of_one_storage_still_share_it(tmp_path: Path) -> None:
    whole = torch.arange(10.0)
    found = load(*_write(tmp_path / "x", _saved({"whole": whole, "part": whole[2:4]})))

    found["whole"][2] = 99

    assert found["part"].tolist() == [99, 3]


def test_what_is_written_to_a_tensor_does_not_reach_the_file(tmp_path: Path) -> None:
    place = _write(tmp_path / "x", _saved(_tensors()))
    before = place[0].read_bytes()

    for tensor in load(*place).values():
        if tensor.is_contiguous():
            tensor.zero_()

    assert place[0].read_bytes() == before
    _assert_equal(load(*place), _tensors())


def test_nothing_is_read_before_it_is_used(tmp_path: Path) -> None:
    """Of 80 MB next to nothing comes into memory."""
    import psutil

    checkpoint = _saved({"big": torch.zeros(20_000_000)})
    place = _write(tmp_path / "x", checkpoint)
    del checkpoint
    process = psutil.Process()
    before = process.memory_info().rss

    tensors = load(*place)

    assert process.memory_info().rss - before < 20e6
    assert tensors["big"].shape == (20_000_000,)


def test_the_file_is_free_again_once_the_tensors_are_gone(tmp_path: Path, locks: Locks) -> None:
    place = _write(tmp_path / "x", _saved(_tensors()))
    tensors = load(*place)
    with pytest.raises(PermissionError):
        place[0].unlink()

    del tensors
    gc.collect()
    place[0].unlink()

    assert not place[0].exists()


class _Attack:
    """Runs a command when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.mark}",)


@pytest.mark.parametrize("new_format", [True, False])
def test_code_in_a_checkpoint_is_refused_and_does_not_run(tmp_path: Path, new_format: bool) -> None:
    mark = tmp_path / "ran"
    attack = _saved({"x": _Attack(mark)}, _use_new_zipfile_serialization=new_format)

    with pytest.raises(CorruptModelError, match="its model_weights.ckpt cannot be read"):
        load(*_write(tmp_path / "x", attack))

    assert not mark.exists()


def test_a_naked_pickle_is_refused_and_does_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"

    with pytest.raises(CorruptModelError, match="cannot be read"):
        load(*_write(tmp_path / "x", pickle.dumps(_Attack(mark))))

    assert not mark.exists()


@pytest.mark.parametrize(
    "value",
    [
        [torch.zeros(1)],
        {"x": "text"},
        {1: torch.zeros(1)},
        torch.zeros(1),
        {"x": torch.zeros(2, 2).to_sparse()},
        {"x": torch.zeros(2, device="meta")},
    ],
    ids=["list", "text", "number as name", "tensor", "sparse", "meta"],
)
def test_what_is_no_table_of_tensors_is_refused(tmp_path: Path, value: object) -> None:
    with pytest.raises(CorruptModelError, match="its model_weights.ckpt is no table of named tensors"):
        load(*_write(tmp_path / "x", _saved(value)))


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_damage_never_surfaces_as_anything_but_a_corrupt_model(tmp_path: Path) -> None:
    """600 checkpoints with damaged structure; the seed makes it the same 600 each time."""
    chance = random.Random(3)
    whole = _saved({"one": torch.arange(6.0), "two": torch.ones(2, 3).half()})
    refused = 0

    for _ in range(600):
        damaged = bytearray(whole[: chance.choice([len(whole), len(whole), chance.randrange(1, len(whole))])])
        for _ in range(chance.choice([1, 8])):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            load(*_write(tmp_path / "x", bytes(damaged)))
        except CorruptModelError:
            refused += 1

    assert refused > 100


def test_an_entry_that_reaches_out_of_the_checkpoint_is_refused(tmp_path: Path) -> None:
    checkpoint = bytearray(_saved({"x": torch.arange(4.0)}))
    directory = checkpoint.index(b"PK\x01\x02")
    entry = checkpoint.index(b"data/0", directory) - 46 - len("archive/")
    struct.pack_into("<II", checkpoint, entry + 20, 1 << 20, 1 << 20)  # sizes in the table of contents

    with pytest.raises(CorruptModelError):
        load(*_write(tmp_path / "x", bytes(checkpoint)))


def test_a_tensor_shorter_than_it_says_is_refused(tmp_path: Path) -> None:
    whole = _saved({"x": torch.arange(100.0)})
    cut = _rezipped(whole, lambda name, content: content[:-4] if name.endswith("data/0") else content)

    with pytest.raises(CorruptModelError, match="cut off"):
        load(*_write(tmp_path / "x", cut))


def test_running_out_of_memory_is_not_called_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    message = (
        "[enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes"
    )

    def full(*_: object, **__: object) -> None:
        raise RuntimeError(message)

    monkeypatch.setattr(torch, "load", full)
    place = _write(tmp_path / "x", _saved({"x": torch.zeros(1)}, _use_new_zipfile_serialization=False))

    with pytest.raises(RuntimeError, match="not enough memory"):
        load(*place)


def test_a_window_is_a_file_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(bytes(range(100)))
    with path.open("rb") as file:
        window = Window(file, 10, 20)

        assert window.read() == bytes(range(10, 30))
        assert (window.seek(-2, io.SEEK_END), window.read(10)) == (18, bytes([28, 29]))
        assert (window.seek(50), window.read(1)) == (50, b"")
        with pytest.raises(OSError, match="before the beginning"):
            window.seek(-1)


def test_a_file_that_may_not_be_read_is_not_called_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(weights.Path, "open", refuse)

    with pytest.raises(PermissionError):
        load(tmp_path / "x", 0, 1)
