"""A job goes on where it stopped, with the same request only, and is deleted wholly or not at all."""

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from chunks import SECONDS, flat, group
from hypothesis import given
from hypothesis import strategies as st
from windows_locks import ON_WINDOWS, ntfs_can_store, windows_locks

from transcriber import storage
from transcriber.errors import (
    DiskFullError,
    InvalidTranscriptError,
    JobRunningError,
    MediaNotFoundError,
    NotWritableError,
    TempCleanupWarning,
    TranscriptionCancelledError,
    UnknownJobError,
    UnreadableMediaError,
)
from transcriber.jobs import Job, Request, Store, source
from transcriber.jobs.store import _new_id
from transcriber.options import TranscribeOptions
from transcriber.transcript import Segment, Transcript, Word

ROOT = Path(__file__).resolve().parent.parent

needs_a_scanner = pytest.mark.skipif(ON_WINDOWS, reason="no scanner can be had there on request")

WORDS = (Word("Grüße,", 0.123, 0.5, 0.75), Word("chunk0", 1.0, 1.7))
TRANSCRIPT = Transcript((Segment("Grüße, chunk0", 0.123, 1.7, WORDS),), 60.0, "demo", None, "en")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "it's [ours] {ü}" / "jobs")


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    """A recording, as far as a job looks into it."""
    folder = tmp_path / "project"
    folder.mkdir()
    path = folder / "talk.wav"
    path.write_bytes(bytes(range(256)) * 12_000)
    return path


def request(path: Path, **changes: object) -> Request:
    return replace(Request(source(path), "demo", "weights 1", 4, TranscribeOptions()), **changes)


def begin(store: Store, wanted: Request, groups: int = 2) -> Job:
    """A job with so many groups in it, and nobody working on it."""
    with store.open(wanted, 60.0) as job:
        for number in range(groups):
            job.add(group(number))
    return job


def heard(groups: int) -> tuple[object, ...]:
    return tuple(flat([group(number) for number in range(groups)]))


# --- the same recording ----------------------------------------------------------------------------------------------


def test_a_recording_is_known_by_both_its_ends(talk):
    known = source(talk)

    for position in (0, -1):
        content = bytearray(talk.read_bytes())
        content[position] ^= 1
        other = talk.with_name("other.wav")
        other.write_bytes(content)
        os.utime(other, ns=(known.modified_ns, known.modified_ns))

        assert not source(other).same_sound(known)


def test_a_huge_recording_is_not_read_through(talk):
    with talk.open("r+b") as file:
        file.truncate(40_000_000_000)  # sparse: nothing is written, but reading it would take a minute

    assert source(talk).size_bytes == 40_000_000_000


