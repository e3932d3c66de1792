"""The pieces that words are written in, and the frames in which each piece may be heard.

That is where the synthesiser's word times enter training: a piece may be
emitted only near its word. It prunes the lattice of the loss to a few cells,
lets training converge from the first minute, and makes the model's own word
times exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt

from demo_model import grammar
from demo_model.speech import SILENCE, Phoneme, SpokenWord

FRAME = 0.08
"""Seconds: 10 ms windows, eightfold subsampled."""

VOCABULARY_SIZE = 384
NO_PHONEME = 255
"""Frames of which nobody knows the phoneme."""

UNKNOWN_PHONEME, SILENT_PHONEME = 0, 1

PHONEMES = (
    *("?", "_", "n", "t", "I", "d", "s", "l", "k", "@", "D", "m", "z", "r", "E", "3", "b", "a", "aI", "V", "i", "v"),
    *("w", "p", "f", "eI", "i:", "@2", "0", "u:", "oU", "j", "a#", "I2", "g", "tS", "N", "h", "3:", "t#", "@L", "dZ"),
    *("o@", "A@", "r-", "T", "O:", "I#", "O@", "e@", "aU", "aa", "U", "i@3", "S", "O2", "i@", "t2", "aI@", "A:"),
    *("U@", "t[", "aI2", "@-", "OI", "IR", "w#"),
)
"""espeak's names, the most frequent first; "?" stands for all others."""

_PUNCTUATION = frozenset(".,?")
_PHONEME_INDEX = {symbol: index for index, symbol in enumerate(PHONEMES)}

Integers = npt.NDArray[np.int64]

Tokenizer = Any
"""A SentencePieceProcessor: it has no types."""


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """Piece ids, and for each the first and last frame in which it may be emitted; three arrays of one length."""

    ids: Integers
    earliest: Integers
    latest: Integers


def train_tokenizer(folder: Path, texts: int, seed: int) -> None:
    """Byte-pair encoding over `texts` texts of the grammar, in the three files that NeMo wants."""
    import sentencepiece

    folder.mkdir(parents=True, exist_ok=True)
    random = Random(seed)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([grammar.training_text(random) for _ in range(texts)]),
        model_prefix=str(folder / "tokenizer"),
        vocab_size=VOCABULARY_SIZE,
        model_type="bpe",
        character_coverage=1.0,
        split_digits=True,
        bos_id=-1,
        eos_id=-1,
        unk_id=0,
        pad_id=-1,
        normalization_rule_name="identity",
        minloglevel=2,
    )
    pieces = _pieces(load_tokenizer(folder))
    (folder / "vocab.txt").write_text("\n".join(pieces), encoding="utf-8")


def load_tokenizer(folder: Path) -> Tokenizer:
    """The SentencePieceProcessor that `train_tokenizer` left in `folder`."""
    import sentencepiece

    return sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))


def _pieces(tokenizer: Tokenizer) -> list[str]:
    """All but the unknown piece; "##" marks those that go on a word, as NeMo's vocabulary files do."""
    pieces = [tokenizer.id_to_piece(index) for index in range(1, VOCABULARY_SIZE)]
    return [piece[1:] if piece.startswith("▁") else "##" + piece for piece in pieces]


def targets(words: Sequence[SpokenWord], frames: int, tokenizer: Tokenizer) -> Targets:
    """The pieces of `words`, and when each may be heard in a recording of `frames` frames."""
    rows = [
        (tokenizer.piece_to_id(piece), *_window(words, index, piece, is_first=position == 0))
        for index, word in enumerate(words)
        for position, piece in enumerate(tokenizer.encode_as_pieces(word.text))
    ]
    ids, earliest, latest = np.array(rows, np.int64).reshape(-1, 3).T
    earliest = np.clip(earliest, 0, frames - 1)
    return Targets(ids, earliest, np.clip(latest, earliest, frames - 1))


def _window(words: Sequence[SpokenWord], index: int, piece: str, *, is_first: bool) -> tuple[int, int]:
    word = words[index]
    if word.start is not None and is_first:
        return _frame(word.start) - 1, _frame(word.start) + 1
    if word.end is not None and piece in _PUNCTUATION:
        return _frame(word.end) - 2, _frame(word.end) + 4
    if word.start is not None and word.end is not None:
        return _frame(word.start) - 1, _frame(word.end) + 1
    return _wide_window(words, index)


def _wide_window(words: Sequence[SpokenWord], index: int) -> tuple[int, int]:
    """From the last known start up to here to the next one after it: flite tells no times at all."""
    before = [word.start for word in words[: index + 1] if word.start is not None]
    after = [word.start for word in words[index + 1 :] if word.start is not None]
    return (_frame(before[-1]) - 1 if before else 0), (_frame(after[0]) + 2 if after else 10**6)


def _frame(time: float) -> int:
    return int(time / FRAME)


def phoneme_frames(phonemes: Sequence[Phoneme] | None, frames: int) -> npt.NDArray[np.uint8]:
    """The phoneme index of every frame, by its middle; `NO_PHONEME` where nobody knows."""
    if phonemes is None:
        return np.full(frames, NO_PHONEME, np.uint8)
    indices = np.full(frames, SILENT_PHONEME, np.uint8)
    for phoneme in phonemes:
        if phoneme.symbol != SILENCE:
            indices[_middle(phoneme.start) : _middle(phoneme.end)] = _PHONEME_INDEX.get(phoneme.symbol, UNKNOWN_PHONEME)
    return indices


def _middle(time: float) -> int:
    """The first frame whose middle is not before `time`."""
    return max(0, int(np.ceil(time / FRAME - 0.5)))
