"""Upstream's arguments, in whichever form they come, as the configs that Burnish's service takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from burnish import configs
from burnish.aws.objects import S3Uri
from burnish.errors import InvalidConfig
from burnish.families import family_named, model_id_of
from burnish.settings import Settings
from burnish.types import CustomizationType
from idp_common.model_finetuning import models
from idp_common.model_finetuning.deprecation import deprecated

#: What upstream trains Nova with where a job gives no hyperparameters.
NOVA_HYPERPARAMETERS = {"epochCount": "2", "learningRate": "0.00001", "batchSize": "1"}

Config = TypeVar("Config")


def config_of(kind: type[Config], given: Config | Mapping[str, Any]) -> Config:
    """The config that a caller gives, also as a dictionary of its fields."""
    if not isinstance(given, Mapping):
        return given
    deprecated(f"A dictionary in the place of a {kind.__name__}", f"make one, of burnish.{kind.__name__}")
    return kind(**given)


def named(new: str, old: str | None, *, names: tuple[str, str]) -> str:
    """What is given by the new or by the old name of an argument."""
    if old is not None:
        deprecated(f"The keyword {names[1]}", f"give it by position, or as {names[0]}")
    if not (new or old):
        raise TypeError(f"an argument is missing: {names[0]}")
    return new or old or ""


def service_settings(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The service's configuration as Burnish reads it. Upstream never reads ``base_models``."""
    section = config.get("model_finetuning") or {}
    if not isinstance(section.get("base_models"), str):
        return config
    deprecated(
        "A string in the place of base_models",
        "map short names to models, or leave it out: a job names its base model",
    )
    return {**config, "model_finetuning": {**section, "base_models": {}}}


def job_config(
    given: models.FinetuningJobConfig | configs.FinetuningJobConfig | Mapping[str, Any],
    settings: Settings,
) -> configs.FinetuningJobConfig:
    """What Burnish makes a job from, where upstream's defaults stand for what is not given."""
    if isinstance(given, configs.FinetuningJobConfig):
        return given
    given = config_of(models.FinetuningJobConfig, given)
    _without_token(given.client_request_token, "a job is recognized by its request, and made once")
    tags = _job_tags(given)
    takes_validation = _takes_validation(given, settings)
    return configs.FinetuningJobConfig(
        base_model=given.base_model,
        training_data_uri=given.training_data_uri,
        role_arn=given.role_arn,
        output_uri=given.output_uri or _output_uri(given.training_data_uri),
        job_name=given.job_name or "",
        model_name=given.model_name or _model_name(given.job_name),
        validation_data_uri=given.validation_data_uri if takes_validation else None,
        validation_split=_split(given) if takes_validation else None,
        hyperparameters=given.hyperparameters or _default_hyperparameters(given, settings),
        model_type=given.model_type,
        job_tags={**tags, **given.job_tags},
        model_tags={**tags, **given.model_tags},
        customization_type=given.customization_type,
        teacher_model=given.teacher_model,
        teacher_max_tokens=given.teacher_max_tokens,
        grader_lambda_arn=given.grader_lambda_arn,
        model_kms_key_id=given.model_kms_key_id,
        vpc=given.vpc or _vpc(given.vpc_config),
    )


def throughput_config(
    given: models.ProvisionedThroughputConfig | configs.ProvisionedThroughputConfig | Mapping[str, Any],
) -> configs.ProvisionedThroughputConfig:
    """What Burnish makes a throughput from."""
    if isinstance(given, configs.ProvisionedThroughputConfig):
        return given
    given = config_of(models.ProvisionedThroughputConfig, given)
    _without_token(given.client_request_token, "a throughput is recognized by its name, and made once")
    return configs.ProvisionedThroughputConfig(
        model_id=given.model_id,
        provisioned_model_name=given.provisioned_model_name,
        model_units=given.model_units,
        model_type=given.model_type,
        commitment_duration=given.commitment_duration,
        tags=_tags(given.tags),
    )


def deployment_config(
    given: models.CustomModelDeploymentConfig | configs.CustomModelDeploymentConfig | Mapping[str, Any],
) -> configs.CustomModelDeploymentConfig:
    """What Burnish makes a deployment from."""
    if isinstance(given, configs.CustomModelDeploymentConfig):
        return given
    given = config_of(models.CustomModelDeploymentConfig, given)
    _without_token(given.client_request_token, "a deployment is recognized by its name, and made once")
    return configs.CustomModelDeploymentConfig(
        model_id=given.model_arn,
        deployment_name=given.deployment_name,
        model_type=given.model_type,
        description=given.description,
        tags=_tags(given.tags),
    )


def _without_token(token: str | None, instead: str) -> None:
    if token:
        deprecated("The field client_request_token", f"leave it out: {instead}. It is not sent")


def _tags(tags: models.Tags | None) -> dict[str, str]:
    """Tags as a dictionary, also where they come as AWS spells them."""
    if not tags:
        return {}
    if isinstance(tags, Mapping):
        return dict(tags)
    return {(tag.get("key") or tag["Key"]): (tag.get("value") or tag["Value"]) for tag in tags}


def _job_tags(given: models.FinetuningJobConfig) -> dict[str, str]:
    if given.tags:
        deprecated(
            "The field tags", "give job_tags and model_tags. They are given to the job and to its model"
        )
    return _tags(given.tags)


def _vpc(given: Mapping[str, Any] | None) -> configs.VpcConfig | None:
    if not given:
        return None
    deprecated("The field vpc_config", "give vpc, a burnish.VpcConfig")
    return configs.VpcConfig(
        subnet_ids=tuple(given["subnetIds"]), security_group_ids=tuple(given["securityGroupIds"])
    )


def _output_uri(training_data_uri: str) -> str:
    try:
        place = str(S3Uri.parse(training_data_uri).sibling("output/"))
    except InvalidConfig:
        return ""  # the config itself says what is wrong with the training data
    deprecated("A job without output_uri", f"give it one. What the job writes goes to {place}")
    return place


def _model_name(job_name: str | None) -> str:
    name = re.sub(r"[^0-9a-zA-Z]+", "-", job_name or "").strip("-")
    if name:
        deprecated("A job without model_name", f"give it one. Its model is called {name!r}")
    return name


def _takes_validation(given: models.FinetuningJobConfig, settings: Settings) -> bool:
    """Whether the base model takes validation records; if not, upstream sends none, whatever it is given."""
    model = settings.base_models.get(given.base_model, given.base_model)
    try:
        tuning = family_named(given.model_type).tuning(model_id_of(model), given.customization_type)
    except InvalidConfig:
        return True  # the config itself says what is wrong with the model
    takes_some = tuning.rules.max_validation_records != 0
    if not takes_some and given.validation_data_uri:
        deprecated(f"Giving validation data to {model!r}", "leave them out, it takes none. They are not sent")
    return takes_some


def _split(given: models.FinetuningJobConfig) -> float | None:
    if given.validation_data_uri or not given.validation_split:
        return None
    return given.validation_split


def _default_hyperparameters(given: models.FinetuningJobConfig, settings: Settings) -> Mapping[str, str]:
    is_usual = given.model_type == "nova" and given.customization_type is CustomizationType.FINE_TUNING
    has_settings = settings.hyperparameters or settings.model_hyperparameters
    return NOVA_HYPERPARAMETERS if is_usual and not has_settings else {}
