"""Captions made elsewhere, read and laid out anew."""

from fractions import Fraction

import pytest
from handovers import handed
from hypothesis import given, settings
from said import segment, transcript
from test_cues import conversations, said, visible

from transcriber.errors import InvalidSubtitlesError
from transcriber.export import find
from transcriber.export.checking import check
from transcriber.export.cues import Cue, lay_out
from transcriber.export.subtitles import parse, transcript_of
from transcriber.options import PROFILES
from transcriber.timecode import FrameRate

PAL = FrameRate(Fraction(25))
NETFLIX = PROFILES["netflix"]

SRT = """1
00:00:01,000 --> 00:00:02,500
<i>Good</i> morning,
everybody.

2
00:00:03,000 --> 00:00:04,000
Привет!
"""
VTT = """\ufeffWEBVTT

NOTE nobody sees this

intro
00:01.000 --> 00:02.500 align:start
<v Anna>Fish &amp; <b>chips</b></v>

01:00:03.000 --> 01:00:04.000
Salt?
"""
ASS = """[Script Info]
ScriptType: v4.00+

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:02.50,Default,Anna,0,0,0,,{\\k20}Good {\\k30}morning,\\Neverybody.
Comment: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,not shown
Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\\p1}m 0 0 l 1 1{\\p0}
"""


def test_srt_is_read_with_any_line_ends_and_without_its_styles():
    on_windows = "\ufeff" + SRT.replace("\n", "\r\n")

    assert parse(SRT, ".srt") == parse(on_windows, ".srt")
    assert parse(SRT, ".srt") == [Cue(1.0, 2.5, ("Good morning,", "everybody.")), Cue(3.0, 4.0, ("Привет!",))]


def test_vtt_is_read_with_its_voices():
    assert parse(VTT, ".vtt") == [Cue(1.0, 2.5, ("Fish & chips",), ("Anna",)), Cue(3603.0, 3604.0, ("Salt?",))]


def test_ass_is_read_without_comments_and_drawings():
    cues = parse(ASS, ".ASS")

    assert cues[0] == Cue(1.0, 2.5, ("Good morning,", "everybody."), ("Anna", "Anna"))
    assert [cue for cue in cues if cue.lines] == cues[:1]


@pytest.mark.parametrize(
    ("text", "suffix", "complaint"),
    [
        ("", ".srt", "there is no cue in it"),
        ('{"schema": 1}', ".srt", "there is no cue in it"),
        ("WEBVTT\n\n", ".vtt", "there is no cue in it"),
        (ASS.replace("0:00:01.00", "soon"), ".ass", "it is no sound .ass file (Failed to parse timestamp: 'soon')"),
        (SRT, ".docx", ".docx is none of .srt, .vtt, .ass"),
        ("1\n00:00:05,000 --> 00:00:02,000\nback", ".srt", "cue 1 ends at 2 s, before it starts at 5 s"),
        (SRT.replace("00:00:03,000", "00:oo:03"), ".srt", "after cue 1 is a line of times that cannot be read"),
    ],
)
def test_what_is_no_subtitle_file_is_refused_in_one_sentence(text, suffix, complaint):
    with pytest.raises(InvalidSubtitlesError) as refusal:
        parse(text, suffix)

    assert complaint in str(refusal.value)


@pytest.mark.parametrize("suffix", [".srt", ".vtt", ".ass"])
@settings(deadline=None, max_examples=40)
@given(made=conversations())
def test_our_own_files_come_back_without_a_breach(suffix, made):
    handover = handed(made)
    if not handover.cues:
        return

    cues = parse(find(suffix[1:]).render(handover).decode("utf-8-sig"), suffix)

    assert check(cues, NETFLIX, handover.rate).avoidable == ()
    assert said_in(cues) == said_in(handover.cues)


def said_in(cues: list[Cue]) -> str:
    return "".join(visible(line) for cue in cues for line in cue.lines)


def test_words_are_timed_by_their_length_inside_their_cue():
    made = transcript_of([Cue(2.0, 4.0, ("I see", "everything."))], 60.0)

    assert [(word.text, word.start, word.end) for word in made.words] == [
        ("I", 2.0, pytest.approx(2 + 2 * 2 / 18)),
        ("see", pytest.approx(2 + 2 * 2 / 18), pytest.approx(2 + 2 * 6 / 18)),
        ("everything.", pytest.approx(2 + 2 * 6 / 18), pytest.approx(4.0)),
    ]
    assert {word.timing for word in made.words} == {"shared"}


def test_a_sentence_that_runs_through_cues_is_one_segment():
    cues = [Cue(1.0, 2.0, ("This sentence",)), Cue(2.1, 3.0, ("goes on. And",)), Cue(3.1, 4.0, ("here is one.",))]

    made = transcript_of(cues, 60.0)

    assert [part.text for part in made.segments] == ["This sentence goes on.", "And here is one."]


def test_badly_broken_captions_are_laid_out_anew():
    cues = [
        Cue(1.0, 3.4, ("Nobody had expected that the", "paintings from the")),
        Cue(3.48, 6.0, ("cellar would survive. Most of", "them did.")),
    ]

    again = lay_out(transcript_of(cues, 60.0, language="en"), NETFLIX, PAL)

    assert [cue.lines for cue in again] == [
        ("Nobody had expected that the paintings", "from the cellar would survive."),
        ("Most of them did.",),
    ]
    assert check(again, NETFLIX, PAL).breaches == ()


def test_the_hyphens_of_two_speakers_are_theirs_and_not_words():
    made = transcript_of([Cue(1.0, 3.0, ("- Hi.", "-Who is it?"))], 60.0)

    assert [(part.text, part.speaker) for part in made.segments] == [("Hi.", "Speaker 1"), ("Who is it?", "Speaker 2")]


def test_known_speakers_stay_who_they_are():
    made = transcript(segment("Yes.", 0.0, speaker="Anna"), segment("No.", 0.35, speaker="Ben"))
    (cue,) = lay_out(made, NETFLIX, PAL)

    again = transcript_of([cue], 60.0)

    assert [(part.text, part.speaker) for part in again.segments] == [("Yes.", "Anna"), ("No.", "Ben")]


@settings(deadline=None)
@given(conversations())
def test_laying_out_anew_loses_no_word(made):
    cues = lay_out(made, NETFLIX, PAL)

    again = lay_out(transcript_of(cues, made.duration), NETFLIX, PAL)

    assert said(again) == said(cues)
    assert check(again, NETFLIX, PAL).avoidable == ()
