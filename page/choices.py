"""Which model is chosen, as the fields of the page say it: the name that loads it, and why it cannot be used."""

from dataclasses import dataclass, replace
from pathlib import Path

from page.settings import FIRST_MODEL, Settings
from transcriber import hub, loading
from transcriber.catalogue import MODEL_CONFIGS, ModelSpec
from transcriber.errors import TranscriberError

OWN_FILE = "file"
"""The choice of a `.nemo` file that is not in the catalogue: as the model, or to tell the times."""

NEWEST = "main"

NO_MODEL_FILE = "Give the path of a .nemo file, or choose another model."
NO_TIMING_FILE = "Give the path of the .nemo file that tells the word times, or choose otherwise."
GONE = "{} was chosen last, but is not there any more. {} is chosen instead."
NOT_INSTALLED = "{} is not installed. Press Install, or run: python setup_local_models.py {}"


@dataclass(frozen=True, slots=True)
class Choice:
    """What stands in the fields. `revision` is None or text as it was typed; `timing` is "auto", "none" or OWN_FILE."""

    model: str
    path: str = ""
    revision: str | None = None
    timing: str = "auto"
    timing_path: str = ""

    @property
    def spec(self) -> ModelSpec | None:
        """Of the catalogue, at the chosen revision; None for a file of one's own."""
        known = MODEL_CONFIGS.get(self.model)
        if known is None or not known.takes_revision:
            return known
        return replace(known, revision=self.revision or (NEWEST if known.revision else None))

    @property
    def name(self) -> str:
        """What `catalogue.find` knows it by.

        >>> Choice("canary", revision="v1").name
        'canary@v1'
        """
        spec = self.spec
        if spec is None:
            return self.path
        return spec.name if spec == MODEL_CONFIGS[self.model] else f"{spec.name}@{spec.revision}"

    @property
    def takes_revision(self) -> bool:
        """Whether a version can be named."""
        return self.spec is not None and self.spec.takes_revision

    @property
    def needs_times(self) -> bool:
        """Whether another model has to tell when each word was said."""
        return self.spec is not None and not self.spec.word_times

    @property
    def timer(self) -> str:
        """`LoadSettings.timing`: the same for all models that need none, so that none is loaded twice."""
        if not self.needs_times:
            return "auto"
        return self.timing_path if self.timing == OWN_FILE else self.timing

    def can_prove(self, models_dir: Path) -> bool:
        """Whether a second model listens, whose reading can be held against the first."""
        by_parakeet = self.timing == "auto" and loading.installed_timer(models_dir) is not None
        return self.needs_times and (self.timing == OWN_FILE or by_parakeet)

    def revision_refusal(self) -> str | None:
        """Why the revision can be none, without asking anybody; None if it can be one."""
        try:
            hub.check_revision(self.spec.revision if self.spec else None)
        except TranscriberError as error:
            return str(error)
        return None

    @property
    def title(self) -> str:
        """What it is called: of a file its name."""
        return self.spec.title if self.spec else Path(self.path).name

    def is_here(self, models_dir: Path) -> bool:
        """Whether a start with it would find a model."""
        if self.model == OWN_FILE:
            return Path(self.path).expanduser().is_file()
        return self.absence(models_dir) is None

    def refusal(self, models_dir: Path) -> str | None:
        """Why nothing can be transcribed as the fields stand, and what to do; None if it can."""
        if self.model == OWN_FILE and not self.path:
            return NO_MODEL_FILE
        if self.needs_times and self.timing == OWN_FILE and not self.timing_path:
            return NO_TIMING_FILE
        return self.absence(models_dir)

    def absence(self, models_dir: Path) -> str | None:
        """Why this very version is not on this machine, at a glance; None if it is, or is a file of one's own."""
        try:
            if self.spec is None or hub.installed(self.spec, models_dir):
                return None
        except TranscriberError as error:
            return str(error)
        wanted = f" at {self.spec.revision}" if self.name != self.spec.name else ""
        return NOT_INSTALLED.format(self.spec.title + wanted, self.name)


def only_demo(models_dir: Path) -> bool:
    """Whether nothing is installed but the model that understands only its own voice."""
    return not any(loading.is_installed(spec, models_dir) for name, spec in MODEL_CONFIGS.items() if name != "demo")


def chosen_last(name: str) -> Choice:
    """The choice that a remembered name stands for.

    >>> chosen_last("canary@v1").revision
    'v1'
    """
    model, _, revision = name.partition("@")
    if model not in MODEL_CONFIGS:
        return Choice(OWN_FILE, name)
    return Choice(model, revision=revision or MODEL_CONFIGS[model].revision)


def chosen(kept: Settings) -> Choice:
    """The choice that is remembered."""
    own_timer = kept.timing not in ("auto", "none")
    timing, path = (OWN_FILE, kept.timing) if own_timer else (kept.timing, "")
    return replace(chosen_last(kept.model), timing=timing, timing_path=path)


def usable(kept: Settings, models_dir: Path) -> tuple[Choice, str]:
    """The choice that is remembered, or another if its model is gone, and then a sentence that says so."""
    choice = chosen(kept)
    if kept.model == FIRST_MODEL or choice.is_here(models_dir):
        return choice, ""
    every = (chosen(replace(kept, model=name)) for name in ("parakeet", "parakeet-v3", "canary"))
    other = next((each for each in every if each.is_here(models_dir)), chosen(replace(kept, model=FIRST_MODEL)))
    return other, GONE.format(choice.title, other.title)
