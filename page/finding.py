"""What the transcript view is sent of what was found, would be replaced, or was corrected. Times in whole milliseconds.

Values in, plain values out, as in `page.reading`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from transcriber.editing import (
    Compound,
    Difference,
    Document,
    Edit,
    Hit,
    Placed,
    Preview,
    Query,
    Replacement,
    difference,
    find,
    replace_all,
)

Wishes = Mapping[str, Any]
"""What a tab looks for: `text`, `whole_word`, `match_case`, and what it would write in its place: `with`."""


def places(document: Document, wishes: Wishes) -> dict[str, list[int]]:
    """Of each hit its first and its last word and when it is said; and every word to be marked, once."""
    hits = _hits(document, wishes)
    return {
        "firsts": [hit.pieces[0].word for hit in hits],
        "lasts": [hit.pieces[-1].word for hit in hits],
        "starts": [round(hit.start * 1000) for hit in hits],
        "words": list(dict.fromkeys(piece.word for hit in hits for piece in hit.pieces)),
    }


def preview(document: Document, wishes: Wishes) -> dict[str, Any]:
    """What a replacement does, place by place: word, start, what stands before, old words, new words, what follows."""
    return {"places": [_line(each) for each in _replacement(document, wishes, slice(None)).previews]}


def edit(document: Document, wishes: Wishes) -> Edit:
    """What makes the replacement: in the hit numbered `only`, or in every place but those of the words `without`.

    Raises:
        InvalidEditError: a word of it is not there any more.
    """
    only, without = wishes.get("only"), frozenset(wishes.get("without") or ())
    wanted = slice(None) if only is None else slice(int(only), int(only) + 1)
    made = _replacement(document, wishes, wanted)
    pairs = zip(made.edit.edits, made.previews, strict=True)
    return Compound(tuple(each for each, shown in pairs if shown.word not in without))


def differences(document: Document) -> list[list[Any]]:
    """All that is not as the models wrote it: a word of it, start, old words, new words, first and last new word."""
    return [_difference(each) for each in difference(document)]


def _hits(document: Document, wishes: Wishes) -> list[Hit]:
    options = {name: bool(wishes.get(name)) for name in ("whole_word", "match_case")}
    return find(document, Query(str(wishes.get("text", "")), **options))


def _replacement(document: Document, wishes: Wishes, wanted: slice) -> Replacement:
    """Who minds capitals means those that they typed; who does not gets those that stood there."""
    hits = _hits(document, wishes)[wanted]
    return replace_all(document, hits, str(wishes.get("with", "")), keep_case=not wishes.get("match_case"))


def _line(each: Preview) -> list[Any]:
    return [each.word, round(each.start * 1000), each.leading, each.before, each.after, each.trailing]


def _difference(each: Difference) -> list[Any]:
    (first, *_), ends = each.now or each.before, [placed.id for placed in (*each.now[:1], *each.now[-1:])]
    return [first.id, round(first.word.start * 1000), _text(each.before), _text(each.now), *ends]


def _text(words: Iterable[Placed]) -> str:
    return " ".join(placed.word.text for placed in words)
