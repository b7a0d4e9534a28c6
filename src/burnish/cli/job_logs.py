"""`burnish job logs`: what a job has logged, and where there is no log, what the service tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from burnish.aws.artifacts import job_log
from burnish.cli.output import print_message, print_result
from burnish.job_standing import standing

if TYPE_CHECKING:
    from burnish.aws.clients import Clients
    from burnish.types import FinetuningJobResult

NO_LOG = (
    "Amazon Bedrock keeps no log of a job: this is its status. Its losses are written to {output} when it is "
    "done, and `burnish job metrics {name}` shows them."
)


class JobLines:
    """Prints of a job's log what was not printed yet."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._printed = 0
        self._standing = ""

    def print_new(self, job: FinetuningJobResult) -> None:
        """Print the new lines of the log; of a job without one, its status where that has changed."""
        lines = job_log(self._clients.s3, job.output_uri or "", job.job_arn).splitlines()
        for line in lines[self._printed :]:
            print_result(line)
        self._printed = max(self._printed, len(lines))
        if not self._printed:
            self._print_standing(job)

    def _print_standing(self, job: FinetuningJobResult) -> None:
        if self._clients.leads_to_aws and not self._standing:
            print_message(NO_LOG.format(name=job.job_name, output=job.output_uri))
        now = standing(job)
        if now != self._standing:
            self._standing = now
            print_result(now)
