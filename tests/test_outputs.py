"""Files go where they were wanted, under names of their own, and nothing that is there is lost unasked."""

import json
import os
from pathlib import Path

import pytest
from handovers import handed
from hypothesis import given
from hypothesis import strategies as some
from make_media import Track, tones, write

from transcriber import export, storage
from transcriber.errors import InvalidOptionError, NotWritableError, UnknownFormatError
from transcriber.outputs import EXISTING, LONGEST_STEM, Output, hand_over, plan, save, shortened
from transcriber.transcript import Segment, Transcript, Word

TRANSCRIPT = Transcript(
    (Segment("Grüße — 你好.", 0.0, 1.0, (Word("Grüße", 0.0, 0.4), Word("你好.", 0.5, 1.0))),), 2.0, "demo"
)
HANDED = handed(TRANSCRIPT)
TEXT = "Grüße — 你好."


def output(folder, name="talk.wav", formats=("txt",), existing="number"):
    return plan([Path("/far/away") / name], formats, folder, existing)[0]


def names(outputs):
    return [path.name for each in outputs for path in each.paths]


def read(path):
    return path.read_text(encoding="utf-8")


# --- names -----------------------------------------------------------------------------------------------------------


def test_files_are_named_after_the_recording_and_hold_the_transcript(tmp_path, locks):
    folder = tmp_path / "new" / "out"

    paths = save(HANDED, output(folder, "it's a tälk.v2.mp4", ("txt", "srt", "json")))

    assert [path.name for path in paths] == ["it's a tälk.v2.txt", "it's a tälk.v2.srt", "it's a tälk.v2.json"]
    assert TEXT in read(paths[0])
    assert json.loads(read(paths[2]))["segments"][0]["words"][1]["text"] == "你好."
    assert sorted(folder.iterdir()) == sorted(paths)
    assert locks.violations == []


def test_without_a_folder_files_lie_beside_their_recordings(tmp_path):
    recordings = [tmp_path / "day 1" / "talk.wav", tmp_path / "day 2" / "talk.wav"]

    outputs = plan(recordings, ["txt"])

    assert [path for each in outputs for path in each.paths] == [path.with_suffix(".txt") for path in recordings]


def test_two_recordings_of_one_name_get_files_of_their_own(tmp_path):
    recordings = [Path("a/talk.wav"), Path("b/talk.mp4"), Path("c/TALK.mov"), Path("a/talk (2).wav")]

    assert names(plan(recordings, ["txt"], tmp_path)) == [
        "talk.txt",
        "talk (2).txt",
        "TALK (3).txt",
        "talk (2) (2).txt",
    ]


def test_names_that_differ_only_in_how_a_letter_is_composed_are_one(tmp_path):
    recordings = [Path("a/tälk.wav"), Path("b/ta\u0308lk.wav")]

    assert names(plan(recordings, ["txt"], tmp_path)) == ["tälk.txt", "ta\u0308lk (2).txt"]


@pytest.mark.parametrize("existing", EXISTING)
def test_a_recording_is_never_overwritten_by_its_own_transcript(tmp_path, existing):
    recording = tmp_path / "sound.txt"
    recording.write_bytes(b"RIFF")

    (planned,) = plan([recording], ["txt"], existing=existing)
    save(HANDED, planned)

    assert planned.paths == (tmp_path / "sound (2).txt",)
    assert recording.read_bytes() == b"RIFF"


@given(
    some.lists(some.sampled_from(["talk", "Talk", "talk (2)", "talk.v2", "t"]), min_size=1, max_size=12),
    some.sampled_from(EXISTING),
)
def test_no_two_files_of_a_request_have_one_name(stems, existing):
    recordings = [Path(f"{number}") / f"{stem}.wav" for number, stem in enumerate(stems)]

    planned = names(plan(recordings, ["txt", "srt"], Path("out"), existing))

    assert len({name.casefold() for name in planned}) == 2 * len(stems)


ODD = [
    "it's.wav",
    "café — 日本語.wav",
    "dots...wav",
    "blank .wav",
    "-i.wav",
    "100% %d.wav",
    "no suffix",
    "n" * 250 + ".wav",
]


@pytest.mark.parametrize("name", [*ODD, "日" * 83 + ".wav"])
@pytest.mark.parametrize("existing", EXISTING)
def test_an_odd_name_stays_as_it_is_as_far_as_it_fits(tmp_path, locks, name, existing):
    for _ in range(2):
        paths = save(HANDED, output(tmp_path, name, ("txt", "json"), existing))

    assert all(path.name.startswith(Path(name).stem[:70]) for path in paths)
    assert [path for path in tmp_path.iterdir() if path.suffix not in (".txt", ".json")] == []
    assert locks.violations == []


