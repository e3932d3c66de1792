"""Provide the models: `python setup_local_models.py parakeet` downloads, verifies and prepares one.

`canary@REVISION` takes a branch, a tag or a commit of it; versions lie side by side. Without names it lists what is
installed and what can be; `--check` verifies models, `--remove` deletes them. A download that was interrupted, or
closed with its window, goes on where it was.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from transcriber import hub, removal
from transcriber.catalogue import MODEL_CONFIGS, MODELS_DIR, ModelSpec, find
from transcriber.errors import MissingDependencyError, TranscriberError
from transcriber.loading import prepare
from transcriber.progress import OnProgress, Progress
from transcriber.storage import free_bytes

DONE, FAILED, WRONG_USAGE = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """List, download, check or remove models.

    Returns:
        0 when all is good, 1 when something failed (said on stderr, the others done), 2 for wrong usage.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console of Windows may lack letters that a folder's name has
            stream.reconfigure(errors="replace")
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as stop:  # argparse leaves the program; a function returns
        return int(stop.code or 0)
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        _complain("Stopped. The next run goes on from here.")
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Download the models of Transcribe UI, check or remove them.")
    known = ", ".join(MODEL_CONFIGS)
    parser.add_argument("models", nargs="*", type=_model, metavar="MODEL", help=f"any of {known}; none: list them")
    parser.add_argument("--yes", action="store_true", help="download, or remove, without asking")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--check", action="store_true", help="verify what is installed, without network")
    instead.add_argument("--remove", action="store_true", help="delete the models that are named")
    parser.add_argument("--models-dir", type=_folder, default=MODELS_DIR, metavar="DIR")
    return parser


def _model(name: str) -> ModelSpec:
    if name.partition("@")[0] not in MODEL_CONFIGS:
        raise argparse.ArgumentTypeError(f"there is no model {name!r}; choose from {', '.join(MODEL_CONFIGS)}")
    try:
        spec = find(name)
        hub.check_revision(spec.revision)
    except TranscriberError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return spec


