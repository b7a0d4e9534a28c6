"""The folder in S3 that a job writes to, where Bedrock writes as well."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from burnish.calibration.held_out_confidence import FILE_NAME
from burnish.checking import Problem
from burnish.records import Record, line_of
from burnish.server.job_folder.spec import JobSpec
from burnish.server.s3.role_storage import RoleStorage
from burnish.server.training.attempt import Attempt
from burnish.server.training.metric_files import LossRow, metrics_csv
from burnish.tuned_models.model_manifest import FILE_NAME as MANIFEST_NAME
from burnish.tuned_models.model_manifest import FOLDER_NAME, ModelManifest

#: How many doubts about the records go into the log; all go into a file.
LOGGED = 20

LOG_NAME = "job.log"

log = logging.getLogger(__name__)


def output_folder(job: JobSpec) -> str:
    """The S3 folder of a job's artefacts."""
    folder = job.request.output_data_config.s3_uri.rstrip("/")
    return f"{folder}/model-customization-job-{job.id}"


@dataclass(frozen=True)
class PatientStorage:
    """A job's objects: while the S3 server does not answer, they are waited for."""

    storage: RoleStorage
    attempt: Attempt

    def read(self, uri: str, *, most_bytes: int | None = None) -> bytes:
        """The bytes of an object. Raises `AccessDenied`, `NotFound` or `InvalidInput`, naming it."""
        return self.attempt.patiently(lambda: self.storage.read(uri, most_bytes=most_bytes))

    def write(self, uri: str, body: bytes) -> None:
        """Put an object. Raises `AccessDenied` or `NotFound`, naming it."""
        self.attempt.patiently(lambda: self.storage.write(uri, body))


@dataclass(frozen=True)
class JobOutput:
    """A job's folder, and how to write what belongs there."""

    storage: PatientStorage
    folder: str

    def check_access(self) -> None:
        """Write a file that only shows that the job's role can. Raises `AccessDenied` or `NotFound`."""
        self.storage.write(f"{self.folder}/.write_access_check_file.temp", b"")

    def write_doubts(self, doubts: Sequence[Problem]) -> None:
        """Put what stops no job where who looks after it finds it: beside its metrics, and in its log."""
        if doubts:
            uri = f"{self.folder}/input_status/warnings.txt"
            self.storage.write(uri, "".join(f"{doubt}\n" for doubt in doubts).encode())
            log.warning("Training on these records in spite of the warnings in %s", uri)
            for doubt in doubts[:LOGGED]:
                log.warning("%s", doubt)

    def write_settings(self, body: bytes) -> None:
        """Put how the job trains, as JSON, beside its losses."""
        self.storage.write(f"{self.folder}/training_artifacts/training_settings.json", body)

    def write_teacher_answers(self, records: Sequence[Record]) -> None:
        """Put the records as they are trained on, with a teacher's answers, beside its losses."""
        body = b"".join(map(line_of, records))
        self.storage.write(f"{self.folder}/training_artifacts/teacher_answers.jsonl", body)

    def write_confidence(self, body: bytes) -> None:
        """Put what the tuned model's confidence is worth, as JSON, beside its losses."""
        self.storage.write(f"{self.folder}/training_artifacts/{FILE_NAME}", body)

    def write_model(self, folder: Path, manifest: ModelManifest) -> None:
        """Write a model's files, and last what they are: who finds that finds all of them."""
        place = f"{self.folder}/{FOLDER_NAME}"
        for name in manifest.files:
            self.storage.write(f"{place}/{name}", (folder / name).read_bytes())
        self.storage.write(f"{place}/{MANIFEST_NAME}", manifest.as_file())

    def write_metrics(self, training: Sequence[LossRow], validation: Sequence[LossRow]) -> None:
        """Write the loss of each step, and of each validation where there is one."""
        self.storage.write(
            f"{self.folder}/training_artifacts/step_wise_training_metrics.csv",
            metrics_csv("training_loss", training),
        )
        if validation:
            self.storage.write(
                f"{self.folder}/validation_artifacts/post_fine_tuning_validation/validation_metrics.csv",
                metrics_csv("validation_loss", validation),
            )
