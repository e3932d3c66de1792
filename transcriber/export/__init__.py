"""A transcript as text that other programs take. A new format is one file here and one entry in FORMATS."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from transcriber.errors import UnknownFormatError
from transcriber.export import srt, transcript_json, txt
from transcriber.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Format:
    r"""How a transcript is written.

    `extension` begins with its dot; `title` is for people; `render` gives the
    text of the file with `\n` line ends, to be stored as UTF-8.
    """

    extension: str
    title: str
    render: Callable[[Transcript], str]


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "txt": Format(".txt", "Plain text", txt.render),
        "srt": Format(".srt", "Subtitles", srt.render),
        "json": Format(".json", "Words with times (JSON)", transcript_json.render),
    }
)


def find(name: str) -> Format:
    """The format of that name.

    Raises:
        UnknownFormatError: there is none.

    >>> find("srt").extension
    '.srt'
    """
    try:
        return FORMATS[name]
    except KeyError:
        raise UnknownFormatError(name, tuple(FORMATS)) from None
