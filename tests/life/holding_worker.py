"""The training worker, whose first attempts stop in the middle for as long as a test wants them to."""

import os
import sys
import time
from pathlib import Path

from burnish.engine.tunable_model import Step
from burnish.server.job_folder.paths import JobFolder
from burnish.server.training.work import Work
from burnish.server.training.worker import main

#: A folder with the names of the jobs that are held.
HELD = "HELD_JOBS"
#: The step after which they are: by then there are checkpoints.
HELD_AFTER = 30

add_step = Work.add_step


def add_step_and_wait(work: Work, step: Step) -> None:
    add_step(work, step)
    is_first = work.attempt.number == 1 and step.number == HELD_AFTER
    while is_first and (Path(os.environ[HELD]) / work.job.name).exists():
        time.sleep(0.05)


if __name__ == "__main__":
    Work.add_step = add_step_and_wait
    sys.exit(main(JobFolder(Path(sys.argv[1])), int(sys.argv[2])))
