"""The command of one's own that is run once a job has ended."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from burnish.cli.output import print_message

if TYPE_CHECKING:
    from burnish.types import FinetuningJobResult


def run_notification(command: str, job: FinetuningJobResult) -> None:
    """Run a command in the shell, with what came of the job in its environment. Its failure is a warning."""
    # Not in the command's text: a failure's message would be a part of it, whatever that says.
    environment = os.environ | _variables(job)
    # The standard output is the result's.
    ended = subprocess.run(command, shell=True, env=environment, stdout=sys.stderr, check=False)  # noqa: S602  the user's own command
    if ended.returncode:
        print_message(f"The command of --notify ended with status {ended.returncode}: {command}")


def _variables(job: FinetuningJobResult) -> dict[str, str]:
    values = {
        "BURNISH_JOB_NAME": job.job_name,
        "BURNISH_JOB_ARN": job.job_arn,
        "BURNISH_JOB_STATUS": str(job.status),
        "BURNISH_JOB_FAILURE": job.failure_message,
        "BURNISH_MODEL_ARN": job.model_id,
    }
    # All of them, so that a shell's `set -u` does not end the command.
    return {name: value or "" for name, value in values.items()}
