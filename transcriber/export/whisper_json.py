"""JSON as OpenAI's transcription interface answers with `response_format=verbose_json`, for tools made for that.

Times are seconds of the file. `avg_logprob` is the mean logarithm of the words'
confidence, `compression_ratio` how well the text packs, both as Whisper
computes them. What no model here has is given as nothing: `tokens` are empty,
`temperature`, `seek` and `no_speech_prob` are 0, and `avg_logprob` is 0 where
the model tells no confidence.
"""

import json
import zlib
from collections.abc import Mapping
from math import log
from statistics import fmean
from types import MappingProxyType

from transcriber.export.timing import words_of
from transcriber.transcript import Segment, Transcript, Word

LANGUAGES: Mapping[str, str] = MappingProxyType(
    {
        "bg": "bulgarian", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
        "es": "spanish", "et": "estonian", "fi": "finnish", "fr": "french", "hr": "croatian", "hu": "hungarian",
        "it": "italian", "lt": "lithuanian", "lv": "latvian", "mt": "maltese", "nl": "dutch", "pl": "polish",
        "pt": "portuguese", "ro": "romanian", "ru": "russian", "sk": "slovak", "sl": "slovenian", "sv": "swedish",
        "uk": "ukrainian",
    }
)  # fmt: skip
"""The names that OpenAI writes for the languages that the models here know."""

LEAST = 1e-4
"""Confidence whose logarithm is taken for none at all."""


def render(transcript: Transcript) -> str:
    """The document, indented, letters of all languages as they are."""
    document = {
        "task": "transcribe",
        "language": LANGUAGES.get(transcript.language or "", transcript.language or "unknown"),
        "duration": round(transcript.duration, 3),
        "text": transcript.text,
        "segments": [_segment(number, segment) for number, segment in enumerate(transcript.segments)],
        "words": [_word(word) for segment in transcript.segments for word in words_of(segment)],
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _segment(number: int, segment: Segment) -> dict[str, object]:
    return {
        "id": number,
        "seek": 0,
        "start": round(segment.start, 3),
        "end": round(segment.end, 3),
        "text": segment.text,
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": _mean_logarithm(segment),
        "compression_ratio": _compression_ratio(segment.text),
        "no_speech_prob": 0.0,
    }


def _word(word: Word) -> dict[str, object]:
    return {"word": word.text, "start": round(word.start, 3), "end": round(word.end, 3)}


def _mean_logarithm(segment: Segment) -> float:
    known = [log(max(word.confidence, LEAST)) for word in segment.words if word.confidence is not None]
    return round(fmean(known), 4) if known else 0.0


def _compression_ratio(text: str) -> float:
    plain = text.encode("utf-8", errors="replace")
    return round(len(plain) / len(zlib.compress(plain)), 4)
