"""A file of the server's state, opened by the version that knows it, and by no other.

What is wrong with a file is found before anything is written to it.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from burnish.disk import is_disk_full, reporting_full_disk
from burnish.errors import CannotStart, DiskFull
from burnish.server.migrations import Migration

#: Four processes that wrote at once, each in transactions that begin with the lock, never waited as long.
PATIENCE_SECONDS = 10
#: Errors of SQLite that pass, by the lowest byte of their codes.
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_AWAY = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
#: What is told of a database that turns out to be damaged while the server works.
DAMAGED = (
    "A database of this server is damaged, and what lies in the damaged part cannot be read: stop the "
    "server, and put a copy in its place from a backup that `burnish backup` has made"
)
_MAGIC = b"SQLite format 3\0"
_VERSION_AT = 60
_HEADER_BYTES = 100


class StateUnavailable(Exception):
    """The state cannot be read or written now; ``reason`` says why, as what follows "which"."""

    def __init__(self, path: Path, reason: str) -> None:
        self.reason = reason
        super().__init__(f"{path} {reason}")


class UnreadableRow(Exception):
    """A row of the state that is damaged. Others are not."""


class Database:
    """An open file of state, and the one way to read and change it. Safe to use from several threads.

    Reading and changing raise `DiskFull`, `StateUnavailable` and `UnreadableRow`.
    """

    def __init__(self, path: Path, migrations: Sequence[Migration]) -> None:
        self._path = path
        self._connection = open_database(path, migrations)
        # Reentrant, because what is done within a change takes it as well.
        self._lock = threading.RLock()

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def change(self) -> Iterator[None]:
        """Make one transaction of everything within; an exception takes all of it back."""
        with self._lock, self._declared_errors(), _transaction(self._connection):
            yield

    def rows(self, sql: str, /, *values: object, **named: object) -> list[sqlite3.Row]:
        """The rows of a query."""
        with self._lock, self._declared_errors():
            return self._connection.execute(sql, named or values).fetchall()

    def row(self, sql: str, /, *values: object) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        with self._lock, self._declared_errors():
            found: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return found

    def execute(self, sql: str, /, *values: object, **named: object) -> int:
        """Run a statement and tell how many rows it changed."""
        with self._lock, self._declared_errors():
            return self._connection.execute(sql, named or values).rowcount

    @property
    def version(self) -> tuple[int, int]:
        """What is another value once anything has been changed, by this process or another."""
        with self._lock, self._declared_errors():
            (of_others,) = self._connection.execute("pragma data_version").fetchone()
            return of_others, self._connection.total_changes

    @property
    def is_busy(self) -> bool:
        """Whether another process is writing at this moment."""
        with self._lock:
            # The question is about this moment: with the usual patience the answer would mostly be no.
            self.execute("pragma busy_timeout = 0")
            try:
                self.execute("begin immediate")
                self.execute("rollback")
            except StateUnavailable:
                return True
            else:
                return False
            finally:
                self.execute(f"pragma busy_timeout = {PATIENCE_SECONDS * 1000}")

    @contextmanager
    def _declared_errors(self) -> Iterator[None]:
        """SQLite's errors as ours, save those that only a mistake of this program can bring about."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            code = error.sqlite_errorcode & 0xFF
            if is_disk_full(error):
                raise DiskFull(f"No space is left to write {self._path}: free some") from error
            if code in _BUSY:
                raise StateUnavailable(self._path, "is kept busy by another process") from error
            if code in _AWAY:
                raise StateUnavailable(self._path, f"cannot be used ({error})") from error
            if code in _DAMAGED:
                raise UnreadableRow(f"A page of {self._path.name} is damaged: {error}") from error
            raise


