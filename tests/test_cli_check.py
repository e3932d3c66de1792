"""Captions of any maker are held to the rules that are wanted; what is found is said, and mended if asked for."""

import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pysubs2
import pytest
from handovers import handed
from interview import INTERVIEW
from make_media import Picture, Track, film, tones

from transcriber.cli import main
from transcriber.export import find, subtitles
from transcriber.export.checking import check
from transcriber.options import PROFILES
from transcriber.timecode import parse

ROOT = Path(__file__).resolve().parent.parent

GOOD = "1\n00:00:01,000 --> 00:00:03,000\nGood morning.\n\n2\n00:00:04,000 --> 00:00:06,000\nIt is late.\n"

BAD = """1
00:00:01,000 --> 00:00:01,200
Good morning, everybody who has come here so late today.

2
00:00:04,000 --> 00:00:06,010
It is late.

3
00:00:06,040 --> 00:00:07,000
A sentence that was spoken in one second and so is fast.

4
00:00:07,080 --> 00:00:09,000
Go.
"""
"""A line that is too long and too short a show, an end off the frames in a gap that is too small, and fast speech."""


def saved(folder: Path, text: str, name: str = "talk.srt", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def table(printed: str) -> list[list[str]]:
    """Its rows without the head, as cue, time, rule, remedy, sentence."""
    lines = printed.splitlines()
    columns = [lines[0].index(name) for name in ("CUE", "TIME", "RULE", "REMEDY", "WHAT")]
    ends = [*columns[1:], None]
    rows = [line for line in lines[1:] if line[0].isdigit()]
    return [[row[start:end].strip() for start, end in zip(columns, ends, strict=True)] for row in rows]


# --- what is found ---------------------------------------------------------------------------------------------------


def test_captions_without_fault_are_all_right(tmp_path, capsys):
    path = saved(tmp_path, GOOD)

    assert main(["check", str(path), "--fps", "25"]) == 0

    printed = capsys.readouterr()
    assert printed.out == f"{path}: score 100 of 100 (netflix at 25 frames a second; 2 cues, 0 rules broken)\n"
    assert printed.err == ""


def test_every_breach_is_told_with_its_cue_its_time_and_what_can_be_done(tmp_path, capsys):
    code = main(["check", str(saved(tmp_path, BAD)), "--fps", "25"])

    rows = table(capsys.readouterr().out)
    assert code == 1
    assert [row[:4] for row in rows] == [
        ["1", "00:00:01.000", "line length", "--repair"],
        ["1", "00:00:01.000", "speed", "--repair"],
        ["1", "00:00:01.000", "shortest", "--repair"],
        ["2", "00:00:04.000", "frame", "--repair"],
        ["2", "00:00:04.000", "gap", "--repair"],
        ["3", "00:00:06.040", "line length", "--repair"],
        ["3", "00:00:06.040", "speed", "none: the speech is as fast"],
    ]
    assert rows[2][4] == "Cue 1 is shown for 0.200 s, shorter than 0.833 s."


def test_what_speech_forces_is_told_but_is_no_fault(tmp_path, capsys):
    fast = "1\n00:00:01,000 --> 00:00:02,000\nSpoken in a second, and fast.\n\n2\n00:00:02,080 --> 00:00:04,000\nGo.\n"

    assert main(["check", str(saved(tmp_path, fast)), "--fps", "25"]) == 0

    printed = capsys.readouterr().out
    assert [row[2:4] for row in table(printed)] == [["speed", "none: the speech is as fast"]]
    assert "score 100 of 100 (netflix at 25 frames a second; 2 cues, 0 rules broken, 1 more by the speed" in printed


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (["--profile", "netflix"], 0),
        (["--profile", "bbc"], 1),
        (["--profile", "bbc", "--closed-gap", "0"], 0),
        (["--line-length", "12"], 1),
        (["--characters-per-second", "6"], 1),
        (["--fps", "24000/1001"], 1),
    ],
)
def test_the_rules_are_those_of_the_profile_and_the_flags(tmp_path, flags, code):
    assert main(["check", str(saved(tmp_path, GOOD)), "--fps", "25", *flags]) == code


def test_the_rate_that_was_taken_for_granted_is_said(tmp_path, capsys):
    main(["check", str(saved(tmp_path, GOOD))])

    assert "checked at 25 frames a second; --fps gives another rate" in capsys.readouterr().err


