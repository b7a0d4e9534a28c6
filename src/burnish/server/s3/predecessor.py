"""The S3 server of an earlier start that is still running when the next one begins."""

from __future__ import annotations

import logging
from pathlib import Path

from burnish.errors import CannotStart, WaitTimeout
from burnish.file_locks import can_lock
from burnish.processes.tether import end_leftovers, leftovers
from burnish.waiting import wait_until

#: How long the S3 server of a server that was killed a moment ago may be on its way out.
LEAVING_SECONDS = 5.0
#: How long the files of one that was killed may stay locked.
KILLED_SECONDS = 5.0

_log = logging.getLogger(__name__)


def end_predecessor(folder: Path, record: Path) -> None:
    """Wait until no other SeaweedFS has its objects in ``folder``, and end the one of ``record``.

    Raises `CannotStart` with the pid of one that is none of ours.
    """
    if _has_left(folder, record, within=LEAVING_SECONDS):
        return
    # Only what is in the record, by its start time too: a process number alone may be somebody else's by now.
    if left := leftovers(record):
        pids = ", ".join(str(process.pid) for process in left)
        _log.warning("The S3 server of an earlier start was still running: ended process %s", pids)
        end_leftovers(record)
    if not _has_left(folder, record, within=KILLED_SECONDS):
        raise CannotStart(
            f"another SeaweedFS{_named(_holders(folder))} still has the objects under {folder} open: "
            "stop it, or choose another folder with --data"
        )


def _has_left(folder: Path, record: Path, *, within: float) -> bool:
    try:
        wait_until(
            lambda: not leftovers(record) and not any(map(_is_locked, _locks_in(folder))),
            bool,
            interval=0.1,
            timeout=within,
        )
    except WaitTimeout:
        return False
    return True


def _locks_in(folder: Path) -> list[Path]:
    """The files that SeaweedFS keeps locked: one for each of its LevelDB databases."""
    return list(folder.glob("filerldb2/*/LOCK"))


def _is_locked(path: Path) -> bool:
    with path.open() as file:
        return not can_lock(file.fileno())


def _holders(folder: Path) -> list[int]:
    """The processes that have the locks open, where the system tells it."""
    locks = {str(path.resolve()) for path in _locks_in(folder)}
    return sorted(
        {int(file.parts[2]) for file in Path("/proc").glob("[0-9]*/fd/*") if _target(file) in locks}
    )


def _target(link: Path) -> str | None:
    try:
        return str(link.readlink())
    except OSError:
        return None


def _named(pids: list[int]) -> str:
    return f" (process {', '.join(map(str, pids))})" if pids else ""
