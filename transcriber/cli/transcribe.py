"""`transcribe`: recordings in, text or files out."""

import argparse
from pathlib import Path

from transcriber import export, loading, pipeline
from transcriber.catalogue import MODEL_CONFIGS, MODELS_DIR
from transcriber.cli.terminal import DONE, fail, say, show
from transcriber.errors import TranscriberError
from transcriber.loading import LoadSettings
from transcriber.options import CHANNELS, DEVICES, StreamChoice, TranscribeOptions
from transcriber.transcript import Transcript
from transcriber.worker import Order

TIMING_HELP = (
    "model that tells the word times for one that cannot (default: an installed Parakeet; none: times per clip)"
)
STREAM_HELP = "which audio stream, from 0 (default); all: each on its own, named after its title"


def describe(parser: argparse.ArgumentParser) -> None:
    """The command's flags, and what runs it."""
    parser.add_argument("recordings", nargs="+", type=Path, metavar="FILE", help="audio or video files")
    parser.add_argument("--model", default="demo", help=f"{', '.join(MODEL_CONFIGS)}, or the path of a .nemo file")
    parser.add_argument("--device", choices=DEVICES, default="auto")
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
    parser.add_argument("--output-dir", type=Path, metavar="DIR", help="default: print the text")


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
    settings = LoadSettings(arguments.models_dir, arguments.device, arguments.timing, arguments.offline)
    name = f"{arguments.model}@{arguments.revision}" if arguments.revision else arguments.model
    return carry_out(Order(tuple(arguments.recordings), name, settings, _options(arguments)), arguments)


def carry_out(order: Order, arguments: argparse.Namespace) -> int:
    """Transcribe what was ordered, as far as it can be done, and deliver it as the flags of `describe_delivery` say."""
    status = DONE
    with loading.SHELF.borrow(order.model, order.settings, show) as recognizer:
        for note in recognizer.notes:
            say(note)
        for outcome in pipeline.transcribe_each(order.recordings, recognizer, order.options, show):
            try:
                _deliver(outcome, arguments)
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


def _deliver(outcome: pipeline.Outcome, arguments: argparse.Namespace) -> None:
    """Write or print one result.

    Raises:
        TranscriberError: the outcome's own, or that its files could not be written.
    """
    match outcome:
        case pipeline.Failed(error=error):
            raise error
        case pipeline.Done(recording, transcript):
            if arguments.output_dir is None:
                for name in arguments.format:
                    print(export.find(name).render(transcript))
            else:
                say(f"{recording}: {', '.join(map(str, _saved(transcript, recording, arguments)))}")
            say(_statistics(outcome))


def _saved(transcript: Transcript, recording: Path, arguments: argparse.Namespace) -> list[Path]:
    return pipeline.save(transcript, recording, arguments.output_dir, arguments.format)


def _statistics(done: pipeline.Done) -> str:
    return (
        f"{done.transcript.duration:.1f} s of audio, {len(done.transcript.text.split())} words in {done.seconds:.1f} s "
        f"({done.times_real_time:.1f} times real time) on {done.device}, {done.memory_bytes / 1e6:.0f} MB"
    )
