"""Every test downloads with the real client from a Hub on this machine (hub_server.py)."""

import hashlib
import math
import socket
import subprocess
import sys
import threading
import time
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hub_server import Cut, HubServer, LoginPage, NoRanges, Refusal, Silence, Stall, WrongBytes
from windows_locks import windows_locks

from transcriber import hub
from transcriber.catalogue import ModelSpec
from transcriber.errors import (
    CorruptModelError,
    DiskFullError,
    FileInTheWayError,
    HubUnreachableError,
    IncompleteDownloadError,
    MissingDependencyError,
    MissingModelError,
    NotWritableError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
    TranscriptionCancelledError,
)
from transcriber.hub import client, downloads
from transcriber.progress import Progress

REPOSITORY = "nvidia/tiny"
SPEC = ModelSpec("tiny", "Tiny", "nemo", "tiny.nemo", repository=REPOSITORY, repository_file="tiny-0.1.nemo")
BLOCK = 4096
CONTENT = b"".join(hashlib.sha256(b"%d" % count).digest() for count in range(100 * BLOCK // 32))
ROOT = Path(hub.__file__).parent.parent.parent

ELSEWHERE = """
import sys
from pathlib import Path
from transcriber import hub
from transcriber.catalogue import ModelSpec
from transcriber.hub import downloads

downloads.BLOCK_BYTES = 4096
spec = ModelSpec("tiny", "Tiny", "nemo", "tiny.nemo", repository="nvidia/tiny", repository_file="tiny-0.1.nemo")
hub.fetch(spec, Path(sys.argv[1]), lambda progress: print(progress.stage, flush=True))
"""


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "BLOCK_BYTES", BLOCK)
    monkeypatch.setattr(downloads, "RETRY_WAITS", (0.01, 0.01))
    monkeypatch.setattr(downloads, "RENAME_WAITS", (0.01, 0.01))
    monkeypatch.setattr(client, "TICK_SECONDS", 0.02)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with HubServer() as server:
        server.commit(REPOSITORY, {"tiny-0.1.nemo": CONTENT, "README.md": b"A card."})
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        yield server


def fetch_elsewhere(models_dir: Path) -> subprocess.Popen[str]:
    """The same download in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", ELSEWHERE, str(models_dir)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def flipped(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1])


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.endswith(".lock")}


# --- a healthy Hub ---------------------------------------------------------------------------------------------------


def test_a_fetched_model_is_whole_and_knows_where_it_came_from(server, tmp_path):
    path = hub.fetch(SPEC, tmp_path / "models")

    found = hub.installed(SPEC, tmp_path / "models")
    assert path == tmp_path / "models" / "tiny.nemo"
    assert path.read_bytes() == CONTENT
    assert found.commit == server.repositories[REPOSITORY].names["main"]
    assert found.size_bytes == len(CONTENT)
    assert names(path.parent) == {"tiny.nemo", "tiny.nemo.json"}


def test_progress_counts_bytes_up_to_the_last_and_then_verifies_them(server, tmp_path):
    seen: list[Progress] = []

    hub.fetch(SPEC, tmp_path, seen.append)

    downloading = [progress.done for progress in seen if progress.stage == "downloading"]
    assert downloading == sorted(downloading)
    assert (downloading[0], downloading[-1]) == (0, len(CONTENT))
    assert seen[-1] == Progress("verifying", "tiny", len(CONTENT), len(CONTENT))


def test_a_verified_model_is_not_asked_for_again(server, tmp_path):
    hub.fetch(SPEC, tmp_path)
    asked = len(server.requests)

    hub.fetch(SPEC, tmp_path)

    assert len(server.requests) == asked


def test_a_revision_is_fetched_at_its_commit(server, tmp_path):
    server.commit(REPOSITORY, {"tiny-0.1.nemo": b"an experiment"}, name="try/this")

    path = hub.fetch(replace(SPEC, revision="try/this"), tmp_path)

    assert path.read_bytes() == b"an experiment"


def test_another_revision_replaces_what_we_fetched_before(server, tmp_path):
    hub.fetch(SPEC, tmp_path)
    commit = server.commit(REPOSITORY, {"tiny-0.1.nemo": b"newer"}, name="v2")

    hub.fetch(replace(SPEC, revision="v2"), tmp_path)

    assert (tmp_path / "tiny.nemo").read_bytes() == b"newer"
    assert hub.installed(SPEC, tmp_path).commit == commit


def test_another_commit_with_the_same_bytes_costs_no_download(server, tmp_path):
    hub.fetch(SPEC, tmp_path)
    commit = server.commit(REPOSITORY, {"tiny-0.1.nemo": CONTENT, "README.md": b"A longer card."}, name="v2")

    hub.fetch(replace(SPEC, revision="v2"), tmp_path)

    assert len(server.asked("/cdn/")) == 1
    assert hub.installed(SPEC, tmp_path).commit == commit


def test_a_damaged_model_of_ours_is_fetched_anew(server, tmp_path):
    path = hub.fetch(SPEC, tmp_path)
    path.write_bytes(flipped(CONTENT))

    hub.fetch(SPEC, tmp_path)

    assert path.read_bytes() == CONTENT


def test_a_model_copied_by_hand_is_recognised_without_a_download(server, tmp_path):
    (tmp_path / "tiny.nemo").write_bytes(CONTENT)

    hub.fetch(SPEC, tmp_path)

    assert hub.installed(SPEC, tmp_path).commit == server.repositories[REPOSITORY].names["main"]
    assert not server.asked("/cdn/")


def test_a_file_that_somebody_else_put_there_is_never_replaced(server, tmp_path):
    (tmp_path / "tiny.nemo").write_bytes(b"my own fine-tuned model")

    with pytest.raises(FileInTheWayError, match=r"tiny\.nemo was left as it is.*Move it away"):
        hub.fetch(SPEC, tmp_path)

    assert (tmp_path / "tiny.nemo").read_bytes() == b"my own fine-tuned model"


# --- interruptions ---------------------------------------------------------------------------------------------------


def test_a_cut_connection_goes_on_where_it_broke(server, tmp_path):
    server.fail(Cut(after_bytes=40 * BLOCK), at="/cdn/", times=2)

    path = hub.fetch(SPEC, tmp_path)

    assert path.read_bytes() == CONTENT
    assert [request.first_byte for request in server.asked("/cdn/")] == [None, 40 * BLOCK, 80 * BLOCK]


def test_any_number_of_cuts_is_borne_while_each_time_something_comes(server, tmp_path):
    server.fail(Cut(after_bytes=10 * BLOCK), at="/cdn/", times=9)

    path = hub.fetch(SPEC, tmp_path)

    assert path.read_bytes() == CONTENT
    assert len(downloads.RETRY_WAITS) < 9


def test_a_connection_that_falls_silent_is_made_anew(server, tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "SILENCE_SECONDS", 0.3)
    server.fail(Stall(after_bytes=90 * BLOCK), at="/cdn/")

    path = hub.fetch(SPEC, tmp_path)

    assert path.read_bytes() == CONTENT
    assert server.asked("/cdn/")[-1].first_byte == 90 * BLOCK


def test_a_host_without_ranges_costs_time_but_loses_nothing(server, tmp_path):
    server.fail(Cut(after_bytes=40 * BLOCK), at="/cdn/")
    server.fail(NoRanges(), at="/cdn/")

    path = hub.fetch(SPEC, tmp_path)

    assert path.read_bytes() == CONTENT
    assert len(server.asked("/cdn/")) == 2


def test_giving_up_at_ninety_percent_says_so_and_keeps_them(server, tmp_path):
    server.fail(Cut(after_bytes=90 * BLOCK), at="/cdn/")
    server.fail(Refusal(503), at="/cdn/", times=3)

    with pytest.raises(
        IncompleteDownloadError, match=r"tiny\.nemo is not complete.*HTTP 503.*0\.4 of 0\.4 MB"
    ) as caught:
        hub.fetch(SPEC, tmp_path)
    kept = names(tmp_path)
    hub.fetch(SPEC, tmp_path)

    assert isinstance(caught.value.__cause__, HubUnreachableError)
    assert kept == {"tiny.nemo.part", "tiny.nemo.part.json"}
    assert server.asked("/cdn/")[-1].first_byte == 90 * BLOCK
    assert (tmp_path / "tiny.nemo").read_bytes() == CONTENT


def test_a_killed_download_goes_on_in_the_next_process(server, tmp_path):
    server.fail(Stall(after_bytes=50 * BLOCK), at="/cdn/")
    part = tmp_path / "tiny.nemo.part"

    with fetch_elsewhere(tmp_path) as process:
        end = time.monotonic() + 60
        while not (part.exists() and part.stat().st_size == 50 * BLOCK) and time.monotonic() < end:
            time.sleep(0.02)
        process.kill()
    hub.fetch(SPEC, tmp_path)

    assert [request.first_byte for request in server.asked("/cdn/")] == [None, 50 * BLOCK]
    assert (tmp_path / "tiny.nemo").read_bytes() == CONTENT


def test_a_fresh_process_asks_for_nothing_but_the_model(server, tmp_path):
    with fetch_elsewhere(tmp_path) as process:
        process.communicate(timeout=60)

    commit = server.repositories[REPOSITORY].names["main"]
    assert [(request.method, request.path) for request in server.requests] == [
        ("GET", f"/api/models/{REPOSITORY}"),
        ("GET", f"/{REPOSITORY}/resolve/{commit}/tiny-0.1.nemo"),
        ("GET", f"/cdn/{hashlib.sha256(CONTENT).hexdigest()}"),
    ]


def test_a_second_process_waits_and_finds_the_work_done(server, tmp_path):
    others: list[subprocess.Popen[str]] = []

    def start_another(progress: Progress) -> None:
        if progress.stage == "downloading" and not others:
            others.append(fetch_elsewhere(tmp_path))
            assert others[0].stdout.readline() == "waiting\n"

    hub.fetch(SPEC, tmp_path, start_another)
    with others[0] as other:
        said, _ = other.communicate(timeout=60)

    assert other.returncode == 0
    assert "downloading" not in said
    assert len(server.asked("/cdn/")) == 1
    assert (tmp_path / "tiny.nemo").read_bytes() == CONTENT


def test_cancelling_keeps_what_came(server, tmp_path):
    def cancel_halfway(progress: Progress) -> None:
        if progress.done >= 50 * BLOCK:
            raise TranscriptionCancelledError("tiny")

    with pytest.raises(TranscriptionCancelledError):
        hub.fetch(SPEC, tmp_path, cancel_halfway)
    nothing = hub.installed(SPEC, tmp_path)
    hub.fetch(SPEC, tmp_path)

    assert nothing is None
    assert server.asked("/cdn/")[-1].first_byte == 50 * BLOCK
    assert (tmp_path / "tiny.nemo").read_bytes() == CONTENT


def test_a_part_of_other_bytes_is_not_gone_on_with(server, tmp_path):
    server.fail(Cut(after_bytes=40 * BLOCK), at="/cdn/")
    server.fail(Refusal(503), at="/cdn/", times=3)
    with pytest.raises(IncompleteDownloadError):
        hub.fetch(SPEC, tmp_path)
    server.commit(REPOSITORY, {"tiny-0.1.nemo": flipped(CONTENT)})

    hub.fetch(SPEC, tmp_path)

    assert server.asked("/cdn/")[-1].first_byte is None
    assert (tmp_path / "tiny.nemo").read_bytes() == flipped(CONTENT)


def test_a_part_outlives_a_commit_that_only_changes_the_card(server, tmp_path):
    server.fail(Cut(after_bytes=40 * BLOCK), at="/cdn/")
    server.fail(Refusal(503), at="/cdn/", times=3)
    with pytest.raises(IncompleteDownloadError):
        hub.fetch(SPEC, tmp_path)
    commit = server.commit(REPOSITORY, {"tiny-0.1.nemo": CONTENT, "README.md": b"A longer card."})

    hub.fetch(SPEC, tmp_path)

    assert server.asked("/cdn/")[-1].first_byte == 40 * BLOCK
    assert hub.installed(SPEC, tmp_path).commit == commit


def test_windows_finds_no_file_open_that_is_renamed_or_deleted(server, tmp_path):
    server.fail(Cut(after_bytes=40 * BLOCK), at="/cdn/")
    server.fail(WrongBytes(), at="/cdn/")
    newer = replace(SPEC, revision=server.commit(REPOSITORY, {"tiny-0.1.nemo": b"newer"}, name="v2"))

    with windows_locks(check_names=True) as locks:
        with pytest.raises(IncompleteDownloadError):
            hub.fetch(SPEC, tmp_path)
        hub.fetch(SPEC, tmp_path)
        hub.fetch(newer, tmp_path)

    assert not locks.violations
    assert (tmp_path / "tiny.nemo").read_bytes() == b"newer"


def test_an_antivirus_that_looks_at_the_finished_file_is_waited_for(server, tmp_path):
    with windows_locks() as locks, locks.hold_new_files("tiny.nemo.part", patience=2):
        path = hub.fetch(SPEC, tmp_path)

    assert path.read_bytes() == CONTENT


def test_a_model_in_use_on_windows_stays_and_the_new_one_waits_beside_it(server, tmp_path):
    path = hub.fetch(SPEC, tmp_path)
    newer = replace(SPEC, revision=server.commit(REPOSITORY, {"tiny-0.1.nemo": b"newer"}, name="v2"))

    with (
        windows_locks() as locks,
        locks.hold(path),
        pytest.raises(NotWritableError, match=r"tiny\.nemo.*close the program that holds it"),
    ):
        hub.fetch(newer, tmp_path)
    hub.check(SPEC, tmp_path)
    hub.fetch(newer, tmp_path)

    assert path.read_bytes() == b"newer"
    assert len(server.asked("/cdn/")) == 2


# --- what must never be taken for a model ----------------------------------------------------------------------------


def test_wrong_bytes_are_thrown_away_and_named(server, tmp_path):
    server.fail(WrongBytes(), at="/cdn/")

    with pytest.raises(IncompleteDownloadError, match="SHA-256 differs"):
        hub.fetch(SPEC, tmp_path)

    assert names(tmp_path) == set()
    assert hub.fetch(SPEC, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("sized", [True, False])
def test_a_login_page_in_the_middle_spoils_nothing(server, tmp_path, sized):
    server.fail(Cut(after_bytes=40 * BLOCK), at="/cdn/")
    server.fail(LoginPage(sized), at="/cdn/", times=3)

    with pytest.raises(IncompleteDownloadError, match="something else answered in the Hub's place"):
        hub.fetch(SPEC, tmp_path)

    assert (tmp_path / "tiny.nemo.part").read_bytes() == CONTENT[: 40 * BLOCK]


def test_check_tells_whole_models_from_damaged_ones_without_network(server, tmp_path):
    path = hub.fetch(SPEC, tmp_path)
    server.close()

    whole = hub.check(SPEC, tmp_path)
    path.write_bytes(flipped(CONTENT))
    with pytest.raises(CorruptModelError, match="SHA-256 differs"):
        hub.check(SPEC, tmp_path)
    path.write_bytes(CONTENT[:-1])
    with pytest.raises(CorruptModelError, match="409,599 bytes instead of 409,600"):
        hub.check(SPEC, tmp_path)
    path.unlink()
    with pytest.raises(MissingModelError, match=r"setup_local_models\.py tiny"):
        hub.check(SPEC, tmp_path)

    assert whole.path == path


def test_a_file_without_a_record_is_installed_but_of_unknown_origin(tmp_path):
    (tmp_path / "tiny.nemo").write_bytes(CONTENT)

    assert hub.check(SPEC, tmp_path).origin is None
    assert hub.installed(SPEC, tmp_path) == hub.Installed(tmp_path / "tiny.nemo", len(CONTENT), None)


@pytest.mark.parametrize("record", ["", "{", "[]", '{"repository": 1}', "\x00", '{"sha256": "../../x"}'])
def test_a_damaged_record_counts_as_none(server, tmp_path, record):
    hub.fetch(SPEC, tmp_path)

    (tmp_path / "tiny.nemo.json").write_text(record, encoding="utf-8")

    assert hub.installed(SPEC, tmp_path).commit is None


# --- refusals and dead networks --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "error", "sentence"),
    [
        (Refusal(401), RepositoryNotFoundError, r"nvidia/tiny: it does not exist, is private.*\(HTTP 401\)"),
        (Refusal(403), RepositoryNotFoundError, "access is forbidden"),
        (Refusal(404), RepositoryNotFoundError, "there is nothing by this name"),
        (Refusal(404, {"X-Error-Code": "RevisionNotFound"}), RevisionNotFoundError, "no branch, tag or commit 'main'"),
        (Refusal(429, {"Retry-After": "37"}), HubUnreachableError, r"too often.*Try again in 37 s"),
        (Refusal(429), HubUnreachableError, "Try again in a few minutes"),
        (Refusal(500), HubUnreachableError, r"in trouble \(HTTP 500\)"),
        (Refusal(503), HubUnreachableError, r"in trouble \(HTTP 503\)"),
        (LoginPage(), HubUnreachableError, "login page"),
        (Cut(after_bytes=10), HubUnreachableError, "connection to 127.0.0.1:[0-9]+ failed"),
    ],
)
def test_each_refusal_is_one_sentence_with_its_cause(server, tmp_path, fault, error, sentence):
    server.fail(fault, at="/api/")

    with pytest.raises(error, match=sentence) as caught:
        hub.fetch(SPEC, tmp_path)

    assert caught.value.__cause__ is not None
    assert "\n" not in str(caught.value)
    assert names(tmp_path) == set()


def test_gated_models_say_what_to_do(server, tmp_path):
    server.commit(REPOSITORY, {"tiny-0.1.nemo": CONTENT}, gated=True)

    with pytest.raises(RepositoryNotFoundError, match=r"gated\. Accept its terms on .*/nvidia/tiny.*hf auth login"):
        hub.fetch(SPEC, tmp_path)


@pytest.mark.parametrize(
    ("spec", "error", "sentence"),
    [
        (replace(SPEC, repository="nvidia/nothing"), RepositoryNotFoundError, "did not hand out nvidia/nothing"),
        (replace(SPEC, repository_file="other.nemo"), RepositoryNotFoundError, r"it has no other\.nemo"),
        (replace(SPEC, revision="nowhere"), RevisionNotFoundError, "no branch, tag or commit 'nowhere'"),
        (replace(SPEC, repository_file=None), RepositoryNotFoundError, "names no file"),
    ],
)
def test_what_the_hub_does_not_have_is_named(server, tmp_path, spec, error, sentence):
    with pytest.raises(error, match=sentence):
        hub.fetch(spec, tmp_path)


def test_a_refused_connection_is_told_at_once(tmp_path, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")

    with pytest.raises(HubUnreachableError, match=f"connection to 127.0.0.1:{port} failed"):
        hub.fetch(SPEC, tmp_path)


def test_a_silent_network_is_told_in_time(server, tmp_path, monkeypatch):
    monkeypatch.setattr(client, "ANSWER_SECONDS", 0.3)
    server.fail(Silence(), times=math.inf)

    with pytest.raises(HubUnreachableError, match=r"does not answer\. Check the network"):
        hub.fetch(SPEC, tmp_path)


def test_a_name_look_up_that_hangs_does_not_hang_us(server, tmp_path, monkeypatch):
    """No time-out of the client reaches it."""
    over = threading.Event()

    def look_up(*_: object, **__: object) -> list[object]:
        over.wait()
        raise socket.gaierror("never mind")

    monkeypatch.setattr(client, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    with pytest.raises(HubUnreachableError, match="does not answer"):
        hub.fetch(SPEC, tmp_path)

    over.set()


def test_a_silent_network_can_be_cancelled(server, tmp_path):
    server.fail(Silence(), times=math.inf)

    def cancel(progress: Progress) -> None:
        raise TranscriptionCancelledError(progress.subject)

    with pytest.raises(TranscriptionCancelledError):
        hub.fetch(SPEC, tmp_path, cancel)


@pytest.mark.parametrize("variable", ["1", "true", "ON", None])
def test_offline_asks_nobody(server, tmp_path, monkeypatch, variable):
    if variable:
        monkeypatch.setenv("HF_HUB_OFFLINE", variable)

    with pytest.raises(HubUnreachableError, match="offline|HF_HUB_OFFLINE"):
        hub.fetch(SPEC, tmp_path, offline=variable is None)

    assert not server.requests


def test_offline_keeps_what_is_installed(server, tmp_path):
    path = hub.fetch(SPEC, tmp_path)

    assert hub.fetch(SPEC, tmp_path, offline=True) == path


# --- the disk --------------------------------------------------------------------------------------------------------


def test_too_little_room_is_told_before_the_first_byte(server, tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")(10**9, 10**9, len(CONTENT) - 1)
    monkeypatch.setattr("transcriber.storage.shutil.disk_usage", lambda _: usage)

    with pytest.raises(DiskFullError) as caught:
        hub.fetch(SPEC, tmp_path)

    assert caught.value.needed_bytes == len(CONTENT)
    assert not server.asked("/cdn/")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here that is always full")
def test_a_disk_that_fills_up_in_the_middle_is_named(server, tmp_path):
    (tmp_path / "tiny.nemo.part").symlink_to("/dev/full")
    (tmp_path / "tiny.nemo.part.json").write_text(_record(), encoding="utf-8")

    with pytest.raises(DiskFullError, match=r"too full to write .*tiny\.nemo") as caught:
        hub.fetch(SPEC, tmp_path)

    assert isinstance(caught.value.__cause__, OSError)
    assert hub.installed(SPEC, tmp_path) is None


def _record() -> str:
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    return (
        f'{{"repository": "{REPOSITORY}", "file": "tiny-0.1.nemo", "commit": "{"0" * 40}",'
        f' "size_bytes": {len(CONTENT)}, "sha256": "{sha256}"}}'
    )


def test_a_models_folder_that_cannot_be_is_named(server, tmp_path):
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(NotWritableError, match="cannot be written"):
        hub.fetch(SPEC, tmp_path / "file" / "models")


def test_a_part_left_whole_needs_no_request_for_bytes(server, tmp_path):
    (tmp_path / "tiny.nemo.part").write_bytes(CONTENT)
    (tmp_path / "tiny.nemo.part.json").write_text(_record(), encoding="utf-8")

    hub.fetch(SPEC, tmp_path)

    assert not server.asked("/cdn/")
    assert (tmp_path / "tiny.nemo").read_bytes() == CONTENT


def test_a_missing_client_is_one_sentence_with_the_command(tmp_path, monkeypatch):
    monkeypatch.setattr(client.importlib.util, "find_spec", lambda _: None)

    with pytest.raises(MissingDependencyError, match="pip install -r requirements.txt"):
        hub.fetch(SPEC, tmp_path)
