"""What holds for every format: its golden file, its name, and that nothing that was said can break it."""

import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from handovers import handed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from interview import FILM, INTERVIEW, handed_over
from said import transcripts

from transcriber.errors import UnknownFormatError
from transcriber.export import FORMATS, KINDS, PACKED, USUAL, find, pack
from transcriber.outputs import LONGEST_STEM, hand_over, plan
from transcriber.transcript import Segment, Transcript, Word

GOLDEN = Path(__file__).parent / "golden"
PRINTABLE = [name for name, form in FORMATS.items() if form.printable]

hostile = st.one_of(
    st.sampled_from(
        ["]]>", "-->", "<script>", "&amp;", "a\nb", "a\r\n\r\nb", "\x00", "\ud800", "\udcff", "\u2028", "\u202eabc",
         "{\\an8}", "\\N", "|C:", "\t=1", '"', "WEBVTT", "NOTE", "שלום", "👩‍👩‍👧", "\ufeff", "\ufffe", "\x85", "[x](y)"]
    ),
    st.text(min_size=1, max_size=12),
)  # fmt: skip


@st.composite
def hostile_transcripts(draw: st.DrawFn) -> Transcript:
    """Two utterances of anything that can be typed, one of them with words."""
    texts = draw(st.lists(hostile, min_size=1, max_size=5))
    speaker = draw(st.one_of(st.none(), hostile))
    words = tuple(Word(text, 0.5 * n, 0.5 * n + 0.4, 0.3, speaker) for n, text in enumerate(texts))
    timed = Segment(" ".join(texts), 0.0, words[-1].end, words, speaker)
    return Transcript((timed, Segment(draw(hostile), 5.0, 6.0, (), speaker)), 10.0, "demo", language=draw(hostile))


@pytest.mark.parametrize("name", [name for name in PRINTABLE if name != "whisper"])
def test_each_format_writes_its_golden_file(name):
    written = find(name).render(handed_over())

    assert written == (GOLDEN / f"interview{find(name).extension}").read_bytes()


def test_whispers_json_is_golden_but_for_what_compression_does_elsewhere():
    written = re.sub(r'"compression_ratio": [\d.]+', '"compression_ratio": 0.7', find("whisper").text(handed_over()))

    assert written == (GOLDEN / "interview.whisper.json").read_text("utf-8")


def test_no_two_formats_share_a_name_of_their_files():
    extensions = [form.extension for form in FORMATS.values()]

    assert len({extension.casefold() for extension in extensions}) == len(extensions)
    assert all(re.fullmatch(r"(\.[a-z]+){1,2}", extension) for extension in extensions)


def test_all_formats_are_written_side_by_side(tmp_path):
    (output,) = plan([tmp_path / "talk.wav"], tuple(FORMATS), tmp_path)

    assert len(set(output.paths)) == len(FORMATS)


def test_the_longest_name_of_a_recording_leaves_room_for_every_ending_while_it_is_written():
    ends = [f" (999){form.extension}.part" for form in FORMATS.values()]

    assert LONGEST_STEM + max(map(len, ends)) <= 255


def test_every_format_says_what_it_is_for_and_in_what_drawer_it_lies():
    for form in FORMATS.values():
        assert form.kind in KINDS
        assert form.title
        assert form.help.endswith(".")


def test_the_usual_formats_are_still_the_usual_ones():
    assert USUAL == ("txt", "srt", "json", "csv", "docx")
    assert set(PACKED) < set(FORMATS)


