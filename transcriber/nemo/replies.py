"""What a language model writes when it is asked for a transcript, and how to tell that it wrote something else."""

import re
from dataclasses import dataclass
from typing import Literal

Doubt = Literal["cut off", "repeats itself", "stops early", "answers instead"]

SLOWEST = 1.5
"""Words per second of speech under which a reply may have stopped early: talk has 2 to 3, slow dictation 1."""

ENOUGH = 3.0
"""Seconds of speech under which a few words are no sign of anything."""

_LOOP = re.compile(r"(.{2,200}?)\1{3,}", re.DOTALL)
_LONGEST_REFRAIN = 40
"""Characters. People do say "no, no, no, no"; whatever goes on for longer is the model turning in circles."""

_THINKING = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)

_ANNOUNCEMENT = re.compile(
    r"(?:(?:sure|certainly|of course|okay|ok|yes)[,.!]?\s+)?"
    r"(?:(?:here(?:'s|\u2019s| is| are)|this is)\s+)?(?:(?:the|a|your)\s+)?"
    r"(?:transcri(?:pt|ption|bed)\b|(?:audio|recording|speaker|text) (?:says|reads|is)\b)[^:\n]{0,60}:\s*(?=\S)",
    re.IGNORECASE,
)

_ANSWER = re.compile(
    r"(?:sure|certainly|of course)[,.!]?\s+(?:here|i)\b"
    r"|.{0,40}\bas an? (?:ai|language model)\b"
    r"|(?:i'm|i\u2019m|i am) (?:sorry|unable)\b.{0,80}\b(?:transcri|audio|assist)"
    r"|(?:please (?:provide|upload)|i (?:cannot|can't|can\u2019t)\b).{0,80}\b(?:transcri|audio)",
    re.IGNORECASE,
)

_QUOTES = {'"': '"', "\u201c": "\u201d", "\u00ab": "\u00bb"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for one clip; not `finished` when it ran into its limit of tokens instead of ending."""

    text: str
    finished: bool


def doubt(reply: Reply, speaking: float) -> Doubt | None:
    """Why the reply cannot be trusted; `speaking` is how many seconds of the clip are speech.

    >>> doubt(Reply("Thank you. Thank you. Thank you. Thank you. Thank you.", True), speaking=3.0)
    'repeats itself'
    """
    if not reply.finished:
        return "cut off"
    if _refrain(reply.text):
        return "repeats itself"
    if _ANSWER.match(reply.text):
        return "answers instead"
    return "stops early" if is_short(reply, speaking) else None


def is_short(reply: Reply, speaking: float) -> bool:
    """Whether so many seconds of speech should have more words."""
    return speaking >= ENOUGH and word_count(reply.text) < SLOWEST * speaking


def word_count(text: str) -> int:
    """Words between blanks."""
    return len(text.split())


def cleaned(text: str) -> str:
    """The transcript alone: no thinking, no announcement, no quotation marks around the whole.

    >>> cleaned('Sure, here is the transcription: "Good morning."')
    'Good morning.'
    """
    text = _THINKING.sub("", text).strip()
    text = _ANNOUNCEMENT.sub("", text, count=1) if _ANNOUNCEMENT.match(text) else text
    return _unquoted(text.strip())


def without_refrain(text: str) -> str:
    """The text with what it repeats for ever said once, and nothing behind it.

    >>> without_refrain("Well, that is it, " + "that is it, " * 30 + "that")
    'Well, that is it'
    """
    refrain = _refrain(text)
    return text[: refrain.end(1)].strip() if refrain else text


def _refrain(text: str) -> re.Match[str] | None:
    found = (each for each in _LOOP.finditer(f"{text} ") if each.end() - each.start() >= _LONGEST_REFRAIN)
    return next(found, None)


def _unquoted(text: str) -> str:
    """A quotation inside the text stays as it is."""
    closing = _QUOTES.get(text[:1])
    if len(text) > 1 and text[-1] == closing and not any(mark in text[1:-1] for mark in (text[0], closing)):
        return text[1:-1].strip()
    return text
