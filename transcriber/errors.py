"""Every error that Transcribe UI raises, in one tree.

A leaf keeps its fields in `args`, in order, so it pickles; it words its
message in `__str__`: what happened, to which file, what to do about it.
Front ends show `str(error)` and nothing else.
"""

GIGABYTE = 1e9


class TranscriberError(Exception):
    """Something the user can be told about in one sentence."""


class TempCleanupWarning(UserWarning):
    """A temporary file stayed behind; the model loaded, or the words came, all the same."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        return f"A temporary file could not be removed ({self.path}). Nothing is lost; it is deleted at the next start."


# --- the recording ---------------------------------------------------------------------------------------------------


class MediaError(TranscriberError):
    """The recording cannot be used."""


class MediaNotFoundError(MediaError):
    """There is no such recording."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        return f"{self.path} does not exist. Check the name, and that its drive is connected."


class UnreadableMediaError(MediaError):
    """The file is there but is no audio or video, or is damaged."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def __str__(self) -> str:
        return f"{self.path} cannot be read as audio or video: {self.reason}. Export it again, or try another file."


class NoAudioError(MediaError):
    """The file is readable, but there is nothing in it to hear."""

    def __init__(self, path: str, finding: str) -> None:
        super().__init__(path, finding)
        self.path, self.finding = path, finding

    def __str__(self) -> str:
        return f"{self.path} {self.finding}. Export it with its sound, or pick another file."


class NothingToTranscribeError(MediaError):
    """A folder that gives no recording."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def __str__(self) -> str:
        return f"There is nothing to transcribe in {self.path}: {self.reason}. Choose another folder, or the files."


# --- the model -------------------------------------------------------------------------------------------------------


class ModelError(TranscriberError):
    """The model cannot be used."""


class UnknownModelError(ModelError):
    """The name is neither in the catalogue nor a `.nemo` file."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(name, known)
        self.name, self.known = name, known

    def __str__(self) -> str:
        known = ", ".join(self.known)
        return f"There is no model named {self.name!r}. Choose one of {known}, or give the path of a .nemo file."


class MissingModelError(ModelError):
    """A model of the catalogue whose file is not on this machine."""

    def __init__(self, name: str, path: str) -> None:
        super().__init__(name, path)
        self.name, self.path = name, path

    def __str__(self) -> str:
        return f"{self.name} is not installed: {self.path} does not exist. {self._advice()}"

    def _advice(self) -> str:
        if self.name.endswith(".nemo"):
            return "Check the path."
        return f"Run: python setup_local_models.py {self.name}"


class CorruptModelError(ModelError):
    """The archive is truncated, damaged, dangerous, or no NeMo model at all."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def __str__(self) -> str:
        return f"{self.path} is not a usable model: {self.reason}. Download or copy it again."


class ModelInUseError(ModelError):
    """A model that is to be removed or mended while recordings are transcribed."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"{self.name} was left as it is, for a model is at work. Wait until it is done, or cancel it."


class ModelLoadError(ModelError):
    """The archive is sound, but the model could not be built from it."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name, reason)
        self.name, self.reason = name, reason

    def __str__(self) -> str:
        return f"{self.name} could not be loaded: {self.reason}."


class MissingDependencyError(ModelError):
    """A Python package that the model needs is not installed."""

    def __init__(self, module: str, command: str) -> None:
        super().__init__(module, command)
        self.module, self.command = module, command

    def __str__(self) -> str:
        return f"The Python package {self.module} is missing. Run: {self.command}"


# --- the Hub ---------------------------------------------------------------------------------------------------------


class HubError(ModelError):
    """The model could not be had from the Hugging Face Hub."""


class InvalidRevisionError(HubError):
    """The revision cannot be a branch, a tag or a commit hash."""

    def __init__(self, revision: str, reason: str) -> None:
        super().__init__(revision, reason)
        self.revision, self.reason = revision, reason

    def __str__(self) -> str:
        return f"The revision {self.revision!r} {self.reason}."


class RevisionNotFoundError(HubError):
    """The repository has no such branch, tag or commit; `candidates` are full hashes of commits that there are."""

    def __init__(self, repository: str, revision: str, candidates: tuple[str, ...] = ()) -> None:
        super().__init__(repository, revision, candidates)
        self.repository, self.revision, self.candidates = repository, revision, candidates

    def __str__(self) -> str:
        known = f"one of {', '.join(self.candidates)}, " if self.candidates else ""
        return (
            f"{self.repository} has no branch, tag or commit {self.revision!r}. "
            f"Use main, {known}or the full hash from the model's commit page."
        )


