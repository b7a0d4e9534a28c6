"""Starts attempts at jobs on a Ray cluster, and finds again what an earlier server has started there."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from burnish.errors import BurnishError, NotFound
from burnish.server.capacity import Share
from burnish.server.cluster.launch import new_launch, read_launch, write_launch
from burnish.server.cluster.ray_attempt import RayAttempt
from burnish.server.cluster.remote_folder import JOBS, RemoteFolder
from burnish.server.cluster.submitting import ClusterDoor
from burnish.server.job_folder.paths import JobFolder

log = logging.getLogger(__name__)


class RayLauncher:
    """Starts attempts as jobs of a Ray cluster, which go on where this server ends, and are adopted later."""

    def __init__(self, door: ClusterDoor) -> None:
        self._door = door

    def start(self, folder: JobFolder, *, attempt: int, share: Share, log: Path) -> RayAttempt:
        """Start an attempt, whose output is appended to ``log``. A thread of its own asks the cluster."""
        log.parent.mkdir(parents=True, exist_ok=True)
        launch = new_launch(folder, attempt=attempt, log=log, threads=share.threads)
        write_launch(folder, launch)
        return RayAttempt(self._door, folder, launch)

    def adopt(self, folder: JobFolder, *, attempt: int) -> RayAttempt | None:
        """The attempt that an earlier server has given to the cluster, or None."""
        launch = read_launch(folder)
        if launch is None or launch.is_over:
            return None
        return RayAttempt(self._door, folder, launch)

    def clear_away(self, job_id: str) -> None:
        """Have the objects of a job removed that is over."""
        threading.Thread(target=self._delete, args=(job_id,), name=f"clear {job_id}", daemon=True).start()

    def clear_leftovers(self, unfinished: Collection[str]) -> None:
        """Remove the objects of all jobs but these."""
        try:
            names = self._door.storage.names(JOBS)
        except NotFound:  # the bucket comes with the first job
            return
        except BurnishError as error:
            log.warning("What is left of earlier jobs in %s is not cleared away: %s", JOBS, error)
            return
        for job_id in {name.partition("/")[0] for name in names} - set(unfinished):
            self._delete(job_id)

    def _delete(self, job_id: str) -> None:
        # What cannot be removed now is removed when the server starts the next time.
        with suppress(BurnishError):
            RemoteFolder(self._door.storage, job_id).delete()
