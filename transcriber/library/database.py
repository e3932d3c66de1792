"""The file: how it is opened, what is in it, and what becomes of one that cannot be read.

The rule of its versions: a change of tables, or a new kind of edit, is one more
script at the end of MIGRATIONS, which never changes afterwards. A file of an
older version is brought up to date when it is opened, in one transaction; one
of a newer version is left alone.
"""

import sqlite3
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path

from transcriber.errors import (
    DamagedLibraryError,
    DiskFullError,
    LibrarySetAsideWarning,
    NewerLibraryError,
    NotWritableError,
    StorageError,
)
from transcriber.storage import free_bytes, patiently, storage_errors, system_path

APPLICATION = 0x5472554C
"""Stands in the file's header: "TrUL". Another program's file is none of ours."""

PATIENCE_SECONDS = 10.0
"""A change takes milliseconds; whoever keeps the file for so long hangs."""

SETTINGS = ("synchronous = FULL", "secure_delete = ON", "temp_store = MEMORY")
"""Every commit is on the disk when it returns, what is deleted is overwritten, and no word gets into the system's
temporary folder."""

WAL_TRIES = 20

SHARED_MEMORY_BYTES = 32 << 10
"""SQLite makes a file of that size beside the library; where it does not fit it speaks of an I/O error."""

FOREIGN = "another program wrote it"

MIGRATIONS = (
    """
    CREATE TABLE transcript (
        key INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        title TEXT NOT NULL,
        model TEXT NOT NULL,
        language TEXT,
        duration REAL NOT NULL,
        added TEXT NOT NULL,
        changed TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        words INTEGER NOT NULL,
        checked INTEGER NOT NULL,
        speakers TEXT NOT NULL,
        version INTEGER NOT NULL,
        position INTEGER NOT NULL
    );
    CREATE TABLE edit (
        transcript INTEGER NOT NULL,
        number INTEGER NOT NULL,
        edit TEXT NOT NULL,
        PRIMARY KEY (transcript, number)
    ) WITHOUT ROWID;
    CREATE TABLE paragraph (
        key INTEGER PRIMARY KEY,
        transcript INTEGER NOT NULL,
        id INTEGER NOT NULL,
        start REAL NOT NULL,
        text TEXT NOT NULL,
        words TEXT NOT NULL,
        UNIQUE (transcript, id)
    );
    CREATE VIRTUAL TABLE spoken USING fts5 (
        text, content='paragraph', content_rowid='key', tokenize='unicode61 remove_diacritics 2'
    );
    CREATE TRIGGER paragraph_added AFTER INSERT ON paragraph BEGIN
        INSERT INTO spoken (rowid, text) VALUES (new.key, new.text);
    END;
    CREATE TRIGGER paragraph_removed AFTER DELETE ON paragraph BEGIN
        INSERT INTO spoken (spoken, rowid, text) VALUES ('delete', old.key, old.text);
    END;
    """,
    """
    DROP TRIGGER paragraph_added;
    DROP TRIGGER paragraph_removed;
    DROP TABLE spoken;
    ALTER TABLE paragraph RENAME TO unordered;
    CREATE TABLE paragraph (
        key INTEGER PRIMARY KEY,
        transcript INTEGER NOT NULL,
        id INTEGER NOT NULL,
        start REAL NOT NULL,
        text TEXT NOT NULL,
        words TEXT NOT NULL,
        UNIQUE (transcript, id)
    );
    INSERT INTO paragraph
        SELECT row_number() OVER (PARTITION BY transcript ORDER BY start, id) - 1 - transcript * 4294967296,
            transcript, id, start, text, words
        FROM unordered;
    DROP TABLE unordered;
    CREATE VIRTUAL TABLE spoken USING fts5 (
        text, content='paragraph', content_rowid='key', tokenize='unicode61 remove_diacritics 2'
    );
    INSERT INTO spoken (spoken) VALUES ('rebuild');
    CREATE TRIGGER paragraph_added AFTER INSERT ON paragraph BEGIN
        INSERT INTO spoken (rowid, text) VALUES (new.key, new.text);
    END;
    CREATE TRIGGER paragraph_removed AFTER DELETE ON paragraph BEGIN
        INSERT INTO spoken (spoken, rowid, text) VALUES ('delete', old.key, old.text);
    END;
    """,
)
"""One script per version, in order. `position` counts the edits in effect: those after it were undone. `words` of a
paragraph are its words' ids and starts, in the order of its text. Since the second version the keys of paragraphs say
of which transcript they are, see `indexing.keys`, so that a search need not ask."""

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_COMPANIONS = ("", "-wal", "-shm")


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The library's file, made if there is none, closed when the block ends.

    One that is damaged, or no library, is kept under another name, and a new
    one begun; a LibrarySetAsideWarning says so.

    Raises:
        NewerLibraryError: a later version wrote it.
        DiskFullError, NotWritableError: it cannot be had.
        DamagedLibraryError: damage was found while it was used.
    """
    with storage_errors(path):
        system_path(path.parent).mkdir(parents=True, exist_ok=True)
    try:
        connection = _ready(path)
    except DamagedLibraryError:
        _set_aside(path, _unusable)
        connection = _ready(path)
    with closing(connection), translated(path):
        yield connection


def set_aside_if_damaged(path: Path) -> None:
    """Read the whole file, and do as `opened` does if that finds damage; for the start of the program.

    Raises:
        StorageError: it cannot be read, or not be renamed.
    """
    if system_path(path).exists() and _damage(path):
        _set_aside(path, _damage)


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """What is done in the block is on the disk when it ends, all of it or, after an error, nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # a full disk has rolled it back already
            connection.execute("ROLLBACK")
        raise


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Say what an error of SQLite's means.

    Raises:
        DiskFullError, NotWritableError, DamagedLibraryError: chained to it.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise _translated(path, error) from error


