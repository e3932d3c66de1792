"""`transcribe`: recordings in, text or files out."""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import filterfalse
from pathlib import Path

from transcriber import export, outputs, pipeline, recordings
from transcriber.catalogue import MODEL_CONFIGS, MODELS_DIR
from transcriber.cli.live import Live
from transcriber.cli.terminal import DONE, fail, say, show
from transcriber.errors import InvalidOptionError, TranscriberError
from transcriber.loading import LoadSettings
from transcriber.options import CHANNELS, DEVICES, PRECISIONS, StreamChoice, TranscribeOptions
from transcriber.outputs import EXISTING
from transcriber.transcript import Transcript
from transcriber.worker import Order, Worker

WORKER = Worker()
"""The one of this program; its process starts with the first order."""

INTERRUPTED = "Cancelled. What was heard so far is kept: the same command goes on from there."

TIMING_HELP = (
    "model that tells the word times for one that cannot (default: an installed Parakeet; none: times per clip)"
)
PRECISION_HELP = "int8: twice as fast on a processor, and up to 0.3 words in a hundred more may be wrong"
STREAM_HELP = "which audio stream, from 0 (default); all: each on its own, named after its title"
EXISTING_HELP = (
    "files that are there already: number the new ones (default), replace them, or skip what is transcribed already"
)


def describe(parser: argparse.ArgumentParser) -> None:
    """The command's flags, and what runs it."""
    parser.add_argument(
        "recordings", nargs="+", type=Path, metavar="FILE", help="audio or video files, or folders of them"
    )
    parser.add_argument("--model", default="demo", help=f"{', '.join(MODEL_CONFIGS)}, or the path of a .nemo file")
    parser.add_argument("--device", choices=DEVICES, default="auto")
    parser.add_argument("--precision", choices=PRECISIONS, default="auto", help=PRECISION_HELP)
    parser.add_argument("--audio-stream", type=_stream, default=0, metavar="N|all", help=STREAM_HELP)
    parser.add_argument("--channels", choices=CHANNELS, default="mix", help="split: each channel is a speaker's own")
    parser.add_argument("--no-word-times", action="store_true", help="leave single words out of the .json")
    parser.add_argument("--revision", metavar="REV", help="branch, tag or commit of a model from the Hub")
    parser.add_argument("--timing", default="auto", metavar="MODEL", help=TIMING_HELP)
    parser.add_argument("--proof", action="store_true", help="keep what the timing model heard where the two differ")
    describe_delivery(parser)
    describe_place(parser)
    parser.set_defaults(run=run)


def describe_delivery(parser: argparse.ArgumentParser) -> None:
    """The flags that say what becomes of a transcript."""
    parser.add_argument(
        "--format", type=_formats, default=("txt",), metavar="F,F", help=f"of {', '.join(export.FORMATS)}"
    )
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--output-dir", type=Path, metavar="DIR", help="write files there; default: print the text")
    place.add_argument("--beside", action="store_true", help="write files beside each recording")
    parser.add_argument("--existing", choices=EXISTING, default="number", help=EXISTING_HELP)


def describe_place(parser: argparse.ArgumentParser) -> None:
    """The flags that say where models come from."""
    parser.add_argument("--models-dir", type=Path, default=MODELS_DIR)
    parser.add_argument("--offline", action="store_true", help="never use the network")


def _stream(text: str) -> StreamChoice:
    if text != "all" and not text.isdecimal():
        raise argparse.ArgumentTypeError("it is a number from 0, or all")
    return "all" if text == "all" else int(text)


