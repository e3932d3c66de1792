"""A Hugging Face Hub on this machine: repositories in memory, the real protocol, and faults on demand.

It speaks what `huggingface_hub`'s own client asks for: the model API with branches, tags, commits and short hashes,
the list of commits, HEAD and GET of `resolve`, the redirect of large files to a second host, ranges, ETags, LFS
hashes and error codes. Every request is kept in `requests`, and counted by `counts`.

    with HubServer() as hub:
        commit = hub.commit("nvidia/tiny", {"tiny.nemo": content})
        hub.fail(Cut(after_bytes=1000), at="/cdn/")
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
"""

import hashlib
import json
import re
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

LARGE_FILES = (".nemo", ".safetensors", ".ckpt", ".bin", "tokenizer.json")
"""Name endings that the Hub keeps in LFS, with a SHA-256 in its API and on another host."""


# --- what goes wrong -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Refusal:
    """Another status instead of the answer."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoginPage:
    """The answer of a captive network: a page, with status 200; `sized` is whether it tells its length."""

    sized: bool = True


@dataclass(frozen=True, slots=True)
class Silence:
    """The connection is accepted, the request read, and nothing ever said."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection closes after this many bytes of the body."""

    after_bytes: int


@dataclass(frozen=True, slots=True)
class Stall:
    """The body stops after this many bytes, the connection stays open."""

    after_bytes: int


@dataclass(frozen=True, slots=True)
class WrongBytes:
    """The right number of bytes, one of them wrong."""


@dataclass(frozen=True, slots=True)
class NoRanges:
    """A host that always sends the file from its start."""


Fault = Refusal | LoginPage | Silence | Cut | Stall | WrongBytes | NoRanges


@dataclass(slots=True)
class _Planned:
    fault: Fault
    at: str
    times: float


# --- what is asked and answered --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in; `path` without its query."""

    host: str
    method: str
    path: str
    headers: Message

    @property
    def first_byte(self) -> int | None:
        """Where the asked range starts, None without a range."""
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        return int(found[1]) if found else None


@dataclass(frozen=True, slots=True)
class Reply:
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    sized: bool = True


def _error(status: int, code: str, message: str) -> Reply:
    headers = {"X-Error-Message": message} | ({"X-Error-Code": code} if code else {})
    return Reply(status, headers, json.dumps({"error": message}).encode())


# --- what is kept ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Repository:
    """Commits by full hash, oldest first, and the names (branches and tags) that point at them.

    The Hub's documentation promises nothing of short hashes; `short_hashes` is whether this one resolves them.
    """

    gated: bool = False
    short_hashes: bool = True
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def find(self, revision: str) -> str | None:
        return self.names.get(revision) or (revision if revision in self.commits else self._by_start(revision))

    def _by_start(self, revision: str) -> str | None:
        """As git does it: four digits at least, and only one commit that starts so."""
        if not self.short_hashes or not re.fullmatch("[0-9a-f]{4,39}", revision):
            return None
        found = [commit for commit in self.commits if commit.startswith(revision)]
        return found[0] if len(found) == 1 else None


