"""Models that are a whole repository and need a second one: everything in one folder, which then needs no network.

A speech model that speaks through a language model names it in config.json, and libraries would ask the Hub for it
at every load. Here its configuration and tokenizer come along, and config.json names the folder instead. The
language model's own weights never come: the speech model's contain them.
"""

import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from transcriber.catalogue import ModelSpec
from transcriber.errors import CorruptModelError, MissingModelError, RepositoryNotFoundError
from transcriber.hub import cache, client, downloads, holdings
from transcriber.hub.client import Described
from transcriber.hub.holdings import CONFIG, WEIGHTS, Piece, Snapshot
from transcriber.hub.origin import Installed, Origin, Report, holds, sha256_of, size_of
from transcriber.hub.revisions import local_commit, resolve_revision
from transcriber.progress import OnProgress, Progress, Stage, ignore
from transcriber.storage import require_space, storage_errors, write_whole

log = logging.getLogger(__name__)

LANGUAGE_MODEL = "pretrained_llm"
"""Where config.json names the language model: a repository on the Hub, a folder here."""

NEEDED = (CONFIG, "tokenizer_config.json")
"""Without tokenizer_config.json another token ends the text, and generation does not stop."""

TOKENIZERS = (("tokenizer.json",), ("vocab.json", "merges.txt"))
"""One of these must be there too; without, a vocabulary of 2 tokens is made up."""

_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/([A-Za-z0-9][\w.-]*[A-Za-z0-9])", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Supply:
    """Where repositories are described, and files come from that are not on this machine."""

    describe: Callable[[str, str | None], Described]
    bring: Callable[[Origin, Path, Report], None]


@dataclass(frozen=True, slots=True)
class _Job:
    """One commit of one model, to be had for `home`, the model's folder."""

    name: str
    repository: str
    home: Path
    commit: str
    on_progress: OnProgress

    @property
    def folder(self) -> Path:
        return self.home / self.commit

    def tick(self) -> None:
        self.on_progress(Progress("waiting", self.name))

    def part(self, path: str) -> Path:
        """One for all commits: what came of one is gone on with for the next, if they share the bytes."""
        return self.home / f"{Path(path).name}.part"


def snapshot(spec: ModelSpec, models_dir: Path) -> Path | None:
    """The folder of the commit that `spec.revision` means, if it is complete at a glance; nobody is asked.

    Raises:
        InvalidRevisionError: it can be no revision, or fits several commits that are here.
    """
    commit = local_commit(spec, models_dir)
    return spec.path(models_dir) / commit if commit else None


def fetch_snapshot(
    spec: ModelSpec,
    models_dir: Path,
    on_progress: OnProgress = ignore,
    *,
    offline: bool = False,
    verify: bool = False,
) -> Path:
    """Make sure that everything that loading `spec` needs is in `models_dir`; the folder in which it then lies.

    What is complete at a glance stays as it is and costs no request; with `verify` all its bytes are read, and what
    is damaged comes anew. What the Hugging Face cache or another commit holds is taken from there, everything is
    verified, and what an earlier call left is gone on with, in this process or another. Progress comes in bytes of
    the whole; an exception from `on_progress` stops the work and keeps what came so far.

    Raises:
        InvalidRevisionError: see `resolve_revision`.
        HubError: the Hub gave nothing, too little, or the wrong bytes.
        CorruptModelError: config.json is no speech model's.
        StorageError: the models folder cannot be written, or is too full.
        MissingDependencyError: the Hub's client is not installed.
    """
    commit = resolve_revision(spec, models_dir, on_progress, offline=offline).commit
    job = _Job(spec.name, spec.repository or "", spec.path(models_dir), commit, on_progress)
    if _is_good(job, verify=verify):
        return job.folder
    client.require_client()
    with downloads.alone(job.home, job.tick):
        if not _is_good(job, verify=verify):
            _provide(job, offline=offline)
    return job.folder


def check_snapshot(spec: ModelSpec, models_dir: Path, on_progress: OnProgress = ignore) -> Installed:
    """Compare every file of a snapshot with what was written down when it was complete, without network.

    Raises:
        MissingModelError: there is no such snapshot.
        CorruptModelError: a file is missing, or is not what it was.
        InvalidRevisionError: see `snapshot`.
    """
    commit = local_commit(spec, models_dir, damaged=True)
    folder = spec.path(models_dir) / (commit or "")
    record = holdings.read(folder)
    if record is None:
        raise MissingModelError(_wanted_name(spec), str(folder))
    done = 0
    for piece in record.pieces:
        _check(folder, piece, _reporter(spec.name, on_progress, done, record.size_bytes))
        done += piece.size_bytes
    return record.installed(folder)


