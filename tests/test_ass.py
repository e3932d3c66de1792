"""Word-by-word captions, read back by pysubs2 and by FFmpeg."""

import io
import re

import pysubs2
import pytest
from hypothesis import given, settings
from interview import CUES, INTERVIEW, RATES, handed_over
from said import segment, transcript, transcripts

from transcriber.export import find
from transcriber.export.cues import Cue
from transcriber.export.handover import Handover

FILL = re.compile(r"\{\\k(\d+)\}([^{]*)")


def events(handover: Handover) -> list[pysubs2.SSAEvent]:
    return list(pysubs2.SSAFile.from_string(find("ass").text(handover), format_="ass"))


def fills(event: pysubs2.SSAEvent) -> list[tuple[int, str]]:
    """Hundredths of a second, and what they fill."""
    return [(int(part), text) for part, text in FILL.findall(event.text)]


def test_every_cue_is_read_back_with_its_lines_and_its_times():
    read = events(handed_over(base="file"))

    assert [event.plaintext for event in read] == ["\n".join(cue.lines).replace("{\\an8}", "(/an8)") for cue in CUES]
    assert [(event.start, event.end) for event in read] == [
        (pytest.approx(1000 * cue.start, abs=5), pytest.approx(1000 * cue.end, abs=5)) for cue in CUES
    ]


def test_each_word_fills_when_it_is_spoken_and_the_fills_last_as_long_as_the_cue():
    first, *_ = events(handed_over(base="file"))
    lead, *words = fills(first)

    begun, starts = first.start / 10 + lead[0], []
    for part, _ in words:
        starts.append(begun)
        begun += part

    assert starts == [pytest.approx(100 * word.start, abs=0.51) for word in INTERVIEW.words[:8]]
    assert begun == pytest.approx(first.end / 10)


def test_a_word_that_is_broken_and_a_hyphen_that_was_added_cost_the_others_no_time():
    said = transcript(segment("Hi there.", 1.0, speaker="A"), segment("Donaudampfschiff ahoi.", 2.0, speaker="B"))
    handover = handed_over(said, base="file")
    vars(handover)["cues"] = [Cue(1.0, 4.0, ("- Hi there.", "- Donaudampf schiff ahoi."))]

    (event,) = events(handover)
    begun, starts = event.start / 10, {}
    for part, text in fills(event):
        starts[text.strip().removesuffix("\\N")] = begun
        begun += part

    assert starts["there."] == pytest.approx(135, abs=1)
    assert starts["ahoi."] == pytest.approx(235, abs=1)


@settings(deadline=None, max_examples=60)
@given(transcripts())
def test_no_fill_is_negative_and_none_outlasts_its_cue(said):
    handover = handed_over(said)
    vars(handover).pop("cues")

    for event in events(handover):
        parts = [part for part, _ in fills(event)]
        assert sum(parts) == round((event.end - event.start) / 10)


@pytest.mark.parametrize("name", RATES)
def test_hundredths_still_tell_frames_apart_after_ten_hours(name):
    rate = RATES[name]
    handover = handed_over(rate=rate)
    vars(handover)["cues"] = [Cue(rate.seconds(100), rate.seconds(140), ("One",))]

    stamps = re.search(r"Dialogue: 0,(\d+):(\d\d):([\d.]+),", find("ass").text(handover))
    hours, minutes, seconds = (float(part) for part in stamps.groups())

    assert round((3600 * hours + 60 * minutes + seconds) * rate.exact) == handover.first_frame + 100


def test_ffmpeg_takes_the_file():
    import av

    with av.open(io.BytesIO(find("ass").render(handed_over(base="file"))), format="ass") as container:
        (stream,) = container.streams.subtitles
        packets = [packet for packet in container.demux(stream) if packet.size]

    assert [float(packet.pts * packet.time_base) for packet in packets] == [
        pytest.approx(cue.start, abs=0.005) for cue in CUES
    ]
