"""A configuration is read as OmegaConf would read it, and nothing in it can hurt."""

import math
from pathlib import Path

import pytest

from transcriber.errors import CorruptModelError
from transcriber.nemo import configuration
from transcriber.nemo.archive import CONFIG

ARCHIVE = Path("talk.nemo")
TARGET = "target: nemo.collections.asr.models.EncDecCTCModel\n"


def _read(folder: Path, text: str | bytes) -> dict:
    (folder / CONFIG).write_bytes(text.encode() if isinstance(text, str) else text)
    return configuration.read(ARCHIVE, folder)


def test_what_omegaconf_reads_is_read_the_same(tmp_path: Path) -> None:
    from omegaconf import OmegaConf

    text = TARGET + (
        "rate: 1e-5\nscale: 1.5E3\nsmall: .5\nno: no\ndate: 2024-01-31\ntime: 12:30:45.5\nnone: null\n"
        "nested: {list: [1, 0x1F, 1_000, -.inf, 'on', on, ~]}\ntext: '1e-5'\nreference: ${rate}\n"
    )

    found = _read(tmp_path, text)

    assert found == OmegaConf.to_container(OmegaConf.load(tmp_path / CONFIG), resolve=False)
    assert (found["rate"], found["date"], found["text"]) == (1e-5, "2024-01-31", "1e-5")


def test_numbers_that_are_none_are_read_too(tmp_path: Path) -> None:
    assert math.isnan(_read(tmp_path, TARGET + "x: .nan")["x"])


def test_a_path_of_the_trainers_machine_is_only_a_text(tmp_path: Path) -> None:
    path = "x: !!python/object/apply:pathlib.PosixPath [home, me]"

    assert _read(tmp_path, TARGET + path)["x"] == "home/me"


def test_a_configuration_inside_model_is_found(tmp_path: Path) -> None:
    assert _read(tmp_path, "model: {target: nemo.X, a: 1}") == {"target": "nemo.X", "a": 1}


@pytest.mark.parametrize(
    "text",
    [
        "[1, 2",
        "a: b: c",
        b"\xff\xfe\x00bad",
        "x: !!python/object/apply:os.system ['touch /tmp/ran']",
        "x: !!python/name:os.system",
        "x: *nowhere",
        "1" * 100_000 + ": 1",
        "[" * 500,
        "[" * 3_000_000,
        "{a: " * 100_000,
        "- " * 3_000,
    ],
    ids=["open", "two colons", "no UTF-8", "code", "name", "alias", "number", "deep", "very deep", "maps", "dashes"],
)
def test_what_cannot_be_read_is_a_corrupt_model(tmp_path: Path, text: str | bytes) -> None:
    with pytest.raises(CorruptModelError, match=f"talk.nemo is not a usable model: its {CONFIG} cannot be read"):
        _read(tmp_path, text)


@pytest.mark.parametrize("text", ["", "just a text", "[a, list]", "a: 1", "target: 7", "model: [x]"])
def test_what_names_no_class_is_a_corrupt_model(tmp_path: Path, text: str) -> None:
    with pytest.raises(CorruptModelError, match="names no model class"):
        _read(tmp_path, text)


def test_a_few_lines_that_stand_for_billions_are_refused(tmp_path: Path) -> None:
    lines = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 12)]
    bomb = "\n".join(["l0: &l0 [x, x, x, x, x, x, x, x, x]", *lines])

    with pytest.raises(CorruptModelError, match="larger than that of any model"):
        _read(tmp_path, TARGET + bomb)


def test_a_list_that_holds_itself_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorruptModelError, match="larger than that of any model"):
        _read(tmp_path, TARGET + "x: &x [*x]")


def test_a_configuration_of_many_megabytes_is_not_even_read(tmp_path: Path) -> None:
    with pytest.raises(CorruptModelError, match="larger than that of any model"):
        _read(tmp_path, TARGET + "#" * (11 << 20))


@pytest.mark.parametrize("target", ["os.system", "builtins.eval", "nemotic.x", "''", "7", "[nemo.x]"])
def test_code_from_elsewhere_is_refused_wherever_it_stands(tmp_path: Path, target: str) -> None:
    with pytest.raises(CorruptModelError, match="which no model may run"):
        _read(tmp_path, TARGET + f"a: [1, {{b: {{_target_: {target}, command: ls}}}}]")


def test_the_layers_of_a_model_may_be_asked_for(tmp_path: Path) -> None:
    layers = "encoder: {_target_: nemo.collections.asr.modules.ConformerEncoder}\nact: {_target_: torch.nn.ReLU}"

    assert _read(tmp_path, TARGET + layers)["act"] == {"_target_": "torch.nn.ReLU"}