def test_a_film_beside_the_captions_gives_their_rate(tmp_path, capsys):
    film(tmp_path / "talk.mov", Picture(Fraction(24000, 1001)), Track(tones(16_000), 16_000, "mp2"))

    assert main(["check", str(saved(tmp_path, GOOD))]) == 1

    printed = capsys.readouterr()
    assert "netflix at 23.976 frames a second" in printed.out
    assert printed.err == ""


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", ["srt", "vtt", "ass"])
def test_our_own_captions_keep_every_rule(tmp_path, capsys, profile, name):
    source = tmp_path / "talk.json"
    source.write_bytes(find("json").render(handed(INTERVIEW)))
    flags = ["--profile", profile, "--fps", "29.97df"]
    main(["export", str(source), "--format", name, "--output-dir", str(tmp_path), "--time-base", "own", *flags])

    code = main(["check", str(tmp_path / f"talk.{name}"), *flags])

    assert "score 100 of 100" in capsys.readouterr().out
    assert code == 0


def test_programs_get_the_same_findings_as_json(tmp_path, capsys):
    path = saved(tmp_path, BAD)

    assert main(["check", str(path), "--fps", "29.97df", "--json", "--repair"]) == 0

    found = json.loads(capsys.readouterr().out)
    expected = check(subtitles.parse(BAD, ".srt"), PROFILES["netflix"], parse("29.97df"))
    assert (found["file"], found["profile"], found["fps"]) == (str(path), "netflix", "30000/1001")
    assert (found["drop_frame"], found["cues"], found["score"]) == (True, 4, expected.score)
    assert [(each["cue"], each["rule"], each["amount"], each["forced"]) for each in found["breaches"]] == [
        (each.cue, each.rule, each.amount, each.forced) for each in expected.breaches
    ]
    assert (found["breaches"][0]["start"], found["breaches"][0]["repairable"]) == (1.0, True)
    assert found["repaired"]["file"] == str(tmp_path / "talk (repaired).srt")
    assert found["repaired"]["score"] >= found["score"]


@pytest.mark.skipif(os.name == "nt", reason="there a pipe that is closed is another error")
def test_a_reader_who_has_seen_enough_is_no_failure(tmp_path):
    command = [sys.executable, "-m", "transcriber", "check", str(saved(tmp_path, BAD)), "--fps", "25"]

    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        program.stdout.close()
        said = program.stderr.read()

    assert said == b""
    assert program.returncode == 0


# --- what is mended --------------------------------------------------------------------------------------------------


def test_a_repaired_file_is_written_beside_and_keeps_every_word_and_rule(tmp_path, capsys, locks):
    path = saved(tmp_path, BAD)

    assert main(["check", str(path), "--fps", "25", "--repair"]) == 0

    repaired = tmp_path / "talk (repaired).srt"
    cues = pysubs2.load(str(repaired))
    assert path.read_text(encoding="utf-8") == BAD
    assert [cue.plaintext.split() for cue in cues] == [cue.plaintext.split() for cue in pysubs2.load(str(path))]
    assert f"{repaired}: score 100 of 100" in capsys.readouterr().out
    assert main(["check", str(repaired), "--fps", "25"]) == 0
    assert locks.violations == []


def test_what_a_repair_leaves_is_said(tmp_path, capsys):
    text = "1\n00:00:01,000 --> 00:00:01,200\nHush.\n\n2\n00:00:01,300 --> 00:00:03,010\nNobody spoke.\n"

    assert main(["check", str(saved(tmp_path, text)), "--fps", "25", "--repair"]) == 1

    assert "Left: Cue 1 is shown for 0.240 s, shorter than 0.833 s." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("existing", "names", "kept"),
    [("number", ["talk (2).srt", "talk.srt"], True), ("replace", ["talk.srt"], False), ("skip", ["talk.srt"], True)],
)
def test_the_original_is_replaced_only_if_that_is_wanted(tmp_path, locks, capsys, existing, names, kept):
    path = saved(tmp_path, BAD)

    main(["check", str(path), "--fps", "25", "--repair", "--output", str(path), "--existing", existing])

    assert sorted(each.name for each in tmp_path.iterdir()) == names
    assert (path.read_text(encoding="utf-8") == BAD) is kept
    assert ("is there already and stays as it is" in capsys.readouterr().err) is (existing == "skip")
    assert locks.violations == []


