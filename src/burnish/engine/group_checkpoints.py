"""The checkpoints of a training on several workers: the first one's, which all of them go on from."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from burnish.engine.checkpoints import Checkpoints, Paused, Write
from burnish.engine.worker_group import WorkerGroup


def of_group(checkpoints: Checkpoints, workers: WorkerGroup) -> Checkpoints:
    """The checkpoints as all workers have them; one without others has its own."""
    return checkpoints if workers.size == 1 else GroupCheckpoints(checkpoints, workers)


class GroupCheckpoints:
    """Checkpoints that all workers save at the same steps; the latest is the first one's, and is sent to all.

    So no other worker needs the first one's disk, and their own ``checkpoints`` write nothing.
    """

    def __init__(self, checkpoints: Checkpoints, workers: WorkerGroup) -> None:
        self._checkpoints = checkpoints
        self._workers = workers
        self._received: TemporaryDirectory[str] | None = None

    @property
    def is_due(self) -> bool:
        """Whether the first worker finds that it is time for the next one."""
        return self._workers.agreed(lambda: self._checkpoints.is_due)

    def latest(self) -> Path | None:
        """The first worker's latest; with the others, a copy that lasts as long as this object does."""
        folder = self._checkpoints.latest() if self._workers.rank == 0 else None
        files = {path.name: path.read_bytes() for path in folder.iterdir()} if folder else {}
        sent = self._workers.bytes_of_first(msgspec.msgpack.encode(files))
        return folder if self._workers.rank == 0 else self._written(sent)

    def save(self, write: Write, *, step: int) -> None:
        """Write a checkpoint after so many steps. All workers raise `Paused` where the first one does."""
        pause = None
        try:
            self._checkpoints.save(write, step=step)
        except Paused as error:
            pause = error
        if self._workers.agreed(lambda: pause is not None):
            raise pause or Paused(step)

    def within(self, name: str) -> GroupCheckpoints:
        """Those of a part of the training."""
        return GroupCheckpoints(self._checkpoints.within(name), self._workers)

    def _written(self, sent: bytes) -> Path | None:
        files = msgspec.msgpack.decode(sent, type=dict[str, bytes])
        if not files:
            return None
        self._received = TemporaryDirectory(prefix="burnish-checkpoint-")
        folder = Path(self._received.name)
        for name, content in files.items():
            (folder / Path(name).name).write_bytes(content)
        return folder