def test_a_word_bleeped_out_in_the_middle_is_seen_by_the_time_of_change(talk):
    known = source(talk)
    with talk.open("r+b") as file:
        file.seek(known.size_bytes // 2)
        file.write(b"bleep")
    os.utime(talk, ns=(known.modified_ns, known.modified_ns + 60 * 10**9))

    assert source(talk).fingerprint == known.fingerprint
    assert not source(talk).same_sound(known)


def test_a_drive_that_keeps_time_to_two_seconds_makes_no_other_recording(talk):
    known = source(talk)
    os.utime(talk, ns=(known.modified_ns, known.modified_ns // (2 * 10**9) * 2 * 10**9))

    assert source(talk).same_sound(known)


@pytest.mark.parametrize("name", ["nowhere.wav", "talk.wav/talk.wav", "nul\0.wav"], ids=ascii)
def test_a_recording_that_is_not_there_is_said_to_be_missing(talk, name):
    with pytest.raises(MediaNotFoundError, match="does not exist"):
        source(talk.parent / name)


def test_a_folder_is_no_recording(talk):
    with pytest.raises(UnreadableMediaError, match="it is not a file"):
        source(talk.parent)


@pytest.mark.skipif(ON_WINDOWS, reason="no pipes among the files there")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")

    with pytest.raises(UnreadableMediaError):
        source(tmp_path / "pipe.wav")


# --- going on --------------------------------------------------------------------------------------------------------


def test_the_same_request_goes_on_with_what_was_heard(store, talk):
    first = begin(store, request(talk))

    with store.open(request(talk)) as again:
        assert again.id == first.id
        assert again.heard == heard(2)
        assert again.anew_because is None
        again.add(group(2))
        assert again.heard == heard(3)


def test_a_new_recording_begins_with_nothing_heard_and_nothing_to_explain(store, talk):
    with store.open(request(talk)) as job:
        assert job.heard == ()
        assert job.anew_because is None


def test_a_recording_that_was_moved_is_gone_on_with_where_it_is_now(store, talk):
    first = begin(store, request(talk))
    moved = talk.parent.rename(talk.parent.with_name("project 2")) / "talk.wav"

    with store.open(request(moved)) as again:
        assert again.id == first.id
        assert again.heard == heard(2)
    assert store.list()[0].recording == moved


def _changed(path: Path) -> Request:
    path.write_bytes(path.read_bytes() + b"more")
    return request(path)


OTHERWISE = {
    "the recording": (_changed, "talk.wav has changed since it was begun"),
    "the model": (lambda path: request(path, model="parakeet", identity="weights 2"), "another model (demo)"),
    "its version": (lambda path: request(path, identity="weights 2"), "another version or precision of demo"),
    "the options": (lambda path: request(path, options=TranscribeOptions(proof=True)), "other options (proof)"),
    "the device": (lambda path: request(path, clips_at_once=64), "another device"),
}


@pytest.mark.parametrize(("make", "said"), OTHERWISE.values(), ids=OTHERWISE.keys())
def test_another_request_starts_anew_and_says_why(store, talk, make, said):
    first = begin(store, request(talk))

    with store.open(make(talk)) as job:
        assert job.id != first.id
        assert job.heard == ()
        assert said in job.anew_because
        assert job.anew_because.startswith("talk.wav")
        assert job.anew_because.endswith("so it is transcribed from its start.")


def test_how_the_model_was_asked_for_makes_no_difference_when_it_is_the_same(store, talk):
    first = begin(store, request(talk, model="canary@main", timing="parakeet", device="cuda"))

    with store.open(request(talk, model="canary")) as again:
        assert again.id == first.id


def test_work_that_another_request_came_between_is_found_again(store, talk):
    first = begin(store, request(talk))
    begin(store, request(talk, identity="weights 2"), groups=1)

    with store.open(request(talk)) as again:
        assert again.id == first.id
        assert again.heard == heard(2)


def test_a_copy_beside_it_is_another_recording_when_it_was_made_anew(store, talk):
    begin(store, request(talk))
    copy = talk.with_name("copy.wav")
    copy.write_bytes(talk.read_bytes())
    os.utime(copy, ns=(0, talk.stat().st_mtime_ns + 3600 * 10**9))

    with store.open(request(copy)) as job:
        assert job.heard == ()
        assert job.anew_because is None


def test_what_is_finished_is_done_again_when_asked_for_again(store, talk):
    with store.open(request(talk)) as first:
        first.finish(TRANSCRIPT, 2.0, "CPU")

    with store.open(request(talk)) as again:
        assert again.id != first.id
        assert again.heard == ()
        assert again.anew_because is None


# --- two at once -----------------------------------------------------------------------------------------------------

WORKER = """
import sys, time
from pathlib import Path
from chunks import group
from test_jobs import request
from transcriber.jobs import Store

with Store(Path(sys.argv[1])).open(request(Path(sys.argv[2])), 60.0) as job:
    job.add(group(0))
    job.add(group(1))
    print(job.id, flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_process(store: Store, talk: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """It works on the job until the block ends; and the job's id."""
    search = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    command = [sys.executable, "-c", WORKER, str(store.folder), str(talk)]
    environment = os.environ | {"PYTHONPATH": search, "PYTHONUTF8": "1"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
    ) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
        process.kill()


def test_work_that_another_process_does_is_refused_until_that_is_killed_and_then_gone_on_with(store, talk):
    with another_process(store, talk) as (process, job_id):
        assert [summary.state for summary in store.list()] == ["running"]
        with pytest.raises(JobRunningError, match=job_id) as refusal:
            store.open(request(talk))
        with pytest.raises(JobRunningError, match=job_id):
            store.delete(job_id)
        process.kill()

    assert "talk.wav is being transcribed right now" in str(refusal.value)
    assert [summary.state for summary in store.list()] == ["unfinished"]
    with store.open(request(talk)) as job:
        assert job.id == job_id
        assert job.heard == heard(2)


def test_the_same_recording_may_be_worked_on_with_two_models_at_once(store, talk):
    with store.open(request(talk)) as first, store.open(request(talk, identity="weights 2")) as second:
        first.add(group(0))
        second.add(group(1))

        assert first.heard == tuple(group(0))
        assert second.heard == tuple(group(1))


def test_a_job_that_was_closed_can_be_opened_by_anybody(store, talk):
    job = store.open(request(talk))
    job.close()
    job.close()

    with store.open(request(talk)) as again:
        assert again.id == job.id


# --- the list --------------------------------------------------------------------------------------------------------


def test_the_list_tells_how_far_an_unfinished_job_is(store, talk):
    job = begin(store, request(talk))

    [summary] = store.list()

    assert summary.id == job.id
    assert summary.recording == talk
    assert (summary.model, summary.state, summary.duration) == ("demo", "unfinished", 60.0)
    assert summary.share == len(heard(2)) * SECONDS / 60.0
    assert summary.words == 2 * len(heard(2))
    assert summary.reason is None
    assert summary.ended is None


def test_the_share_of_a_recording_with_several_tracks_is_of_all_of_them(store, talk):
    with store.open(request(talk), 60.0, tracks=2) as job:
        job.add(group(1))

    assert store.list()[0].share == len(group(1)) * SECONDS / 120.0


def test_how_much_was_heard_of_a_recording_of_unknown_length_is_not_guessed(store, talk):
    with store.open(request(talk)) as job:
        job.add(group(0))

    assert store.list()[0].share is None


def test_the_newest_comes_first(store, talk):
    made = [begin(store, request(talk, identity=f"weights {number}")).id for number in range(5)]

    assert [summary.id for summary in store.list()] == made[::-1]


def test_a_finished_job_keeps_its_transcript_and_nothing_of_its_making(store, talk):
    with store.open(request(talk), 60.0) as job:
        job.add(group(0))
        job.finish(TRANSCRIPT, 2.5, "CPU")

    [summary] = store.list()
    entry = store.find(job.id)

    assert (summary.state, summary.share, summary.duration, summary.words) == ("finished", 1.0, 60.0, 2)
    assert (summary.seconds, summary.device) == (2.5, "CPU")
    assert summary.ended >= summary.began
    assert entry.transcript() == TRANSCRIPT
    assert entry.request == request(talk)
    assert entry.heard == ()
    assert not (store.folder / job.id / "clips.jsonl").exists()


def test_an_unfinished_job_can_be_looked_into(store, talk):
    job = begin(store, request(talk))

    assert store.find(job.id).transcript() is None
    assert store.find(job.id).heard == heard(2)


def test_every_option_is_found_again(store, talk):
    options = TranscribeOptions(
        word_times=False, proof=True, audio_stream="all", channels="split", clip_seconds=20.0, max_clip_seconds=24.0
    )
    asked = request(talk, options=options, timing="none", device="cuda", precision="int8")

    job = begin(store, asked)

    assert store.find(job.id).request == asked


def test_a_name_that_is_no_text_is_found_again(store, talk):
    strange = talk.with_name(os.fsdecode(b"t\xe4lk.wav"))
    if ON_WINDOWS:
        strange = talk.with_name("t\udce4lk.wav")
    talk.rename(strange)

    job = begin(store, request(strange))

    assert store.find(job.id).request.source.path == strange


@pytest.mark.parametrize("job_id", ["", ".", "..", "20261123-143005-talk-1a2b", "../jobs", "lock"], ids=repr)
def test_what_is_no_job_is_not_found_and_not_deleted(store, talk, job_id):
    begin(store, request(talk))

    with pytest.raises(UnknownJobError):
        store.find(job_id)
    with pytest.raises(UnknownJobError):
        store.delete(job_id)
    assert len(store.list()) == 1


# --- how it stopped --------------------------------------------------------------------------------------------------


def test_the_sentence_why_it_stopped_is_kept_until_it_goes_on(store, talk):
    with pytest.raises(TranscriptionCancelledError), store.open(request(talk)):
        raise TranscriptionCancelledError("talk.wav")

    assert store.list()[0].reason == "talk.wav was cancelled."
    assert store.list()[0].ended is not None
    with store.open(request(talk)):
        assert store.list()[0].reason is None


def test_a_reason_given_by_hand_is_kept(store, talk):
    with store.open(request(talk)) as job:
        job.stop("The computer was about to sleep.")

    assert store.list()[0].reason == "The computer was about to sleep."


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyboardInterrupt, "It was cancelled."),
        (GeneratorExit, "It was cancelled."),
        (SystemExit, "It ended unexpectedly."),
        (ZeroDivisionError, "It ended unexpectedly (ZeroDivisionError)."),
    ],
)
def test_whatever_ends_it_is_put_in_a_sentence(store, talk, error, said):
    with pytest.raises(error), store.open(request(talk)):
        raise error

    assert store.list()[0].reason == said


