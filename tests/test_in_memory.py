"""A model on a card: it learns what a second takes, fills the card, and never more."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from fake_card import GB, Cuda  # noqa: E402 - needs torch

from transcriber.catalogue import MODEL_CONFIGS  # noqa: E402
from transcriber.errors import ClipFailedError, MemoryExhaustedError  # noqa: E402
from transcriber.nemo import device as devices  # noqa: E402 - needs torch
from transcriber.nemo import memory  # noqa: E402 - needs torch
from transcriber.nemo.in_memory import ModelInMemory, batch  # noqa: E402 - needs torch
from transcriber.nemo.memory import CardMemory  # noqa: E402 - needs torch
from transcriber.options import SAMPLE_RATE, TranscribeOptions  # noqa: E402
from transcriber.recognizer import Clip, Recognition  # noqa: E402

CARD = torch.device("cuda")
OPTIONS = TranscribeOptions()
COST = 4_000_000


class Model(ModelInMemory):
    """Takes 1 GB for itself and 4 MB for every padded second; says when each clip starts."""

    def __init__(self, cuda: Cuda) -> None:
        super().__init__(MODEL_CONFIGS["demo"], object(), CARD, "a model", ())
        self.cuda, self.sizes = cuda, []
        cuda.take(1 * GB)
        self._rehearse()

    def _recognitions(self, clips):
        taken = int(COST * len(clips) * max(clip.duration for clip in clips))
        self.cuda.take(taken)
        self.cuda.give_back(taken)
        self.sizes.append(len(clips))
        return [Recognition(f"{clip.start:.0f}", ()) for clip in clips]


@pytest.fixture
def cuda(monkeypatch):
    card = Cuda()
    monkeypatch.setattr(memory, "of", lambda device: CardMemory(device, card))
    monkeypatch.setattr(devices, "title", lambda _: "NVIDIA GeForce RTX 4060")
    return card


@pytest.fixture
def model(cuda):
    return Model(cuda)


def clips(count, seconds=30):
    return [Clip(np.zeros(seconds * SAMPLE_RATE, np.float32), 100.0 * place) for place in range(count)]


def starts(heard):
    return [each.text for each in heard]


def test_what_a_second_takes_is_known_before_the_first_clip(model):
    assert model.room.cost == pytest.approx(COST)
    assert model.clips_at_once == 64


def test_the_card_is_filled_and_its_margin_kept(model, cuda):
    heard = model.recognize(clips(64), OPTIONS)

    assert starts(heard) == [f"{100 * place}" for place in range(64)]
    assert model.sizes[1:] == [21, 21, 21, 1]  # 640 s
    assert model.memory_bytes < cuda.total - cuda.others - 0.5 * GB
    assert model.memory_bytes == 1 * GB + 21 * 30 * COST


def test_clips_of_all_lengths_come_back_in_their_order(model):
    lengths = [3, 40, 1, 17, 40, 5] * 5
    given = [clips(1, seconds)[0] for seconds in lengths]
    numbered = [Clip(clip.samples, 10.0 * place) for place, clip in enumerate(given)]

    assert starts(model.recognize(numbered, OPTIONS)) == [f"{10 * place}" for place in range(30)]


def test_when_another_program_takes_the_memory_batches_become_smaller(model, cuda):
    before = model.recognize(clips(64), OPTIONS)
    model.sizes.clear()
    cuda.others = 6 * GB

    assert model.recognize(clips(64), OPTIONS) == before
    assert max(model.sizes) < 10


def test_a_clip_that_no_memory_is_left_for_says_so(model, cuda):
    cuda.others = 7 * GB

    with pytest.raises(MemoryExhaustedError, match=r"RTX 4060 while recognizing 30 s of audio with demo"):
        model.recognize(clips(3), OPTIONS)


def test_after_that_it_can_be_tried_again(model, cuda):
    cuda.others = 7 * GB
    with pytest.raises(MemoryExhaustedError):
        model.recognize(clips(1), OPTIONS)

    cuda.others = 2 * GB

    assert starts(model.recognize(clips(2), OPTIONS)) == ["0", "100"]


def test_a_failing_batch_names_all_of_its_span(model, monkeypatch):
    def explode(clips):
        raise ValueError("lost")

    monkeypatch.setattr(model, "_recognitions", explode)

    with pytest.raises(ClipFailedError, match=r"between 0\.0 s and 230\.0 s"):
        model.recognize(clips(3), OPTIONS)


def test_nothing_to_recognize_is_nothing(model):
    assert model.recognize([], OPTIONS) == []


def test_a_batch_is_padded_with_silence_and_no_clip_is_under_a_second():
    signal, lengths = batch([Clip(np.ones(10, np.float32), 0.0), Clip(np.ones(20_000, np.float32), 5.0)])

    assert signal.shape == (2, 20_000)
    assert lengths.tolist() == [SAMPLE_RATE, 20_000]
    assert signal.sum(dim=1).tolist() == [10.0, 20_000.0]
