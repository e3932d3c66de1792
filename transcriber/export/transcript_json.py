"""Our own JSON: everything a transcript holds, to be read by programs and by us again.

    {"schema": "transcribe-ui/transcript/1", "model", "revision", "duration", "language",
     "segments": [{"text", "start", "end", "speaker",
                   "words": [{"text", "start", "end", "confidence"}]}]}

Times are seconds from the start of the file's audio, to the millisecond;
confidence is 0..1. What is not known is null. Readers ignore keys that they do
not know; the number in "schema" changes when a key changes its meaning.

Some keys are there only when they say something: "timing": "clips" in the
document, where no word could be timed; "timing": "shared" in a word whose time
was not heard but divided among neighbours; and in a word that a second model
wrote differently "reading": {"text", "kind", "words"}, which stands for so many
words from this one on, and is of a kind that `ReadingKind` explains;
"outside_speech": true in a word that stands where nobody seems to speak;
"unheard": [{"start", "end"}] in the document, where somebody speaks and no word
was found; and "dropped_words", how many were left out as invented.

`transcript.schema.json` beside this file says the same to programs (JSON Schema,
draft 2020-12).
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TypeVar, get_args

from transcriber.errors import InvalidTranscriptError
from transcriber.transcript import Reading, ReadingKind, Segment, Span, Transcript, TranscriptTiming, Word, WordTiming

SCHEMA = "transcribe-ui/transcript/1"

MOST_SECONDS = 1e9
"""No recording lasts 30 years: what claims to is damaged."""

_TRANSCRIPT_TIMINGS: tuple[TranscriptTiming, ...] = get_args(TranscriptTiming)
_WORD_TIMINGS: tuple[WordTiming, ...] = get_args(WordTiming)
_KINDS: tuple[ReadingKind, ...] = get_args(ReadingKind)

_T = TypeVar("_T")
_Choice = TypeVar("_Choice", bound=str)


def render(transcript: Transcript) -> str:
    """The transcript as indented JSON, letters of all languages as they are."""
    document = {
        "schema": SCHEMA,
        "model": transcript.model,
        "revision": transcript.revision,
        "duration": round(transcript.duration, 3),
        "language": transcript.language,
        **({} if transcript.timing == "words" else {"timing": transcript.timing}),
        **({"unheard": [_span_record(span) for span in transcript.unheard]} if transcript.unheard else {}),
        **({"dropped_words": transcript.dropped_words} if transcript.dropped_words else {}),
        "segments": [],
    }
    head, tail = _indented(document).rsplit("[]", maxsplit=1)
    return f"{head}{_segments(transcript.segments)}{tail}\n"


def _segments(segments: Sequence[Segment]) -> str:
    """The list of them, one after the other: all the records of five hours at once would take 50 MB."""
    records = (_indented(_segment_record(segment)).replace("\n", "\n  ") for segment in segments)
    return "[\n  " + ",\n  ".join(records) + "\n ]" if segments else "[]"


def _indented(record: object) -> str:
    return json.dumps(record, ensure_ascii=False, allow_nan=False, indent=1)


def parse(text: str) -> Transcript:
    """The transcript that `render` wrote, times rounded to the millisecond, words spoken by their segment's speaker.

    Raises:
        InvalidTranscriptError: no JSON, another schema, or a field that is missing or makes no sense; it says which.
    """
    document = _Record(_loaded(text), "the file")
    if document.text("schema") != SCHEMA:
        raise InvalidTranscriptError(f"its schema is {document.text('schema')!r}, not {SCHEMA!r}")
    return Transcript(
        segments=tuple(_segment(record) for record in document.records("segments")),
        duration=document.number("duration", MOST_SECONDS),
        model=document.text("model"),
        revision=document.optional("revision", document.text),
        language=document.optional("language", document.text),
        timing=document.optional("timing", lambda name: document.choice(name, _TRANSCRIPT_TIMINGS)) or "words",
        unheard=tuple(Span(*record.span()) for record in document.optional("unheard", document.records) or ()),
        dropped_words=document.optional("dropped_words", document.count) or 0,
    )


def _span_record(span: Span) -> dict[str, float]:
    return {"start": round(span.start, 3), "end": round(span.end, 3)}


def _segment_record(segment: Segment) -> dict[str, object]:
    return {
        "text": segment.text,
        "start": round(segment.start, 3),
        "end": round(segment.end, 3),
        "speaker": segment.speaker,
        "words": [_word_record(word) for word in segment.words],
    }


def _word_record(word: Word) -> dict[str, object]:
    confidence = None if word.confidence is None else round(word.confidence, 3)
    record = {"text": word.text, "start": round(word.start, 3), "end": round(word.end, 3), "confidence": confidence}
    timing = {} if word.timing == "heard" else {"timing": word.timing}
    outside = {"outside_speech": True} if word.outside_speech else {}
    return record | timing | outside | ({} if word.reading is None else {"reading": asdict(word.reading)})


def _loaded(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidTranscriptError(f"it is not JSON ({error})") from error


def _segment(record: "_Record") -> Segment:
    speaker = record.optional("speaker", record.text)
    words = tuple(_word(word, speaker) for word in record.records("words"))
    start, end = record.span()
    return Segment(record.text("text"), start, end, words, speaker)


def _word(record: "_Record", speaker: str | None) -> Word:
    start, end = record.span()
    confidence = record.optional("confidence", lambda name: record.number(name, most=1.0))
    timing = record.optional("timing", lambda name: record.choice(name, _WORD_TIMINGS)) or "heard"
    reading = record.optional("reading", lambda name: _reading(record.record(name)))
    outside_speech = record.optional("outside_speech", record.flag) or False
    return Word(record.text("text"), start, end, confidence, speaker, timing, reading, outside_speech)


def _reading(record: "_Record") -> Reading:
    return Reading(record.text("text"), record.choice("kind", _KINDS), record.count("words"))


class _Record:
    """One JSON object, read field by field; `place` says where it stands in the file."""

    def __init__(self, fields: object, place: str) -> None:
        if not isinstance(fields, dict):
            raise InvalidTranscriptError(f"{place} is no JSON object")
        self._fields, self._place = fields, place

    def text(self, name: str) -> str:
        value = self._fields.get(name)
        if not isinstance(value, str):
            raise InvalidTranscriptError(f"{self._place} has no text in {name!r}")
        return value

    def number(self, name: str, most: float) -> float:
        value = self._fields.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            raise InvalidTranscriptError(f"{self._place} has no number from 0 to {most:g} in {name!r}")
        return float(value)

    def count(self, name: str) -> int:
        value = self._fields.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise InvalidTranscriptError(f"{self._place} has no whole number from 1 in {name!r}")
        return value

    def flag(self, name: str) -> bool:
        value = self._fields.get(name)
        if not isinstance(value, bool):
            raise InvalidTranscriptError(f"{self._place} has neither true nor false in {name!r}")
        return value

    def choice(self, name: str, choices: Sequence[_Choice]) -> _Choice:
        value = self.text(name)
        for known in choices:
            if known == value:
                return known
        raise InvalidTranscriptError(f"{self._place} has {value!r} in {name!r}, not one of {', '.join(choices)}")

    def record(self, name: str) -> "_Record":
        return _Record(self._fields.get(name), f"{name} of {self._place}")

    def optional(self, name: str, read: Callable[[str], _T]) -> _T | None:
        return None if self._fields.get(name) is None else read(name)

    def span(self) -> tuple[float, float]:
        start, end = self.number("start", MOST_SECONDS), self.number("end", MOST_SECONDS)
        if start > end:
            raise InvalidTranscriptError(f"{self._place} ends at {end} s, before it starts at {start} s")
        return start, end

    def records(self, name: str) -> Sequence["_Record"]:
        items = self._fields.get(name)
        if not isinstance(items, list):
            raise InvalidTranscriptError(f"{self._place} has no list in {name!r}")
        return [_Record(item, f"{name}[{index}] of {self._place}") for index, item in enumerate(items)]
