"""Which device is taken, in which precision, and what somebody with an idle card is told."""

import shutil
import sys

import pytest

from transcriber.errors import UnsupportedOptionError
from transcriber.options import Device

torch = pytest.importorskip("torch")

from transcriber.nemo import device  # noqa: E402 - needs torch

CPU, CARD = torch.device("cpu"), torch.device("cuda")


@pytest.fixture
def with_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)


@pytest.fixture
def without_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.mark.parametrize(("wanted", "found"), [("auto", CARD), ("cuda", CARD), ("cpu", CPU)])
def test_a_card_is_used_unless_the_user_says_otherwise(with_card: None, wanted: Device, found: object) -> None:
    assert device.choose(wanted) == found


@pytest.mark.parametrize("wanted", ["auto", "cpu"])
def test_without_a_card_the_processor_is_used(without_card: None, wanted: Device) -> None:
    assert device.choose(wanted) == CPU


def test_a_card_that_is_not_there_cannot_be_asked_for(without_card: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "_has_nvidia_driver", lambda: False)

    with pytest.raises(UnsupportedOptionError, match="finds no usable NVIDIA card"):
        device.choose("cuda")


@pytest.mark.parametrize(
    ("capability", "precision"),
    [((6, 1), torch.float32), ((7, 5), torch.float16), ((8, 0), torch.bfloat16), ((12, 0), torch.bfloat16)],
    ids=["Pascal", "Turing", "Ampere", "Blackwell"],
)
def test_each_card_computes_in_what_it_is_fast_in(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], precision: object
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)

    assert device.precision(CARD) == precision


def test_the_processor_computes_in_full_precision() -> None:
    assert device.precision(CPU) == torch.float32
    assert device.title(CPU) == "CPU"


def test_an_idle_card_comes_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", None)
    monkeypatch.setattr(device, "_has_nvidia_driver", lambda: True)

    assert "torch was installed without CUDA" in str(device.advice())


@pytest.mark.parametrize(("cuda", "driver"), [("12.8", True), ("12.8", False), (None, False)])
def test_there_is_no_advice_where_there_is_nothing_to_do(
    monkeypatch: pytest.MonkeyPatch, cuda: str | None, driver: bool
) -> None:
    monkeypatch.setattr(torch.version, "cuda", cuda)
    monkeypatch.setattr(device, "_has_nvidia_driver", lambda: driver)

    assert device.advice() is None


@pytest.mark.skipif(sys.platform == "win32", reason="there the driver's library is looked for")
def test_the_driver_is_known_by_its_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if name == "nvidia-smi" else None)

    assert device._has_nvidia_driver()


def test_the_peak_stays_when_memory_was_given_back() -> None:
    import psutil

    before = psutil.Process().memory_info().rss
    block = b"x" * 150_000_000
    del block

    assert device.peak_memory_bytes(CPU) > before
