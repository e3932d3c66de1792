"""What lies in the folder of a model that is a whole repository: one folder for each commit.

    models/canary-qwen-2.5b/
        revisions.json                  what names meant when the Hub was last asked
        <full hash>/
            config.json                 `pretrained_llm` is the name of the folder beside it
            model.safetensors
            Qwen3-1.7B/                 configuration and tokenizer of the language model, no weights
            snapshot.json               written last: the folder is complete

Such a folder needs nothing outside itself: it can be copied to another machine, and deleted.
"""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from transcriber.hub.origin import Installed, Origin, size_of
from transcriber.storage import write_whole

CONFIG, WEIGHTS = "config.json", "model.safetensors"
RECORD, NAMES = "snapshot.json", "revisions.json"
FULL_HASH = re.compile("[0-9a-f]{40}")
_OURS = re.compile(rf"{re.escape(NAMES)}(\.lock|\.part)?|.+\.part(\.json)?")
"""Files beside the commits: what names meant, and unfinished downloads with their records."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A file of a snapshot as it lies on the disk; `path` is relative to the snapshot, with slashes."""

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that loading one commit of a model needs, and where it came from.

    `language_model` is the repository that config.json named on the Hub, `language_commit` the one of its commits
    from which configuration and tokenizer came.
    """

    repository: str
    commit: str
    language_model: str
    language_commit: str
    pieces: tuple[Piece, ...]

    @property
    def size_bytes(self) -> int:
        """Of all files together."""
        return sum(piece.size_bytes for piece in self.pieces)

    def installed(self, folder: Path) -> Installed:
        """As it is said of any model: the weights stand for the whole."""
        weights = next(piece for piece in self.pieces if piece.path == WEIGHTS)
        origin = Origin(self.repository, WEIGHTS, self.commit, weights.size_bytes, sha256=weights.sha256)
        return Installed(folder, self.size_bytes, origin)


def read(folder: Path) -> Snapshot | None:
    """The record of a snapshot; None where there is none, or none that makes sense."""
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        pieces = tuple(Piece(**each) for each in found.pop("pieces"))
        snapshot = Snapshot(**found, pieces=pieces)
        snapshot.installed(folder)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, StopIteration):
        return None
    return snapshot if snapshot.commit == folder.name else None


def write(folder: Path, snapshot: Snapshot) -> None:
    """Say that the folder is complete. Raises as `storage.write_whole`."""
    write_whole(folder / RECORD, json.dumps(asdict(snapshot), indent=2).encode())


def is_complete(folder: Path) -> bool:
    """Whether everything is there, at a glance: sizes are compared, bytes are not read."""
    snapshot = read(folder)
    return snapshot is not None and all(size_of(folder / each.path) == each.size_bytes for each in snapshot.pieces)


def recorded(home: Path) -> tuple[str, ...]:
    """The commits that were complete once, and may be damaged now; `home` is the model's folder."""
    if not home.is_dir():
        return ()
    names = sorted(path.name for path in home.iterdir() if FULL_HASH.fullmatch(path.name))
    return tuple(name for name in names if read(home / name))


def complete(home: Path) -> tuple[str, ...]:
    """The commits that are complete at a glance."""
    return tuple(name for name in recorded(home) if is_complete(home / name))


def belongings(home: Path, commit: str | None = None) -> tuple[Path, ...]:
    """What this program has put into the model's folder: all of it, or the folder of one commit; weights come first.

    Whatever else somebody keeps there is not named.
    """
    if not home.is_dir():
        return ()
    if commit:
        return (home / commit,) if (home / commit).is_dir() else ()
    every = sorted(home.iterdir())
    commits = [path for path in every if path.is_dir() and FULL_HASH.fullmatch(path.name)]
    return (*commits, *(path for path in every if path.is_file() and _OURS.fullmatch(path.name)))


# --- what names meant ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Meaning:
    """The commit that the Hub had for a name; `asked_at` in seconds since 1970.

    Raises:
        ValueError: that is no commit.
    """

    commit: str
    asked_at: float = field(default_factory=time.time)

    def __post_init__(self) -> None:
        if not FULL_HASH.fullmatch(self.commit):
            raise ValueError(self.commit)

    @property
    def day(self) -> str:
        """When the Hub was asked, for people."""
        return time.strftime("%Y-%m-%d", time.localtime(self.asked_at))


def meanings(home: Path) -> dict[str, Meaning]:
    """What branches, tags and short hashes meant when the Hub was last asked; empty where nothing sensible is kept."""
    try:
        found = json.loads((home / NAMES).read_text(encoding="utf-8"))
        return {name: Meaning(str(each["commit"]), float(each["asked_at"])) for name, each in found.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def write_meanings(home: Path, known: Mapping[str, Meaning]) -> None:
    """Keep them. Raises as `storage.write_whole`."""
    content = {name: asdict(meaning) for name, meaning in known.items()}
    write_whole(home / NAMES, json.dumps(content, indent=2).encode())
