"""Models from the Hugging Face Hub: found, fetched, verified. The only home of huggingface_hub.

The library forgets what it has when the program ends, so the bytes are kept here: `<file>.part` with a record of
which bytes they are, checked against the Hub before going on. Sessions, headers, addresses and errors are the
library's own. Beside a finished file stays `<file>.json`, its `Origin`: it can be verified without network.
"""

import hashlib
import importlib.util
import json
import logging
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

from transcriber.catalogue import ModelSpec
from transcriber.errors import (
    CorruptModelError,
    FileInTheWayError,
    HubError,
    HubUnreachableError,
    IncompleteDownloadError,
    MissingDependencyError,
    MissingModelError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from transcriber.progress import OnProgress, Progress, Stage, ignore
from transcriber.storage import require_space, storage_errors, write_whole

if TYPE_CHECKING:
    import httpx2
    from filelock import BaseFileLock
    from huggingface_hub import ModelInfo
    from huggingface_hub.errors import HfHubHTTPError

log = logging.getLogger(__name__)

ANSWER_SECONDS = 12.0
"""The Hub must say what it has within this time, all told: the user hears of a dead network in under 15 s."""

SILENCE_SECONDS = 10.0
"""A download that brings nothing for so long is broken: huggingface_hub's own default (HF_HUB_DOWNLOAD_TIMEOUT)."""

RETRY_WAITS = (1.0, 2.0, 4.0, 8.0)
"""Seconds before each further attempt while no new byte comes; one more failure after the last is the end."""

RENAME_WAITS = (0.2, 0.5, 1.0, 2.0)
"""Seconds before each further attempt to give a finished file its name."""

BLOCK_BYTES = 256 * 1024
"""Received, written and reported at once: at 100 kB/s still every 3 s."""

HASH_BYTES = 4 * 1024 * 1024
TICK_SECONDS = 0.2
"""While waiting for others, how often the user may cancel."""

MEGABYTE = 1e6
TRUE_WORDS = {"1", "ON", "YES", "TRUE"}  # as huggingface_hub reads its environment
OFFLINE = "HF_HUB_OFFLINE is set. Unset it to download"
IMPOSTOR = "something else answered in the Hub's place, perhaps the login page of this network. Log in, then try again"

_Report = Callable[[Stage, int], None]


@dataclass(frozen=True, slots=True)
class Origin:
    """Which bytes of the Hub a file holds: `commit` is the full hash, `sha256` in lower-case hex.

    Raises:
        ValueError: the hashes are none.
    """

    repository: str
    file: str
    commit: str
    size_bytes: int
    sha256: str

    def __post_init__(self) -> None:
        hashes = re.fullmatch("[0-9a-f]{40}", self.commit) and re.fullmatch("[0-9a-f]{64}", self.sha256)
        if not hashes or self.size_bytes < 0:
            raise ValueError(f"no file of the Hub looks like this: {self}")


@dataclass(frozen=True, slots=True)
class Installed:
    """A model's file on this machine; `origin` is None where someone else put it there."""

    path: Path
    size_bytes: int
    origin: Origin | None

    @property
    def commit(self) -> str | None:
        """The full hash of the Hub's commit, where known."""
        return self.origin.commit if self.origin else None


def installed(spec: ModelSpec, models_dir: Path) -> Installed | None:
    """What is on this machine, at a glance: sizes are compared, bytes are not read. None where there is no file."""
    path = spec.path(models_dir)
    if not path.is_file():
        return None
    size_bytes = path.stat().st_size
    origin = _read_origin(path)
    return Installed(path, size_bytes, origin if origin and origin.size_bytes == size_bytes else None)


def check(spec: ModelSpec, models_dir: Path, on_progress: OnProgress = ignore) -> Installed:
    """Compare size and SHA-256 with what the Hub had said, without network.

    A file that was put there by hand has nothing to be compared with: its `origin` is None.

    Raises:
        MissingModelError: there is no file.
        CorruptModelError: it is not what was downloaded, or cannot be read.
    """
    path = spec.path(models_dir)
    found = installed(spec, models_dir)
    if found is None:
        raise MissingModelError(spec.name, str(path))
    origin = _read_origin(path)
    if origin is None:
        return found
    if found.origin is None:
        sizes = f"{found.size_bytes:,} bytes instead of {origin.size_bytes:,}"
        raise CorruptModelError(str(path), f"it has {sizes}")
    if _sha256(path, _reporter(spec.name, origin, on_progress)) != origin.sha256:
        raise CorruptModelError(str(path), "its bytes are not those that were downloaded (SHA-256 differs)")
    return found


def resolve(spec: ModelSpec, on_progress: OnProgress = ignore, *, offline: bool = False) -> Origin:
    """Ask the Hub which commit `spec.revision` is now, and what size and SHA-256 its file has there.

    Raises:
        HubError: no answer within `ANSWER_SECONDS`, a refusal, or nothing there by that name.
        MissingDependencyError: the Hub's client is not installed.
    """
    repository, file = _wanted(spec)
    _refuse_offline(repository, offline=offline)

    _require_client()

    def tick() -> None:
        on_progress(Progress("waiting", spec.name))

    return _in_time(repository, lambda: _ask(repository, file, spec.revision), tick)


def fetch(spec: ModelSpec, models_dir: Path, on_progress: OnProgress = ignore, *, offline: bool = False) -> Path:
    """Make sure that the model's file is in `models_dir`, whole and verified; where it then lies.

    Goes on with what an earlier call left, in this process or another. One that works on the same file is waited
    for. Progress comes in bytes; an exception from `on_progress` stops the download and keeps what came so far.

    Raises:
        HubUnreachableError, RepositoryNotFoundError, RevisionNotFoundError: the Hub gave nothing.
        IncompleteDownloadError: it gave too little, or the wrong bytes.
        DiskFullError, NotWritableError: the models folder.
        FileInTheWayError: a file of that name is there that is not the Hub's.
        MissingDependencyError: the Hub's client is not installed.
    """
    target = spec.path(models_dir)
    if _verified(spec, target, on_progress):
        return target
    repository, _ = _wanted(spec)
    _refuse_offline(repository, offline=offline)
    _require_client()
    with _alone(target, spec.name, on_progress):
        if not _verified(spec, target, on_progress):
            origin = resolve(spec, on_progress)
            _install(origin, target, _reporter(spec.name, origin, on_progress))
    return target


# --- the file on the disk --------------------------------------------------------------------------------------------


def _record_path(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def _read_origin(path: Path) -> Origin | None:
    """The record beside `path`; None where there is none, or nothing that makes sense."""
    try:
        return Origin(**json.loads(_record_path(path).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _write_origin(path: Path, origin: Origin) -> None:
    write_whole(_record_path(path), json.dumps(asdict(origin), indent=2).encode())


def _reporter(subject: str, origin: Origin, on_progress: OnProgress) -> _Report:
    def report(stage: Stage, done: int) -> None:
        on_progress(Progress(stage, subject, done, origin.size_bytes))

    return report


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _sha256(path: Path, report: _Report) -> str:
    """In lower-case hex.

    Raises:
        CorruptModelError: the disk does not give the bytes.
    """
    digest = hashlib.sha256()
    done = 0
    with _readable(path):
        file = path.open("rb")
    with file:
        while block := _read(file, path):
            digest.update(block)
            done += len(block)
            report("verifying", done)
    return digest.hexdigest()


def _read(file: BinaryIO, path: Path) -> bytes:
    with _readable(path):
        return file.read(HASH_BYTES)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CorruptModelError(str(path), f"it cannot be read ({error.strerror})") from error


def _verified(spec: ModelSpec, target: Path, on_progress: OnProgress) -> bool:
    """Whether the file is the one that its record says, and the record's commit the one wanted, if any is."""
    origin = _read_origin(target)
    if origin is None or spec.revision not in (None, "main", origin.commit):
        return False
    return _holds(target, origin, _reporter(spec.name, origin, on_progress))


def _holds(path: Path, origin: Origin, report: _Report) -> bool:
    return path.is_file() and _size(path) == origin.size_bytes and _sha256(path, report) == origin.sha256


@contextmanager
def _alone(target: Path, subject: str, on_progress: OnProgress) -> Iterator[None]:
    """Nobody else, in any process, works on `target` meanwhile."""
    from filelock import FileLock

    lock = FileLock(target.with_name(target.name + ".lock"))
    while not _acquired(lock, target.parent):
        on_progress(Progress("waiting", subject))
    try:
        yield
    finally:
        lock.release()


def _acquired(lock: "BaseFileLock", folder: Path) -> bool:
    from filelock import Timeout

    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=TICK_SECONDS)
        except Timeout:
            return False
    return True


def _install(origin: Origin, target: Path, report: _Report) -> None:
    """Download beside `target`, verify, rename.

    The record comes after the file: a model in use cannot be replaced on Windows, and keeps its own record then.
    """
    if _adopted(origin, target, report):
        return
    part = target.with_name(target.name + ".part")
    _prepare(part, origin)
    require_space(target.parent, origin.size_bytes - _size(part))
    _fill(part, origin, report)
    _require_right_bytes(part, origin, report)
    with storage_errors(target):
        _rename(part, target, report)
        _write_origin(target, origin)
        _record_path(part).unlink()
    log.info("installed %s from %s at %s", target.name, origin.repository, origin.commit)


def _rename(part: Path, target: Path, report: _Report) -> None:
    """Patiently: on Windows an antivirus or an indexer may hold a file that was written just now."""
    for pause in RENAME_WAITS:
        try:
            part.replace(target)
        except PermissionError:
            _pause(pause, lambda: report("waiting", _size(part)))
        else:
            return
    part.replace(target)


def _adopted(origin: Origin, target: Path, report: _Report) -> bool:
    """Whether the wanted bytes were there already: copied by hand, or another commit's that had the same.

    Raises:
        FileInTheWayError: somebody put another file there.
    """
    if _holds(target, origin, report):
        _write_origin(target, origin)
        return True
    if target.exists() and _read_origin(target) is None:
        raise FileInTheWayError(str(target), f"it did not come from this program and is not {origin.file} of the Hub")
    return False


def _prepare(part: Path, origin: Origin) -> None:
    """Leave an unfinished download only if it is one of these very bytes, of whatever commit."""
    begun = _read_origin(part)
    with storage_errors(part):
        if begun is None or begun.sha256 != origin.sha256 or _size(part) > origin.size_bytes:
            part.unlink(missing_ok=True)
        _write_origin(part, origin)


def _require_right_bytes(part: Path, origin: Origin, report: _Report) -> None:
    if _sha256(part, report) == origin.sha256:
        return
    with storage_errors(part):
        part.unlink()
        _record_path(part).unlink()
    reason = (
        "its bytes are not the Hub's (SHA-256 differs), so it was deleted. Try again, from another network if need be"
    )
    raise IncompleteDownloadError(part.name.removesuffix(".part"), reason)


# --- the bytes on the wire -------------------------------------------------------------------------------------------


def _fill(part: Path, origin: Origin, report: _Report) -> None:
    """Receive until the size is right, trying again after each break; only attempts that bring nothing are counted."""
    waits = iter(RETRY_WAITS)
    report("downloading", _size(part))
    while (before := _size(part)) < origin.size_bytes:
        try:
            _receive(part, origin, report)
        except HubUnreachableError as error:
            if _size(part) > before:
                waits = iter(RETRY_WAITS)
            pause = next(waits, None)
            if pause is None:
                raise _given_up(part, origin, error) from error
            log.info("%s; trying again in %.0f s", error, pause)
            _pause(pause, lambda: report("waiting", _size(part)))


def _given_up(part: Path, origin: Origin, error: HubUnreachableError) -> HubError:
    done = _size(part)
    if not done:
        return error
    amount = f"{done / MEGABYTE:,.1f} of {origin.size_bytes / MEGABYTE:,.1f} MB"
    return IncompleteDownloadError(
        part.name.removesuffix(".part"), f"{error.reason} ({amount} are here; the next try goes on from there)"
    )


def _pause(seconds: float, tick: Callable[[], None]) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        tick()
        time.sleep(min(TICK_SECONDS, left))


def _receive(part: Path, origin: Origin, report: _Report) -> None:
    """One request for what is missing.

    Raises:
        HubUnreachableError: it broke off; what came is in the file.
        HubError: the Hub refuses.
    """
    from huggingface_hub import get_session
    from huggingface_hub.utils import hf_raise_for_status

    have = _size(part)
    with (
        _hub_errors(origin.repository, origin.commit),
        get_session().stream("GET", _address(origin), headers=_headers(have), timeout=SILENCE_SECONDS) as response,
    ):
        hf_raise_for_status(response)
        blocks = _skip(response.iter_bytes(BLOCK_BYTES), have - _first_byte(response, origin, asked=have))
        _append(blocks, part, origin, report)
    if _size(part) < origin.size_bytes:
        raise HubUnreachableError(origin.repository, "the connection was closed too early")


def _skip(blocks: Iterator[bytes], count: int) -> Iterator[bytes]:
    """Drop the first `count` bytes; the blocks that held them come empty, so that progress is still reported."""
    for block in blocks:
        yield block[count:]
        count = max(0, count - len(block))


def _append(blocks: Iterator[bytes], part: Path, origin: Origin, report: _Report) -> None:
    with storage_errors(part):
        file = FileIO(part, "ab")  # unbuffered: a killed process loses nothing that came
    with file:
        done = _size(part)
        for block in blocks:
            wanted = block[: origin.size_bytes - done]
            with storage_errors(part):
                _write_all(file, wanted)
            done += len(wanted)
            report("downloading", done)
        with storage_errors(part):
            os.fsync(file.fileno())


def _write_all(file: FileIO, block: bytes) -> None:
    left = memoryview(block)
    while left:
        left = left[file.write(left) or 0 :]  # a disk that fills up first takes less, then raises


def _headers(start: int) -> dict[str, str]:
    """The library's headers (a token, if the user has one), and the range still missing."""
    from huggingface_hub.utils import build_hf_headers

    wanted = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    return {**build_hf_headers(), **wanted}


def _address(origin: Origin) -> str:
    from huggingface_hub import hf_hub_url

    return str(hf_hub_url(origin.repository, origin.file, revision=origin.commit, endpoint=_endpoint()))


def _first_byte(response: "httpx2.Response", origin: Origin, *, asked: int) -> int:
    """Where in the file the body begins: as asked, or at 0 where ranges are not served.

    Raises:
        HubUnreachableError: this is no part of the file.
    """
    headers = response.headers
    if response.status_code == 206:  # noqa: PLR2004 - Partial Content
        if headers.get("Content-Range") == f"bytes {asked}-{origin.size_bytes - 1}/{origin.size_bytes}":
            return asked
    elif headers.get("Content-Length") in (None, str(origin.size_bytes)) and "html" not in headers.get(
        "Content-Type", ""
    ):
        return 0
    raise HubUnreachableError(origin.repository, IMPOSTOR)


# --- the Hub ---------------------------------------------------------------------------------------------------------


def _wanted(spec: ModelSpec) -> tuple[str, str]:
    """Repository and file.

    Raises:
        RepositoryNotFoundError: the catalogue names none.
    """
    if spec.repository is None or spec.repository_file is None:
        raise RepositoryNotFoundError(spec.name, "the catalogue names no file of a repository for it")
    return spec.repository, spec.repository_file


def _endpoint() -> str:
    """Read when asked: the library reads it only once, when it is imported."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"


def _refuse_offline(repository: str, *, offline: bool) -> None:
    if offline:
        raise HubUnreachableError(repository, "this program was started offline. Start it without --offline")
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in TRUE_WORDS:
        raise HubUnreachableError(repository, OFFLINE)


def _require_client() -> None:
    for module in ("filelock", "httpx2", "huggingface_hub"):
        if importlib.util.find_spec(module) is None:
            raise MissingDependencyError(module, "python -m pip install -r requirements.txt")


def _ask(repository: str, file: str, revision: str | None) -> Origin:
    """What the Hub says of one file."""
    from huggingface_hub import HfApi, constants

    # Telemetry is on by default, and asks for one more address before the first request.
    constants.HF_HUB_DISABLE_TELEMETRY = True
    api = HfApi(endpoint=_endpoint())
    with _hub_errors(repository, revision):
        try:
            answer = api.model_info(repository, revision=revision, files_metadata=True, timeout=ANSWER_SECONDS)
            return _origin(answer, repository, file)
        except (KeyError, TypeError, ValueError) as error:  # no JSON, or not the Hub's
            raise HubUnreachableError(repository, IMPOSTOR) from error


def _origin(answer: "ModelInfo", repository: str, file: str) -> Origin:
    for sibling in answer.siblings or ():
        if sibling.rfilename == file and sibling.lfs:
            return Origin(repository, file, answer.sha or "", sibling.lfs.size, sibling.lfs.sha256.lower())
    raise RepositoryNotFoundError(repository, f"it has no {file} with a known SHA-256 at commit {answer.sha}")


def _in_time(repository: str, ask: Callable[[], Origin], tick: Callable[[], None]) -> Origin:
    """The answer, if it comes within `ANSWER_SECONDS`.

    The client's own time-outs do not bound it: they count per address of the host, per read, and not at all while
    a name is looked up. So the question is asked in a thread, which is left behind if need be.

    Raises:
        HubUnreachableError: it took too long.
    """
    answer: Future[Origin] = Future()
    threading.Thread(target=_answer, args=(answer, ask), daemon=True).start()
    end = time.monotonic() + ANSWER_SECONDS
    while not wait_for([answer], timeout=TICK_SECONDS).done:
        tick()
        if time.monotonic() > end:
            raise HubUnreachableError(repository, _no_answer())
    return answer.result()


def _answer(answer: Future[Origin], ask: Callable[[], Origin]) -> None:
    try:
        answer.set_result(ask())
    except BaseException as error:  # noqa: BLE001 - raised again where the answer is awaited
        answer.set_exception(error)


@contextmanager
def _hub_errors(repository: str, revision: str | None) -> Iterator[None]:
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


def _host() -> str:
    return urlsplit(_endpoint()).netloc or _endpoint()


def _no_answer() -> str:
    return f"{_host()} does not answer. Check the network (one with a login page, perhaps) and try again"


def _refusal(repository: str, revision: str | None, error: "HfHubHTTPError") -> HubError:
    """What a status of 400 or above means for the user."""
    from huggingface_hub import errors as foreign

    status = error.response.status_code
    if isinstance(error, foreign.RevisionNotFoundError):
        return RevisionNotFoundError(repository, revision or "main")
    if isinstance(error, foreign.GatedRepoError):
        page = f"{_endpoint()}/{repository}"
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