def _translated(path: Path, error: sqlite3.Error) -> StorageError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    free = free_bytes(path.parent)
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and free < SHARED_MEMORY_BYTES):
        return DiskFullError(str(path), 0, free)
    if code in _DAMAGED:
        return DamagedLibraryError(str(path), str(error))
    if code == sqlite3.SQLITE_BUSY:
        return NotWritableError(str(path), f"another program has kept it for {PATIENCE_SECONDS:g} s")
    return NotWritableError(str(path), str(error))


# --- a file that can be used


def _ready(path: Path) -> sqlite3.Connection:
    with translated(path):
        connection = _connected(path)
        try:
            _require_ours(path, connection)
            _use_wal(connection)
            _migrate(path, connection)
        except BaseException:
            connection.close()
            raise
    return connection


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(system_path(path), timeout=PATIENCE_SECONDS, isolation_level=None)
    try:
        for setting in SETTINGS:
            connection.execute(f"PRAGMA {setting}")
    except BaseException:  # where the file is no database it stays open otherwise, and cannot be renamed
        connection.close()
        raise
    return connection


def _require_ours(path: Path, connection: sqlite3.Connection) -> None:
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables and _number(connection, "application_id") != APPLICATION:
        raise DamagedLibraryError(str(path), FOREIGN)


def _use_wal(connection: sqlite3.Connection) -> None:
    """Readers and a writer at once. Of two who ask at once one is refused without being let to wait."""
    if not _number(connection, "user_version"):
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # only before there is anything in the file
    for _ in range(WAL_TRIES - 1):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(PATIENCE_SECONDS / WAL_TRIES)
        else:
            return
    connection.execute("PRAGMA journal_mode = WAL")


def _migrate(path: Path, connection: sqlite3.Connection) -> None:
    version = _number(connection, "user_version")
    if version > len(MIGRATIONS):
        raise NewerLibraryError(str(path))
    if version == len(MIGRATIONS):
        return
    with writing(connection):
        for script in MIGRATIONS[_number(connection, "user_version") :]:  # another process may have been first
            _run(connection, script)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _run(connection: sqlite3.Connection, script: str) -> None:
    """Statement by statement: `executescript` would end the transaction first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


# --- one that cannot be used


def _unusable(path: Path) -> str | None:
    """Why the file is not to be written to, or None."""
    try:
        _ready(path).close()
    except DamagedLibraryError as error:
        return error.reason
    return None


def _damage(path: Path) -> str | None:
    """What is wrong anywhere in the file, or None."""
    try:
        with translated(path), closing(_connected(path)) as connection:
            finding = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
            return None if finding == "ok" else finding.splitlines()[-1]
    except DamagedLibraryError as error:
        return error.reason


def _set_aside(path: Path, examine: Callable[[Path], str | None]) -> None:
    """Rename the file and what belongs to it, unless another process was first and all is well by now."""
    from filelock import FileLock

    lock = FileLock(system_path(path.with_name(f"{path.name}.lock")), timeout=PATIENCE_SECONDS)
    with storage_errors(path), lock:
        reason = examine(path)
        if reason is None:
            return
        kept_as = _free_name(path)
        for companion in _COMPANIONS:
            with suppress(FileNotFoundError):
                beside = system_path(path.with_name(path.name + companion))
                patiently(partial(beside.rename, system_path(kept_as.with_name(kept_as.name + companion))))
    warnings.warn(LibrarySetAsideWarning(str(path), str(kept_as), reason), stacklevel=2)


def _free_name(path: Path) -> Path:
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    names = (f"{path.stem}.set-aside-{stamp}{number}{path.suffix}" for number in ("", *(f"-{n}" for n in range(2, 99))))
    return next(free for name in names if not system_path(free := path.with_name(name)).exists())
