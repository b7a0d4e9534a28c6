"""The configs that go into the service. One that cannot work cannot be constructed.

Frozen dataclasses in Python's spelling. The service's own spelling (camelCase) lives in the functions
`request_for` of the modules in `burnish.aws`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from burnish.errors import InvalidConfig
from burnish.families import ModelFamily, family_named, family_of, model_id_of
from burnish.names import (
    CUSTOM_MODEL_ARN,
    JOB_NAME,
    KMS_KEY,
    LAMBDA_ARN,
    MODEL_NAME,
    ROLE_ARN,
    S3_URI,
    destination_problem,
)
from burnish.phrasing import Text
from burnish.types import CustomizationType

_S3_URI_RULE = "it must look like s3://bucket/key, of letters, digits, and - _ . ! * ' ( ) only"
_JOB_NAME_RULE = "it must be 1 to 63 letters, digits, and + - . and begin with a letter or a digit"
_MODEL_NAME_RULE = "it must be 1 to 63 letters and digits, with single - or _ between them"


@dataclass(frozen=True, kw_only=True)
class VpcConfig:
    """The network in which a job runs: subnets, and what their security groups let through."""

    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class FinetuningJobConfig:
    """What a fine-tuning job is made from.

    Give ``validation_data_uri`` for validation data of your own, or ``validation_split`` (a share
    between 0 and 1) to have that share of the training records set aside. Splitting writes two new
    objects beside the training file, which itself is never written to. Distillation needs a
    ``teacher_model``, reinforcement fine-tuning a ``grader_lambda_arn``.

    Raises `InvalidConfig` with every problem at once.
    """

    base_model: str
    training_data_uri: str
    output_uri: str
    role_arn: str
    job_name: str
    model_name: str
    validation_data_uri: str | None = None
    validation_split: float | None = None
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    model_type: str = "nova"
    job_tags: Mapping[str, str] = field(default_factory=dict)
    model_tags: Mapping[str, str] = field(default_factory=dict)
    customization_type: CustomizationType = CustomizationType.FINE_TUNING
    #: The model to distill from, and how many tokens it may answer with.
    teacher_model: str | None = None
    teacher_max_tokens: int | None = None
    #: The function that rewards answers.
    grader_lambda_arn: str | None = None
    #: The key that encrypts the custom model; AWS's own without it.
    model_kms_key_id: str | None = None
    vpc: VpcConfig | None = None

    def __post_init__(self) -> None:
        problems = [
            *self._empty_fields(),
            *self._bad_names(),
            *self._bad_uris(),
            *self._bad_validation(),
            *self._bad_method(),
            *self._bad_tuning(),
        ]
        if problems:
            raise InvalidConfig(f"The fine-tuning job {self.job_name!r}", problems)

    def _empty_fields(self) -> list[str]:
        required = ("base_model", "training_data_uri", "output_uri", "role_arn", "job_name", "model_name")
        return [f"{name} is empty: give it a value" for name in required if not getattr(self, name)]

    def _bad_names(self) -> list[str]:
        rules = {
            "job_name": (JOB_NAME, _JOB_NAME_RULE),
            "model_name": (MODEL_NAME, _MODEL_NAME_RULE),
            "role_arn": (ROLE_ARN, "it must look like arn:aws:iam::123456789012:role/name"),
            "grader_lambda_arn": (LAMBDA_ARN, "it must be the ARN of a Lambda function"),
            "model_kms_key_id": (KMS_KEY, "it must be the id, the ARN or the alias of a KMS key"),
        }
        return [
            f"{name} is {value!r}: {rule}"
            for name, (pattern, rule) in rules.items()
            if (value := getattr(self, name)) and not pattern.fullmatch(value)
        ]

    def _bad_uris(self) -> list[str]:
        names = ("training_data_uri", "validation_data_uri", "output_uri")
        given = {name: getattr(self, name) for name in names if getattr(self, name)}
        problems = [
            f"{name} is {uri!r}: {_S3_URI_RULE}" for name, uri in given.items() if not S3_URI.fullmatch(uri)
        ]
        # Only for well-formed URIs: two messages about one mistake would read like two mistakes.
        if not problems and self.output_uri and (problem := destination_problem(self.output_uri)):
            problems.append(f"output_uri is {self.output_uri!r}: {problem}")
        return problems

    def _bad_method(self) -> list[str]:
        """Fields that one customization type requires and the others do not accept."""
        needs = {
            "teacher_model": (self.teacher_model, CustomizationType.DISTILLATION),
            "grader_lambda_arn": (self.grader_lambda_arn, CustomizationType.REINFORCEMENT_FINE_TUNING),
        }
        problems = []
        for name, (value, method) in needs.items():
            if value and self.customization_type is not method:
                problems.append(f"{name} is for {method}: leave it out, or set customization_type")
            if not value and self.customization_type is method:
                problems.append(f"{name} is missing: {method} needs it")
        return problems

    def _bad_tuning(self) -> list[Text]:
        """What the family refuses. Short names of base models are resolved, and checked, only later."""
        try:
            family = family_named(self.model_type)
        except InvalidConfig as error:
            return [f"model_type is {self.model_type!r}: {problem}" for problem in error.problems]
        if family_of(self.base_model) is None:
            return []
        try:
            tuning = family.tuning(model_id_of(self.base_model), self.customization_type)
        except InvalidConfig as error:
            return list(error.problems)
        return [
            *wrong_family(self.base_model, family),
            *tuning.problems_with(self.hyperparameters, owner=family.name),
        ]

    def _bad_validation(self) -> list[str]:
        if self.validation_split is None:
            return []
        if self.validation_data_uri is not None:
            return ["validation_split is given, and validation_data_uri is as well: choose one"]
        if not 0 < self.validation_split < 1:
            return [f"validation_split is {self.validation_split}: it must lie between 0 and 1, such as 0.2"]
        return []


def wrong_family(base_model: str, family: ModelFamily) -> list[str]:
    """A problem if another family claims the base model. One that none claims may be a custom model."""
    claimed = family_of(base_model)
    if claimed in (None, family):
        return []
    return [f"base_model {base_model!r} is not of type {family.name!r}: set model_type={claimed.name!r}"]


@dataclass(frozen=True, kw_only=True)
class ProvisionedThroughputConfig:
    """What a provisioned throughput is made from. It bills by the hour from creation to deletion."""

    model_id: str
    provisioned_model_name: str
    model_units: int = 1
    model_type: str = "nova"
    commitment_duration: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = ("model_id", "provisioned_model_name")
        problems = [f"{name} is empty: give it a value" for name in names if not getattr(self, name)]
        if self.provisioned_model_name and not MODEL_NAME.fullmatch(self.provisioned_model_name):
            problems.append(f"provisioned_model_name is {self.provisioned_model_name!r}: {_MODEL_NAME_RULE}")
        if self.model_units < 1:
            problems.append(f"model_units is {self.model_units}: it must be at least 1")
        if self.commitment_duration not in (None, "OneMonth", "SixMonths"):
            problems.append(
                f"commitment_duration is {self.commitment_duration!r}: "
                "it must be OneMonth or SixMonths, or left out"
            )
        if problems:
            raise InvalidConfig(f"The provisioned throughput {self.provisioned_model_name!r}", problems)


@dataclass(frozen=True, kw_only=True)
class CustomModelDeploymentConfig:
    """What an on-demand deployment is made from. It bills by the token, and nothing while it is idle."""

    #: The custom model's ARN; a name will not do.
    model_id: str
    deployment_name: str
    model_type: str = "nova"
    description: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        problems = []
        if not CUSTOM_MODEL_ARN.fullmatch(self.model_id):
            problems.append(f"model_id is {self.model_id!r}: it must be the ARN of a custom model")
        if not MODEL_NAME.fullmatch(self.deployment_name):
            problems.append(f"deployment_name is {self.deployment_name!r}: {_MODEL_NAME_RULE}")
        if self.description is not None and not 1 <= len(self.description) <= 2048:
            problems.append(f"description has {len(self.description)} characters: it must have 1 to 2048")
        if problems:
            raise InvalidConfig(f"The custom model deployment {self.deployment_name!r}", problems)
