"""What a job is to train: frozen when its first attempt begins, and the same for every further one."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from burnish.disk import replace_file
from burnish.processes.messages import InvalidMessage
from burnish.server.arns import id_in
from burnish.server.job_folder.paths import JobFolder
from burnish.server.job_input import JobRequest
from burnish.server.resources import Job


class JobSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A job as whoever trains it knows it. Later versions read it: a member that is added has a default."""

    arn: str
    region: str
    name: str
    model_name: str
    base_model_id: str
    weights_id: str | None
    request: JobRequest
    hyperparameters: Mapping[str, str]

    @property
    def id(self) -> str:
        """The twelve characters at the end of the ARN."""
        return id_in(self.arn)


def spec_of(job: Job) -> JobSpec:
    """What a job is to train."""
    return JobSpec(**{name: getattr(job, name) for name in JobSpec.__struct_fields__})


def write_spec(folder: JobFolder, spec: JobSpec) -> None:
    """Write what is to be trained, where it is not written yet, or cannot be read any more."""
    try:
        read_spec(folder)
    except InvalidMessage:
        replace_file(folder.spec, msgspec.json.encode(spec))


def read_spec(folder: JobFolder) -> JobSpec:
    """What is to be trained. Raises `InvalidMessage` where the file is missing or damaged."""
    try:
        return msgspec.json.decode(folder.spec.read_bytes(), type=JobSpec)
    except (OSError, ValueError) as error:
        raise InvalidMessage(f"{folder.spec} cannot be read: {error}") from error
