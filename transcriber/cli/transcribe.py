"""`transcribe`: recordings in, text or files out."""

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from transcriber import outputs, pipeline, recordings
from transcriber.catalogue import MODEL_CONFIGS, MODELS_DIR
from transcriber.cli import delivery
from transcriber.cli.live import Live
from transcriber.cli.terminal import DONE, fail, say, show
from transcriber.errors import TranscriberError
from transcriber.loading import LoadSettings
from transcriber.options import CHANNELS, DEVICES, PRECISIONS, StreamChoice, TranscribeOptions
from transcriber.transcript import Transcript
from transcriber.worker import Order, Worker

WORKER = Worker()
"""The one of this program; its process starts with the first order."""

INTERRUPTED = "Cancelled. What was heard so far is kept: the same command goes on from there."

UNDELIVERED = "Cancelled. What was heard is kept: python -m transcriber jobs lists it, and export writes it."

TIMING_HELP = (
    "model that tells the word times for one that cannot (default: an installed Parakeet; none: times per clip)"
)
PRECISION_HELP = "int8: twice as fast on a processor, and up to 0.3 words in a hundred more may be wrong"
STREAM_HELP = "which audio stream, from 0 (default); all: each on its own, named after its title"


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
    delivery.describe(parser)
    describe_place(parser)
    parser.set_defaults(run=run)


def describe_place(parser: argparse.ArgumentParser) -> None:
    """The flags that say where models come from."""
    parser.add_argument("--models-dir", type=Path, default=MODELS_DIR)
    parser.add_argument("--offline", action="store_true", help="never use the network")


def _stream(text: str) -> StreamChoice:
    if text != "all" and not text.isdecimal():
        raise argparse.ArgumentTypeError("it is a number from 0, or all")
    return "all" if text == "all" else int(text)


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
    """Transcribe what was ordered, as far as it can be done, and deliver it as the flags of `delivery.describe` say.

    Raises:
        InvalidOptionError: it cannot be delivered as it is wanted, said before anything is transcribed.
    """
    wish = delivery.wish(arguments)
    planned = delivery.planned(order.recordings, arguments)
    files = {
        recording: output
        for recording, output in zip(order.recordings, planned, strict=True)
        if not delivery.is_left_out(output)
    }
    if wish.options.base == "own":
        for recording in files:  # of those that cannot be opened the worker says why
            if footage := outputs.footage_of(recording):
                delivery.refuse_start(recording, footage, wish.options)
    try:
        return _transcribe(replace(order, recordings=tuple(files)), wish, files) if files else DONE
    except KeyboardInterrupt:
        return fail(INTERRUPTED)


Files = Mapping[Path, outputs.Output | None]
"""The files to be written of each recording; None where the text is printed."""


def _transcribe(order: Order, wish: delivery.Wish, files: Files) -> int:
    is_printed = not any(files.values())
    live = Live() if is_printed and wish.formats == ("txt",) and sys.stdout.isatty() else None
    status = DONE
    for note in WORKER.load(order.model, order.settings, show).notes:
        say(note)
    for outcome in WORKER.transcribe(order, live or show):
        try:
            _deliver(outcome, None if live else wish, files)
        except TranscriberError as error:
            status = fail(str(error))
        except KeyboardInterrupt:
            return fail(UNDELIVERED)
    return status


def _options(arguments: argparse.Namespace) -> TranscribeOptions:
    return TranscribeOptions(
        word_times=not arguments.no_word_times,
        proof=arguments.proof,
        audio_stream=arguments.audio_stream,
        channels=arguments.channels,
    )


def _deliver(outcome: pipeline.Outcome, wish: delivery.Wish | None, files: Files) -> None:
    """Write or print one result; neither without a wish, where the text was printed as it came.

    Raises:
        TranscriberError: the outcome's own, or that its files could not be written.
    """
    match outcome:
        case pipeline.Failed(error=error):
            raise error
        case pipeline.Done(recording, transcript):
            if outcome.anew_because:
                say(outcome.anew_because)
            if wish:
                delivery.deliver(transcript, recording, wish, files[recording])
            say(_statistics(outcome))


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
