r"""A transcript for Premiere Pro's text-based editing: Adobe's "Static Transcript", version 1.0.0, as JSON.

Premiere opens it for the clip in the Source Monitor by Text panel, Transcript,
Import, Import Static Transcript, and edits by our words without transcribing
itself. Times are seconds from the start of the
clip's sound and never shift with the time base: Premiere knows where its clip
begins.

Punctuation stays with its word; a word of nothing else is of type
"punctuation". `eos` is true where a sentence ends. `confidence` must be a
number: where the model tells none it is 1, so that Premiere marks no word as
unsure of which nothing is known. A speaker's id comes from the name and the
file, so the same speaker has the same id in every export. Adobe's schema asks
for at least one segment: a recording in which nobody spoke gives a file that
Premiere has no use for.
"""

import hashlib
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from itertools import groupby
from types import MappingProxyType

from transcriber.export.handover import Handover
from transcriber.export.plain import one_line
from transcriber.export.timing import words_of
from transcriber.transcript import Word

LANGUAGES = frozenset(
    {
        "en-us", "en-gb", "zh-hk", "cmn-hans", "cmn-hant", "es-es", "de-de", "fr-fr", "ja-jp", "pt-pt", "pt-br",
        "ko-kr", "it-it", "ru-ru", "hi-in", "nb-no", "sv-se", "nl-nl", "da-dk", "id-id", "th-th", "vi-vn", "ms-my",
        "tr-tr", "pl-pl", "fil-ph", "te-in", "ml-in", "pa-in",
    }
)  # fmt: skip
"""All that the schema knows."""

UNKNOWN = "??-??"
"""What the schema has for every other language."""

_USUAL: Mapping[str, str] = MappingProxyType(
    {
        "en": "en-us", "pt": "pt-br", "zh": "cmn-hans", "zh-cn": "cmn-hans", "zh-hans": "cmn-hans",
        "zh-tw": "cmn-hant", "zh-hant": "cmn-hant", "yue": "zh-hk", "no": "nb-no", "nn": "nb-no", "tl": "fil-ph",
    }
)  # fmt: skip
"""Which one is meant where there are several, or where it has another name."""

NOBODY = "Speaker 1"
"""The name that the schema wants where nobody was told apart; Premiere's own for the first speaker."""

CERTAIN = 1.0

_SENTENCE_END = re.compile(r"[.?!…。？！؟।][\"'”’»)\]]*$")  # noqa: RUF001 - East Asian, Arabic and Hindi marks


def render(handover: Handover) -> str:
    """The document; an utterance in which the speaker changes becomes a segment per speaker."""
    transcript = handover.transcript
    language = language_of(transcript.language)
    source = handover.footage.path.name
    segments = list[dict[str, object]]()
    speakers = dict[str, str]()
    for segment in transcript.segments:
        for name, words in groupby(words_of(segment), key=lambda word: one_line(word.speaker or "") or NOBODY):
            speaker = speakers.setdefault(name, speaker_id(name, source))
            segments.append(_segment(list(words), language, speaker))
    named = [
        {"id": speaker, "name": name} for name, speaker in (speakers or {NOBODY: speaker_id(NOBODY, source)}).items()
    ]
    document = {"language": language, "segments": segments, "speakers": named}
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def language_of(code: str | None) -> str:
    """Adobe's name of a language.

    >>> language_of("de"), language_of("pt-PT"), language_of("en-AU"), language_of("uk"), language_of(None)
    ('de-de', 'pt-pt', 'en-us', '??-??', '??-??')
    """
    tag = (code or "").lower().replace("_", "-")
    plain = tag.partition("-")[0]
    wanted = (
        tag,
        _USUAL.get(tag),
        _USUAL.get(plain),
        *(each for each in sorted(LANGUAGES) if each.partition("-")[0] == plain),
    )
    return next((each for each in wanted if each in LANGUAGES), UNKNOWN)


def speaker_id(name: str, source: str) -> str:
    """A UUID of version 4 in its form, but always the same for a speaker of a recording."""
    digest = hashlib.sha256(f"{source}\0{name}".encode("utf-8", errors="replace")).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def _segment(words: Sequence[Word], language: str, speaker: str) -> dict[str, object]:
    return {
        **_times(words[0].start, words[-1].end),
        "language": language,
        "speaker": speaker,
        "words": [_word(word) for word in words],
    }


def _word(word: Word) -> dict[str, object]:
    return {
        "text": word.text,
        **_times(word.start, word.end),
        "confidence": CERTAIN if word.confidence is None else round(word.confidence, 3),
        "eos": bool(_SENTENCE_END.search(word.text)),
        "type": "word" if any(char.isalnum() for char in word.text) else "punctuation",
        "tags": [],
    }


def _times(start: float, end: float) -> dict[str, float]:
    """Both to the millisecond, so that what begins where another ends still does."""
    begin, finish = round(start * 1000), round(end * 1000)
    return {"start": begin / 1000, "duration": (finish - begin) / 1000}
