"""A training process without training: it holds the lock, counts and settles as the real one, quickly.

What it does stands in the place of the job's hyperparameters: how far to come, and then to ``complete``, to
``die``, to ``hang``, to ``exit`` with a status, or to ``tell`` its environment. One that is to ``refuse``
ends before it takes the job for its own.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

from burnish.server.job_folder.heartbeat import beating
from burnish.server.job_folder.paths import JobFolder
from burnish.server.job_folder.spec import read_spec
from burnish.server.training.attempt import Attempt, Stopped
from burnish.server.training.job_lock import held_lock


def work_on(folder: JobFolder, number: int) -> None:
    attempt = Attempt(read_spec(folder), folder, number)
    attempt.begin()
    script = attempt.job.hyperparameters
    if script["then"] == "die" and number > int(script.get("deaths", number)):
        return keep(attempt)
    for _ in range(int(script.get("further", 0)) * number):
        attempt.advance()
    attempt.mark_phase("validation", "InProgress")
    then = {"die": die, "hang": hang, "exit": leave, "complete": keep, "tell": tell}
    return then[script["then"]](attempt)


def die(attempt: Attempt) -> None:
    os.kill(os.getpid(), int(attempt.job.hyperparameters.get("signal", signal.SIGKILL)))


def leave(attempt: Attempt) -> None:
    sys.exit(int(attempt.job.hyperparameters["status"]))


def hang(attempt: Attempt) -> None:
    """Wait for a file that lets it complete; as the real one, notice that the job is to stop."""
    data = attempt.folder.path.parent.parent
    while not (data / "complete").exists() and not attempt.ends_early:
        try:
            attempt.check()
        except Stopped:
            attempt.settle("Stopped")
            return
        time.sleep(0.02)
    keep(attempt)


def tell(attempt: Attempt) -> None:
    (attempt.own_folder.path / "environment.json").write_text(json.dumps(dict(os.environ)))


def keep(attempt: Attempt) -> None:
    attempt.own_folder.model.mkdir()
    attempt.complete(training_loss=0.5, validation_loss=None)


if __name__ == "__main__":
    folder, number = JobFolder(Path(sys.argv[1])), int(sys.argv[2])
    sys.stdout.write(f"attempt {number}\n")
    if read_spec(folder).hyperparameters["then"] == "refuse":
        sys.exit(3)
    heartbeat = folder.attempt(number).heartbeat
    with held_lock(folder.lock, attempt=number), beating(heartbeat, every=0.05):
        work_on(folder, number)
