"""The training loop: plain PyTorch round NeMo's modules, on one CPU thread, counted in steps, seeded.

One thread, because sums in another order are other sums: the same recipe on
the same machine gives the same weights, bit for bit.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt
import torch

from demo_model.architecture import DURATIONS, MELS, SUBSAMPLING, WIDTH, NemoModule, build_model
from demo_model.shards import read_shards
from demo_model.speech import Utterance
from demo_model.tdt_loss import Batch, Transducer, tdt_loss
from demo_model.tokens import (
    NO_PHONEME,
    PHONEMES,
    VOCABULARY_SIZE,
    Integers,
    Targets,
    Tokenizer,
    load_tokenizer,
    phoneme_frames,
    targets,
)

TRANSDUCER = Transducer(DURATIONS, blank=VOCABULARY_SIZE)
FEATURES_PER_SECOND = 100
POOL = 400
"""Examples sorted by length together: batches waste little padding and still differ from pass to pass."""

AVERAGING = 0.998
"""Of the exponential average of the weights, which is what is exported."""

GRADIENT_LIMIT = 2.0
REPORT_EVERY = 50


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast: `steps` batches of at most `batch_seconds` of audio, at a peak of `learning_rate`."""

    steps: int
    learning_rate: float = 2e-3
    batch_seconds: float = 40.0
    warm_up: int = 150

    def rate(self, step: int) -> float:
        """Rises over the warm-up, stays until 15 % of the way, then falls as a cosine to 1.5 % of the peak."""
        rising = min(1.0, (step + 1) / self.warm_up)
        falling = max(0.0, (step / self.steps - 0.15) / 0.85)
        return self.learning_rate * rising * (0.015 + 0.985 * 0.5 * (1 + math.cos(math.pi * falling)))

    def progress(self, step: int) -> float:
        """0 at the start, 1 at the end."""
        return step / self.steps


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """Features [mels, 10 ms windows] in half precision, what is said in them, and the phoneme of every 80 ms frame."""

    features: torch.Tensor
    said: Targets
    phonemes: npt.NDArray[np.uint8]

    @property
    def windows(self) -> int:
        """How many 10 ms windows."""
        return int(self.features.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class Losses:
    """Of one batch: the transducer's per piece, and the phonemes' cross-entropy."""

    transducer: torch.Tensor
    phonemes: torch.Tensor

    def total(self, progress: float) -> torch.Tensor:
        """Phonemes lead at first and have nearly no say after the first third."""
        return self.transducer + max(0.05, 0.8 * (1 - 3 * progress)) * self.phonemes


def train(shards: Path, shard_count: int, tokenizer: Path, schedule: Schedule, seed: int) -> NemoModule:
    """The trained NeMo model: averaged weights, in eval mode."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    model = build_model(tokenizer)
    phoneme_head = torch.nn.Linear(WIDTH, len(PHONEMES))
    examples = load_examples(model, shards, shard_count, tokenizer)
    average = _optimize(model, phoneme_head, examples, schedule, Random(seed))
    model.load_state_dict(average)
    return model.eval()


def load_examples(model: NemoModule, shards: Path, count: int, tokenizer: Path) -> list[Example]:
    """The examples of the first `count` shards with the features that `model` computes."""
    pieces = load_tokenizer(tokenizer)
    preprocessor = model.preprocessor.eval()
    return [_prepare(utterance, preprocessor, pieces) for utterance in read_shards(shards, count)]


def _prepare(utterance: Utterance, preprocessor: NemoModule, tokenizer: Tokenizer) -> Example:
    signal = torch.from_numpy(utterance.samples)[None]
    with torch.no_grad():
        features, lengths = preprocessor(input_signal=signal, length=torch.tensor([signal.shape[1]]))
    features = features[0, :, : int(lengths[0])].half().clone()
    frames = _frames(features.shape[1])
    return Example(features, targets(utterance.words, frames, tokenizer), phoneme_frames(utterance.phonemes, frames))


def _frames(windows: int) -> int:
    return -(-windows // SUBSAMPLING)


def _optimize(
    model: NemoModule,
    phoneme_head: torch.nn.Linear,
    examples: Sequence[Example],
    schedule: Schedule,
    random: Random,
) -> dict[str, torch.Tensor]:
    """Run every step; returns the averaged weights."""
    model.train()
    modules = torch.nn.ModuleList([model, phoneme_head])
    optimizer = _optimizer(modules)
    average = {name: value.clone() for name, value in model.state_dict().items()}
    report = _Report(schedule)
    for step, chosen in zip(range(schedule.steps), _batches(examples, schedule.batch_seconds, random), strict=False):
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate(step)
        slack = random.choice([0, 0, 1, 2, 4] if schedule.progress(step) < 0.7 else [0, 0, 0, 1, 2])
        losses = batch_losses(model, phoneme_head, _masked(chosen, random), slack)
        optimizer.zero_grad(set_to_none=True)
        losses.total(schedule.progress(step)).backward()
        if torch.isfinite(torch.nn.utils.clip_grad_norm_(modules.parameters(), GRADIENT_LIMIT)):
            optimizer.step()
        _follow(average, model, step)
        report.add(step, losses)
    return average


def _optimizer(modules: torch.nn.Module) -> torch.optim.Optimizer:
    trained = [parameter for parameter in modules.parameters() if parameter.requires_grad]
    groups = [
        {"params": [parameter for parameter in trained if parameter.dim() > 1], "weight_decay": 1e-3},
        {"params": [parameter for parameter in trained if parameter.dim() <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98))


def _follow(average: dict[str, torch.Tensor], model: NemoModule, step: int) -> None:
    """Move the average a little towards the weights; faster in the beginning."""
    kept = min(AVERAGING, (1 + step) / (12 + step))
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                average[name].lerp_(value, 1 - kept)
            else:
                average[name].copy_(value)


def _batches(examples: Sequence[Example], seconds: float, random: Random) -> Iterator[list[Example]]:
    """For ever: shuffled pools, cut into batches of about one length."""
    while True:
        order = random.sample(range(len(examples)), len(examples))
        for start in range(0, len(order), POOL):
            pool = [examples[index] for index in order[start : start + POOL]]
            cut = list(_cut(sorted(pool, key=lambda one: one.windows + random.random() * 60), seconds))
            yield from random.sample(cut, len(cut))


def _cut(pool: Sequence[Example], seconds: float) -> Iterator[list[Example]]:
    """Runs of `pool` whose padded length stays within `seconds`."""
    run: list[Example] = []
    for example in pool:
        longest = max(one.windows for one in (*run, example))
        if run and longest * (len(run) + 1) > seconds * FEATURES_PER_SECOND:
            yield run
            run = []
        run.append(example)
    yield run


def _masked(examples: Sequence[Example], random: Random) -> list[Example]:
    """With some bands and moments blanked, after SpecAugment (Park et al., 2019), lightly."""
    return [Example(_with_holes(one.features.float(), random), one.said, one.phonemes) for one in examples]


def _with_holes(features: torch.Tensor, random: Random) -> torch.Tensor:
    for _ in range(2):
        width = random.randint(0, 12)
        start = random.randint(0, MELS - width)
        features[start : start + width] = 0
    for _ in range(1 + features.shape[1] // 300):
        width = random.randint(0, 14)
        start = random.randint(0, max(0, features.shape[1] - width))
        features[:, start : start + width] = 0
    return features


def batch_losses(model: NemoModule, phoneme_head: torch.nn.Linear, examples: Sequence[Example], slack: int) -> Losses:
    """Both losses of a batch whose windows are widened by `slack` frames to each side."""
    windows = torch.tensor([one.windows for one in examples])
    features = torch.nn.utils.rnn.pad_sequence([one.features.T for one in examples], batch_first=True)
    encoded, frames = model.encoder(audio_signal=features.transpose(1, 2), length=windows)
    encoded = encoded.transpose(1, 2)
    batch = _batch([one.said for one in examples], frames.numpy().astype(np.int64), slack)
    predicted, _, _ = model.decoder(
        targets=torch.from_numpy(batch.targets), target_length=torch.from_numpy(batch.pieces)
    )
    losses = tdt_loss(model.joint, encoded, predicted.transpose(1, 2), batch, TRANSDUCER)
    # frames count a little, so that a batch in which nobody speaks does not divide by nothing
    size = float(batch.pieces.sum()) + 0.02 * float(batch.frames.sum())
    return Losses(losses.sum() / size, _phoneme_loss(phoneme_head(encoded), [one.phonemes for one in examples]))


def _batch(said: Sequence[Targets], frames: Integers, slack: int) -> Batch:
    pieces = np.array([len(one.ids) for one in said])
    shape = (len(said), max(1, int(pieces.max())))
    ids, earliest, latest = (np.zeros(shape, np.int64) for _ in range(3))
    for row, (one, count) in enumerate(zip(said, frames, strict=True)):
        ids[row, : len(one.ids)] = one.ids
        earliest[row, : len(one.ids)] = np.maximum(0, one.earliest - slack)
        latest[row, : len(one.ids)] = np.minimum(count - 1, one.latest + slack)
    return Batch(ids, earliest, latest, frames, pieces)


def _phoneme_loss(scores: torch.Tensor, phonemes: Sequence[npt.NDArray[np.uint8]]) -> torch.Tensor:
    """Cross-entropy over the frames whose phoneme is known; `scores` [batch, frames, phonemes]."""
    truth = torch.full(scores.shape[:2], NO_PHONEME)
    for row, known in enumerate(phonemes):
        count = min(len(known), scores.shape[1])
        truth[row, :count] = torch.from_numpy(known[:count].astype(np.int64))
    spoken = truth != NO_PHONEME
    if not spoken.any():
        return scores.sum() * 0
    return torch.nn.functional.cross_entropy(scores[spoken], truth[spoken])


class _Report:
    """Prints the mean losses now and then."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._losses: list[tuple[float, float]] = []

    def add(self, step: int, losses: Losses) -> None:
        self._losses.append((losses.transducer.item(), losses.phonemes.item()))
        if len(self._losses) == REPORT_EVERY or step + 1 == self._schedule.steps:
            transducer, phonemes = np.mean(self._losses, axis=0)
            print(
                f"step {step + 1} of {self._schedule.steps}: {transducer:.3f} a piece, phonemes {phonemes:.3f}",
                flush=True,
            )
            self._losses.clear()
