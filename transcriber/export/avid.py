"""Markers for Avid Media Composer: a text file of the kind that its Markers tool exports, to be imported there.

A line per marker, its parts separated by tabs: name, timecode, track, colour,
comment, and 1. The timecodes follow the time base; on a master clip markers go
by the source's, in a sequence by the sequence's.
"""

from transcriber.export.handover import Handover
from transcriber.export.markers import Marker, MarkerKind, marked
from transcriber.export.plain import one_line

NAME = "Transcribe UI"
"""Who set the marker, which is what Media Composer puts there."""

COLOURS: dict[MarkerKind, str] = {"said": "green", "doubtful": "yellow", "unheard": "red"}


def render(handover: Handover) -> str:
    r"""The markers on the first track of the picture, or of the sound where there is none; lines end `\n`."""
    track = "V1" if handover.footage.size else "A1"
    return "".join(_line(marker, track, handover) for marker in marked(handover.transcript, handover.rate.nearest))


def _line(marker: Marker, track: str, handover: Handover) -> str:
    timecode = handover.rate.timecode(handover.first_frame + marker.frame)
    return "\t".join([NAME, timecode, track, COLOURS[marker.kind], one_line(marker.comment), "1"]) + "\n"
