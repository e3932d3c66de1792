"""espeak-ng through its C library: speech, and the exact time of every word and phoneme in it.

Measured against the energy of the sound, word events lie 13 ms before the
onset after a pause (5th to 95th percentile -1 to +28 ms). The library keeps
state from one call to the next (flutter, breath), so the same calls in the
same order in a fresh process give the same samples; single calls do not.
"""

import ctypes
import ctypes.util
import sys
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np

from demo_model.speech import SAMPLE_RATE, SILENCE, Phoneme, Samples, SpokenWord, Utterance, split_words

_LIBRARIES = {
    "win32": ("libespeak-ng.dll", r"C:\Program Files\eSpeak NG\libespeak-ng.dll"),
    "darwin": ("libespeak-ng.1.dylib", "/opt/homebrew/lib/libespeak-ng.1.dylib"),
}

# Of espeak-ng/speak_lib.h.
_SYNCHRONOUS = 2
_PHONEME_EVENTS, _DONT_EXIT = 1, 0x8000
_RATE, _PITCH, _PITCH_RANGE, _WORD_GAP = 1, 3, 4, 7
_BY_CHARACTER, _UTF8 = 1, 1
_END_OF_LIST, _WORD, _PHONEME = 0, 1, 7

_FULL_SCALE = np.float32(1 / 32768)

_SAME_INSTANT = 0.02
"""Seconds: a pause nearer to a word's start belongs to the word before."""


class EspeakMissingError(RuntimeError):
    """The library is not on this machine, or has no voices."""

    def __str__(self) -> str:
        return "espeak-ng is not installed. Debian: apt install espeak-ng. Windows: the installer of espeak-ng."


@dataclass(frozen=True, slots=True)
class Manner:
    """How espeak says it.

    `voice` is a file name such as `gmw/en-US+f2`: accent, then variant.
    `pitch` and `pitch_range` go from 0 to 99, `word_gap` counts 10 ms steps,
    `tempo` plays the result faster and higher.
    """

    voice: str = "gmw/en-US"
    words_per_minute: int = 165
    pitch: int = 50
    pitch_range: int = 50
    word_gap: int = 0
    tempo: float = 1.0


class _Name(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Name),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True, slots=True)
class _Mark:
    """An event: the word at character `position` (from 1), or the phoneme `symbol`, begins at `time` seconds."""

    kind: int
    position: int
    length: int
    time: float
    symbol: str


