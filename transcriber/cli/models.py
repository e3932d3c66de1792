"""`models`: which there are, and which of them are installed."""

import argparse
from pathlib import Path

from transcriber import loading
from transcriber.catalogue import MODEL_CONFIGS, MODELS_DIR, ModelSpec
from transcriber.cli.terminal import DONE


def describe(parser: argparse.ArgumentParser) -> None:
    """The command's flags, and what runs it."""
    parser.add_argument("--models-dir", type=Path, default=MODELS_DIR)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """List the models."""
    for spec in MODEL_CONFIGS.values():
        print(_described(spec, arguments.models_dir))
    return DONE


def _described(spec: ModelSpec, models_dir: Path) -> str:
    state = "installed" if loading.is_installed(spec, models_dir) else f"not installed, {spec.size_bytes / 1e9:.1f} GB"
    languages = spec.languages[0] if len(spec.languages) == 1 else f"{len(spec.languages)} languages"
    return f"{spec.name:12} {spec.title} [{languages}; {spec.licence}] {state}"
