"""What a graphics card does with a model: batches from one clip to as many as the planner takes, and a long recording.

    python benchmarks/card.py MODEL.nemo RECORDING

"planned" is what the planner expected a batch to take at most, "peak" the most that torch took for it, both above the
model. Without a card that torch can use, it says so and does nothing. `throughput.py --parts card` runs it.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, cast

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from transcriber.nemo.in_memory import ModelInMemory

CLIP_SECONDS = 30
ROUNDS = 3


def batches(recognizer: "ModelInMemory", samples: "npt.NDArray[np.float32]") -> None:
    """Time and memory by the number of clips handed over at once."""
    import torch

    from transcriber.options import SAMPLE_RATE, TranscribeOptions
    from transcriber.recognizer import Clip

    length = CLIP_SECONDS * SAMPLE_RATE
    print(f"{'clips':>6}{'times real time':>17}{'planned MB':>12}{'peak MB':>9}")
    count = 1
    while count <= recognizer.clips_at_once:
        starts = range(0, count * length, length)
        clips = [Clip(samples[start : start + length], start / SAMPLE_RATE) for start in starts]
        times = []
        for _ in range(ROUNDS):
            resting = torch.cuda.memory_allocated()
            began = time.perf_counter()
            recognizer.recognize(clips, TranscribeOptions())
            times.append(time.perf_counter() - began)
        seconds = min(count * CLIP_SECONDS, recognizer.room.seconds)
        peak = torch.cuda.max_memory_allocated() - resting
        speed = count * CLIP_SECONDS / min(times)
        print(f"{count:>6}{speed:>17.0f}{recognizer.room.cost * seconds / 1e6:>12.0f}{peak / 1e6:>9.0f}")
        count *= 2


def recording(recognizer: "ModelInMemory", path: Path) -> None:
    """From the file to the transcript."""
    from transcriber import pipeline

    began = time.perf_counter()
    transcript = pipeline.transcribe(path, recognizer)
    seconds = time.perf_counter() - began
    speed, peak = transcript.duration / seconds, recognizer.memory_bytes / 1e6
    print(
        f"{transcript.duration / 60:.0f} minutes in {seconds:.1f} s: {speed:.0f} times real time, {peak:.0f} MB at most"
    )


def main() -> None:
    """Load, measure, print."""
    import soundfile
    import torch

    from transcriber import loading
    from transcriber.catalogue import find

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("recording", type=Path)
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        print("\nThere is no graphics card that torch can use, so nothing is measured on one.")
        return
    settings = loading.LoadSettings(models_dir=arguments.model.parent, device="cuda")
    recognizer = cast("ModelInMemory", loading.load(find(str(arguments.model)), settings))
    print(f"\n{recognizer.device}")
    batches(recognizer, soundfile.read(arguments.recording, dtype="float32")[0])
    recording(recognizer, arguments.recording)


if __name__ == "__main__":
    main()
