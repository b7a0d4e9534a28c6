"""What was asked for a batch inference job, as it is stored."""

from __future__ import annotations

import msgspec

from burnish.server.job_input import NetworkOfJob

#: The timeout of a job that names none.
USUAL_HOURS = 24
SUFFIX = ".jsonl"


class BatchInput(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Where the records lie: a file, or a folder of files."""

    s3_uri: str
    s3_input_format: str | None = None
    s3_bucket_owner: str | None = None

    @property
    def is_folder(self) -> bool:
        """Whether it names a folder of files, and no file."""
        return not self.s3_uri.endswith(SUFFIX)


class BatchOutput(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Where the answers go, and the key that AWS would encrypt them with."""

    s3_uri: str
    s3_encryption_key_id: str | None = None
    s3_bucket_owner: str | None = None


class InputConfig(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The API's envelope of an input."""

    s3_input_data_config: BatchInput


class OutputConfig(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The API's envelope of an output."""

    s3_output_data_config: BatchOutput


class BatchRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What was asked for a job, in the API's own members; later versions read it: no member is renamed."""

    role_arn: str
    model_id: str
    input_data_config: InputConfig
    output_data_config: OutputConfig
    model_invocation_type: str = "InvokeModel"
    timeout_duration_in_hours: int = USUAL_HOURS
    vpc_config: NetworkOfJob | None = None
    client_request_token: str | None = None

    @property
    def input(self) -> BatchInput:
        """Where the records lie."""
        return self.input_data_config.s3_input_data_config

    @property
    def output(self) -> BatchOutput:
        """Where the answers go."""
        return self.output_data_config.s3_output_data_config

    @property
    def without_effect(self) -> list[str]:
        """The members that are kept and shown, and change nothing on this server."""
        given = {"vpcConfig": self.vpc_config, "s3EncryptionKeyId": self.output.s3_encryption_key_id}
        return [name for name, value in given.items() if value]
