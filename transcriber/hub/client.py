"""What the Hub says, in time and in our words. Sessions, headers and addresses are huggingface_hub's own."""

import importlib.util
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from transcriber.errors import (
    HubError,
    HubUnreachableError,
    MissingDependencyError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from transcriber.hub.origin import Origin

if TYPE_CHECKING:
    from huggingface_hub import HfApi, ModelInfo
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.hf_api import RepoSibling

Answer = TypeVar("Answer")
Tick = Callable[[], None]
"""Called while waiting; it may raise to give up."""

ANSWER_SECONDS = 12.0
"""The Hub must say what it has within this time, all told: the user hears of a dead network in under 15 s."""

TICK_SECONDS = 0.2
"""While waiting for others, how often the user may cancel."""

TRUE_WORDS = {"1", "ON", "YES", "TRUE"}  # as huggingface_hub reads its environment
OFFLINE = "HF_HUB_OFFLINE is set. Unset it to download"
IMPOSTOR = "something else answered in the Hub's place, perhaps the login page of this network. Log in, then try again"


@dataclass(frozen=True, slots=True)
class Described:
    """A commit of a repository, and the files it has, by their path there."""

    repository: str
    commit: str
    files: Mapping[str, Origin]


def describe(repository: str, revision: str | None, tick: Tick) -> Described:
    """Ask the Hub which commit `revision` is now (None: the newest), and what files it has.

    Raises:
        HubError: no answer within `ANSWER_SECONDS`, a refusal, or nothing there by that name.
    """
    return _in_time(repository, lambda: _ask(repository, revision), tick)


def newest_commits(repository: str, tick: Tick) -> tuple[str, ...]:
    """The full hashes of all commits of the main branch, newest first. Raises as `describe`."""
    return _in_time(repository, lambda: _list(repository), tick)


def endpoint() -> str:
    """Read when asked: the library reads it only once, when it is imported."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"


def is_offline(*, offline: bool) -> bool:
    """Whether the user wants no network: `offline`, or by the environment."""
    return offline or os.environ.get("HF_HUB_OFFLINE", "").upper() in TRUE_WORDS


def refuse_offline(repository: str, *, offline: bool) -> None:
    """Say so, if the user wants no network.

    Raises:
        HubUnreachableError: and what to do about it.
    """
    if offline:
        raise HubUnreachableError(repository, "this program was started offline. Start it without --offline")
    if is_offline(offline=offline):
        raise HubUnreachableError(repository, OFFLINE)


def require_client() -> None:
    """Make sure that the library and what it needs are installed.

    Raises:
        MissingDependencyError: they are not.
    """
    for module in ("filelock", "httpx2", "huggingface_hub"):
        if importlib.util.find_spec(module) is None:
            raise MissingDependencyError(module, "python -m pip install -r requirements.txt")


@contextmanager
def hub_errors(repository: str, revision: str | None) -> Iterator[None]:
    """Translate what the client raises.

    Raises:
        HubError: chained to the client's error.
    """
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    try:
        yield
    except HfHubHTTPError as error:
        raise _refusal(repository, revision, error) from error
    except OfflineModeIsEnabled as error:
        raise HubUnreachableError(repository, OFFLINE) from error
    except httpx2.TimeoutException as error:
        raise HubUnreachableError(repository, _no_answer()) from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        reason = f"the connection to {_host()} failed ({error}). Check the network and try again"
        raise HubUnreachableError(repository, reason) from error


def pause(seconds: float, tick: Tick) -> None:
    """Wait, and let the user give up meanwhile."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        tick()
        time.sleep(min(TICK_SECONDS, left))


# --- questions -------------------------------------------------------------------------------------------------------


def _api() -> "HfApi":
    from huggingface_hub import HfApi, constants

    # Telemetry is on by default, and asks for one more address before the first request.
    constants.HF_HUB_DISABLE_TELEMETRY = True
    return HfApi(endpoint=endpoint())


def _ask(repository: str, revision: str | None) -> Described:
    with hub_errors(repository, revision), _sensible_answer(repository):
        answer = _api().model_info(repository, revision=revision, files_metadata=True, timeout=ANSWER_SECONDS)
        return _described(repository, answer)


def _list(repository: str) -> tuple[str, ...]:
    with hub_errors(repository, None), _sensible_answer(repository):
        return tuple(commit.commit_id for commit in _api().list_repo_commits(repository))


@contextmanager
def _sensible_answer(repository: str) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:  # no JSON, or not the Hub's
        raise HubUnreachableError(repository, IMPOSTOR) from error


def _described(repository: str, answer: "ModelInfo") -> Described:
    commit = str(answer.sha)
    if len(commit) != 40:  # noqa: PLR2004 - a full hash
        raise ValueError(f"no commit: {commit}")
    siblings = answer.siblings or ()
    return Described(repository, commit, {each.rfilename: _origin(repository, commit, each) for each in siblings})


def _origin(repository: str, commit: str, sibling: "RepoSibling") -> Origin:
    if sibling.lfs:
        sha256 = sibling.lfs.sha256.lower()
        return Origin(repository, sibling.rfilename, commit, sibling.lfs.size, sha256=sha256)
    return Origin(repository, sibling.rfilename, commit, sibling.size or 0, blob_id=sibling.blob_id or "")


def _in_time(repository: str, ask: Callable[[], Answer], tick: Tick) -> Answer:
    """The answer, if it comes within `ANSWER_SECONDS`.

    The client's own time-outs do not bound it: they count per address of the host, per read, and not at all while
    a name is looked up. So the question is asked in a thread, which is left behind if need be.

    Raises:
        HubUnreachableError: it took too long.
    """
    answer: Future[Answer] = Future()
    threading.Thread(target=_answer, args=(answer, ask), daemon=True).start()
    end = time.monotonic() + ANSWER_SECONDS
    while not wait_for([answer], timeout=TICK_SECONDS).done:
        tick()
        if time.monotonic() > end:
            raise HubUnreachableError(repository, _no_answer())
    return answer.result()


def _answer(answer: Future[Answer], ask: Callable[[], Answer]) -> None:
    try:
        answer.set_result(ask())
    except BaseException as error:  # noqa: BLE001 - raised again where the answer is awaited
        answer.set_exception(error)


# --- refusals --------------------------------------------------------------------------------------------------------


def _host() -> str:
    return urlsplit(endpoint()).netloc or endpoint()


def _no_answer() -> str:
    return f"{_host()} does not answer. Check the network (one with a login page, perhaps) and try again"


def _refusal(repository: str, revision: str | None, error: "HfHubHTTPError") -> HubError:
    """What a status of 400 or above means for the user."""
    from huggingface_hub import errors as foreign

    status = error.response.status_code
    if isinstance(error, foreign.RevisionNotFoundError):
        return RevisionNotFoundError(repository, revision or "main")
    if isinstance(error, foreign.GatedRepoError):
        page = f"{endpoint()}/{repository}"
        return RepositoryNotFoundError(repository, f"it is gated. Accept its terms on {page}, then run: hf auth login")
    if isinstance(error, foreign.RemoteEntryNotFoundError):
        return RepositoryNotFoundError(repository, f"the file is not there at commit {revision} (HTTP {status})")
    if status in _REFUSALS:
        return RepositoryNotFoundError(repository, f"{_REFUSALS[status]} (HTTP {status})")
    return HubUnreachableError(repository, _trouble(error))


_REFUSALS = {
    401: "it does not exist, is private, or the token stored on this machine is no longer valid. "
    "Check the name, then run: hf auth login, or hf auth logout",
    403: "access is forbidden, by the repository or by a proxy on the way. Run: hf auth login",
    404: "there is nothing by this name",
}


def _trouble(error: "HfHubHTTPError") -> str:
    status = error.response.status_code
    if status == 429:  # noqa: PLR2004 - Too Many Requests
        seconds = error.response.headers.get("Retry-After", "")
        when = f"in {seconds} s" if seconds.isdigit() else "in a few minutes"
        return f"the Hub is asked too often from this network (HTTP 429). Try again {when}"
    return f"the Hub is in trouble (HTTP {status}). Try again later"
