"""A film with all that formats have to carry: two scripts, speakers, doubts, speech unheard, drop-frame timecode."""

from fractions import Fraction
from pathlib import PurePosixPath

from transcriber.export.cues import Cue
from transcriber.export.handover import Handover
from transcriber.footage import Footage
from transcriber.options import ExportOptions
from transcriber.timecode import FrameRate
from transcriber.transcript import Reading, Segment, Span, Transcript, Word

DROP = FrameRate(Fraction(30000, 1001), drop=True)
FILM = Footage(
    PurePosixPath("/Volumes/Rushes 2/Café & <Ж> 7.mov"),
    75.0,
    DROP,
    start=Fraction(DROP.frame("10:00:00;00") * 1001, 30000),
    size=(1280, 720),
    channels=2,
)
RATES = {
    "23.976": FrameRate(Fraction(24000, 1001)),
    "25": FrameRate(Fraction(25)),
    "29.97": DROP,
    "50": FrameRate(Fraction(50)),
    "59.94": FrameRate(Fraction(60000, 1001), drop=True),
}
"""By the names that the `timecode` package has for them; the two of the Americas drop frames."""

INTERVIEW = Transcript(
    segments=(
        Segment(
            'So "it\'s <b>fine</b>" & all — is it?',
            0.52,
            3.2,
            (
                Word("So", 0.52, 0.7, 0.97, "Anna"),
                Word("\"it's", 0.75, 1.0, 0.14, "Anna"),
                Word('<b>fine</b>"', 1.02, 1.6, 0.9, "Anna"),
                Word("&", 1.7, 1.8, 0.8, "Anna"),
                Word("all", 1.85, 2.2, 0.99, "Anna", reading=Reading("old", "word")),
                Word("—", 2.3, 2.4, None, "Anna"),
                Word("is", 2.5, 2.8, 0.95, "Anna", "shared"),
                Word("it?", 2.85, 3.2, 0.93, "Anna"),
            ),
            "Anna",
        ),
        Segment(
            "שלום לך, Ёжик 👩‍👩‍👧.",
            59.92,
            62.0,
            (
                Word("שלום", 59.92, 60.3, 0.9, "דנה"),
                Word("לך,", 60.4, 60.8, 0.9, "דנה"),
                Word("Ёжик", 60.95, 61.4, 0.7, "דנה", outside_speech=True),
                Word("👩‍👩‍👧.", 61.5, 62.0, 0.6, "דנה"),
            ),
            "דנה",
        ),
        Segment("{\\an8}Untimed ]]> words --> here | there\tnow.", 65.0, 69.0, (), None),
    ),
    duration=75.0,
    model="demo",
    language="en",
    unheard=(Span(70.0, 72.5),),
)

CUES = (
    Cue(DROP.seconds(15), DROP.seconds(97), ('So "it\'s <b>fine</b>" & all —', "is it?")),
    Cue(DROP.seconds(1795), DROP.seconds(1859), ("שלום לך, Ёжик 👩‍👩‍👧.",)),
    Cue(DROP.seconds(1948), DROP.seconds(2068), ("{\\an8}Untimed ]]> words --> here | there", "now.")),
)
"""Made by hand, on frames, so that these tests know what they want whatever the layout does."""


def handed_over(transcript: Transcript = INTERVIEW, film: Footage = FILM, **options: object) -> Handover:
    """The interview on the source's timecode, unless told otherwise, with the captions above."""
    handover = Handover(transcript, film, ExportOptions(**{"base": "source", **options}))
    vars(handover)["cues"] = list(CUES)
    return handover
