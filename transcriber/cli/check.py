"""`check`: whether captions of any maker keep the rules of a profile, and what can be mended."""

import argparse
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from transcriber import imported, outputs
from transcriber.cli import captions
from transcriber.cli.export import GUESSED
from transcriber.cli.terminal import DONE, FAILED, WRONG_USAGE, aligned, say
from transcriber.errors import InvalidOptionError, TranscriberError
from transcriber.export.checking import Breach, Report
from transcriber.export.cues import Cue
from transcriber.export.handover import USUAL_RATE, Handover
from transcriber.export.repairing import Repair, mend
from transcriber.export.subtitles import transcript_of
from transcriber.export.vtt import clock
from transcriber.footage import Footage
from transcriber.options import CaptionOptions, ExportOptions
from transcriber.outputs import EXISTING, Output
from transcriber.timecode import FrameRate

COLUMNS = ("CUE", "TIME", "RULE", "REMEDY", "WHAT")
WRITTEN = {".srt": "srt", ".vtt": "vtt", ".ttml": "ttml"}
"""What a repaired file can be, by its suffix. Not .ass: ours fills words as they are spoken, and nobody knows how."""

_STYLED = re.compile(r"</?[A-Za-z]|\{\\|^\[V4|-->.*[a-z]:", re.MULTILINE)
"""Styles and positions of any of the formats."""

EXISTING_HELP = "a repaired file that is there already: number the new one (default), replace it, or skip"
OUTPUT_HELP = "where to (.srt, .vtt, .ttml; default: captions (repaired).srt beside it)"


def describe(parser: argparse.ArgumentParser) -> None:
    """The command's flags, and what runs it."""
    parser.add_argument("captions", type=Path, metavar="FILE", help="a .srt, .vtt or .ass")
    captions.describe_rules(parser)
    parser.add_argument("--repair", action="store_true", help="write a file with all mended that can be without harm")
    parser.add_argument("--output", type=Path, metavar="FILE", help=OUTPUT_HELP)
    parser.add_argument("--existing", choices=EXISTING, default="number", help=EXISTING_HELP)
    parser.add_argument("--json", action="store_true", help="print the findings for programs")
    parser.set_defaults(run=run)


@dataclass(frozen=True, slots=True)
class Checked:
    """A file of captions with what was found in it, and where the repaired one was written, if it was."""

    path: Path
    cues: Sequence[Cue]
    options: CaptionOptions
    rate: FrameRate
    repair: Repair
    written: Path | None = None


def run(arguments: argparse.Namespace) -> int:
    """Check a file.

    Returns:
        0 when every rule is kept that speech allows, 1 when one is not (before a repair, or after it where one was
        asked for), 2 when it could not be checked or the repaired file not be written.
    """
    try:
        return _run(arguments)
    except TranscriberError as error:
        say(str(error))
        return WRONG_USAGE


def _run(arguments: argparse.Namespace) -> int:
    options, rate = captions.caption_options(arguments), captions.frame_rate(arguments)
    output = _output(arguments)
    read = imported.read_captions(arguments.captions)
    if read.is_guessed:
        say(GUESSED.format(path=arguments.captions))
    rate = rate or _rate_of_film(arguments.captions)
    found = mend(read.cues, options, rate)
    written = _write(found, output, read.text) if output else None
    checked = Checked(arguments.captions, read.cues, options, rate, found, written)
    print(json.dumps(_record(checked), ensure_ascii=False, indent=1) if arguments.json else "\n".join(_lines(checked)))
    left = found.after if written else found.before
    return FAILED if left.avoidable else DONE


def _rate_of_film(path: Path) -> FrameRate:
    """That of the film beside the captions, or the usual one, as it says then."""
    recording = imported.recording_beside(path)
    footage = outputs.footage_of(recording) if recording else None
    if footage and footage.rate:
        return footage.rate
    say(f"The captions are checked at {USUAL_RATE} frames a second; --fps gives another rate.")
    return USUAL_RATE


