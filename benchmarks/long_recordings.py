"""Long synthetic recordings whose every word is known: hours of talk, pauses, music, noise, and talk without a pause.

Each hour has ten minutes in which nobody stops talking, shorter recordings
their sixth; the rest is turns of twelve voices of the demo model's, with pauses
of 0.15 to 15 s and, every one or two minutes, a passage of music or noise.
The same seed makes the same files again, as long as espeak-ng is the same and
nothing else spoke before in the process.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from demo_model import grammar, not_speech, sounds  # noqa: E402
from demo_model.espeak import speak  # noqa: E402
from demo_model.speech import SAMPLE_RATE, Samples, SpokenWord, Utterance, scaled_to  # noqa: E402
from demo_model.voices import random_manner, random_voice  # noqa: E402

if TYPE_CHECKING:
    import av

RECIPE = 1
"""Goes up when the same seed would make other recordings: the old ones are then not used again."""

VOICES, SENTENCES_EACH = 12, 80
RATES = (115, 215)
"""Words a minute: the range that the demo model was trained on."""

FILE_RATE, FILE_BITS = 44_100, 64_000
"""What a telephone writes: AAC at 44.1 kHz, 64 kbit/s."""

HISS = 3e-4
"""Standard deviation of the noise under everything, 60 dB below the voices: no microphone is silent."""

JOINTS = (0.15, 0.25)
"""Seconds between two sentences of somebody who does not stop.