def test_what_happens_after_the_end_does_not_undo_it(store, talk):
    with pytest.raises(GeneratorExit), store.open(request(talk)) as job:
        job.finish(TRANSCRIPT, 1.0, "CPU")
        raise GeneratorExit

    assert store.list()[0].state == "finished"
    assert store.find(job.id).transcript() == TRANSCRIPT


def test_a_crash_between_transcript_and_end_leaves_a_job_that_goes_on(store, talk, monkeypatch):
    from transcriber.jobs import folder

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt), store.open(request(talk)) as job:
        job.add(group(0))
        broken.setattr(folder, "write_ending", crash)
        broken.setattr(Job, "stop", lambda *_: None)
        job.finish(TRANSCRIPT, 1.0, "CPU")

    with store.open(request(talk)) as again:
        assert again.id == job.id
        assert again.heard == tuple(group(0))


# --- damage ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 512, b"null", b"[]", b"{}", b"\xff", b'{"schema": "transcribe-ui/job/2"}', b"[" * 100_000],
    ids=lambda content: repr(content[:12]),
)
def test_a_job_that_cannot_be_read_is_passed_over_and_can_be_deleted(store, talk, caplog, content):
    damaged = begin(store, request(talk))
    whole = begin(store, request(talk, identity="weights 2"))
    (store.folder / damaged.id / "job.json").write_bytes(content)

    assert [summary.id for summary in store.list()] == [whole.id]
    assert damaged.id in caplog.text
    with pytest.raises(UnknownJobError):
        store.find(damaged.id)
    with store.open(request(talk)) as anew:
        assert anew.heard == ()

    assert damaged.id in store.ids()
    store.delete(damaged.id)
    assert damaged.id not in store.ids()


