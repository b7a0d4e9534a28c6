"""The server's own copy of what an attempt on a cluster reports: a job's folder like any other."""

from __future__ import annotations

import hashlib
import shutil
from contextlib import suppress
from pathlib import Path

import msgspec

from burnish.disk import replace_file, write_through
from burnish.errors import NotFound, ServiceUnavailable
from burnish.server.cluster.remote_folder import (
    Beat,
    RemoteFolder,
    fetch_folder,
    files_in,
    read_beat,
    take_pieces,
)
from burnish.server.job_folder.paths import JobFolder


class Mirror:
    """Keeps a job's folder on the server in step with that in S3, for one attempt.

    Everything here raises `ServiceUnavailable` where S3 does not answer; it is done the next time.
    """

    def __init__(self, folder: JobFolder, number: int, remote: RemoteFolder, log: Path) -> None:
        self._folder = folder
        self._own = folder.attempt(number)
        self._remote = remote
        self._there = remote.attempt(number)
        self._log = log
        self._orders: bytes | None = None
        self._count = 0

    def send_orders(self) -> None:
        """Pass the orders on, where they are new; without any, the attempt reads that it is over."""
        orders = self._folder.orders.read_bytes() if self._folder.orders.exists() else b""
        if orders == self._orders:
            return
        if orders:
            self._remote.storage.write(self._remote.orders, orders)
        else:
            self._remote.storage.delete(self._remote.orders)
        self._orders = orders

    def take(self) -> Beat | None:
        """Take what is new, and give the latest sign of life, where that is new, too.

        When it came is told by this server's clock, whatever those of the nodes say.
        """
        storage = self._remote.storage
        # Before the pieces: what the last beat stands for is there by then.
        beat = read_beat(storage, self._there)
        self._own.path.mkdir(parents=True, exist_ok=True)
        take_pieces(storage, self._there.events, self._own.events)
        take_pieces(storage, self._there.log, self._own.path / "log", also=self._add_to_log)
        if beat is None or beat.count == self._count:
            return None
        self._count = beat.count
        if beat.has_begun:
            self._own.heartbeat.touch()
        return beat

    def take_result(self) -> None:
        """Take the model, and last how the job ended, where the attempt has come to say so."""
        with suppress(NotFound):
            result = self._remote.storage.read(self._there.result)
            self._take_model()
            replace_file(self._own.result, result)

    def _take_model(self) -> None:
        storage = self._remote.storage
        try:
            sums = msgspec.json.decode(storage.read(self._there.model_sums), type=dict[str, str])
        except NotFound:
            return
        draft = self._own.path / ".model"
        shutil.rmtree(draft, ignore_errors=True)
        fetch_folder(storage, self._there.model, sums, draft)
        if any(_sum_of(path) != sums[name] for name, path in files_in(draft)):
            raise ServiceUnavailable(f"{self._there.model} is not what was written there")
        for path in (*draft.rglob("*"), draft):
            write_through(path)
        shutil.rmtree(self._own.model, ignore_errors=True)
        draft.rename(self._own.model)

    def _add_to_log(self, piece: bytes) -> None:
        with self._log.open("ab") as file:
            file.write(piece)


def _sum_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