# --- the repaired file -----------------------------------------------------------------------------------------------


def _output(arguments: argparse.Namespace) -> Output | None:
    """Where the repaired file goes; None where none is wanted.

    Raises:
        InvalidOptionError: a name without --repair, or one of a file that cannot be written.
    """
    wanted, original = arguments.output, arguments.captions
    if not arguments.repair:
        if wanted:
            raise InvalidOptionError("--output", str(wanted), "nothing is written without --repair")
        return None
    if wanted is None:
        suffix = original.suffix if original.suffix.lower() in WRITTEN else ".srt"
        wanted = original.with_name(f"{outputs.shortened(original.stem)} (repaired){suffix}")
    if wanted.suffix.lower() not in WRITTEN:
        raise InvalidOptionError("--output", str(wanted), f"it ends in one of {', '.join(WRITTEN)}")
    formats = (WRITTEN[wanted.suffix.lower()],)
    return Output(original, wanted.parent, wanted.stem, formats, arguments.existing)


def _write(found: Repair, output: Output, text: str) -> Path | None:
    """The repaired file, written; None where one is there and stays.

    Raises:
        StorageError: it could not be written.
    """
    transcript = transcript_of(found.cues, 0.0)
    footage = Footage(output.recording, transcript.duration)
    paths = outputs.save(Handover(transcript, footage, ExportOptions(), captions=found.cues), output)
    if not paths:
        say(f"{output.paths[0]} is there already and stays as it is.")
        return None
    if _STYLED.search(text):
        say("Styles, positions and the names of speakers are not in the repaired file.")
    return paths[0]


# --- what is said ----------------------------------------------------------------------------------------------------


def _lines(checked: Checked) -> Iterator[str]:
    before, after = checked.repair.before, checked.repair.after
    if before.breaches:
        yield from aligned([COLUMNS, *(_row(breach, checked) for breach in before.breaches)])
    yield f"{checked.path}: {_summary(before, checked)}"
    if checked.written:
        yield from (f"Left: {breach.sentence}" for breach in after.avoidable)
        yield f"{checked.written}: {_summary(after, checked)}"


def _row(breach: Breach, checked: Checked) -> tuple[str, ...]:
    start = checked.cues[breach.cue - 1].start
    return str(breach.cue), clock(start), breach.rule, _remedy(breach, checked.repair), breach.sentence


def _remedy(breach: Breach, repair: Repair) -> str:
    if breach in repair.mended:
        return "--repair"
    return "none: the speech is as fast" if breach.forced else "by hand"


def _summary(report: Report, checked: Checked) -> str:
    kept = f"{report.cues} cues" if report.cues != 1 else "1 cue"
    forced = len(report.breaches) - len(report.avoidable)
    found = f"{len(report.avoidable)} rules broken" if len(report.avoidable) != 1 else "1 rule broken"
    fast = f", {forced} more by the speed of the speech" if forced else ""
    rules = f"{checked.options.profile} at {checked.rate} frames a second"
    return f"score {report.score:g} of 100 ({rules}; {kept}, {found}{fast})"


def _record(checked: Checked) -> dict[str, object]:
    repaired = {"file": str(checked.written), **_report(checked.repair.after, checked.repair.cues)}
    return {
        "file": str(checked.path),
        "profile": checked.options.profile,
        "fps": str(checked.rate.exact),
        "drop_frame": checked.rate.drop,
        **_report(checked.repair.before, checked.cues, checked.repair),
        **({"repaired": repaired} if checked.written else {}),
    }


def _report(report: Report, cues: Sequence[Cue], repair: Repair | None = None) -> dict[str, object]:
    return {
        "cues": report.cues,
        "score": report.score,
        "breaches": [
            {
                **asdict(breach),
                "start": cues[breach.cue - 1].start,
                "end": cues[breach.cue - 1].end,
                **({"repairable": breach in repair.mended} if repair else {}),
            }
            for breach in report.breaches
        ],
    }
