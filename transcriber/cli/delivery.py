"""What becomes of a transcript: which files are written of it, by which rules, and where they go."""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from transcriber import export, media, outputs
from transcriber.cli import captions
from transcriber.cli.terminal import clear, say, show
from transcriber.errors import InvalidOptionError, MediaError, TranscriberError
from transcriber.export.handover import USUAL_RATE, Handover
from transcriber.footage import Footage
from transcriber.options import ExportOptions
from transcriber.outputs import EXISTING, Output
from transcriber.progress import Progress
from transcriber.transcript import Transcript

EXISTING_HELP = (
    "files that are there already: number the new ones (default), replace them, or skip what is transcribed already"
)

RESOLVE = ExportOptions().own_start


def describe(parser: argparse.ArgumentParser) -> None:
    """The flags that say what becomes of a transcript."""
    parser.add_argument(
        "--format",
        type=_formats,
        default=("txt",),
        metavar="F,F",
        help=f"of {', '.join(export.FORMATS)}; export --help explains them",
    )
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--output-dir", type=Path, metavar="DIR", help="write files there; default: print the text")
    place.add_argument("--beside", action="store_true", help="write files beside each recording")
    parser.add_argument("--existing", choices=EXISTING, default="number", help=EXISTING_HELP)
    captions.describe_captions(parser)


def _formats(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    try:
        for name in names:
            export.find(name)
    except TranscriberError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return names


@dataclass(frozen=True, slots=True)
class Wish:
    """What the flags of `describe` ask for. `shots` has captions change with the picture."""

    formats: tuple[str, ...]
    options: ExportOptions
    shots: bool = False

    @property
    def has_captions(self) -> bool:
        """Whether any of the files shows captions."""
        return any(export.find(name).kind == "captions" or name == "pack" for name in self.formats)

    @property
    def is_for_editing(self) -> bool:
        """Whether any of the files goes onto a timeline."""
        return any(export.find(name).kind == "editing" for name in self.formats)

    @property
    def is_of_words(self) -> bool:
        """Whether nothing is wanted that depends on what an editor knows of the recording."""
        of_words = all(export.find(name).of_words for name in self.formats)
        return of_words and self.options.base == "file" and not self.shots


def wish(arguments: argparse.Namespace) -> Wish:
    """What is wanted, before any work is done for it.

    Raises:
        InvalidOptionError: options that make no sense, alone or together.
    """
    return Wish(arguments.format, captions.export_options(arguments), arguments.shots)


def planned(recordings: Sequence[Path], arguments: argparse.Namespace) -> tuple[Output | None, ...]:
    """Where the files of each go; None where they are printed.

    Raises:
        InvalidOptionError: nowhere, since a wanted format cannot be printed.
    """
    if arguments.output_dir is not None or arguments.beside:
        return outputs.plan(recordings, arguments.format, arguments.output_dir, arguments.existing)
    for name in arguments.format:
        if not export.find(name).printable:
            reason = "it cannot be printed, so say where to with --output-dir DIR or --beside"
            raise InvalidOptionError("--format", name, reason)
    return (None,) * len(recordings)


def is_left_out(output: Output | None) -> bool:
    """Whether there is nothing to do, as it says then, since all files are there."""
    if output is None or not output.is_there:
        return False
    there = ", ".join(path.name for path in output.paths)
    say(f"{output.recording} is skipped: its files are there already ({there}).")
    return True


def deliver(transcript: Transcript, recording: Path, wanted: Wish, output: Output | None) -> None:
    """Write the files that were planned, or print the text, and say what an editor should know.

    Raises:
        InvalidOptionError: times cannot be counted as it was wanted.
        StorageError: a file could not be written.
    """
    handover = _handed_over(transcript, recording, wanted)
    if output:
        say(f"{output.recording}: {', '.join(map(str, outputs.save(handover, output)))}")
    else:
        for name in wanted.formats:
            print(export.find(name).text(handover))


# --- the recording as an editor knows it -----------------------------------------------------------------------------


def refuse_start(recording: Path, footage: Footage | None, options: ExportOptions) -> None:
    """Refuse a start that the recording's timecode does not have, while it costs nothing.

    Raises:
        InvalidOptionError: it has no such frame; it names the recording.
    """
    rate = options.rate or (footage.rate if footage else None) or USUAL_RATE
    try:
        if options.base == "own":
            rate.frame(options.own_start)
    except InvalidOptionError as error:
        reason = error.reason if options.rate else f"{error.reason}, the rate for {recording.name}; --fps gives another"
        raise InvalidOptionError("--start-timecode", error.value, reason) from error


def _handed_over(transcript: Transcript, recording: Path, wanted: Wish) -> Handover:
    if wanted.is_of_words:  # FFmpeg's index of five hours takes 80 MB
        return Handover(transcript, Footage(recording.absolute(), transcript.duration), wanted.options)
    footage = outputs.footage_of(recording)
    refuse_start(recording, footage, wanted.options)
    if wanted.options.base == "source" and footage is None:
        reason = f"{recording} cannot be opened to read its timecode; give it with --start-timecode"
        raise InvalidOptionError("--time-base", "source", reason)
    for note in _notes(recording, footage, wanted):
        say(note)
    shots = _shots(recording, footage) if wanted.shots and wanted.has_captions else ()
    return outputs.hand_over(transcript, recording, wanted.options, shots, footage)


def _notes(recording: Path, footage: Footage | None, wanted: Wish) -> Iterator[str]:
    """What was taken for granted, a sentence each."""
    rate = f"{USUAL_RATE} frames a second; --fps gives another rate"
    is_guessed = not (wanted.options.rate or (footage and footage.rate))
    if is_guessed and footage is None and (wanted.has_captions or wanted.is_for_editing):
        moved = "and export --recording FILE names a recording that was moved"
        yield f"{recording} cannot be opened, so captions and markers are laid out at {rate}, {moved}."
    if is_guessed and footage and wanted.is_for_editing:
        yield f"{recording} has no picture, so markers are laid out at {rate}."
    if "edl" in wanted.formats and wanted.options.base == "file":
        yield f"Timelines of DaVinci Resolve begin at {RESOLVE}: its markers want --start-timecode {RESOLVE}."
    if footage and footage.start is None and wanted.options.base == "source":
        yield f"{recording} has no timecode of its own, so times are counted from 00:00:00:00."


def _shots(recording: Path, footage: Footage | None) -> Sequence[float]:
    """When shots begin; none, as it says then, where nothing can be seen."""
    if footage is None or footage.size is None:
        reason = "has no picture" if footage else "cannot be opened"
        say(f"{recording} {reason}, so its captions follow the speech alone.")
        return ()
    length = footage.duration
    try:
        return media.shots(recording, lambda seconds: show(Progress("watching", recording.name, seconds, length)))
    except MediaError as error:
        say(f"{error} Its captions follow the speech alone.")
        return ()
    finally:
        clear()
