"""Timed Text (W3C TTML 1, its text profile for captions IMSC 1), as broadcasters and streaming services take it.

Written here and not by pysubs2, whose document names no language, no region and
no frame rate, and so is of no profile. Times are by the clock, to the
millisecond, which every reader takes (EBU-TT-D allows nothing else) and which
tells frames apart at every rate; the frame rate stands beside them.
"""

import re
from xml.etree import ElementTree as ET  # noqa: S405 - it only writes

from transcriber.export.cues import Cue
from transcriber.export.handover import Handover
from transcriber.export.plain import for_xml
from transcriber.export.vtt import clock
from transcriber.timecode import FrameRate

TT = "http://www.w3.org/ns/ttml"
TTP, TTS = f"{TT}#parameter", f"{TT}#styling"
PROFILE = "http://www.w3.org/ns/ttml/profile/imsc1/text"
UNKNOWN = ""
"""What XML calls a language that is not known."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
"""How the names of languages look (BCP 47)."""

_STYLE = {
    "fontFamily": "proportionalSansSerif", "fontSize": "100%", "lineHeight": "120%", "color": "#ffffff",
    "backgroundColor": "#000000cc", "textAlign": "center",
}  # fmt: skip
_REGION = {"origin": "10% 10%", "extent": "80% 80%", "displayAlign": "after"}
"""The middle of the picture, text at its foot: what every screen shows."""


def render(handover: Handover) -> str:
    """The cues on the chosen time base, a paragraph each, with `br` between lines."""
    root = ET.Element("tt", _parameters(handover))
    head = ET.SubElement(root, "head")
    ET.SubElement(ET.SubElement(head, "styling"), "style", {"xml:id": "caption", **_styled(_STYLE)})
    ET.SubElement(ET.SubElement(head, "layout"), "region", {"xml:id": "foot", **_styled(_REGION)})
    division = ET.SubElement(ET.SubElement(root, "body", {"style": "caption", "region": "foot"}), "div")
    for number, cue in enumerate(handover.cues, 1):
        _append(division, number, cue, handover)
    ET.indent(head, level=1)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _parameters(handover: Handover) -> dict[str, str]:
    """The document's names and clock; written with their prefixes, which keeps the file readable and its bytes ours."""
    return {
        "xmlns": TT,
        "xmlns:ttp": TTP,
        "xmlns:tts": TTS,
        "xml:lang": _language(handover.transcript.language or UNKNOWN),
        "ttp:profile": PROFILE,
        "ttp:timeBase": "media",
        **_rate(handover.rate),
    }


def _language(code: str) -> str:
    return code if _LANGUAGE.fullmatch(code) else UNKNOWN


def _rate(rate: FrameRate) -> dict[str, str]:
    if rate.exact == rate.nominal:
        return {"ttp:frameRate": str(rate.nominal)}
    ratio = rate.exact / rate.nominal
    return {"ttp:frameRate": str(rate.nominal), "ttp:frameRateMultiplier": f"{ratio.numerator} {ratio.denominator}"}


def _styled(values: dict[str, str]) -> dict[str, str]:
    return {f"tts:{name}": value for name, value in values.items()}


def _append(division: ET.Element, number: int, cue: Cue, handover: Handover) -> None:
    begin, end = (clock(handover.clock(moment)) for moment in (cue.start, cue.end))
    paragraph = ET.SubElement(division, "p", {"xml:id": f"c{number}", "begin": begin, "end": end})
    paragraph.text, *others = map(for_xml, cue.lines)
    for line in others:
        ET.SubElement(paragraph, "br").tail = line
    paragraph.tail = "\n"
