"""transcribe(): the one path from a recording to a Transcript."""

import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from transcriber import assembling, jobs, listening, media
from transcriber.errors import (
    TranscriberError,
    TranscriptionCancelledError,
    UnreadableMediaError,
    UnsupportedOptionError,
)
from transcriber.options import Device, Precision, TranscribeOptions
from transcriber.progress import OnProgress, Pace, Progress, ignore
from transcriber.recognizer import Recognizer
from transcriber.record import Heard, Kept, Record
from transcriber.transcript import Segment, Transcript

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Samples = npt.NDArray[np.float32]

DEFAULT_OPTIONS = TranscribeOptions()


@dataclass(frozen=True, slots=True)
class Done:
    """A recording that was transcribed, in `seconds`; `memory_bytes` is the peak of the card, or of the process.

    `job` is where it is kept, `anew_because` why work that was begun before was not gone on with.
    """

    recording: Path
    transcript: Transcript
    seconds: float
    device: str
    memory_bytes: int
    job: str | None = None
    anew_because: str | None = None

    @property
    def times_real_time(self) -> float:
        """Seconds of audio per second of work."""
        return self.transcript.duration / self.seconds


@dataclass(frozen=True, slots=True)
class Failed:
    """A recording that was not transcribed to its end, why, and what was heard before that, if anything.

    `job` is where that is kept, for who wants to go on.
    """

    recording: Path
    error: TranscriberError
    so_far: Transcript | None = None
    job: str | None = None


Outcome = Done | Failed


def transcribe(
    recording: Path,
    recognizer: Recognizer,
    options: TranscribeOptions = DEFAULT_OPTIONS,
    on_progress: OnProgress = ignore,
    record: Record | None = None,
) -> Transcript:
    """What is said in `recording`.

    Work goes on where `record` ends, and all that is heard is kept in it.
    `on_progress` is told before the work begins and after every chunk; if it
    raises, the work stops there.

    Raises:
        UnsupportedOptionError: the model cannot do what the options ask for.
        MediaError: the recording cannot be used.
        RecognitionError: the model failed, or was too big for the device.
        StorageError: the record could not be kept.
    """
    if options.proof and not recognizer.spec.proof:
        raise UnsupportedOptionError("--proof", recognizer.spec.title, "it needs a second model that tells word times")
    survey = _survey(recording, recognizer, options)
    return _transcribed(survey, recognizer, options, on_progress, Kept() if record is None else record)


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where the work on every recording is kept as a job, and how the user asked for the model."""

    store: jobs.Store
    model: str
    timing: str = "auto"
    device: Device = "auto"
    precision: Precision = "auto"


def transcribe_each(
    recordings: Iterable[Path],
    recognizer: Recognizer,
    options: TranscribeOptions = DEFAULT_OPTIONS,
    on_progress: OnProgress = ignore,
    keeping: Keeping | None = None,
) -> Iterator[Outcome]:
    """One outcome per recording, as they come; a bad one does not stop the others, cancelling does.

    With `keeping`, work on a recording that was begun before goes on where it stopped.
    """
    for recording in recordings:
        outcome = _outcome(recording, recognizer, options, on_progress, keeping)
        yield outcome
        if isinstance(outcome, Failed) and isinstance(outcome.error, TranscriptionCancelledError):
            return


# --- one recording ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Survey:
    """What is to be transcribed; `seconds` of all tracks together by the file's header, None where it does not say."""

    recording: Path
    size_bytes: int
    tracks: tuple[media.Track, ...]
    seconds: float | None


def _survey(recording: Path, recognizer: Recognizer, options: TranscribeOptions) -> _Survey:
    if options.proof and not recognizer.spec.proof:
        raise UnsupportedOptionError("--proof", recognizer.spec.title, "it needs a second model that tells word times")
    tracks = media.tracks(recording, options.audio_stream, options.channels)
    streams = media.streams(recording)
    ends = [(streams[track.stream].start, streams[track.stream].duration) for track in tracks]
    known = [start + duration for start, duration in ends if duration]
    return _Survey(recording, recording.stat().st_size, tracks, sum(known) if len(known) == len(tracks) else None)


def _transcribed(
    survey: _Survey, recognizer: Recognizer, options: TranscribeOptions, on_progress: OnProgress, record: Record
) -> Transcript:
    growth = _Growth(survey, len(record.heard), options, on_progress)
    listener = listening.Listener(recognizer, options)
    for number, track in enumerate(survey.tracks):
        blocks = _decoded(survey, track)
        with closing(listener.hear(blocks, record, number, track.name)) as groups:
            growth.follow(groups)
    growth.end()
    return assembling.assemble(record.heard, recognizer.spec, options)


