"""Which recordings are meant by the files and folders that somebody names."""

import os
import re
import stat
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from transcriber.errors import MediaError, MediaNotFoundError, NothingToTranscribeError
from transcriber.storage import system_path

_AUDIO = (
    ".aac .ac3 .adts .aif .aifc .aiff .amr .ape .au .bwf .caf .dts .eac3 .flac .gsm .m4a .m4b .mka .mp2 .mp3 .mpa .mpc "
    ".oga .ogg .opus .ra .rf64 .snd .spx .tta .voc .w64 .wav .wave .wma .wv"
)
_VIDEO = (
    ".3g2 .3gp .asf .avi .divx .dv .f4v .flv .gxf .insv .m2t .m2ts .m4v .mkv .mov .mp4 .mpeg .mpg .mts .mxf .nut .ogm "
    ".ogv .qt .rm .rmvb .ts .vob .webm .wmv .wtv"
)
SUFFIXES = frozenset(f"{_AUDIO} {_VIDEO}".split())
"""How the name of a recording ends, in lower case. Only files in a folder must end so: what is named itself is taken
as it is. The small copies that cameras keep (.lrv) are left out, since they say the same again."""

NOT_LOOKED_INTO = frozenset(
    {
        "$recycle.bin",
        "#recycle",
        "@eadir",
        "__macosx",
        "adobe premiere pro audio previews",
        "adobe premiere pro video previews",
        "cacheclip",
        "lost+found",
        "media cache files",
        "system volume information",
    }
)
"""Folders of systems and editors, in lower case: what lies there sounds like a recording and is none of the user's."""


@dataclass(frozen=True, slots=True)
class Found:
    """What `walk` came across: recordings in order, each once, and why there is nothing from some of the places."""

    recordings: tuple[Path, ...]
    failures: tuple[MediaError, ...] = ()


def walk(paths: Iterable[Path]) -> Found:
    """The recordings in some files and folders.

    Files are taken as they are. Folders are searched to the bottom, in the
    order in which people count (talk 2 before talk 10), a folder's own files
    before those of its folders; hidden files and those of systems and editors
    are left out, and so is what is no media by its name. Links are followed,
    but nothing is given twice.

    A path that does not exist (MediaNotFoundError), and a folder that cannot be
    read or has no recording (NothingToTranscribeError), is one of the failures.
    """
    recordings: dict[Path, Path] = {}
    failures: list[MediaError] = []
    for each in chain.from_iterable(map(_below, paths)):
        match each:
            case Path():
                recordings.setdefault(_identity(each), each)
            case MediaError():
                failures.append(each)
    return Found(tuple(recordings.values()), tuple(failures))


def is_recording(name: str) -> bool:
    """Whether a file of that name in a folder is taken for a recording.

    >>> is_recording("Talk 2.MP4"), is_recording("._Talk 2.MP4"), is_recording("Talk 2.srt")
    (True, False, False)
    """
    return Path(name).suffix.lower() in SUFFIXES and not _hidden_by_name(name)


def natural_order(name: str) -> tuple[list[str | int], str]:
    """A key that sorts names as people count.

    >>> sorted(["talk 10", "Talk 2", "talk 1b"], key=natural_order)
    ['talk 1b', 'Talk 2', 'talk 10']
    """
    parts = re.split(r"(\d+)", unicodedata.normalize("NFC", name).casefold())
    return [int(part) if number % 2 else part for number, part in enumerate(parts)], name


def _below(path: Path) -> Iterator[Path | MediaError]:
    """The path itself, or, of a folder, what is in it."""
    try:
        is_folder = stat.S_ISDIR(system_path(path).stat().st_mode)
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a NUL in the name
        yield MediaNotFoundError(str(path))
        return
    except OSError:
        is_folder = False  # whoever opens it says why that is refused
    if not is_folder:
        yield path
        return
    found = _in_folder(path, set())
    yield next(found, NothingToTranscribeError(str(path), "there is no recording in it"))
    yield from found


def _in_folder(folder: Path, entered: set[Path]) -> Iterator[Path | MediaError]:
    """The recordings in a folder that was not entered before, then those in its folders."""
    identity = _identity(folder)
    if identity in entered:
        return
    entered.add(identity)
    try:
        with os.scandir(system_path(folder)) as entries:
            visible = sorted(filter(_is_visible, entries), key=lambda entry: natural_order(entry.name))
    except OSError as error:
        yield NothingToTranscribeError(str(folder), _trouble(error))
        return
    yield from (folder / entry.name for entry in visible if is_recording(entry.name) and _answers_yes(entry.is_file))
    for entry in visible:
        if entry.name.casefold() not in NOT_LOOKED_INTO and _answers_yes(entry.is_dir):
            yield from _in_folder(folder / entry.name, entered)


def _identity(path: Path) -> Path:
    """The same for every way to one file: through links, in other letters on Windows."""
    try:
        return Path(os.path.normcase(system_path(path).resolve()))
    except OSError:  # a loop of links, a drive that went away
        return path.absolute()


def _answers_yes(question: Callable[[], bool]) -> bool:
    try:
        return question()
    except OSError:  # it is gone, or its drive is
        return False


def _is_visible(entry: "os.DirEntry[str]") -> bool:
    return not (_hidden_by_name(entry.name) or _hidden_by_windows(entry))


def _hidden_by_name(name: str) -> bool:
    """`.DS_Store`, `._talk.wav` (what macOS keeps beside talk.wav on other systems' drives), `~$talk.wav`."""
    return name.startswith((".", "~$"))


def _hidden_by_windows(entry: "os.DirEntry[str]") -> bool:
    try:
        attributes = getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0)
    except OSError:  # it is gone
        return True
    return bool(attributes & (stat.FILE_ATTRIBUTE_HIDDEN | stat.FILE_ATTRIBUTE_SYSTEM))


def _trouble(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "its permissions do not let it be read"
    return f"the disk or network drive says {error.strerror or type(error).__name__!r}"
