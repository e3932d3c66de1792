"""What it costs to end a line after a word: how closely two words belong together, judged by their text alone.

A few dozen function words decide most of English. Of other languages only the
marks are known, and that a very short word mostly belongs to the next one.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice, pairwise

SENTENCE, CLAUSE, ANYWHERE, BOUND = 0, 12, 40, 80
"""What a break costs after a sentence, after a comma, between any two words, and from where on it tears what belongs
together. The order is that of Netflix (Timed Text Style Guide, I.7 Line Treatment) and of the BBC (Subtitle
Guidelines, 3.4); the distances between them are set by judgement."""

# What comes before and after in the two words that a break would part, and what it costs: the first that fits.
_AFTER = {
    "title": 98,
    "determiner": 95,
    "preposition": 88,
    "genitive": 90,
    "conjunction": 88,
    "negation": 86,
    "auxiliary": 84,
    "subject": 84,
    "contraction": 84,
    "degree": 70,
    "temporal": 70,
    "relative": 60,
    "pronoun": 50,
}
_BEFORE = {
    "conjunction": 24,
    "temporal": 24,
    "relative": 28,
    "preposition": 32,
    "auxiliary": 32,
    "genitive": 60,
    "particle": 62,
    "negation": 84,
}
_NAME, _UNIT, _NUMBERED = 92, 90, 88
_SHORT = 70

_KINDS = {
    "title": "mr mrs ms dr prof st sir lord lady president king queen saint captain doctor professor miss",
    "determiner": "a an the my your our their its every these those this some any no other another each his whose",
    "genitive": "of",
    "preposition": "in on at by for with from to into onto over under about against between among through during "
    "without within toward towards upon across behind beyond near than per via beside besides inside outside "
    "above below around despite except as",
    "conjunction": "and or but nor because although though if when while that which who where whether unless so",
    "negation": "not never",
    "auxiliary": "am is are was were be been being have has had do does did will would shall should can could may "
    "might must isn't aren't wasn't weren't haven't hasn't hadn't don't doesn't didn't won't wouldn't shan't "
    "shouldn't can't couldn't mightn't mustn't cannot gonna wanna",
    "subject": "i he she we they",
    "degree": "very too more most really quite rather just only even almost nearly such",
    "relative": "what how why",
    "pronoun": "it you there",
    "temporal": "before after until since",
}
_KIND = {word: kind for kind, words in _KINDS.items() for word in words.split()}
_PARTICLES = frozenset(("up", "out", "off", "down", "away", "back"))
_INFINITIVES = frozenset(
    ("used", "going", "want", "wants", "wanted", "ought", "able", "need", "needs", "needed", "got")
)
"""Verbs that are hardly ever seen without the "to" of another."""
_CONTRACTED = ("'ll", "'ve", "'re", "'m", "'d")
_COUNTED = (
    "chapter page part number room line day step table figure no question act scene verse january february march "
    "april may june july august september october november december"
)
_NUMBERED_NOUNS = frozenset(_COUNTED.split())
_COUNTING = (
    "two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty sixty seventy eighty ninety "
    "hundred thousand million billion"
)
_NUMBER_WORDS = frozenset(_COUNTING.split())
_ENGLISH = frozenset(("the", "and", "of", "to", "is", "that", "you", "it", "was"))
_ENGLISH_SHARE = 1 / 12
"""Of the words of any English text these nine are about one in five; in other languages hardly any are."""
_SAMPLE = 2000

_CLOSING = r"[\"'”’»)\]]*"
_SENTENCE_END = re.compile(rf"[.?!…。！？؟।]{_CLOSING}$")
_CLAUSE_END = re.compile(rf"[,;:–—،؛、，；：]{_CLOSING}$|-$")
_INITIAL = re.compile(r"[^\W\d_]\.(?:[^\W\d_]\.)*$")
_DOTTED = frozenset(("mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "no.", "vs.", "etc.", "e.g.", "i.e.", "gen.", "sen."))
_NUMBER = re.compile(r"[$€£¥]?\d[\d.,:/]*$")
_TRIM = "\"'“”‘’«»([{)]}.,;:?!…-–—¿¡"


def ends_sentence(text: str) -> bool:
    """Whether a sentence ends with this word. "Mr." and "J." end none, as far as one can tell.

    >>> [ends_sentence(word) for word in ("So.", "Mr.", "no,")]
    [True, False, False]
    """
    return bool(_SENTENCE_END.search(text)) and text.lower() not in _DOTTED and not _INITIAL.match(text)


def is_english(language: str | None, texts: Sequence[str]) -> bool:
    """Whether the rules for English are the right ones; judged by the first 2,000 words where nobody says it."""
    if language:
        return language.lower().split("-")[0] in ("en", "eng", "english")
    sample = [text.lower() for text in islice(texts, _SAMPLE)]
    return sum(text in _ENGLISH for text in sample) >= max(1.0, _ENGLISH_SHARE * len(sample))


def break_costs(texts: Sequence[str], language: str | None = None) -> list[int]:
    """What it costs to break after each word, from 0 to 100; nothing after the last.

    >>> break_costs(["It", "is", "the", "dog.", "He", "barks,", "and", "runs."], "en")
    [80, 84, 95, 0, 84, 12, 88, 0]
    """
    words = [_read(text) for text in texts]
    if is_english(language, texts):
        costs = [_in_english(one, other, starts=starts) for one, other, starts in _pairs(words)]
    else:
        costs = [_in_any_language(one, other) for one, other in pairwise(words)]
    return [*costs, 0] if texts else []


class _Read:
    """What a word says about the breaks beside it."""

    __slots__ = ("after", "before", "capital", "kind", "mark", "number", "plain", "short")

    def __init__(self, text: str) -> None:
        self.plain = plain = text.strip(_TRIM).lower().replace("’", "'")
        self.mark = SENTENCE if ends_sentence(text) else CLAUSE if _CLAUSE_END.search(text) else None
        self.number = bool(_NUMBER.match(text.strip(_TRIM))) or plain in _NUMBER_WORDS
        self.capital = text[:1].isupper() and plain not in _KIND and not plain.startswith("i'")
        self.short = plain.isalpha() and len(plain) <= 3 and not text[:1].isupper()
        self.kind = kind = _KIND.get(plain) or ("contraction" if plain.endswith(_CONTRACTED) else "")
        self.after = _AFTER.get(kind, 0)
        self.before = _BEFORE["particle"] if plain in _PARTICLES else _BEFORE.get(kind, ANYWHERE)


@lru_cache(maxsize=1 << 15)
def _read(text: str) -> _Read:
    return _Read(text)


def _pairs(words: Sequence[_Read]) -> Iterable[tuple[_Read, _Read, bool]]:
    """Each word with the next one, and whether it is the first of its sentence, where capitals say nothing."""
    starts = True
    for one, other in pairwise(words):
        yield one, other, starts
        starts = one.mark == SENTENCE


def _in_english(one: _Read, other: _Read, *, starts: bool) -> int:
    if one.mark is not None:
        return one.mark
    if one.kind == "title":
        return one.after if other.capital else other.before
    if one.capital and other.capital:
        return BOUND if starts else _NAME
    if other.number and one.plain in _NUMBERED_NOUNS:
        return _NUMBERED
    if other.plain == "to" and one.plain in _INFINITIVES:
        return BOUND
    if one.kind == "pronoun" and other.kind == "auxiliary":
        return BOUND
    if one.number:
        return _UNIT if other.before == ANYWHERE else other.before
    return max(one.after, other.before) if one.after else other.before


def _in_any_language(one: _Read, other: _Read) -> int:
    if one.mark is not None:
        return one.mark
    if one.number and not other.number:
        return _UNIT
    return _SHORT if one.short else ANYWHERE
