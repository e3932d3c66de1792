"""`python -m transcriber`: everything the page does, for scripts and terminals. One file per command."""

import argparse
import sys
from collections.abc import Sequence

from transcriber.cli import check, diagnose, export, jobs, models, transcribe
from transcriber.cli.terminal import DONE, WRONG_USAGE, fail, leave_quietly, prepare, say
from transcriber.errors import RequestError, TranscriberError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0 when everything was done, 1 when something failed (said on stderr, the rest done), 2 for wrong usage.
    """
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as stop:  # argparse leaves the program; a function returns
        return int(stop.code or 0)
    prepare(offline=getattr(arguments, "offline", False))
    try:
        return _carried_out(arguments)
    except RequestError as error:
        say(str(error))
        return WRONG_USAGE
    except TranscriberError as error:
        return fail(str(error))
    except KeyboardInterrupt:
        return fail("Cancelled.")
    except BrokenPipeError:  # whoever reads the lines, such as `head`, has seen enough
        leave_quietly()
        return DONE


def _carried_out(arguments: argparse.Namespace) -> int:
    code = int(arguments.run(arguments))
    sys.stdout.flush()  # now, while somebody can say what is wrong with it
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m transcriber", description="Transcribe recordings on this machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    transcribe.describe(commands.add_parser("transcribe", help="turn recordings into text, subtitles and word times"))
    jobs.describe(commands.add_parser("jobs", help="list what was transcribed; go on with it, show it, delete it"))
    export.describe(commands.add_parser("export", help="write files for editors from what was transcribed already"))
    check.describe(commands.add_parser("check", help="say which rules captions break, and mend what can be mended"))
    models.describe(commands.add_parser("models", help="list the models and whether they are installed"))
    diagnose.describe(commands.add_parser("diagnose", help="print what a bug report needs to know of this computer"))
    return parser
