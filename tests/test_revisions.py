"""What a revision may be, and which commit it means: online, offline, and where nobody answers."""

import math
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from canary_hub import CANARY, REPOSITORY, fill_cache, serve
from hub_server import Cut, HubServer, LoginPage, Refusal, Silence

from transcriber import hub
from transcriber.errors import (
    HubUnreachableError,
    InvalidRevisionError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
    TranscriptionCancelledError,
)
from transcriber.hub import client, holdings
from transcriber.hub.holdings import Meaning
from transcriber.hub.revisions import Memory, check_revision, recall
from transcriber.progress import Progress

FULL = "5f3a1b2c9d" * 4
REPORTED = "418c32c5a6d3fd24ad5ae40cb5b9a46"
REMEDY = "use the full hash from the model's commit page, or main"

# --- what may be asked for -------------------------------------------------------------------------------------------

ALLOWED = [
    (None, None),
    ("main", "main"),
    ("v1.0", "v1.0"),
    ("feature/long-audio", "feature/long-audio"),
    ("refs/pr/1", "refs/pr/1"),
    ("größer", "größer"),
    ("dead", "dead"),
    ("abc123", "abc123"),
    ("release_2025-07", "release_2025-07"),
    ("user@home", "user@home"),
    ("5f3a1b2", "5f3a1b2"),
    ("5f3a1b2c9d5f", "5f3a1b2c9d5f"),
    ("5F3A1B2", "5F3A1B2"),
    (FULL, FULL),
    (FULL.upper(), FULL),
    ("g" * 31, "g" * 31),
    ("x" * 255, "x" * 255),
]


@pytest.mark.parametrize(("revision", "asked"), ALLOWED)
def test_names_and_hashes_that_can_exist_are_allowed(revision, asked):
    assert check_revision(revision) == asked


CUT = "looks like a commit hash that was cut off"
NO_NAME = "which git allows in no name; check the spelling"
EMPTY = "is empty; leave it out for the newest version, or give main, a branch, a tag or a full commit hash"
BLANK = "has a blank or an invisible character at its start or end; use 'main'"

REFUSED = [
    (REPORTED, f"{CUT}: 31 of 40 characters; {REMEDY}"),
    (FULL[:13], f"{CUT}: 13 of 40 characters; {REMEDY}"),
    (FULL[:39], f"{CUT}: 39 of 40 characters; {REMEDY}"),
    (FULL[:39].upper(), f"{CUT}: 39 of 40 characters; {REMEDY}"),
    (FULL + "0", f"looks like a commit hash, but has 41 characters instead of 40; {REMEDY}"),
    ("a" * 64, f"looks like a commit hash, but has 64 characters instead of 40; {REMEDY}"),
    ("", EMPTY),
    ("   ", EMPTY),
    ("\n", EMPTY),
    ("\u200b", EMPTY),
    (" main", BLANK),
    ("main ", BLANK),
    (" main ", BLANK),
    ("main\n", BLANK),
    ("main\r\n", BLANK),
    ("\tmain", BLANK),
    ("main\u00a0", BLANK),
    ("\ufeffmain", BLANK),
    ("main\u200b", BLANK),
    ("ma\0in", "has a control character in it (U+0000); type it anew"),
    ("ma\x7fin", "has a control character in it (U+007F); type it anew"),
    ("ma\nin", "has a control character in it (U+000A); type it anew"),
    ("ma\ud800in", "has a control character in it (U+D800); type it anew"),
    ("../x", "has '..' in it, which git allows in no name; use a branch, a tag or a full commit hash"),
    ("a..b", "has '..' in it, which git allows in no name; use a branch, a tag or a full commit hash"),
    ("a\\b", "has a backslash in it; branches are written with slashes: 'a/b'"),
    ("..\\x", "has a backslash in it; branches are written with slashes: '../x'"),
    ("my branch", f"has a blank in it, {NO_NAME}"),
    ("a~1", f"has one of ~ ^ : ? * [ in it, {NO_NAME}"),
    ("HEAD^", f"has one of ~ ^ : ? * [ in it, {NO_NAME}"),
    ("a:b", f"has one of ~ ^ : ? * [ in it, {NO_NAME}"),
    ("what?", f"has one of ~ ^ : ? * [ in it, {NO_NAME}"),
    ("v*", f"has one of ~ ^ : ? * [ in it, {NO_NAME}"),
    ("a[b", f"has one of ~ ^ : ? * [ in it, {NO_NAME}"),
    ("a@{1}", "has an @ where git allows none; check the spelling"),
    ("@", "has an @ where git allows none; check the spelling"),
    ("/main", "has a slash too many; slashes stand between two names, as in feature/x"),
    ("main/", "has a slash too many; slashes stand between two names, as in feature/x"),
    ("a//b", "has a slash too many; slashes stand between two names, as in feature/x"),
    (".main", "has a dot at the start of a name, which git does not allow; check the spelling"),
    ("a/.b", "has a dot at the start of a name, which git does not allow; check the spelling"),
    ("main.", "ends with a dot, which git does not allow; leave it out"),
    ("main.lock", "has a name that ends with .lock, which git does not allow; check the spelling"),
    ("a.lock/b", "has a name that ends with .lock, which git does not allow; check the spelling"),
    ("-main", "starts with a dash, which git does not allow; check the spelling"),
    (
        f"https://huggingface.co/nvidia/canary-qwen-2.5b/commit/{FULL[:7]}",
        "is an address; give only the branch, the tag or the hash in it",
    ),
]


