"""Captions made elsewhere: read as cues, and as words with times so that they can be laid out anew."""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from transcriber.errors import InvalidSubtitlesError
from transcriber.export.checking import is_dialogue
from transcriber.export.cues import APART, HYPHEN, Cue
from transcriber.export.grammar import ends_sentence
from transcriber.transcript import Segment, Transcript, Word

if TYPE_CHECKING:
    from pysubs2 import SSAEvent

SUFFIXES = (".srt", ".vtt", ".ass")
"""The files that can be read."""

MODEL = "subtitles"
"""What the transcript gives as its model: nobody knows who wrote them."""

_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]*)>")
_TAG = re.compile(r"</?[A-Za-z][^>]*>|<\d\d:[\d:.]+>")


def parse(text: str, suffix: str) -> list[Cue]:
    r"""The cues of a subtitle file, in its order, times as they are written; styles and positions are left out.

    Raises:
        InvalidSubtitlesError: it is no such file, or a cue's times are damaged.

    >>> parse("1\n00:00:01,000 --> 00:00:02,500\n<i>Good</i>\nmorning.", ".srt")
    [Cue(start=1.0, end=2.5, lines=('Good', 'morning.'), speakers=())]
    """
    if suffix.lower() not in SUFFIXES:
        raise InvalidSubtitlesError(f"{suffix or 'a file without a suffix'} is none of {', '.join(SUFFIXES)}")
    cues = [_cue(event, suffix.lower()) for event in _events(text, suffix.lower())]
    if not cues:
        raise InvalidSubtitlesError(f"there is no cue in it that a {suffix} file would have")
    for number, cue in enumerate(cues, 1):
        _refuse_damage(number, cue)
    return cues


def _events(text: str, suffix: str) -> Iterable["SSAEvent"]:
    import pysubs2

    unix = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    kept = {"keep_html_tags": True} if suffix == ".vtt" else {}  # they say who speaks
    try:
        read = pysubs2.SSAFile.from_string(unix, format_=suffix[1:], **kept)
    except (pysubs2.exceptions.Pysubs2Error, ValueError, LookupError, ArithmeticError) as error:
        raise InvalidSubtitlesError(f"it is no sound {suffix} file ({error})") from error
    return [event for event in read if not event.is_comment and not event.is_drawing]


def _cue(event: "SSAEvent", suffix: str) -> Cue:
    text, speaker = event.plaintext, event.name or None
    if suffix == ".vtt":
        voice = _VOICE.search(text)
        speaker = html.unescape(voice[1]).strip() if voice else None
        text = html.unescape(_TAG.sub("", text))
    lines = tuple(filter(None, (" ".join(line.split(" ")).strip() for line in text.split("\n"))))
    return Cue(event.start / 1000, event.end / 1000, lines, (speaker,) * len(lines) if speaker else ())


def _refuse_damage(number: int, cue: Cue) -> None:
    if not 0 <= cue.start <= cue.end:
        raise InvalidSubtitlesError(f"cue {number} ends at {cue.end:g} s, before it starts at {cue.start:g} s")
    if any(re.search(r"\d\s*-->\s*\d", line) for line in cue.lines):
        raise InvalidSubtitlesError(f"after cue {number} is a line of times that cannot be read")


def transcript_of(cues: Sequence[Cue], duration: float, language: str | None = None) -> Transcript:
    """The words of captions, each timed by its length inside its cue.

    Cues that one sentence runs through become one segment, so that `lay_out`
    may break it elsewhere. Of two speakers in one cue each gets a part of its
    time by length; where nobody says who they are they count from 1 in it.
    """
    words = [word for cue in sorted(cues, key=lambda cue: cue.start) for word in _words(cue)]
    segments = tuple(_segment(sentence) for sentence in _sentences(words))
    over = max((cue.end for cue in cues), default=0.0)
    return Transcript(segments, max(duration, over), MODEL, language=language)


def _words(cue: Cue) -> Iterator[Word]:
    """The cue's words, one after the other through its time."""
    spoken = [(text, speaker) for line, speaker in _turns(cue) for text in line.split(" ") if text.strip()]
    marks = list(accumulate((len(text) + 1 for text, _ in spoken), initial=0))
    moments = [cue.start + (cue.end - cue.start) * mark / max(1, marks[-1]) for mark in marks]
    for (text, speaker), (start, end) in zip(spoken, pairwise(moments), strict=True):
        yield Word(text, start, max(start, end), speaker=speaker, timing="shared")


def _turns(cue: Cue) -> Iterator[tuple[str, str | None]]:
    """Each line and who speaks it; the hyphens of two speakers are left out."""
    apart = is_dialogue(cue)
    known = cue.speakers if len(set(cue.speakers)) > 1 or not apart else ()
    for number, line in enumerate(cue.lines):
        unknown = f"Speaker {number + 1}" if apart else None
        text = line.removeprefix(HYPHEN.strip()).lstrip() if apart else line
        yield text, known[number] if known else unknown


def _sentences(words: Sequence[Word]) -> Iterator[list[Word]]:
    sentence: list[Word] = []
    for word in words:
        if sentence and _parted(sentence[-1], word):
            yield sentence
            sentence = []
        sentence.append(word)
    if sentence:
        yield sentence


def _parted(word: Word, after: Word) -> bool:
    return ends_sentence(word.text) or word.speaker != after.speaker or after.start - word.end >= APART


def _segment(words: Sequence[Word]) -> Segment:
    end = max(word.end for word in words)
    return Segment(" ".join(word.text for word in words), words[0].start, end, tuple(words), words[0].speaker)
