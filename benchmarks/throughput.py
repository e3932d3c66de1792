"""How fast a model of true size transcribes, and in how much memory: ours against NeMo's own way and onnx-asr.

    python benchmarks/throughput.py [--parts clips int8 long card] [--rounds 5] [--threads N] [--folder DIR]
                                    [--seconds 10 30] [--minutes 8] [--tokens 1024]

The model has Parakeet's architecture and random weights (`full_size.py`), and says a token every 0.24 s, as people do.
`clips`: clips of some seconds, from samples to words with times, against onnx-asr on onnxruntime with the same weights,
and against NeMo; `int8`: the same with both in 8-bit integers; `long`: a recording of some minutes, from the file to
the transcript, against NeMo's `transcribe` with full attention and with local; `card`: what a graphics card does.
Every way has a process of its own and the same number of threads; ways take turns, so that what else the machine does
meets all of them, and the ratios are of medians. "Above" is the most memory above that of the loaded model.
Needs 16 GB of memory and 8 GB of disk; what is built in --folder is kept and used again. The comparison with onnx-asr
needs three more packages: python -m pip install onnx onnxruntime onnx-asr
"""

import argparse
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import psutil
import soundfile

HERE = Path(__file__).resolve().parent
SAMPLE = HERE.parent / "models" / "demo_sample.flac"
RATE, PAUSE = 16_000, 0.5

ONNX_PACKAGES = ("onnx", "onnxruntime", "onnx_asr")
ONNX_ADVICE = "onnx-asr is left out. To compare with it: python -m pip install onnx onnxruntime onnx-asr"

PARTS = ("clips", "int8", "long", "card")
TIMES = ("seconds", "cpu_seconds")

Figures = dict[str, float]