def open_database(path: Path, migrations: Sequence[Migration]) -> sqlite3.Connection:
    """A connection to a file of state, which is made or brought to this version's tables where need be.

    Raises `CannotStart` for a file of a newer version and for one that is no database or damaged; neither is
    touched. Raises `DiskFull` where there is no room for the file.
    """
    if _check_header(path, known=len(migrations)):
        with _opened_to_read(path) as database:
            _check_version(path, _version_of(database), known=len(migrations))
    with _explained(path):
        with reporting_full_disk(path.parent):
            # SQLite gives the files beside it the same permissions.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        # Without an isolation level Python begins no transactions of its own behind ours. Threads share the
        # connection, which the lock of `Database` gives to one at a time.
        database = sqlite3.connect(
            path, timeout=PATIENCE_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            database.row_factory = sqlite3.Row
            _migrate(database, path, migrations)
            # So that the server reads while a worker writes. `synchronous` stays FULL, however slow it is:
            # with NORMAL a power cut may take back a job after its acceptance was answered.
            database.execute("pragma journal_mode = wal")
            # SQLite has it off, for each connection anew; the versions of a policy that is deleted go by it.
            database.execute("pragma foreign_keys = on")
        except BaseException:
            database.close()
            raise
    return database


def check_database(path: Path, migrations: Sequence[Migration]) -> None:
    """Read the whole of a file of state, if there is one, and write nothing.

    Raises `CannotStart` where it is of a newer version, no database, or damaged.
    """
    if not _check_header(path, known=len(migrations)):
        return
    with _opened_to_read(path) as database:
        _check_version(path, _version_of(database), known=len(migrations))
        # Every page is read. `integrity_check` would also compare indexes with tables, and take far longer.
        said = str(database.execute("pragma quick_check(1)").fetchone()[0])
    if said != "ok":
        raise _damaged(path, said.splitlines()[-1])


def copy_database(path: Path, to: Path) -> None:
    """Write a consistent copy of a file of state that others may be writing to."""
    with reporting_full_disk(to.parent):
        # Made before SQLite writes to it, which keeps the permissions of an empty file; one that it makes
        # itself has those that the umask leaves.
        os.close(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=PATIENCE_SECONDS)
    with _explained(path), closing(source):
        source.execute("vacuum into ?", (str(to),))


@contextmanager
def _opened_to_read(path: Path) -> Iterator[sqlite3.Connection]:
    # A database without a log of its own is read as one that nobody writes: nothing is put beside it.
    log = path.with_name(f"{path.name}-wal")
    how = "mode=ro" if log.exists() and log.stat().st_size else "immutable=1"
    place = f"{path.absolute().as_uri()}?{how}"
    with _explained(path), closing(sqlite3.connect(place, uri=True)) as database:
        yield database


def _check_header(path: Path, *, known: int) -> bool:
    """Whether the file has anything in it. Raises `CannotStart` where that is not ours to open."""
    try:
        # As bytes and not through SQLite, which may write to a file by only opening it: its log is merged.
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise CannotStart(f"{path} cannot be read ({error.strerror})") from error
    if not header:
        return False
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        raise _damaged(path, "it is not a database")
    _check_version(path, int.from_bytes(header[_VERSION_AT : _VERSION_AT + 4], "big"), known=known)
    return True


def _check_version(path: Path, version: int, *, known: int) -> None:
    if version > known:
        raise CannotStart(
            f"{path} was written by a newer version of Burnish (its format is {version}, this version knows "
            f"up to {known}), and nothing was changed: start the newer version, or name another folder with "
            "--data"
        )


def _migrate(database: sqlite3.Connection, path: Path, migrations: Sequence[Migration]) -> None:
    version = _version_of(database)
    if version == len(migrations):
        return
    if database.execute("select 1 from sqlite_schema").fetchone():
        _keep_copy(path, version)
    with _transaction(database):
        # Another process may have been first.
        for migration in migrations[_version_of(database) :]:
            migration(database)
        database.execute(f"pragma user_version = {len(migrations)}")


@contextmanager
def _transaction(database: sqlite3.Connection) -> Iterator[None]:
    # With the lock for writing from the start: a transaction that reads first, and then finds that another
    # process has written meanwhile, cannot wait for its turn any more and fails at once.
    database.execute("begin immediate")
    try:
        yield
        database.execute("commit")
    except BaseException:
        # SQLite ends a transaction by itself where the disk is full, and refuses to roll back none.
        if database.in_transaction:
            database.execute("rollback")
        raise


def _keep_copy(path: Path, version: int) -> None:
    """Keep the database as it is before a migration, beside it: ``state.sqlite3.version-0``."""
    draft = path.with_name(f"{path.name}.version-{version}.new")
    copy_database(path, draft)
    draft.replace(draft.with_suffix(""))


def _version_of(database: sqlite3.Connection) -> int:
    return int(database.execute("pragma user_version").fetchone()[0])


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """SQLite's errors as ours."""
    try:
        yield
    except sqlite3.Error as error:
        if is_disk_full(error):
            raise DiskFull(f"No space is left to write {path}: free some") from error
        if not isinstance(error, sqlite3.OperationalError):
            raise _damaged(path, str(error)) from error
        raise CannotStart(
            f"{path} cannot be used ({error}): see that this user may read and write it"
        ) from error


def _damaged(path: Path, reason: str) -> CannotStart:
    return CannotStart(
        f"{path} is damaged ({reason}), and nothing was changed: put a copy in its place from a backup that "
        "`burnish backup` has made, or name another folder with --data"
    )
