"""ParakeetRecognizer: words with times from any CTC, RNNT, TDT or hybrid model of NeMo's.

The model is called directly, not through `model.transcribe()`: that makes a
temporary directory per call, leaves modules in training mode, and two threads
in it damage the model for good. Imports NeMo: import this module inside a function.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from nemo.collections.asr.models import EncDecCTCModel, EncDecHybridRNNTCTCModel
from nemo.collections.asr.parts.submodules.transducer_decoding.tdt_label_looping import (
    GreedyBatchedTDTLabelLoopingComputer,
)
from nemo.collections.asr.parts.utils.timestamp_utils import process_timestamp_outputs

from transcriber.catalogue import ModelSpec
from transcriber.errors import UnsupportedOptionError
from transcriber.nemo import device as devices
from transcriber.nemo import identity, int8, quick_decoder, quick_encoder
from transcriber.nemo.failures import first_line, is_out_of_memory, load_error
from transcriber.nemo.in_memory import ModelInMemory, batch
from transcriber.nemo.restore import restore
from transcriber.options import SAMPLE_RATE, Device, Precision
from transcriber.recognizer import Clip, Recognition
from transcriber.transcript import Word

log = logging.getLogger(__name__)


class ParakeetRecognizer(ModelInMemory):
    """A CTC, RNNT, TDT or hybrid model of NeMo's in memory; see Recognizer."""

    def __init__(
        self, spec: ModelSpec, model: Any, device: torch.device, identity: str, precision: Precision = "auto"
    ) -> None:
        notes = _place_in_int8(spec, model, device) if precision == "int8" else _place(model, device)
        super().__init__(spec, model, device, identity, notes)
        self._rehearse()

    def _recognitions(self, clips: Sequence[Clip]) -> list[Recognition]:
        hypotheses = _decode(self._model, clips, self._device)
        return [_recognition(hypothesis, clip) for hypothesis, clip in zip(hypotheses, clips, strict=True)]


def load(
    spec: ModelSpec, path: Path, roots: Sequence[Path], wanted: Device, precision: Precision = "auto"
) -> ParakeetRecognizer:
    """Restore `path` and put it on its device, ready to recognize.

    Raises:
        ModelError, MemoryExhaustedError, StorageError: see `restore`.
        UnsupportedOptionError: the device is not to be had, or the model or the device does not compute in int8.
    """
    device = devices.choose(wanted)
    if precision == "int8" and device.type != "cpu":
        reason = "a graphics card is faster without; leave it out, or add --device cpu"
        raise UnsupportedOptionError("--precision int8", devices.title(device), reason)
    model = restore(spec, path, roots)
    try:
        computed = precision if precision == "int8" else devices.precision(device)
        return ParakeetRecognizer(spec, model, device, f"{identity.of_archive(path)} {computed}", precision)
    except UnsupportedOptionError:
        raise
    except Exception as error:
        raise load_error(spec.name, path, error, devices.title(device)) from error


def _place_in_int8(spec: ModelSpec, model: Any, device: torch.device) -> tuple[str, ...]:
    """As `_place` on the processor, the encoder's products in 8-bit integers.

    Raises:
        UnsupportedOptionError: the encoder is not one that is known how to.
    """
    _without_training_noise(model)
    if not quick_encoder.quicken(model.encoder, int8.Int8()):
        reason = "that is for FastConformers that hear a whole clip at once"
        raise UnsupportedOptionError("--precision int8", spec.title, reason)
    quick_decoder.quicken(model)
    model.to(device)
    return (int8.NOTE,)


def _place(model: Any, device: torch.device) -> tuple[str, ...]:
    """Put the model on its device, in its precision, without training's noise; what its user should know."""
    _without_training_noise(model)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    _lower_precision(model, devices.precision(device))
    model.to(device)
    quick_encoder.adapt(model.encoder, device)
    if device.type == "cuda":
        return _without_failing_cuda_graphs(model, device)
    quick_decoder.quicken(model)
    return ()


