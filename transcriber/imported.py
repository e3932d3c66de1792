"""What was written before, by us or by others, read from its file: transcripts, and captions of any maker."""

import codecs
from dataclasses import dataclass
from pathlib import Path

from transcriber.errors import InvalidSubtitlesError, InvalidTranscriptError, MediaNotFoundError
from transcriber.export import subtitles, transcript_json
from transcriber.export.cues import Cue
from transcriber.recordings import is_recording
from transcriber.storage import system_path
from transcriber.transcript import Transcript

SUFFIXES = (".json", *subtitles.SUFFIXES)
"""The files that a transcript can be had from."""

MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
"""What the first bytes say of a text's encoding. Notepad writes all three."""

GUESS = "cp1252"
"""What Windows programs of western Europe and America write without saying so. It has a letter for nearly each byte."""


@dataclass(frozen=True, slots=True)
class Captions:
    """The cues of a subtitle file, as they are in it. `is_guessed` says that nothing told how it is encoded."""

    text: str
    cues: tuple[Cue, ...]
    is_guessed: bool = False


def read_captions(path: Path) -> Captions:
    """The captions in a .srt, .vtt or .ass.

    Raises:
        MediaNotFoundError: there is no such file.
        InvalidSubtitlesError: it cannot be opened, or holds no subtitles; it says why.
    """
    try:
        content = _content(path)
        text = decoded(content)
        return Captions(text, tuple(subtitles.parse(text, path.suffix)), not _says_its_encoding(content))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSubtitlesError(_trouble(error), str(path)) from error
    except InvalidSubtitlesError as error:
        raise InvalidSubtitlesError(error.reason, str(path)) from error


def read_transcript(path: Path) -> Transcript:
    """The transcript in a .json of ours.

    Raises:
        MediaNotFoundError: there is no such file.
        InvalidTranscriptError: it cannot be opened, or is no transcript; it says why.
    """
    try:
        return transcript_json.parse(decoded(_content(path)))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidTranscriptError(_trouble(error), str(path)) from error
    except InvalidTranscriptError as error:
        raise InvalidTranscriptError(error.reason, str(path)) from error


def recording_beside(path: Path) -> Path | None:
    """The recording in the same folder that is named like the file; None where there is none, or more than one."""
    try:
        names = [each.name for each in system_path(path.absolute().parent).iterdir() if each.stem == path.stem]
    except OSError:
        return None
    alike = [name for name in names if is_recording(name)]
    return path.with_name(alike[0]) if len(alike) == 1 else None


def decoded(content: bytes) -> str:
    r"""Text in the encoding that its first bytes tell, else in UTF-8, else in Windows' old one.

    Raises:
        UnicodeDecodeError: it is in none of them.

    >>> decoded("é".encode("utf-16")), decoded("é".encode()), decoded(b"\xe9")
    ('é', 'é', 'é')
    """
    for mark, encoding in MARKS.items():
        if content.startswith(mark):
            return content.decode(encoding)
    return content.decode("utf-8" if _is_utf8(content) else GUESS)


def _says_its_encoding(content: bytes) -> bool:
    return content.startswith(tuple(MARKS)) or _is_utf8(content)


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _content(path: Path) -> bytes:
    try:
        if system_path(path).is_dir():  # which Windows calls a matter of permissions
            raise IsADirectoryError(0, "it is a folder")
        return system_path(path).read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MediaNotFoundError(str(path)) from error
    except ValueError as error:  # a NUL in the name
        raise MediaNotFoundError(str(path)) from error


def _trouble(error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is no text"
    if isinstance(error, PermissionError):
        return "its permissions do not let it be read"
    return error.strerror or type(error).__name__
