"""From a stream of words to utterances that people can read."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from transcriber.transcript import Segment, Word

PAUSE = 1.0
"""Seconds of silence that end an utterance even without a full stop."""

LONGEST = 30.0
"""Seconds: no utterance lasts longer where there are words to part it between."""

COMMA = 0.5
"""Seconds of pause that a comma counts for when a long utterance is parted."""

_CLOSING = "\"'”’“»«›‹)]}"
_OPENING = "\"'“‘„‚«»‹›([{¿¡-–—"
_ENDS = ".?!…‼⁈⁉。？！\u037e"  # U+2047 is left out: it is how SentencePiece writes an unknown token
_PAUSES = ",;:，、–—"
_GREEK_QUESTION = re.compile(r"[\u0370-\u03ff\u1f00-\u1fff];")  # Greek asks with a semicolon
_ABBREVIATION = re.compile(
    r"(?:[^\W\d_]\.)+"  # J.  U.S.  e.g.  z.B.
    r"|(?:Mr|Mrs|Ms|Rev|Hon|Gen|Sen|Gov|Capt|Lt|Col|Sgt|St|Mt|Hr|Mme|Mlle|Sra|Srta|Dra|Sig|Dott|Dhr|Mevr)\."
    r"|(?:[DS]r|[Pp]rof|[Nn]r|dr|vs|approx|bzw|vgl|ca|np|tzw|např|bijv|t\.ex|bl\.a|f\.eks)\."
)
"""Hardly ever last in a sentence. Cased, for `sig` is a Swedish word and `sen` a Polish one."""


def split(words: Sequence[Word], pause: float = PAUSE, longest: float = LONGEST) -> list[Segment]:
    """Words to utterances: at the ends of sentences, at pauses, where the speaker changes.

    An utterance of more than `longest` seconds is parted again at the best
    pause or comma near its middle. Every word is in exactly one segment, in
    order.

    Args:
        words: in the order spoken.
        pause: seconds of silence that end an utterance.
        longest: seconds.

    >>> words = [Word("Hello,", 0.0, 0.4), Word("Dr.", 0.5, 0.7), Word("Brown.", 0.8, 1.2), Word("Sit.", 1.4, 1.8)]
    >>> [segment.text for segment in split(words)]
    ['Hello, Dr. Brown.', 'Sit.']
    """
    return [_segment(part) for utterance in _utterances(words, pause) for part in _parted(utterance, longest)]


def _segment(words: Sequence[Word]) -> Segment:
    text = " ".join(word.text for word in words)
    return Segment(text, words[0].start, words[-1].end, tuple(words), words[0].speaker)


def _utterances(words: Sequence[Word], pause: float) -> Iterator[Sequence[Word]]:
    cased = any(word.text.lstrip(_OPENING)[:1].isupper() for word in words)
    begin = 0
    for index, (word, following) in enumerate(pairwise(words), 1):
        silent = following.start - word.end >= pause
        if silent or following.speaker != word.speaker or _ends_sentence(word.text, following.text, cased=cased):
            yield words[begin:index]
            begin = index
    if words:
        yield words[begin:]


def _ends_sentence(word: str, following: str, *, cased: bool) -> bool:
    """Whether a sentence ends between the two.

    In text that uses capitals, a sentence never goes on with a small letter:
    that settles "3. maj", "etc. and" and "well… maybe" in any language.
    """
    core = word.rstrip(_CLOSING).lstrip(_OPENING)
    if not core.endswith(tuple(_ENDS)) and not _GREEK_QUESTION.search(core[-2:]):
        return False
    if cased and following.lstrip(_OPENING)[:1].islower():
        return False
    return _ABBREVIATION.fullmatch(core) is None


def _parted(words: Sequence[Word], longest: float) -> Iterator[Sequence[Word]]:
    if len(words) == 1 or words[-1].end - words[0].start <= longest:
        yield words
        return
    cut = _best_cut(words)
    yield from _parted(words[:cut], longest)
    yield from _parted(words[cut:], longest)


def _best_cut(words: Sequence[Word]) -> int:
    """How many words to take before the best pause or comma in the middle half, or at its middle if it has none."""
    middle = (words[0].start + words[-1].end) / 2
    reach = (words[-1].end - words[0].start) / 4
    off = {cut: abs(words[cut].start - middle) for cut in range(1, len(words))}
    near = [cut for cut in off if off[cut] <= reach]
    return max(near or [min(off, key=off.__getitem__)], key=lambda cut: (_parting(words, cut), -off[cut]))


def _parting(words: Sequence[Word], cut: int) -> float:
    """Seconds of pause before the word at `cut`, a comma counted in, differences too small to hear left out."""
    comma = COMMA if words[cut - 1].text.rstrip(_CLOSING).endswith(tuple(_PAUSES)) else 0.0
    return round(words[cut].start - words[cut - 1].end + comma, 2)
