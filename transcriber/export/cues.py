"""What stands on screen together, and for how long."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import inf

from transcriber.transcript import Segment, Transcript, Word

LINE = 42
"""Characters a line holds. This and the next three: Netflix, Timed Text Style Guide, General Requirements."""

LINES = 2

LONGEST = 7.0
"""Seconds."""

SHORTEST = 5 / 6
"""Seconds, 20 frames of film: less cannot be read."""

GAP = 1 / 12
"""Seconds between cues, 2 frames of film: cues that touch look like one that changes, and Resolve loses some."""

FLICKER = 0.5
"""Seconds: a gap below it looks like an error, so the first cue stays until the second comes."""

APART = 1.0
"""Seconds of silence that never stand inside a cue: its text would give away what comes."""

PAUSE = 0.3
"""Seconds of silence that can be heard as a break."""

# What it costs to break after a sentence, a comma, a pause, any word; to go on after a segment; and what a cue
# costs, more if it is short or has no time. Weighed against each other by judgement, not measured.
_SENTENCE, _CLAUSE, _BREATH, _ANYWHERE = 0.5, 1.5, 2.0, 4.0
_RUN_ON = 4.0
_ONE_MORE_CUE = 1.0
_SCANT = 2.0
_TOO_BRIEF = 8.0

_SENTENCE_END = re.compile(r"[.?!…][\"'”’»)\]]*$")
_CLAUSE_END = re.compile(r"[,;:–—.?!…][\"'”’»)\]]*$")
_BLANKS = re.compile(r"(?:[^\S\u00a0\u202f\u2007]|[\x00-\x1f\x7f-\x9f\ud800-\udfff])+")
"""Where words part, and what no screen shows; not the no-break spaces that French writes before ? and !"""


@dataclass(frozen=True, slots=True)
class Cue:
    """One or two lines on screen from `start` to `end`, in seconds from the start of the file's audio."""

    start: float
    end: float
    lines: tuple[str, ...]


