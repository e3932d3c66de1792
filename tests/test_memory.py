"""What is free on a card is what it has itself, and torch is told to stop there."""

import math

import pytest

torch = pytest.importorskip("torch")

from fake_card import GB, Cuda  # noqa: E402 - needs torch

from transcriber.nemo import memory  # noqa: E402 - needs torch
from transcriber.nemo.memory import CardMemory, ComputerMemory  # noqa: E402 - needs torch

CARD = torch.device("cuda", 0)


@pytest.fixture
def cuda() -> Cuda:
    return Cuda()


def test_a_margin_stays_free(cuda):
    assert 5 * GB < CardMemory(CARD, cuda).free_bytes() < 5.5 * GB


def test_what_torch_keeps_for_its_next_use_is_free_too(cuda):
    before = CardMemory(CARD, cuda).free_bytes()
    cuda.take(3 * GB)
    cuda.give_back(2 * GB)

    assert CardMemory(CARD, cuda).free_bytes() == before - 1 * GB


def test_what_a_batch_took_is_measured_above_what_was_there(cuda):
    card = CardMemory(CARD, cuda)
    cuda.take(2 * GB)

    card.begin()
    cuda.take(1 * GB)
    cuda.give_back(1 * GB)

    assert card.taken_bytes() == 1 * GB
    assert card.highest_bytes == 3 * GB


def test_the_highest_of_all_batches_is_kept(cuda):
    card = CardMemory(CARD, cuda)
    for size in (3, 1):
        card.begin()
        cuda.take(size * GB)
        cuda.give_back(size * GB)

    assert card.taken_bytes() == 1 * GB
    assert card.highest_bytes == 3 * GB


def test_torch_fails_before_the_driver_would_spill_into_the_computers_memory(cuda):
    card = CardMemory(CARD, cuda)
    card.begin()

    with pytest.raises(torch.OutOfMemoryError):
        cuda.take(card.free_bytes() + 1 * GB // 1024)

    assert cuda.share * cuda.total <= cuda.total - cuda.others - 0.5 * GB


def test_the_limit_follows_what_others_take(cuda):
    card = CardMemory(CARD, cuda)
    card.begin()
    before = cuda.share

    cuda.others = 4 * GB
    card.begin()

    assert cuda.share == pytest.approx(before - 2 / 8, abs=0.01)


def test_a_card_that_is_full_has_nothing_free_rather_than_less(cuda):
    cuda.others = cuda.total

    card = CardMemory(CARD, cuda)
    card.begin()

    assert card.free_bytes() == 0
    assert cuda.share > 0


def test_after_running_out_the_pieces_are_given_back(cuda):
    cuda.take(4 * GB)
    cuda.give_back(4 * GB)

    CardMemory(CARD, cuda).recover()

    assert cuda.reserved == 0


def test_the_computer_keeps_a_margin_too_and_cannot_tell_what_a_batch_took():
    import psutil

    computer = memory.of(torch.device("cpu"))
    computer.begin()
    computer.recover()

    assert isinstance(computer, ComputerMemory)
    assert 0 <= computer.free_bytes() <= psutil.virtual_memory().total - 1 * GB
    assert computer.taken_bytes() is None
    assert 1e8 < computer.highest_bytes < math.inf


def test_a_card_is_measured_as_a_card():
    assert isinstance(memory.of(CARD), CardMemory)