def test_a_record_that_cannot_be_opened_hides_no_job(store, talk):
    job = begin(store, request(talk))
    (store.folder / job.id / "clips.jsonl").unlink()
    (store.folder / job.id / "clips.jsonl").mkdir()

    [summary] = store.list()

    assert (summary.id, summary.share, summary.words) == (job.id, 0.0, 0)
    with pytest.raises(NotWritableError, match=r"clips\.jsonl"):
        store.open(request(talk))


def test_an_end_that_cannot_be_read_is_no_end(store, talk):
    job = begin(store, request(talk))
    (store.folder / job.id / "ending.json").write_bytes(b'{"finished": true')

    assert store.list()[0].state == "unfinished"


def test_a_transcript_that_was_damaged_is_said_to_be(store, talk):
    with store.open(request(talk)) as job:
        job.finish(TRANSCRIPT, 1.0, "CPU")
    (store.folder / job.id / "transcript.json").write_bytes(b"\xff")

    with pytest.raises(InvalidTranscriptError, match=job.id):
        store.find(job.id).transcript()


def test_the_log_has_no_word_of_what_was_said(store, talk, caplog):
    caplog.set_level("DEBUG")
    job = begin(store, request(talk))
    clips = store.folder / job.id / "clips.jsonl"
    clips.write_bytes(clips.read_bytes()[:-20])

    with store.open(request(talk)) as again:
        again.finish(TRANSCRIPT, 1.0, "CPU")
    (store.folder / job.id / "ending.json").write_bytes(b"{}")
    store.list()

    assert "cut off" in caplog.text
    assert "Gr" not in caplog.text
    assert "chunk" not in caplog.text


# --- deleting --------------------------------------------------------------------------------------------------------


def test_a_deleted_job_leaves_nothing(store, talk):
    job = begin(store, request(talk))

    store.delete(job.id)

    assert store.list() == ()
    assert [path.name for path in store.folder.iterdir() if path.is_dir()] == []


