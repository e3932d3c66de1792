"""`python -m transcriber`: everything the page does, for scripts and terminals."""

import argparse
import logging
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from transcriber import export, loading, pipeline
from transcriber.catalogue import MODEL_CONFIGS, MODELS_DIR, ModelSpec
from transcriber.errors import RequestError, TempCleanupWarning, TranscriberError
from transcriber.options import DEVICES, TranscribeOptions
from transcriber.progress import Progress
from transcriber.transcript import Transcript

DONE, FAILED, WRONG_USAGE = 0, 1, 2

TIMING_HELP = (
    "model that tells the word times for one that cannot (default: an installed Parakeet; none: times per clip)"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0 when everything was done, 1 when something failed (said on stderr, the rest done), 2 for wrong usage.
    """
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as stop:  # argparse leaves the program; a function returns
        return int(stop.code or 0)
    _prepare_process(offline=getattr(arguments, "offline", False))
    try:
        return int(arguments.run(arguments))
    except RequestError as error:
        _say(str(error))
        return WRONG_USAGE
    except TranscriberError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return _fail("Cancelled.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m transcriber", description="Transcribe recordings on this machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_transcribe(commands.add_parser("transcribe", help="turn recordings into text, subtitles and word times"))
    models = commands.add_parser("models", help="list the models and whether they are installed")
    models.add_argument("--models-dir", type=Path, default=MODELS_DIR)
    models.set_defaults(run=_models)
    return parser


def _add_transcribe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recordings", nargs="+", type=Path, metavar="FILE", help="audio or video files")
    parser.add_argument("--model", default="demo", help=f"{', '.join(MODEL_CONFIGS)}, or the path of a .nemo file")
    parser.add_argument(
        "--format", type=_formats, default=("txt",), metavar="F,F", help=f"of {', '.join(export.FORMATS)}"
    )
    parser.add_argument("--output-dir", type=Path, metavar="DIR", help="default: print the text")
    parser.add_argument("--device", choices=DEVICES, default="auto")
    parser.add_argument("--audio-stream", type=int, default=0, metavar="N", help="which audio stream, from 0")
    parser.add_argument("--no-word-times", action="store_true", help="leave single words out of the .json")
    parser.add_argument("--revision", metavar="REV", help="branch, tag or commit of a model from the Hub")
    parser.add_argument("--timing", default="auto", metavar="MODEL", help=TIMING_HELP)
    parser.add_argument("--proof", action="store_true", help="keep what the timing model heard where the two differ")
    parser.add_argument("--models-dir", type=Path, default=MODELS_DIR)
    parser.add_argument("--offline", action="store_true", help="never use the network")
    parser.set_defaults(run=_transcribe)


def _formats(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    try:
        for name in names:
            export.find(name)
    except TranscriberError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return names


def _prepare_process(*, offline: bool) -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console of Windows may know fewer letters than a transcript has
            stream.reconfigure(encoding="utf-8", errors="replace")
    logging.basicConfig(level=logging.CRITICAL)
    warnings.simplefilter("ignore")
    warnings.simplefilter("always", TempCleanupWarning)
    warnings.showwarning = _show_warning  # type: ignore[assignment]
    if offline:
        os.environ["HF_HUB_OFFLINE"] = "1"


def _transcribe(arguments: argparse.Namespace) -> int:
    options = _options(arguments)
    settings = loading.LoadSettings(arguments.models_dir, arguments.device, arguments.timing, arguments.offline)
    name = f"{arguments.model}@{arguments.revision}" if arguments.revision else arguments.model
    status = DONE
    with loading.SHELF.borrow(name, settings, _show) as recognizer:
        for note in recognizer.notes:
            _say(note)
        for outcome in pipeline.transcribe_each(arguments.recordings, recognizer, options, _show):
            try:
                _deliver(outcome, arguments)
            except TranscriberError as error:
                status = _fail(str(error))
    return status


def _options(arguments: argparse.Namespace) -> TranscribeOptions:
    return TranscribeOptions(
        word_times=not arguments.no_word_times, proof=arguments.proof, audio_stream=arguments.audio_stream
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
                _say(f"{recording}: {', '.join(map(str, _saved(transcript, recording, arguments)))}")
            _say(_statistics(outcome))


def _saved(transcript: Transcript, recording: Path, arguments: argparse.Namespace) -> list[Path]:
    return pipeline.save(transcript, recording, arguments.output_dir, arguments.format)


def _statistics(done: pipeline.Done) -> str:
    return (
        f"{done.transcript.duration:.1f} s of audio, {len(done.transcript.text.split())} words in {done.seconds:.1f} s "
        f"({done.times_real_time:.1f} times real time) on {done.device}, {done.memory_bytes / 1e6:.0f} MB"
    )


def _show(progress: Progress) -> None:
    """One line on a terminal that rewrites itself; nothing into a pipe or a file."""
    if sys.stderr.isatty():
        share = f" {progress.fraction:4.0%}" if progress.fraction is not None else ""
        print(f"\r\x1b[K{progress.stage} {progress.subject}{share}", end="", file=sys.stderr, flush=True)


def _show_warning(message: Warning | str, *_: object) -> None:
    _say(str(message))


def _say(text: str) -> None:
    clear = "\r\x1b[K" if sys.stderr.isatty() else ""
    print(f"{clear}{text}", file=sys.stderr)


def _fail(text: str) -> int:
    _say(text)
    return FAILED


def _models(arguments: argparse.Namespace) -> int:
    for spec in MODEL_CONFIGS.values():
        print(_described(spec, arguments.models_dir))
    return DONE


def _described(spec: ModelSpec, models_dir: Path) -> str:
    state = "installed" if loading.is_installed(spec, models_dir) else f"not installed, {spec.size_bytes / 1e9:.1f} GB"
    languages = spec.languages[0] if len(spec.languages) == 1 else f"{len(spec.languages)} languages"
    return f"{spec.name:12} {spec.title} [{languages}; {spec.licence}] {state}"
