"""What hours do to a transcription: memory, time, words, the seams between clips, and the clock of the last minute.

    python benchmarks/long.py [--hours 0.167,1,5] [--model demo] [--seed 1] [--folder DIR] [--mistakes]

Speaks recordings of so many hours (`long_recordings.py` says what of; espeak-ng
needed; kept in the user's cache folder or in --folder and used again), runs
`python -m transcriber transcribe` over each and compares with the truth that
the synthesiser tells, and with what the model hears of the same sentences when
each is a recording of its own. Fails, with exit code 1, when a demand on the
demo model is missed. --mistakes lists what was heard wrong, and when.

Seconds of the clock mean little on a busy machine: the demand is on seconds of
the processor, those of all processes together. The work is what comes after
the model is loaded; of its time per hour, what a recording of a few seconds
takes is left out, since that happens once.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path

import jiwer
import numpy as np
import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from long_recordings import RECIPE, AloneSentence, LongRecording, TrueWord, alone, recording  # noqa: E402

from transcriber import export, pipeline  # noqa: E402
from transcriber.catalogue import ModelSpec, find  # noqa: E402
from transcriber.jobs import Store  # noqa: E402
from transcriber.options import TranscribeOptions  # noqa: E402
from transcriber.recognizer import Clip, Recognition  # noqa: E402
from transcriber.record import Kept  # noqa: E402
from transcriber.storage import cache_dir  # noqa: E402
from transcriber.transcript import Span, Transcript, Word  # noqa: E402

MOST_MORE_MB = 150
MOST_DRIFT = 0.10
"""Of the time per hour of audio, between the fastest and the slowest recording."""

MOST_MORE_WRONG = 0.003
MOST_START_ERROR, MOST_LATE_START_ERROR = 0.030, 0.080
"""Seconds, in the last minute: the median, and the 95th percentile."""

NEAR = 2.0
"""Seconds to both sides of a join."""

ROUNDS_OF_START = 3
LOOK_SECONDS, FAMILY_SECONDS = 0.1, 1.0
"""How often memory is looked at, and how often for new processes."""

FILES_PER_CALL = 200
"""A command line of Windows holds 32,767 characters."""


# --- what it costs ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a command with all its processes: seconds of the clock and of the processor, MB at the worst moment.

    Those of the work count from when the model is loaded and the recording begun.
    """

    seconds: float
    cpu_seconds: float
    work_seconds: float
    work_cpu_seconds: float
    peak_mb: float


class _Meter:
    """Looks at a process and its children while they run."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._family: dict[int, psutil.Process] = {}
        self._cpu_seconds: dict[int, float] = {}
        self._looked_for_children = float("-inf")
        self.peak_mb = 0.0

    @property
    def cpu_seconds(self) -> float:
        """Of all processes that were ever seen."""
        return sum(self._cpu_seconds.values())

    def look(self) -> None:
        """Now."""
        if time.perf_counter() - self._looked_for_children > FAMILY_SECONDS:
            self._look_for_children()
        self.peak_mb = max(self.peak_mb, sum(self._resident_mb(process) for process in self._family.values()))

    def _look_for_children(self) -> None:
        with suppress(psutil.NoSuchProcess):
            for process in (self._process, *self._process.children(recursive=True)):
                self._family.setdefault(process.pid, process)
        self._looked_for_children = time.perf_counter()

    def _resident_mb(self, process: psutil.Process) -> float:
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            times = process.cpu_times()
            self._cpu_seconds[process.pid] = times.user + times.system
            return float(process.memory_info().rss / 1e6)
        return 0.0


def transcribed(paths: Sequence[Path], model: str, folder: Path) -> Cost:
    """The command line's own cost of these recordings; their transcripts lie in `folder` then, as JSON."""
    command = [sys.executable, "-m", "transcriber", "transcribe", *map(str, paths)]
    options = ["--model", model, "--device", "cpu", "--format", "json", "--output-dir", str(folder)]
    with (folder / "said.log").open("w", encoding="utf-8") as said:
        process = psutil.Popen([*command, *options], cwd=ROOT, stdout=said, stderr=said)
        cost = _watched(process, _jobs())
    if process.returncode:
        sys.exit((folder / "said.log").read_text(encoding="utf-8"))
    return cost


