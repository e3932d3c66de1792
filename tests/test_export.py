import json
from collections.abc import Mapping
from pathlib import Path

import pysubs2
import pytest
from handovers import handed
from hypothesis import given, settings
from said import segment, transcript, transcripts

from transcriber.errors import InvalidTranscriptError, UnknownFormatError
from transcriber.export import FORMATS, find, srt, transcript_json, txt
from transcriber.transcript import Reading, Segment, Span, Transcript, Word

GOLDEN = Path(__file__).parent / "golden"
MUSEUM = Transcript(
    segments=(
        segment("Grüß Gott, and welcome to the Museum of Modern Art in Łódź.", 0.5, speaker="Anna"),
        segment("My name is Zoë.", 6.0, speaker="Anna"),
        segment("Thank you!", 9.25, seconds=0.4, speaker="Борис"),
        Segment("Здесь, в первом зале, висит картина, которую никто никогда не видел.", 12.0, 17.5, (), "Борис"),
        Segment(
            "Why 42?",
            18.0,
            19.0,
            (Word("Why", 18.0, 18.4, 0.98765, "Anna"), Word("42?", 18.4004, 19.0, 1.0, "Anna")),
            "Anna",
        ),
    ),
    duration=20.1256,
    model="parakeet-v3",
    revision="0123abcd",
    language="de",
)


# --- the registry ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["txt", "srt", "json", "csv"])
def test_each_format_writes_its_golden_file(name):
    written = find(name).render(handed(MUSEUM))

    assert written == (GOLDEN / f"museum{find(name).extension}").read_bytes()


def test_every_format_writes_a_transcript_in_which_nobody_spoke():
    silent = transcript()

    written = {name: form.render(handed(silent)) for name, form in FORMATS.items()}

    assert (written["txt"], written["srt"]) == (b"", b"")
    assert transcript_json.parse(written["json"].decode("utf-8")) == silent


def test_the_registry_cannot_be_changed_by_accident():
    assert isinstance(FORMATS, Mapping)
    with pytest.raises(TypeError):
        FORMATS["doc"] = FORMATS["txt"]


def test_an_unknown_format_is_refused_with_the_known_ones():
    with pytest.raises(UnknownFormatError, match=r"no format 'doc'.*txt, .*srt, .*json, csv, .*pack"):
        find("doc")


# --- plain text ------------------------------------------------------------------------------------------------------


def test_sentences_flow_into_one_paragraph_until_a_long_pause():
    made = transcript(segment("One.", 0.0), segment("Two.", 1.0), segment("Three.", 5.0))

    assert txt.render(made) == "One. Two.\n\nThree.\n"


def test_a_paragraph_does_not_grow_for_ever():
    made = transcript(
        *(segment("Ten words stand here, and all of them are short.", 5.0 * n, gap=0.2) for n in range(60))
    )

    paragraphs = txt.render(made).split("\n\n")

    assert len(paragraphs) > 1
    assert all(450 <= len(paragraph) <= 600 for paragraph in paragraphs[:-1])


def test_a_speaker_is_named_where_he_begins_and_not_again():
    made = transcript(
        segment("One.", 0.0, speaker="Anna"),
        segment("Two.", 9.0, speaker="Anna"),
        segment("Three.", 9.5, speaker="Ben"),
        segment("Four.", 10.0),
    )

    assert txt.render(made) == "Anna: One.\n\nTwo.\n\nBen: Three.\n\nFour.\n"


# --- SubRip ----------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(transcripts())
def test_an_independent_parser_reads_the_cues_back_to_the_millisecond(made):
    cues = handed(made).cues

    read = pysubs2.SSAFile.from_string(srt.render(handed(made)), format_="srt", keep_html_tags=True)

    assert [(event.start, event.end) for event in read] == [
        (round(cue.start * 1000), round(cue.end * 1000)) for cue in cues
    ]
    assert [event.text.count("\\N") for event in read] == [len(cue.lines) - 1 for cue in cues]


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("arrow --> here", "arrow -> here"),
        ("{\\an8}top", "(/an8)top"),
        ("an <i>italic</i> word", "an ‹i›italic‹/i› word"),
        ("a <font color=red> b", "a ‹font color=red› b"),
        ("two\n\nlines", "two lines"),
        ("C:\\new", "C:/new"),
        ("3 < 5 & 5 > 3", "3 < 5 & 5 > 3"),
        ("00:00:01,000 --> 00:00:02,000", "00:00:01,000 -> 00:00:02,000"),
        ("nul\x00byte", "nul byte"),
    ],
)
def test_what_looks_like_markup_is_shown_and_not_obeyed(said, written):
    made = transcript(Segment(said, 1.0, 2.0), Segment("Next.", 5.0, 6.0))

    assert srt.render(handed(made)).split("\n\n")[0] == f"1\n00:00:01,000 --> 00:00:02,480\n{written}"


def test_subtitles_are_numbered_from_one_with_a_blank_line_between():
    made = transcript(segment("One two three.", 0.0), segment("Four.", 3599.9996), duration=4000.0)

    assert srt.render(handed(made)).strip().splitlines() == [
        *("1", "00:00:00,000 --> 00:00:01,480", "One two three.", ""),
        *("2", "01:00:00,000 --> 01:00:00,840", "Four."),
    ]


# --- JSON ------------------------------------------------------------------------------------------------------------


def test_the_json_holds_what_it_documents_and_nothing_else():
    document = json.loads(transcript_json.render(MUSEUM))

    assert list(document) == ["schema", "model", "revision", "duration", "language", "segments"]
    assert all(list(part) == ["text", "start", "end", "speaker", "words"] for part in document["segments"])
    assert document["segments"][-1]["words"][0] == {"text": "Why", "start": 18.0, "end": 18.4, "confidence": 0.988}


