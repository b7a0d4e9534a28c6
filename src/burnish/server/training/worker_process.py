"""The server's handle on a training process, even on one that an earlier server started."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from pathlib import Path

import psutil

from burnish.process_messages import encoded
from burnish.server.job_files import lock_file, log_file
from burnish.server.job_input import WorkerInput
from burnish.server.resources import Job, ResourceReference
from burnish.server.training.job_lock import is_held, kill_holder, last_holder, running_holder, state_of
from burnish.server.training.memory import in_gib, memory_limit, memory_of, processes_ended_for_memory
from burnish.tether import Tethered, start

WORKER = "burnish.server.training.worker"
WORKER_GRACE_SECONDS = 2.0

log = logging.getLogger(__name__)

#: How a worker that leaves its job unfinished says why: a fault of the server's files or disk, which is no
#: fault of the job, or too little memory.
SERVER_FAULT = 70
OUT_OF_MEMORY = 71

#: The share of the memory from which on a process that was killed was probably killed for its memory.
_MUCH = 0.8


class Worker:
    """A process that makes one attempt at a job. It lives for as long as it holds the job's lock.

    ``child`` is None where a server that is gone has started it.
    """

    def __init__(self, job: Job, lock: Path, *, attempt: int, child: Tethered | None = None) -> None:
        self.job = ResourceReference(arn=job.arn, name=job.name)
        self.attempt = attempt
        self.progress_before = job.progress
        self._lock = lock
        self._child = child
        self._begun_at = time.monotonic()
        self._peak_memory = 0
        self._ended_for_memory = processes_ended_for_memory()

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone. That its guard is gone says nothing."""
        return (self._child is None or self._child.has_ended) and not is_held(self._lock)

    @property
    def has_begun(self) -> bool:
        """Whether the process came as far as to hold the job's lock."""
        holder = last_holder(self._lock)
        return holder is not None and holder.attempt == self.attempt

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

    def observe(self) -> None:
        """Note how much memory the process uses."""
        if process := running_holder(self._lock):
            self._peak_memory = max(self._peak_memory, memory_of(process))

    @property
    def is_suspended(self) -> bool:
        """Whether somebody has stopped the process with a signal, to have it go on later."""
        process = running_holder(self._lock)
        return process is not None and state_of(process) == psutil.STATUS_STOPPED

    def resume(self) -> None:
        """Have a suspended process go on."""
        if process := running_holder(self._lock):
            log.warning(
                "Resuming the suspended process %d, which holds a lock on the server's state", process.pid
            )
            process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        """End the process and wait until it is gone."""
        if self._child:
            self._child.end()
        kill_holder(self._lock)

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


def start_worker(job: Job, given: WorkerInput) -> Worker:
    """A process that makes an attempt at a job and ends when this process does."""
    output = log_file(given.data, job.id)
    output.parent.mkdir(exist_ok=True)
    child = start(
        [sys.executable, "-m", WORKER, encoded(given).decode()],
        log=output,
        # Threads of OpenMP that spin while they wait take the cores from others: beside another busy process
        # two of them once came down from 280 tokens a second to 30.
        environment={**os.environ, "OMP_WAIT_POLICY": "passive"},
        grace=WORKER_GRACE_SECONDS,
    )
    return Worker(job, lock_file(given.data, job.id), attempt=given.attempt, child=child)


def running_worker(data: Path, job: Job) -> Worker | None:
    """The process that works on a job without this server having started it, or None."""
    lock = lock_file(data, job.id)
    holder = last_holder(lock) if is_held(lock) else None
    return Worker(job, lock, attempt=holder.attempt) if holder else None
