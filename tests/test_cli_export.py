"""What was transcribed once is written for every editor, with its captions and times as they are wanted."""

import csv
import io
import json
import subprocess
import sys
from dataclasses import fields
from fractions import Fraction
from pathlib import Path

import pysubs2
import pytest
from chunks import group
from interview import INTERVIEW
from make_media import Picture, Track, film, tones, wav

from transcriber import media
from transcriber.cli import delivery, main
from transcriber.export import FORMATS, transcript_json
from transcriber.jobs import Job, Request, Store, source
from transcriber.options import CaptionOptions, TranscribeOptions
from transcriber.outputs import EXISTING
from transcriber.transcript import Segment, Transcript, Word

ROOT = Path(__file__).resolve().parent.parent

TEXT = "I came here at first light, and nobody was there but an old man who had slept in his boat."
WORDS = TEXT.split()


def spoken(words: list[str], pause: float = 0.1) -> tuple[Word, ...]:
    return tuple(Word(text, 1 + n * 0.4, 1.4 + n * 0.4 - pause, 0.9) for n, text in enumerate(words))


SPOKEN = spoken(WORDS)
TRANSCRIPT = Transcript((Segment(TEXT, 1.0, SPOKEN[-1].end, SPOKEN),), 12.0, "demo", language="en")

