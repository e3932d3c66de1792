"""transcribe(): the one path from a recording to a Transcript, and from there to files."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from transcriber import chunking, export, media, segmenting, speech
from transcriber.errors import TranscriberError, TranscriptionCancelledError, UnsupportedOptionError
from transcriber.options import SAMPLE_RATE, TranscribeOptions
from transcriber.progress import OnProgress, Progress, ignore
from transcriber.recognizer import Clip, Recognition, Recognizer
from transcriber.storage import storage_errors, write_whole
from transcriber.transcript import Segment, Transcript, TranscriptTiming

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Samples = npt.NDArray[np.float32]

DEFAULT_OPTIONS = TranscribeOptions()


@dataclass(frozen=True, slots=True)
class Done:
    """A recording that was transcribed, in `seconds`; `memory_bytes` is the peak of the card, or of the process."""

    recording: Path
    transcript: Transcript
    seconds: float
    device: str
    memory_bytes: int

    @property
    def times_real_time(self) -> float:
        """Seconds of audio per second of work."""
        return self.transcript.duration / self.seconds


@dataclass(frozen=True, slots=True)
class Failed:
    """A recording that was not transcribed, and why."""

    recording: Path
    error: TranscriberError


Outcome = Done | Failed


def transcribe(
    recording: Path,
    recognizer: Recognizer,
    options: TranscribeOptions = DEFAULT_OPTIONS,
    on_progress: OnProgress = ignore,
) -> Transcript:
    """What is said in `recording`.

    `on_progress` hears of every clip before it is recognized; if it raises, the work stops there.

    Raises:
        UnsupportedOptionError: the model cannot do what the options ask for.
        MediaError: the recording cannot be used.
        RecognitionError: the model failed, or was too big for the device.
    """
    if options.proof and not recognizer.spec.proof:
        raise UnsupportedOptionError("--proof", recognizer.spec.title, "it needs a second model that tells word times")
    total = _expected_duration(recording, options.audio_stream)
    heard = []
    with closing(media.decode(recording, options.audio_stream)) as blocks:
        tape = _Tape(blocks)
        for clip in _clips(tape, recognizer, options):
            on_progress(Progress("recognizing", recording.name, clip.start, total))
            heard.append((clip, recognizer.recognize([clip], options)[0]))
    on_progress(Progress("recognizing", recording.name, tape.duration, tape.duration))
    segments = _segments(heard)
    kept = tuple(segments if options.word_times else map(_without_words, segments))
    spec = recognizer.spec
    timing: TranscriptTiming = "words" if spec.word_times else "clips"
    return Transcript(kept, tape.duration, spec.name, spec.revision, spec.language, timing)


def transcribe_each(
    recordings: Iterable[Path],
    recognizer: Recognizer,
    options: TranscribeOptions = DEFAULT_OPTIONS,
    on_progress: OnProgress = ignore,
) -> Iterator[Outcome]:
    """One outcome per recording, as they come; a bad one does not stop the others, cancelling does."""
    for recording in recordings:
        began = time.perf_counter()
        try:
            transcript = transcribe(recording, recognizer, options, on_progress)
        except TranscriptionCancelledError:
            yield Failed(recording, TranscriptionCancelledError(recording.name))
            return
        except TranscriberError as error:
            yield Failed(recording, error)
        else:
            seconds = time.perf_counter() - began
            yield Done(recording, transcript, seconds, recognizer.device, recognizer.memory_bytes)


def save(transcript: Transcript, recording: Path, folder: Path, formats: Sequence[str]) -> list[Path]:
    """Write the transcript in each format, named after the recording; nothing that exists is overwritten.

    Raises:
        UnknownFormatError: before anything is written.
        DiskFullError, NotWritableError: files written before stay.
    """
    wanted = [export.find(name) for name in formats]
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    stem = _unused_stem(folder, recording.stem, [form.extension for form in wanted])
    paths = []
    for form in wanted:
        path = folder / f"{stem}{form.extension}"
        write_whole(path, form.render(transcript))
        paths.append(path)
    return paths


def _expected_duration(recording: Path, audio_stream: int) -> float | None:
    """Seconds, by the file's header; `media.decode` says so if there is no such stream."""
    chosen = media.streams(recording)[audio_stream : audio_stream + 1]
    return chosen[0].start + chosen[0].duration if chosen and chosen[0].duration else None


class _Tape:
    """The stretch of a recording that was decoded and not yet handed to the model."""

    def __init__(self, blocks: "Iterable[Samples]") -> None:
        self._blocks = blocks
        self._kept: list[Samples] = []
        self._first = 0  # the sample of the recording that _kept begins with
        self._end = 0

    @property
    def duration(self) -> float:
        """Seconds decoded so far."""
        return self._end / SAMPLE_RATE

    def play(self) -> "Iterator[Samples]":
        """The blocks, each kept as it passes."""
        for block in self._blocks:
            self._kept.append(block)
            self._end += len(block)
            yield block

    def cut(self, start: float, end: float) -> Clip:
        """The span as a clip; what lies before its end is forgotten."""
        import numpy as np

        first, last = round(start * SAMPLE_RATE), min(round(end * SAMPLE_RATE), self._end)
        samples = np.concatenate(self._kept) if self._kept else np.zeros(0, np.float32)
        clip = Clip(samples[first - self._first : last - self._first], start)
        self._kept, self._first = [samples[last - self._first :]], last
        return clip


def _clips(tape: _Tape, recognizer: Recognizer, options: TranscribeOptions) -> Iterator[Clip]:
    limit = min(options.max_clip_seconds, recognizer.spec.max_clip_seconds)
    target = min(options.clip_seconds, limit)
    for chunk in chunking.plan(speech.loudness(tape.play()), speech.HOP, target, limit):
        yield tape.cut(chunk.start, chunk.end)


def _segments(heard: Sequence[tuple[Clip, Recognition]]) -> list[Segment]:
    """Utterances where words have times; where a clip gave only text, that is one segment as long as the clip."""
    timed = segmenting.split(chunking.join(recognition.words for _, recognition in heard))
    untimed = [
        Segment(recognition.text, clip.start, clip.start + clip.duration)
        for clip, recognition in heard
        if recognition.text and not recognition.words
    ]
    return sorted([*timed, *untimed], key=lambda segment: segment.start)


def _without_words(segment: Segment) -> Segment:
    return replace(segment, words=())


def _unused_stem(folder: Path, stem: str, extensions: Sequence[str]) -> str:
    """`talk`, or `talk (2)` if one of the files is there already."""
    candidate, number = stem, 1
    while any((folder / f"{candidate}{extension}").exists() for extension in extensions):
        number += 1
        candidate = f"{stem} ({number})"
    return candidate