def _formats(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    try:
        for name in names:
            export.find(name)
    except TranscriberError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return names


def run(arguments: argparse.Namespace) -> int:
    """Transcribe every recording, as far as it can be done."""
    choices = (arguments.device, arguments.timing, arguments.offline, arguments.precision)
    settings = LoadSettings(arguments.models_dir, *choices)
    name = f"{arguments.model}@{arguments.revision}" if arguments.revision else arguments.model
    options = _options(arguments)
    found = recordings.walk(arguments.recordings)
    failures = [fail(str(failure)) for failure in found.failures]
    return max(failures + [carry_out(Order(found.recordings, name, settings, options), arguments)])


def carry_out(order: Order, arguments: argparse.Namespace) -> int:
    """Transcribe what was ordered, as far as it can be done, and deliver it as the flags of `describe_delivery` say."""
    files = files_of(order.recordings, arguments)
    left = tuple(filterfalse(partial(_is_left_out, files), order.recordings))
    try:
        return _transcribe(replace(order, recordings=left), arguments.format, files) if left else DONE
    except KeyboardInterrupt:
        return fail(INTERRUPTED)


Files = Mapping[Path, outputs.Output]
"""The files to be written of each recording; empty where the text is printed."""


def files_of(recordings: Sequence[Path], arguments: argparse.Namespace) -> Files:
    """Where the transcripts go, by the flags of `describe_delivery`.

    Raises:
        RequestError: nowhere, since a wanted format cannot be printed.
    """
    if arguments.output_dir is None and not arguments.beside:
        _require_printable(arguments.format)
        return {}
    planned = outputs.plan(recordings, arguments.format, arguments.output_dir, arguments.existing)
    return {output.recording: output for output in planned}


def _require_printable(formats: Sequence[str]) -> None:
    for name in formats:
        if not export.find(name).printable:
            reason = "it cannot be printed, so say where to with --output-dir DIR or --beside"
            raise InvalidOptionError("--format", name, reason)


def _is_left_out(files: Files, recording: Path) -> bool:
    """Whether the recording is left out, as it says then, since all its files are there."""
    output = files.get(recording)
    if output is None or not output.is_there:
        return False
    say(f"{recording} is skipped: its files are there already ({', '.join(path.name for path in output.paths)}).")
    return True


def _transcribe(order: Order, formats: Sequence[str], files: Files) -> int:
    live = Live() if not files and tuple(formats) == ("txt",) and sys.stdout.isatty() else None
    status = DONE
    for note in WORKER.load(order.model, order.settings, show).notes:
        say(note)
    for outcome in WORKER.transcribe(order, live or show):
        try:
            _deliver(outcome, () if live else formats, files)
        except TranscriberError as error:
            status = fail(str(error))
    return status


def _options(arguments: argparse.Namespace) -> TranscribeOptions:
    return TranscribeOptions(
        word_times=not arguments.no_word_times,
        proof=arguments.proof,
        audio_stream=arguments.audio_stream,
        channels=arguments.channels,
    )


def _deliver(outcome: pipeline.Outcome, formats: Sequence[str], files: Files) -> None:
    """Write or print one result.

    Raises:
        TranscriberError: the outcome's own, or that its files could not be written.
    """
    match outcome:
        case pipeline.Failed(error=error):
            raise error
        case pipeline.Done(recording, transcript):
            if outcome.anew_because:
                say(outcome.anew_because)
            hand_over(transcript, recording, formats, files)
            say(_statistics(outcome))


def hand_over(transcript: Transcript, recording: Path, formats: Sequence[str], files: Files) -> None:
    """Write the recording's files if it has any, or print its text.

    Raises:
        StorageError: a file could not be written.
    """
    handover = outputs.hand_over(transcript, recording)
    if recording in files:
        say(f"{recording}: {', '.join(map(str, outputs.save(handover, files[recording])))}")
    else:
        for name in formats:
            print(export.find(name).text(handover))


def _statistics(done: pipeline.Done) -> str:
    transcript = done.transcript
    words = f"{len(transcript.text.split())} words"
    return (
        f"{transcript.duration:.1f} s of audio, {', '.join([words, *_doubts(transcript)])} in {done.seconds:.1f} s "
        f"({done.times_real_time:.1f} times real time) on {done.device}, {done.memory_bytes / 1e6:.0f} MB"
    )


def _doubts(transcript: Transcript) -> Iterator[str]:
    """What is worth a look in the recording itself."""
    if transcript.unheard:
        seconds = sum(span.duration for span in transcript.unheard)
        yield f"{seconds:.1f} s of speech unheard (first at {transcript.unheard[0].start:.1f} s)"
    if transcript.dropped_words:
        yield f"{transcript.dropped_words} dropped where nobody speaks"
