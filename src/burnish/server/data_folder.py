"""The data folder of a server: what is in it, who may read it, and that only one server uses it.

====================================  ==================================================================
``folder.json``                       which layout this is; there once a server has come up
``state.sqlite3``, ``iam.sqlite3``    jobs, models and what serves them; roles and policies
``credentials.json``                  the access key
``models/``                           the adapters of custom models; imported models
``objects/``                          the S3 server's files
``jobs/``                             a folder for each unfinished job: see `burnish.server.job_folder`
``batches/``                          a folder for each unfinished batch: see `burnish.server.batch`
``logs/``                             what the server's processes have written
``server.json``, ``objects-*.json``   of the running server; made anew at each start
``lock``                              held by the server that works here
====================================  ==================================================================

Nothing in it names its own path: the folder can be moved while no server uses it.

The databases are numbered by their migrations. The layout is the version of all else that is kept: it goes up
with the first change that an earlier version would read wrongly. Version 0.1 wrote none.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from importlib.metadata import version
from pathlib import Path

import msgspec

from burnish.disk import reporting_full_disk, write_private
from burnish.errors import CannotStart, WaitTimeout
from burnish.file_locks import can_lock
from burnish.server import credentials, store
from burnish.server.databases import check_database
from burnish.server.iam import store as iam_store
from burnish.server.migrations import IAM, STATE
from burnish.waiting import wait_until

LOCK = "lock"
JOBS = "jobs"
LOGS = "logs"
MODELS = "models"
OBJECTS = "objects"
SIGN = "server.json"
MARK = "folder.json"
LAYOUT = 1

#: What is not whole, by the name of its folder and by a file in it.
PARTIAL_SUFFIX = ".partial"
UNFINISHED = "unfinished-backup"

DATABASES = {store.FILE_NAME: STATE, iam_store.FILE_NAME: IAM}
#: What is made anew at each start or can be done without, and the databases, jobs and batches, which
#: are copied otherwise.
NOT_IN_BACKUPS = (
    LOCK, LOGS, f"{SIGN}*", "objects-*", "weights.log", JOBS, "batches", "SHA256SUMS", f"{MARK}*", "cache",
    "lost+found", *(f"{name}*" for name in DATABASES),
)  # fmt: skip
#: What may lie in a folder whose first server did not come up; all of it can be made again.
_FIRST_FILES = (
    LOCK, LOGS, MODELS, OBJECTS, f"{SIGN}*", "objects-*", "weights.log", f"{credentials.FILE_NAME}*",
    f".{credentials.FILE_NAME}*", *(f"{name}*" for name in DATABASES), JOBS, "lost+found", ".DS_Store",
)  # fmt: skip

#: For how long another process may hold the lock only to see whether a server does.
_LOCK_SECONDS = 0.2
_PRIVATE = stat.S_IRWXU
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


class _Mark(msgspec.Struct, frozen=True, kw_only=True):
    layout: int
    written_by: str = ""


@contextmanager
def claimed(data: Path) -> Iterator[int]:
    """Hold a data folder, created where there is none; yields how many files others could read before.

    Everything that this process and its children write from here on is readable by this user only. Raises
    `CannotStart` where another server uses it, where others could replace it, and where it is not a data
    folder, or damaged, or of a newer version: then nothing in it is changed.
    """
    with private_files():
        try:
            check_place(data)
            _check_is_ours(data)
        except PermissionError as error:
            raise CannotStart(
                f"This user may not read {error.filename}: name another folder with --data"
            ) from error
        with reporting_full_disk(data):
            data.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
            (data / LOCK).touch()
        with _locked(data):
            for name, migrations in DATABASES.items():
                check_database(data / name, migrations)
            # Within a folder that is closed, nobody could read what SeaweedFS has left open.
            was_open = bool(data.stat().st_mode & 0o077)
            closed = close_to_others(data)
            with reporting_full_disk(data):
                (data / LOGS).mkdir(exist_ok=True)
            yield closed if was_open else 0


@contextmanager
def private_files() -> Iterator[None]:
    """Whatever this process and its children write in the block is readable by this user only."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def mark(data: Path) -> None:
    """Record that a server has come up with this folder, and with which layout."""
    text = msgspec.json.encode(_Mark(layout=LAYOUT, written_by=version("burnish")))
    write_whole(data / MARK, text + b"\n")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that others never see in part, readable by its owner only."""
    # In the same folder, because renaming is atomic only within one file system.
    draft = path.with_name(f"{path.name}.new")
    with reporting_full_disk(path.parent):
        write_private(draft, content)
        draft.replace(path)


def is_claimed(data: Path) -> bool:
    """Whether a server works in a data folder at this moment."""
    try:
        with (data / LOCK).open("rb") as lock:
            # Shared, so that two who ask at the same time do not take each other for the server.
            return not can_lock(lock.fileno(), shared=True)
    except OSError:
        return False


def is_let_go(data: Path) -> bool:
    """Whether a server has worked in a data folder, and none does at this moment."""
    return (data / LOCK).is_file() and not is_claimed(data)


def is_data_folder(data: Path) -> bool:
    """Whether a server has ever come up with this folder."""
    return (data / MARK).is_file() or (data / store.FILE_NAME).is_file()


def close_to_others(data: Path) -> int:
    """Remove the permissions of other users from a folder and all in it; returns how many files had any.

    Links are neither followed nor changed.
    """
    closed = 0
    # The folder itself comes first: from then on nobody else can replace what is in it.
    for path in (data, *_all_in(data)):
        mode = path.lstat().st_mode
        if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)) or not mode & 0o077:
            continue
        try:
            path.chmod(stat.S_IMODE(mode) & _PRIVATE)
        except PermissionError as error:
            raise CannotStart(
                f"{path} belongs to another user, and others can read it: remove it, or start the server as "
                "the user who owns the data"
            ) from error
        closed += 1
    return closed


def _all_in(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            yield Path(place, name)


def check_place(data: Path) -> None:
    """Raise `CannotStart` where a folder would not be this user's alone, whatever its permissions."""
    if data.exists() and not data.is_dir():
        raise CannotStart(f"{data} is a file: name a folder with --data")
    owner = data.stat().st_uid if data.exists() else os.geteuid()
    if os.geteuid() not in (owner, 0):
        raise CannotStart(
            f"{data} belongs to another user (uid {owner}), who could read and change everything in it: "
            "start the server as that user, or name another folder with --data"
        )
    for parent in data.absolute().parents:
        mode = parent.stat().st_mode if parent.exists() else 0
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            raise CannotStart(
                f"Every user may write to {parent} and could so replace {data}: run `chmod o-w {parent}`, "
                "or name another folder with --data"
            )


