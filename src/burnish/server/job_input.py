"""What was asked for a job, as it is stored."""

from __future__ import annotations

import msgspec


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


class NetworkOfJob(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The network that AWS would read and write from."""

    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()


class TeacherModelConfig(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Which model answers the prompts of a distillation, and in how many tokens at most."""

    teacher_model_identifier: str
    max_response_length_for_inference: int | None = None


class DistillationConfig(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How a model is distilled."""

    teacher_model_config: TeacherModelConfig


class CustomizationConfig(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What a kind of customization is given beside its data."""

    distillation_config: DistillationConfig | None = None


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
    #: Those that were given. What the job trains with is kept beside the request.
    hyper_parameters: dict[str, str] | None = None
    custom_model_kms_key_id: str | None = None
    vpc_config: NetworkOfJob | None = None
    customization_type: str = "FINE_TUNING"
    customization_config: CustomizationConfig | None = None
    #: Where the teacher is asked that this server does not have; no member of the API.
    teacher_endpoint: str | None = None

    @property
    def teacher(self) -> TeacherModelConfig | None:
        """Which model answers the prompts of a distillation; None for other jobs."""
        distillation = self.customization_config and self.customization_config.distillation_config
        return distillation.teacher_model_config if distillation else None

    @property
    def validation_uris(self) -> list[str]:
        """Where the validation sets lie."""
        return [one.s3_uri for one in self.validation_data_config.validators]

    @property
    def without_effect(self) -> list[str]:
        """The members that are kept and shown, and change nothing on this server."""
        given = {"vpcConfig": self.vpc_config, "customModelKmsKeyId": self.custom_model_kms_key_id}
        return [name for name, value in given.items() if value]
