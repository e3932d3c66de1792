"""Which commit a branch, a tag or a hash means: checked without network, then asked of the Hub, then remembered."""

import re
import time
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from transcriber.catalogue import ModelSpec
from transcriber.errors import (
    HubError,
    HubUnreachableError,
    InvalidRevisionError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
    StorageError,
)
from transcriber.hub import cache, client, downloads, holdings
from transcriber.hub.holdings import FULL_HASH, Meaning
from transcriber.progress import OnProgress, Progress, ignore

MAIN = "main"
LONGEST_NAME = 255
LONGEST_SHOWN = 60
DAY_SECONDS = 86_400
"""How long the answer to what a name means is good for."""

NAMED = 5
"""How many commits a sentence names at most."""

_HEX = re.compile("[0-9a-fA-F]+")
_SHORT_HASH = re.compile("[0-9a-fA-F]{7,12}")
_FULL_LENGTH, _LONGEST_SHORT = 40, 12
_REMEDY = "use the full hash from the model's commit page, or main"

_FORBIDDEN = (
    (r"://", "is an address; give only the branch, the tag or the hash in it"),
    (r"\.\.", "has '..' in it, which git allows in no name; use a branch, a tag or a full commit hash"),
    (r" ", "has a blank in it, which git allows in no name; check the spelling"),
    (r"[~^:?*\[]", "has one of ~ ^ : ? * [ in it, which git allows in no name; check the spelling"),
    (r"@\{|^@$", "has an @ where git allows none; check the spelling"),
    (r"^/|//|/$", "has a slash too many; slashes stand between two names, as in feature/x"),
    (r"^\.|/\.", "has a dot at the start of a name, which git does not allow; check the spelling"),
    (r"\.$", "ends with a dot, which git does not allow; leave it out"),
    (r"\.lock(/|$)", "has a name that ends with .lock, which git does not allow; check the spelling"),
    (r"^-", "starts with a dash, which git does not allow; check the spelling"),
)
"""Patterns that no branch or tag has, and why: git-check-ref-format(1), and the dash of `git branch`."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """The full hash of a commit. `note` is a sentence where the user should know how it was found, else empty."""

    commit: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """What this machine knows of a repository without asking: full hashes, and names that mean them.

    `complete` lie in the models folder; `cached` in the Hugging Face cache, by name in `cached_names`.
    """

    complete: tuple[str, ...] = ()
    meanings: Mapping[str, Meaning] = field(default_factory=dict)
    cached: tuple[str, ...] = ()
    cached_names: Mapping[str, str] = field(default_factory=dict)


def check_revision(revision: object) -> str | None:
    """The revision as it is asked for: None (the newest), a name, or a hash; a full hash in lower case.

    Nothing is looked up. Allowed are None, every name that git allows for a branch or a tag, and hashes of 40 or
    of 7 to 12 hexadecimal digits.

    Raises:
        InvalidRevisionError: it can be nothing of the kind, and what would be right.

    >>> check_revision("5F3A" * 10)
    '5f3a5f3a5f3a5f3a5f3a5f3a5f3a5f3a5f3a5f3a'
    """
    if revision is None:
        return None
    if not isinstance(revision, str):
        kind = type(revision).__name__
        raise InvalidRevisionError(_shown(str(revision)), f"is not text but of type {kind}; put it in quotes")
    if reason := _objection(revision):
        raise InvalidRevisionError(_shown(revision), reason)
    return revision.lower() if _HEX.fullmatch(revision) and len(revision) == _FULL_LENGTH else revision


def resolve_revision(
    spec: ModelSpec,
    models_dir: Path,
    on_progress: OnProgress = ignore,
    *,
    offline: bool = False,
    refresh: bool = False,
) -> Resolved:
    """The full hash of the commit that `spec.revision` means.

    A full hash needs nobody. A name is asked of the Hub, at most once a day while what it meant is complete on this
    machine; `refresh` asks at once. Where the Hub cannot be asked, what is known here has to do, and `note` says so.

    Raises:
        InvalidRevisionError: it can be no revision, or fits several.
        HubError: the Hub gave no answer and nothing here did, or it refused.
        MissingDependencyError: the Hub's client is not installed.
    """
    revision = check_revision(spec.revision)
    if revision and FULL_HASH.fullmatch(revision):
        return Resolved(revision)
    repository, home, name = _repository(spec), spec.path(models_dir), revision or MAIN
    memory = _memory(repository, home)
    try:
        client.refuse_offline(repository, offline=offline)
        if not refresh and (commit := _still_good(memory, name)):
            return Resolved(commit)
        commit = _asked(repository, name, lambda: on_progress(Progress("waiting", spec.name)))
    except (HubUnreachableError, RepositoryNotFoundError, RevisionNotFoundError) as error:
        return _recalled(memory, name, error, offline=client.is_offline(offline=offline))
    _remember(home, name, commit)
    return Resolved(commit)


def local_commit(spec: ModelSpec, models_dir: Path, *, damaged: bool = False) -> str | None:
    """The commit in the models folder that `spec.revision` means, as far as can be told without network.

    `damaged` also counts commits whose files are no longer whole.

    Raises:
        InvalidRevisionError: it can be no revision, or fits several.
    """
    revision, home = check_revision(spec.revision), spec.path(models_dir)
    present = holdings.recorded(home) if damaged else holdings.complete(home)
    if revision in present:
        return revision
    found = recall(Memory(complete=present, meanings=holdings.meanings(home)), revision or MAIN)
    return found.commit if found else None


def recall(memory: Memory, name: str) -> Resolved | None:
    """What `name` means by what is known here; `note` says how. None where it means nothing that can be loaded.

    Raises:
        InvalidRevisionError: a short hash that fits several commits.
    """
    meaning = memory.meanings.get(name)
    if meaning and meaning.commit in memory.complete:
        return Resolved(meaning.commit, f"which was {name} on {meaning.day}")
    if name == MAIN and len(memory.complete) == 1:
        return Resolved(memory.complete[0], "the only one on this machine")
    if memory.cached_names.get(name) in memory.cached:
        return Resolved(memory.cached_names[name], f"which the Hugging Face cache holds as {name}")
    return _by_start(memory, name)


# --- checking --------------------------------------------------------------------------------------------------------


def _objection(revision: str) -> str:
    """Why this text can be no revision, and what would be right; empty if it can."""
    trimmed = _trimmed(revision)
    if not trimmed:
        return "is empty; leave it out for the newest version, or give main, a branch, a tag or a full commit hash"
    if len(revision) > LONGEST_NAME:
        return f"has {len(revision)} characters, and no name has more than {LONGEST_NAME}; {_REMEDY}"
    if trimmed != revision:
        return f"has a blank or an invisible character at its start or end; use {_shown(trimmed)!r}"
    if hidden := next((each for each in revision if unicodedata.category(each) in {"Cc", "Cs"}), None):
        return f"has a control character in it (U+{ord(hidden):04X}); type it anew"
    if "\\" in revision:
        slashes = revision.replace("\\", "/")
        return f"has a backslash in it; branches are written with slashes: {_shown(slashes)!r}"
    return _hash_objection(revision) or _name_objection(revision)


def _trimmed(revision: str) -> str:
    """Without what pages and terminals add when text is copied: blanks, line breaks, U+200B, U+FEFF."""
    shown = [at for at, each in enumerate(revision) if not each.isspace() and unicodedata.category(each) != "Cf"]
    return revision[shown[0] : shown[-1] + 1] if shown else ""


def _hash_objection(revision: str) -> str:
    length = len(revision)
    if not _HEX.fullmatch(revision) or length == _FULL_LENGTH or length <= _LONGEST_SHORT:
        return ""
    if length < _FULL_LENGTH:
        return f"looks like a commit hash that was cut off: {length} of {_FULL_LENGTH} characters; {_REMEDY}"
    return f"looks like a commit hash, but has {length} characters instead of {_FULL_LENGTH}; {_REMEDY}"


def _name_objection(revision: str) -> str:
    return next((reason for pattern, reason in _FORBIDDEN if re.search(pattern, revision)), "")


def _shown(revision: str) -> str:
    return revision if len(revision) <= LONGEST_SHOWN else f"{revision[:LONGEST_SHOWN]}…"


# --- asking ----------------------------------------------------------------------------------------------------------


def _repository(spec: ModelSpec) -> str:
    if spec.repository is None:
        raise RepositoryNotFoundError(spec.name, "the catalogue names no repository for it")
    return spec.repository


def _asked(repository: str, name: str, tick: client.Tick) -> str:
    client.require_client()
    try:
        return client.describe(repository, None if name == MAIN else name, tick).commit
    except RevisionNotFoundError:
        if not _SHORT_HASH.fullmatch(name):
            raise
    return _listed(repository, name, client.newest_commits(repository, tick))


def _listed(repository: str, name: str, commits: tuple[str, ...]) -> str:
    """The one commit that starts so: the Hub's documentation promises to know full hashes only."""
    fitting = _starting(name, commits)
    if not fitting:
        raise RevisionNotFoundError(repository, name, commits[:NAMED])
    return _only(name, fitting)


