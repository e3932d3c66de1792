"""What was written before is read again, whoever wrote it and in whatever encoding."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as some
from interview import INTERVIEW

from transcriber.errors import InvalidSubtitlesError, InvalidTranscriptError, MediaNotFoundError
from transcriber.export import transcript_json
from transcriber.export.cues import Cue
from transcriber.imported import decoded, read_captions, read_transcript

SRT = "1\n00:00:01,000 --> 00:00:03,000\nGrüße, Zoë.\n"


@given(text=some.text(some.characters(exclude_categories=["Cs"]), max_size=40))
def test_text_comes_back_from_all_that_notepad_writes(text):
    big_endian = codecs.BOM_UTF16_BE + text.encode("utf-16-be")

    assert [decoded(text.encode(name)) for name in ("utf-8-sig", "utf-16")] == [text, text]
    assert decoded(big_endian) == text
    assert decoded(text.encode()) == text.removeprefix("\ufeff")


@pytest.mark.parametrize(("encoding", "is_guessed"), [("utf-8", False), ("utf-16", False), ("cp1252", True)])
def test_captions_are_read_and_it_is_told_if_their_letters_were_guessed(tmp_path, locks, encoding, is_guessed):
    path = tmp_path / "talk.SRT"
    path.write_bytes(SRT.encode(encoding))

    read = read_captions(path)
    path.unlink()

    assert (read.cues, read.text, read.is_guessed) == ((Cue(1.0, 3.0, ("Grüße, Zoë.",)),), SRT, is_guessed)
    assert locks.violations == []


def test_a_transcript_that_an_editor_saved_with_a_byte_order_mark_is_still_one(tmp_path):
    path = tmp_path / "talk.json"
    path.write_text(transcript_json.render(INTERVIEW), encoding="utf-8-sig")

    assert read_transcript(path) == transcript_json.parse(transcript_json.render(INTERVIEW))


@pytest.mark.parametrize(
    ("read", "refusal"), [(read_captions, InvalidSubtitlesError), (read_transcript, InvalidTranscriptError)]
)
def test_what_is_refused_is_named_with_the_reason(tmp_path, read, refusal):
    text, noise, folder = tmp_path / "text.srt", tmp_path / "noise.srt", tmp_path / "folder.srt"
    text.write_text("hello", encoding="utf-8")
    noise.write_bytes(codecs.BOM_UTF16_LE + b"odd")
    folder.mkdir()

    for path, reason in ((text, "it is"), (noise, "it is no text"), (folder, "it is a folder")):
        with pytest.raises(refusal) as refused:
            read(path)
        assert refused.value.path == str(path)
        assert reason in str(refused.value) or "there is no cue in it" in str(refused.value)


@pytest.mark.parametrize("read", [read_captions, read_transcript])
@pytest.mark.parametrize("name", ["gone.srt", "gone/talk.srt", "a\0b.srt"])
def test_what_is_not_there_is_said_to_be_missing(tmp_path, read, name):
    with pytest.raises(MediaNotFoundError):
        read(tmp_path / name)