def test_what_a_scanner_holds_stays_behind_unlisted_and_goes_when_the_next_job_is_opened(store, talk, locks):
    with store.open(request(talk)) as job:
        job.finish(TRANSCRIPT, 1.0, "CPU")
    folder = store.folder / job.id

    with locks.hold(folder / "transcript.json"), pytest.warns(TempCleanupWarning) as warned:
        store.delete(job.id)

    assert len(warned) == 1
    assert [path.name for path in folder.iterdir()] == ["transcript.json"]
    assert store.list() == ()
    assert store.ids() == ()
    with store.open(request(talk)):
        assert not folder.exists()


def test_a_job_that_cannot_be_deleted_is_whole_and_one_sentence_says_so(store, talk, locks, monkeypatch):
    monkeypatch.setattr(storage, "HELD_WAITS", (0.0,))
    job = begin(store, request(talk))

    with locks.hold(store.folder / job.id / "job.json"), pytest.raises(NotWritableError, match=r"job\.json"):
        store.delete(job.id)

    assert store.find(job.id).heard == heard(2)
    assert store.list()[0].state == "unfinished"


def test_a_folder_that_was_never_quite_made_is_no_job_and_goes(store, talk):
    begin(store, request(talk))
    torso = store.folder / "20261123-143005-talk-1a2b"
    torso.mkdir()
    (torso / "job.json.part").write_bytes(b"{")

    assert torso.name not in {summary.id for summary in store.list()}
    with store.open(request(talk)):
        assert not torso.exists()


def test_what_is_not_ours_in_the_folder_is_left_alone(store, talk):
    store.folder.mkdir(parents=True)
    theirs = store.folder / "Holiday pictures"
    theirs.mkdir()

    begin(store, request(talk))

    assert theirs.is_dir()
    assert len(store.list()) == 1


# --- names -----------------------------------------------------------------------------------------------------------

NAMES = ["con", "Grüße vom Ø", "日本語", "a" * 200, "..", "-", "x: y?*<>|", "talk .", "it's\ttwo"]


@pytest.mark.parametrize("name", NAMES)
def test_an_id_is_a_good_name_for_a_folder_everywhere(tmp_path, talk, name):
    job_id = _new_id(Path(f"{name}.wav"), begin_of_time())

    assert ntfs_can_store(job_id)
    assert len(job_id) <= 45
    assert job_id.isascii()


@given(st.text())
def test_an_id_of_any_name_is_a_good_name_for_a_folder_and_known_as_an_id(name):
    from transcriber.jobs.store import _ID

    job_id = _new_id(Path(f"x{name}.wav"), begin_of_time())

    assert ntfs_can_store(job_id)
    assert _ID.fullmatch(job_id)


def test_an_id_can_be_recognized(talk):
    assert _new_id(Path("Das Gespräch (2).wav"), begin_of_time()).startswith("2026")
    assert "-das-gesprach-2-" in _new_id(Path("Das Gespräch (2).wav"), begin_of_time())


def begin_of_time():
    from datetime import UTC, datetime

    return datetime(2026, 11, 23, 14, 30, 5, tzinfo=UTC)


def test_jobs_lie_in_the_users_own_folder_unless_another_is_named():
    assert Store().folder == storage.state_dir() / "jobs"


# --- Windows ---------------------------------------------------------------------------------------------------------


def test_a_whole_life_touches_nothing_that_is_held(store, talk, locks):
    begin(store, request(talk))
    with store.open(request(talk)) as job:
        job.add(group(2))
        store.list()
        job.finish(TRANSCRIPT, 1.0, "CPU")
    store.find(job.id).transcript()
    store.delete(job.id)

    assert locks.violations == []
    assert store.list() == ()


@needs_a_scanner
def test_a_scanner_that_lets_go_after_a_while_is_waited_for(store, talk, monkeypatch):
    monkeypatch.setattr(storage, "HELD_WAITS", (0.0,) * 8)
    store.folder.mkdir(parents=True)

    with windows_locks(check_names=True) as locks, locks.hold_new_files(store.folder, patience=2):
        with store.open(request(talk)) as job:
            job.add(group(0))
            job.finish(TRANSCRIPT, 1.0, "CPU")
        assert locks.violations

    assert store.find(job.id).transcript() == TRANSCRIPT