class RepositoryNotFoundError(HubError):
    """The Hub does not have the repository or the file, or does not show it to us."""

    def __init__(self, repository: str, reason: str) -> None:
        super().__init__(repository, reason)
        self.repository, self.reason = repository, reason

    def __str__(self) -> str:
        return f"The Hub did not hand out {self.repository}: {self.reason}."


class HubUnreachableError(HubError):
    """No answer from the Hub: no network, a captive portal, a server in trouble, or offline by choice."""

    def __init__(self, repository: str, reason: str) -> None:
        super().__init__(repository, reason)
        self.repository, self.reason = repository, reason

    def __str__(self) -> str:
        return f"{self.repository} could not be fetched: {self.reason}."


class IncompleteDownloadError(HubError):
    """Some bytes came, but not all, or not the right ones."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def __str__(self) -> str:
        return f"The download of {self.path} is not complete: {self.reason}."


# --- the work --------------------------------------------------------------------------------------------------------


class RecognitionError(TranscriberError):
    """The recording and the model are fine, the work was not finished."""


class MemoryExhaustedError(RecognitionError):
    """The device has too little memory for the model or the clip."""

    def __init__(self, task: str, device: str, reason: str) -> None:
        super().__init__(task, device, reason)
        self.task, self.device, self.reason = task, device, reason

    def __str__(self) -> str:
        return (
            f"Out of memory on {self.device} while {self.task} ({self.reason}). "
            "Close other programs, unload the model, or choose another device."
        )


class TranscriptionCancelledError(RecognitionError):
    """The user cancelled."""

    def __init__(self, recording: str) -> None:
        super().__init__(recording)
        self.recording = recording

    def __str__(self) -> str:
        return f"{self.recording} was cancelled."


class ClipFailedError(RecognitionError):
    """The model failed on one clip; `start` and `end` in seconds of the recording."""

    def __init__(self, start: float, end: float, reason: str) -> None:
        super().__init__(start, end, reason)
        self.start, self.end, self.reason = start, end, reason

    def __str__(self) -> str:
        return f"Recognition failed between {self.start:.1f} s and {self.end:.1f} s: {self.reason}."


class ModelUnloadedError(RecognitionError):
    """The recognizer was closed before the work was done."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"{self.name} was unloaded. Load it again."


class WorkerDiedError(RecognitionError):
    """The process that transcribes is no more; `subject` is the recording, or the model, that it was working on."""

    def __init__(self, subject: str, reason: str) -> None:
        super().__init__(subject, reason)
        self.subject, self.reason = subject, reason

    def __str__(self) -> str:
        return (
            f"The process that worked on {self.subject} ended unexpectedly ({self.reason}). "
            "What was heard so far is kept: transcribe again to go on from there."
        )


class UnexpectedError(RecognitionError):
    """Something that should not happen, in the process that transcribes; its log has the details."""

    def __init__(self, subject: str, kind: str) -> None:
        super().__init__(subject, kind)
        self.subject, self.kind = subject, kind

    def __str__(self) -> str:
        return f"Something unexpected went wrong with {self.subject} ({self.kind}). Try again; the log has the details."


# --- the disk --------------------------------------------------------------------------------------------------------


class StorageError(TranscriberError):
    """A file could not be written."""


class DiskFullError(StorageError):
    """Too little room; sizes in bytes, 0 where not known."""

    def __init__(self, path: str, needed_bytes: int, free_bytes: int) -> None:
        super().__init__(path, needed_bytes, free_bytes)
        self.path, self.needed_bytes, self.free_bytes = path, needed_bytes, free_bytes

    def __str__(self) -> str:
        needed = f"{self.needed_bytes / GIGABYTE:.2f} GB needed, " if self.needed_bytes else ""
        free = f"{self.free_bytes / GIGABYTE:.2f} GB free"
        return f"The disk is too full to write {self.path} ({needed}{free}). Make room and try again."


class NotWritableError(StorageError):
    """The file or folder refuses to be written."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def __str__(self) -> str:
        return (
            f"{self.path} cannot be written: {self.reason}. Choose another folder, or close the program that holds it."
        )


class NotRemovableError(StorageError):
    """A file or folder that cannot be deleted."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def __str__(self) -> str:
        return f"{self.path} could not be deleted: {self.reason}. Close the program that has it open, then try again."