class Contestant:
    """A process that transcribes what it is told to."""

    def __init__(self, way: str, model: Path, threads: int) -> None:
        names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
        self.way = way
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "contestants.py"), way, str(model)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | dict.fromkeys(names, str(threads)),
        )

    def ready(self) -> None:
        """Wait until the model is loaded."""
        self._answer()

    def transcribe(self, recording: Path) -> Figures:
        """What it took."""
        print(recording, file=self._pipe(self._process.stdin), flush=True)
        figures: Figures = json.loads(self._answer())
        return figures

    def leave(self) -> None:
        """End the process."""
        self._pipe(self._process.stdin).close()
        self._process.wait()

    def _answer(self) -> str:
        for line in self._pipe(self._process.stdout):  # NeMo prints there too
            if line.startswith(("{", "ready")):
                return line
        raise SystemExit(f"'{self.way}' ended without an answer. Run benchmarks/contestants.py alone to see why.")

    def _pipe(self, pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None
        return pipe


@contextmanager
def contestants(ways: dict[str, Path], threads: int) -> Iterator[list[Contestant]]:
    """One process for each way, with the model that it loads; all loaded."""
    with ExitStack() as stack:
        started = []
        for way, model in ways.items():  # one after the other: NeMo's own way of loading needs the memory twice
            contestant = Contestant(way, model, threads)
            stack.callback(contestant.leave)
            contestant.ready()
            started.append(contestant)
        yield started


def take_turns(ways: dict[str, Path], recording: Path, rounds: int, threads: int) -> dict[str, list[Figures]]:
    """`rounds` of each way, and one before that does not count."""
    results: dict[str, list[Figures]] = {way: [] for way in ways}
    with contestants(ways, threads) as started:
        for number in range(rounds + 1):
            for contestant in started:
                figures = contestant.transcribe(recording)
                if number:
                    results[contestant.way].append(figures)
    return results


def one_after_the_other(ways: dict[str, Path], recording: Path, threads: int) -> dict[str, list[Figures]]:
    """Each way once, alone in memory."""
    results = {}
    for way, model in ways.items():
        with contestants({way: model}, threads) as (contestant,):
            results[way] = [contestant.transcribe(recording)]
    return results


# --- the parts -------------------------------------------------------------------------------------------------------


def clips(folder: Path, arguments: argparse.Namespace) -> None:
    """Ours in float32 against onnx-asr and NeMo."""
    ways = {"our clip": built(folder, arguments.tokens)}
    if has_onnx():
        ways |= {"onnx clip": exported(folder, arguments.tokens)}
    compare_clips(ways | {"plain": built(folder, arguments.tokens)}, folder, arguments)


def int8(folder: Path, arguments: argparse.Namespace) -> None:
    """Both in 8-bit integers, and ours in float32 beside them."""
    model = built(folder, arguments.tokens)
    ways = {"our int8 clip": model}
    if has_onnx():
        ways |= {"onnx int8 clip": exported(folder, arguments.tokens)}
    compare_clips(ways | {"our clip": model}, folder, arguments)


def compare_clips(ways: dict[str, Path], folder: Path, arguments: argparse.Namespace) -> None:
    """A table for each length."""
    for seconds in arguments.seconds:
        recording = spoken(folder, seconds)
        report(f"{seconds:g} s clip", take_turns(ways, recording, arguments.rounds, arguments.threads), TIMES)


def long(folder: Path, arguments: argparse.Namespace) -> None:
    """Ours against one shot with full attention, and with local."""
    model = built(folder, arguments.tokens)
    recording = spoken(folder, arguments.minutes * 60)
    ways = dict.fromkeys(("our long", "local", "plain"), model)
    results = one_after_the_other(ways, recording, arguments.threads)
    report(f"{arguments.minutes:g} minutes", results, (*TIMES, "above_mb"))


def card(folder: Path, arguments: argparse.Namespace) -> None:
    """Batches of 30 s from one clip to as many as the planner takes, then an hour."""
    command = [sys.executable, str(HERE / "card.py"), str(built(folder, arguments.tokens)), str(spoken(folder, 3600))]
    subprocess.run(command, check=True)


# --- what they work on -----------------------------------------------------------------------------------------------


def built(folder: Path, tokens: int) -> Path:
    """The model, made if it is not there."""
    model = folder / f"p{tokens}.nemo"
    if not model.exists():
        run("full_size.py", model, "--tokens", tokens)
    return model


def exported(folder: Path, tokens: int) -> Path:
    """The same model for onnx-asr."""
    target = folder / f"onnx{tokens}"
    if not (target / "done").exists():
        run("full_size_onnx.py", built(folder, tokens), target)
        (target / "done").touch()
    return target


def run(script: str, *arguments: object) -> None:
    """One of the scripts beside this one."""
    command = [sys.executable, str(HERE / script), *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def spoken(folder: Path, seconds: float) -> Path:
    """A recording of so many seconds: the demo's sample, again and again, with pauses."""
    path = folder / f"spoken-{seconds:g}.wav"
    if not path.exists():
        once, rate = soundfile.read(SAMPLE, dtype="float32")
        assert rate == RATE
        turn = np.concatenate([once, np.zeros(int(PAUSE * RATE), np.float32)])
        soundfile.write(path, np.resize(turn, int(seconds * RATE)), RATE)
    return path


def has_onnx() -> bool:
    """Whether the packages are there; says what to do if not."""
    found = all(importlib.util.find_spec(name) for name in ONNX_PACKAGES)
    if not found:
        print(ONNX_ADVICE)
    return found


# --- what is printed -------------------------------------------------------------------------------------------------


def report(title: str, results: dict[str, list[Figures]], compared: Sequence[str]) -> None:
    """Medians, and of the figures compared, the first way's share of each other's."""
    first, *others = results
    shares = "".join(f"{'of ' + way:>22}" for way in others)
    print(f"\n{title:16}{'seconds (min..max)':>26}{'CPU s':>9}{'above MB':>10}{'words':>7}")
    for way, figures in results.items():
        times = [each["seconds"] for each in figures]
        shown = f"{statistics.median(times):.2f} ({min(times):.2f}..{max(times):.2f})"
        cpu, above = median(figures, "cpu_seconds"), median(figures, "above_mb")
        print(f"  {way:14}{shown:>26}{cpu:>9.2f}{above:>10.0f}{median(figures, 'words'):>7.0f}")
    print(f"  {first + ' takes':14}{shares}")
    for name in compared:
        ratios = "".join(f"{median(results[first], name) / median(results[way], name):>22.3f}" for way in others)
        print(f"  {name:14}{ratios}")


def median(figures: Sequence[Figures], name: str) -> float:
    """The middle one."""
    return statistics.median(each[name] for each in figures)


def main() -> None:
    """Build what is missing, measure, print."""
    cores = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=cores)
    parser.add_argument("--seconds", type=float, nargs="+", default=[10.0, 30.0])
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--tokens", type=int, default=1024)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    load = psutil.cpu_percent(1)
    print(f"{arguments.threads} threads of {cores} cores; {load:.0f} % of the machine are busy with something else")
    for part in arguments.parts:
        {"clips": clips, "int8": int8, "long": long, "card": card}[part](folder, arguments)
    if arguments.folder is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
