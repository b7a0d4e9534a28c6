"""What a job writes under its output URI: CSV files of losses, and on a server of one's own a log."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from burnish.aws.clients import Client
from burnish.aws.objects import S3Uri, list_objects, read_bytes
from burnish.aws.retries import Backoff
from burnish.calibration.held_out_confidence import FILE_NAME, HeldOutConfidence, read_confidence
from burnish.errors import NotFound

#: A running job rewrites its metrics: a file that was listed may be missing for a moment.
REWRITE_BACKOFF = Backoff(attempts=4, first=0.2)

LOG_NAME = "job.log"


@dataclass(frozen=True, kw_only=True)
class TrainingStep:
    """One line of a metrics file. Steps count from 0."""

    step: int
    epoch: int
    loss: float
    perplexity: float


def training_metrics(s3: Client, output_uri: str, job_arn: str) -> list[TrainingStep]:
    """The training loss of each step; empty until the job has written it."""
    return _steps(
        s3, output_uri, job_arn, r"training_artifacts/(.*/)?step_wise_training_metrics\.csv", "training_loss"
    )


def validation_metrics(s3: Client, output_uri: str, job_arn: str) -> list[TrainingStep]:
    """The validation loss of each step; empty until it is written, and for jobs without validation data."""
    return _steps(
        s3, output_uri, job_arn, r"validation_artifacts/(.*/)?validation_metrics\.csv", "validation_loss"
    )


def held_out_confidence(s3: Client, output_uri: str, job_arn: str) -> HeldOutConfidence | None:
    """What the tuned model's confidence is worth on held-out pages; None where no file tells."""
    uri = folder_of(output_uri, job_arn).child(f"training_artifacts/{FILE_NAME}")
    try:
        return read_confidence(read_bytes(s3, uri))
    except NotFound:
        return None


def job_log(s3: Client, output_uri: str, job_arn: str) -> str:
    """What a job has logged on a server of one's own; empty where there is no log, as on Amazon Bedrock."""
    try:
        return read_bytes(s3, folder_of(output_uri, job_arn).child(LOG_NAME)).decode(errors="replace")
    except NotFound:
        return ""


def folder_of(output_uri: str, job_arn: str) -> S3Uri:
    """The folder of what a job writes."""
    return S3Uri.parse(output_uri).child(f"model-customization-job-{job_arn.rpartition('/')[2]}/")


def _steps(s3: Client, output_uri: str, job_arn: str, pattern: str, loss: str) -> list[TrainingStep]:
    """The steps in all matching files under the job's folder. Their paths differ between model families."""
    folder = folder_of(output_uri, job_arn)
    # Found by pattern: the guide and AWS's own notebooks name different folders for the same file.
    found = [
        uri for uri in list_objects(s3, folder) if re.fullmatch(pattern, uri.key.removeprefix(folder.key))
    ]
    return [step for uri in found for step in _steps_in(_read(s3, uri), loss)]


def _read(s3: Client, uri: S3Uri) -> bytes:
    """A file that a running job may be rewriting. Raises `NotFound` if it does not come back."""
    for attempt in range(REWRITE_BACKOFF.attempts - 1):
        try:
            return read_bytes(s3, uri)
        except NotFound:
            REWRITE_BACKOFF.pause(attempt)
    return read_bytes(s3, uri)


def _steps_in(body: bytes, loss: str) -> list[TrainingStep]:
    # Some tools write a byte order mark, which would become part of the first column's name.
    rows = csv.DictReader(io.StringIO(body.decode("utf-8-sig")))
    return [
        TrainingStep(
            step=int(row["step_number"]),
            epoch=int(row["epoch_number"]),
            loss=float(row[loss]),
            perplexity=float(row["perplexity"]),
        )
        for row in rows
    ]