def test_a_name_is_shortened_between_letters_and_only_if_it_must_be():
    assert shortened("n" * LONGEST_STEM) == "n" * LONGEST_STEM
    assert shortened("é" * 200) == "é" * (LONGEST_STEM // 2)
    assert shortened("n" * (LONGEST_STEM - 1) + " talk") == "n" * (LONGEST_STEM - 1)
    assert shortened("dots..") == "dots.."


@pytest.mark.skipif(os.name == "nt", reason="only Linux allows such names")
def test_a_name_that_is_no_text_is_kept(tmp_path):
    save(HANDED, output(tmp_path, os.fsdecode(b"caf\xe9.wav")))

    assert [os.fsencode(path.name) for path in tmp_path.iterdir()] == [b"caf\xe9.txt"]


# --- what is there already -------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    """Nobody waits long for a file that is held on purpose."""
    monkeypatch.setattr(storage, "HELD_WAITS", (0.01, 0.01))


@pytest.fixture
def corrected(tmp_path):
    """A result of an earlier day, worked on since."""
    (path,) = save(HANDED, output(tmp_path))
    path.write_text("corrected by hand", encoding="utf-8")
    return path


def test_numbering_keeps_what_is_there(tmp_path, corrected):
    paths = save(HANDED, output(tmp_path, formats=("txt", "srt")))

    assert [path.name for path in paths] == ["talk (2).txt", "talk (2).srt"]
    assert read(corrected) == "corrected by hand"


def test_numbering_passes_over_a_number_that_was_planned_for_another(tmp_path, corrected):
    first, second = plan([Path("a/talk.wav"), Path("b/talk.wav")], ["txt"], tmp_path)

    paths = save(HANDED, first) + save(HANDED, second)

    assert [path.name for path in paths] == ["talk (2).txt", "talk (3).txt"]


def test_skipping_leaves_a_recording_out_whose_files_are_all_there(tmp_path, corrected):
    assert output(tmp_path, existing="skip").is_there
    assert not output(tmp_path, formats=("txt", "srt"), existing="skip").is_there
    assert not output(tmp_path, "other.wav", existing="skip").is_there
    assert not output(tmp_path, existing="number").is_there
    assert not output(tmp_path, existing="replace").is_there


def test_skipping_writes_only_what_is_missing(tmp_path, corrected):
    paths = save(HANDED, output(tmp_path, formats=("txt", "srt"), existing="skip"))

    assert [path.name for path in paths] == ["talk.srt"]
    assert read(corrected) == "corrected by hand"


def test_skipping_finds_each_recordings_own_files_again(tmp_path):
    recordings = [Path("a/talk.wav"), Path("b/talk.wav")]
    save(HANDED, plan(recordings, ["txt"], tmp_path, "skip")[0])

    first, second = plan(recordings, ["txt"], tmp_path, "skip")

    assert first.is_there
    assert not second.is_there


def test_replacing_puts_the_new_in_place_of_the_old(tmp_path, corrected):
    paths = save(HANDED, output(tmp_path, existing="replace"))

    assert paths == [corrected]
    assert TEXT in read(corrected)
    assert list(tmp_path.iterdir()) == [corrected]


def test_one_request_never_replaces_its_own_files(tmp_path):
    for each in plan([Path("a/talk.wav"), Path("b/talk.wav")], ["txt"], tmp_path, "replace"):
        save(HANDED, each)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["talk (2).txt", "talk.txt"]


# --- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("existing", EXISTING)
def test_a_file_that_another_program_holds_is_left_whole_and_costs_only_itself(tmp_path, corrected, locks, existing):
    wanted = output(tmp_path, formats=("txt", "srt"), existing=existing)

    with locks.hold(corrected):
        if existing == "replace":
            with pytest.raises(NotWritableError, match=r"talk\.txt cannot be written.*close the program that holds it"):
                save(HANDED, wanted)
        else:
            save(HANDED, wanted)

    assert read(corrected) == "corrected by hand"
    assert len(list(tmp_path.glob("*.srt"))) == 1
    assert list(tmp_path.glob("*.part")) == []


def test_a_write_protected_file_is_not_replaced(tmp_path, corrected, locks):
    corrected.chmod(0o444)

    with pytest.raises(NotWritableError, match=r"talk\.txt cannot be written"):
        save(HANDED, output(tmp_path, existing="replace"))

    assert read(corrected) == "corrected by hand"
    assert list(tmp_path.iterdir()) == [corrected]


def test_an_antivirus_that_looks_at_every_new_file_is_waited_for(tmp_path, corrected, locks):
    with locks.hold_new_files("*.txt.part", patience=2):
        save(HANDED, output(tmp_path, existing="replace"))

    assert TEXT in read(corrected)
    assert list(tmp_path.iterdir()) == [corrected]


def test_a_folder_in_the_place_of_a_file_is_said(tmp_path):
    (tmp_path / "talk.txt").mkdir()

    with pytest.raises(NotWritableError, match=r"talk\.txt cannot be written"):
        save(HANDED, output(tmp_path, existing="replace"))

    assert [path.name for path in tmp_path.iterdir()] == ["talk.txt"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(NotWritableError, match="file"):
        save(HANDED, output(tmp_path / "file" / "out"))


def test_an_unknown_choice_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(UnknownFormatError, match=", ".join(export.FORMATS)):
        plan([Path("talk.wav")], ["txt", "wordstar"], tmp_path)
    with pytest.raises(InvalidOptionError, match="skip, number, replace"):
        Output(Path("talk.wav"), tmp_path, "talk", ("txt",), "overwrite")

    assert list(tmp_path.iterdir()) == []


# --- handing over ----------------------------------------------------------------------------------------------------


def test_a_film_that_does_not_say_how_long_it_is_lasts_as_long_as_its_words(tmp_path):
    live = Track(tones(48_000), 48_000, "libopus")
    path = write(tmp_path / "browser.webm", live, video=True, options={"live": "1"})

    handover = hand_over(TRANSCRIPT, path)

    assert (handover.footage.duration, handover.footage.size) == (TRANSCRIPT.duration, (64, 64))


def test_a_recording_that_is_gone_is_handed_over_without_what_its_headers_said(tmp_path):
    handover = hand_over(TRANSCRIPT, tmp_path / "gone.mov")

    assert (handover.footage.duration, handover.footage.rate) == (TRANSCRIPT.duration, None)
