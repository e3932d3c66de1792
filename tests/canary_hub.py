"""Canary-Qwen as the Hub has it, at a tiny size: two repositories, and a Hugging Face cache of them."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from hub_server import LARGE_FILES, HubServer

from transcriber.catalogue import MODEL_CONFIGS

CANARY = MODEL_CONFIGS["canary"]
REPOSITORY = "nvidia/canary-qwen-2.5b"
LANGUAGE = "Qwen/Qwen3-1.7B"
BLOCK = 4096
CAN_LINK = os.name != "nt"
WEIGHTS = b"".join(hashlib.sha256(b"weights %d" % count).digest() for count in range(100 * BLOCK // 32))

CONFIG = json.dumps({"pretrained_llm": LANGUAGE, "prompt_format": "qwen", "lora": {"r": 128}}).encode()
MODEL_FILES = {
    ".gitattributes": b"*.safetensors filter=lfs",
    "README.md": b"A card.",
    "config.json": CONFIG,
    "model.safetensors": WEIGHTS,
}
SMALL_FILES = {
    "config.json": b'{"model_type": "qwen3"}',
    "tokenizer_config.json": b'{"eos_token": "<|im_end|>"}',
    "tokenizer.json": b'{"model": {"type": "BPE"}}' * 100,
    "vocab.json": b'{"a": 0, "b": 1}' * 100,
    "merges.txt": b"#version: 0.2\na b\n" * 100,
}
LANGUAGE_FILES = {
    **SMALL_FILES,
    "README.md": b"Another card.",
    "generation_config.json": b"{}",
    "model-00001-of-00002.safetensors": b"never" * 20_000,
    "model-00002-of-00002.safetensors": b"never again" * 20_000,
}


def serve(
    server: HubServer,
    *,
    name: str = "main",
    commit: str | None = None,
    changes: Mapping[str, bytes] | None = None,
) -> str:
    """A commit of the model, and the language model if it is not there yet; the hash of the commit."""
    if LANGUAGE not in server.repositories:
        server.commit(LANGUAGE, LANGUAGE_FILES)
    return server.commit(REPOSITORY, {**MODEL_FILES, **(changes or {})}, name=name, commit=commit)


def fill_cache(
    server: HubServer, folder: Path, *, names: Mapping[str, str] | None = None, links: bool = CAN_LINK
) -> None:
    """What NeMo's own loading leaves behind; without `links` as on Windows where nobody may make them."""
    main = server.repositories[REPOSITORY].names["main"]
    language = server.repositories[LANGUAGE].names["main"]
    wanted = {file: MODEL_FILES[file] for file in ("config.json", "model.safetensors")}
    _cache(folder, REPOSITORY, names or {"main": main}, wanted, links=links)
    _cache(folder, LANGUAGE, {"main": language}, SMALL_FILES, links=links)


def _cache(folder: Path, repository: str, names: Mapping[str, str], files: Mapping[str, bytes], *, links: bool) -> None:
    home = folder / f"models--{repository.replace('/', '--')}"
    for name, commit in names.items():
        _write(home / "refs" / name, commit.encode())
        for file, content in files.items():
            _keep(home, home / "snapshots" / commit / file, content, links=links)


def _keep(home: Path, path: Path, content: bytes, *, links: bool) -> None:
    if not links:
        _write(path, content)
        return
    blob = home / "blobs" / blob_name(path.name, content)
    _write(blob, content)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(Path("../../blobs") / blob.name)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def blob_name(file: str, content: bytes) -> str:
    """The ETag: what the library names blobs by."""
    if file.endswith(LARGE_FILES):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
