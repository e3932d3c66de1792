"""A transcript on its way out of the page: how it is wanted, what is known of its recording, files when asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from page.past import Past
from page.recordings import as_downloads, own_folder, safe_name
from transcriber import export, outputs
from transcriber.errors import MediaNotFoundError, UnknownJobError
from transcriber.export.handover import Handover
from transcriber.export.subtitles import MODEL
from transcriber.footage import Footage
from transcriber.options import PROFILES, CaptionOptions, ExportOptions, TimeBase
from transcriber.storage import write_whole
from transcriber.timecode import parse
from transcriber.transcript import Transcript

USUAL_PROFILE = "netflix"


@dataclass(frozen=True, slots=True)
class Rules:
    """What stands in the fields. `rate` is text as it was typed, empty for that of the film; None is an empty field.

    `snap` moves captions to shot changes where the recording has a picture.
    `language` is what is spoken, a code of ISO 639-1; empty for what the model says.
    """

    profile: str = USUAL_PROFILE
    line_length: float | None = None
    lines: float | None = None
    characters_per_second: float | None = None
    rate: str = ""
    base: TimeBase = "file"
    own_start: str = ""
    snap: bool = False
    language: str = ""

    def captions(self) -> CaptionOptions:
        """The profile with what was changed in it.

        Raises:
            InvalidOptionError: a number that makes no sense.
        """
        profile = PROFILES[self.profile]
        lines = profile.lines if self.lines is None else int(self.lines)
        speed = self.characters_per_second
        return replace(
            profile,
            line_length=profile.line_length if self.line_length is None else int(self.line_length),
            lines=lines,
            most_lines=profile.most_lines if lines == profile.lines else None,
            characters_per_second=profile.characters_per_second if speed is None else float(speed),
        )

    def options(self) -> ExportOptions:
        """All of it.

        Raises:
            InvalidOptionError: a number or a frame rate that makes no sense.
        """
        rate = parse(self.rate) if self.rate.strip() else None
        return ExportOptions(captions=self.captions(), rate=rate, base=self.base, own_start=self.own_start)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A finished transcript that the user has opened to hand it over.

    `job` is empty where there is none, but captions are to be checked. `media`
    is where its recording can be played from, None where it is gone; `beside`
    the recording as the user knows it, None where the browser brought it. Files
    go below `folder`. `shots` are seconds, None until they were looked for.
    """

    job: str
    name: str
    transcript: Transcript
    footage: Footage
    folder: Path
    media: Path | None = None
    beside: Path | None = None
    shots: tuple[float, ...] | None = None

    @property
    def is_bare(self) -> bool:
        """Whether there is no transcript, only captions made elsewhere."""
        return not self.job

    def hand_over(self, rules: Rules) -> Handover:
        """The transcript as the rules want it.

        Raises:
            InvalidOptionError: a rule that makes no sense, or a timecode that the frame rate does not have.
        """
        shots = (self.shots or ()) if rules.snap else ()
        spoken = replace(self.transcript, language=rules.language or self.transcript.language)
        return Handover(spoken, self.footage, rules.options(), shots)

    def wants_shots(self, rules: Rules) -> bool:
        """Whether shot changes must be looked for first."""
        return rules.snap and self.shots is None and self.media is not None and self.footage.size is not None


def deliver(past: Past, job: str) -> Delivery:
    """What a finished job has to hand over.

    Raises:
        TranscriberError: the job is gone, damaged or not finished.
    """
    entry = past.find(job)
    transcript, recording = past.corrected(entry), entry.summary.recording
    if transcript is None:
        raise UnknownJobError(job)
    media = past.lies_at(recording)
    footage = outputs.hand_over(transcript, media or recording).footage
    uploaded = past.uploads.holds(recording)
    return Delivery(
        job,
        recording.name,
        transcript,
        replace(footage, path=recording),  # an upload is read elsewhere, under a name that the user does not know
        past.downloads / job,
        media,
        None if uploaded else recording,
    )


def bare(past: Past, name: str) -> Delivery:
    """Where captions made elsewhere are checked without a transcript."""
    nothing = Transcript((), 0.0, MODEL)
    return Delivery("", name, nothing, Footage(Path(name), 0.0), past.downloads / "captions")


# --- files -----------------------------------------------------------------------------------------------------------


def download(delivery: Delivery, handover: Handover, formats: Sequence[str]) -> tuple[Path, ...]:
    """The transcript in these formats, in the page's own folder.

    Raises:
        StorageError: they could not be written.
    """
    return as_downloads(handover, delivery.name, delivery.folder, formats)


def pack(delivery: Delivery, handover: Handover, formats: Sequence[str]) -> Path:
    """A zip with these formats, in the page's own folder. Raises StorageError."""
    path = own_folder(delivery.folder) / f"{Path(safe_name(delivery.name)).stem}.zip"
    write_whole(path, export.pack(handover, formats))
    return path


def save_beside(delivery: Delivery, handover: Handover, formats: Sequence[str]) -> list[Path]:
    """These formats beside the recording; files that are there already stay.

    Raises:
        MediaNotFoundError: the recording's folder is gone.
        StorageError: they could not be written.
    """
    beside = delivery.beside
    if beside is None or not beside.parent.is_dir():
        raise MediaNotFoundError(str(beside or delivery.name))
    (output,) = outputs.plan([beside], formats)
    return outputs.save(handover, output)
