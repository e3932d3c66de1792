"""Where the files of a transcript are saved besides being offered for download."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from transcriber import export, outputs
from transcriber.outputs import Existing, Output


@dataclass(frozen=True, slots=True)
class Saving:
    """The chosen formats, in `folder` or beside each recording (None); `existing` files stay or not."""

    folder: Path | None
    existing: Existing = "number"
    formats: tuple[str, ...] = export.USUAL

    def plan(self, recordings: Sequence[Path]) -> tuple[Output, ...]:
        """The files of each recording."""
        return outputs.plan(recordings, self.formats, self.folder, self.existing)

    def count_there(self, recordings: Sequence[Path]) -> int:
        """How many of the recordings have all their files already, whatever is to become of those."""
        planned = outputs.plan(recordings, self.formats, self.folder, "skip")
        return sum(each.is_there for each in planned)
