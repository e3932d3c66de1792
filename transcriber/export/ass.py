r"""Advanced SubStation captions (`.ass`) that fill word by word as they are spoken, for burning in and for players.

Each word stands behind `{\k}` with the hundredths of a second until the next
one: karaoke, as libass, FFmpeg and Aegisub draw it. Written here and not by
pysubs2, which ends at 10 hours, and source timecode often is the time of day.
Braces and backslashes, which would be styles, are written as lookalikes.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, pairwise, repeat

from transcriber.export.cues import Cue
from transcriber.export.handover import Handover
from transcriber.export.plain import LOOKALIKES, for_xml, one_line
from transcriber.export.timing import words_of
from transcriber.transcript import Span, Transcript

SIZE = (1920, 1080)
"""Pixels of the picture that the style is meant for, where the film has none; players scale it to theirs."""

LETTER = 0.055
"""Height of the letters as a part of the picture's: two lines of 42 of them stay inside the middle nine tenths."""

_STYLE = (
    "Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, "
    "Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, "
    "MarginV, Encoding"
)
_EVENT = "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text"


def render(handover: Handover) -> str:
    """The cues with times in hundredths of a second, the finest that the format has, on the chosen time base."""
    spans = _spans(handover.cues, handover.transcript)
    events = (_event(cue, spans, handover) for cue in handover.cues)
    return "\n".join([*_head(handover), *events]) + "\n"


def _head(handover: Handover) -> list[str]:
    width, height = handover.footage.size or SIZE
    letters, margin = round(LETTER * height), round(height / 20)
    style = f"Style: Default,Arial,{letters},&H0000FFFF,&H00FFFFFF,&H00000000,&H80000000,0,0,0,0,100,100,0,0,1,"
    return [
        "[Script Info]",
        f"Title: {one_line(for_xml(handover.footage.path.name))}",
        "ScriptType: v4.00+",
        "WrapStyle: 2",  # lines break where we broke them
        "ScaledBorderAndShadow: yes",
        f"PlayResX: {width}",
        f"PlayResY: {height}",
        "",
        "[V4+ Styles]",
        _STYLE,
        f"{style}{max(1, letters // 20)},0,2,{margin},{margin},{margin},1",
        "",
        "[Events]",
        _EVENT,
    ]


def _event(cue: Cue, spans: Iterator[Span], handover: Handover) -> str:
    start, end = (round(100 * handover.clock(moment)) for moment in (cue.start, cue.end))
    lines = [line.translate(LOOKALIKES).split(" ") for line in cue.lines]
    begins = [round(100 * handover.clock(next(spans).start)) for line in lines for _ in line]
    lead, *fills = (rf"{{\k{part}}}" for part in _parts(start, begins, end))
    filled = iter(fills)
    text = r"\N".join(" ".join(next(filled) + token for token in line) for line in lines)
    return f"Dialogue: 0,{_clock(start)},{_clock(end)},Default,,0,0,0,,{lead}{text}"


def _parts(start: int, begins: Sequence[int], end: int) -> Iterator[int]:
    """The hundredths of a second before the first word, and from each word's beginning to the next one's.

    >>> list(_parts(100, [120, 150], 200))
    [20, 30, 50]
    """
    marks = accumulate((min(begin, end) for begin in begins), max, initial=start)
    return (after - before for before, after in pairwise([*marks, end]))


def _spans(cues: Sequence[Cue], transcript: Transcript) -> Iterator[Span]:
    """When each word on screen is spoken, found by its letters: a cue may add hyphens or break a word that is long."""
    letters = chain(_letters(transcript), repeat(("", Span(transcript.duration, transcript.duration))))
    letter, span = next(letters)
    for token in (token for cue in cues for line in cue.lines for token in line.split(" ")):
        first = last = span
        for char in token:
            if char == letter:
                last = span
                letter, span = next(letters)
        yield Span(first.start, last.end)


def _letters(transcript: Transcript) -> Iterator[tuple[str, Span]]:
    for segment in transcript.segments:
        for word in words_of(segment):
            span = Span(word.start, word.end)
            for char in word.text:
                if char != " ":
                    yield char, span


def _clock(hundredths: int) -> str:
    minutes, rest = divmod(hundredths, 6000)
    return f"{minutes // 60}:{minutes % 60:02}:{rest // 100:02}.{rest % 100:02}"