@settings(deadline=None)
@given(transcripts())
def test_a_transcript_comes_back_from_its_json(made):
    to_the_millisecond = transcript_json.parse(transcript_json.render(made))

    assert to_the_millisecond.text == made.text
    assert [word.text for word in to_the_millisecond.words] == [word.text for word in made.words]
    assert transcript_json.parse(transcript_json.render(to_the_millisecond)) == to_the_millisecond


def test_the_museum_comes_back_from_its_json_whole():
    read = transcript_json.parse(transcript_json.render(MUSEUM))

    assert read.segments[:-1] == MUSEUM.segments[:-1]
    assert (read.duration, read.model, read.revision, read.language) == (20.126, "parakeet-v3", "0123abcd", "de")


def test_a_proof_comes_back_from_its_json_whole():
    words = (
        Word("Maria", 0.0, 0.5, 0.25, reading=Reading("Mary a", "name", words=2)),
        Word("is", 0.5, 0.7, timing="shared"),
        Word("42", 0.8, 1.0, reading=Reading("", "number")),
    )
    proved = Transcript((Segment("Maria is 42", 0.0, 1.0, words),), 1.0, "canary", timing="words")

    assert transcript_json.parse(transcript_json.render(proved)) == proved


def test_clip_times_are_named_in_the_json_and_word_times_are_taken_for_granted():
    by_clips = Transcript((Segment("So it is.", 0.0, 40.0),), 40.0, "canary", timing="clips")

    assert json.loads(transcript_json.render(by_clips))["timing"] == "clips"
    assert transcript_json.parse(transcript_json.render(by_clips)) == by_clips
    assert "timing" not in transcript_json.render(MUSEUM)


SOUND = {"schema": transcript_json.SCHEMA, "model": "demo", "duration": 9, "segments": []}
WORD = {"text": "so", "start": 1, "end": 2}
READING = {"text": "saw", "kind": "word", "words": 1}


def holding(**changes: object) -> str:
    """A sound document whose one segment is changed."""
    part = {"text": "so", "start": 1, "end": 2, "words": [WORD], **changes}
    return json.dumps(SOUND | {"segments": [part]})


def test_what_may_be_unknown_may_be_missing():
    read = transcript_json.parse(holding())

    assert read == Transcript((Segment("so", 1.0, 2.0, (Word("so", 1.0, 2.0),)),), 9.0, "demo")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "it is not JSON"),
        ("1\n00:00:01,000 --> 00:00:02,000\nHello", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", "the file is no JSON object"),
        ("{}", "the file has no text in 'schema'"),
        (json.dumps(SOUND | {"schema": "other/2"}), "its schema is 'other/2', not 'transcribe-ui/transcript/1'"),
        (json.dumps(SOUND | {"model": None}), "the file has no text in 'model'"),
        (json.dumps(SOUND | {"revision": 7}), "the file has no text in 'revision'"),
        (json.dumps(SOUND | {"duration": -1}), "the file has no number from 0 to 1e+09 in 'duration'"),
        (json.dumps(SOUND | {"duration": float("nan")}), "the file has no number"),
        (json.dumps(SOUND | {"duration": 10**400}), "the file has no number"),
        (json.dumps(SOUND | {"duration": True}), "the file has no number"),
        (json.dumps(SOUND | {"segments": {}}), "the file has no list in 'segments'"),
        (json.dumps(SOUND | {"segments": [3]}), "segments[0] of the file is no JSON object"),
        (holding(words=None), "segments[0] of the file has no list in 'words'"),
        (holding(end=0.5), "segments[0] of the file ends at 0.5 s, before it starts at 1.0 s"),
        (holding(words=[WORD, WORD | {"end": 0.5}]), "words[1] of segments[0] of the file ends at 0.5 s"),
        (holding(words=[WORD | {"confidence": 1.5}]), "no number from 0 to 1 in 'confidence'"),
        (json.dumps(SOUND | {"timing": "lines"}), "the file has 'lines' in 'timing', not one of words, clips"),
        (holding(words=[WORD | {"timing": "guessed"}]), "has 'guessed' in 'timing', not one of heard, shared"),
        (
            holding(words=[WORD | {"reading": "saw"}]),
            "reading of words[0] of segments[0] of the file is no JSON object",
        ),
        (holding(words=[WORD | {"reading": READING | {"kind": "rhyme"}}]), "has 'rhyme' in 'kind', not one of word,"),
        (holding(words=[WORD | {"reading": READING | {"words": 0}}]), "has no whole number from 1 in 'words'"),
        (holding(words=[WORD | {"reading": READING | {"words": True}}]), "has no whole number from 1 in 'words'"),
    ],
)
def test_what_is_no_transcript_is_refused_with_the_place_where_it_fails(text, complaint):
    with pytest.raises(InvalidTranscriptError) as refusal:
        transcript_json.parse(text)

    assert complaint in str(refusal.value)


def test_what_was_not_heard_and_what_was_made_up_come_back_from_the_json():
    words = (Word("So", 0.0, 0.2, 0.9), Word("cup", 4.0, 4.2, 0.8, outside_speech=True))
    segments = (Segment("So cup", 0.0, 4.2, words),)
    checked = Transcript(segments, 60.0, "demo", unheard=(Span(1.0, 2.5), Span(30.0, 31.0)), dropped_words=3)

    assert transcript_json.parse(transcript_json.render(checked)) == checked
    assert "outside_speech" not in transcript_json.render(MUSEUM)
    assert "unheard" not in transcript_json.render(MUSEUM)
