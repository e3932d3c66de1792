"""OpenTimelineIO, which DaVinci Resolve, Premiere Pro, Avid and pipelines read: a timeline that holds the recording.

The clip lies at the timeline's start, picture and sound on a track each, and its
media counts in the source's own timecode whatever the time base, which the
timeline begins with. The same markers stand on the clip and on the timeline.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from transcriber.export.addresses import standard
from transcriber.export.handover import Handover
from transcriber.export.markers import Marker, MarkerKind, marked
from transcriber.export.plain import for_xml

if TYPE_CHECKING:
    from opentimelineio.opentime import TimeRange
    from opentimelineio.schema import Clip, Stack, Track

COLOURS: dict[MarkerKind, str] = {"said": "BLUE", "doubtful": "YELLOW", "unheard": "RED"}


class _Media(NamedTuple):
    """The clip's frames and their rate; `first` is the number of the first by the source's timecode."""

    rate: float
    first: int
    frames: int

    def range(self, first: int, frames: int) -> "TimeRange":
        from opentimelineio.opentime import RationalTime, TimeRange

        return TimeRange(RationalTime(first, self.rate), RationalTime(frames, self.rate))


def render(handover: Handover) -> str:
    """The timeline as OTIO's JSON."""
    from opentimelineio.opentime import RationalTime
    from opentimelineio.schema import Timeline

    rate = handover.rate
    media = _Media(float(rate.exact), handover.source_frame, max(1, rate.at_or_before(handover.footage.duration)))
    markers = marked(handover.transcript, rate.nearest)
    timeline = Timeline(
        for_xml(handover.footage.path.stem), global_start_time=RationalTime(handover.first_frame, media.rate)
    )
    timeline.tracks.extend(_tracks(handover, media, markers))
    _mark(timeline.tracks, markers, media, 0)
    return f"{timeline.to_json_string(indent=1)}\n"


def _tracks(handover: Handover, media: _Media, markers: Sequence[Marker]) -> "list[Track]":
    """One of the picture, if there is one, and one of the sound; markers on the first."""
    from opentimelineio.schema import Track, TrackKind

    kinds = [TrackKind.Video, TrackKind.Audio] if handover.footage.size else [TrackKind.Audio]
    tracks = [Track(f"{kind} 1", [_clip(handover, media)], kind=kind) for kind in kinds]
    _mark(tracks[0][0], markers, media, media.first)
    return tracks


def _clip(handover: Handover, media: _Media) -> "Clip":
    """Named as the file is: Resolve finds media by it."""
    from opentimelineio.schema import Clip, ExternalReference

    whole = media.range(media.first, media.frames)
    reference = ExternalReference(standard(handover.footage), whole)
    return Clip(for_xml(handover.footage.path.name), reference, whole)


def _mark(place: "Clip | Stack", markers: Sequence[Marker], media: _Media, first: int) -> None:
    """The markers where frames count from `first`."""
    from opentimelineio.schema import Marker as TimelineMarker

    place.markers.extend(
        TimelineMarker(
            for_xml(marker.name),
            media.range(first + marker.frame, marker.frames),
            COLOURS[marker.kind],
            comment=for_xml(marker.comment),
        )
        for marker in markers
    )
