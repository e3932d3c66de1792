"""What was transcribed can be listed, shown, gone on with and deleted from the command line."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from chunks import group
from speech_data import recording

from transcriber.cli import main
from transcriber.export import transcript_json
from transcriber.jobs import Job, Request, Store, source
from transcriber.library import Library
from transcriber.options import TranscribeOptions
from transcriber.transcript import Segment, Transcript, Word

MUSEUM = recording("museum.flac")

TRANSCRIPT = Transcript(
    (Segment("Welcome back.", 0.5, 1.5, (Word("Welcome", 0.5, 1.0), Word("back.", 1.0, 1.5))),), 60.0, "demo"
)


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The user's own jobs, of which there are none yet."""
    for name in ("XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    return Store()


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    path = tmp_path / "talk.wav"
    path.write_bytes(b"sound")
    return path


def asked(path: Path, **changes: object) -> Request:
    return replace(Request(source(path), "demo", "weights", 4, TranscribeOptions()), **changes)


def begun(store: Store, path: Path, **changes: object) -> Job:
    with store.open(asked(path, **changes), 60.0) as job:
        job.add(group(1))
        job.stop("talk.wav was cancelled.")
    return job


def finished(store: Store, path: Path, **changes: object) -> Job:
    with store.open(asked(path, **changes), 60.0) as job:
        job.finish(TRANSCRIPT, 2.0, "CPU")
    return job


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


# --- the list --------------------------------------------------------------------------------------------------------


def test_without_jobs_the_list_says_so(capsys):
    assert main(["jobs"]) == 0

    printed = capsys.readouterr()
    assert printed.out == ""
    assert "There are no jobs." in printed.err


def test_the_list_is_aligned_and_the_newest_comes_first(store, talk, capsys):
    old = finished(store, talk)
    new = begun(store, talk, model="a-model-with-a-long-name", identity="other weights")

    assert main(["jobs"]) == 0

    head, first, second = capsys.readouterr().out.splitlines()
    assert first.split()[:5] == [new.id, "unfinished", "33%", "0:01:00", "4"]
    assert second.split()[:5] == [old.id, "finished", "100%", "0:01:00", "2"]
    assert first.endswith(str(talk))
    for column, value in {"STATE": "unfinished", "MODEL": "a-model", "RECORDING": str(talk)}.items():
        assert first.index(value) == head.index(column)
    assert second.index("demo") == head.index("MODEL")


def test_a_job_in_work_is_listed_as_running(store, talk, capsys):
    with store.open(asked(talk)):
        main(["jobs"])

    assert " running " in capsys.readouterr().out


# --- showing ---------------------------------------------------------------------------------------------------------


def test_a_finished_job_is_shown_in_any_format(store, talk, capsys):
    job = finished(store, talk)

    assert main(["jobs", "show", job.id]) == 0
    assert capsys.readouterr().out.strip() == "Welcome back."

    assert main(["jobs", "show", job.id, "--format", "json"]) == 0
    assert transcript_json.parse(capsys.readouterr().out) == TRANSCRIPT


def test_a_finished_job_is_written_into_files_named_after_its_recording(store, talk, tmp_path):
    job = finished(store, talk)

    assert main(["jobs", "show", job.id, "--format", "txt,srt", "--output-dir", str(tmp_path / "out")]) == 0

    assert {path.name for path in (tmp_path / "out").iterdir()} == {"talk.txt", "talk.srt"}


def test_of_an_unfinished_job_is_shown_what_there_is_and_why_it_ends_there(store, talk, capsys):
    job = begun(store, talk)

    assert main(["jobs", "show", job.id]) == 0

    printed = capsys.readouterr()
    assert "chunk3" in printed.out
    assert "chunk4" in printed.out
    assert printed.err.strip() == "This is what was heard up to 0:00:50. talk.wav was cancelled."


def test_an_unknown_job_is_said_to_be_unknown(capsys):
    assert main(["jobs", "show", "20261123-143005-talk-1a2b"]) == 1
    assert "There is no job 20261123-143005-talk-1a2b." in capsys.readouterr().err


# --- deleting --------------------------------------------------------------------------------------------------------


def test_a_job_is_deleted_when_the_user_agrees(store, talk, capsys, monkeypatch):
    job = begun(store, talk)
    answer(monkeypatch, "y\n")

    assert main(["jobs", "delete", job.id]) == 0

    assert store.list() == ()
    assert f"Delete {job.id}, with all that was heard?" in capsys.readouterr().err


def test_with_a_job_goes_what_was_corrected_in_it(store, talk):
    job = finished(store, talk)
    library = Library.beside(store.folder)
    library.add(job.id, store.find(job.id).transcript(), "talk.wav")

    assert main(["jobs", "delete", job.id, "--yes"]) == 0

    assert library.list() == ()


@pytest.mark.parametrize("text", ["n\n", "\n", ""], ids=["no", "nothing", "nobody there"])
def test_nothing_is_deleted_unless_the_user_agrees(store, talk, capsys, monkeypatch, text):
    job = begun(store, talk)
    answer(monkeypatch, text)

    assert main(["jobs", "delete", job.id]) == 1

    assert [summary.id for summary in store.list()] == [job.id]
    assert "Nothing was deleted." in capsys.readouterr().err


def test_all_finished_jobs_can_be_deleted_at_once(store, talk):
    left = begun(store, talk, identity="other weights")
    finished(store, talk)
    finished(store, talk)

    assert main(["jobs", "delete", "--finished", "--yes"]) == 0

    assert [summary.id for summary in store.list()] == [left.id]


def test_all_means_damaged_ones_too(store, talk):
    damaged = begun(store, talk)
    (store.folder / damaged.id / "job.json").write_text("{", encoding="utf-8")
    finished(store, talk, identity="other weights")

    assert main(["jobs", "delete", "--all", "--yes"]) == 0

    assert store.ids() == ()


def test_a_job_in_work_is_refused_and_the_others_are_deleted(store, talk, capsys):
    other = finished(store, talk, identity="other weights")
    with store.open(asked(talk)) as job:
        assert main(["jobs", "delete", job.id, other.id, "--yes"]) == 1

        assert [summary.id for summary in store.list()] == [job.id]
    assert "is being transcribed right now" in capsys.readouterr().err


def test_where_there_is_nothing_to_delete_nobody_is_asked(capsys):
    assert main(["jobs", "delete", "--finished"]) == 0
    assert "There is nothing to delete." in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong",
    [["delete"], ["delete", "x", "--all"], ["delete", "--finished", "--all"], ["show"], ["resume"], ["dance"]],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_two(capsys, wrong):
    assert main(["jobs", *wrong]) == 2
    assert "usage:" in capsys.readouterr().err


# --- going on --------------------------------------------------------------------------------------------------------


def test_what_is_finished_is_not_begun_again_by_mistake(store, talk, capsys):
    job = finished(store, talk)

    assert main(["jobs", "resume", job.id]) == 1
    assert f"jobs show {job.id}" in capsys.readouterr().err


def test_a_recording_that_is_gone_is_said_to_be_gone(store, talk, capsys):
    job = begun(store, talk)
    talk.unlink()

    assert main(["jobs", "resume", job.id]) == 1
    assert f"{talk} does not exist" in capsys.readouterr().err