class HubServer:
    """The Hub at `endpoint`, and the host of its large files beside it."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.requests: list[Request] = []
        self.closing = threading.Event()
        self._planned: list[_Planned] = []
        self._lock = threading.Lock()
        self._listeners = {name: _Listener(self, name) for name in ("hub", "cdn")}

    @property
    def endpoint(self) -> str:
        return self._listeners["hub"].url

    @property
    def counts(self) -> Counter[tuple[str, str]]:
        """How often each path was asked for, and by which method."""
        return Counter((request.method, request.path) for request in self.requests)

    def commit(
        self,
        repository: str,
        files: Mapping[str, bytes],
        *,
        name: str = "main",
        gated: bool = False,
        commit: str | None = None,
    ) -> str:
        """A new commit with exactly these files, which branch or tag `name` now points at; its hash, or that given."""
        home = self.repositories.setdefault(repository, Repository())
        content = "".join(f"{path}{hashlib.sha256(files[path]).hexdigest()}" for path in sorted(files))
        commit = commit or hashlib.sha1(f"{len(home.commits)}{content}".encode()).hexdigest()
        home.commits[commit], home.names[name], home.gated = dict(files), commit, gated
        return commit

    def fail(self, fault: Fault, *, at: str = "/", times: float = 1) -> None:
        """Answer the next `times` requests whose path holds `at` with `fault`."""
        with self._lock:
            self._planned.append(_Planned(fault, at, times))

    def heal(self) -> None:
        """Forget every fault that is still planned."""
        with self._lock:
            self._planned.clear()

    def asked(self, part_of_path: str) -> list[Request]:
        """The requests so far whose path holds this."""
        return [request for request in self.requests if part_of_path in request.path]

    def next_fault(self, request: Request) -> Fault | None:
        """Note the request; the fault planned for it, if any."""
        with self._lock:
            self.requests.append(request)
            for planned in self._planned:
                if planned.times > 0 and planned.at in request.path:
                    planned.times -= 1
                    return planned.fault
        return None

    def answer(self, request: Request) -> Reply:
        """What a healthy Hub replies."""
        if found := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/([^/]+))?", request.path):
            return self._describe(request, found[1], unquote(found[2] or "main"))
        if found := re.fullmatch(r"/api/models/([^/]+/[^/]+)/commits/([^/]+)", request.path):
            return self._list_commits(request, found[1], unquote(found[2]))
        if found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", request.path):
            return self._resolve(request, found[1], unquote(found[2]), unquote(found[3]))
        if found := re.fullmatch(r"/cdn/([0-9a-f]{64})", request.path):
            return _ranged(request, self._large_file(found[1]), found[1])
        return _error(404, "", "Not Found")

    def _describe(self, request: Request, repository: str, revision: str) -> Reply:
        home = self.repositories.get(repository)
        if home is None:
            return _no_repository(request)
        commit = home.find(revision)
        if commit is None:
            return _error(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        siblings = [_sibling(path, content) for path, content in home.commits[commit].items()]
        answer = {"id": repository, "modelId": repository, "sha": commit, "private": False, "siblings": siblings}
        return Reply(headers={"Content-Type": "application/json"}, body=json.dumps(answer).encode())

    def _list_commits(self, request: Request, repository: str, revision: str) -> Reply:
        """The newest first; all of them, as if every one were an ancestor of the newest."""
        home = self.repositories.get(repository)
        if home is None:
            return _no_repository(request)
        if home.find(revision) is None:
            return _error(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        listed = [_listed(commit) for commit in reversed(home.commits)]
        return Reply(headers={"Content-Type": "application/json"}, body=json.dumps(listed).encode())

    def _resolve(self, request: Request, repository: str, revision: str, path: str) -> Reply:
        home = self.repositories.get(repository)
        if home is None:
            return _no_repository(request)
        if home.gated:
            status = 403 if request.headers.get("Authorization") else 401
            return _error(status, "GatedRepo", f"Access to model {repository} is restricted.")
        commit = home.find(revision)
        if commit is None:
            return _error(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        if path not in home.commits[commit]:
            return _error(404, "EntryNotFound", "Entry not found")
        return self._hand_out(request, commit, path, home.commits[commit][path])

    def _hand_out(self, request: Request, commit: str, path: str, content: bytes) -> Reply:
        if not path.endswith(LARGE_FILES):
            reply = _ranged(request, content, _blob_id(content))
            return replace(reply, headers={**reply.headers, "X-Repo-Commit": commit})
        sha256 = hashlib.sha256(content).hexdigest()
        location = f"{self._listeners['cdn'].url}/cdn/{sha256}"
        linked = {"X-Linked-Size": str(len(content)), "X-Linked-ETag": f'"{sha256}"'}
        return Reply(302, {"Location": location, "X-Repo-Commit": commit, **linked})

    def _large_file(self, sha256: str) -> bytes:
        every = (
            content
            for home in self.repositories.values()
            for files in home.commits.values()
            for content in files.values()
        )
        return next(content for content in every if hashlib.sha256(content).hexdigest() == sha256)

    def close(self) -> None:
        """Stop listening and let go of every connection that was kept waiting."""
        self.closing.set()
        for listener in self._listeners.values():
            listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _no_repository(request: Request) -> Reply:
    """The Hub tells only those who are logged in that a repository does not exist."""
    if request.headers.get("Authorization"):
        return _error(404, "RepoNotFound", "Repository not found")
    return _error(401, "", "Invalid username or password.")


def _blob_id(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _listed(commit: str) -> dict[str, object]:
    author = {"user": "somebody"}
    return {"id": commit, "title": "A change", "message": "", "authors": [author], "date": "2025-07-17T12:00:00.000Z"}


def _sibling(path: str, content: bytes) -> dict[str, object]:
    entry: dict[str, object] = {"rfilename": path, "size": len(content), "blobId": _blob_id(content)}
    if path.endswith(LARGE_FILES):
        sha256 = hashlib.sha256(content).hexdigest()
        entry["lfs"] = {"sha256": sha256, "size": len(content), "pointerSize": 134}
    return entry


def _ranged(request: Request, content: bytes, etag: str) -> Reply:
    headers = {"ETag": f'"{etag}"', "Accept-Ranges": "bytes"}
    start = request.first_byte
    if start is None:
        return Reply(200, headers, content)
    if start >= len(content):
        return Reply(416, headers | {"Content-Range": f"bytes */{len(content)}"})
    return Reply(206, headers | {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}, content[start:])


# --- the wire --------------------------------------------------------------------------------------------------------


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, hub: HubServer, host: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hub, self.host = hub, host
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up, or are killed, are what this server is for."""

    def close(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Listener

    def do_GET(self) -> None:
        hub = self.server.hub
        request = Request(self.server.host, self.command, urlsplit(self.path).path, self.headers)
        fault = hub.next_fault(request)
        if isinstance(fault, NoRanges):
            del request.headers["Range"]
        self._reply(hub, fault, hub.answer(request))

    do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

    def _reply(self, hub: HubServer, fault: Fault | None, reply: Reply) -> None:
        match fault:
            case Silence():
                hub.closing.wait()
            case Refusal(status, headers):
                self._send(replace(_error(status, "", "No."), headers=headers))
            case LoginPage(sized):
                page = b"<html>Welcome to the hotel</html>"
                self._send(Reply(200, {"Content-Type": "text/html"}, page, sized))
            case WrongBytes():
                self._send(replace(reply, body=bytes([reply.body[0] ^ 1]) + reply.body[1:]))
            case Cut(after_bytes):
                self._send(reply, reply.body[:after_bytes])
            case Stall(after_bytes):
                self._send(reply, reply.body[:after_bytes])
                hub.closing.wait()
            case _:
                self._send(reply)

    def _send(self, reply: Reply, body: bytes | None = None) -> None:
        """Announce the whole reply, and send `body` of it."""
        self.close_connection = True
        self.send_response(reply.status)
        length = {"Content-Length": str(len(reply.body))} if reply.sized else {}
        for name, value in {**reply.headers, **length, "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body if body is None else body)

    def log_message(self, format: str, *args: Sequence[object]) -> None:  # noqa: A002 - the base class's name
        """Quiet: `HubServer.requests` keeps everything."""
