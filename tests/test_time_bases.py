"""Markers and cues land on the right frame at any rate, early and late in a long film; an independent library counts.

What is expected is counted by the `timecode` package and in whole fractions, never by the code under test.
"""

import re
from dataclasses import replace
from fractions import Fraction
from xml.etree import ElementTree

import numpy as np
import opentimelineio as otio
import pysubs2
import pytest
from make_media import Picture, Track, film, onsets, tones
from timecode import Timecode

from transcriber import export, media
from transcriber.errors import InvalidOptionError
from transcriber.export import srt
from transcriber.export.handover import Handover
from transcriber.footage import Footage
from transcriber.options import ExportOptions
from transcriber.timecode import FrameRate
from transcriber.transcript import Segment, Transcript, Word

FILMS = {
    "23.976": (Fraction(24000, 1001), "00:59:50:12"),
    "25": (Fraction(25), "10:11:12:13"),
    "29.97 drop-frame": (Fraction(30000, 1001), "01:09:59;28"),
    "50": (Fraction(50), "09:59:59:49"),
    "59.94 drop-frame": (Fraction(60000, 1001), "21:30:00;00"),
}
"""Rates, and what the source's timecode says of the first frame; the last one passes midnight."""

LATE = Fraction(16, 25)
"""Seconds by which the sound starts after the picture."""

MOMENTS = {"minute 1": 60, "hour 4": 4 * 3600}
"""Seconds after the first word."""

names = pytest.mark.parametrize("name", FILMS)
moments = pytest.mark.parametrize("after", MOMENTS.values(), ids=MOMENTS)


def frame_at(seconds, rate):
    """The nearest one, in whole fractions."""
    return round(Fraction(seconds) * rate)


def independent(rate, start, frames):
    """The timecode so many frames after `start`, as the independent library counts."""
    first = Timecode(rate, start, force_non_drop_frame=";" not in start)
    return str(first + frames if frames else first)


def words_at(*starts):
    words = tuple(Word(f"Word{number}.", start, start + 0.5) for number, start in enumerate(starts))
    segments = tuple(Segment(word.text, word.start, word.end, (word,)) for word in words)
    return Transcript(segments, duration=max(starts) + 10, model="demo")


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """A short film of each kind whose sound starts late: what it says of itself, and when a tone is heard in it."""
    folder = tmp_path_factory.mktemp("films")
    return {name: _filmed(folder / f"film {number}.mov", *each) for number, (name, each) in enumerate(FILMS.items())}


def _filmed(path, rate, start):
    sound = tones(48_000, at=(0.5,), seconds=1)
    late = Track(sound, 48_000, "pcm_s16le", stamp=lambda time: time + float(LATE))
    film(path, Picture(rate, frames=10, timecode=start), late)
    (heard,) = onsets(np.concatenate(list(media.decode(path))))
    return media.footage(path), heard


@names
def test_the_offset_of_the_sound_is_in_the_times_of_the_words(films, name):
    _, heard = films[name]

    assert heard == pytest.approx(float(LATE) + 0.5, abs=0.002)


@names
@moments
def test_a_marker_has_the_source_timecode_of_its_frame(films, name, after):
    rate, start = FILMS[name]
    footage, heard = films[name]
    moment = heard + after
    handover = Handover(words_at(moment), footage, ExportOptions(base="source"))

    frames = frame_at(moment, rate)

    assert handover.timecode(moment) == independent(rate, start, frames)
    assert str(handover.rate) == name


@names
@moments
def test_a_marker_has_the_timecode_that_counts_from_the_users_start(films, name, after):
    rate, _ = FILMS[name]
    start = "01:00:00;00" if "drop" in name else "01:00:00:00"
    footage, heard = films[name]
    handover = Handover(words_at(heard + after), footage, ExportOptions(base="own", own_start=start))

    frames = frame_at(heard + after, rate)

    assert handover.timecode(heard + after) == independent(rate, start, frames)


@names
@moments
def test_a_marker_counts_from_the_start_of_the_file(films, name, after):
    rate, _ = FILMS[name]
    footage, heard = films[name]
    handover = Handover(words_at(heard + after), footage, ExportOptions())

    frames = frame_at(heard + after, rate)

    assert handover.frame(heard + after) == frames
    assert handover.timecode(heard + after) == independent(
        rate, "00:00:00;00" if "drop" in name else "00:00:00:00", frames
    )


@names
@pytest.mark.parametrize("after", [number * 600 + 59 for number in range(25)])
def test_every_frame_around_a_full_minute_has_its_own_timecode(films, name, after):
    rate, start = FILMS[name]
    footage, _ = films[name]
    handover = Handover(words_at(1.0), footage, ExportOptions(base="source"))
    first = frame_at(after, rate)

    for frames in range(first, first + 2 * round(rate), 7):
        for nudge in (Fraction(-2, 5), 0, Fraction(2, 5)):  # of a frame
            assert handover.timecode(float((frames + nudge) / rate)) == independent(rate, start, frames)


