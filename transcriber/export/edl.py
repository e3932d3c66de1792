"""Markers for DaVinci Resolve, as an EDL (CMX 3600) of the kind that it writes itself.

Resolve takes it in the media pool by right click on a timeline, Timelines,
Import, Timeline Markers from EDL; the timeline has to have this frame rate. The
record timecodes follow the time base, and Resolve's timelines begin at
01:00:00:00: on a time base that starts elsewhere its markers would land outside.
Choose "own" with the timeline's start. After the 999 events that CMX 3600 knows
their numbers go on with four digits.
"""

from transcriber.export.handover import Handover
from transcriber.export.markers import Marker, MarkerKind, marked
from transcriber.export.plain import one_line

COLOURS: dict[MarkerKind, str] = {
    "said": "ResolveColorBlue",
    "doubtful": "ResolveColorYellow",
    "unheard": "ResolveColorRed",
}


def render(handover: Handover) -> str:
    """A title, how frames are counted, and two lines per marker."""
    counting = "DROP FRAME" if handover.rate.drop else "NON-DROP FRAME"
    title = _plain(handover.footage.path.stem)
    markers = marked(handover.transcript, handover.rate.nearest)
    events = (_event(number, marker, handover) for number, marker in enumerate(markers, 1))
    return "\n".join([f"TITLE: {title}", f"FCM: {counting}", "", *events])


def _event(number: int, marker: Marker, handover: Handover) -> str:
    """An edit of one frame; the marker's colour, its text and how long it is stand below."""
    frame = handover.first_frame + marker.frame
    span = f"{handover.rate.timecode(frame)} {handover.rate.timecode(frame + 1)}"
    note = f" |C:{COLOURS[marker.kind]} |M:{_plain(marker.comment)} |D:{marker.frames}"
    return f"{number:03}  001      V     C        {span} {span}\n{note}\n"


def _plain(text: str) -> str:
    """The text without what would end a field."""
    return one_line(text.replace("|", "/"))