def _starting(name: str, commits: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(commit for commit in commits if commit.startswith(name.lower())))


def _only(name: str, fitting: tuple[str, ...]) -> str:
    if len(fitting) > 1:
        named = ", ".join(fitting[:NAMED])
        raise InvalidRevisionError(name, f"fits {len(fitting)} commits: {named}; use one of these full hashes")
    return fitting[0]


# --- remembering -----------------------------------------------------------------------------------------------------


def _memory(repository: str, home: Path) -> Memory:
    cached = cache.loadable_commits(repository)
    return Memory(holdings.complete(home), holdings.meanings(home), cached, cache.names(repository))


def _still_good(memory: Memory, name: str) -> str | None:
    """The commit that need not be asked for again."""
    meaning = memory.meanings.get(name)
    if meaning is None or meaning.commit not in memory.complete:
        return None
    is_hash = _SHORT_HASH.fullmatch(name) and meaning.commit.startswith(name.lower())
    return meaning.commit if is_hash or 0 <= time.time() - meaning.asked_at < DAY_SECONDS else None


def _remember(home: Path, name: str, commit: str) -> None:
    """Best effort: a models folder that nobody may write to is good enough to load from."""
    with suppress(StorageError), downloads.alone(home / holdings.NAMES, lambda: None):
        holdings.write_meanings(home, {**holdings.meanings(home), name: Meaning(commit)})


