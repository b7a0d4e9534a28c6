"""What a Ray job runs on its node: the training, on a copy of the job's folder that is kept in step with S3.

Run as ``python -m burnish.server.cluster.node_agent``, with an `AttemptPass` in the environment. The training
is the same process as on the server's own machine, with the same launcher. Here it is looked after: orders
come in; reports, checkpoints, the model and signs of life go out. It imports no Ray.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from burnish.cache import cache_folder
from burnish.errors import BurnishError, MissingWeights, ServiceUnavailable
from burnish.file_locks import can_lock
from burnish.processes.secrecy import leave_no_core_dump
from burnish.server.capacity import Share
from burnish.server.cluster.attempt_pass import AttemptPass, taken_pass
from burnish.server.cluster.node_folder import NodeFolder
from burnish.server.cluster.node_weights import weights_here
from burnish.server.cluster.remote_folder import Beat, ClusterInput, RemoteFolder
from burnish.server.credentials import write_credentials
from burnish.server.job_folder.attempt_input import AttemptInput, write_input
from burnish.server.job_folder.paths import JobFolder
from burnish.server.s3.role_storage import ALL_OF_S3, KeyRefused, RoleStorage
from burnish.server.training.job_lock import is_held, state_of
from burnish.server.training.launcher import SERVER_FAULT
from burnish.server.training.process_launcher import ProcessLauncher, Worker
from burnish.shown_texts import log_lines

EVERY_SECONDS = 1.0
#: How long an attempt waits for its server, which may be restarted, before it leaves its node to others.
PATIENCE_SECONDS = 3600.0
#: How long its keys may be refused: they are another attempt's turn then.
REFUSED_SECONDS = 30.0
#: The process that is a node of Ray, which ends what it has started, where an init process looks after it.
RAYLET = "raylet"

log = logging.getLogger("burnish.server.cluster.node_agent")


class NodeAgent:
    """Looks after one attempt on this node until it is over, or its server is."""

    def __init__(self, place: NodeFolder) -> None:
        self._place = place
        self._ray = processes_of_ray()
        self._beat = Beat(count=0)
        self._seen_beat = 0.0
        self._reached_at = time.monotonic()
        self._refused_since: float | None = None
        self._said = ""

    def run(self, given: AttemptPass) -> int:
        """Make the attempt, and give the exit status of this process."""
        log.info("Attempt %d at the job %s on %s", given.number, given.job_id, socket.gethostname())
        self._reach(lambda: self._say(Beat(count=1)))
        try:
            taken = self._fetched()
            if taken is None:
                return SERVER_FAULT
            weights = weights_here(taken.sources, taken.fingerprint)
        except MissingWeights as error:
            log.error("%s", error)
            self._end(SERVER_FAULT, f"found no weights: {error}")
            return SERVER_FAULT
        self._prepare(given, taken, weights)
        # Which GPUs it may use Ray has said in the environment.
        share = Share(threads=taken.threads)
        worker = ProcessLauncher().start(
            self._place.folder, attempt=given.number, share=share, log=self._place.log
        )
        try:
            with self._place.sending_checkpoints():
                self._look_after(worker)
        finally:
            worker.stop()
        self._end(worker.exit_status, worker.account_of_end(), has_begun=worker.has_begun)
        return worker.exit_status or 0

    def _fetched(self) -> ClusterInput | None:
        """What the attempt takes; None where it is not to be had any more."""
        while not self._is_forsaken:
            try:
                return self._place.fetch()
            except ServiceUnavailable as error:
                self._wait(error)
        return None

    def _prepare(self, given: AttemptPass, taken: ClusterInput, weights: Path) -> None:
        folder = self._place.folder.path
        write_credentials(folder, given.credentials(given.role_key))
        write_input(
            self._place.own,
            AttemptInput(
                weights=weights,
                sources=taken.sources,
                tuned_before=self._place.tuned if taken.tunes_further else None,
                objects_endpoint=given.endpoint,
                credentials=folder,
                grants=taken.grants,
                checkpoint_seconds=taken.checkpoint_seconds,
            ),
        )

    def _look_after(self, worker: Worker) -> None:
        while worker.poll():
            self._reach(lambda: self._step(worker))
            if self._is_forsaken:
                log.warning("The server does not answer any more, or not this attempt: leaving the node")
                return
            if any(map(_is_gone, self._ray)):
                log.warning("Ray has ended on this node: leaving it, for others may be given what this holds")
                return
            time.sleep(EVERY_SECONDS)

    def _step(self, worker: Worker) -> None:
        self._place.take_orders()
        self._place.send_reports()
        if self._lives(worker):
            self._say(Beat(count=self._beat.count + 1, has_begun=worker.has_begun))

    def _lives(self, worker: Worker) -> bool:
        """Whether the training gave a sign of life since the last time; before its first, it is starting."""
        beat = self._place.own.heartbeat
        latest = beat.stat().st_mtime if beat.exists() else 0.0
        is_new, self._seen_beat = latest != self._seen_beat, latest
        return is_new or not worker.has_begun

    def _say(self, beat: Beat) -> None:
        self._place.send_beat(beat)
        self._beat = beat

    def _end(self, exit_status: int | None, account: str, *, has_begun: bool = False) -> None:
        """Tell how it ended, once everything else is told; that matters so much that it is waited for."""
        last = Beat(
            count=self._beat.count + 1,
            has_begun=has_begun,
            exit_status=exit_status,
            account_of_end=account,
        )
        while not self._is_forsaken:
            try:
                self._place.send_reports(is_last=True)
                self._place.send_result()
                self._say(last)
                return
            except (BurnishError, OSError) as error:
                self._wait(error)

    def _reach(self, step: Callable[[], None]) -> None:
        """Do what takes the server, if it can be reached; else it is done the next time."""
        try:
            step()
        except (BurnishError, OSError) as error:
            self._note(error)
        else:
            self._reached_at, self._refused_since = time.monotonic(), None

    def _wait(self, error: Exception) -> None:
        self._note(error)
        time.sleep(EVERY_SECONDS)

    def _note(self, error: Exception) -> None:
        if not isinstance(error, KeyRefused):
            self._refused_since = None
        elif self._refused_since is None:
            self._refused_since = time.monotonic()
        if str(error) != self._said:
            log.warning("%s", error)
            self._said = str(error)

    @property
    def _is_forsaken(self) -> bool:
        now = time.monotonic()
        is_refused = self._refused_since is not None and now - self._refused_since > REFUSED_SECONDS
        return is_refused or now - self._reached_at > PATIENCE_SECONDS


def processes_of_ray() -> list[psutil.Process]:
    """The processes of Ray that started this one, up to the node's own; none where Ray did not."""
    above = psutil.Process().parents()
    names = [process.name() for process in above]
    return above[: names.index(RAYLET) + 1] if RAYLET in names else []


