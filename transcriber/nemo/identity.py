"""What tells one model's weights from any other's, without reading gigabytes, wherever they were copied to."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from transcriber.nemo import archive

_EDGE_BYTES = 1 << 20
"""Read at both ends of a file. The end of torch's files has the checksum of every tensor, as has that of a gzip."""

Span = tuple[int, int]


def of_archive(path: Path) -> str:
    """32 hexadecimal digits, from the table of contents and both ends of every member; of the whole if compressed.

    Raises:
        ModelError: it is no archive of a model.
    """
    if archive.is_compressed(path):
        return of_file(path)
    members = archive.read(path).members
    table = "\n".join(f"{member.name} {member.size}" for member in members)
    return _digest(path, table, [(member.offset, member.size) for member in members])


def of_file(path: Path) -> str:
    """32 hexadecimal digits, from the size and both ends of the file."""
    size = path.stat().st_size
    return _digest(path, str(size), [(0, size)])


def _digest(path: Path, table: str, spans: Iterable[Span]) -> str:
    """Of the table and of both ends of each (offset, size)."""
    digest = hashlib.sha256(table.encode("utf-8", errors="surrogateescape"))
    with path.open("rb") as file:
        for offset, size in spans:
            for start in (offset, max(offset, offset + size - _EDGE_BYTES)):
                file.seek(start)
                digest.update(file.read(min(_EDGE_BYTES, offset + size - start)))
    return digest.hexdigest()[:32]
