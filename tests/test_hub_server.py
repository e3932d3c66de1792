"""The instrument itself: the real client must find in it what it finds on the Hub."""

import json
from collections.abc import Iterator

import httpx2
import pytest
from hub_server import Cut, HubServer, LoginPage, NoRanges, Refusal, Silence, Stall, WrongBytes
from huggingface_hub import HfApi, get_session, hf_hub_url
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.file_download import get_hf_file_metadata

CONTENT = bytes(range(256)) * 40
BLOB_ID = "1131f91baa5e2a262f8585281e2713a7c00693de"  # git hash-object
REPOSITORY = "nvidia/tiny"


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as hub:
        hub.commit(REPOSITORY, {"tiny.nemo": CONTENT, "README.md": b"A card."})
        yield hub


@pytest.fixture
def api(hub: HubServer) -> HfApi:
    return HfApi(endpoint=hub.endpoint, token=False)


def address(hub: HubServer, file: str = "tiny.nemo", revision: str = "main") -> str:
    return hf_hub_url(REPOSITORY, file, revision=revision, endpoint=hub.endpoint)


def test_the_api_tells_commit_sizes_and_the_hash_of_large_files(hub, api):
    commit = hub.repositories[REPOSITORY].names["main"]

    found = api.model_info(REPOSITORY, files_metadata=True, timeout=5)

    files = {sibling.rfilename: sibling for sibling in found.siblings}
    assert found.sha == commit
    assert files["tiny.nemo"].lfs.size == files["tiny.nemo"].size == len(CONTENT)
    assert len(files["tiny.nemo"].lfs.sha256) == 64
    assert files["README.md"].lfs is None
    assert files["README.md"].blob_id == BLOB_ID


def test_branches_tags_and_full_hashes_lead_to_their_commit(hub, api):
    first = hub.repositories[REPOSITORY].names["main"]
    second = hub.commit(REPOSITORY, {"tiny.nemo": b"newer"}, name="next/try")

    found = [api.model_info(REPOSITORY, revision=revision).sha for revision in ("main", first, "next/try", second)]

    assert found == [first, first, second, second]


def test_a_short_hash_is_resolved_while_one_commit_starts_so_and_the_hub_wants_to(hub, api):
    first = hub.commit(REPOSITORY, {}, commit="5f3a1b2" + 33 * "0")

    assert api.model_info(REPOSITORY, revision="5f3a1b2").sha == first

    hub.commit(REPOSITORY, {}, commit="5f3a1b2" + 33 * "1")
    with pytest.raises(RevisionNotFoundError):
        api.model_info(REPOSITORY, revision="5f3a1b2")
    assert api.model_info(REPOSITORY, revision="5f3a1b20").sha == first
    hub.repositories[REPOSITORY].short_hashes = False
    with pytest.raises(RevisionNotFoundError):
        api.model_info(REPOSITORY, revision="5f3a1b20")


def test_commits_are_listed_newest_first(hub, api):
    first = hub.repositories[REPOSITORY].names["main"]
    second = hub.commit(REPOSITORY, {"tiny.nemo": b"newer"})

    assert [each.commit_id for each in api.list_repo_commits(REPOSITORY)] == [second, first]


def test_every_request_is_counted(hub, api):
    for _ in range(2):
        api.model_info(REPOSITORY)

    assert hub.counts == {("GET", f"/api/models/{REPOSITORY}"): 2}


def test_what_is_not_there_is_refused_as_the_hub_refuses_it(hub, api):
    with pytest.raises(HfHubHTTPError, match="401"):
        api.model_info("nvidia/nothing")
    with pytest.raises(RepositoryNotFoundError):
        HfApi(endpoint=hub.endpoint, token="hf_someone").model_info("nvidia/nothing")
    with pytest.raises(RevisionNotFoundError):
        api.model_info(REPOSITORY, revision="nowhere")
    with pytest.raises(RemoteEntryNotFoundError):
        get_hf_file_metadata(address(hub, "other.nemo"), token=False, timeout=5)


def test_a_gated_repository_is_described_but_not_handed_out(hub, api):
    hub.commit(REPOSITORY, {"tiny.nemo": CONTENT}, gated=True)

    api.model_info(REPOSITORY)

    with pytest.raises(GatedRepoError):
        get_hf_file_metadata(address(hub), token=False, timeout=5)


def test_large_files_come_from_another_host_which_sees_no_token(hub):
    metadata = get_hf_file_metadata(address(hub), token=False, timeout=5)
    got = get_session().get(address(hub), headers={"Authorization": "Bearer hf_secret"}, timeout=5)

    assert metadata.size == len(CONTENT)
    assert metadata.commit_hash == hub.repositories[REPOSITORY].names["main"]
    assert got.content == CONTENT
    assert [request.host for request in hub.requests] == ["hub", "hub", "cdn"]
    assert "Authorization" not in hub.requests[-1].headers


def test_ranges_are_served_and_noted(hub):
    got = get_session().get(address(hub), headers={"Range": "bytes=100-"}, timeout=5)
    past = get_session().get(address(hub), headers={"Range": f"bytes={len(CONTENT)}-"}, timeout=5)

    assert (got.status_code, got.content) == (206, CONTENT[100:])
    assert got.headers["Content-Range"] == f"bytes 100-{len(CONTENT) - 1}/{len(CONTENT)}"
    assert past.status_code == 416
    assert [request.first_byte for request in hub.asked("/cdn/")] == [100, len(CONTENT)]


def test_small_files_come_straight_with_the_commit_in_the_header(hub):
    got = get_session().get(address(hub, "README.md"), timeout=5)

    assert got.content == b"A card."
    assert got.headers["X-Repo-Commit"] == hub.repositories[REPOSITORY].names["main"]


def test_faults_come_as_often_as_planned_and_only_where_planned(hub, api):
    hub.fail(Refusal(503), at="/api/", times=2)

    for _ in range(2):
        with pytest.raises(HfHubHTTPError, match="503"):
            api.model_info(REPOSITORY)

    assert api.model_info(REPOSITORY).sha
    assert len(hub.asked("/api/")) == 3


@pytest.mark.parametrize("fault", [Cut(after_bytes=50), Stall(after_bytes=50)])
def test_a_broken_body_ends_after_so_many_bytes(hub, fault):
    hub.fail(fault, at="/cdn/")
    got = bytearray()

    with (
        pytest.raises((httpx2.RemoteProtocolError, httpx2.ReadTimeout)),
        get_session().stream("GET", address(hub), timeout=0.3) as response,
    ):
        for block in response.iter_bytes():
            got += block

    assert got == CONTENT[:50]


def test_silence_is_silence(hub, api):
    hub.fail(Silence())

    with pytest.raises(httpx2.ReadTimeout):
        api.model_info(REPOSITORY, timeout=0.3)


def test_impostors_lie_in_their_own_ways(hub, api):
    hub.fail(LoginPage(), at="/api/")
    hub.fail(WrongBytes(), at="/cdn/")
    hub.fail(NoRanges(), at="/cdn/")

    with pytest.raises(json.JSONDecodeError):
        api.model_info(REPOSITORY)
    wrong = get_session().get(address(hub), timeout=5).content
    whole = get_session().get(address(hub), headers={"Range": "bytes=100-"}, timeout=5)

    assert len(wrong) == len(CONTENT)
    assert wrong != CONTENT
    assert (whole.status_code, whole.content) == (200, CONTENT)
