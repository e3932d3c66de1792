"""Two readings of one recording: where they differ is marked in the text, and counted. Text in, HTML out."""

from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby, islice

from transcriber.transcript import Reading, ReadingKind, Transcript, Word

COUNTED: dict[ReadingKind, tuple[str, str]] = {
    "word": ("word", "words"),
    "number": ("number", "numbers"),
    "name": ("name", "names"),
    "spelling": ("spelling", "spellings"),
    "case": ("capital letter", "capital letters"),
    "punctuation": ("punctuation", "punctuation"),
}
"""One of them, and several; in the order in which they matter."""

HEARD_OTHERWISE: tuple[ReadingKind, ...] = ("word", "number", "name")
"""What was heard otherwise is marked strongly, what was only written otherwise lightly."""


def paragraphs(transcript: Transcript, second: str) -> str:
    """The text with every difference marked; `second` is what the other model is called."""
    covered = zip(transcript.words, _readings(transcript.words), strict=True)
    return "".join(
        f"<p>{_marked(list(islice(covered, len(segment.words))), second) or escape(segment.text)}</p>"
        for segment in transcript.segments
    )


def summary(transcript: Transcript, second: str) -> str:
    """How many differences there are of which kind, and what the marks mean.

    >>> summary(Transcript((), 1.0, "canary"), "Parakeet")
    '<p class="proof"><span>No differences from what Parakeet heard.</span></p>'
    """
    found = Counter(word.reading.kind for word in transcript.words if word.reading)
    counted = _counted(found) if found else f"No differences from what {second} heard."
    return f'<p class="proof"><span>{escape(counted + _unheard(transcript, second))}</span>{_legend(found)}</p>'


# --- marks -----------------------------------------------------------------------------------------------------------


def _readings(words: Sequence[Word]) -> Iterator[Reading | None]:
    """For each word the reading that it is part of: a reading stands with the first of its words."""
    reading, left = None, 0
    for word in words:
        if not left:
            reading, left = word.reading, word.reading.words if word.reading else 1
        yield reading
        left -= 1


def _marked(covered: Sequence[tuple[Word, Reading | None]], second: str) -> str:
    """The words of a paragraph; those of one reading share a mark."""
    runs = groupby(covered, key=lambda each: id(each[1]))
    return " ".join(_run([*run], second) for _, run in runs)


def _run(covered: Sequence[tuple[Word, Reading | None]], second: str) -> str:
    text, reading = escape(" ".join(word.text for word, _ in covered)), covered[0][1]
    if reading is None:
        return text
    heard = f"{second} heard: {reading.text}" if reading.text else f"{second} heard nothing here"
    return f'<mark class="{_weight(reading.kind)}" tabindex="0" aria-description="{escape(heard)}">{text}</mark>'


def _weight(kind: ReadingKind) -> str:
    return "heard" if kind in HEARD_OTHERWISE else "written"


# --- counts ----------------------------------------------------------------------------------------------------------


def _counted(found: Counter[ReadingKind]) -> str:
    kinds = ", ".join(_plural(found[kind], *names) for kind, names in COUNTED.items() if found[kind])
    return f"{_plural(found.total(), 'difference', 'differences')}: {kinds}."


def _unheard(transcript: Transcript, second: str) -> str:
    """A clip in which the second model heard no word at all has none to compare."""
    count = sum(not segment.words for segment in transcript.segments)
    return f" {second} heard nothing in {_plural(count, 'passage', 'passages')}." if count else ""


def _plural(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"


def _legend(found: Counter[ReadingKind]) -> str:
    """Only the marks that are there."""
    weights = {_weight(kind) for kind in found}
    meanings = {"heard": "heard otherwise", "written": "written otherwise"}
    return "".join(f'<mark class="{weight}">{text}</mark>' for weight, text in meanings.items() if weight in weights)