def _watched(process: psutil.Popen, jobs_before: int) -> Cost:
    """What it costs until it ends; the work begins with a job more than there were."""
    meter, began = _Meter(process), time.perf_counter()
    loaded: tuple[float, float] | None = None
    while process.poll() is None:
        meter.look()
        if loaded is None and _jobs() > jobs_before:
            loaded = time.perf_counter(), meter.cpu_seconds
        time.sleep(LOOK_SECONDS)
    ended = time.perf_counter()
    worked_from, cpu_before = loaded or (ended, meter.cpu_seconds)
    return Cost(ended - began, meter.cpu_seconds, ended - worked_from, meter.cpu_seconds - cpu_before, meter.peak_mb)


def _jobs() -> int:
    """How many were ever begun."""
    return sum(1 for _ in Store().folder.glob("*/job.json"))


def start_cost(path: Path, model: str) -> Cost:
    """Of a recording of a few seconds: the median of some rounds."""
    costs = []
    for _ in range(ROUNDS_OF_START):
        with tempfile.TemporaryDirectory() as folder:
            costs.append(transcribed([path], model, Path(folder)))
    return Cost(*(statistics.median(getattr(cost, field.name) for cost in costs) for field in fields(Cost)))


# --- where it was cut ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where clips were joined, in seconds; those inside of talk once more; seconds of the processor to find them."""

    joins: tuple[float, ...]
    in_talk: tuple[float, ...]
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class _Deaf:
    """A recognizer for which nobody says anything: what is left is all the work but the model's."""

    spec: ModelSpec
    device: str = "none"
    notes: tuple[str, ...] = ()
    identity: str = "deaf"
    clips_at_once: int = 1
    memory_bytes: int = 0

    def recognize(self, clips: Sequence[Clip], options: TranscribeOptions) -> list[Recognition]:  # noqa: ARG002
        return [Recognition("", ()) for _ in clips]

    def close(self) -> None:
        pass


def cuts(path: Path, model: str) -> Cuts:
    """Those of a recording, found in a fresh process."""
    command = [sys.executable, __file__, "--cuts", str(path), "--model", model]
    ran = subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8", check=True, cwd=ROOT)
    found = json.loads(ran.stdout.splitlines()[-1])
    return Cuts(tuple(found["joins"]), tuple(found["in_talk"]), found["cpu_seconds"])


def print_cuts(path: Path, model: str) -> None:
    """What `cuts` reads."""
    before, record = time.process_time(), Kept()
    pipeline.transcribe(path, _Deaf(find(model)), record=record)
    chunks = record.heard[1:]
    in_talk = [chunk.start for chunk in chunks if chunk.context_start < chunk.start]
    joins = [chunk.start for chunk in chunks]
    print(json.dumps({"joins": joins, "in_talk": in_talk, "cpu_seconds": time.process_time() - before}))


# --- what is right ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mistake:
    """What was said and what was heard, one of them empty or a single word each, and when.

    `place` is the index of the true word at which it counts.
    """

    time: float
    said: str
    heard: str
    place: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was heard against what was said.

    `wrong` counts the errors at each true word; what was heard too much counts
    at the nearer of its neighbours. `starts` are pairs of a true start and how
    far the heard one is off, in seconds.
    """

    wrong: tuple[int, ...]
    starts: tuple[tuple[float, float], ...]
    mistakes: tuple[Mistake, ...]


def compare(said: Sequence[TrueWord], heard: Sequence[Word]) -> Comparison:
    """Case and punctuation aside. Times count where the word was heard right and its time is known."""
    times = _times(said)
    wrong, starts, mistakes = [0] * len(said), [], []
    for kind, at, word in _alignment(said, heard):
        if kind == "equal":
            true = said[at].start
            starts += [(true, word.start - true)] if word and true is not None else []
            continue
        inserted = word if kind == "insert" else None
        place = _nearer(times, at, inserted.start) if inserted else at
        wrong[place] += 1
        when = inserted.start if inserted else times[at]
        mistakes.append(Mistake(when, "" if inserted else said[at].text, word.text if word else "", place))
    return Comparison(tuple(wrong), tuple(starts), tuple(mistakes))


def _alignment(said: Sequence[TrueWord], heard: Sequence[Word]) -> Iterator[tuple[str, int, Word | None]]:
    """Every step: its kind, the true word's index (of an insertion: of the word behind it), and the heard word."""
    if not said or not heard:
        yield from (("delete", index, None) for index in range(len(said)))
        yield from (("insert", 0, word) for word in heard)
        return
    for chunk in jiwer.process_words(_plain(said), _plain(heard)).alignments[0]:
        own = heard[chunk.hyp_start_idx : chunk.hyp_end_idx]
        true = range(chunk.ref_start_idx, chunk.ref_end_idx)
        if chunk.type == "insert":
            yield from (("insert", chunk.ref_start_idx, word) for word in own)
        elif chunk.type == "delete":
            yield from (("delete", index, None) for index in true)
        else:
            yield from ((chunk.type, index, word) for index, word in zip(true, own, strict=True))


