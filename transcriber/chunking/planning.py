"""Where to cut: in pauses, and where nobody pauses, where it hurts least."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, islice
from statistics import median

from transcriber.chunking.chunk import Chunk
from transcriber.transcript import Span

Moments = Sequence[tuple[float, float]]
"""Of every hop the probability of a voice, 0 to 1, and the level in dBFS."""

VOICE = 0.5
"""Probability from which somebody speaks; Silero VAD's own."""

NO_VOICE = 0.35
"""Probability under which somebody who spoke has stopped; Silero VAD's own."""

CLOSURE = 0.1
"""Seconds up to which silence belongs to the speech around it; Silero VAD's own, and a stop consonant's."""

PAUSE = 0.3
"""Seconds of silence from which a cut is safe: 0.15 s to both sides are more than voice detectors are off."""

EDGE = 0.5
"""Seconds that a cut keeps from both ends of a long pause, where breaths and word ends are."""

LONG_ENOUGH = 1.0
"""Seconds from which a longer pause is no better place to cut."""

WORTH = 0.02
"""Seconds of pause that a cut may lose for each second that it lies nearer to the target."""

QUIET = 0.01
"""Seconds of pause that a cut may lose for each dB that it is quieter there."""

SILENT_DB = -60.0
"""dBFS under which nothing is quieter than anything else."""

CLEAR = 6.0
"""dB that a pause lies under the speech around it at least; else somebody may go on whom the voice detector misses."""

SMOOTHING = 0.3
"""Seconds that the level is averaged over: longer than the closure of a stop consonant (about 0.1 s)."""

VOICE_DB = 20.0
"""Where all talk, how many dB less level outweigh a certain voice."""

SHARED = 3.0
"""Seconds to both sides of a cut in speech that both neighbours hear. Within 2 s of such cuts the demo model wrote 12,
6, 3 and 9 % of the words wrong with 1, 2, 3 and 4 s, and 2 to 3 % elsewhere in talk without a pause."""

SHORTEST_REST = 1.0
"""Seconds that a cut leaves behind it at least: models hear less well in scraps of sound."""


def plan(moments: Iterable[tuple[float, float]], hop: float, target: float, limit: float) -> Iterator[Chunk]:
    """Cut a recording where nobody speaks, into chunks that cover it without gap or overlap.

    A cut falls in a pause between two thirds and four thirds of `target`: a
    long one, a quiet one, one near to `target`; if there is none, in a pause
    anywhere past a third of `target`. Where somebody talks on, or may, it falls
    where that is least certain and least loud, and both neighbours hear SHARED
    seconds of each other. Elsewhere a chunk is its own context.

    Args:
        moments: of every hop the probability of a voice, 0 to 1, and the level in dBFS,
            finite; read lazily, at most `limit` and a hop past the start of a chunk's context.
        hop: seconds per moment.
        target: seconds that a chunk should last.
        limit: seconds that no chunk's context exceeds; what is left and lasts no longer is one chunk.

    >>> [(chunk.start, chunk.end) for chunk in plan([(0.0, -100.0)] * 70, hop=1.0, target=30, limit=40)]
    [(0.0, 30.0), (30.0, 70.0)]
    """
    stream, sizes = iter(moments), _Sizes.of(hop, target, limit)
    origin = begin = 0  # in hops of the recording: where `heard` begins, and the chunk in it
    heard: list[tuple[float, float]] = []
    while True:
        heard.extend(islice(stream, sizes.limit + 1 - len(heard)))
        if len(heard) <= sizes.limit:
            break
        cut, shared = _cut(heard, begin - origin, sizes)
        yield _chunk(heard[: cut + shared], origin, begin, origin + cut, hop)
        begin = origin + cut
        origin = begin - shared
        del heard[: cut - shared]
    if heard:
        yield _chunk(heard, origin, begin, origin + len(heard), hop)


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Lengths in hops; `hop` itself in seconds."""

    hop: float
    target: int
    limit: int
    rest: int
    shared: int

    @classmethod
    def of(cls, hop: float, target: float, limit: float) -> "_Sizes":
        most = max(1, int(limit / hop + 1e-6))  # 0.3 / 0.1 is 2.9999999999999996
        return cls(
            hop=hop,
            target=min(most, max(1, round(target / hop))),
            limit=most,
            rest=int(min(SHORTEST_REST, limit / 6) / hop),
            shared=int(min(SHARED, target / 6) / hop),
        )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one may cut: before the hop `at`, in a `pause` of so many seconds, `distance` seconds from the target."""

    at: int
    pause: float
    level: float
    distance: float

    @property
    def worth(self) -> float:
        """In seconds of pause."""
        return min(self.pause, LONG_ENOUGH) - WORTH * self.distance - QUIET * max(self.level, SILENT_DB)


