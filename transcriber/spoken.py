"""How written words sound: numbers spelled out, and how unlike two words are. English; neutral elsewhere."""

import re
import unicodedata
from functools import lru_cache

REMEMBERED = 1 << 16
"""Pairs of words kept in mind: about what an hour of speech compares."""

LONGEST_NUMBER = 15
"""Digits: longer numbers are read out one digit at a time."""

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = {10**12: "trillion", 10**9: "billion", 10**6: "million", 10**3: "thousand", 100: "hundred"}
_IRREGULAR_ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth"} | {
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
NUMBER_WORDS = frozenset({*_ONES, *_TENS[2:], *_SCALES.values()})

_CURRENCIES = {"$": "dollars", "€": "euros", "£": "pounds", "¥": "yen"}
_SIGNS = {"%": "percent", "&": "and", "+": "plus", "@": "at", "=": "equals"} | _CURRENCIES
_NO_APOSTROPHES = str.maketrans("", "", "'’ʼ`´")
_NUMBER = re.compile(
    r"(?P<currency>[$€£¥])?(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)"
    r"(?:(?P<mark>[.:])(?P<rest>[0-9]+))?(?P<ordinal>(?:st|nd|rd|th)\b)?"
)

_SOUNDS = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"^(?:kn|gn)|^pn", "n"),
        (r"^wr", "r"),
        (r"^ps", "s"),
        (r"^wh", "w"),
        (r"mb$", "m"),
        (r"ph", "f"),
        (r"(?<=[aeiou])gh(?=t|$)", ""),
        (r"t?ch|sh|[st]i(?=o|a)|dge?|j|g(?=[eiy])", "X"),
        (r"th", "0"),
        (r"c(?=[eiy])|z", "s"),
        (r"x", "ks"),
        (r"ck|q|c|g", "k"),
        (r"v", "f"),
        (r"b", "p"),
        (r"d", "t"),
        (r"(?<=[^aeiou])e$|(?<=.)[hw](?![aeiou])", ""),
        (r"[aeiouy]+r?(?![aeiouy])|[aeiouy]+", "a"),
        (r"(.)\1+", r"\1"),
    )
]
"""English spelling to coarse sounds: voiced and voiceless alike, every vowel the same."""


@lru_cache(maxsize=REMEMBERED)
def spoken(word: str) -> tuple[str, ...]:
    """What is said where `word` is written: small letters, no punctuation, numbers in words; never empty.

    >>> spoken("7:30,"), spoken("Forty-two"), spoken("Don’t"), spoken("$5"), spoken("14th")
    (('seven', 'thirty'), ('forty', 'two'), ('dont',), ('five', 'dollars'), ('fourteenth',))
    """
    text = unicodedata.normalize("NFKC", word.translate(_NO_APOSTROPHES)).casefold()
    numbered = _NUMBER.sub(lambda number: f" {' '.join(_said(number))} ", text)
    return tuple("".join(map(_heard_of, numbered)).split()) or (word,)


@lru_cache(maxsize=REMEMBERED)
def sound_key(word: str) -> str:
    """What an English ear keeps of a word in small letters. Letters outside a-z stay what they are.

    >>> sound_key("weak") == sound_key("week"), sound_key("night") == sound_key("knight")
    (True, True)
    """
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return word


@lru_cache(maxsize=REMEMBERED)
def unlikeness(one: str, other: str) -> float:
    """From 0, the same, to 1: half by the letters that differ, half by the sounds. Different words are over 0.

    >>> unlikeness("week", "week"), unlikeness("week", "weak"), unlikeness("week", "month")
    (0.0, 0.125, 0.875)
    """
    return (_share_of_edits(one, other) + _share_of_edits(sound_key(one), sound_key(other))) / 2


def _heard_of(letter: str) -> str:
    if unicodedata.category(letter)[0] in "LMN":
        return letter
    return f" {_SIGNS.get(letter, '')} "


def _said(number: re.Match[str]) -> list[str]:
    whole, rest = number["whole"], number["rest"]
    words = _whole(whole)
    money = [_CURRENCIES[number["currency"]]] if number["currency"] else []
    if number["mark"] == ":":
        words = words + _minutes(rest)
    elif rest and money:
        return words + money + _whole(rest)
    elif rest:
        words = [*words, "point", *_digits(rest)]
    elif number["ordinal"]:
        words[-1] = _ordinal(words[-1])
    return words + money


def _whole(digits: str) -> list[str]:
    if digits.startswith("0") or len(digits) > LONGEST_NUMBER:
        return _digits(digits)
    number = int(digits.replace(",", ""))
    if len(digits) == 4 and (1100 <= number < 2000 or 2010 <= number < 2100):
        return [*_cardinal(number // 100), *(_cardinal(number % 100) if number % 100 else ["hundred"])]
    return _cardinal(number)


def _minutes(digits: str) -> list[str]:
    """As on a clock: "05" is oh five, and of "00" nothing is said."""
    if not digits.strip("0"):
        return []
    return ["oh", *_digits(digits[1:])] if digits.startswith("0") else _whole(digits)


def _digits(digits: str) -> list[str]:
    return [_ONES[int(digit)] for digit in digits if digit != ","]


def _cardinal(number: int) -> list[str]:
    for size, scale in _SCALES.items():
        if number >= size:
            rest = _cardinal(number % size) if number % size else []
            return [*_cardinal(number // size), scale, *rest]
    if number < len(_ONES):
        return [_ONES[number]]
    return [_TENS[number // 10], *([_ONES[number % 10]] if number % 10 else [])]


def _ordinal(cardinal: str) -> str:
    if cardinal.endswith("y"):
        return f"{cardinal[:-1]}ieth"
    return _IRREGULAR_ORDINALS.get(cardinal, f"{cardinal}th")


def _share_of_edits(one: str, other: str) -> float:
    """Letters to insert, delete or replace, per letter of the longer word."""
    return _edits(one, other) / max(len(one), len(other), 1)


def _edits(one: str, other: str) -> int:
    """Levenshtein's distance, a column of the table at a time as bits (Myers 1999, in Hyyrö's form of 2003)."""
    if not one:
        return len(other)
    places: dict[str, int] = {}
    for index, letter in enumerate(one):
        places[letter] = places.get(letter, 0) | 1 << index
    last = 1 << (len(one) - 1)
    rising, falling, edits = (1 << len(one)) - 1, 0, len(one)
    for letter in other:
        same = places.get(letter, 0)
        across = (((same & rising) + rising) ^ rising) | same
        up = falling | ~(across | rising)
        down = rising & across
        edits += bool(up & last) - bool(down & last)
        up = up << 1 | 1
        rising = down << 1 | ~(same | falling | up)
        falling = up & (same | falling)
    return edits