def _decoded(survey: _Survey, track: media.Track) -> "Generator[Samples, None, None]":
    """The track's sound.

    Raises:
        UnreadableMediaError: it was cut off, or written on, meanwhile: where it ended was not its end.
    """
    with closing(media.decode(survey.recording, track.stream, track.channel)) as blocks:
        yield from blocks
    with suppress(OSError):  # moved or deleted meanwhile: what was open was read to its end
        if survey.recording.stat().st_size != survey.size_bytes:
            raise UnreadableMediaError(str(survey.recording), "it was changed while it was read")


def _outcome(
    recording: Path,
    recognizer: Recognizer,
    options: TranscribeOptions,
    on_progress: OnProgress,
    keeping: Keeping | None,
) -> Outcome:
    began = time.perf_counter()
    try:
        survey = _survey(recording, recognizer, options)
        with _record(survey, recognizer, options, keeping) as record:
            try:
                transcript = _transcribed(survey, recognizer, options, on_progress, record)
                return _done(recording, transcript, time.perf_counter() - began, recognizer, record)
            except TranscriberError as error:
                return _failed(recording, error, recognizer, options, record)
    except TranscriberError as error:
        return Failed(recording, error)


def _record(
    survey: _Survey, recognizer: Recognizer, options: TranscribeOptions, keeping: Keeping | None
) -> AbstractContextManager[Kept | jobs.Job]:
    """A job on the disk, if it is to be kept; else one in memory."""
    if keeping is None:
        return nullcontext(Kept())
    request = jobs.Request(
        source=jobs.source(survey.recording),
        model=keeping.model,
        identity=f"{recognizer.identity} {listening.ways()}",
        clips_at_once=recognizer.clips_at_once,
        options=options,
        timing=keeping.timing,
        device=keeping.device,
        precision=keeping.precision,
    )
    each = survey.seconds / len(survey.tracks) if survey.seconds else None
    return keeping.store.open(request, each, len(survey.tracks))


def _done(
    recording: Path, transcript: Transcript, seconds: float, recognizer: Recognizer, record: Kept | jobs.Job
) -> Done:
    if not isinstance(record, jobs.Job):
        return Done(recording, transcript, seconds, recognizer.device, recognizer.memory_bytes)
    record.finish(transcript, seconds, recognizer.device)
    return Done(
        recording, transcript, seconds, recognizer.device, recognizer.memory_bytes, record.id, record.anew_because
    )


def _failed(
    recording: Path,
    error: TranscriberError,
    recognizer: Recognizer,
    options: TranscribeOptions,
    record: Kept | jobs.Job,
) -> Failed:
    known = TranscriptionCancelledError(recording.name) if isinstance(error, TranscriptionCancelledError) else error
    heard = record.heard
    so_far = assembling.assemble(heard, recognizer.spec, options) if heard else None
    if not isinstance(record, jobs.Job):
        return Failed(recording, known, so_far)
    record.stop(str(known))
    return Failed(recording, known, so_far, record.id)


class _Growth:
    """Follows the work on all tracks of a recording; tells how far it is, and what has come."""

    def __init__(self, survey: _Survey, known: int, options: TranscribeOptions, on_progress: OnProgress) -> None:
        self._name, self._total = survey.recording.name, survey.seconds
        self._options, self._on_progress = options, on_progress
        self._known = known  # chunks that an earlier run has heard
        self._before = self._done = 0.0  # seconds: of the tracks that are finished, and of all
        self._pace = Pace(0.0)

    def follow(self, groups: Iterable[Sequence[Heard]]) -> None:
        """Tell of every group of a track as it comes."""
        self._tell(())
        for segments in assembling.grow(self._passing(groups)):
            if segments:
                self._tell(segments)
        self._before = self._done

    def end(self) -> None:
        """All is done, however long the header said it would be."""
        self._total = self._done
        self._tell(())

    def _passing(self, groups: Iterable[Sequence[Heard]]) -> Iterator[Heard]:
        for group in groups:
            self._done = self._before + group[-1].end
            if self._known:
                self._known -= len(group)
                self._pace = Pace(self._done)
            self._tell(assembling.untimed(group))
            yield from group

    def _tell(self, heard: Sequence[Segment]) -> None:
        speed, left = self._pace.times_real_time(self._done), self._pace.seconds_left(self._done, self._total)
        new = tuple(assembling.wanted(heard, self._options))
        self._on_progress(Progress("recognizing", self._name, self._done, self._total, new, speed, left))
