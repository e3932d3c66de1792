"""A transcript as files that other programs take. A new format is one file here and one entry in FORMATS.

There is no `.scc`: no library that we know writes it right for every transcript
(pycaption 2.3.14 puts a pound sign for each letter that 608 captions lack).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeVar

from transcriber.errors import UnknownFormatError
from transcriber.export import (
    ass,
    avid,
    ctm,
    edl,
    markdown,
    otio,
    premiere_json,
    review_docx,
    rttm,
    segments_csv,
    segments_tsv,
    srt,
    transcript_json,
    ttml,
    txt,
    txt_speakers,
    txt_times,
    vtt,
    whisper_json,
    words_csv,
    words_tsv,
    xmeml,
)
from transcriber.export import pack as editing_pack
from transcriber.export.handover import Handover
from transcriber.transcript import Transcript

_Content = TypeVar("_Content", str, bytes)

FormatKind = Literal["text", "captions", "data", "editing"]
"""For people, for screens, for programs, for editing."""

KINDS: tuple[FormatKind, ...] = ("text", "captions", "data", "editing")


@dataclass(frozen=True, slots=True)
class Format:
    """How a transcript is written.

    `extension` begins with its dot, and no two formats share one; `title` and
    `help` are for people, the latter a sentence on which program takes the file
    and how; `render` gives the whole file; `printable` is False where a terminal
    could show nothing of it; `of_words` is True where the words alone decide it.
    """

    kind: FormatKind
    extension: str
    title: str
    help: str
    render: Callable[[Handover], bytes]
    printable: bool = True
    of_words: bool = False

    def text(self, handover: Handover) -> str:
        r"""The file as it is printed, if it is printable: without a byte order mark, with `\n` line ends."""
        return self.render(handover).decode("utf-8-sig").replace("\r\n", "\n")


def _plain(render: Callable[[Handover], str], encoding: str = "utf-8") -> Callable[[Handover], bytes]:
    """As text; halves of characters, which no encoding has, become question marks."""
    return lambda handover: render(handover).encode(encoding, errors="replace")


def _json(render: Callable[[Handover], str]) -> Callable[[Handover], bytes]:
    """As JSON, which has an escape for halves of characters: the one that Python writes."""
    return lambda handover: render(handover).encode("utf-8", errors="backslashreplace")


def _words_of(render: Callable[[Transcript], _Content]) -> Callable[[Handover], _Content]:
    """For a format that needs nothing but the words."""
    return lambda handover: render(handover.transcript)


def _spreadsheet(render: Callable[[Handover], str]) -> Callable[[Handover], bytes]:
    """With a byte order mark, by which Excel knows the encoding."""
    return _plain(render, "utf-8-sig")


_TEXT: Mapping[str, Format] = {
    "txt": Format(
        "text", ".txt", "Plain text", "Paragraphs to paste into a script or an e-mail.",
        _plain(_words_of(txt.render)), of_words=True,
    ),
    "times": Format(
        "text", ".times.txt", "Text with times", "A line per utterance with its time, to find a place again.",
        _plain(txt_times.render),
    ),
    "speakers": Format(
        "text", ".speakers.txt", "Text by speaker", "An interview as it is written down: name, time, what was said.",
        _plain(txt_speakers.render),
    ),
    "md": Format(
        "text", ".md", "Markdown", "For notes and wikis such as Obsidian, Notion and GitHub.", _plain(markdown.render)
    ),
    "docx": Format(
        "text", ".docx", "A document to review (Word)",
        "Word, LibreOffice or Google Docs: doubtful places are highlighted, other readings are comments.",
        _words_of(review_docx.render), printable=False, of_words=True,
    ),
}  # fmt: skip

_CAPTIONS: Mapping[str, Format] = {
    "srt": Format(
        "captions", ".srt", "Subtitles (SubRip)",
        "Premiere Pro: File, Import; DaVinci Resolve: File, Import, Subtitle; every player.", _plain(srt.render),
    ),
    "vtt": Format("captions", ".vtt", "Web captions (WebVTT)", "HTML video, YouTube, Vimeo.", _plain(vtt.render)),
    "ass": Format(
        "captions", ".ass", "Word-by-word captions (SubStation)",
        "Fills each word as it is spoken: FFmpeg burns it in, mpv and VLC show it, Aegisub edits it.",
        _plain(ass.render),
    ),
    "ttml": Format(
        "captions", ".ttml", "Broadcast captions (TTML, IMSC 1)",
        "Premiere Pro: File, Import; broadcasters and streaming services.", _plain(ttml.render),
    ),
}  # fmt: skip

_DATA: Mapping[str, Format] = {
    "json": Format(
        "data", ".json", "Words with times (JSON)",
        "All that is known, by a schema of our own; Transcribe UI reads it again.",
        _json(_words_of(transcript_json.render)), of_words=True,
    ),
    "csv": Format(
        "data", ".csv", "A table of words (CSV)", "Excel and other spreadsheets, scripts.",
        _spreadsheet(_words_of(words_csv.render)), of_words=True,
    ),
    "segments.csv": Format(
        "data", ".segments.csv", "A table of utterances (CSV)", "Excel and other spreadsheets: a log with timecode.",
        _spreadsheet(segments_csv.render),
    ),
    "tsv": Format(
        "data", ".tsv", "A table of words (tabs)", "Scripts, and spreadsheets by paste.",
        _plain(_words_of(words_tsv.render)), of_words=True,
    ),
    "segments.tsv": Format(
        "data", ".segments.tsv", "A table of utterances (tabs)", "Scripts, and spreadsheets by paste.",
        _plain(segments_tsv.render),
    ),
    "ctm": Format("data", ".ctm", "Words for scoring (CTM)", "NIST's sclite and speech toolkits.", _plain(ctm.render)),
    "rttm": Format(
        "data", ".rttm", "Speakers for scoring (RTTM)", "NIST's md-eval, pyannote and speech toolkits.",
        _plain(rttm.render),
    ),
    "whisper": Format(
        "data", ".whisper.json", "Whisper's JSON (verbose_json)", "Tools made for OpenAI's transcription interface.",
        _json(_words_of(whisper_json.render)), of_words=True,
    ),
}  # fmt: skip

_EDITING: Mapping[str, Format] = {
    "premiere": Format(
        "editing", ".premiere.json", "Transcript for Premiere Pro",
        "Open the clip in the Source Monitor; Text panel, Transcript, its menu, Import, Import Static Transcript.",
        _json(premiere_json.render),
    ),
    "xmeml": Format(
        "editing", ".xml", "Markers for Premiere Pro (FCP 7 XML)",
        "Premiere Pro: File, Import brings a sequence with the clip and a marker for each utterance.",
        _plain(xmeml.render),
    ),
    "edl": Format(
        "editing", ".edl", "Markers for DaVinci Resolve (EDL)",
        "Media pool, right click on a timeline, Timelines, Import, Timeline Markers from EDL; "
        "export with the timeline's start, which is 01:00:00:00 unless you changed it.",
        _plain(edl.render),
    ),
    "otio": Format(
        "editing", ".otio", "Timeline with markers (OpenTimelineIO)",
        "DaVinci Resolve 18.5 and later: File, Import, Timeline; keep it beside the recording.", _plain(otio.render),
    ),
    "avid": Format(
        "editing", ".avid.txt", "Markers for Avid Media Composer",
        "Tools, Markers, menu, Import Markers, with the clip or sequence loaded.", _plain(avid.render),
    ),
    "pack": Format(
        "editing", ".zip", "Editing pack (zip)",
        "Markers, transcript, captions and texts for editing in one file, with a README of what goes where.",
        lambda handover: pack(handover), printable=False,
    ),
}  # fmt: skip

FORMATS: Mapping[str, Format] = MappingProxyType({**_TEXT, **_CAPTIONS, **_DATA, **_EDITING})

USUAL = ("txt", "srt", "json", "csv", "docx")
"""What is written when nobody chooses."""

PACKED = ("premiere", "xmeml", "edl", "otio", "avid", "srt", "vtt", "ttml", "txt", "docx", "json")
"""What an editing pack holds when nobody chooses."""


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


def pack(handover: Handover, names: Sequence[str] = PACKED) -> bytes:
    """A zip with the files of these formats, and a README; a pack is not packed again.

    Raises:
        UnknownFormatError: one of the names is none.
    """
    return editing_pack.render(handover, list(_members(handover, names)))


def _members(handover: Handover, names: Sequence[str]) -> Iterator[editing_pack.Member]:
    for name in names:
        form = find(name)
        if name != "pack":
            yield editing_pack.Member(form.extension, form.title, form.help, form.render(handover))