def _plain(words: Sequence[TrueWord] | Sequence[Word]) -> str:
    return " ".join(word.text.lower().strip(".,?") or "_" for word in words)


def _times(said: Sequence[TrueWord]) -> list[float]:
    """When each word starts; where nobody knows, when the one before does."""
    times: list[float] = []
    for word in said:
        times.append(word.start if word.start is not None else (times[-1] if times else 0.0))
    return times


def _nearer(times: Sequence[float], behind: int, time: float) -> int:
    """Which of the words before and at `behind` starts nearer to `time`."""
    around = [index for index in (behind - 1, behind) if 0 <= index < len(times)]
    return min(around, key=lambda index: abs(times[index] - time))


# --- one recording ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Result:
    """All that is known of one recording. `alone` counts errors like `compared.wrong`, of sentences heard alone."""

    hours: float
    truth: LongRecording
    cost: Cost
    cuts: Cuts
    transcript: Transcript
    compared: Comparison
    alone: tuple[int, ...]

    @property
    def all(self) -> list[int]:
        """The index of every word."""
        return list(range(len(self.alone)))

    @property
    def near(self) -> list[int]:
        """Those within `NEAR` of a join."""
        return self._where(lambda time: _is_near(self.cuts.joins, time))

    @property
    def elsewhere(self) -> list[int]:
        """The others."""
        return self._where(lambda time: not _is_near(self.cuts.joins, time))

    @property
    def nonstop(self) -> list[int]:
        """Those of talk without a pause."""
        return self._where(lambda time: any(start <= time < end for start, end in self.truth.nonstop))

    @property
    def invented(self) -> list[Mistake]:
        """Words heard in music and noise."""
        spans = [(start, end) for start, end, _ in self.truth.wordless]
        return [
            mistake
            for mistake in self.compared.mistakes
            if not mistake.said and any(start <= mistake.time < end for start, end in spans)
        ]

    def starts(self, first: float = 0.0, last: float = float("inf")) -> list[float]:
        """How far starts are off, of words spoken from `first` to `last`, in seconds."""
        return [abs(error) for true, error in self.compared.starts if first <= true < last]

    def _where(self, holds: Callable[[float], bool]) -> list[int]:
        return [index for index, time in enumerate(_times(self.truth.words)) if holds(time)]


def _is_near(joins: Sequence[float], time: float) -> bool:
    around = bisect_left(joins, time)
    return any(abs(join - time) <= NEAR for join in joins[max(0, around - 1) : around + 1])


def rate(wrong: Sequence[int], indices: Collection[int]) -> float:
    """Errors per word, of the words of these indices."""
    return sum(wrong[index] for index in indices) / max(1, len(indices))


def measured(truth: LongRecording, hours: float, model: str, heard_alone: dict[int, tuple[int, ...]]) -> Result:
    """Transcribe one recording and compare."""
    found = cuts(truth.path, model)
    with tempfile.TemporaryDirectory() as folder:
        cost = transcribed([truth.path], model, Path(folder))
        transcript = _read(Path(folder) / f"{truth.path.stem}.json")
    compared = compare(truth.words, transcript.words)
    wrong_alone = tuple(heard_alone[word.sentence][word.place] for word in truth.words)
    return Result(hours, truth, cost, found, transcript, compared, wrong_alone)


def wrong_alone(sentences: dict[int, AloneSentence], model: str) -> dict[int, tuple[int, ...]]:
    """The errors at each word of each sentence, when it is a recording of its own."""
    wrong = {}
    for first in range(0, len(sentences), FILES_PER_CALL):
        some = dict(list(sentences.items())[first : first + FILES_PER_CALL])
        with tempfile.TemporaryDirectory() as folder:
            transcribed([sentence.path for sentence in some.values()], model, Path(folder))
            for number, sentence in some.items():
                said = [TrueWord(word, None, number, place) for place, word in enumerate(sentence.words)]
                heard = _read(Path(folder) / f"{sentence.path.stem}.json").words
                wrong[number] = compare(said, heard).wrong
    return wrong