def lay_out(transcript: Transcript) -> list[Cue]:
    """The transcript as cues, every word once and in order, no two cues at the same time.

    A cue starts with its first word and holds at most two lines of 42
    characters and 7 seconds; it ends where a sentence does, else at a comma or
    a pause. It stays for at least 5/6 s where the next one leaves room, and
    ends 2 frames before it. A longer word stands alone on its line. Segments
    without words are timed by the length of their text.

    >>> words = (Word("Good", 1.0, 1.2), Word("morning.", 1.2, 1.5))
    >>> lay_out(Transcript((Segment("Good morning.", 1.0, 1.5, words),), duration=9.0, model="demo"))
    [Cue(start=1.0, end=1.8333333333333335, lines=('Good morning.',))]
    """
    spoken = _spoken(transcript.segments)
    return _timed([spoken[first:stop] for first, stop in _groups(spoken)], transcript.duration)


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A word, and what it means to end a cue after it or to go on."""

    text: str
    start: float
    end: float
    next_start: float  # infinite after the last word
    break_cost: float
    run_on_cost: float  # infinite where the cue must end


def _spoken(segments: Sequence[Segment]) -> list[_Spoken]:
    words = [(word, number) for number, segment in enumerate(segments) for word in _words(segment)]
    inner = [_before(word, after, parted=mine != other) for (word, mine), (after, other) in pairwise(words)]
    last = [_Spoken(word.text, word.start, word.end, inf, 0.0, 0.0) for word, _ in words[-1:]]
    return inner + last


def _words(segment: Segment) -> Iterator[Word]:
    """The words of a segment as they can be shown.

    What has spaces in it gives each of its words a time by length: that is a
    segment whose model times no words, too.
    """
    for span in segment.words or (segment,):
        texts = _BLANKS.sub(" ", span.text).split(" ")
        shown = [text for text in texts if text.strip()]  # a no-break space alone shows nothing
        marks = list(accumulate((len(text) + 1 for text in shown), initial=0))
        times = [span.start + (span.end - span.start) * mark / max(1, marks[-1]) for mark in marks]
        for text, (start, end) in zip(shown, pairwise(times), strict=True):
            yield Word(text, start, end, speaker=segment.speaker)


def _before(word: Word, after: Word, *, parted: bool) -> _Spoken:
    """`word`, with `after` coming next, in another segment if `parted`."""
    pause = after.start - word.end
    break_cost = 0.0 if parted else _break_cost(word.text, pause)
    run_on_cost = _RUN_ON if parted else 0.0
    if pause >= APART or after.speaker != word.speaker:
        run_on_cost = inf
    return _Spoken(word.text, word.start, word.end, after.start, break_cost, run_on_cost)


def _break_cost(text: str, pause: float) -> float:
    if _SENTENCE_END.search(text):
        return _SENTENCE
    if _CLAUSE_END.search(text):
        return _CLAUSE
    return _BREATH if pause >= PAUSE else _ANYWHERE


def _groups(words: Sequence[_Spoken]) -> list[tuple[int, int]]:
    """First and stop of each cue's words: the cheapest of all layouts that keep the limits.

    The shortest path over the possible breaks, as in Knuth and Plass,
    "Breaking Paragraphs into Lines" (1981); linear in the number of words.
    """
    best = [0.0] + [inf] * len(words)
    origin = [0] * (len(words) + 1)
    for first in range(len(words)):
        for stop, cost in _candidates(words, first):
            if best[first] + cost < best[stop]:
                best[stop], origin[stop] = best[first] + cost, first
    return _traced(origin)


def _traced(origin: Sequence[int]) -> list[tuple[int, int]]:
    groups = []
    stop = len(origin) - 1
    while stop:
        groups.append((origin[stop], stop))
        stop = origin[stop]
    return groups[::-1]


def _candidates(words: Sequence[_Spoken], first: int) -> Iterator[tuple[int, float]]:
    """Every stop that a cue beginning with word `first` may have, and what that cue costs."""
    start, length, line, lines, run_on = words[first].start, 0, -1, 1, 0.0
    for index in range(first, len(words)):
        word = words[index]
        line += 1 + len(word.text)
        length += 1 + len(word.text)
        if line > LINE and index > first:
            line, lines = len(word.text), lines + 1
        if index > first and (lines > LINES or line > LINE or word.end - start > LONGEST):
            return
        yield index + 1, run_on + _cue_cost(word, length, word.next_start - GAP - start)
        run_on += word.run_on_cost
        if line > LINE or run_on == inf:
            return


def _cue_cost(last: _Spoken, length: int, room: float) -> float:
    """Of a cue of `length` characters that ends with `last` and may stay for `room` seconds."""
    scant = max(0.0, 1 - length / LINE)
    brief = max(0.0, 1 - room / SHORTEST)
    return last.break_cost + _ONE_MORE_CUE + _SCANT * scant * scant + _TOO_BRIEF * brief


def _timed(groups: Sequence[Sequence[_Spoken]], duration: float) -> list[Cue]:
    cues: list[Cue] = []
    free = 0.0
    for words in groups:
        start = max(words[0].start, free)
        end = _end(words[-1], start, duration)
        cues.append(Cue(start, end, _lines([word.text for word in words])))
        free = end + GAP
    return cues


def _end(last: _Spoken, start: float, duration: float) -> float:
    """When a cue goes: with its last word, but not too early, and clear of the next cue.

    Words that take no time at all are shown for a moment all the same, and the
    next cue waits.
    """
    wanted = max(last.end, min(start + SHORTEST, duration))
    room = last.next_start - GAP
    end = room if room - wanted < FLICKER else wanted
    return max(start + GAP, min(end, start + LONGEST))


def _lines(texts: Sequence[str]) -> tuple[str, ...]:
    """One line if it fits, else two as even as can be, broken after a comma if there is one near."""
    whole = " ".join(texts)
    if len(whole) <= LINE or len(texts) == 1:
        return (whole,)
    splits = [(" ".join(texts[:cut]), " ".join(texts[cut:])) for cut in range(1, len(texts))]
    return min(splits, key=_unevenness)


def _unevenness(lines: tuple[str, str]) -> tuple[bool, int]:
    """The smaller the better: no line too long, then even ones, a comma being worth ten characters."""
    top, bottom = lines
    too_long = max(len(top), len(bottom)) > LINE
    return too_long, abs(len(top) - len(bottom)) - (10 if _CLAUSE_END.search(top) else 0)
