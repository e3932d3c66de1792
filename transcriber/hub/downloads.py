"""Files of the Hub, brought whole: gone on with after any break, verified, renamed at the end.

The library forgets what it has when the program ends, so the bytes are kept here: `<file>.part` with a record of
which bytes they are, checked against the Hub before going on.
"""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING

from transcriber.errors import HubError, HubUnreachableError, IncompleteDownloadError, NotWritableError
from transcriber.hub import client
from transcriber.hub.origin import Origin, Report, has_hash, read_origin, record_path, size_of, write_origin
from transcriber.storage import require_space, storage_errors

if TYPE_CHECKING:
    import httpx2
    from filelock import BaseFileLock

log = logging.getLogger(__name__)

SILENCE_SECONDS = 10.0
"""A download that brings nothing for so long is broken: huggingface_hub's own default (HF_HUB_DOWNLOAD_TIMEOUT)."""

RETRY_WAITS = (1.0, 2.0, 4.0, 8.0)
"""Seconds before each further attempt while no new byte comes; one more failure after the last is the end."""

RENAME_WAITS = (0.2, 0.5, 1.0, 2.0)
"""Seconds before each further attempt to rename, replace or delete a file."""

BLOCK_BYTES = 256 * 1024
"""Received, written and reported at once: at 100 kB/s still every 3 s."""

MEGABYTE = 1e6


def bring(origin: Origin, part: Path, report: Report) -> None:
    """Make `part` hold these bytes, whole and verified; go on with what is there already.

    Raises:
        HubError: the Hub gave nothing, too little, or the wrong bytes.
        StorageError: `part` cannot be written, or there is no room for it.
    """
    with storage_errors(part):
        patiently(lambda: _prepare(part, origin), lambda: report("waiting", 0))
    require_space(part.parent, origin.size_bytes - size_of(part))
    _fill(part, origin, report)
    _require_right_bytes(part, origin, report)


def copy(source: Path, part: Path, origin: Origin, report: Report) -> None:
    """Make `part` hold what `source` does: as another name of the same bytes where the disk can do that.

    Raises:
        StorageError: `part` cannot be written, or there is no room for it.
    """
    with storage_errors(part):
        patiently(lambda: part.unlink(missing_ok=True), lambda: report("waiting", 0))
        try:
            part.hardlink_to(source)
        except OSError:  # another disk, or one without hard links
            require_space(part.parent, origin.size_bytes)
            with source.open("rb") as file:
                _append(iter(lambda: file.read(BLOCK_BYTES), b""), part, origin, report)


def put(part: Path, target: Path, report: Report) -> None:
    """Give the finished file its name.

    Raises:
        NotWritableError: it cannot have it; `part` stays.
    """
    with storage_errors(target):
        patiently(lambda: part.replace(target), lambda: report("waiting", size_of(part)))


def remove(part: Path) -> None:
    """Forget an unfinished download. One that cannot be deleted now is overwritten by the next."""
    for path in (part, record_path(part)):
        with suppress(PermissionError):
            path.unlink(missing_ok=True)


def patiently(act: Callable[[], object], tick: client.Tick) -> None:
    """Do it, and again if need be: on Windows an antivirus or an indexer may hold a file that was written just now."""
    for seconds in RENAME_WAITS:
        try:
            act()
        except (PermissionError, NotWritableError):
            client.pause(seconds, tick)
        else:
            return
    act()


@contextmanager
def alone(target: Path, tick: client.Tick) -> Iterator[None]:
    """Nobody else, in any process, works on `target` meanwhile; one who does is waited for.

    Raises:
        NotWritableError: there can be no lock beside it.
    """
    from filelock import FileLock

    lock = FileLock(target.with_name(target.name + ".lock"))
    while not _acquired(lock, target.parent):
        tick()
    try:
        yield
    finally:
        lock.release()


def _acquired(lock: "BaseFileLock", folder: Path) -> bool:
    from filelock import Timeout

    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=client.TICK_SECONDS)
        except Timeout:
            return False
    return True


# --- the file on the disk --------------------------------------------------------------------------------------------


def _prepare(part: Path, origin: Origin) -> None:
    """Leave an unfinished download only if it is one of these very bytes, of whatever commit."""
    begun = read_origin(part)
    if begun is None or begun.hash != origin.hash or size_of(part) > origin.size_bytes:
        part.unlink(missing_ok=True)
    write_origin(part, origin)
    part.touch()


def _require_right_bytes(part: Path, origin: Origin, report: Report) -> None:
    if has_hash(part, origin, report):
        return
    with storage_errors(part):
        remove(part)
    reason = (
        f"its bytes are not the Hub's ({origin.hash_name} differs), so it was deleted. "
        "Try again, from another network if need be"
    )
    raise IncompleteDownloadError(part.name.removesuffix(".part"), reason)


# --- the bytes on the wire -------------------------------------------------------------------------------------------


def _fill(part: Path, origin: Origin, report: Report) -> None:
    """Receive until the size is right, trying again after each break; only attempts that bring nothing are counted."""
    waits = iter(RETRY_WAITS)
    report("downloading", size_of(part))
    while (before := size_of(part)) < origin.size_bytes:
        try:
            _receive(part, origin, report)
        except HubUnreachableError as error:
            if size_of(part) > before:
                waits = iter(RETRY_WAITS)
            seconds = next(waits, None)
            if seconds is None:
                raise _given_up(part, origin, error) from error
            log.info("%s; trying again in %.0f s", error, seconds)
            client.pause(seconds, lambda: report("waiting", size_of(part)))


def _given_up(part: Path, origin: Origin, error: HubUnreachableError) -> HubError:
    done = size_of(part)
    if not done:
        return error
    amount = f"{done / MEGABYTE:,.1f} of {origin.size_bytes / MEGABYTE:,.1f} MB"
    return IncompleteDownloadError(
        part.name.removesuffix(".part"), f"{error.reason} ({amount} are here; the next try goes on from there)"
    )


def _receive(part: Path, origin: Origin, report: Report) -> None:
    """One request for what is missing.

    Raises:
        HubUnreachableError: it broke off; what came is in the file.
        HubError: the Hub refuses.
    """
    from huggingface_hub import get_session
    from huggingface_hub.utils import hf_raise_for_status

    have = size_of(part)
    with (
        client.hub_errors(origin.repository, origin.commit),
        get_session().stream("GET", _address(origin), headers=_headers(have), timeout=SILENCE_SECONDS) as response,
    ):
        hf_raise_for_status(response)
        blocks = _skip(response.iter_bytes(BLOCK_BYTES), have - _first_byte(response, origin, asked=have))
        _append(blocks, part, origin, report)
    if size_of(part) < origin.size_bytes:
        raise HubUnreachableError(origin.repository, "the connection was closed too early")


def _skip(blocks: Iterator[bytes], count: int) -> Iterator[bytes]:
    """Drop the first `count` bytes; the blocks that held them come empty, so that progress is still reported."""
    for block in blocks:
        yield block[count:]
        count = max(0, count - len(block))


def _append(blocks: Iterator[bytes], part: Path, origin: Origin, report: Report) -> None:
    with storage_errors(part):
        file = FileIO(part, "ab")  # unbuffered: a killed process loses nothing that came
    with file:
        done = size_of(part)
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

    return str(hf_hub_url(origin.repository, origin.file, revision=origin.commit, endpoint=client.endpoint()))


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
    raise HubUnreachableError(origin.repository, client.IMPOSTOR)