def installed_snapshot(spec: ModelSpec, models_dir: Path) -> Installed | None:
    """What `snapshot` would give, with size and commit. Raises as `snapshot`."""
    folder = snapshot(spec, models_dir)
    record = holdings.read(folder) if folder else None
    return record.installed(folder) if folder and record else None


# --- what is there ---------------------------------------------------------------------------------------------------


def _wanted_name(spec: ModelSpec) -> str:
    return f"{spec.name}@{spec.revision}" if spec.revision else spec.name


def _reporter(name: str, on_progress: OnProgress, done: int, total: int) -> Report:
    """Bytes of one file as bytes of the whole, of which `done` are done."""

    def report(stage: Stage, of_this: int) -> None:
        on_progress(Progress(stage, name, done + of_this, total))

    return report


def _check(folder: Path, piece: Piece, report: Report) -> None:
    path = folder / piece.path
    if not path.is_file():
        raise CorruptModelError(str(path), "the file is missing")
    if size_of(path) != piece.size_bytes:
        raise CorruptModelError(str(path), f"it has {size_of(path):,} bytes instead of {piece.size_bytes:,}")
    if sha256_of(path, report) != piece.sha256:
        raise CorruptModelError(str(path), "its bytes are not those that were downloaded (SHA-256 differs)")


def _is_good(job: _Job, *, verify: bool) -> bool:
    if not holdings.is_complete(job.folder):
        return False
    record = holdings.read(job.folder)
    return record is not None and (not verify or _is_intact(job, record))


def _is_intact(job: _Job, record: Snapshot) -> bool:
    try:
        for piece in record.pieces:
            report = _reporter(job.name, job.on_progress, 0, record.size_bytes)
            _check(job.folder, piece, report if piece.path == WEIGHTS else _silent)
    except CorruptModelError as error:
        log.warning("%s", error)
        return False
    return True


def _silent(_: Stage, __: int) -> None:
    """For files that are read in no time."""


# --- what is not -----------------------------------------------------------------------------------------------------


def _provide(job: _Job, *, offline: bool) -> None:
    """From the cache alone if it holds everything, else with the Hub's help."""
    with suppress(RepositoryNotFoundError):
        _assemble(job, _Supply(_describe_cached, _bring_nothing))
        return
    client.refuse_offline(job.repository, offline=offline)
    _assemble(job, _Supply(lambda name, revision: client.describe(name, revision, job.tick), downloads.bring))


def _describe_cached(repository: str, revision: str | None) -> Described:
    if found := cache.describe(repository, revision):
        return found
    raise RepositoryNotFoundError(repository, "it is not in the Hugging Face cache")


def _bring_nothing(origin: Origin, _: Path, __: Report) -> None:
    raise RepositoryNotFoundError(origin.repository, f"its {origin.file} is not in the Hugging Face cache")


def _assemble(job: _Job, supply: _Supply) -> None:
    """Everything into the folder, the record last."""
    model = supply.describe(job.repository, job.commit)
    _require(model, (CONFIG, WEIGHTS))
    with storage_errors(job.folder):
        job.folder.mkdir(parents=True, exist_ok=True)
    config = _config(job, supply, model.files[CONFIG])
    repository, folder = _language_model(job, config)
    language = supply.describe(repository, None)
    wanted = {f"{folder}/{file}": language.files[file] for file in _small_files(language)}
    _place_all(job, supply, {**wanted, WEIGHTS: model.files[WEIGHTS]})
    content = json.dumps({**config, LANGUAGE_MODEL: folder}, indent=2).encode()
    downloads.patiently(lambda: write_whole(job.folder / CONFIG, content), job.tick)
    pieces = tuple(_piece(job.folder, path, model.files.get(path)) for path in (CONFIG, *wanted, WEIGHTS))
    record = Snapshot(job.repository, job.commit, repository, language.commit, pieces)
    downloads.patiently(lambda: holdings.write(job.folder, record), job.tick)
    log.info("installed %s at %s", job.repository, job.commit)


