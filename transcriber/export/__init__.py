"""A transcript as text that other programs take. A new format is one file here and one entry in FORMATS."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from transcriber.errors import UnknownFormatError
from transcriber.export import review_docx, srt, transcript_json, txt, words_csv
from transcriber.export.handover import Handover
from transcriber.transcript import Transcript

_Content = TypeVar("_Content", str, bytes)


@dataclass(frozen=True, slots=True)
class Format:
    """How a transcript is written.

    `extension` begins with its dot; `title` is for people; `render` gives the
    whole file; `printable` is False where a terminal could show nothing of it.
    """

    extension: str
    title: str
    render: Callable[[Handover], bytes]
    printable: bool = True

    def text(self, handover: Handover) -> str:
        r"""The file as it is printed, if it is printable: without a byte order mark, with `\n` line ends."""
        return self.render(handover).decode("utf-8-sig").replace("\r\n", "\n")


def _stored(render: Callable[[Handover], str], encoding: str = "utf-8") -> Callable[[Handover], bytes]:
    return lambda handover: render(handover).encode(encoding)


def _words_of(render: Callable[[Transcript], _Content]) -> Callable[[Handover], _Content]:
    """For a format that needs nothing but the words."""
    return lambda handover: render(handover.transcript)


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "txt": Format(".txt", "Plain text", _stored(_words_of(txt.render))),
        "srt": Format(".srt", "Subtitles", _stored(srt.render)),
        "json": Format(".json", "Words with times (JSON)", _stored(_words_of(transcript_json.render))),
        "csv": Format(".csv", "A table of words (CSV)", _stored(_words_of(words_csv.render), "utf-8-sig")),
        "docx": Format(".docx", "A document to review (Word)", _words_of(review_docx.render), printable=False),
    }
)

USUAL = ("txt", "srt", "json", "csv", "docx")
"""What is written when nobody chooses."""

PRINTABLE = tuple(name for name, form in FORMATS.items() if form.printable)
"""The formats that a terminal can show."""


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
