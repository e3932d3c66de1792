"""CanaryRecognizer: text, without times, from a SALM: a language model that listens.

It is asked for a transcript and may write anything. A reply that cannot be
right is not believed: the clip is halved where it is quietest and both halves
are asked for. Imports NeMo: import this module inside a function.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import GenerationConfig

from transcriber import chunking, speech
from transcriber.catalogue import ModelSpec
from transcriber.nemo import device as devices
from transcriber.nemo import identity, quick_encoder, replies, salm
from transcriber.nemo.failures import load_error
from transcriber.nemo.in_memory import ModelInMemory, batch
from transcriber.nemo.replies import Reply
from transcriber.options import SAMPLE_RATE, Device
from transcriber.recognizer import Clip, Recognition

log = logging.getLogger(__name__)

MOST_TOKENS = 1024
"""Of prompt, sound and reply together, by the model card."""

TOKENS_PER_SECOND = 10
"""Of a reply. The fastest speakers say 5 words a second, a word has about 1.3 tokens; digits come one by one."""
TOKENS_AT_LEAST = 16

SILENT_DB = -70.0
"""dBFS. Sound that never gets louder is nobody speaking: quiet speech has -50."""

_SHORTEST_HALVED = 4.0
_MOST_HALVINGS = 3


@dataclass(frozen=True, slots=True)
class Precision:
    """What a SALM computes in, and what that costs, in a sentence for people; None where it costs nothing."""

    dtype: torch.dtype
    note: str | None = None


class CanaryRecognizer(ModelInMemory):
    """A SALM in memory; see Recognizer. Its recognitions have no words, since it knows no times."""

    _CLIPS_ON_A_CARD = 16
    _CLIPS_ON_THE_PROCESSOR = 4
    """Every token of a reply costs a walk through all the weights, for one clip or for several."""

    def __init__(
        self, spec: ModelSpec, model: Any, device: torch.device, identity: str, notes: tuple[str, ...] = ()
    ) -> None:
        super().__init__(spec, model.to(device), device, identity, notes)
        self._prompt = salm.prompt(model)
        quick_encoder.adapt(model.perception.encoder, device)

    def _recognitions(self, clips: Sequence[Clip]) -> list[Recognition]:
        return [Recognition(text, ()) for text in self._texts(clips)]

    # --- asking ------------------------------------------------------------------------------------------------------

    def _texts(self, clips: Sequence[Clip]) -> list[str]:
        """What is said in each clip; those longer than the model takes are cut first."""
        limit = self._spec.max_clip_seconds
        cut = [_pieces(_sane(clip), limit) if clip.duration > limit else [_sane(clip)] for clip in clips]
        heard = iter(self._settled_all([piece for pieces in cut for piece in pieces], _MOST_HALVINGS))
        return [_joined([next(heard) for _ in pieces]) for pieces in cut]

    def _settled_all(self, clips: Sequence[Clip], halvings: int) -> list[str]:
        return [self._settled(*each, halvings) for each in zip(clips, self._ask(clips), strict=True)]

    def _settled(self, clip: Clip, reply: Reply, halvings: int) -> str:
        """The reply's text, or that of the clip's halves if it cannot be right."""
        doubt = replies.doubt(reply, _speaking(clip, reply))
        if doubt is None or clip.duration < _SHORTEST_HALVED or not halvings:
            return reply.text if reply.finished else replies.without_refrain(reply.text)
        log.info("a reply for %.1f s at %.1f s is not believed: %s", clip.duration, clip.start, doubt)
        halves = _pieces(clip, clip.duration * 2 / 3)
        again = self._ask(halves)
        if doubt == "stops early" and not _says_more(again, reply):
            return reply.text
        return _joined([self._settled(*each, halvings - 1) for each in zip(halves, again, strict=True)])

    def _ask(self, clips: Sequence[Clip]) -> list[Reply]:
        """One reply per clip; nobody is asked about silence."""
        audible = [place for place, clip in enumerate(clips) if _is_audible(clip)]
        found = [Reply("", finished=True)] * len(clips)
        for first in range(0, len(audible), self.clips_at_once):
            places = audible[first : first + self.clips_at_once]
            for place, reply in zip(places, self._generate([clips[place] for place in places]), strict=True):
                found[place] = reply
        return found

    @torch.inference_mode()  # type: ignore[untyped-decorator]
    def _generate(self, clips: Sequence[Clip]) -> list[Reply]:
        model, tokens = self._model.eval(), self._model.tokenizer.tokenizer
        signal, lengths = batch(clips)
        limits = [self._most_tokens(length / SAMPLE_RATE) for length in lengths.tolist()]
        rows = model.generate(
            prompts=self._prompt.expand(len(clips), -1).to(self._device),
            audios=signal.to(self._device),
            audio_lens=lengths.to(self._device),
            generation_config=_greedy(model, max(limits)),
        ).tolist()
        ended = [_until(row, model.text_eos_id) for row in rows]
        texts = tokens.batch_decode([row for row, _ in ended], skip_special_tokens=True)
        finished = [whole and len(row) <= limit for (row, whole), limit in zip(ended, limits, strict=True)]
        return [Reply(replies.cleaned(text), end) for text, end in zip(texts, finished, strict=True)]

    def _most_tokens(self, duration: float) -> int:
        """Of the reply to a clip of `duration` seconds."""
        sound = duration / self._model.token_equivalent_duration
        room = MOST_TOKENS - len(self._prompt) - int(sound) - 1
        return max(1, min(round(TOKENS_AT_LEAST + TOKENS_PER_SECOND * duration), room))


def load(
    spec: ModelSpec,
    folder: Path,
    wanted: Device,
    notes: tuple[str, ...] = (),
) -> CanaryRecognizer:
    """The snapshot in `folder` on its device, ready to recognize; `notes` join its own. Makes no request.

    Raises:
        ModelError, MemoryExhaustedError: see `salm.restore`.
        UnsupportedOptionError: the device is not to be had.
    """
    device = devices.choose(wanted)
    path = folder / salm.WEIGHTS
    precision = choose_precision(device, path.stat().st_size if path.is_file() else 0)
    model = salm.restore(spec, folder, precision.dtype)
    if precision.note:
        log.warning("%s: %s", spec.name, precision.note)
    try:
        own_notes = (precision.note,) if precision.note else ()
        known = f"{spec.revision or identity.of_file(path)} {precision.dtype}"
        return CanaryRecognizer(spec, model, device, known, (*notes, *own_notes))
    except Exception as error:
        raise load_error(spec.name, path, error, devices.title(device)) from error


def choose_precision(device: torch.device, stored_bytes: int) -> Precision:
    """bfloat16, in which the weights are stored, where the device computes in it; else float32 if there is room."""
    if _computes_in_bfloat16(device):
        return Precision(torch.bfloat16)
    wide, free = 2 * stored_bytes, _free_bytes(device)
    name = "This processor" if device.type == "cpu" else devices.title(device)
    if free > wide + stored_bytes / 4:
        note = f"{name} does not compute in bfloat16, so the model takes {wide / 1e9:.1f} GB of memory in float32"
        return Precision(torch.float32, f"{note}, twice what it has on disk.")
    note = f"{name} does not compute in bfloat16, and {free / 1e9:.1f} GB of free memory are too few for float32"
    return Precision(torch.bfloat16, f"{note} ({wide / 1e9:.1f} GB): it will be several times slower.")


def _computes_in_bfloat16(device: torch.device) -> bool:
    """Without the instructions it takes 7 times as long to read a clip as in float32."""
    if device.type == "cuda":
        return bool(torch.cuda.get_device_capability(device)[0] >= 8)  # Ampere, 2020
    can = torch.cpu.get_capabilities()
    return any(can.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def _free_bytes(device: torch.device) -> int:
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    import psutil

    return int(psutil.virtual_memory().available)


# --- clips -----------------------------------------------------------------------------------------------------------


def _sane(clip: Clip) -> Clip:
    """NaN would come out as silent garbage."""
    if np.isfinite(clip.samples).all():
        return clip
    return Clip(np.nan_to_num(clip.samples, nan=0.0, posinf=0.0, neginf=0.0), clip.start)


def _levels(clip: Clip) -> list[float]:
    return list(speech.loudness([clip.samples]))


def _is_audible(clip: Clip) -> bool:
    return max(_levels(clip), default=speech.FLOOR_DB) > SILENT_DB


def _speaking(clip: Clip, reply: Reply) -> float:
    """Seconds of speech in the clip; 0 where the reply has words enough even if all of it were speech.

    To find out takes longer than the model on a good card, so it is left out where it cannot matter.
    """
    if not replies.is_short(reply, clip.duration):
        return 0.0
    return sum(end - start for start, end in speech.spans(clip.samples))


def _pieces(clip: Clip, limit: float) -> list[Clip]:
    """Two or more, cut in pauses or where it is quietest, none longer than `limit` seconds."""
    chunks = chunking.plan(speech.listen([clip.samples]), speech.WINDOW, target=limit * 3 / 4, limit=limit)
    spans = [(round(chunk.start * SAMPLE_RATE), round(chunk.end * SAMPLE_RATE)) for chunk in chunks]
    return [Clip(clip.samples[first:last], clip.start + first / SAMPLE_RATE) for first, last in spans]


def _greedy(model: Any, most_tokens: int) -> GenerationConfig:
    """The same clip gives the same reply."""
    ids = {"eos_token_id": model.text_eos_id, "pad_token_id": model.text_pad_id}
    return GenerationConfig(do_sample=False, num_beams=1, max_new_tokens=most_tokens, **ids)  # type: ignore[no-untyped-call]


def _until(row: list[int], end: int) -> tuple[list[int], bool]:
    """The tokens before `end`, and whether it came."""
    return (row[: row.index(end)], True) if end in row else (row, False)


def _says_more(again: Sequence[Reply], before: Reply) -> bool:
    return sum(replies.word_count(reply.text) for reply in again) > replies.word_count(before.text)


def _joined(texts: Sequence[str]) -> str:
    return " ".join(text for text in texts if text)
