"""Captions on the table: our own or made elsewhere; mended, or laid out anew."""

from dataclasses import dataclass
from pathlib import Path

from page.recordings import Recording, named_by_user, own_folder, safe_name
from transcriber import export, imported
from transcriber.errors import TranscriberError
from transcriber.export.checking import check
from transcriber.export.cues import Cue, lay_out
from transcriber.export.handover import Handover
from transcriber.export.repairing import mend
from transcriber.export.subtitles import transcript_of
from transcriber.footage import Footage
from transcriber.options import CaptionOptions, ExportOptions
from transcriber.storage import write_whole
from transcriber.timecode import FrameRate

WRITTEN = {".srt": "srt", ".vtt": "vtt", ".ass": "srt"}
"""In which format captions come back; of .ass the styles are not kept, so it is none any more."""


@dataclass(frozen=True, slots=True)
class Captions:
    """A file of captions: `name` as the user calls it, `note` what was done to it, and where it can be downloaded."""

    name: str
    cues: tuple[Cue, ...]
    note: str = ""
    path: Path | None = None


def offset(captions: Captions, handover: Handover) -> float:
    """Which second of them is the recording's first: that of the time base, unless they begin before it.

    Subtitles made in an editing program count from the timeline's start, most others from that of the file.
    """
    start = handover.clock(0)
    return start if all(cue.start >= start for cue in captions.cues) else 0.0


def read(path: Path, name: str) -> Captions:
    """A subtitle file as it is.

    Raises:
        MediaNotFoundError, InvalidSubtitlesError: it is gone, no such file, or damaged; they speak of `name`.
    """
    try:
        return Captions(name, imported.read_captions(path).cues)
    except TranscriberError as error:
        raise named_by_user(error, Recording(path, name, uploaded=True)) from error


def repaired(captions: Captions, options: CaptionOptions, rate: FrameRate, folder: Path) -> Captions:
    """Mended where it is safe, with a file in a new folder below `folder`. Raises StorageError."""
    done = mend(captions.cues, options, rate)
    left = len(done.after.breaches)
    found = f"{len(done.mended)} mended, {left or 'none'} left"
    note = f"{found}: from {done.before.score:g} to {done.after.score:g} of 100."
    return _written(Captions(_called(captions, "repaired"), done.cues, note), folder)


def laid_out_anew(captions: Captions, options: CaptionOptions, rate: FrameRate, folder: Path) -> Captions:
    """The same words in cues by the rules, with a file as `repaired`. Raises StorageError."""
    cues = tuple(lay_out(transcript_of(captions.cues, 0.0), options, rate))
    before, after = (check(each, options, rate).score for each in (captions.cues, cues))
    note = f"Laid out anew, {len(captions.cues)} captions as {len(cues)}: from {before:g} to {after:g} of 100."
    return _written(Captions(_called(captions, "laid out anew"), cues, note), folder)


def _called(captions: Captions, how: str) -> str:
    old = Path(safe_name(captions.name))
    return f"{old.stem} ({how}){export.find(WRITTEN[old.suffix.lower()]).extension}"


def _written(captions: Captions, folder: Path) -> Captions:
    path = own_folder(folder) / captions.name
    transcript = transcript_of(captions.cues, 0.0)
    handover = Handover(transcript, Footage(path, transcript.duration), ExportOptions(), captions=captions.cues)
    write_whole(path, export.find(WRITTEN[path.suffix.lower()]).render(handover))
    return Captions(captions.name, captions.cues, captions.note, path)