class _Engine:
    """The library, initialised once in a process; collects what its callback is handed."""

    def __init__(self) -> None:
        self._library = _load_library()
        flags = _PHONEME_EVENTS | _DONT_EXIT
        self._rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, None, flags)
        if self._rate <= 0:
            raise EspeakMissingError
        self._callback = _Callback(self._collect)  # kept: the library holds only the pointer
        self._library.espeak_SetSynthCallback(self._callback)
        self._blocks: list[Samples] = []
        self._marks: list[_Mark] = []

    def speak(self, text: str, manner: Manner) -> tuple[Samples, int, list[_Mark]]:
        """Samples, their rate, and the marks in them."""
        self._blocks, self._marks = [np.zeros(0, np.float32)], []
        self._set(manner)
        encoded = text.encode()
        size = ctypes.c_size_t(len(encoded) + 1)
        if self._library.espeak_Synth(encoded, size, 0, _BY_CHARACTER, 0, _UTF8, None, None) != 0:
            raise RuntimeError(f"espeak-ng did not speak {text!r}")
        return np.concatenate(self._blocks), self._rate, self._marks

    def _set(self, manner: Manner) -> None:
        if self._library.espeak_SetVoiceByName(manner.voice.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice {manner.voice}")
        settings = {
            _RATE: manner.words_per_minute,
            _PITCH: manner.pitch,
            _PITCH_RANGE: manner.pitch_range,
            _WORD_GAP: manner.word_gap,
        }
        for parameter, value in settings.items():
            self._library.espeak_SetParameter(parameter, value, 0)

    def _collect(self, block: "ctypes._Pointer[ctypes.c_short]", count: int, events: "ctypes._Pointer[_Event]") -> int:
        if count > 0:
            self._blocks.append(np.ctypeslib.as_array(block, (count,)).astype(np.float32) * _FULL_SCALE)
        index = 0
        while events[index].type != _END_OF_LIST:
            self._marks.append(_mark(events[index], self._rate))
            index += 1
        return 0


def _mark(event: _Event, rate: int) -> _Mark:
    symbol = event.id.string.decode("utf-8", "ignore") if event.type == _PHONEME else ""
    return _Mark(event.type, event.text_position, event.length, event.sample / rate, symbol)


def _load_library() -> ctypes.CDLL:
    names = _LIBRARIES.get(sys.platform, ("libespeak-ng.so.1",))
    for name in (*names, ctypes.util.find_library("espeak-ng")):
        try:
            return ctypes.CDLL(name) if name else _missing()
        except OSError:
            continue
    return _missing()


def _missing() -> ctypes.CDLL:
    raise EspeakMissingError


@cache
def _engine() -> _Engine:
    return _Engine()


def is_available() -> bool:
    """Whether this machine can speak."""
    try:
        _engine()
    except EspeakMissingError:
        return False
    return True


def speak(text: str, manner: Manner) -> Utterance:
    """`text` in espeak's voice, with the time of every word.

    Raises:
        EspeakMissingError: no espeak-ng here.
        ValueError: no such voice.
    """
    import soxr

    samples, rate, marks = _engine().speak(text, manner)
    phonemes = _phonemes(marks, len(samples) / rate)
    words = _words(text, marks, phonemes, len(samples) / rate)
    return Utterance(
        soxr.resample(samples, rate * manner.tempo, SAMPLE_RATE, "HQ"),
        tuple(SpokenWord(word.text, _over(word.start, manner), _over(word.end, manner)) for word in words),
        tuple(Phoneme(sound.symbol, sound.start / manner.tempo, sound.end / manner.tempo) for sound in phonemes),
    )


def _over(time: float | None, manner: Manner) -> float | None:
    return None if time is None else time / manner.tempo


def _phonemes(marks: list[_Mark], duration: float) -> list[Phoneme]:
    sounds = [(mark.symbol, mark.time) for mark in marks if mark.kind == _PHONEME]
    return [
        Phoneme(SILENCE if _is_pause(symbol) else symbol, start, end)
        for (symbol, start), (_, end) in pairwise([*sounds, ("", duration)])
    ]


def _is_pause(symbol: str) -> bool:
    return symbol.startswith("_") or symbol in {"", ";"}


def _words(text: str, marks: list[_Mark], phonemes: list[Phoneme], duration: float) -> list[SpokenWord]:
    """A word ends where the next begins or the first pause does; not known where espeak merged it with the next."""
    spelled = split_words(text)
    starts = _starts([position for position, _ in spelled], marks)
    pauses = [phoneme.start for phoneme in phonemes if phoneme.symbol == SILENCE]
    return [
        SpokenWord(word, start, None if start is None else _end(start, starts[index + 1 :], pauses, duration))
        for index, ((_, word), start) in enumerate(zip(spelled, starts, strict=True))
    ]


def _starts(positions: list[int], marks: list[_Mark]) -> list[float | None]:
    """The first event of each word: "7:30" and "42" give two."""
    starts: list[float | None] = [None] * len(positions)
    for mark in marks:
        index = bisect_right(positions, mark.position - 1) - 1
        if mark.kind == _WORD and mark.length > 0 and index >= 0 and starts[index] is None:
            starts[index] = mark.time
    return starts


def _end(start: float, later: list[float | None], pauses: list[float], duration: float) -> float | None:
    if later and later[0] is None:
        return None
    following = later[0] if later else duration
    return min([following or duration, *(pause for pause in pauses if pause > start + _SAME_INSTANT)])
