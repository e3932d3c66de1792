"""How soon the page answers, against the time that importing NeMo takes: `python benchmarks/startup.py`.

Both in fresh processes, in turn, in the same run. The demand: at most a third.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
DEMANDED = 1 / 3
ANSWERED = 200


@dataclass(frozen=True, slots=True)
class Figures:
    """Wall-clock seconds of one kind of process, one per run."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Of the runs."""
        return statistics.median(self.seconds)

    def __str__(self) -> str:
        return f"{self.median:6.2f} s  ({min(self.seconds):.2f} .. {max(self.seconds):.2f})"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; 0 when the demand is met, 1 when not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="fresh processes of each kind (default: 5)")
    runs = parser.parse_args(argv).runs
    page, nemo = measure(runs)
    ratio = page.median / nemo.median
    print(f"page answers    {page}")
    print(f"NeMo imported   {nemo}")
    print(f"ratio           {ratio:6.2f}    (demanded: at most {DEMANDED:.2f}; medians of {runs} runs, in turn)")
    return 0 if ratio <= DEMANDED else 1


def measure(runs: int) -> tuple[Figures, Figures]:
    """Both kinds in turn, after one of each that is not counted: the first finds nothing in the disk's cache."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        pairs = [(seconds_to_answer(Path(home)), seconds_to_import()) for _ in range(runs + 1)][1:]
    pages, imports = zip(*pairs, strict=True)
    return Figures(pages), Figures(imports)


def seconds_to_answer(home: Path) -> float:
    """From the start of `python transcribe_ui.py` to the page itself, status 200."""
    own = dict.fromkeys(("XDG_DATA_HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"), str(home))
    command = [sys.executable, "transcribe_ui.py", "--no-browser", "--port", "0"]
    began = time.perf_counter()
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, env=os.environ | own) as process:
        try:
            address = _address(process)
            with urllib.request.urlopen(address, timeout=60) as answer:
                assert answer.status == ANSWERED
                answer.read()
            return time.perf_counter() - began
        finally:
            process.kill()


def _address(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    for line in process.stdout:
        if line.startswith("Transcribe UI is on "):
            return line.split()[4]
    raise RuntimeError("the page did not start")


def seconds_to_import() -> float:
    """A fresh process that imports NeMo's speech collection and nothing else."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "import nemo.collections.asr"],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
