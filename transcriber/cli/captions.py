"""The flags that say by which rules captions are laid out, and how times are counted on the timeline."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from transcriber import timecode
from transcriber.errors import InvalidOptionError
from transcriber.options import LINE_SHAPES, PROFILES, TIME_BASES, CaptionOptions, ExportOptions, TimeBase
from transcriber.timecode import FrameRate

FPS_HELP = "frames a second: 25, 23.976, 29.97df, 30000/1001 (default: the recording's; without a picture 25)"
TIME_BASE_HELP = "count from the start of the file (default), from its source timecode, or from a start of your own"
START_HELP = "timecode of the file's first frame, for --time-base own (which it implies; default: 01:00:00:00)"
SHOTS_HELP = "let captions change with the picture: finds the cuts of a film, for which it is decoded once"

RULES: Mapping[str, tuple[Callable[[str], object], str, str]] = MappingProxyType(
    {
        "line_length": (int, "N", "characters in a line"),
        "lines": (int, "N", "lines of a caption"),
        "most_lines": (int, "N", "lines that a check lets pass, if more"),
        "characters_per_second": (float, "N", "how fast they are to be read; speech may be faster"),
        "shortest": (float, "SECONDS", "how long one is shown at least"),
        "longest": (float, "SECONDS", "and at most"),
        "linger": (float, "SECONDS", "how long it stays after its last word, where there is room"),
        "gap_frames": (int, "N", "frames between two captions"),
        "closed_gap_frames": (int, "N", "a gap of up to so many frames is closed"),
        "closed_gap": (float, "SECONDS", "a gap of less than that is closed"),
        "words_per_cue": (int, "N", "words of a caption at most"),
        "language": (str, "CODE", "whose grammar says where lines may end, such as en (default: the transcript's)"),
    }
)
"""The fields of CaptionOptions that are flags: type, what stands for the value, help."""


def describe_captions(parser: argparse.ArgumentParser) -> None:
    """All flags of captions and the timeline."""
    describe_rules(parser)
    timeline = parser.add_argument_group("timeline")
    timeline.add_argument("--time-base", choices=TIME_BASES, help=TIME_BASE_HELP)
    timeline.add_argument("--start-timecode", metavar="HH:MM:SS:FF", help=START_HELP)
    timeline.add_argument("--shots", action="store_true", help=SHOTS_HELP)


def describe_rules(parser: argparse.ArgumentParser) -> None:
    """The flags of the rules that captions keep, and of the frames that they stand on."""
    rules = parser.add_argument_group(
        "captions", "A profile is a set of rules; what is given beside it replaces its own."
    )
    rules.add_argument("--profile", choices=PROFILES, default="netflix", help="whose rules (default: netflix)")
    rules.add_argument("--fps", metavar="RATE", help=FPS_HELP)
    for name, (kind, value, text) in RULES.items():
        rules.add_argument(_flag(name), type=kind, metavar=value, help=text)
    rules.add_argument(_flag("shape"), choices=LINE_SHAPES, help="which line is the longer one, if any")


def export_options(arguments: argparse.Namespace) -> ExportOptions:
    """What the flags of `describe_captions` ask for.

    Raises:
        InvalidOptionError: values that make no sense, alone or together; it names the flag.
    """
    base = _base(arguments.time_base, arguments.start_timecode)
    options = ExportOptions(captions=caption_options(arguments), rate=frame_rate(arguments), base=base)
    return replace(options, own_start=arguments.start_timecode) if arguments.start_timecode else options


def caption_options(arguments: argparse.Namespace) -> CaptionOptions:
    """The rules that the flags of `describe_rules` ask for.

    Raises:
        InvalidOptionError: a value that makes no sense; it names the flag.
    """
    given = {name: getattr(arguments, name) for name in (*RULES, "shape")}
    changes = {name: value for name, value in given.items() if value is not None}
    if "lines" in changes:
        changes = {"most_lines": None} | changes
    try:
        return replace(PROFILES[arguments.profile], **changes)
    except InvalidOptionError as error:
        raise InvalidOptionError(_flag(error.option), error.value, error.reason) from error


def frame_rate(arguments: argparse.Namespace) -> FrameRate | None:
    """The rate that --fps asks for; None where it is not given.

    Raises:
        InvalidOptionError: it is none.
    """
    try:
        return timecode.parse(arguments.fps) if arguments.fps is not None else None
    except InvalidOptionError as error:
        raise InvalidOptionError("--fps", error.value, error.reason) from error


def _base(wanted: TimeBase | None, start: str | None) -> TimeBase:
    if start and wanted not in (None, "own"):
        reason = f"with --start-timecode {start} times are counted from there; leave one of the two out"
        raise InvalidOptionError("--time-base", str(wanted), reason)
    return wanted or ("own" if start else "file")


def _flag(name: str) -> str:
    """How a field is called on the command line.

    >>> _flag("line_length")
    '--line-length'
    """
    return "--" + name.replace("_", "-")