@names
@pytest.mark.parametrize("base", ["file", "source", "own"])
def test_the_times_of_subtitles_are_frames_of_the_film_to_the_millisecond(films, name, base):
    rate, start = FILMS[name]
    footage, heard = films[name]
    options = ExportOptions(base=base, own_start="02:00:00:00")
    first = {"file": "00:00:00:00", "source": start, "own": "02:00:00:00"}[base]
    offset = Timecode(rate, first, force_non_drop_frame="drop" not in name).frames - 1
    spoken = [heard + after for after in MOMENTS.values()]

    handover = Handover(words_at(*spoken), footage, options)
    subtitles = pysubs2.SSAFile.from_string(srt.render(handover), format_="srt")

    shown = [round(Fraction(cue.start) * rate) for cue in handover.cues]
    assert [abs(frames - moment * rate) < 1 for frames, moment in zip(shown, spoken, strict=True)] == [True, True]
    assert [event.start for event in subtitles] == [round(1000 * (offset + frames) / rate) for frames in shown]
    for cue in handover.cues:
        for moment in (cue.start, cue.end):
            assert moment * rate == pytest.approx(round(moment * rate), abs=1e-6)


# --- in the files that editors take ----------------------------------------------------------------------------------


def marked(films, name):
    """What is said a minute after the first word and four hours after it, on the source's own timecode."""
    footage, heard = films[name]
    spoken = [heard + after for after in MOMENTS.values()]
    long_film = replace(footage, duration=spoken[-1] + 10)
    handover = Handover(words_at(*spoken), long_film, ExportOptions(base="source"))
    rate, start = FILMS[name]
    frames = [frame_at(moment, rate) for moment in spoken]
    return handover, frames, [independent(rate, start, each) for each in frames]


@names
def test_the_markers_of_an_edl_stand_on_their_frames(films, name):
    handover, _, timecodes = marked(films, name)

    events = re.findall(r"^\d{3} .* (\S+) \S+$", export.find("edl").text(handover), re.MULTILINE)

    assert events == timecodes


@names
def test_the_markers_of_avid_stand_on_their_frames(films, name):
    handover, _, timecodes = marked(films, name)

    lines = export.find("avid").text(handover).splitlines()

    assert [line.split("\t")[1] for line in lines] == timecodes


@names
def test_the_markers_of_premiere_stand_on_their_frames(films, name):
    handover, frames, _ = marked(films, name)

    sequence = ElementTree.fromstring(export.find("xmeml").render(handover)).find("sequence")

    assert [int(marker.findtext("in")) for marker in sequence.findall("marker")] == frames
    assert sequence.findtext(".//file/timecode/string") == FILMS[name][1]
    assert sequence.findtext("timecode/string") == FILMS[name][1]


@names
def test_the_markers_of_a_timeline_stand_on_their_frames(films, name):
    handover, frames, _ = marked(films, name)
    rate, start = FILMS[name]
    first = Timecode(rate, start, force_non_drop_frame="drop" not in name).frames - 1

    timeline = otio.adapters.read_from_string(export.find("otio").text(handover), "otio_json")
    clip = timeline.find_clips()[0]
    on_clip, on_timeline = (
        [marker.marked_range.start_time for marker in place.markers] for place in (clip, timeline.tracks)
    )

    assert timeline.global_start_time.value == first
    assert clip.media_reference.available_range.start_time.value == first
    assert [moment.rate for moment in on_clip + on_timeline] == [float(rate)] * 4
    assert [moment.value for moment in on_timeline] == frames
    assert [moment.value - first for moment in on_clip] == frames


# --- what is not on a frame ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("thousandths", [0, 13, 21, 333, 499, 501, 750])
@names
def test_each_frame_of_a_late_picture_keeps_its_own_label(tmp_path, name, thousandths):
    """Wherever in between two frames of the file the picture starts."""
    rate, start = FILMS[name]
    drop = "drop" in name
    label = Timecode(rate, start, force_non_drop_frame=not drop).frames - 1
    late = Fraction(thousandths, 1000) / rate
    footage = Footage(tmp_path, 20_000.0, FrameRate(rate, drop), label / rate - late, float(late))
    handover = Handover(words_at(1.0), footage, ExportOptions(base="source"))

    for frames in (0, 1, 59, frame_at(60, rate), frame_at(14_400, rate)):
        assert handover.timecode(float(late + frames / rate)) == independent(rate, start, frames)


def test_a_recorder_that_started_within_a_frame_is_on_the_nearest_one(tmp_path):
    start = Fraction(48_000 * 36_000 + 800, 48_000)  # 0.4 frames after 10:00:00:00
    footage = Footage(tmp_path, 20_000.0, FrameRate(Fraction(25)), start)
    handover = Handover(words_at(1.0), footage, ExportOptions(base="source"))

    assert (handover.timecode(0), handover.timecode(60), handover.timecode(14_400)) == (
        "10:00:00:00",
        "10:01:00:00",
        "14:00:00:00",
    )


def test_a_timeline_at_another_rate_shows_the_source_at_the_same_time_of_day(tmp_path):
    footage = Footage(tmp_path, 20_000.0, FrameRate(Fraction(25)), Fraction(36_000))
    options = ExportOptions(base="source", rate=FrameRate(Fraction(30000, 1001), drop=True))

    handover = Handover(words_at(1.0), footage, options)

    assert handover.frame(60) == round(36_060 * Fraction(30000, 1001))


def test_the_users_start_has_to_be_a_frame_of_the_film():
    footage = Footage("film.mov", 10.0, FrameRate(Fraction(25)))

    with pytest.raises(InvalidOptionError, match="there is no such frame at 25"):
        Handover(words_at(1.0), footage, ExportOptions(base="own", own_start="01:00:00:25"))