@pytest.mark.parametrize(("revision", "reason"), REFUSED)
def test_what_can_be_no_revision_is_refused_with_the_reason_and_what_would_be_right(revision, reason):
    with pytest.raises(InvalidRevisionError) as caught:
        check_revision(revision)

    shown = revision if len(revision) <= 60 else f"{revision[:60]}…"
    assert str(caught.value) == f"The revision {shown!r} {reason}."


@pytest.mark.parametrize(
    ("revision", "sentence"),
    [
        (4, "The revision '4' is not text but of type int; put it in quotes."),
        (True, "The revision 'True' is not text but of type bool; put it in quotes."),
        (b"main", "The revision \"b'main'\" is not text but of type bytes; put it in quotes."),
        (Path("main"), "The revision 'main' is not text but of type PosixPath; put it in quotes."),
        (["main"], "The revision \"['main']\" is not text but of type list; put it in quotes."),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="paths have another type there")
def test_what_is_no_text_is_refused_by_its_type(revision, sentence):
    with pytest.raises(InvalidRevisionError) as caught:
        check_revision(revision)

    assert str(caught.value) == sentence


def test_a_name_that_is_too_long_is_not_printed_whole():
    with pytest.raises(InvalidRevisionError) as caught:
        check_revision("x" * 256)

    shown = "x" * 60
    assert str(caught.value) == (
        f"The revision '{shown}…' has 256 characters, and no name has more than 255; {REMEDY}."
    )


def test_a_refusal_costs_no_request(server, tmp_path):
    with pytest.raises(InvalidRevisionError, match="31 of 40 characters"):
        hub.resolve_revision(replace(CANARY, revision=REPORTED), tmp_path)

    assert not server.requests


# --- what is known without asking ------------------------------------------------------------------------------------

A, B, C = "5f3a1b2" + 33 * "a", "5f3a1b2" + 33 * "b", 40 * "c"


@pytest.mark.parametrize(
    ("memory", "name", "commit", "how"),
    [
        (Memory((A, B), {"main": Meaning(B, 0)}), "main", B, "which was main on 19"),
        (Memory((A,), {"main": Meaning(B, 0)}), "main", A, "the only one on this machine"),
        (Memory((A,)), "main", A, "the only one on this machine"),
        (Memory((), {}, (C,), {"main": C}), "main", C, "which the Hugging Face cache holds as main"),
        (Memory((A,), {}, (C,), {"v1": C}), "v1", C, "which the Hugging Face cache holds as v1"),
        (Memory((A, C)), "ccccccc", C, "the only one on this machine that starts with ccccccc"),
        (Memory((A, C)), "CCCCCCC", C, "the only one on this machine that starts with CCCCCCC"),
        (Memory((A,), {}, (C,)), "ccccccc", C, "the only one on this machine that starts with ccccccc"),
        (Memory((A,), {}, (A,)), A[:12], A, "the only one on this machine that starts with"),
    ],
)
def test_this_machine_knows_what_names_mean(memory, name, commit, how):
    found = recall(memory, name)

    assert found.commit == commit
    assert found.note.startswith(how)


@pytest.mark.parametrize(
    ("memory", "name"),
    [
        (Memory(), "main"),
        (Memory((A, B)), "main"),
        (Memory((), {"main": Meaning(A, 0)}), "main"),
        (Memory((), {}, (), {"main": A}), "main"),
        (Memory((A,)), "v1"),
        (Memory((A,)), "ccccccc"),
        (Memory((A,)), "5f3a1b"),
    ],
)
def test_it_does_not_guess(memory, name):
    assert recall(memory, name) is None


def test_a_short_hash_that_fits_several_names_them():
    with pytest.raises(InvalidRevisionError) as caught:
        recall(Memory((A, B, C)), "5f3a1b2")

    assert str(caught.value) == (f"The revision '5f3a1b2' fits 2 commits: {A}, {B}; use one of these full hashes.")


# --- online ----------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(client, "TICK_SECONDS", 0.02)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with HubServer() as server:
        serve(server)
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        yield server


def main_of(server: HubServer) -> str:
    return server.repositories[REPOSITORY].names["main"]


def at(revision: str | None):
    return replace(CANARY, revision=revision)


def resolve(revision: str | None, models_dir: Path, **how: bool) -> hub.Resolved:
    return hub.resolve_revision(at(revision), models_dir, **how)


def test_every_kind_of_name_becomes_a_full_hash(server, tmp_path):
    main = main_of(server)
    tagged = serve(server, name="v1.0", commit=A)
    branch = serve(server, name="feature/long-audio", commit=C)

    found = {
        each: resolve(each, tmp_path) for each in (None, "main", "v1.0", "feature/long-audio", "5f3a1b2", "CCCCCCC")
    }

    assert {name: each.commit for name, each in found.items()} == {
        None: main,
        "main": main,
        "v1.0": tagged,
        "feature/long-audio": branch,
        "5f3a1b2": tagged,
        "CCCCCCC": branch,
    }
    assert not any(each.note for each in found.values())


@pytest.mark.parametrize("revision", [FULL, FULL.upper()])
def test_a_full_hash_asks_nobody(server, tmp_path, revision):
    assert resolve(revision, tmp_path) == hub.Resolved(FULL)
    assert not server.requests


def test_a_short_hash_is_found_in_the_list_of_commits_where_the_hub_does_not_know_it(server, tmp_path):
    tagged = serve(server, commit=A)
    server.repositories[REPOSITORY].short_hashes = False

    assert resolve("5f3a1b2", tmp_path).commit == tagged


def test_a_short_hash_of_several_commits_names_them(server, tmp_path):
    serve(server, commit=A)
    serve(server, commit=B)

    with pytest.raises(InvalidRevisionError, match=f"fits 2 commits: {B}, {A}; use one of these full hashes"):
        resolve("5f3a1b2", tmp_path)


def test_a_short_hash_of_no_commit_names_the_newest(server, tmp_path):
    with pytest.raises(RevisionNotFoundError) as caught:
        resolve("0123456", tmp_path)

    assert str(caught.value) == (
        f"{REPOSITORY} has no branch, tag or commit '0123456'. "
        f"Use main, one of {main_of(server)}, or the full hash from the model's commit page."
    )


def test_a_name_that_is_not_there_is_named(server, tmp_path):
    with pytest.raises(RevisionNotFoundError, match="has no branch, tag or commit 'nowhere'"):
        resolve("nowhere", tmp_path)


def test_main_is_asked_for_once_a_day_or_on_request(server, tmp_path, monkeypatch):
    hub.fetch_snapshot(CANARY, tmp_path)
    first = main_of(server)
    second = serve(server, commit=C)
    asked = len(server.requests)
    clock = time.time()

    same = [resolve(None, tmp_path).commit, resolve("main", tmp_path).commit]
    requests = len(server.requests) - asked
    refreshed = resolve(None, tmp_path, refresh=True).commit
    hub.fetch_snapshot(CANARY, tmp_path)
    third = serve(server, commit=A)
    monkeypatch.setattr(time, "time", lambda: clock + 86_500)
    tomorrow = resolve(None, tmp_path).commit

    assert (same, requests) == ([first, first], 0)
    assert (refreshed, tomorrow) == (second, third)


def test_a_clock_that_was_set_back_does_not_keep_main_for_years(server, tmp_path, monkeypatch):
    clock = time.time()
    monkeypatch.setattr(time, "time", lambda: clock + 1e8)
    hub.fetch_snapshot(CANARY, tmp_path)
    second = serve(server, commit=C)
    monkeypatch.setattr(time, "time", lambda: clock)

    assert resolve(None, tmp_path).commit == second


def test_what_a_short_hash_meant_is_never_asked_again(server, tmp_path, monkeypatch):
    serve(server, commit=A)
    hub.fetch_snapshot(at("5f3a1b2"), tmp_path)
    asked = len(server.requests)
    clock = time.time()
    monkeypatch.setattr(time, "time", lambda: clock + 1e8)

    assert resolve("5f3a1b2", tmp_path).commit == A
    assert len(server.requests) == asked


# --- offline ---------------------------------------------------------------------------------------------------------

OFFLINE = pytest.param({"offline": True}, None, id="by choice"), pytest.param({}, "1", id="by the environment")


@pytest.mark.parametrize(("how", "variable"), OFFLINE)
@pytest.mark.parametrize("revision", [None, "main"])
def test_main_stays_where_it_was_and_says_so(server, tmp_path, monkeypatch, revision, how, variable):
    hub.fetch_snapshot(CANARY, tmp_path)
    first, asked = main_of(server), len(server.requests)
    hub.fetch_snapshot(at(serve(server, name="other", commit=C)), tmp_path)
    asked = len(server.requests)
    if variable:
        monkeypatch.setenv("HF_HUB_OFFLINE", variable)

    found = resolve(revision, tmp_path, **how)

    today = time.strftime("%Y-%m-%d")
    assert found == hub.Resolved(first, f"Offline: using commit {first[:7]}, which was main on {today}.")
    assert len(server.requests) == asked


def test_the_only_version_on_the_machine_is_main_where_nobody_can_be_asked(server, tmp_path):
    hub.fetch_snapshot(CANARY, tmp_path)
    first = main_of(server)
    (tmp_path / CANARY.file / holdings.NAMES).unlink()

    found = resolve(None, tmp_path, offline=True)

    assert found == hub.Resolved(first, f"Offline: using commit {first[:7]}, the only one on this machine.")


def test_the_hugging_face_cache_knows_names_too(server, tmp_path):
    fill_cache(server, tmp_path / "cache", names={"main": main_of(server), "418c32c": main_of(server)})

    by_name = resolve(None, tmp_path, offline=True)
    by_start = resolve("418c32c", tmp_path, offline=True)

    assert by_name.commit == by_start.commit == main_of(server)
    assert by_name.note.endswith("which the Hugging Face cache holds as main.")


def test_an_unknown_name_offline_says_what_is_here(server, tmp_path):
    hub.fetch_snapshot(CANARY, tmp_path)

    with pytest.raises(HubUnreachableError) as caught:
        resolve("v9", tmp_path, offline=True)

    assert str(caught.value) == (
        f"{REPOSITORY} could not be fetched: this program was started offline. Start it without --offline, "
        f"or choose a version that is here: {main_of(server)}."
    )


@pytest.mark.parametrize("content", ["", "[]", "{", '{"main": 1}', '{"main": {"commit": "x", "asked_at": 0}}', "\0"])
def test_a_damaged_record_of_names_counts_as_none(tmp_path, content):
    home = tmp_path / CANARY.file
    home.mkdir()
    (home / holdings.NAMES).write_text(content, encoding="utf-8")

    assert holdings.meanings(home) == {}


def test_a_models_folder_that_nobody_may_write_to_is_good_enough(server, tmp_path):
    (tmp_path / CANARY.file).write_bytes(b"a file where the folder should be")

    assert resolve(None, tmp_path).commit == main_of(server)


# --- dead networks ---------------------------------------------------------------------------------------------------

TROUBLE = [
    (Refusal(401), RepositoryNotFoundError, r"it does not exist, is private.*\(HTTP 401\)"),
    (Refusal(403), RepositoryNotFoundError, "access is forbidden"),
    (Refusal(404), RepositoryNotFoundError, "there is nothing by this name"),
    (Refusal(429), HubUnreachableError, "asked too often"),
    (Refusal(500), HubUnreachableError, "in trouble"),
    (LoginPage(), HubUnreachableError, "login page"),
    (Cut(after_bytes=10), HubUnreachableError, "the connection to .* failed"),
    (Silence(), HubUnreachableError, "does not answer"),
]


@pytest.mark.parametrize(("fault", "error", "sentence"), TROUBLE)
def test_without_anything_here_each_trouble_is_one_sentence(server, tmp_path, monkeypatch, fault, error, sentence):
    monkeypatch.setattr(client, "ANSWER_SECONDS", 0.3)
    server.fail(fault, at="/api/", times=math.inf)

    with pytest.raises(error, match=sentence) as caught:
        resolve(None, tmp_path)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("fault", [fault for fault, _, _ in TROUBLE])
def test_with_a_complete_version_here_no_trouble_matters(server, tmp_path, monkeypatch, fault):
    monkeypatch.setattr(client, "ANSWER_SECONDS", 0.3)
    hub.fetch_snapshot(CANARY, tmp_path)
    server.fail(fault, at="/api/", times=math.inf)

    found = resolve(None, tmp_path, refresh=True)

    assert found.commit == main_of(server)
    assert found.note.startswith("The Hub did not ")


def test_waiting_for_the_hub_is_shown_and_can_be_cancelled(server, tmp_path):
    server.fail(Silence(), times=math.inf)

    def cancel(progress: Progress) -> None:
        assert progress == Progress("waiting", "canary")
        raise TranscriptionCancelledError(progress.subject)

    with pytest.raises(TranscriptionCancelledError):
        hub.resolve_revision(CANARY, tmp_path, cancel)


def test_the_user_hears_of_a_dead_network_within_fifteen_seconds():
    assert client.ANSWER_SECONDS + client.TICK_SECONDS < 15
