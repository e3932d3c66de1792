"""The model of `full_size.py` for onnx-asr: exported by NeMo, quantized by onnxruntime.

    python benchmarks/full_size_onnx.py MODEL.nemo FOLDER

Takes 12 GB of memory and 3.2 GB of disk. Needs packages that the program itself does not:
python -m pip install onnx onnxruntime onnx-asr
"""

import argparse
import json
import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

PARTS = ("encoder-model", "decoder_joint-model")
CONFIG = {"model_type": "nemo-conformer-tdt", "features_size": 128, "subsampling_factor": 8}


def export(archive: Path, folder: Path) -> None:
    """Write the float32 model, its vocabulary and its configuration."""
    from transcriber.catalogue import find
    from transcriber.nemo.importing import import_nemo

    import_nemo()
    from transcriber.nemo.restore import restore

    model = restore(find(str(archive)), archive, [archive.parent / ".unpacked"])
    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.export(str(folder / "model.onnx"), check_trace=False)
    lines = [f"{token} {number}\n" for number, token in enumerate([*model.tokenizer.vocab, "<blk>"])]
    (folder / "vocab.txt").write_text("".join(lines), encoding="utf-8")
    (folder / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")


def quantize(folder: Path) -> None:
    """Write the int8 model beside the other: weights without a sign, which every processor multiplies exactly."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    for part in PARTS:
        quantize_dynamic(folder / f"{part}.onnx", folder / f"{part}.int8.onnx", weight_type=QuantType.QUInt8)


def main() -> None:
    """Export and quantize."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    export(arguments.archive, arguments.folder)
    quantize(arguments.folder)


if __name__ == "__main__":
    main()
