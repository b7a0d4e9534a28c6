"""A training process without training: it holds the lock, counts and settles as the real one, quickly.

What it does stands in the place of the job's hyperparameters: how far to come, and then to ``complete``, to
``die``, to ``hang``, to be suspended in the middle of a change, or to ``exit`` with a status.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from burnish.server.arns import id_in
from burnish.server.job_files import attempt_folder, lock_file
from burnish.server.job_input import READER_OF_WORKER_INPUT
from burnish.server.resources import CustomModel, Job
from burnish.server.store import Store
from burnish.server.training.attempt import Attempt, Stopped
from burnish.server.training.job_lock import held_lock


def work_on(data: Path, arn: str, number: int) -> None:
    store = Store(data)
    job = store.get(Job, arn)
    assert job
    attempt = Attempt(job, store)
    attempt.begin()
    script = job.hyperparameters
    if script["then"] == "die" and number > int(script.get("deaths", number)):
        return keep(data, attempt)
    for _ in range(int(script.get("further", 0)) * number):
        attempt.advance()
    attempt.mark_phase("validation", "InProgress")
    then = {"die": die, "hang": hang, "exit": leave, "suspend": suspend, "complete": keep}
    return then[script["then"]](data, attempt)


def die(data: Path, attempt: Attempt) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leave(data: Path, attempt: Attempt) -> None:
    sys.exit(int(attempt.job.hyperparameters["status"]))


def hang(data: Path, attempt: Attempt) -> None:
    """Wait for a file that lets it complete; as the real one, notice that the job is to stop."""
    while not (data / "complete").exists():
        try:
            attempt.check()
        except Stopped:
            attempt.settle("Stopped")
            return
        time.sleep(0.02)
    keep(data, attempt)


def suspend(data: Path, attempt: Attempt) -> None:
    """Be stopped in the middle of a change of the state."""
    with attempt.store.database.change():
        os.kill(os.getpid(), signal.SIGSTOP)
    keep(data, attempt)


def keep(data: Path, attempt: Attempt) -> None:
    job = attempt.job
    adapter = attempt_folder(data, job.id, job.attempts)
    adapter.mkdir(parents=True)
    model = CustomModel(
        arn=job.arn.replace("model-customization-job", "custom-model"),
        region=job.region,
        name=job.model_name,
        job_arn=job.arn,
        base_model_id=job.base_model_id,
        weights_id=job.weights_id,
        adapter=adapter.relative_to(data).as_posix(),
    )
    attempt.complete(model)


if __name__ == "__main__":
    given = READER_OF_WORKER_INPUT.read(sys.argv[1])
    with held_lock(lock_file(given.data, id_in(given.job_arn)), attempt=given.attempt):
        work_on(given.data, given.job_arn, given.attempt)
