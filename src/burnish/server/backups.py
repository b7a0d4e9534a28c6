"""A copy of a data folder, made while its server works, that is a data folder itself.

Its files are copied into ``FOLDER.partial``, which becomes ``FOLDER`` in one step once it is whole. Databases
are copied before the objects are: what they name is there. Of unfinished jobs the latest checkpoint is
copied, and of unfinished batches the answers so far: a restored server goes on from there. The objects are
copied while the S3 server runs, and what has changed by then once more while it is held still, for as long as
that takes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from burnish.disk import reporting_full_disk, write_through
from burnish.errors import InvalidInput, NotFound
from burnish.server import data_folder
from burnish.server.batch.folder_copies import copy_batches
from burnish.server.databases import check_database, copy_database
from burnish.server.job_folder.checkpoint_copies import copy_checkpoints
from burnish.server.job_folder.paths import job_folder
from burnish.server.resources import CustomModel
from burnish.server.s3.frozen import frozen, process_of
from burnish.server.store import Store

SUMS = "SHA256SUMS"
#: As often is begun anew where models are deleted just while they are copied.
TRIES = 3
#: A file that was written this long before it was copied may have been written once more at the same moment.
_RECENT_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class Backup:
    """What a backup holds and what it took; ``held`` is for how long the S3 server stood still."""

    files: int
    size: int
    seconds: float
    held: float


def back_up(data: Path, folder: Path) -> Backup:
    """Copy a server's data folder, with the server working in it or not, to a folder that does not exist.

    Raises `NotFound` where there is no data folder, `InvalidInput` where the copy cannot lie, `DiskFull`, and
    `CannotConnect` where the S3 server was not there to be held; then nothing lies at ``folder``.
    """
    begun = time.monotonic()
    _check(data, folder)
    partial = folder.with_name(f"{folder.name}{data_folder.PARTIAL_SUFFIX}")
    with ExitStack() as until_done:
        # A server that is not there cannot be started meanwhile either.
        is_running = data_folder.is_claimed(data)
        until_done.enter_context(data_folder.private_files() if is_running else data_folder.claimed(data))
        until_done.enter_context(reporting_full_disk(folder.parent))
        _begin(partial)
        # An S3 server may have outlived its server.
        is_held = is_running or process_of(data / data_folder.OBJECTS) is not None
        held = _copy(data, partial, is_held=is_held)
        backup = _summed(partial, begun=begun, held=held)
        (partial / data_folder.UNFINISHED).unlink()
        partial.rename(folder)
        write_through(folder.parent)
    return backup


def _check(data: Path, folder: Path) -> None:
    if not data_folder.is_data_folder(data):
        raise NotFound(f"{data} is not the data folder of a server: name one with --data")
    if folder.exists():
        raise InvalidInput(f"{folder} exists already: name a folder that does not exist yet")
    if not folder.parent.is_dir():
        raise InvalidInput(f"{folder.parent} does not exist: make it, or name another folder")
    if folder.is_relative_to(data):
        raise InvalidInput(f"{folder} is inside the data folder itself: name one outside of it")
    data_folder.check_place(folder)
    for name, migrations in data_folder.DATABASES.items():
        check_database(data / name, migrations)


def _begin(partial: Path) -> None:
    """Make the folder of an unfinished backup, in the place of one that was interrupted."""
    unfinished = partial / data_folder.UNFINISHED
    if partial.exists() and not unfinished.exists():
        raise InvalidInput(f"{partial} is in the way and is not an unfinished backup: remove it")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    unfinished.touch()


def _copy(data: Path, partial: Path, *, is_held: bool) -> float:
    """Copy everything; gives for how many seconds the S3 server was held."""
    copying = _Copying(data, partial)
    # Once more beforehand, so that hardly anything is left to copy while the server stands still.
    if is_held:
        copying.catch_up()
    for _ in range(TRIES):
        copying.catch_up()
        # Before the databases: of a job that ends meanwhile one too many is there, and none is missing.
        _copy_checkpoints(data, partial)
        copy_batches(data, partial)
        for name in data_folder.DATABASES:
            (partial / name).unlink(missing_ok=True)
            copy_database(data / name, partial / name)
        with frozen(data / data_folder.OBJECTS) if is_held else nullcontext():
            begun = time.monotonic()
            copying.catch_up(is_still=True)
            held = time.monotonic() - begun
        if _has_every_adapter(partial):
            return held if is_held else 0.0
    raise InvalidInput("Models kept being deleted while they were copied: try again later")


def _copy_checkpoints(data: Path, partial: Path) -> None:
    for job in sorted((data / data_folder.JOBS).glob("*")):
        copy_checkpoints(job_folder(data, job.name), job_folder(partial, job.name))


@dataclass
class _Copying:
    """A copy of a tree of files that can be brought up to date again and again."""

    source: Path
    target: Path
    _copied: dict[str, tuple[tuple[int, ...], float]] = field(default_factory=dict)

    def catch_up(self, *, is_still: bool = False) -> None:
        """Copy what is new or may be otherwise, and take away what is gone.

        Files that vanish meanwhile are passed over, unless the tree ``is_still``.
        """
        present = set()
        for path in _files_in(self.source):
            name = path.relative_to(self.source).as_posix()
            try:
                self._copy(name, path)
            except FileNotFoundError:
                if is_still:
                    raise
                continue
            present.add(name)
        for gone in self._copied.keys() - present:
            (self.target / gone).unlink(missing_ok=True)
            del self._copied[gone]
            with suppress(OSError):  # others are in it
                (self.target / gone).parent.rmdir()

    def _copy(self, name: str, path: Path) -> None:
        stat = path.stat()
        state = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        before, safe_until = self._copied.get(name, (None, 0.0))
        if before == state and stat.st_mtime < safe_until:
            return
        begun = time.time()
        target = self.target / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        self._copied[name] = (state, begun - _RECENT_SECONDS)


def _files_in(data: Path) -> Iterator[Path]:
    """The files that a backup copies one by one. Links are followed: what they lead to is needed too."""
    for top in sorted(data.iterdir()):
        if any(fnmatch(top.name, pattern) for pattern in data_folder.NOT_IN_BACKUPS):
            continue
        if top.is_file():
            yield top
        for place, _, files in os.walk(top, followlinks=True):
            yield from (path for name in files if (path := Path(place, name)).is_file())


def _has_every_adapter(partial: Path) -> bool:
    """Whether the models of the copied state are there: one may be deleted between the two copies."""
    store = Store(partial)
    try:
        return all(model.adapter_in(partial).is_dir() for model in store.every(CustomModel))
    finally:
        store.close()


def _summed(partial: Path, *, begun: float, held: float) -> Backup:
    """Write every file through to the disk, and the sums of all, as ``sha256sum --check`` reads them."""
    data_folder.mark(partial)
    names = sorted(
        path.relative_to(partial).as_posix()
        for path in partial.rglob("*")
        if path.is_file() and path.name != data_folder.UNFINISHED
    )
    lines = [f"{_sum_of(partial / name)}  {name}\n" for name in names]
    data_folder.write_whole(partial / SUMS, "".join(lines).encode())
    for path in (partial, *partial.rglob("*")):
        if path.is_dir():
            write_through(path)
    size = sum((partial / name).stat().st_size for name in names)
    return Backup(files=len(names), size=size, seconds=time.monotonic() - begun, held=held)


def _sum_of(path: Path) -> str:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()