def _read(path: Path) -> Transcript:
    return export.transcript_json.parse(path.read_text(encoding="utf-8"))


# --- what is demanded ------------------------------------------------------------------------------------------------


def demands(results: Sequence[Result], start: Cost) -> Iterator[tuple[bool, str]]:
    """Whether each is met, and the figures."""
    first, last = results[0], results[-1]
    more = last.cost.peak_mb - first.cost.peak_mb
    yield more <= MOST_MORE_MB, f"peak memory {more:+.0f} MB against the shortest, at most +{MOST_MORE_MB}"
    paces = [_cpu_per_hour(result, start) for result in results]
    drift = max(paces) / min(paces) - 1
    yield drift <= MOST_DRIFT, f"CPU s per hour {drift:.1%} apart, at most {MOST_DRIFT:.0%}"
    worse = rate(last.compared.wrong, last.all) - rate(last.alone, last.all)
    yield (
        worse <= MOST_MORE_WRONG,
        f"word error rate {100 * worse:+.2f} points against sentences alone, at most +{100 * MOST_MORE_WRONG:.1f}",
    )
    yield _joins_demand(last)
    median, late = (float(np.percentile(_minutes(last)[1], percentile)) for percentile in (50, 95))
    yield (
        median <= MOST_START_ERROR and late <= MOST_LATE_START_ERROR,
        f"starts in the last minute {1000 * median:.0f} ms off (median), {1000 * late:.0f} (95th percentile), "
        f"at most {1000 * MOST_START_ERROR:.0f} and {1000 * MOST_LATE_START_ERROR:.0f}",
    )


def _joins_demand(result: Result) -> tuple[bool, str]:
    """Near joins against elsewhere; by chance alone the two differ by twice the standard error one time in twenty."""
    near, elsewhere = rate(result.compared.wrong, result.near), rate(result.compared.wrong, result.elsewhere)
    error = (elsewhere * (1 - elsewhere) / max(1, len(result.near))) ** 0.5
    met = near <= elsewhere + 2 * error
    return met, f"near joins {near:.2%} wrong, elsewhere {elsewhere:.2%}, apart by chance up to {2 * error:.2%}"


def _cpu_per_hour(result: Result, start: Cost) -> float:
    return 3600 * (result.cost.work_cpu_seconds - start.work_cpu_seconds) / result.truth.duration


def _minutes(result: Result) -> tuple[list[float], list[float]]:
    """How far starts are off in the first and in the last minute."""
    return result.starts(0, 60), result.starts(result.truth.duration - 60)


# --- what is printed -------------------------------------------------------------------------------------------------


def report(results: Sequence[Result], start: Cost) -> bool:
    """Print the tables and the demands. Whether all are met."""
    print(f"a few seconds of sound: {start.seconds:.1f} s, {start.cpu_seconds:.1f} CPU s, {start.peak_mb:.0f} MB\n")
    _print_table(
        ("hours", "s", "CPU s", "CPU s/hour", "x real time", "peak MB", "no model, CPU s"), results, _costs(start)
    )
    _print_table(
        ("hours", "words", "wrong %", "alone %", "unheard", "s", "dropped", "invented", "in sounds"), results, _words
    )
    _print_table(
        ("hours", "joins", "in talk", "words near", "wrong %", "alone %", "elsewhere %", "alone %"), results, _seams
    )
    _print_table(
        ("hours", "non-stop", "wrong %", "alone %", "first min ms", "p95", "last min ms", "p95", "all ms", "p95"),
        results,
        _clock,
    )
    met = list(demands(results, start))
    for is_met, figures in met:
        print(f"{'met   ' if is_met else 'MISSED'} {figures}")
    return all(is_met for is_met, _ in met)


def _print_table(titles: Sequence[str], results: Iterable[Result], row: Callable[[Result], Sequence[object]]) -> None:
    print("".join(f"{title:>16}" for title in titles))
    for result in results:
        print("".join(f"{cell!s:>16}" for cell in (f"{result.hours:g}", *row(result))))
    print()


def _costs(start: Cost) -> Callable[[Result], Sequence[object]]:
    def row(result: Result) -> Sequence[object]:
        cost = result.cost
        return (
            f"{cost.seconds:.0f}",
            f"{cost.cpu_seconds:.0f}",
            f"{_cpu_per_hour(result, start):.1f}",
            f"{result.truth.duration / (cost.work_seconds - start.work_seconds):.1f}",
            f"{cost.peak_mb:.0f}",
            f"{result.cuts.cpu_seconds:.0f}",
        )

    return row


