"""Training examples on disk: a shard is some hundred recordings, 16 bits a sample, and the truth about them.

Each shard is spoken in a process of its own, because espeak carries state
from call to call: so a shard depends on its number alone, not on who made
the others.
"""

import json
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from random import Random

import numpy as np

from demo_model.examples import Speakers, example
from demo_model.speech import Phoneme, SpokenWord, Utterance

_FULL_SCALE = 32767


def write_shards(folder: Path, numbers: range, size: int, speakers: Speakers, workers: int) -> None:
    """Speak the shards of `numbers` that are not there yet, `size` examples each."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [number for number in numbers if not _path(folder, number).exists()]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, max_tasks_per_child=1) as pool:
        jobs = [pool.submit(write_shard, folder, number, size, speakers) for number in missing]
        for number, job in zip(missing, jobs, strict=True):
            print(f"shard {number}: {job.result() / 3600:.2f} h", flush=True)


def write_shard(folder: Path, number: int, size: int, speakers: Speakers) -> float:
    """Speak one shard. Returns its seconds of audio."""
    random = Random(number)
    examples = [example(random, speakers) for _ in range(size)]
    path = _path(folder, number)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez(
            file,
            samples=np.concatenate([_in_16_bits(one) for one in examples]),
            counts=np.array([len(one.samples) for one in examples]),
            truth=np.array(
                json.dumps([{"words": _plain(one.words), "phonemes": _plain(one.phonemes)} for one in examples])
            ),
        )
    part.replace(path)
    return sum(one.duration for one in examples)


def read_shards(folder: Path, count: int) -> Iterator[Utterance]:
    """The examples of the first `count` shards, in order.

    Raises:
        FileNotFoundError: fewer have been written.
    """
    for number in range(count):
        yield from _read_shard(_path(folder, number))


def _read_shard(path: Path) -> Iterator[Utterance]:
    with np.load(path, allow_pickle=False) as shard:
        ends = np.cumsum(shard["counts"])
        recordings = np.split(shard["samples"], ends[:-1])
        truths = json.loads(str(shard["truth"]))
    for samples, truth in zip(recordings, truths, strict=True):
        phonemes = truth["phonemes"]
        yield Utterance(
            samples.astype(np.float32) / np.float32(_FULL_SCALE),
            tuple(SpokenWord(**word) for word in truth["words"]),
            None if phonemes is None else tuple(Phoneme(**phoneme) for phoneme in phonemes),
        )


def _path(folder: Path, number: int) -> Path:
    return folder / f"shard-{number:03d}.npz"


def _in_16_bits(utterance: Utterance) -> "np.typing.NDArray[np.int16]":
    return np.round(np.clip(utterance.samples, -1, 1) * _FULL_SCALE).astype(np.int16)


def _plain(items: tuple[SpokenWord, ...] | tuple[Phoneme, ...] | None) -> list[dict[str, object]] | None:
    return None if items is None else [asdict(item) for item in items]
