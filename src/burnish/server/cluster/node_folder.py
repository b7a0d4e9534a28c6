"""A job's folder on a node, kept in step with the one in S3 while the training works on it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec

from burnish.disk import replace_file
from burnish.engine.checkpoints import KEPT, MANIFEST, newest_first
from burnish.errors import BurnishError, NotFound
from burnish.processes.messages import MessageReader
from burnish.server.cluster.remote_folder import (
    Beat,
    ClusterInput,
    PieceSender,
    RemoteAttempt,
    RemoteFolder,
    fetch_folder,
    send_folder,
)
from burnish.server.job_folder.paths import AttemptFolder, JobFolder

CHECKPOINTS_EVERY_SECONDS = 1.0
_INPUT: MessageReader[ClusterInput] = MessageReader(ClusterInput)


@dataclass(frozen=True)
class NodeFolder:
    """The folder of a job on this node, of which this attempt alone is made here."""

    folder: JobFolder
    number: int
    remote: RemoteFolder

    @property
    def own(self) -> AttemptFolder:
        """Where the training writes."""
        return self.folder.attempt(self.number)

    @property
    def log(self) -> Path:
        """What the training prints."""
        return self.own.path / "log"

    @property
    def tuned(self) -> Path:
        """What the job tunes further, where it does."""
        return self.folder.path / "tuned"

    @cached_property
    def _there(self) -> RemoteAttempt:
        return self.remote.attempt(self.number)

    @cached_property
    def _pieces(self) -> tuple[PieceSender, ...]:
        storage = self.remote.storage
        return (
            PieceSender(storage, self._there.events, self.own.events),
            PieceSender(storage, self._there.log, self.log),
        )

    def fetch(self) -> ClusterInput:
        """Take what the attempt is given, and what attempts before it have kept."""
        storage = self.remote.storage
        self.own.path.mkdir(parents=True, exist_ok=True)
        given = _INPUT.read(storage.read(self._there.input))
        replace_file(self.folder.spec, storage.read(self.remote.spec))
        self.take_orders()
        if given.tunes_further:
            fetch_folder(storage, self.remote.tuned, storage.names(self.remote.tuned), self.tuned)
        self._fetch_checkpoints()
        return given

    def _fetch_checkpoints(self) -> None:
        for place, files in self.remote.checkpoints().items():
            if MANIFEST not in files:
                continue
            folder = self.folder.checkpoints / place
            folder.mkdir(parents=True, exist_ok=True)
            for name, uri in files.items():
                # One that is removed meanwhile is not whole here, and is passed over.
                with suppress(NotFound):
                    self.remote.storage.fetch(uri, folder / name)

    def take_orders(self) -> None:
        """Take the server's orders; without any, the job is not this attempt's any more."""
        try:
            orders = self.remote.storage.read(self.remote.orders)
        except NotFound:
            self.folder.orders.unlink(missing_ok=True)
            return
        if not self.folder.orders.exists() or self.folder.orders.read_bytes() != orders:
            replace_file(self.folder.orders, orders)

    def send_reports(self, *, is_last: bool = False) -> None:
        """Send what is new of the reports and of the log."""
        for pieces in self._pieces:
            pieces.send(is_last=is_last)

    def send_beat(self, beat: Beat) -> None:
        """Give a sign of life."""
        self.remote.storage.write(self._there.beat, msgspec.json.encode(beat))

    def send_result(self) -> None:
        """Send what was made, and last how the job ended; nothing where the training did not say so."""
        if not self.own.result.exists():
            return
        storage = self.remote.storage
        if self.own.model.exists():
            sums = send_folder(storage, self.own.model, self._there.model)
            storage.write(self._there.model_sums, msgspec.json.encode(sums))
        storage.write(self._there.result, self.own.result.read_bytes())

    def send_checkpoints(self, sent: set[Path]) -> None:
        """Send the latest checkpoint of each part of the training, and remove those that are old there."""
        manifests = self.folder.checkpoints.rglob(f"step-*/{MANIFEST}")
        for part in {manifest.parent.parent for manifest in manifests}:
            whole = (path for path in newest_first(part) if (path / MANIFEST).exists())
            latest = next(whole, None)
            if latest is None or latest in sent:
                continue
            # One that the training removes meanwhile is not the latest any more.
            with suppress(FileNotFoundError):
                self._send_checkpoint(latest)
                sent.add(latest)

    def _send_checkpoint(self, checkpoint: Path) -> None:
        storage = self.remote.storage
        part = checkpoint.parent.relative_to(self.folder.checkpoints).as_posix()
        there = f"{self._there.checkpoints}/{part}/" if part != "." else f"{self._there.checkpoints}/"
        files = [path for path in checkpoint.iterdir() if path.name != MANIFEST]
        for path in (*files, checkpoint / MANIFEST):
            with path.open("rb") as file:
                storage.write(f"{there}{checkpoint.name}/{path.name}", file)
        self._remove_old(there)

    def _remove_old(self, there: str) -> None:
        storage = self.remote.storage
        names = [name for name in storage.names(there) if name.startswith("step-")]
        steps = sorted({int(name[5:].partition("/")[0]) for name in names}, reverse=True)
        for step in steps[KEPT:]:
            for name in names:
                if name.startswith(f"step-{step}/"):
                    storage.delete(there + name)

    @contextmanager
    def sending_checkpoints(self) -> Iterator[None]:
        """Send checkpoints as they come, from a thread of its own: one that takes long holds up nothing."""
        is_over = threading.Event()
        # Those that were fetched are in S3 already.
        sent = set(self.folder.checkpoints.rglob("step-*"))

        def send() -> None:
            while not is_over.wait(CHECKPOINTS_EVERY_SECONDS):
                with suppress(BurnishError, OSError):  # tried again
                    self.send_checkpoints(sent)

        thread = threading.Thread(target=send, name="checkpoints", daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()
            with suppress(BurnishError, OSError):
                self.send_checkpoints(sent)
