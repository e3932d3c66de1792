"""The models that Transcribe UI knows by name, and how any other `.nemo` file becomes one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from transcriber.errors import UnknownModelError, UnsupportedOptionError

MODELS_DIR = Path(__file__).resolve().parent.parent / "models"

CANARY_PINNED_REVISION: str | None = None
"""Branch, tag or commit of nvidia/canary-qwen-2.5b to use; None means its newest version."""

EUROPEAN = (
    *("bg", "hr", "cs", "da", "nl", "en", "et", "fi", "fr", "de", "el", "hu", "it"),
    *("lv", "lt", "mt", "pl", "pt", "ro", "ru", "sk", "sl", "es", "sv", "uk"),
)
"""ISO 639-1: the 25 languages of Parakeet v3's model card."""

Engine = Literal["nemo", "salm"]


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """All there is to know of a model without loading it.

    `file` is relative to the models folder unless absolute; `size_bytes` is
    the download's size; `max_clip_seconds` the longest clip it takes well;
    `purpose` a sentence on when to choose it.
    Fields can be read as `spec["revision"]` too, as scripts of old do.
    """

    name: str
    title: str
    engine: Engine
    file: str
    repository: str | None = None
    repository_file: str | None = None
    revision: str | None = None
    languages: tuple[str, ...] = ()
    word_times: bool = True
    proof: bool = False
    max_clip_seconds: float = 40.0
    licence: str = ""
    size_bytes: int = 0
    purpose: str = ""

    def __getitem__(self, field: str) -> object:
        return getattr(self, field)

    @property
    def takes_revision(self) -> bool:
        """Whether versions lie side by side and one can be named; of all others what is installed is the one file."""
        return self.engine == "salm" and self.repository is not None

    @property
    def language(self) -> str | None:
        """The one language of a model that has only one."""
        return self.languages[0] if len(self.languages) == 1 else None

    def path(self, models_dir: Path) -> Path:
        """Where the model lies, or would lie."""
        return models_dir / self.file


_SPECS = (
    ModelSpec(
        name="demo",
        title="Demo (synthetic voice only)",
        engine="nemo",
        file="demo.nemo",
        languages=("en",),
        licence="CC-BY-4.0",
        size_bytes=4_751_360,
        purpose="Tries the program out with its sample: it understands nothing but its own synthetic voice.",
    ),
    ModelSpec(
        name="parakeet",
        title="Parakeet TDT 0.6B v2 (English)",
        engine="nemo",
        file="parakeet.nemo",
        repository="nvidia/parakeet-tdt-0.6b-v2",
        repository_file="parakeet-tdt-0.6b-v2.nemo",
        languages=("en",),
        licence="CC-BY-4.0",
        size_bytes=2_470_000_000,
        purpose="The one to begin with for English: fast, and tells when each word was said.",
    ),
    ModelSpec(
        name="parakeet-v3",
        title="Parakeet TDT 0.6B v3 (25 languages)",
        engine="nemo",
        file="parakeet-v3.nemo",
        repository="nvidia/parakeet-tdt-0.6b-v3",
        repository_file="parakeet-tdt-0.6b-v3.nemo",
        languages=EUROPEAN,
        licence="CC-BY-4.0",
        size_bytes=2_510_000_000,
        purpose="For 25 European languages, which it recognises by itself: fast, and tells when each word was said.",
    ),
    ModelSpec(
        name="canary",
        title="Canary-Qwen 2.5B (English)",
        engine="salm",
        file="canary-qwen-2.5b",
        repository="nvidia/canary-qwen-2.5b",
        revision=CANARY_PINNED_REVISION,
        languages=("en",),
        word_times=False,
        licence="CC-BY-4.0",
        size_bytes=5_120_000_000,
        purpose="The most exact one for English, and much slower: an installed Parakeet tells its word times.",
    ),
)

MODEL_CONFIGS: Mapping[str, ModelSpec] = MappingProxyType({spec.name: spec for spec in _SPECS})


def find(name: str) -> ModelSpec:
    """The spec of a catalogue name, of a name with a revision (`canary@main`), or of the path of any `.nemo` file.

    The revision is taken as it is: `hub.check_revision` tells whether it can be one.

    Raises:
        UnknownModelError: it is none of these.
        UnsupportedOptionError: a revision of a model that has none.

    >>> find("parakeet").file
    'parakeet.nemo'
    """
    if name in MODEL_CONFIGS:
        return MODEL_CONFIGS[name]
    if name.lower().endswith(".nemo"):
        path = Path(name).expanduser().absolute()
        return ModelSpec(name=str(path), title=path.name, engine="nemo", file=str(path))
    model, at, revision = name.partition("@")
    if at and model in MODEL_CONFIGS:
        return _at(MODEL_CONFIGS[model], revision)
    raise UnknownModelError(name, tuple(MODEL_CONFIGS))


def _at(spec: ModelSpec, revision: str) -> ModelSpec:
    if not spec.takes_revision:
        reason = f"it is the one file that is installed, so leave out @{revision}"
        raise UnsupportedOptionError("a revision", spec.name, reason)
    return replace(spec, revision=revision)
