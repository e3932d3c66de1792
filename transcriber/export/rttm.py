"""RTTM, who speaks when, as tools that tell speakers apart read it (NIST Rich Transcription, 2009).

    SPEAKER talk 1 0.500 3.250 <NA> <NA> Anna <NA> <NA>

A line per utterance: the recording, its channel, start and duration in seconds
of the file, and the speaker, `unknown` where nobody was told apart.
"""

from transcriber.export.ctm import CHANNEL, recording_name
from transcriber.export.handover import Handover
from transcriber.export.plain import one_token

UNKNOWN = "unknown"


def render(handover: Handover) -> str:
    """A line per segment, in order."""
    recording = recording_name(handover)
    return "".join(
        f"SPEAKER {recording} {CHANNEL} {segment.start:.3f} {segment.end - segment.start:.3f} <NA> <NA> "
        f"{one_token(segment.speaker or UNKNOWN)} <NA> <NA>\n"
        for segment in handover.transcript.segments
    )