def _folder(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _run(arguments: argparse.Namespace) -> int:
    chosen: list[ModelSpec] = list(dict.fromkeys(arguments.models))
    if arguments.check:
        return _for_each(_present(chosen, arguments.models_dir), arguments.models_dir, _check)
    if arguments.remove:
        return _remove_all(chosen, arguments.models_dir, ask=not arguments.yes)
    if not chosen:
        return _list(arguments.models_dir)
    exact = _exact(chosen, arguments.models_dir)
    if not _agreed(exact, arguments.models_dir, ask=not arguments.yes):
        return FAILED
    status = _for_each(exact, arguments.models_dir, _provide)
    return status if len(exact) == len(chosen) else FAILED


def _present(chosen: Sequence[ModelSpec], models_dir: Path) -> list[ModelSpec]:
    """What there is to check: the chosen models, or all that are here; each version of those that have several."""
    every = [_versions(spec, models_dir) for spec in chosen or MODEL_CONFIGS.values()]
    return [
        spec for versions in every for spec in versions if chosen or hub.installed(spec, models_dir) or spec.revision
    ]


def _versions(spec: ModelSpec, models_dir: Path) -> list[ModelSpec]:
    commits = () if spec.revision else hub.commits(spec, models_dir)
    return [replace(spec, revision=commit) for commit in commits] or [spec]


def _exact(specs: Sequence[ModelSpec], models_dir: Path) -> list[ModelSpec]:
    """With the commit that each name means now; without those of which nobody could tell, which is said."""
    exact = []
    for spec in specs:
        try:
            exact.append(_at_commit(spec, models_dir))
        except TranscriberError as error:
            _complain(str(error))
    return exact


def _at_commit(spec: ModelSpec, models_dir: Path) -> ModelSpec:
    if not spec.takes_revision:
        return spec
    with _progress_shown() as show:
        found = hub.resolve_revision(spec, models_dir, show, refresh=True)
    if found.note:
        print(found.note)
    return replace(spec, revision=found.commit)


def _for_each(specs: Sequence[ModelSpec], models_dir: Path, act: Callable[[ModelSpec, Path], str]) -> int:
    """Do it with every model, print what came of it; one that fails does not stop the others."""
    status = DONE
    for spec in specs:
        try:
            print(f"{spec.name}: {act(spec, models_dir)}")
        except TranscriberError as error:
            _complain(str(error))
            status = FAILED
        except ModuleNotFoundError as error:
            _complain(str(MissingDependencyError(error.name or "needed", "python -m pip install -r requirements.txt")))
            status = FAILED
    return status


def _complain(text: str) -> None:
    print(text, file=sys.stderr)


# --- listing ---------------------------------------------------------------------------------------------------------


def _list(models_dir: Path) -> int:
    print(f"Models in {models_dir} ({_amount(free_bytes(models_dir))} free):")
    for spec in MODEL_CONFIGS.values():
        print(f"  {spec.name:12} {spec.title}: {_state(spec, models_dir)}")
        print(f"  {'':12} {spec.licence}, {' '.join(spec.languages)}")
    print("Install one with: python setup_local_models.py parakeet")
    return DONE


def _state(spec: ModelSpec, models_dir: Path) -> str:
    found = hub.installed(spec, models_dir)
    versions = ", ".join(commit[:7] for commit in hub.commits(spec, models_dir))
    if found:
        return f"installed, {_amount(found.size_bytes)}" + (f", at {versions}" if versions else "")
    if versions:
        return f"not whole, or not the newest, at {versions}; run: python setup_local_models.py {spec.name}"
    if spec.repository is None:
        return "missing; it is part of the program's own files"
    return f"not installed, about {_amount(spec.size_bytes)} to download"


def _amount(size_bytes: float) -> str:
    return f"{size_bytes / 1e9:.2f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.1f} MB"  # noqa: PLR2004


# --- downloading -----------------------------------------------------------------------------------------------------


def _agreed(specs: Sequence[ModelSpec], models_dir: Path, *, ask: bool) -> bool:
    """Say what will be downloaded, and whether the user wants it."""
    wanted = [spec for spec in specs if spec.repository and not hub.installed(spec, models_dir)]
    for spec in wanted:
        print(f"{spec.name}: {spec.title}, about {_amount(spec.size_bytes)}, {spec.licence}, from {spec.repository}")
    if not wanted:
        return True
    total = sum(spec.size_bytes for spec in wanted)
    print(f"About {_amount(total)} to download into {models_dir} ({_amount(free_bytes(models_dir))} free).")
    if not ask or _answer("Download now? [Y/n] ") in {"", "y", "yes"}:
        return True
    _complain("Nothing was downloaded. Give --yes to download without being asked.")
    return False


def _answer(question: str) -> str:
    try:
        return input(question).strip().lower()
    except EOFError:  # no terminal to answer from
        return "no answer"


def _provide(spec: ModelSpec, models_dir: Path) -> str:
    """Download what is missing, and make the model ready for its first load."""
    path = spec.path(models_dir)
    if spec.repository:
        with _progress_shown() as show:
            path = hub.fetch(spec, models_dir, show)
    _prepare(spec, models_dir)
    return f"ready, {path}"


def _prepare(spec: ModelSpec, models_dir: Path) -> None:
    """Only archives have something to unpack."""
    if spec.engine == "nemo":
        prepare(spec.name, models_dir)


def _check(spec: ModelSpec, models_dir: Path) -> str:
    """Compare with what was downloaded, and look into the archive."""
    with _progress_shown() as show:
        found = hub.check(spec, models_dir, show)
    _prepare(spec, models_dir)
    if found.origin is None:
        return "sound; it was not downloaded from the Hub, so there is nothing to compare its bytes with"
    return f"whole, as downloaded from {found.origin.repository} at {found.origin.commit[:7]}"


# --- removing --------------------------------------------------------------------------------------------------------


def _remove_all(specs: Sequence[ModelSpec], models_dir: Path, *, ask: bool) -> int:
    """Delete the models that were named, after saying what goes with them."""
    if not specs:
        _complain("Name the models to remove.")
        return WRONG_USAGE
    for spec in specs:
        print(_what_goes(spec, models_dir))
    if ask and _answer("Remove now? [y/N] ") not in {"y", "yes"}:
        _complain("Nothing was removed. Give --yes to remove without being asked.")
        return FAILED
    return _for_each(specs, models_dir, _remove)


def _what_goes(spec: ModelSpec, models_dir: Path) -> str:
    found = removal.footprint(spec, models_dir)
    by_hand = "; you put it there yourself, so keep a copy if you have no other" if found.by_hand else ""
    return f"{spec.name}: {_amount(found.size_bytes)} to free{by_hand}"


def _remove(spec: ModelSpec, models_dir: Path) -> str:
    with _progress_shown() as show:
        return f"removed, {_amount(removal.remove(spec, models_dir, show).size_bytes)} freed"


# --- progress --------------------------------------------------------------------------------------------------------


@contextmanager
def _progress_shown() -> Iterator[OnProgress]:
    line = _Line()
    try:
        yield line.show
    finally:
        line.end()


class _Line:
    """On a terminal one line per stage that rewrites itself; elsewhere a plain line for each tenth of the way."""

    def __init__(self) -> None:
        self._stage = ""
        self._text = ""
        self._began = (0.0, 0.0)

    def show(self, progress: Progress) -> None:
        """Bring the line up to date."""
        if progress.stage != self._stage:
            self.end()
            self._stage, self._began = progress.stage, (time.monotonic(), progress.done)
        on_terminal = sys.stdout.isatty()
        text = f"{progress.stage} {progress.subject}{self._detailed(progress) if on_terminal else _rounded(progress)}"
        if text != self._text:
            print(f"\r{text:<79}" if on_terminal else text, end="" if on_terminal else "\n", flush=True)
            self._text = text

    def end(self) -> None:
        """Leave the line as it stands; what is printed next starts on its own."""
        if self._text and sys.stdout.isatty():
            print()
        self._text = ""

    def _detailed(self, progress: Progress) -> str:
        if not progress.total:
            return ""
        amounts = f": {progress.done / 1e6:,.1f} of {progress.total / 1e6:,.1f} MB, {progress.fraction:.0%}"
        seconds, done = time.monotonic() - self._began[0], progress.done - self._began[1]
        if seconds < 1 or not done:  # too early to tell the speed
            return amounts
        minutes, rest = divmod(round((progress.total - progress.done) * seconds / done), 60)
        return f"{amounts}, {done / seconds / 1e6:.1f} MB/s, {minutes}:{rest:02} left"


def _rounded(progress: Progress) -> str:
    return "" if progress.fraction is None else f" {int(progress.fraction * 10) * 10} %"


if __name__ == "__main__":
    sys.exit(main())