def _by_start(memory: Memory, name: str) -> Resolved | None:
    if not _SHORT_HASH.fullmatch(name):
        return None
    fitting = _starting(name, (*memory.complete, *memory.cached))
    return Resolved(_only(name, fitting), f"the only one on this machine that starts with {name}") if fitting else None


def _recalled(memory: Memory, name: str, error: HubError, *, offline: bool) -> Resolved:
    """What is known here, and a note that says why the Hub did not decide.

    Raises:
        HubError: nothing is.
    """
    found = recall(memory, name)
    if found is None:
        raise _with_candidates(error, memory, name) from error
    why = "Offline" if offline else "The Hub did not answer"
    if not isinstance(error, HubUnreachableError):
        why = f"The Hub did not say what {name} is"
    return Resolved(found.commit, f"{why}: using commit {found.commit[:7]}, {found.note}.")


def _with_candidates(error: HubError, memory: Memory, name: str) -> HubError:
    """The same error, with what there is instead."""
    here = tuple(dict.fromkeys((*memory.complete, *memory.cached)))[:NAMED]
    if isinstance(error, RevisionNotFoundError):
        return RevisionNotFoundError(error.repository, name, error.candidates or here)
    if isinstance(error, HubUnreachableError) and here:
        known = ", ".join(here)
        return HubUnreachableError(error.repository, f"{error.reason}, or choose a version that is here: {known}")
    return error