def _is_gone(process: psutil.Process) -> bool:
    # One that nobody has waited for is gone as well; in containers that may last.
    return state_of(process) in (None, psutil.STATUS_ZOMBIE)


@contextmanager
def _own_folder() -> Iterator[Path]:
    """A folder of this process alone; what others have left that were killed is removed."""
    place = cache_folder() / "cluster-jobs"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for lock in place.glob("*/agent.lock"):
        if not is_held(lock):
            shutil.rmtree(lock.parent, ignore_errors=True)
    own = tempfile.TemporaryDirectory(dir=place, ignore_cleanup_errors=True)
    with own as name, (Path(name) / "agent.lock").open("wb") as held:
        can_lock(held.fileno())
        yield Path(name)


def main() -> int:
    """Make the attempt that the environment names."""
    log_lines()
    leave_no_core_dump()
    given = taken_pass(os.environ)
    # As an exception, so that the training is ended and the folder removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with _own_folder() as folder:
        given.trust_server(folder)
        storage = RoleStorage(given.endpoint, given.credentials(given.folder_key), ALL_OF_S3)
        job = JobFolder(folder / "jobs" / given.job_id)
        return NodeAgent(NodeFolder(job, given.number, RemoteFolder(storage, given.job_id))).run(given)


if __name__ == "__main__":
    sys.exit(main())