@needs_a_scanner
def test_a_scanner_that_never_lets_go_costs_one_sentence(store, talk, monkeypatch):
    monkeypatch.setattr(storage, "HELD_WAITS", (0.0,) * 2)
    store.folder.mkdir(parents=True)

    with windows_locks() as locks, locks.hold_new_files("job.json.part"), pytest.raises(NotWritableError) as refusal:
        store.open(request(talk))

    assert "job.json cannot be written" in str(refusal.value)
    assert store.list() == ()
    assert begin(store, request(talk)).heard == heard(2)


# --- a disk that refuses ---------------------------------------------------------------------------------------------

SMALL_DISK = """
import sys, warnings
from pathlib import Path
from chunks import group
from test_jobs import TRANSCRIPT, request
from transcriber.errors import DiskFullError
from transcriber.jobs import Store

disk, talk = Path(sys.argv[1]), Path(sys.argv[2])
ballast = disk / "ballast"
ballast.write_bytes(bytes(20_000))
added = []
try:
    with Store(disk / "jobs").open(request(talk), 60.0) as job:
        while True:
            job.add(group(len(added)))
            added += [group(len(added))]
except DiskFullError as error:
    print(error)
[summary] = Store(disk / "jobs").list()
assert summary.state == "unfinished"
ballast.unlink()
with Store(disk / "jobs").open(request(talk)) as again:
    assert again.id == job.id
    assert again.heard == tuple(heard for each in added for heard in each)
    again.add(group(len(added)))
    again.finish(TRANSCRIPT, 1.0, "CPU")
assert Store(disk / "jobs").find(job.id).transcript() == TRANSCRIPT
print("went on")
"""


def test_a_disk_that_fills_up_ends_with_one_sentence_and_a_job_that_goes_on(tmp_path, talk):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = 'mount -t tmpfs -o size=64k tmpfs "$0" && exec "$@"'
    command = ["unshare", "-rm", "sh", "-c", mount, str(disk), sys.executable, "-c", SMALL_DISK, str(disk), str(talk)]
    search = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    if not _may_mount(disk):
        pytest.skip("no small disk can be had here")

    ran = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": search}, check=False)

    assert ran.returncode == 0, ran.stderr
    sentence, went_on = ran.stdout.splitlines()
    assert sentence.startswith("The disk is too full to write")
    assert "clips.jsonl" in sentence
    assert went_on == "went on"


def _may_mount(folder: Path) -> bool:
    try:
        tried = subprocess.run(
            ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", str(folder)], capture_output=True, check=False
        )
    except OSError:
        return False
    return tried.returncode == 0


def test_a_disk_that_is_full_from_the_start_leaves_no_job(store, talk, monkeypatch):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken, pytest.raises(DiskFullError):
        broken.setattr(os, "fsync", full)
        store.open(request(talk))

    assert store.list() == ()
    assert begin(store, request(talk)).heard == heard(2)


def test_why_it_stopped_goes_unsaid_rather_than_hide_what_happened(store, talk, monkeypatch, caplog):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken, pytest.raises(TranscriptionCancelledError), store.open(request(talk)):
        broken.setattr(os, "fsync", full)
        raise TranscriptionCancelledError("talk.wav")

    assert store.list()[0].reason is None
    assert "could not be written down" in caplog.text


@pytest.mark.skipif(ON_WINDOWS, reason="Windows keeps a folder in use from vanishing")
def test_a_folder_that_vanishes_midway_is_said_in_one_sentence(store, talk):
    import shutil

    with pytest.raises(NotWritableError, match=r"clips\.jsonl"), store.open(request(talk)) as job:
        job.add(group(0))
        shutil.rmtree(store.folder)
        job.add(group(1))


def test_a_place_where_no_folder_can_be_made_is_said_in_one_sentence(tmp_path, talk):
    (tmp_path / "file").touch()

    with pytest.raises(NotWritableError, match="jobs cannot be written"):
        Store(tmp_path / "file" / "jobs").open(request(talk))


def test_where_there_never_was_a_job_there_is_nothing_to_list_and_nothing_is_made(store):
    assert store.list() == ()
    assert store.ids() == ()
    assert not store.folder.exists()


def test_nothing_is_said_that_nobody_asked_for(store, talk):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        begin(store, request(talk))
        store.delete(store.list()[0].id)
