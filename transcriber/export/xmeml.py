"""Final Cut Pro 7 XML (`xmeml`), the way to bring markers into Premiere Pro: a sequence that holds the recording.

The clip lies at the sequence's start, picture and every channel of sound on
tracks of their own, linked. The same markers stand on the clip, where they stay
with it, and on the sequence. The clip's media never shifts: its own timecode is
the source's, and the sequence begins at the chosen time base. XML knows whole
rates and their NTSC cousins only; a film of another rate is counted in the
nearest of those.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from xml.etree import ElementTree as ET  # noqa: S405 - it only writes

from transcriber.export.addresses import localhost
from transcriber.export.handover import Handover
from transcriber.export.markers import Marker, MarkerKind, marked
from transcriber.export.plain import for_xml
from transcriber.footage import Footage
from transcriber.timecode import FrameRate

VERSION = "5"
SIZE = (1920, 1080)
"""Pixels of a sequence whose recording has no picture; Resolve opens none without a size."""

DEPTH = 16
"""Bits of a sample. Programs look into the file itself; the format wants a number."""

_COLOURS: dict[MarkerKind, str] = {"doubtful": "4281049552", "unheard": "4281740498"}
"""Of Premiere's markers, as it writes them: alpha, blue, green, red in one number. Yellow and red; others are green."""

_FILE = "file-1"


@dataclass(frozen=True, slots=True)
class _Count:
    """How moments are counted: the rate, how many frames there are, and the timecode of the first."""

    rate: FrameRate
    frames: int
    first: int


def render(handover: Handover) -> str:
    """The sequence, named after the recording."""
    root = _element("xmeml", _sequence(handover), version=VERSION)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE xmeml>\n{ET.tostring(root, encoding="unicode")}\n'


def countable(rate: FrameRate) -> FrameRate:
    """The nearest rate that the format can say: whole, or slowed down by 1000/1001."""
    if rate.exact in (rate.nominal, Fraction(rate.nominal * 1000, 1001)):
        return rate
    return FrameRate(Fraction(rate.nominal))


# --- the sequence ----------------------------------------------------------------------------------------------------


def _sequence(handover: Handover) -> ET.Element:
    rate, footage = handover.rate, handover.footage
    line = _count(footage, rate, rate.seconds(handover.first_frame))
    own = _count(footage, footage.rate or rate, float(footage.start or 0))
    items = list(_items(handover, line, own))
    return _element(
        "sequence",
        _element("name", handover.footage.path.stem),
        _element("duration", line.frames),
        _rate(line.rate),
        _timecode(line),
        _element("media", _video(handover.footage, line, items), _audio(handover.footage, items)),
        *_markers(handover, line.rate),
        id="sequence-1",
    )


def _count(footage: Footage, rate: FrameRate, begins: float) -> _Count:
    """The whole film at a rate that the format can say; it begins at so many seconds of timecode, of any day."""
    counted = countable(rate)
    first = counted.frame(counted.timecode(counted.nearest(begins)))
    return _Count(counted, max(1, counted.at_or_before(footage.duration)), first)


def _video(footage: Footage, line: _Count, items: list[ET.Element]) -> ET.Element:
    width, height = footage.size or SIZE
    measures = _element("samplecharacteristics", _rate(line.rate), _element("width", width), _element("height", height))
    return _element("video", _element("format", measures), _element("track", *items[: _pictures(footage)]))


def _audio(footage: Footage, items: list[ET.Element]) -> ET.Element:
    tracks = (_element("track", item) for item in items[_pictures(footage) :])
    return _element("audio", _element("format", _sound(footage)), *tracks)


def _pictures(footage: Footage) -> int:
    return 1 if footage.size else 0


# --- the clip on its tracks ------------------------------------------------------------------------------------------


def _items(handover: Handover, line: _Count, own: _Count) -> Iterator[ET.Element]:
    """The clip once for the picture, then for each channel of sound; the first holds the file and the markers."""
    places = list(_places(handover.footage))
    links = [_link(number, *place) for number, place in enumerate(places, 1)]
    for number, (kind, track) in enumerate(places, 1):
        yield _element(
            "clipitem",
            _element("name", handover.footage.path.name),
            _element("duration", own.frames),
            _rate(own.rate),
            _element("start", 0),
            _element("end", line.frames),
            _element("in", 0),
            _element("out", own.frames),
            _file(handover.footage, own) if number == 1 else _element("file", id=_FILE),
            _element("sourcetrack", _element("mediatype", kind), _element("trackindex", track)),
            *links,
            *(_markers(handover, own.rate) if number == 1 else ()),
            id=f"clipitem-{number}",
        )


def _places(footage: Footage) -> Iterator[tuple[str, int]]:
    """The medium and the track of each part of the clip."""
    if footage.size:
        yield "video", 1
    for channel in range(1, footage.channels + 1):
        yield "audio", channel


def _link(number: int, kind: str, track: int) -> ET.Element:
    """What keeps picture and sound together when one is moved."""
    reference = _element("linkclipref", f"clipitem-{number}")
    return _element("link", reference, _element("mediatype", kind), _element("trackindex", track))


def _file(footage: Footage, own: _Count) -> ET.Element:
    media = [_element("audio", _sound(footage), _element("channelcount", footage.channels))]
    if footage.size:
        width, height = footage.size
        measures = (_rate(own.rate), _element("width", width), _element("height", height))
        media.insert(0, _element("video", _element("samplecharacteristics", *measures)))
    return _element(
        "file",
        _element("name", footage.path.name),
        _element("pathurl", localhost(footage)),
        _rate(own.rate),
        _element("duration", own.frames),
        _timecode(own),
        _element("media", *media),
        id=_FILE,
    )


def _sound(footage: Footage) -> ET.Element:
    return _element("samplecharacteristics", _element("depth", DEPTH), _element("samplerate", footage.sample_rate))


# --- what both have --------------------------------------------------------------------------------------------------


def _markers(handover: Handover, rate: FrameRate) -> Iterator[ET.Element]:
    return map(_marker, marked(handover.transcript, rate.nearest))


def _marker(marker: Marker) -> ET.Element:
    colour = _COLOURS.get(marker.kind)
    return _element(
        "marker",
        _element("comment", marker.comment),
        _element("name", marker.name),
        _element("in", marker.frame),
        _element("out", marker.frame + marker.frames),
        *([_element("pproColor", colour)] if colour else ()),
    )


def _rate(rate: FrameRate) -> ET.Element:
    slowed = rate.exact != rate.nominal
    return _element("rate", _element("timebase", rate.nominal), _element("ntsc", str(slowed).upper()))


def _timecode(count: _Count) -> ET.Element:
    return _element(
        "timecode",
        _rate(count.rate),
        _element("string", count.rate.timecode(count.first)),
        _element("frame", count.first),
        _element("displayformat", "DF" if count.rate.drop else "NDF"),
    )


def _element(tag: str, *content: ET.Element | str | int, **attributes: str) -> ET.Element:
    element = ET.Element(tag, attributes)
    for part in content:
        if isinstance(part, ET.Element):
            element.append(part)
        else:
            element.text = for_xml(str(part))
    return element