def _cut(heard: Moments, begin: int, sizes: _Sizes) -> tuple[int, int]:
    """How many hops of what is heard to take, and how many more both neighbours are to hear on both sides."""
    levels = _smoothed([level for _, level in heard], sizes.hop)
    latest, target = sizes.limit - sizes.rest, sizes.target
    for first, last in ((target * 2 // 3, target * 4 // 3), (target // 3, latest)):
        reach = range(begin + max(1, first), min(begin + last, latest) + 1)
        places = [place for pause in _pauses(heard, sizes.hop) for place in _places(pause, reach, levels, begin, sizes)]
        if places:
            best = max(places, key=lambda place: place.worth)
            clear = best.level <= _speech_level(heard) - CLEAR
            return best.at, 0 if clear else min(sizes.shared, sizes.limit - best.at)
    return _weakest(heard, begin, sizes), sizes.shared


def _places(pause: range, reach: range, levels: Sequence[float], begin: int, sizes: _Sizes) -> Iterator[_Place]:
    """The best place of every quiet part of the pause, clear of its edges."""
    if len(pause) * sizes.hop < PAUSE:
        return
    edge = min(len(pause) // 2, round(EDGE / sizes.hop))
    inside = range(max(reach.start, pause.start + edge), min(reach.stop, pause.stop - edge + 1))
    wanted = begin + sizes.target
    for run in _quiet_runs(inside, levels):
        at = min(max(wanted, run[0]), run[-1])
        yield _Place(at, len(pause) * sizes.hop, levels[at], abs(at - wanted) * sizes.hop)


def _weakest(heard: Moments, begin: int, sizes: _Sizes) -> int:
    """Where speech is least certain and least loud."""
    voices = _smoothed([level + VOICE_DB * voice for voice, level in heard], sizes.hop)
    first = begin + max(1, sizes.target * 2 // 3)
    last = min(begin + sizes.target * 4 // 3, sizes.limit - max(sizes.rest, sizes.shared))
    wanted = begin + sizes.target

    def worth(run: Sequence[int]) -> float:
        distance = abs(_middle(run, wanted, sizes.hop) - wanted) * sizes.hop
        return min(len(run) * sizes.hop, LONG_ENOUGH) - WORTH * distance

    return _middle(max(_quiet_runs(range(first, max(first, last) + 1), voices), key=worth), wanted, sizes.hop)


def _middle(run: Sequence[int], wanted: int, hop: float) -> int:
    """The middle of a short run; in a long one the place nearest to `wanted` that keeps clear of its edges."""
    edge = min((len(run) - 1) // 2, round(EDGE / hop))
    return min(max(wanted, run[edge]), run[-1 - edge])


def _quiet_runs(places: range, levels: Sequence[float]) -> list[list[int]]:
    """The places in neighbourhoods that are about as quiet as it gets.

    "About" is a tenth of the range and 1 dB more: 6 dB where pauses lie 50 dB
    below speech, 2 dB in non-stop talk, everything in constant noise.
    """
    if not places:
        return []
    least, most = min(levels[place] for place in places), max(levels[place] for place in places)
    ceiling = least + 1 + (most - least) / 10
    grouped = groupby(places, key=lambda place: levels[place] <= ceiling)
    return [list(run) for quiet, run in grouped if quiet]


def _smoothed(levels: Sequence[float], hop: float) -> list[float]:
    """The mean level of SMOOTHING seconds around the beginning of each hop, and around the end."""
    reach, count = max(1, round(SMOOTHING / 2 / hop)), len(levels)
    sums = list(accumulate(levels, initial=0.0))
    ends = [(max(0, place - reach), min(count, place + reach)) for place in range(count + 1)]
    return [(sums[after] - sums[before]) / (after - before) for before, after in ends]


def _speech_level(heard: Moments) -> float:
    """dBFS; infinite where nobody speaks, since everything is quiet compared with that."""
    return median([level for voice, level in heard if voice >= VOICE] or [float("inf")])


# --- where somebody speaks -------------------------------------------------------------------------------------------


def _chunk(heard: Moments, origin: int, begin: int, end: int, hop: float) -> Chunk:
    """`heard` is its context, which begins with the hop `origin` of the recording."""
    speech = tuple(Span((origin + talk.start) * hop, (origin + talk.stop) * hop) for talk in _talks(heard, hop))
    return Chunk(begin * hop, end * hop, origin * hop, (origin + len(heard)) * hop, speech)


def _pauses(heard: Moments, hop: float) -> list[range]:
    """Where nobody speaks, the hops before the first and after the last speech included."""
    talks = _talks(heard, hop)
    starts, ends = [0, *(talk.stop for talk in talks)], [*(talk.start for talk in talks), len(heard)]
    return [range(start, end) for start, end in zip(starts, ends, strict=True) if end > start]


def _talks(heard: Moments, hop: float) -> list[range]:
    """Where somebody speaks, short silences included."""
    talks: list[range] = []
    for talk in _voiced(heard):
        if talks and (talk.start - talks[-1].stop) * hop < CLOSURE:
            talks[-1] = range(talks[-1].start, talk.stop)
        else:
            talks.append(talk)
    return talks


def _voiced(heard: Moments) -> Iterator[range]:
    """From where a voice is probable to where it no longer is."""
    start, threshold = -1, NO_VOICE  # it may begin in the middle of a word
    for index, (voice, _) in enumerate(heard):
        if start < 0 and voice >= threshold:
            start = index
        elif start >= 0 and voice < NO_VOICE:
            yield range(start, index)
            start = -1
        threshold = VOICE
    if start >= 0:
        yield range(start, len(heard))