@pytest.mark.parametrize("name", ["mended.srt", "mended.vtt", "mended.ttml", "new/MENDED.SRT"])
def test_the_repaired_file_can_be_of_another_kind(tmp_path, name):
    main(["check", str(saved(tmp_path, BAD)), "--fps", "25", "--repair", "--output", str(tmp_path / name)])

    [written] = [each for each in tmp_path.rglob("*") if each.stem.lower() == "mended"]
    cues = pysubs2.load(str(written), format_=written.suffix[1:].lower())
    assert [cue.start for cue in cues] == [1000, 4000, 6040, 7080]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("talk.srt", GOOD.replace("Good", "<i>Good</i>")),
        ("talk.srt", GOOD.replace("Good", "{\\an8}Good")),
        ("talk.vtt", "WEBVTT\n\n00:01.000 --> 00:03.000 line:0\nGood morning.\n"),
        ("talk.vtt", "WEBVTT\n\n00:01.000 --> 00:03.000\n<v Anna>Good morning.\n"),
    ],
)
def test_what_a_repair_cannot_keep_is_said(tmp_path, capsys, name, text):
    main(["check", str(saved(tmp_path, text, name)), "--fps", "25", "--repair"])
    said = capsys.readouterr().err
    main(["check", str(saved(tmp_path, GOOD, "plain.srt")), "--fps", "25", "--repair"])

    assert said == "Styles, positions and the names of speakers are not in the repaired file.\n"
    assert capsys.readouterr().err == ""


def test_word_by_word_captions_are_repaired_as_plain_ones(tmp_path):
    path = tmp_path / "talk.ass"
    pysubs2.SSAFile.from_string(BAD).save(str(path))

    main(["check", str(path), "--fps", "25", "--repair"])

    assert [each.name for each in tmp_path.glob("*repaired*")] == ["talk (repaired).srt"]


# --- files of all kinds ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_captions_are_read_in_the_encodings_that_programs_write(tmp_path, capsys, encoding):
    path = saved(tmp_path, GOOD.replace("Good morning", "Où êtes-vous"), encoding=encoding)

    main(["check", str(path), "--fps", "25", "--repair"])

    assert "Où êtes-vous." in (tmp_path / "talk (repaired).srt").read_text(encoding="utf-8")
    assert ("read as Windows wrote them (cp1252)" in capsys.readouterr().err) is (encoding == "cp1252")


UNREADABLE = {
    "missing.srt": (None, "does not exist. Check the name, and that its drive is connected."),
    "empty.srt": (b"", "holds no subtitles that can be read: there is no cue in it that a .srt file would have."),
    "json.srt": (b'{"schema": 1}', "holds no subtitles that can be read: there is no cue in it"),
    "noise.srt": (bytes(range(256)), "holds no subtitles that can be read: it is no text."),
    "film.mov": (b"film", "holds no subtitles that can be read: .mov is none of .srt, .vtt, .ass."),
    "backwards.srt": (b"1\n00:00:05,000 --> 00:00:02,000\nback", "cue 1 ends at 2 s, before it starts at 5 s."),
    "nothing": (b"", "a file without a suffix is none of .srt, .vtt, .ass."),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_checked_is_said_in_one_sentence(tmp_path, capsys, name):
    content, complaint = UNREADABLE[name]
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    code = main(["check", str(path), "--fps", "25", "--repair"])

    [said] = capsys.readouterr().err.splitlines()
    assert code == 2
    assert said.startswith(str(path))
    assert complaint in said
    assert [each for each in tmp_path.iterdir() if each != path] == []


def test_a_folder_is_no_file(tmp_path, capsys):
    folder = tmp_path / "takes.srt"
    folder.mkdir()

    assert main(["check", str(folder), "--fps", "25"]) == 2
    assert f"{folder} holds no subtitles that can be read: it is a folder." in capsys.readouterr().err


WRONG = {
    "no rate": (["--fps", "soon"], "--fps cannot be soon: it is a number such as 25"),
    "no such rule": (["--lines", "0"], "--lines cannot be 0: it is from 1 to 4."),
    "short before long": (["--shortest", "9"], "--shortest cannot be 9.0: it is at most the longest, 7.0."),
    "no repair": (["--output", "new.srt"], "--output cannot be new.srt: nothing is written without --repair."),
    "no captions": (["--repair", "--output", "new.mov"], "--output cannot be new.mov: it ends in one of .srt, .vtt"),
}


@pytest.mark.parametrize(("flags", "complaint"), WRONG.values(), ids=WRONG)
def test_what_makes_no_sense_is_wrong_usage(tmp_path, capsys, flags, complaint):
    code = main(["check", str(saved(tmp_path, GOOD)), *flags])

    [said] = capsys.readouterr().err.splitlines()
    assert code == 2
    assert said.startswith(complaint)


def test_a_repaired_file_that_cannot_be_written_is_one_sentence(tmp_path, capsys):
    path, taken = saved(tmp_path, BAD), saved(tmp_path, "a file, and no folder", "out")

    code = main(["check", str(path), "--fps", "25", "--repair", "--output", str(taken / "new.srt")])

    [said] = capsys.readouterr().err.splitlines()
    assert code == 2
    assert "out cannot be written" in said