def _without_training_noise(model: Any) -> None:
    model.preprocessor.featurizer.dither = 0.0
    model.preprocessor.featurizer.pad_to = 0


def _lower_precision(model: Any, dtype: torch.dtype) -> None:
    """All behind the spectrogram computes in `dtype`; the spectrogram itself needs the range of float32."""
    if dtype == torch.float32:
        return
    for name in ("encoder", "decoder", "joint", "ctc_decoder"):
        if (module := getattr(model, name, None)) is not None:
            module.to(dtype)

    def cast(_: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        return arguments, named | {"audio_signal": named["audio_signal"].to(dtype)}

    model.encoder.register_forward_pre_hook(cast, with_kwargs=True)


def _without_failing_cuda_graphs(model: Any, device: torch.device) -> tuple[str, ...]:
    """Decode a second of silence; if CUDA graphs make that fail, go on without them, and say so."""
    silence = [Clip(np.zeros(SAMPLE_RATE, np.float32), 0.0)]
    with_durations_in_batches(model)
    try:
        _decode(model, silence, device)
    except Exception as error:
        if is_out_of_memory(error) or not model.disable_cuda_graphs():
            raise
        with_durations_in_batches(model)
        _decode(model, silence, device)
        note = f"CUDA graphs do not work here ({first_line(error)}); decoding goes on without them, a little slower."
        log.warning("%s", note)
        return (note,)
    return ()


def with_durations_in_batches(model: Any) -> None:
    """Where CUDA graphs are off, take their steps one by one.

    NeMo's other loop gives the tokens of a TDT model wrong durations when it decodes several clips at once
    (3.0.0: those of the last step of any of them), and so words the wrong end.
    """
    computer = getattr(getattr(model.decoding, "decoding", None), "decoding_computer", None)
    if isinstance(computer, GreedyBatchedTDTLabelLoopingComputer) and computer.cuda_graphs_mode is None:
        computer.force_cuda_graphs_mode("no_graphs")


@torch.inference_mode()  # type: ignore[untyped-decorator]
def _decode(model: Any, clips: Sequence[Clip], device: torch.device) -> list[Any]:
    """NeMo's own steps of `transcribe(timestamps=True)`, in its order."""
    model.eval()
    signal, lengths = batch(clips)
    outputs = model.forward(input_signal=signal.to(device), input_signal_length=lengths.to(device))
    hypotheses = _hypotheses(model, outputs)
    stride = model.cfg.preprocessor.window_stride
    return list(process_timestamp_outputs(hypotheses, model.encoder.subsampling_factor, stride))


def _hypotheses(model: Any, outputs: tuple[torch.Tensor, ...]) -> Any:
    encoded, lengths = outputs[:2]
    if isinstance(model, EncDecCTCModel):
        return model.decoding.ctc_decoder_predictions_tensor(encoded, decoder_lengths=lengths, return_hypotheses=True)
    if isinstance(model, EncDecHybridRNNTCTCModel) and model.cur_decoder == "ctc":
        logits = model.ctc_decoder(encoder_output=encoded)
        return model.ctc_decoding.ctc_decoder_predictions_tensor(logits, lengths, return_hypotheses=True)
    return model.decoding.rnnt_decoder_predictions_tensor(encoded, lengths, return_hypotheses=True)


def _recognition(hypothesis: Any, clip: Clip) -> Recognition:
    entries = hypothesis.timestamp["word"]
    confidences = hypothesis.word_confidence
    if confidences is None or len(confidences) != len(entries):
        confidences = [None] * len(entries)
    words = tuple(_word(entry, confidence, clip) for entry, confidence in zip(entries, confidences, strict=True))
    return Recognition(hypothesis.text, tuple(word for word in words if word.text))


def _word(entry: dict[str, Any], confidence: Any, clip: Clip) -> Word:
    start = min(max(0.0, entry["start"]), clip.duration)
    end = min(max(start, entry["end"]), clip.duration)
    known = None if confidence is None else min(1.0, max(0.0, float(confidence)))
    return Word(entry["word"].strip(), clip.start + start, clip.start + end, known)