SRT = "1\n00:00:01,000 --> 00:00:03,000\nI came here at\n\n2\n00:00:03,000 --> 00:00:05,000\nfirst light.\n"


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The user's own jobs, of which there are none yet."""
    for name in ("XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    return Store()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """A recording without a picture."""
    return wav(tmp_path / "talk.wav", tones(48_000, seconds=12.0), 48_000)


def filmed(path: Path, **picture: object) -> Path:
    """Twelve seconds of film with sound."""
    rate = picture.pop("rate", Fraction(25))
    sound = Track(tones(16_000, seconds=12), 16_000, "mp2")
    return film(path, Picture(rate, round(12 * rate), **picture), sound)


def finished(store: Store, path: Path, transcript: Transcript = TRANSCRIPT, model: str = "demo") -> Job:
    with store.open(Request(source(path), model, model, 4, TranscribeOptions()), 12.0) as job:
        job.finish(transcript, 2.0, "CPU")
    return job


def written(folder: Path, name: str = "talk", transcript: Transcript = TRANSCRIPT) -> Path:
    path = folder / f"{name}.json"
    path.write_text(transcript_json.render(transcript), encoding="utf-8")
    return path


def sentences(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


# --- from a job ------------------------------------------------------------------------------------------------------


def test_a_finished_job_is_written_in_every_format_on_the_users_timeline(store, tmp_path, out, capsys, locks):
    path = filmed(tmp_path / "talk.mov", rate=Fraction(30000, 1001))
    job = finished(store, path)
    timeline = ["--fps", "29.97df", "--start-timecode", "01:00:00;00"]

    code = main(["export", job.id, "--format", "srt,vtt,edl,xmeml,pack", *timeline, "--output-dir", str(out)])

    first = pysubs2.load(str(out / "talk.srt"))[0]
    assert code == 0
    assert {each.name for each in out.iterdir()} == {f"talk.{name}" for name in ("srt", "vtt", "edl", "xml", "zip")}
    assert first.start == round(1000 * (107_892 + 29) * 1001 / 30000)  # an hour of drop-frame; word on frame 29.97
    assert "01:00:01;00" in (out / "talk.edl").read_text(encoding="utf-8")
    assert sentences(capsys)[0].startswith(f"{path}: ")
    assert locks.violations == []


def test_what_can_be_printed_is_printed_without_a_place(store, sound, capsys):
    job = finished(store, sound)

    assert main(["export", job.id]) == 0
    assert capsys.readouterr().out.strip() == TEXT

    assert main(["export", job.id, "--format", "pack"]) == 2
    assert "say where to with --output-dir DIR or --beside" in capsys.readouterr().err


def test_of_an_unfinished_job_is_written_what_there_is(store, sound, out, capsys):
    with store.open(Request(source(sound), "demo", "weights", 4, TranscribeOptions()), 60.0) as job:
        job.add(group(1))
        job.stop("talk.wav was cancelled.")

    assert main(["export", job.id, "--format", "txt", "--output-dir", str(out)]) == 0

    assert "chunk4" in (out / "talk.txt").read_text(encoding="utf-8")
    assert sentences(capsys)[0] == "This is what was heard up to 0:00:50. talk.wav was cancelled."


def test_two_jobs_of_one_recording_get_files_of_their_own(store, sound, out):
    jobs = [finished(store, sound, model=model).id for model in ("demo", "parakeet")]

    assert main(["export", *jobs, "--format", "srt", "--output-dir", str(out), "--existing", "replace"]) == 0

    assert sorted(path.name for path in out.iterdir()) == ["talk (2).srt", "talk.srt"]


def test_jobs_show_takes_the_same_flags(store, sound, capsys):
    job = finished(store, sound)

    assert main(["jobs", "show", job.id, "--format", "srt", "--profile", "single-word", "--fps", "50"]) == 0

    cues = pysubs2.SSAFile.from_string(capsys.readouterr().out)
    assert [cue.text for cue in cues] == WORDS


def test_a_recording_that_was_moved_is_named_instead(store, tmp_path, capsys):
    path = filmed(tmp_path / "talk.mov", rate=Fraction(50), timecode="10:00:00:00")
    job = finished(store, path)
    moved = path.rename(tmp_path / "moved.mov")

    assert main(["export", job.id, "--format", "edl", "--recording", str(moved), "--time-base", "source"]) == 0

    printed = capsys.readouterr()
    assert "10:00:01:00" in printed.out
    assert printed.err == ""


# --- from a file -----------------------------------------------------------------------------------------------------


def test_our_json_is_as_good_as_a_job(tmp_path, capsys):
    path = written(tmp_path, transcript=INTERVIEW)

    assert main(["export", str(path), "--format", "json"]) == 0

    assert transcript_json.parse(capsys.readouterr().out) == transcript_json.parse(path.read_text(encoding="utf-8"))


def test_the_recording_beside_a_file_says_at_which_rate_and_timecode_it_is_cut(tmp_path, capsys):
    filmed(tmp_path / "talk.mov", rate=Fraction(24000, 1001), timecode="10:00:00:00")
    path = written(tmp_path)

    assert main(["export", str(path), "--format", "xmeml,edl", "--time-base", "source"]) == 0

    printed = capsys.readouterr()
    assert "<timebase>24</timebase>" in printed.out
    assert "talk.mov" in printed.out
    assert "10:00:01:00" in printed.out
    assert printed.err == ""


def test_of_two_recordings_of_one_name_none_is_taken_for_the_right_one(tmp_path, capsys):
    filmed(tmp_path / "talk.mov")
    filmed(tmp_path / "talk.mp4")

    assert main(["export", str(written(tmp_path)), "--format", "srt"]) == 0

    assert "laid out at 25 frames a second; --fps gives another rate" in capsys.readouterr().err


@pytest.mark.parametrize("suffix", [".srt", ".vtt", ".ass"])
def test_captions_of_any_maker_are_laid_out_anew(tmp_path, capsys, suffix):
    path = tmp_path / f"talk{suffix}"
    path.write_text(pysubs2.SSAFile.from_string(SRT).to_string(suffix[1:]), encoding="utf-8")

    assert main(["export", str(path), "--format", "srt", "--fps", "25", "--line-length", "30"]) == 0

    [cue] = pysubs2.SSAFile.from_string(capsys.readouterr().out)
    assert (cue.start, cue.end, cue.text) == (1000, 5000, "I came here at first light.")


def test_captions_may_stay_until_the_recording_ends_which_they_are_for(tmp_path, sound, capsys):
    path = tmp_path / "talk.srt"
    path.write_text(SRT, encoding="utf-8")

    main(["export", str(path), "--format", "srt", "--linger", "2"])

    assert pysubs2.SSAFile.from_string(capsys.readouterr().out)[-1].end == 7000


@pytest.mark.parametrize("existing", EXISTING)
def test_the_file_that_is_exported_is_never_overwritten(tmp_path, locks, existing):
    path = tmp_path / "talk.srt"
    path.write_text(SRT, encoding="utf-8")

    assert main(["export", str(path), "--format", "srt", "--beside", "--existing", existing]) == 0

    assert path.read_text(encoding="utf-8") == SRT
    assert [each.name for each in tmp_path.glob("talk (*")] == ["talk (2).srt"]
    assert locks.violations == []


def test_an_old_windows_file_is_read_with_its_letters_and_said_to_be_guessed(tmp_path, capsys):
    path = tmp_path / "talk.srt"
    path.write_bytes(SRT.replace("light", "lumière").encode("cp1252"))

    assert main(["export", str(path)]) == 0

    printed = capsys.readouterr()
    assert "lumière" in printed.out
    assert "cp1252" in printed.err


# --- the rules of captions -------------------------------------------------------------------------------------------


def test_every_rule_can_be_set_and_the_profile_gives_the_others(store, sound, capsys):
    job = finished(store, sound)
    rules = ["--profile", "bbc", "--lines", "1", "--line-length", "20", "--words-per-cue", "3", "--fps", "50"]

    assert main(["export", job.id, "--format", "srt", *rules]) == 0

    lines = [cue.text for cue in pysubs2.SSAFile.from_string(capsys.readouterr().out)]
    assert " ".join(lines) == TEXT
    assert max(map(len, lines)) <= 20
    assert max(len(line.split()) for line in lines) <= 3


def test_captions_change_with_the_picture_if_that_is_asked_for(store, tmp_path, capsys):
    path = filmed(tmp_path / "talk.mov", paint=lambda number: 40 if number < 24 else 200)
    job = finished(store, path)

    starts = []
    for flags in ([], ["--shots"]):
        main(["export", job.id, "--format", "srt", *flags])
        starts.append(pysubs2.SSAFile.from_string(capsys.readouterr().out)[0].start)

    assert starts == [1000, 960]


def test_looking_for_shots_can_be_cancelled(store, tmp_path, capsys, monkeypatch):
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    job = finished(store, filmed(tmp_path / "talk.mov"))
    monkeypatch.setattr(delivery, "show", interrupt)

    assert main(["export", job.id, "--format", "srt", "--shots"]) == 1

    assert capsys.readouterr() == ("", "Cancelled.\n")


def test_shots_of_a_recording_without_a_picture_are_said_to_be_none(store, sound, capsys):
    job = finished(store, sound)

    assert main(["export", job.id, "--format", "srt", "--shots"]) == 0

    assert sentences(capsys) == [f"{sound} has no picture, so its captions follow the speech alone."]


def test_no_film_is_watched_for_a_text_that_shows_no_captions(store, tmp_path, monkeypatch):
    watched = []
    monkeypatch.setattr(media, "shots", lambda path, _: watched.append(path) or [])
    job = finished(store, filmed(tmp_path / "talk.mov"))

    main(["export", job.id, "--format", "txt,edl", "--shots"])
    main(["export", job.id, "--format", "srt", "--shots"])

    assert len(watched) == 1


# --- times -----------------------------------------------------------------------------------------------------------


def test_a_table_counts_from_the_users_own_start(store, sound, capsys):
    job = finished(store, sound)

    main(["export", job.id, "--format", "segments.csv", "--fps", "25", "--start-timecode", "09:59:00:00"])

    assert "09:59:01:00" in next(iter(csv.DictReader(io.StringIO(capsys.readouterr().out)))).values()


def test_a_recording_without_timecode_is_counted_from_zero_and_that_is_said(store, sound, capsys):
    job = finished(store, sound)

    assert main(["export", job.id, "--format", "edl", "--fps", "25", "--time-base", "source"]) == 0

    printed = capsys.readouterr()
    assert "00:00:01:00" in printed.out
    assert printed.err == f"{sound} has no timecode of its own, so times are counted from 00:00:00:00.\n"


def test_the_timecode_of_a_recording_that_is_gone_is_not_made_up(store, sound, capsys):
    job = finished(store, sound)
    sound.unlink()

    assert main(["export", job.id, "--format", "edl", "--time-base", "source"]) == 2

    printed = capsys.readouterr()
    assert printed.out == ""
    assert f"{sound} cannot be opened to read its timecode; give it with --start-timecode" in printed.err


def test_the_rate_is_said_where_nobody_knows_it(store, sound, capsys):
    job = finished(store, sound)

    main(["export", job.id, "--format", "srt"])
    of_captions = sentences(capsys)
    main(["export", job.id, "--format", "otio"])
    of_markers = sentences(capsys)
    sound.unlink()
    main(["export", job.id, "--format", "srt"])

    assert of_captions == []
    assert of_markers == [
        f"{sound} has no picture, so markers are laid out at 25 frames a second; --fps gives another rate."
    ]
    assert sentences(capsys)[0].startswith(f"{sound} cannot be opened, so captions and markers are laid out at 25")


def test_markers_that_resolve_would_leave_outside_its_timeline_are_told(store, sound, capsys):
    job = finished(store, sound)
    advice = "Timelines of DaVinci Resolve begin at 01:00:00:00: its markers want --start-timecode 01:00:00:00."

    said = []
    for flags in ([], ["--start-timecode", "01:00:00:00"]):
        main(["export", job.id, "--format", "edl", "--fps", "25", *flags])
        said.append(sentences(capsys))

    assert said == [[advice], []]


# --- what can be chosen ----------------------------------------------------------------------------------------------


def test_the_help_explains_every_format_in_the_registrys_words(capsys):
    assert main(["export", "--help"]) == 0

    printed = capsys.readouterr().out
    for name, form in FORMATS.items():
        assert f"  {name} " in printed
        assert form.title in printed
        assert form.help in printed


@pytest.mark.parametrize("command", ["transcribe", "jobs show", "jobs resume", "export", "check"])
def test_every_rule_of_captions_is_a_flag_wherever_captions_are_made(capsys, command):
    assert main([*command.split(), "--help"]) == 0

    printed = capsys.readouterr().out
    flags = {"--" + field.name.replace("_", "-") for field in fields(CaptionOptions)}
    assert {flag for flag in flags if f" {flag} " not in printed} == set()


# --- what cannot be done ---------------------------------------------------------------------------------------------

WRONG = {
    "no rate": (["--fps", "abc"], "--fps cannot be abc: it is a number such as 25"),
    "no drop-frame": (["--fps", "25df"], "--fps cannot be 25 drop-frame: only 29.97 and 59.94 know"),
    "no profile": (["--profile", "hbo"], "argument --profile: invalid choice: 'hbo'"),
    "too many lines": (["--lines", "9"], "--lines cannot be 9: it is from 1 to 4."),
    "no number": (["--line-length", "wide"], "argument --line-length: invalid int value: 'wide'"),
    "not a number": (["--longest", "nan"], "--longest cannot be nan: it is from 0.5 to 60."),
    "no timecode": (["--start-timecode", "soon"], "--start-timecode cannot be soon: it is written as hours"),
    "no such frame": (["--start-timecode", "01:00:00:25"], "there is no such frame at 25, the rate for talk.wav"),
    "none at that rate": (
        ["--fps", "29.97df", "--start-timecode", "00:01:00;00"],
        "--start-timecode cannot be 00:01:00;00: there is no such frame at 29.97 drop-frame.",
    ),
    "two bases": (["--time-base", "file", "--start-timecode", "01:00:00:00"], "--time-base cannot be file: with"),
    "no base": (["--time-base", "moon"], "argument --time-base: invalid choice: 'moon'"),
    "an unknown format": (["--format", "avi"], "There is no format 'avi'. Choose from"),
}


@pytest.mark.parametrize(("flags", "complaint"), WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("command", ["export", "jobs show"])
def test_what_makes_no_sense_is_wrong_usage_and_said_in_a_sentence(
    store, sound, out, capsys, command, flags, complaint
):
    job = finished(store, sound)

    code = main([*command.split(), job.id, "--format", "srt", "--output-dir", str(out), *flags])

    said = sentences(capsys)
    assert code == 2
    assert complaint in said[-1]
    assert not out.exists()


def test_a_recording_is_refused_its_start_before_it_is_transcribed(sound, capsys):
    code = main(["transcribe", str(sound), "--model", "parakeet", "--start-timecode", "01:00:00:25"])

    assert code == 2
    assert sentences(capsys) == [
        "--start-timecode cannot be 01:00:00:25: there is no such frame at 25, the rate for talk.wav; "
        "--fps gives another."
    ]


def test_one_recording_is_not_taken_for_that_of_two(tmp_path, sound, capsys):
    one, two = str(written(tmp_path)), str(written(tmp_path, "other"))

    assert main(["export", one, two, "--recording", str(sound)]) == 2
    assert "it belongs to one of 2; export one by one" in capsys.readouterr().err


def test_a_recording_that_is_named_has_to_be_there(tmp_path, capsys):
    assert main(["export", str(written(tmp_path)), "--recording", str(tmp_path / "gone.mov")]) == 1

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"{tmp_path / 'gone.mov'} does not exist.")


def test_a_start_that_one_film_does_not_have_costs_the_others_nothing(store, tmp_path, out, capsys):
    slow, fast = (filmed(tmp_path / f"{rate}.mov", rate=Fraction(rate)) for rate in (25, 50))
    ids = [finished(store, path).id for path in (slow, fast)]

    code = main(["export", *ids, "--format", "edl", "--start-timecode", "01:00:00:40", "--output-dir", str(out)])

    assert code == 2
    assert "there is no such frame at 25, the rate for 25.mov" in sentences(capsys)[0]
    assert [path.name for path in out.iterdir()] == ["50.edl"]


BAD = {
    "missing.json": (None, "missing.json does not exist."),
    "missing.srt": (None, "missing.srt does not exist."),
    "text.json": (b"hello", "text.json is not a transcript that can be read: it is not JSON"),
    "other.json": (b'{"segments": []}', "other.json is not a transcript that can be read: the file has no text in"),
    "empty.json": (b"", "empty.json is not a transcript that can be read: it is not JSON"),
    "empty.srt": (b"", "empty.srt holds no subtitles that can be read: there is no cue in it"),
    "noise.srt": (bytes(range(256)), "noise.srt holds no subtitles that can be read: it is no text"),
    "film.mov": (b"film", "film.mov is not a transcript that can be read: it ends in none of .json, .srt, .vtt, .ass"),
    "20261123-143005-talk-1a2b": (None, "There is no job 20261123-143005-talk-1a2b."),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_source_gets_one_sentence_and_the_others_are_written(tmp_path, out, capsys, monkeypatch, name):
    content, complaint = BAD[name]
    good = written(tmp_path)
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / name).write_bytes(content)

    code = main(["export", name, str(good), "--output-dir", str(out)])

    said = [line for line in sentences(capsys) if name in line and line.startswith((name, "There"))]
    assert code == 1
    assert len(said) == 1
    assert said[0].startswith(complaint)
    assert [path.name for path in out.iterdir()] == ["talk.txt"]


@pytest.mark.parametrize("suffix", [".json", ".srt"])
def test_a_folder_is_no_file(tmp_path, capsys, suffix):
    folder = tmp_path / f"takes{suffix}"
    folder.mkdir()

    assert main(["export", str(folder)]) == 1
    assert "it is a folder" in sentences(capsys)[0]


def test_what_is_there_already_is_left_out_if_that_is_wanted(tmp_path, out, capsys):
    path = str(written(tmp_path))
    main(["export", path, "--output-dir", str(out)])
    (out / "talk.txt").write_text("corrected by hand", encoding="utf-8")

    assert main(["export", path, "--output-dir", str(out), "--existing", "skip"]) == 0

    assert (out / "talk.txt").read_text(encoding="utf-8") == "corrected by hand"
    assert "is skipped: its files are there already (talk.txt)." in capsys.readouterr().err


def test_nothing_is_loaded_that_recognizes_speech(tmp_path, out):
    filmed(tmp_path / "talk.mov", paint=lambda number: 40 if number < 24 else 200)
    arguments = ["export", str(written(tmp_path)), "--format", "srt,pack", "--shots", "--output-dir", str(out)]
    code = (
        "import json, sys; from transcriber.cli import main\n"
        f"assert main(json.loads({json.dumps(json.dumps(arguments))})) == 0\n"
        "print(*sorted({'torch', 'nemo', 'silero_vad', 'gradio'} & set(sys.modules)))"
    )

    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == ""
    assert sorted(path.name for path in out.iterdir()) == ["talk.srt", "talk.zip"]
