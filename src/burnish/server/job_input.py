"""What a training worker is given: the stored request of a job, and the number of the attempt."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from burnish.process_messages import MessageReader, ProcessMessage


class S3Data(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An object or a folder in S3."""

    s3_uri: str


class ValidationData(msgspec.Struct, frozen=True, kw_only=True):
    """The validation sets of a job."""

    validators: tuple[S3Data, ...] = ()


class KeptTag(msgspec.Struct, frozen=True, kw_only=True):
    """A tag that a job's model is to have."""

    key: str
    value: str


class JobRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What was asked for a job, in the API's own members.

    It is kept for as long as the job, and read by later versions: a member that is added has a default, and
    none is renamed. Earlier versions kept everything that was asked, of which the rest is passed over.
    """

    role_arn: str
    base_model_identifier: str
    training_data_config: S3Data
    output_data_config: S3Data
    validation_data_config: ValidationData = ValidationData()
    custom_model_tags: tuple[KeptTag, ...] = ()
    client_request_token: str | None = None

    @property
    def validation_uris(self) -> list[str]:
        """Where the validation sets lie."""
        return [one.s3_uri for one in self.validation_data_config.validators]


class WorkerInput(ProcessMessage, frozen=True, kw_only=True):
    """The attempt that a training worker is to make, and where it finds what that takes."""

    data: Path
    job_arn: str
    attempt: int
    objects_endpoint: str
    weights: Path


READER_OF_WORKER_INPUT: Final[MessageReader[WorkerInput]] = MessageReader(WorkerInput)