def test_an_unknown_format_is_refused_with_every_known_one():
    with pytest.raises(UnknownFormatError) as refused:
        find("scc")

    assert all(name in str(refused.value) for name in FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_writes_a_recording_in_which_nobody_spoke(name):
    silent = Transcript((), 3.0, "demo")

    assert isinstance(find(name).render(handed(silent)), bytes)


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_transcript_always_gives_the_same_bytes(name):
    assert find(name).render(handed_over()) == find(name).render(handed_over())


@pytest.mark.parametrize("name", PRINTABLE)
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(said=hostile_transcripts(), path=hostile)
def test_nothing_that_is_said_and_no_name_of_a_file_stops_a_format(name, said, path):
    film = replace(FILM, path=PurePosixPath(f"/{path.replace('/', '')}.mov"))

    written = find(name).text(handed_over(said, film))

    assert "\x00" not in written or name in {"csv", "segments.csv", "txt"}
    assert not re.search("[\ud800-\udfff]", written)


@pytest.mark.parametrize("name", ["json", "premiere", "whisper", "otio"])
@settings(deadline=None, max_examples=40)
@given(hostile_transcripts())
def test_json_is_json_whatever_is_said(name, said):
    assert json.loads(find(name).render(handed_over(said)))


@settings(deadline=None, max_examples=60)
@given(transcripts())
def test_every_word_is_in_the_data_formats_that_hold_words(said):
    expected = "".join("".join(segment.text.split()) for segment in said.segments)

    for name, words in (("ctm", _ctm_words), ("premiere", _premiere_words), ("whisper", _whisper_words)):
        assert _visible(words(find(name).text(handed(said)))) == _visible(expected)


def _visible(text: str) -> str:
    return "".join(char for char in text if char.isprintable() and not char.isspace() and char != "_")


def _ctm_words(text: str) -> str:
    return "".join(line.split(" ")[4] for line in text.split("\n") if line)


def _premiere_words(text: str) -> str:
    return "".join(word["text"] for segment in json.loads(text)["segments"] for word in segment["words"])


def _whisper_words(text: str) -> str:
    return "".join(word["word"] for word in json.loads(text)["words"])


# --- the pack --------------------------------------------------------------------------------------------------------


def opened(content: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(content))


def test_a_pack_holds_the_chosen_files_as_they_are_and_tells_where_they_go():
    handover = handed_over()

    packed = opened(pack(handover, ["srt", "premiere", "pack"]))

    assert packed.namelist() == ["README.txt", "Café & _Ж_ 7.srt", "Café & _Ж_ 7.premiere.json"]
    assert packed.read("Café & _Ж_ 7.srt") == find("srt").render(handover)
    assert packed.testzip() is None


def test_the_readme_names_every_file_its_program_and_the_time_base():
    readme = opened(find("pack").render(handed_over())).read("README.txt").decode("utf-8-sig")

    assert "10:00:00;00" in readme
    assert "29.97 drop-frame" in readme
    for name in PACKED:
        assert f"Café & _Ж_ 7{find(name).extension}\r\n" in readme
        assert find(name).help in readme


def test_only_a_start_of_ones_own_needs_no_advice_for_resolve():
    asked = opened(pack(handed_over(base="file"), [])).read("README.txt").decode("utf-8-sig")
    chosen = opened(pack(handed_over(base="own"), [])).read("README.txt").decode("utf-8-sig")

    assert "01:00:00:00: for markers" in asked
    assert "for markers" not in chosen


def test_a_pack_of_an_unknown_format_is_refused():
    with pytest.raises(UnknownFormatError, match="'doc'"):
        pack(handed_over(), ["doc"])


@settings(deadline=None, max_examples=40)
@given(hostile)
def test_no_name_of_a_recording_leaves_the_folder_that_a_pack_is_opened_in(name):
    film = replace(FILM, path=PurePosixPath(f"/rushes/..{name.replace('/', '')}\\..\\x.mov"))

    names = opened(pack(handed_over(INTERVIEW, film), ["txt"])).namelist()

    assert not any(re.search(r'[<>:"/\\|?*\x00-\x1f]', each) or each.startswith("/") for each in names)


def test_a_recording_that_is_named_from_its_folder_is_found_from_every_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    handover = hand_over(Transcript((), 3.0, "demo"), Path("talk.wav"))

    assert handover.footage.path == tmp_path / "talk.wav"