class FileInTheWayError(StorageError):
    """A file of the wanted name is there already, and is not ours to replace."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def __str__(self) -> str:
        return f"{self.path} was left as it is: {self.reason}. Move it away, then try again."


# --- the job ---------------------------------------------------------------------------------------------------------


class JobError(TranscriberError):
    """The job cannot be had."""


class UnknownJobError(JobError):
    """There is no job of that id, or none that can be read."""

    def __init__(self, job_id: str) -> None:
        super().__init__(job_id)
        self.job_id = job_id

    def __str__(self) -> str:
        return f"There is no job {self.job_id}. Run python -m transcriber jobs to see which there are."


class JobRunningError(JobError):
    """Somebody works on the job."""

    def __init__(self, job_id: str, recording: str) -> None:
        super().__init__(job_id, recording)
        self.job_id, self.recording = job_id, recording

    def __str__(self) -> str:
        return (
            f"{self.recording} is being transcribed right now (job {self.job_id}). "
            "Wait until that is done, or cancel it where it was started."
        )


# --- corrections -----------------------------------------------------------------------------------------------------


class LibrarySetAsideWarning(UserWarning):
    """The library could not be read; it was kept under another name, and a new one begun."""

    def __init__(self, path: str, kept_as: str, reason: str) -> None:
        super().__init__(path, kept_as, reason)
        self.path, self.kept_as, self.reason = path, kept_as, reason

    def __str__(self) -> str:
        return (
            f"{self.path} could not be read as a library of corrections ({self.reason}). "
            f"It was kept as {self.kept_as}, and a new, empty one was begun."
        )


class NewerLibraryError(StorageError):
    """The library was written by a later version of the program, and was left alone."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        return f"{self.path} was written by a newer version of this program. Use that version, or move the file away."


class DamagedLibraryError(StorageError):
    """The library turned out to be damaged while it was used; what was asked for was not done."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def __str__(self) -> str:
        return (
            f"{self.path} is damaged ({self.reason}); the last change was not kept. "
            "Start the program again: it keeps the file under another name and begins a new one."
        )


class CorrectionError(TranscriberError):
    """The correction cannot be made or found."""


class InvalidEditError(CorrectionError):
    """The edit names what is not there, or makes no sense where it is."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"The transcript was left as it is, for this cannot be done: {self.reason}."


class EditConflictError(CorrectionError):
    """Somebody else corrected the transcript meanwhile, in another window."""

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self.title = title

    def __str__(self) -> str:
        return f"{self.title} was changed in another window. Load it again, then make this correction once more."


class UnknownTranscriptError(CorrectionError):
    """The library has no such transcript."""

    def __init__(self, transcript_id: str) -> None:
        super().__init__(transcript_id)
        self.transcript_id = transcript_id

    def __str__(self) -> str:
        return f"The library has no transcript {self.transcript_id}: it was deleted. Transcribe the recording again."


class OriginalChangedError(CorrectionError):
    """The words are not those that the corrections were made to."""

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self.title = title

    def __str__(self) -> str:
        return (
            f"{self.title} is not the transcript that was corrected: its words changed since. "
            "Put the file that was transcribed back, or delete it from the library and begin anew."
        )


# --- the request -----------------------------------------------------------------------------------------------------


class RequestError(TranscriberError):
    """The request itself makes no sense."""


class InvalidOptionError(RequestError):
    """An option has a value it cannot have."""

    def __init__(self, option: str, value: str, reason: str) -> None:
        super().__init__(option, value, reason)
        self.option, self.value, self.reason = option, value, reason

    def __str__(self) -> str:
        return f"{self.option} cannot be {self.value}: {self.reason}."


class UnsupportedOptionError(RequestError):
    """The option is sensible, but not with this model."""

    def __init__(self, option: str, model: str, reason: str) -> None:
        super().__init__(option, model, reason)
        self.option, self.model, self.reason = option, model, reason

    def __str__(self) -> str:
        return f"{self.model} does not support {self.option}: {self.reason}."


class UnknownFormatError(RequestError):
    """No such export format."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(name, known)
        self.name, self.known = name, known

    def __str__(self) -> str:
        return f"There is no format {self.name!r}. Choose from {', '.join(self.known)}."


class InvalidTranscriptError(RequestError):
    """The text is not a transcript that we wrote, or was damaged since; `path` is empty where it is no file."""

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(reason, path)
        self.reason, self.path = reason, path

    def __str__(self) -> str:
        subject = self.path or "This"
        return f"{subject} is not a transcript that can be read: {self.reason}. Export it again as JSON."


class InvalidSubtitlesError(RequestError):
    """The text is no subtitle file, or is damaged; `path` is empty where it is no file."""

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(reason, path)
        self.reason, self.path = reason, path

    def __str__(self) -> str:
        subject = f"{self.path} holds" if self.path else "These are"
        return f"{subject} no subtitles that can be read: {self.reason}. Save them again as SubRip (.srt)."