def _require(found: Described, files: tuple[str, ...]) -> None:
    for file in files:
        if file not in found.files:
            raise RepositoryNotFoundError(found.repository, f"it has no {file} at commit {found.commit}")


def _small_files(language: Described) -> tuple[str, ...]:
    """What of the language model is needed, and nothing of its gigabytes.

    Raises:
        RepositoryNotFoundError: it is not all there.
    """
    _require(language, NEEDED)
    if not any(set(files) <= set(language.files) for files in TOKENIZERS):
        raise RepositoryNotFoundError(language.repository, f"it has no tokenizer at commit {language.commit}")
    every = (*NEEDED, *(file for files in TOKENIZERS for file in files))
    return tuple(file for file in every if file in language.files)


def _config(job: _Job, supply: _Supply, origin: Origin) -> dict[str, object]:
    """What config.json says on the Hub.

    Raises:
        CorruptModelError: it is no JSON object.
    """
    part = _obtained(job, supply, CONFIG, origin, lambda _, __: job.tick())
    with storage_errors(part):
        content = part.read_bytes()
    downloads.remove(part)
    try:
        return {**json.loads(content)}
    except (ValueError, TypeError) as error:
        raise CorruptModelError(str(job.folder / CONFIG), "it is no JSON object") from error


def _language_model(job: _Job, config: dict[str, object]) -> tuple[str, str]:
    """The repository of the language model, and the name of the folder for it."""
    repository = str(config.get(LANGUAGE_MODEL, ""))
    if found := _REPOSITORY.fullmatch(repository):
        return repository, found[1]
    reason = f"it should name a repository of the Hub as {LANGUAGE_MODEL}, and has {repository!r}"
    raise CorruptModelError(str(job.folder / CONFIG), reason)


def _place_all(job: _Job, supply: _Supply, wanted: dict[str, Origin]) -> None:
    total = sum(origin.size_bytes for origin in wanted.values())
    require_space(job.home, _missing_bytes(job, wanted))
    done = 0
    for path, origin in wanted.items():
        report = _reporter(job.name, job.on_progress, done, total)
        _place(job, supply, path, origin, report if path == WEIGHTS else _without_verifying(report))
        done += origin.size_bytes


def _missing_bytes(job: _Job, wanted: dict[str, Origin]) -> int:
    """What has to be downloaded, as far as sizes tell."""
    missing = (
        origin.size_bytes - size_of(job.part(path))
        for path, origin in wanted.items()
        if not any(size_of(each) == origin.size_bytes for each in (job.folder / path, *_sources(job, path, origin)))
    )
    return sum(max(0, count) for count in missing)


def _without_verifying(report: Report) -> Report:
    """Of small files, which would only make the display flicker."""

    def quieter(stage: Stage, done: int) -> None:
        if stage != "verifying":
            report(stage, done)

    return quieter


def _place(job: _Job, supply: _Supply, path: str, origin: Origin, report: Report) -> None:
    """One file into the folder, unless it is there already."""
    target = job.folder / path
    if not _surely_holds(target, origin, report):
        part = _obtained(job, supply, path, origin, report)
        with storage_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
        downloads.put(part, target, report)
    downloads.remove(job.part(path))


def _obtained(job: _Job, supply: _Supply, path: str, origin: Origin, report: Report) -> Path:
    """The part that has the bytes: from this machine if they are on it, else from where the supply has them."""
    part = job.part(path)
    for source in _sources(job, path, origin):
        if _surely_holds(source, origin, report):
            downloads.copy(source, part, origin, report)
            return part
    supply.bring(origin, part, report)
    return part


def _surely_holds(path: Path, origin: Origin, report: Report) -> bool:
    with suppress(CorruptModelError):  # unreadable is as good as missing
        return holds(path, origin, report)
    return False


def _sources(job: _Job, path: str, origin: Origin) -> Iterator[Path]:
    """Files of this machine that may hold these bytes: of other commits, and of the Hugging Face cache."""
    yield from (other / path for other in sorted(job.home.iterdir()) if other.is_dir() and other != job.folder)
    yield from cache.copies(origin)


def _piece(folder: Path, path: str, origin: Origin | None) -> Piece:
    known = origin.sha256 if origin and path == WEIGHTS else ""
    return Piece(path, size_of(folder / path), known or sha256_of(folder / path, _silent))