def _words(result: Result) -> Sequence[object]:
    unheard = result.transcript.unheard
    return (
        len(result.all),
        *_rates(result, result.all),
        len(unheard),
        f"{sum(span.duration for span in unheard):.1f}",
        result.transcript.dropped_words,
        len(result.invented),
        len(result.truth.wordless),
    )


def _seams(result: Result) -> Sequence[object]:
    counts = len(result.cuts.joins), len(result.cuts.in_talk), len(result.near)
    return (*counts, *_rates(result, result.near), *_rates(result, result.elsewhere))


def _clock(result: Result) -> Sequence[object]:
    errors = (*_minutes(result), result.starts())
    times = [f"{1000 * np.percentile(one, percentile):.0f}" for one in errors for percentile in (50, 95)]
    return (len(result.nonstop), *_rates(result, result.nonstop), *times)


def _rates(result: Result, indices: Collection[int]) -> tuple[str, str]:
    """In percent: as heard in the recording, and alone."""
    return f"{100 * rate(result.compared.wrong, indices):.2f}", f"{100 * rate(result.alone, indices):.2f}"


def print_mistakes(result: Result) -> None:
    """What was heard wrong, and what was not heard at all."""
    print(f"{result.hours:g} hours:")
    for mistake in result.compared.mistakes:
        marks = [
            *(["also alone"] if result.alone[mistake.place] else []),
            *(["near a join"] if _is_near(result.cuts.joins, mistake.time) else []),
            *(["non-stop"] if any(start <= mistake.time < end for start, end in result.truth.nonstop) else []),
            *(kind for start, end, kind in result.truth.wordless if start <= mistake.time < end),
        ]
        print(f"  {mistake.time:10.2f} s  {mistake.said or '-'} -> {mistake.heard or '-'}  {', '.join(marks)}")
    for span in result.transcript.unheard:
        print(f"  {span.start:10.2f} s  unheard for {span.duration:.1f} s: {_said_in(result.truth, span) or '-'}")


def _said_in(truth: LongRecording, span: Span) -> str:
    return " ".join(word.text for word in truth.words if word.start is not None and span.start <= word.start < span.end)


# --- all of it -------------------------------------------------------------------------------------------------------


def main() -> int:
    """Speak, transcribe, compare, print. Returns 1 when a demand is missed."""
    arguments = _parse()
    if arguments.cuts:
        print_cuts(arguments.cuts, arguments.model)
        return 0
    folder = arguments.folder or cache_dir() / "benchmarks" / f"long {RECIPE}.{arguments.seed}"
    with tempfile.TemporaryDirectory() as home:  # jobs are not kept among the user's
        os.environ.update(XDG_DATA_HOME=home, WIN_PD_OVERRIDE_LOCAL_APPDATA=home)
        results, start = _results(folder, arguments)
    is_well = report(results, start)
    if arguments.mistakes:
        for result in results:
            print_mistakes(result)
    return 0 if is_well else 1


def _results(folder: Path, arguments: argparse.Namespace) -> tuple[list[Result], Cost]:
    truths = {hours: recording(folder, hours, arguments.seed) for hours in arguments.hours}
    wanted = {word.sentence for truth in truths.values() for word in truth.words}
    sentences = alone(folder / "alone", wanted, arguments.seed)
    heard_alone = wrong_alone(sentences, arguments.model)
    start = start_cost(next(iter(sentences.values())).path, arguments.model)
    return [measured(truth, hours, arguments.model, heard_alone) for hours, truth in truths.items()], start


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=_hours, default="0.167,1,5", help="of each recording, the shortest first")
    parser.add_argument("--model", default="demo", help="a name of the catalogue, or the path of a .nemo file")
    parser.add_argument("--seed", type=int, default=1, help="other seeds speak other sentences in other voices")
    parser.add_argument("--folder", type=Path, help="keep the recordings there")
    parser.add_argument("--mistakes", action="store_true", help="list what was heard wrong")
    parser.add_argument("--cuts", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def _hours(text: str) -> tuple[float, ...]:
    return tuple(sorted(float(number) for number in text.split(",")))


if __name__ == "__main__":
    sys.exit(main())
