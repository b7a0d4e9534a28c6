"""What a job was given, as the config of another one: jobs have an end, and no name is given twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from burnish.aws.base_models import family_claiming
from burnish.aws.clients import Clients
from burnish.aws.jobs import validators_of
from burnish.aws.retries import call
from burnish.configs import FinetuningJobConfig, VpcConfig
from burnish.names import BASE_MODEL_TAG, MANIFEST_TAG
from burnish.types import CustomizationType


def repeated_config(clients: Clients, job_arn: str, *, job_name: str, model_name: str) -> FinetuningJobConfig:
    """A config with all that a job was given, under names that are still free.

    Of its tags, those that name its data set are left to whoever starts the new job; those of its model are
    not known. Raises `InvalidConfig` where its base model is not known any more.
    """
    action = f"describe the fine-tuning job {job_arn!r}"
    told = call(clients.bedrock.get_model_customization_job, action, jobIdentifier=job_arn)
    tags = _tags_of(clients, job_arn)
    # The service tells the base model only, also where a custom model was tuned further.
    base_model = tags.pop(BASE_MODEL_TAG, told["baseModelArn"])
    tags.pop(MANIFEST_TAG, None)
    return FinetuningJobConfig(
        base_model=base_model,
        model_type=family_claiming(clients, base_model).name,
        training_data_uri=told["trainingDataConfig"]["s3Uri"],
        validation_data_uri=next(iter(validators_of(told)), None),
        output_uri=told["outputDataConfig"]["s3Uri"],
        role_arn=told["roleArn"],
        job_name=job_name,
        model_name=model_name,
        job_tags=tags,
        customization_type=CustomizationType(told.get("customizationType", CustomizationType.FINE_TUNING)),
        model_kms_key_id=told.get("outputModelKmsKeyArn"),
        vpc=_vpc_in(told),
        **_method_in(told),
    )


def _tags_of(clients: Clients, job_arn: str) -> dict[str, str]:
    action = f"list the tags of {job_arn!r}"
    found = call(clients.bedrock.list_tags_for_resource, action, resourceARN=job_arn)
    return {tag["key"]: tag["value"] for tag in found.get("tags", [])}


def _vpc_in(told: Mapping[str, Any]) -> VpcConfig | None:
    given = told.get("vpcConfig")
    if not given:
        return None
    return VpcConfig(
        subnet_ids=tuple(given["subnetIds"]), security_group_ids=tuple(given["securityGroupIds"])
    )


def _method_in(told: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that depend on how the model is tuned."""
    method = told.get("customizationConfig") or {}
    if reinforced := method.get("rftConfig"):
        return {
            "grader_lambda_arn": reinforced["graderConfig"]["lambdaGrader"]["lambdaArn"],
            "hyperparameters": {
                name: str(value) for name, value in reinforced.get("hyperParameters", {}).items()
            },
        }
    fields: dict[str, Any] = {"hyperparameters": told.get("hyperParameters", {})}
    if distilled := method.get("distillationConfig"):
        teacher = distilled["teacherModelConfig"]
        fields["teacher_model"] = teacher["teacherModelIdentifier"]
        fields["teacher_max_tokens"] = teacher.get("maxResponseLengthForInference")
    return fields
