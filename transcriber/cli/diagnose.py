"""`diagnose`: what a bug report needs to know."""

import argparse
from pathlib import Path

from transcriber import diagnosis
from transcriber.catalogue import MODELS_DIR
from transcriber.cli.terminal import DONE


def describe(parser: argparse.ArgumentParser) -> None:
    """The command's flags, and what runs it."""
    parser.add_argument("--models-dir", type=Path, default=MODELS_DIR)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the report."""
    print(diagnosis.report(arguments.models_dir), end="")
    return DONE
