"""The command line does what the page does, says why when it cannot, and exits accordingly."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pysubs2
import pytest
import soundfile
from make_media import Picture, Track, a_silent_film, a_text, an_empty_file, broken_off, film, no_samples, poly_wav
from speech_data import long_speech, recording, sample

from transcriber.cli import delivery, main, models, transcribe
from transcriber.cli.terminal import progress_line
from transcriber.jobs import Store
from transcriber.progress import Progress

ROOT = Path(__file__).resolve().parent.parent
MUSEUM = recording("museum.flac")


def test_a_recording_is_printed(capsys):
    assert main(["transcribe", str(sample().path)]) == 0

    printed = capsys.readouterr()
    assert " ".join(printed.out.split()) == sample().text
    assert "times real time) on CPU" in printed.err


def test_files_are_written_in_every_format_that_was_asked_for(tmp_path):
    out = tmp_path / "some where" / "è"

    code = main(["transcribe", str(MUSEUM.path), "--format", "txt,srt,json,csv,docx", "--output-dir", str(out)])

    assert code == 0
    assert {path.name for path in out.iterdir()} == {f"museum.{name}" for name in ("txt", "srt", "json", "csv", "docx")}
    written = json.loads((out / "museum.json").read_text(encoding="utf-8"))
    assert written["model"] == "demo"
    assert written["segments"][0]["text"] == MUSEUM.text
    assert written["segments"][0]["words"][0]["text"] == "Welcome"


def test_a_table_of_words_is_printed_as_a_terminal_takes_it(capsys):
    main(["transcribe", str(MUSEUM.path), "--format", "csv"])

    header, first, *_ = capsys.readouterr().out.splitlines()
    assert header.startswith("start,end,word,")
    assert first.split(",")[2] == "Welcome"


def test_what_cannot_be_printed_is_refused_before_any_work(capsys):
    code = main(["transcribe", str(MUSEUM.path), "--format", "txt,docx"])

    printed = capsys.readouterr()
    assert code == 2
    assert printed.out == ""
    assert printed.err.splitlines() == [
        "--format cannot be docx: it cannot be printed, so say where to with --output-dir DIR or --beside."
    ]


def test_without_word_times_the_json_has_sentences_only(tmp_path):
    arguments = ["--format", "json", "--output-dir", str(tmp_path), "--no-word-times"]

    main(["transcribe", str(MUSEUM.path), *arguments])

    written = json.loads((tmp_path / "museum.json").read_text(encoding="utf-8"))
    assert written["segments"][0]["text"] == MUSEUM.text
    assert written["segments"][0]["words"] == []


def _folder(folder: Path) -> Path:
    path = folder / "folder.wav"
    path.mkdir()
    return path


BAD = {
    "no file": (lambda folder: folder / "nowhere.wav", "does not exist"),
    "a folder without recordings": (_folder, "there is no recording in it"),
    "text named .wav": (a_text, "cannot be read as audio or video"),
    "an empty file": (an_empty_file, "cannot be read as audio or video"),
    "a film without sound": (a_silent_film, "Export it with its sound"),
    "zero samples": (no_samples, "Export it with its sound"),
    "broken off": (broken_off, "cannot be read as audio or video"),
}


@pytest.mark.parametrize(("make", "said"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_gets_one_sentence_and_the_others_are_done(capsys, tmp_path, make, said):
    bad = make(tmp_path)

    code = main(["transcribe", str(bad), str(MUSEUM.path), "--output-dir", str(tmp_path / "out")])

    sentences = [line for line in capsys.readouterr().err.splitlines() if bad.name in line]
    assert code == 1
    assert len(sentences) == 1
    assert said in sentences[0]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["museum.txt"]


# --- for the timeline ------------------------------------------------------------------------------------------------


def _museum_film(folder: Path) -> Path:
    """The museum's words under a picture that changes before the first of them, and again and again."""
    sound = Track(MUSEUM.samples()[None], 16_000, "mp2")
    return film(folder / "museum.mov", Picture(paint=lambda number: 40 + 160 * (number // 10 % 2)), sound)


def test_one_command_gives_captions_and_markers_on_the_users_timeline(tmp_path):
    path = _museum_film(tmp_path)
    timeline = ["--fps", "29.97df", "--start-timecode", "01:00:00;00", "--shots"]
    rules = ["--profile", "youtube", "--lines", "1", "--line-length", "24"]

    code = main(["transcribe", str(path), "--format", "srt,edl", "--beside", *timeline, *rules])

    cues = pysubs2.load(str(tmp_path / "museum.srt"))
    assert code == 0
    assert " ".join(cue.plaintext for cue in cues) == MUSEUM.text
    assert max(len(cue.plaintext) for cue in cues) <= 24
    assert cues[0].start >= 3_600_000 - 4
    assert "01:00:00;" in (tmp_path / "museum.edl").read_text(encoding="utf-8")


def test_a_transcript_is_kept_where_looking_for_its_shots_is_cancelled(tmp_path, monkeypatch, capsys):
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(delivery, "show", interrupt)

    assert main(["transcribe", str(_museum_film(tmp_path)), "--format", "srt", "--shots"]) == 1

    assert "What was heard is kept: python -m transcriber jobs lists it" in capsys.readouterr().err
    [newest, *_] = Store().list()
    assert (newest.state, newest.recording) == ("finished", tmp_path / "museum.mov")


# --- folders, and what is there already ------------------------------------------------------------------------------


@pytest.fixture
def takes(tmp_path) -> Path:
    """A folder with two recordings of one name, and with what else lies around."""
    for day in ("day 2", "day 10"):
        (tmp_path / "film" / day).mkdir(parents=True)
        shutil.copy(MUSEUM.path, tmp_path / "film" / day / "take.flac")
    (tmp_path / "film" / "day 2" / "._take.flac").write_bytes(b"Mac")
    (tmp_path / "film" / "notes.txt").write_text("", encoding="utf-8")
    return tmp_path / "film"


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("take*.*") if path.suffix != ".flac")


def test_a_folder_is_walked_and_files_lie_beside_their_recordings(takes):
    code = main(["transcribe", str(takes), "--beside", "--format", "txt,srt"])

    assert code == 0
    assert _files(takes) == ["day 10/take.srt", "day 10/take.txt", "day 2/take.srt", "day 2/take.txt"]
    assert MUSEUM.text in (takes / "day 10" / "take.txt").read_text(encoding="utf-8")


def test_recordings_of_one_name_do_not_overwrite_each_other(takes, tmp_path):
    main(["transcribe", str(takes), "--output-dir", str(tmp_path / "out"), "--existing", "replace"])

    assert _files(tmp_path / "out") == ["take (2).txt", "take.txt"]


def test_what_is_transcribed_already_is_skipped_without_a_model(capsys, takes, monkeypatch):
    (takes / "day 2" / "take.txt").write_text("corrected by hand", encoding="utf-8")
    arguments = ["transcribe", str(takes), "--beside", "--existing", "skip"]
    assert main(arguments) == 0
    said = capsys.readouterr().err

    code = main([*arguments, "--model", "parakeet"])  # which is not installed

    assert code == 0
    assert f"{takes / 'day 2' / 'take.flac'} is skipped: its files are there already (take.txt)." in said
    assert capsys.readouterr().err.count("is skipped") == 2
    assert (takes / "day 2" / "take.txt").read_text(encoding="utf-8") == "corrected by hand"
    assert _files(takes) == ["day 10/take.txt", "day 2/take.txt"]


def test_what_is_there_is_numbered_unless_something_else_is_said(takes):
    (takes / "day 2" / "take.txt").write_text("corrected by hand", encoding="utf-8")
    take = str(takes / "day 2" / "take.flac")

    main(["transcribe", take, "--beside"])
    kept = (takes / "day 2" / "take.txt").read_text(encoding="utf-8")
    main(["transcribe", take, "--beside", "--existing", "replace"])

    assert kept == "corrected by hand"
    assert _files(takes) == ["day 2/take (2).txt", "day 2/take.txt"]
    assert MUSEUM.text in (takes / "day 2" / "take.txt").read_text(encoding="utf-8")


def test_each_channel_is_said_by_a_speaker_of_its_own(tmp_path):
    first, second = (recording(name).samples() for name in ("museum.flac", "bridge.flac"))
    length = max(len(first), len(second))
    both = np.stack([np.pad(each, (0, length - len(each))) for each in (first, second)])
    path = poly_wav(tmp_path / "talk.wav", both, ixml=["Anna", "Ben"])

    main(["transcribe", str(path), "--channels", "split", "--format", "json", "--beside"])

    segments = json.loads((tmp_path / "talk.json").read_text(encoding="utf-8"))["segments"]
    said = {name: " ".join(each["text"] for each in segments if each["speaker"] == name) for name in ("Anna", "Ben")}
    assert said == {"Anna": MUSEUM.text, "Ben": recording("bridge.flac").text}


def _hostile(folder: Path) -> Path:
    import io
    import tarfile

    path = folder / "hostile.nemo"
    with tarfile.open(path, "w") as tar:
        tar.addfile(tarfile.TarInfo("../../climb.txt"), io.BytesIO())
    return path


def _cut_model(folder: Path) -> Path:
    path = folder / "cut.nemo"
    path.write_bytes((ROOT / "models" / "demo.nemo").read_bytes()[:2_000_000])
    return path


def _text_model(folder: Path) -> Path:
    path = folder / "text.nemo"
    path.write_text("no model", encoding="utf-8")
    return path


BAD_MODELS = {
    "unknown": (lambda folder: "whisper", "There is no model named 'whisper'"),
    "not installed": (lambda folder: "parakeet", "python setup_local_models.py parakeet"),
    "not downloaded": (lambda folder: "canary", "could not be fetched"),
    "a hash cut off": (lambda folder: f"canary@{'5f' * 15}a", "31 of 40 characters"),
    "no such file": (lambda folder: folder / "no.nemo", "does not exist"),
    "text": (_text_model, "is not a usable model"),
    "cut off": (_cut_model, "the archive is cut off"),
    "hostile": (_hostile, "climbs out of the archive"),
}


@pytest.mark.parametrize(("make", "said"), BAD_MODELS.values(), ids=BAD_MODELS.keys())
def test_a_bad_model_gets_one_sentence(capsys, tmp_path, monkeypatch, make, said):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    model = ["--model", str(make(tmp_path)), "--models-dir", str(tmp_path), "--offline"]

    code = main(["transcribe", str(MUSEUM.path), *model])

    error = capsys.readouterr().err.strip()
    assert code == 1
    assert said in error
    assert len(error.splitlines()) == 1


def test_results_that_cannot_be_written_fail_that_file_and_say_so(capsys, tmp_path):
    (tmp_path / "out").write_text("in the way", encoding="utf-8")

    code = main(["transcribe", str(MUSEUM.path), "--output-dir", str(tmp_path / "out")])

    assert code == 1
    assert "out cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        ["transcribe"],
        ["dance"],
        ["transcribe", "a.wav", "--format", "doc"],
        ["transcribe", "a.wav", "--format", ""],
        ["transcribe", "a.wav", "--device", "abacus"],
        ["transcribe", "a.wav", "--audio-stream", "-1"],
        ["transcribe", "a.wav", "--audio-stream", "some"],
        ["transcribe", "a.wav", "--channels", "left"],
        ["transcribe", "a.wav", "--existing", "overwrite"],
        ["transcribe", "a.wav", "--output-dir", "out", "--beside"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_two(capsys, wrong):
    assert main(wrong) == 2
    assert capsys.readouterr().err


def test_a_revision_of_a_model_that_has_none_is_wrong_usage(capsys):
    assert main(["transcribe", str(MUSEUM.path), "--model", "parakeet", "--revision", "main"]) == 2
    assert "leave out @main" in capsys.readouterr().err


def test_proof_with_a_model_that_stands_alone_is_refused(capsys):
    assert main(["transcribe", str(MUSEUM.path), "--proof"]) == 1
    assert "needs a second model" in capsys.readouterr().err


def test_help_is_no_error(capsys):
    assert main(["--help"]) == 0
    assert "transcribe" in capsys.readouterr().out


def test_the_models_are_listed_with_their_state(capsys, tmp_path):
    assert main(["models", "--models-dir", str(tmp_path)]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["demo", "parakeet", "parakeet-v3", "canary"]
    assert all("not installed" in line for line in lines)


def test_interrupting_is_no_traceback(monkeypatch, capsys):
    def interrupt(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(models, "run", interrupt)

    assert main(["models"]) == 1
    assert capsys.readouterr().err.strip() == "Cancelled."


def test_as_a_program_of_its_own_it_prints_any_language_and_nothing_else():
    command = [sys.executable, "-m", "transcriber", "transcribe", str(MUSEUM.path), "--offline"]

    ran = subprocess.run(command, capture_output=True, cwd=ROOT, env=_ascii_environment(), check=False)

    assert ran.returncode == 0
    assert ran.stdout.decode("utf-8").strip() == MUSEUM.text
    assert len(ran.stderr.decode("utf-8").splitlines()) == 1


def _ascii_environment() -> dict[str, str]:
    return os.environ | {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}


# --- on a terminal, and when the worker ends -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("progress", "line"),
    [
        (Progress("importing", "NeMo"), "importing NeMo"),
        (Progress("downloading", "parakeet", 1e9, 4e9), "downloading parakeet 25 %"),
        (
            Progress("recognizing", "talk.wav", 90, 360, (), 12.5, 59.2),
            "recognizing talk.wav 25 %, 12.5 times real time, 59 s left",
        ),
        (Progress("watching", "talk.mov", 90, 360), "watching talk.mov 25 %"),
        (Progress("recognizing", "talk.wav", 90, None, (), 12.5), "recognizing talk.wav 12.5 times real time"),
        (Progress("recognizing", "talk.wav", 90, 360, (), None, 59.6), "recognizing talk.wav 25 %, 1 min left"),
        (Progress("recognizing", "talk.wav", 90, 360, (), None, 7500), "recognizing talk.wav 25 %, 2 h 5 min left"),
    ],
)
def test_the_progress_says_how_far_how_fast_and_how_long(progress, line):
    assert progress_line(progress) == line


def test_on_a_terminal_the_text_comes_line_by_line_and_once(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    assert main(["transcribe", str(long_speech().path)]) == 0

    lines = capsys.readouterr().out.splitlines()
    heard = [line for line in lines if line]
    assert len(heard) > 10
    assert heard[0].startswith("Welcome to the library")
    assert len(" ".join(heard).split()) == pytest.approx(len(long_speech().words), abs=3)


def test_a_worker_that_is_killed_is_one_sentence_and_the_others_are_heard(capsys, monkeypatch, tmp_path):
    killed = []

    def kill(progress: Progress) -> None:
        if progress.stage == "recognizing" and not killed:
            killed.append(transcribe.WORKER.pid)
            psutil.Process(killed[0]).kill()

    monkeypatch.setattr(transcribe, "show", kill)

    code = main(["transcribe", str(long_speech().path), str(MUSEUM.path), "--output-dir", str(tmp_path)])

    said = capsys.readouterr().err.splitlines()
    assert code == 1
    assert [line for line in said if "ended unexpectedly" in line] == said[:1]
    assert "transcribe again to go on from there" in said[0]
    assert [path.name for path in tmp_path.iterdir()] == ["museum.txt"]


@pytest.mark.skipif(os.name == "nt", reason="needs a terminal of its own")
def test_ctrl_c_on_a_terminal_ends_both_processes_with_one_line(tmp_path):
    path = tmp_path / "long.wav"
    soundfile.write(path, np.tile(long_speech().samples(), 20), 16_000)
    command = [sys.executable, "-m", "transcriber", "transcribe", str(path), "--format", "srt"]
    terminal, other_end = os.openpty()
    program = subprocess.Popen(command, cwd=ROOT, stdout=other_end, stderr=other_end, start_new_session=True)
    os.close(other_end)

    shown = _until(terminal, b"recognizing")
    [worker] = [each for each in psutil.Process(program.pid).children() if "spawn_main" in " ".join(each.cmdline())]
    os.killpg(program.pid, signal.SIGINT)
    shown += _until(terminal, None)

    assert program.wait() == 1
    assert b"Traceback" not in shown
    assert shown.rstrip().endswith(b"the same command goes on from there.")
    worker.wait(60)


def _until(terminal: int, wanted: bytes | None) -> bytes:
    """What comes on a terminal until `wanted` does; all of it for None. Closes it at its end."""
    shown = b""
    while wanted is None or wanted not in shown:
        try:
            shown += os.read(terminal, 1000)
        except OSError:  # Linux' way to say that nobody has it open any more
            os.close(terminal)
            break
    return shown
