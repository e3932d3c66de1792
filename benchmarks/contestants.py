"""Ways to make words of a recording, each in a process of its own: what `throughput.py` compares.

    python benchmarks/contestants.py WAY MODEL [--threads N]

Loads the model, touches all of its weights (what is mapped counts as loaded),
says so, and then transcribes each recording that a line of standard input names, answering
with a line of figures. `clip` ways make words of one clip, `long` ways of a recording of any length.
"""

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

import psutil

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

    from transcriber.nemo.in_memory import ModelInMemory
    from transcriber.options import Precision

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

LOCAL_ATTENTION = [256, 256]
"""Frames to both sides: what NVIDIA's model cards advise for long recordings."""

Transcribe = Callable[[Path], int]
"""A recording to the number of its words."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one transcription: seconds of the clock and of the processor, memory above the loaded model, words."""

    seconds: float
    cpu_seconds: float
    above_mb: float
    words: int


@dataclass(slots=True)
class Peak:
    """The most memory that this process had while it was watched, in bytes."""

    rss: int = 0
    _done: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look 50 times a second."""
        watcher = threading.Thread(target=self._watch)
        watcher.start()
        try:
            yield
        finally:
            self._done.set()
            watcher.join()

    def _watch(self) -> None:
        process = psutil.Process()
        while True:
            self.rss = max(self.rss, process.memory_info().rss)
            if self._done.wait(0.02):
                return


# --- the ways --------------------------------------------------------------------------------------------------------


def ours(model: Path, precision: "Precision" = "auto") -> "ModelInMemory":
    """The recognizer, its weights in memory."""
    from transcriber import loading
    from transcriber.catalogue import find

    settings = loading.LoadSettings(models_dir=model.parent, device="cpu", precision=precision)
    recognizer = cast("ModelInMemory", loading.load(find(str(model)), settings))
    touch(recognizer._model)  # noqa: SLF001 - mapped weights would count as used later
    return recognizer


def our_clip(model: Path, precision: "Precision" = "auto") -> Transcribe:
    """Words with times and confidence of the samples of one clip."""
    from transcriber.options import TranscribeOptions
    from transcriber.recognizer import Clip

    recognizer = ours(model, precision)

    def transcribe(recording: Path) -> int:
        return len(recognizer.recognize([Clip(samples(recording), 0.0)], TranscribeOptions())[0].words)

    return transcribe


def our_recording(model: Path) -> Transcribe:
    """Everything: decoded, cut in pauses, looked at twice, joined."""
    from transcriber import pipeline

    recognizer = ours(model)
    return lambda recording: len(pipeline.transcribe(recording, recognizer).words)


def plain(model: Path, *, local: bool = False) -> Transcribe:
    """NeMo's own way, with full attention or with local."""
    from nemo.collections.asr.models import EncDecRNNTBPEModel

    inner = EncDecRNNTBPEModel.restore_from(str(model), map_location="cpu")
    if local:
        with_local_attention(inner)
    touch(inner)
    return lambda recording: len(inner.transcribe([str(recording)], verbose=False)[0].text.split())


def with_local_attention(inner: "torch.nn.Module") -> None:
    """NeMo leaves random numbers in parameters that the model did not have before."""
    import torch

    before = dict(inner.named_parameters())
    inner.change_attention_model("rel_pos_local_attn", LOCAL_ATTENTION)
    with torch.no_grad():
        for name, parameter in inner.named_parameters():
            if name not in before:
                parameter.zero_()


def onnx_clip(folder: Path, quantization: str | None = None) -> Transcribe:
    """Tokens with times of the samples of one clip, by onnx-asr on onnxruntime."""
    import onnx_asr
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = _threads(), 1
    model = onnx_asr.load_model(
        "nemo-conformer-tdt",
        folder,
        quantization=quantization,
        sess_options=options,
        providers=["CPUExecutionProvider"],
    ).with_timestamps()
    return lambda recording: len(model.recognize(samples(recording), sample_rate=16000).text.split())


WAYS: dict[str, Callable[[Path], Transcribe]] = {
    "our clip": our_clip,
    "our int8 clip": lambda model: our_clip(model, "int8"),
    "our long": our_recording,
    "plain": plain,
    "local": lambda model: plain(model, local=True),
    "onnx clip": onnx_clip,
    "onnx int8 clip": lambda folder: onnx_clip(folder, "int8"),
}


# --- measuring -------------------------------------------------------------------------------------------------------


def samples(recording: Path) -> "npt.NDArray[np.float32]":
    """float32 at 16 kHz."""
    import soundfile

    found: npt.NDArray[np.float32] = soundfile.read(recording, dtype="float32")[0]
    return found


def touch(inner: "torch.nn.Module") -> None:
    """Read every weight once, so that what is mapped is in memory, as it is after the first clip."""
    for tensor in inner.state_dict().values():
        tensor.float().sum()


def measured(transcribe: Transcribe, recording: Path) -> Figures:
    """One transcription."""
    before, peak = psutil.Process().memory_info().rss, Peak()
    began, cpu_began = time.perf_counter(), time.process_time()
    with peak.watched():
        words = transcribe(recording)
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    return Figures(seconds, cpu_seconds, (peak.rss - before) / 1e6, words)


def _threads() -> int:
    return int(os.environ["OMP_NUM_THREADS"])


def main() -> None:
    """Load, then answer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("way", choices=WAYS)
    parser.add_argument("model", type=Path)
    arguments = parser.parse_args()
    if not arguments.way.startswith("onnx"):
        from transcriber.nemo.importing import import_nemo

        import_nemo()
    transcribe = WAYS[arguments.way](arguments.model)
    print("ready", file=sys.__stdout__, flush=True)
    for line in sys.stdin:
        print(json.dumps(asdict(measured(transcribe, Path(line.strip())))), file=sys.__stdout__, flush=True)


if __name__ == "__main__":
    main()