Shorter than the pauses that the program cuts in (0.3 s). Not shorter still,
since the demo model has only ever heard sentences with a pause between them: in
clips of six it loses the first word of 68 % of them at 0 to 0.05 s, of 28 % at
0.05 to 0.1 s, of 4 % at 0.1 to 0.15 s and of 1 % from there on, whoever cuts.
"""

SOUND_AFTER = (45.0, 120.0)
"""Seconds of talk until there is music or noise."""

HUSH = 0.01
"""Share of its peak below which a sentence has not begun yet, or has ended."""

T = TypeVar("T")
Pcm = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True, eq=False)
class Sentence:
    """What one voice says: mono at 16 kHz without silence at either end, times in seconds from its start."""

    number: int
    samples: Pcm
    words: tuple[SpokenWord, ...]

    @property
    def has_pause(self) -> bool:
        """Whether the voice stops for a moment in the middle of it."""
        return any("," in word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class TrueWord:
    """A word of a long recording; `start` in seconds, None where espeak does not tell. `place` is its index there."""

    text: str
    start: float | None
    sentence: int
    place: int


@dataclass(frozen=True, slots=True)
class LongRecording:
    """A file and the truth about it. Spans are seconds: of music and noise, and of talk without a pause."""

    path: Path
    duration: float
    words: tuple[TrueWord, ...]
    wordless: tuple[tuple[float, float, str], ...]
    nonstop: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class AloneSentence:
    """A sentence in a file of its own."""

    path: Path
    words: tuple[str, ...]


# --- what is spoken --------------------------------------------------------------------------------------------------


@cache
def voices(seed: int) -> list[list[Sentence]]:
    """What every voice says, sentences that training holds out: 43 minutes in all."""
    random = Random(seed)
    return [_sentences(number * SENTENCES_EACH, random) for number in range(VOICES)]


def _sentences(first: int, random: Random) -> list[Sentence]:
    voice, level = random_voice(random), sounds.decibels(-random.uniform(6, 18))
    return [
        _trimmed(number, speak(grammar.fresh_sentence(random), random_manner(random, voice, RATES)), level)
        for number in range(first, first + SENTENCES_EACH)
    ]


def _trimmed(number: int, spoken: Utterance, peak: float) -> Sentence:
    samples = scaled_to(spoken.samples, peak)
    loud = np.flatnonzero(np.abs(samples) > HUSH * peak)
    first, last = int(loud[0]), int(loud[-1]) + 1
    words = [SpokenWord(word.text, _earlier(word.start, first), _earlier(word.end, first)) for word in spoken.words]
    return Sentence(number, _pcm(samples[first:last]), tuple(words))


def _earlier(time: float | None, samples: int) -> float | None:
    return None if time is None else max(0.0, time - samples / SAMPLE_RATE)


def _pcm(samples: Samples) -> Pcm:
    return np.clip(np.rint(samples * 32767), -32768, 32767).astype(np.int16)


# --- what follows what -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Passage:
    """A stretch of a recording: of a sentence, of a sound that is none, or of nothing."""

    samples: Pcm
    sentence: Sentence | None = None
    sound: str | None = None
    in_nonstop: bool = False

    @property
    def seconds(self) -> float:
        return len(self.samples) / SAMPLE_RATE


class _Studio:
    """The voices and everything random; draws what comes next."""

    def __init__(self, spoken: Sequence[Sequence[Sentence]], random: Random) -> None:
        self._random = random
        self._decks = [_deck(sentences, random) for sentences in spoken]
        self._sounds = _deck([*not_speech.TONES, *not_speech.NOISES], random)
        self._decks_without_pause = [
            _deck([one for one in sentences if not one.has_pause], random) for sentences in spoken
        ]

    def programme(self, seconds: float) -> Iterator[_Passage]:
        """All of a recording, which lasts a little longer than `seconds`. It begins and ends with talk."""
        hours = max(1, round(seconds / 3600))
        yield _pause(0.5)
        for _ in range(hours):
            yield from self._talk(seconds / hours * 5 / 12)
            yield from self._talk_without_pause(seconds / hours / 6)
            yield from self._talk(seconds / hours * 5 / 12)

    def _talk(self, seconds: float) -> Iterator[_Passage]:
        """Turns of all voices, interrupted by sounds."""
        elapsed, interrupted = 0.0, 0.0
        until_sound = self._random.uniform(*SOUND_AFTER)
        while elapsed < seconds:
            if elapsed - interrupted > until_sound:
                following = [self._sound(), _pause(self._random.uniform(0.3, 2))]
                interrupted, until_sound = elapsed, self._random.uniform(*SOUND_AFTER)
            else:
                following = list(self._turn())
            yield from following
            elapsed += sum(passage.seconds for passage in following)

    def _turn(self) -> Iterator[_Passage]:
        deck = self._random.choice(self._decks)
        for _ in range(self._random.randint(0, 4)):
            yield _said(next(deck))
            yield _pause(self._random.uniform(0.15, 0.6))
        yield _said(next(deck))
        shortest, longest = self._random.choices([(0.3, 1.2), (1.2, 4), (4, 15)], [60, 32, 8])[0]
        yield _pause(self._random.uniform(shortest, longest))

    def _talk_without_pause(self, seconds: float) -> Iterator[_Passage]:
        """One voice takes over from the other, two or three times a minute, without a breath in between."""
        elapsed = 0.0
        while elapsed < seconds:
            deck = self._random.choice(self._decks_without_pause)
            spoken = [_said(next(deck), in_nonstop=True) for _ in range(self._random.randint(3, 12))]
            for said in spoken:
                yield said
                yield _pause(self._random.uniform(*JOINTS), in_nonstop=True)
            elapsed += sum(said.seconds for said in spoken)
        yield _pause(self._random.uniform(0.3, 2))

    def _sound(self) -> _Passage:
        count = round(SAMPLE_RATE * self._random.uniform(4, 40))
        kind = next(self._sounds)
        raw = _sounding(kind, count, self._random)
        fade = np.minimum(1, np.minimum(np.arange(count), np.arange(count)[::-1]) / (0.05 * SAMPLE_RATE))
        return _Passage(_pcm(scaled_to(raw, sounds.decibels(-self._random.uniform(3, 30))) * fade), sound=kind)


def _deck(cards: Sequence[T], random: Random) -> Iterator[T]:
    """All of them in some order, then all of them in another, for ever."""
    while True:
        yield from random.sample(cards, len(cards))


def _sounding(kind: str, count: int, random: Random) -> Samples:
    if kind in not_speech.TONES:
        return not_speech.TONES[kind](np.arange(count) / SAMPLE_RATE).astype(np.float32)
    return not_speech.NOISES[kind](count, random)


def _said(sentence: Sentence, *, in_nonstop: bool = False) -> _Passage:
    return _Passage(sentence.samples, sentence, in_nonstop=in_nonstop)


def _pause(seconds: float, *, in_nonstop: bool = False) -> _Passage:
    return _Passage(np.zeros(round(seconds * SAMPLE_RATE), np.int16), in_nonstop=in_nonstop)


# --- what is written -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Placed:
    """Where a passage came to lie, in seconds, and what it was."""

    start: float
    end: float
    sentence: Sentence | None
    sound: str | None
    in_nonstop: bool


def recording(folder: Path, hours: float, seed: int) -> LongRecording:
    """The recording of so many hours: made in `folder`, or found there."""
    path = folder / f"{hours:g} hours.m4a"
    if not _truth_path(path).exists():
        folder.mkdir(parents=True, exist_ok=True)
        studio = _Studio(voices(seed), Random(f"{seed} {hours:g}"))
        _write_truth(_truth_path(path), _written(path, studio.programme(hours * 3600), seed))
    return _read_truth(path)


def alone(folder: Path, wanted: Iterable[int], seed: int) -> dict[int, AloneSentence]:
    """The sentences of these numbers, each as a recording of its own with 0.3 s before and after it."""
    folder.mkdir(parents=True, exist_ok=True)
    spoken = {sentence.number: sentence for voice in voices(seed) for sentence in voice}
    files = {}
    for number in sorted(wanted):
        path = folder / f"sentence {number:03}.m4a"
        if not path.exists():
            _written(path, [_pause(0.3), _said(spoken[number]), _pause(0.3)], number)
        files[number] = AloneSentence(path, tuple(word.text for word in spoken[number].words))
    return files


def _written(path: Path, passages: Iterable[_Passage], seed: int) -> list[_Placed]:
    """Write the file passage by passage, whole or not at all."""
    import av

    part = path.with_suffix(".part")
    hiss = np.random.default_rng(seed)
    with av.open(str(part), "w", format="ipod") as container:
        track = _Track(container)
        placed = [track.write(passage, hiss) for passage in passages]
        track.finish()
    part.replace(path)
    return placed


class _Track:
    """The AAC track of a file, in which mono samples at 16 kHz keep their times."""

    def __init__(self, container: "av.container.OutputContainer") -> None:
        import av

        self._container = container
        self._stream = container.add_stream("aac", rate=FILE_RATE, layout="mono", bit_rate=FILE_BITS)
        self._resampler = av.AudioResampler("fltp", "mono", FILE_RATE)
        self._written = 0

    def write(self, passage: _Passage, hiss: np.random.Generator) -> _Placed:
        """The passage with some noise, behind what was written before."""
        noise = HISS * hiss.standard_normal(len(passage.samples), np.float32)
        start = self._written / SAMPLE_RATE
        self._write(_pcm(passage.samples / np.float32(32767) + noise))
        end = self._written / SAMPLE_RATE
        return _Placed(start, end, passage.sentence, passage.sound, passage.in_nonstop)

    def finish(self) -> None:
        """What is still on its way."""
        self._encode(self._resampler.resample(None))
        self._container.mux(self._stream.encode(None))

    def _write(self, samples: Pcm) -> None:
        import av

        if len(samples):
            frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
            frame.sample_rate, frame.pts = SAMPLE_RATE, self._written
            self._written += len(samples)
            self._encode(self._resampler.resample(frame))

    def _encode(self, frames: "Iterable[av.AudioFrame]") -> None:
        for frame in frames:
            self._container.mux(self._stream.encode(frame))


# --- what is true ----------------------------------------------------------------------------------------------------


def _truth_path(path: Path) -> Path:
    return path.with_suffix(".json")


def _write_truth(path: Path, placed: Sequence[_Placed]) -> None:
    truth = {
        "duration": placed[-1].end,
        "words": [word for passage in placed for word in _words(passage)],
        "wordless": [[passage.start, passage.end, passage.sound] for passage in placed if passage.sound],
        "nonstop": _nonstop(placed),
    }
    part = path.with_suffix(".truth")
    part.write_text(json.dumps(truth), encoding="utf-8")
    part.replace(path)


def _words(passage: _Placed) -> Iterator[tuple[str, float | None, int, int]]:
    if passage.sentence:
        for place, word in enumerate(passage.sentence.words):
            time = None if word.start is None else round(passage.start + word.start, 4)
            yield word.text, time, passage.sentence.number, place


def _nonstop(placed: Sequence[_Placed]) -> list[tuple[float, float]]:
    runs = [list(run) for nonstop, run in groupby(placed, key=lambda passage: passage.in_nonstop) if nonstop]
    return [(run[0].start, run[-1].end) for run in runs]


def _read_truth(path: Path) -> LongRecording:
    truth = json.loads(_truth_path(path).read_text(encoding="utf-8"))
    return LongRecording(
        path,
        truth["duration"],
        tuple(TrueWord(*word) for word in truth["words"]),
        tuple((start, end, kind) for start, end, kind in truth["wordless"]),
        tuple((start, end) for start, end in truth["nonstop"]),
    )
