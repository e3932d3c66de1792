"""`export`: files for editors from what was transcribed already, or from captions; nothing is recognized again."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from transcriber import imported, media, outputs
from transcriber.cli import delivery, jobs
from transcriber.cli.terminal import DONE, WRONG_USAGE, fail, say
from transcriber.errors import InvalidOptionError, InvalidTranscriptError, TranscriberError
from transcriber.export import FORMATS, Format, subtitles
from transcriber.jobs import Store
from transcriber.outputs import Output
from transcriber.transcript import Transcript

SOURCE_HELP = "the id of a job, a .json that we wrote, or captions (.srt, .vtt, .ass), which are laid out anew"
RECORDING_HELP = "what was transcribed (default: the job's; beside a .json or captions, the one of the same name)"
GUESSED = "{path} does not say how its letters are encoded; they were read as Windows wrote them (cp1252)."


def describe(parser: argparse.ArgumentParser) -> None:
    """The command's flags, and what runs it."""
    parser.add_argument("sources", nargs="+", metavar="JOB|FILE", help=SOURCE_HELP)
    parser.add_argument("--recording", type=Path, metavar="FILE", help=RECORDING_HELP)
    delivery.describe(parser)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n".join(["formats:", *map(_explained, FORMATS, FORMATS.values())])
    parser.set_defaults(run=run)


def _explained(name: str, form: Format) -> str:
    return f"  {name:<14}{form.title}\n{'':<16}{form.help}"


@dataclass(frozen=True, slots=True)
class Source:
    """What is exported: the file that names the new ones, the recording that was transcribed, and what was heard."""

    named: Path
    recording: Path
    read: Callable[[], Transcript]


def run(arguments: argparse.Namespace) -> int:
    """Export every source, as far as it can be done."""
    wish = delivery.wish(arguments)
    if arguments.recording:
        _refuse_recording(arguments.recording, len(arguments.sources))
    sources: list[Source] = []
    status = DONE
    for text in arguments.sources:
        try:
            sources.append(_source(text, arguments.recording))
        except TranscriberError as error:
            status = fail(str(error))
    planned = delivery.planned([source.named for source in sources], arguments)
    return max([status, *map(partial(_export, wish), sources, planned)])


def _refuse_recording(recording: Path, sources: int) -> None:
    """Refuse a recording that cannot be meant, instead of doing without it.

    Raises:
        InvalidOptionError: there is more than one source.
        MediaError: it is not there, or no recording.
    """
    if sources > 1:
        raise InvalidOptionError("--recording", str(recording), f"it belongs to one of {sources}; export one by one")
    media.footage(recording)


def _export(wish: delivery.Wish, source: Source, output: Output | None) -> int:
    if delivery.is_left_out(output):
        return DONE
    try:
        delivery.deliver(source.read(), source.recording, wish, output)
    except InvalidOptionError as error:  # what was typed is wrong, not what was found
        say(str(error))
        return WRONG_USAGE
    except TranscriberError as error:
        return fail(str(error))
    return DONE


def _source(text: str, recording: Path | None) -> Source:
    path = Path(text)
    if path.suffix or path.exists():
        return _file(path, recording)
    entry = Store().find(text)
    whole = recording or entry.summary.recording
    return Source(whole, whole, partial(jobs.heard, entry))


def _file(path: Path, recording: Path | None) -> Source:
    if path.suffix.lower() not in imported.SUFFIXES:
        raise InvalidTranscriptError(f"it ends in none of {', '.join(imported.SUFFIXES)}", str(path))
    known = recording or imported.recording_beside(path) or path.with_suffix("")
    if path.suffix.lower() == ".json":
        return Source(path, known, partial(imported.read_transcript, path))
    return Source(path, known, partial(_words_of_captions, path, known))


def _words_of_captions(path: Path, recording: Path) -> Transcript:
    read = imported.read_captions(path)
    if read.is_guessed:
        say(GUESSED.format(path=path))
    footage = outputs.footage_of(recording)
    return subtitles.transcript_of(read.cues, footage.duration if footage else 0.0)
