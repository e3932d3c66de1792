"""How long a model of Parakeet's true size takes to load, and how much memory: ours against NeMo's `restore_from`.

    python benchmarks/load.py [--rounds 3] [--tokens 1024 8192] [--folder DIR]

Every load runs in a fresh process that has imported NeMo before the clock starts, and the two ways take turns.
"first" finds nothing unpacked, "again" finds what the first left. Memory is the process's peak, NeMo's 0.7 GB
included. Needs 8 GB of disk and of memory; archives in --folder are kept and used again.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WAYS = ("plain", "first", "again")
Figures = dict[str, float]


def measure(way: str, archive: Path) -> Figures:
    """One load in a fresh process: {seconds, cpu_seconds, peak_mb}."""
    command = [sys.executable, __file__, "--load", way, str(archive)]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    figures: Figures = json.loads(ran.stdout.splitlines()[-1])
    return figures


def load_here(way: str, archive: Path) -> Figures:
    """The load itself, in this process."""
    sys.path.insert(0, str(ROOT))
    import time

    from transcriber.nemo.importing import import_nemo

    import_nemo()
    before, cpu_before = time.perf_counter(), time.process_time()
    load_plainly(archive) if way == "plain" else load_ours(archive)
    seconds, cpu_seconds = time.perf_counter() - before, time.process_time() - cpu_before
    return {"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_mb": peak_mb()}


def load_plainly(archive: Path) -> object:
    """NeMo's own way, on the concrete class, as fast as it goes."""
    from nemo.collections.asr.models import EncDecRNNTBPEModel

    return EncDecRNNTBPEModel.restore_from(str(archive), map_location="cpu")


def load_ours(archive: Path) -> object:
    """What the page and the command line do; the small members are unpacked beside the archive."""
    from transcriber import loading
    from transcriber.catalogue import find

    return loading.load(find(str(archive)), loading.LoadSettings(models_dir=archive.parent, device="cpu"))


def peak_mb() -> float:
    """The most memory this process ever had."""
    import psutil

    if sys.platform == "win32":
        return float(psutil.Process().memory_info().peak_wset / 1e6)
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def compare(archive: Path, rounds: int) -> dict[str, list[Figures]]:
    """`rounds` of every way, in turn."""
    warm(archive)
    results: dict[str, list[Figures]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        shutil.rmtree(archive.parent / ".unpacked", ignore_errors=True)
        for way in WAYS:
            results[way].append(measure(way, archive))
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


def report(tokens: int, results: dict[str, list[Figures]]) -> None:
    """A table of medians with ranges, and the ratios that count."""
    print(f"\n{tokens} tokens  seconds median (min..max)   CPU s   peak MB   time / plain   memory / plain")
    for way in WAYS:
        seconds = [each["seconds"] for each in results[way]]
        shown = f"{median(results[way], 'seconds'):6.2f} ({min(seconds):.2f}..{max(seconds):.2f})"
        cpu, peak = median(results[way], "cpu_seconds"), median(results[way], "peak_mb")
        ratios = [median(results[way], name) / median(results["plain"], name) for name in ("seconds", "peak_mb")]
        print(f"  {way:9} {shown:>26} {cpu:9.2f} {peak:9.0f} {ratios[0]:>12.4f} {ratios[1]:>14.3f}")


def main() -> None:
    """Build what is missing, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, nargs="+", default=[1024, 8192])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--load", nargs=2, metavar=("WAY", "ARCHIVE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.load:
        way, archive = arguments.load
        print(json.dumps(load_here(way, Path(archive))))
        return
    folder = arguments.folder or Path(tempfile.mkdtemp())
    for tokens in arguments.tokens:
        archive = folder / f"p{tokens}.nemo"
        if not archive.exists():
            builder = Path(__file__).with_name("full_size.py")
            subprocess.run([sys.executable, builder, archive, "--tokens", str(tokens)], check=True)
        report(tokens, compare(archive, arguments.rounds))
    if arguments.folder is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
