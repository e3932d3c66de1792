"""A transcript as text that other programs take. A new format is one file here and one entry in FORMATS."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from transcriber.errors import UnknownFormatError
from transcriber.export import review_docx, srt, transcript_json, txt, words_csv
from transcriber.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Format:
    """How a transcript is written.

    `extension` begins with its dot; `title` is for people; `render` gives the
    whole file; `printable` is False where a terminal could show nothing of it.
    """

    extension: str
    title: str
    render: Callable[[Transcript], bytes]
    printable: bool = True

    def text(self, transcript: Transcript) -> str:
        r"""The file as it is printed, if it is printable: without a byte order mark, with `\n` line ends."""
        return self.render(transcript).decode("utf-8-sig").replace("\r\n", "\n")


def _stored(render: Callable[[Transcript], str], encoding: str = "utf-8") -> Callable[[Transcript], bytes]:
    return lambda transcript: render(transcript).encode(encoding)


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "txt": Format(".txt", "Plain text", _stored(txt.render)),
        "srt": Format(".srt", "Subtitles", _stored(srt.render)),
        "json": Format(".json", "Words with times (JSON)", _stored(transcript_json.render)),
        "csv": Format(".csv", "A table of words (CSV)", _stored(words_csv.render, "utf-8-sig")),
        "docx": Format(".docx", "A document to review (Word)", review_docx.render, printable=False),
    }
)

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