def _check_is_ours(data: Path) -> None:
    if (data / UNFINISHED).exists():
        raise CannotStart(
            f"{data} is a backup that was not finished: run `burnish backup` again, or name another "
            "folder with --data"
        )
    names = sorted(path.name for path in data.iterdir()) if data.exists() else []
    if found := _mark_of(data):
        _check_layout(data, found)
    elif not is_data_folder(data):
        _check_has_nothing_else(data, names)
    _check_nothing_is_missing(data, has_come_up=found is not None)


def _mark_of(data: Path) -> _Mark | None:
    try:
        return msgspec.json.decode((data / MARK).read_bytes(), type=_Mark)
    except FileNotFoundError:
        return None
    except (msgspec.DecodeError, OSError) as error:
        raise CannotStart(
            f"{data / MARK} cannot be read ({error}): name another folder with --data"
        ) from error


def _check_layout(data: Path, found: _Mark) -> None:
    if found.layout > LAYOUT:
        raise CannotStart(
            f"{data} was written by a newer version of Burnish ({found.written_by}), and nothing was "
            "changed: start that version, or name another folder with --data"
        )


def _check_has_nothing_else(data: Path, names: list[str]) -> None:
    foreign = [name for name in names if not any(fnmatch(name, ours) for ours in _FIRST_FILES)]
    if foreign:
        shown = ", ".join(foreign[:3]) + (f" and {len(foreign) - 3} more" if len(foreign) > 3 else "")
        raise CannotStart(
            f"{data} is not the data folder of a server, and holds other files ({shown}): name a folder that "
            "is empty, or does not exist yet, with --data"
        )


def _check_nothing_is_missing(data: Path, *, has_come_up: bool) -> None:
    """A database that was there once is not made anew, as if nothing had ever been in it."""
    # They are made in this order, and the mark is made last.
    is_later_there = has_come_up
    for name in reversed(DATABASES):
        path = data / name
        is_there = path.is_file() and path.stat().st_size > 0
        if is_later_there and not is_there:
            raise CannotStart(
                f"{path} is {'empty' if path.exists() else 'missing'}, and nothing was changed: "
                "put a copy in its place from a backup that `burnish backup` has made, or name another "
                "folder with --data"
            )
        is_later_there = is_later_there or is_there


@contextmanager
def _locked(data: Path) -> Iterator[None]:
    descriptor = os.open(data / LOCK, os.O_RDWR)
    try:
        _lock(data, descriptor)
        with reporting_full_disk(data):
            os.truncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)


def _lock(data: Path, descriptor: int) -> None:
    try:
        wait_until(lambda: can_lock(descriptor), bool, interval=0.05, timeout=_LOCK_SECONDS)
    except WaitTimeout as error:
        raise CannotStart(
            f"Another server works in {data}{_holder(data)}: stop it, or name another folder with --data"
        ) from error
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        raise CannotStart(
            f"The file system of {data} does not support locks ({error.strerror}), so two servers could "
            "work there at once: name a folder on a local disk with --data"
        ) from error


def _holder(data: Path) -> str:
    number = (data / LOCK).read_text(errors="replace").strip()
    return f" (process {number})" if number.isdecimal() else ""
