"""Two models are never taken for one, and one model never for two."""

import gzip
import os
import shutil
from pathlib import Path

import pytest
from tiny_models import DEMO

from transcriber.errors import ModelError
from transcriber.nemo import archive, identity


def with_flipped_byte(path: Path, place: int, copy: Path) -> Path:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    copy.write_bytes(content)
    return copy


def test_a_copy_made_later_under_another_name_is_the_same_model(tmp_path: Path) -> None:
    copy = tmp_path / "other name.nemo"
    shutil.copyfile(DEMO, copy)
    os.utime(copy, (1, 1))

    assert identity.of_archive(copy) == identity.of_archive(DEMO)


@pytest.mark.parametrize("member", [archive.CONFIG, archive.WEIGHTS])
def test_another_configuration_or_other_weights_are_another_model(tmp_path: Path, member: str) -> None:
    found = archive.read(DEMO).member(member)

    changed = with_flipped_byte(DEMO, found.offset + found.size - 1, tmp_path / "changed.nemo")

    assert identity.of_archive(changed) != identity.of_archive(DEMO)


def test_one_weight_in_the_middle_of_a_large_file_is_seen_by_its_checksum(nemo: None, tmp_path: Path) -> None:
    import torch

    weights = torch.zeros(3 << 20, dtype=torch.uint8)
    torch.save({"weights": weights}, tmp_path / "one.ckpt")
    weights[len(weights) // 2] = 1
    torch.save({"weights": weights}, tmp_path / "other.ckpt")

    assert identity.of_file(tmp_path / "one.ckpt") != identity.of_file(tmp_path / "other.ckpt")


def test_a_compressed_archive_has_an_identity_of_its_own(tmp_path: Path) -> None:
    compressed, changed = tmp_path / "compressed.nemo", tmp_path / "changed.nemo"
    compressed.write_bytes(gzip.compress(DEMO.read_bytes(), mtime=0))
    middle = DEMO.stat().st_size // 2
    changed.write_bytes(gzip.compress(with_flipped_byte(DEMO, middle, changed).read_bytes(), mtime=0))

    assert identity.of_archive(compressed) != identity.of_archive(changed)


def test_what_is_no_archive_has_none(tmp_path: Path) -> None:
    (tmp_path / "not a model.nemo").write_bytes(b"hello" * 1000)

    with pytest.raises(ModelError, match="not a model"):
        identity.of_archive(tmp_path / "not a model.nemo")
