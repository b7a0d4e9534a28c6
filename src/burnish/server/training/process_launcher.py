"""Attempts at jobs as processes on this machine; also those that an earlier server has started."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Collection, Mapping
from pathlib import Path

from burnish.processes.memory import in_gib, memory_limit, memory_of, processes_ended_for_memory
from burnish.processes.tether import Tethered, start
from burnish.server.capacity import VISIBLE_GPUS, Share
from burnish.server.job_folder.attempt_input import read_input
from burnish.server.job_folder.paths import JobFolder
from burnish.server.training.job_lock import is_held, kill_holder, last_holder, running_holder
from burnish.server.training.launcher import OUT_OF_MEMORY

WORKER = "burnish.server.training.worker"
#: A step and a checkpoint of a large model take seconds; what is not kept by then is trained again.
WORKER_GRACE_SECONDS = 15.0

log = logging.getLogger(__name__)

#: The share of the memory from which on a process that was killed was probably killed for its memory.
_MUCH = 0.8


class Worker:
    """A process that makes one attempt at a job. It lives for as long as it holds the job's lock.

    ``child`` is None where a server that is gone has started it.
    """

    def __init__(self, lock: Path, *, number: int, child: Tethered | None = None) -> None:
        self.number = number
        self._lock = lock
        self._child = child
        self._begun_at = time.monotonic()
        self._peak_memory = 0
        self._ended_for_memory = processes_ended_for_memory()

    def poll(self) -> bool:
        """Whether the process still runs; notes how much memory it uses."""
        if process := running_holder(self._lock):
            self._peak_memory = max(self._peak_memory, memory_of(process))
        # That its guard is gone says nothing of the process.
        is_over = (self._child is None or self._child.has_ended) and not is_held(self._lock)
        return not is_over

    @property
    def has_begun(self) -> bool:
        """Whether the process came as far as to hold the job's lock."""
        holder = last_holder(self._lock)
        return holder is not None and holder.attempt == self.number

    @property
    def age(self) -> float:
        """The seconds for which this server has known the process."""
        return time.monotonic() - self._begun_at

    @property
    def exit_status(self) -> int | None:
        """The exit status, negative for a signal; None where nobody has seen it."""
        status = self._child.exit_status if self._child else None
        if status is None or status < 0:
            return None  # the guard itself was killed
        # The guard ends with the command's status, of which the system keeps one byte: signal 9 comes as 247.
        return status - 256 if status > 128 + 64 else status

    def stop(self) -> None:
        """End the process and wait until it is gone."""
        if self._child:
            self._child.end()
        kill_holder(self._lock)

    @property
    def waits_for(self) -> str | None:
        """None: the process is there, or it is over."""
        return None

    def end_with_server(self) -> None:
        """End the process, which writes a checkpoint first, if it can in time."""
        self.stop()

    def account_of_end(self) -> str:
        """How the process ended and, where memory was short, what needs less."""
        if self._was_short_of_memory():
            return (
                f"{self._manner()}, probably for lack of memory ({in_gib(self._peak_memory)} used of "
                f"{in_gib(memory_limit())}): use a smaller batchSize, shorter pages or a smaller model"
            )
        return self._manner()

    def _manner(self) -> str:
        status = self.exit_status
        if status is None:
            return "was ended by something that the server did not see"
        if status < 0:
            return f"was ended by signal {-status} ({signal.Signals(-status).name})"
        return f"ended with status {status}"

    def _was_short_of_memory(self) -> bool:
        if self.exit_status == OUT_OF_MEMORY:
            return True
        killed = self.exit_status in (None, -signal.SIGKILL)
        much = self._peak_memory > _MUCH * memory_limit()
        return killed and (much or processes_ended_for_memory() > self._ended_for_memory)


class ProcessLauncher:
    """Starts attempts as processes that end when this one does.

    An attempt whose teacher is asked elsewhere gets the environment variables of ``teacher_secrets``.
    """

    def __init__(self, teacher_secrets: Mapping[str, str] | None = None) -> None:
        self._teacher_secrets = dict(teacher_secrets or {})

    def start(self, folder: JobFolder, *, attempt: int, share: Share, log: Path) -> Worker:
        """Start an attempt, whose output is appended to ``log``."""
        log.parent.mkdir(exist_ok=True)
        secrets = self._teacher_secrets if _asks_elsewhere(folder, attempt) else {}
        child = start(
            [sys.executable, "-m", WORKER, str(folder.path), str(attempt)],
            log=log,
            environment={**os.environ, **_environment_of(share)},
            secrets=secrets,
            grace=WORKER_GRACE_SECONDS,
        )
        return Worker(folder.lock, number=attempt, child=child)

    def adopt(self, folder: JobFolder, *, attempt: int) -> Worker | None:
        """The process that works on a job without this one having started it, or None."""
        if not is_held(folder.lock):
            return None
        holder = last_holder(folder.lock)
        return Worker(folder.lock, number=holder.attempt if holder else attempt)

    def clear_away(self, job_id: str) -> None:
        """Nothing: all of a job lies in its folder."""

    def clear_leftovers(self, unfinished: Collection[str]) -> None:
        """Nothing, for the same reason."""


def _asks_elsewhere(folder: JobFolder, attempt: int) -> bool:
    """Whether the teacher of an attempt is asked at an endpoint."""
    given = folder.attempt(attempt)
    return given.input.exists() and read_input(given).remote_teacher is not None


def _environment_of(share: Share) -> dict[str, str]:
    """What bounds a process to its share of the machine."""
    gpu = {} if share.gpu is None else {VISIBLE_GPUS: share.gpu}
    # Threads of OpenMP that spin while they wait take the cores from others: beside another busy process two
    # of them once came down from 280 tokens a second to 30.
    return {"OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": str(share.threads), **gpu}
