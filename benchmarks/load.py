"""How long a model of true size takes to load, and how much memory: ours against NeMo's own way.

    python benchmarks/load.py [--rounds 3] [--tokens 1024 8192] [--folder DIR]     Parakeet, by `restore_from`
    python benchmarks/load.py --canary [--rounds 3] [--folder DIR]                 Canary-Qwen, by `from_pretrained`

Every load runs in a fresh process that has imported NeMo before the clock starts, and the ways take turns.
"first" finds nothing unpacked, "again" finds what the first left. "stored" keeps Canary's weights in bfloat16, as
they are stored and as every graphics card and the newest processors want them; "float32" is for other processors.
Memory is the process's peak, NeMo's 0.7 GB included. Needs 8 GB of disk and of memory, for Canary 6 GB of disk and
16 GB of memory; models in --folder are kept and used again.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WAYS = ("plain", "first", "again")
CANARY_WAYS = ("plain", "stored", "float32")
Figures = dict[str, float]


def measure(way: str, model: Path) -> Figures:
    """One load in a fresh process: {seconds, cpu_seconds, peak_mb}."""
    command = [sys.executable, __file__, "--load", way, str(model)]
    home = model if model.is_dir() else ROOT  # a snapshot's language model is named relative to it
    ran = subprocess.run(command, capture_output=True, text=True, cwd=home, check=True)
    figures: Figures = json.loads(ran.stdout.splitlines()[-1])
    return figures


def load_here(way: str, model: Path) -> Figures:
    """The load itself, in this process."""
    sys.path.insert(0, str(ROOT))
    import time

    from transcriber.nemo.importing import import_nemo

    import_nemo()
    if model.is_dir():
        import transcriber.nemo.canary  # noqa: F401 - the clock is for loading
    before, cpu_before = time.perf_counter(), time.process_time()
    _loaders(model)[way](model)
    seconds, cpu_seconds = time.perf_counter() - before, time.process_time() - cpu_before
    return {"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_mb": peak_mb()}


def _loaders(model: Path) -> dict[str, Callable[[Path], object]]:
    if model.is_dir():
        return {
            "plain": load_canary_plainly,
            "stored": lambda path: load_canary(path, "bfloat16"),
            "float32": lambda path: load_canary(path, "float32"),
        }
    return {"plain": load_plainly, "first": load_ours, "again": load_ours}


def load_plainly(archive: Path) -> object:
    """NeMo's own way, on the concrete class, as fast as it goes."""
    from nemo.collections.asr.models import EncDecRNNTBPEModel

    return EncDecRNNTBPEModel.restore_from(str(archive), map_location="cpu")


def load_ours(archive: Path) -> object:
    """What the page and the command line do; the small members are unpacked beside the archive."""
    from transcriber import loading
    from transcriber.catalogue import find

    return loading.load(find(str(archive)), loading.LoadSettings(models_dir=archive.parent, device="cpu"))


def load_canary_plainly(folder: Path) -> object:
    """NeMo's own way."""
    from nemo.collections.speechlm2.models import SALM

    return SALM.from_pretrained(str(folder))


def load_canary(folder: Path, precision: str) -> object:
    """What the page and the command line do, less the choice of the precision by the machine."""
    import torch

    from transcriber.catalogue import find
    from transcriber.nemo import salm

    return salm.restore(find("canary"), folder, getattr(torch, precision))


def peak_mb() -> float:
    """The most memory this process ever had."""
    import psutil

    if sys.platform == "win32":
        return float(psutil.Process().memory_info().peak_wset / 1e6)
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def compare(model: Path, rounds: int) -> dict[str, list[Figures]]:
    """`rounds` of every way, in turn."""
    ways = CANARY_WAYS if model.is_dir() else WAYS
    results: dict[str, list[Figures]] = {way: [] for way in ways}
    for _ in range(rounds):
        shutil.rmtree(model.parent / ".unpacked", ignore_errors=True)
        for way in ways:
            warm(model / "model.safetensors" if model.is_dir() else model)
            results[way].append(measure(way, model))
    return results


def warm(path: Path) -> None:
    """Into the system's file cache, so that every way finds it equally warm.

    By the block: on Linux the peak memory of a child starts at what its parent had.
    """
    with path.open("rb") as file:
        while file.read(1 << 22):
            pass


def median(results: list[Figures], figure: str) -> float:
    """The middle one."""
    return statistics.median(each[figure] for each in results)


def report(title: str, results: dict[str, list[Figures]]) -> None:
    """A table of medians with ranges, and the ratios that count."""
    print(f"\n{title:11}  seconds median (min..max)   CPU s   peak MB   time / plain   memory / plain")
    for way in results:
        seconds = [each["seconds"] for each in results[way]]
        shown = f"{median(results[way], 'seconds'):6.2f} ({min(seconds):.2f}..{max(seconds):.2f})"
        cpu, peak = median(results[way], "cpu_seconds"), median(results[way], "peak_mb")
        ratios = [median(results[way], name) / median(results["plain"], name) for name in ("seconds", "peak_mb")]
        print(f"  {way:9} {shown:>26} {cpu:9.2f} {peak:9.0f} {ratios[0]:>12.4f} {ratios[1]:>14.3f}")


def models(folder: Path, arguments: argparse.Namespace) -> Iterator[tuple[str, Path]]:
    """Title and place of each, built if it is not there."""
    if arguments.canary:
        yield "Canary-Qwen", _built(folder / "canary", "full_size_canary.py")
        return
    for tokens in arguments.tokens:
        yield f"{tokens} tokens", _built(folder / f"p{tokens}.nemo", "full_size.py", "--tokens", str(tokens))


def _built(model: Path, builder: str, *options: str) -> Path:
    if not model.exists():
        subprocess.run([sys.executable, Path(__file__).with_name(builder), model, *options], check=True)
    return model


def main() -> None:
    """Build what is missing, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, nargs="+", default=[1024, 8192])
    parser.add_argument("--canary", action="store_true")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--load", nargs=2, metavar=("WAY", "MODEL"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.load:
        way, model = arguments.load
        print(json.dumps(load_here(way, Path(model))))
        return
    folder = arguments.folder or Path(tempfile.mkdtemp())
    for title, model in models(folder, arguments):
        report(title, compare(model, arguments.rounds))
    if arguments.folder is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
