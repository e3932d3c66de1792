"""Where the files of a transcript go, and what becomes of files that are there already."""

import os
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

from transcriber import export, media
from transcriber.errors import InvalidOptionError, MediaError, StorageError
from transcriber.export.handover import Handover
from transcriber.footage import Footage
from transcriber.options import ExportOptions
from transcriber.storage import patiently, storage_errors, system_path, write_whole
from transcriber.transcript import Transcript

Existing = Literal["skip", "number", "replace"]
"""What becomes of a file of the wanted name: it stays and is not written again, it stays and the new one is called
"talk (2)", or the new one takes its place."""

EXISTING: tuple[Existing, ...] = ("skip", "number", "replace")

LONGEST_STEM = 228
"""Bytes in UTF-8 of a name without its ending: file systems take 255, and " (12)", ".premiere.json" and ".part" come
on top."""


@dataclass(frozen=True, slots=True)
class Output:
    """The files of one recording: one per format, in `folder`, named `stem`, or "stem (number)" from 2 on.

    Raises:
        UnknownFormatError: one of the formats is none.
        InvalidOptionError: `existing` is not one of EXISTING.
    """

    recording: Path
    folder: Path
    stem: str
    formats: tuple[str, ...]
    existing: Existing = "number"
    number: int = 1

    def __post_init__(self) -> None:
        for name in self.formats:
            export.find(name)
        if self.existing not in EXISTING:
            raise InvalidOptionError("existing", str(self.existing), f"it is one of {', '.join(EXISTING)}")

    @property
    def paths(self) -> tuple[Path, ...]:
        """One per format, in their order."""
        name = self.stem if self.number == 1 else f"{self.stem} ({self.number})"
        return tuple(self.folder / f"{name}{export.find(each).extension}" for each in self.formats)

    @property
    def is_there(self) -> bool:
        """Whether there is nothing to do: every file exists and is to stay."""
        return self.existing == "skip" and all(map(_exists, self.paths))


def plan(
    recordings: Sequence[Path], formats: Sequence[str], folder: Path | None = None, existing: Existing = "number"
) -> tuple[Output, ...]:
    """Names for the files of each recording: in `folder`, or beside the recording without one.

    Two recordings never get the same name, and no recording is in the way of
    a file: where "talk" is taken, the next one is "talk (2)". It depends on
    nothing but the recordings and their order, so "skip" and "replace" find
    the files of the same request again.

    Raises:
        UnknownFormatError, InvalidOptionError: as `Output`.
    """
    taken = {_key(recording) for recording in recordings}
    outputs = []
    for recording in recordings:
        wanted = Output(recording, folder or recording.parent, shortened(recording.stem), tuple(formats), existing)
        output = next(each for each in _numbered(wanted) if taken.isdisjoint(map(_key, each.paths)))
        taken.update(map(_key, output.paths))
        outputs.append(output)
    return tuple(outputs)


def hand_over(
    transcript: Transcript,
    recording: Path,
    options: ExportOptions | None = None,
    shots: Sequence[float] = (),
    footage: Footage | None = None,
) -> Handover:
    """The transcript with what an editor knows of its recording: `footage`, or what can still be read.

    Raises:
        InvalidOptionError: a start timecode that the frame rate does not have.
    """
    footage = footage or footage_of(recording) or Footage(recording.absolute(), transcript.duration)
    # a browser's recording does not say how long it is, other headers estimate it
    footage = replace(footage, duration=max(footage.duration, transcript.duration))
    return Handover(transcript, footage, options or ExportOptions(), shots)


def footage_of(recording: Path) -> Footage | None:
    """What an editor knows of a recording, by its whole path; None where it is gone or cannot be read."""
    try:
        return media.footage(recording.absolute())  # what is written may be opened from anywhere
    except MediaError:
        return None


def save(handover: Handover, output: Output) -> list[Path]:
    """Write the files of a recording, each whole or not at all; those that stay as they are are not among the result.

    Raises:
        DiskFullError, NotWritableError: the first that could not be written; the others were all the same.
    """
    with storage_errors(output.folder):
        system_path(output.folder).mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    failures: list[StorageError] = []
    for path, form in _to_write(output):
        content = form.render(handover)
        try:
            patiently(partial(write_whole, path, content))
            written.append(path)
        except StorageError as error:  # one file that is open in Word must not cost the others
            failures.append(error)
    if failures:
        raise failures[0]
    return written


def shortened(stem: str) -> str:
    """The stem, cut to LONGEST_STEM where it is longer; no letter is cut in two."""
    kept = stem
    while len(os.fsencode(kept)) > LONGEST_STEM:
        kept = kept[:-1]
    return stem if kept == stem else kept.rstrip(" .")


def _to_write(output: Output) -> Iterator[tuple[Path, export.Format]]:
    settled = output
    if output.existing == "number":
        settled = next(each for each in _numbered(output) if not any(map(_exists, each.paths)))
    for path, name in zip(settled.paths, settled.formats, strict=True):
        if output.existing != "skip" or not _exists(path):
            yield path, export.find(name)


def _numbered(output: Output) -> Iterable[Output]:
    """The same under one number after the other."""
    while True:
        yield output
        output = replace(output, number=output.number + 1)


def _exists(path: Path) -> bool:
    return os.path.lexists(system_path(path))


def _key(path: Path) -> str:
    """The same for names that are one on some file system: in other letters, composed or not."""
    return unicodedata.normalize("NFC", str(path.absolute())).casefold()
