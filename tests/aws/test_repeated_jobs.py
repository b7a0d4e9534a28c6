"""A job's description, turned back into the config that it was made from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from burnish.aws import jobs
from burnish.aws.repeated_jobs import repeated_config
from burnish.configs import FinetuningJobConfig, VpcConfig
from burnish.names import BASE_MODEL_TAG, MANIFEST_TAG
from burnish.settings import Settings, resolve_settings
from burnish.types import CustomizationType

ACCOUNT = "arn:aws:bedrock:us-east-1:123456789012"
ARN = f"{ACCOUNT}:model-customization-job/amazon.nova-lite-v1:0:300k/abcdefghijkl"
CUSTOM = f"{ACCOUNT}:custom-model/amazon.nova-lite-v1:0:300k/abcdefghijkl"
BASE = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0:300k"

TUNED = FinetuningJobConfig(
    base_model=BASE,
    training_data_uri="s3://bucket/training.jsonl",
    validation_data_uri="s3://bucket/validation.jsonl",
    output_uri="s3://bucket/output/",
    role_arn="arn:aws:iam::123456789012:role/Tuner",
    job_name="again",
    model_name="again-model",
    hyperparameters={"epochCount": "2"},
    job_tags={"team": "documents"},
    model_kms_key_id="arn:aws:kms:us-east-1:123456789012:key/0badcafe-0000-0000-0000-000000000000",
    vpc=VpcConfig(subnet_ids=("subnet-1",), security_group_ids=("sg-1",)),
)
REINFORCED = replace(
    TUNED,
    base_model=BASE.replace("nova-lite-v1:0:300k", "nova-2-lite-v1:0:256k"),
    customization_type=CustomizationType.REINFORCEMENT_FINE_TUNING,
    grader_lambda_arn="arn:aws:lambda:us-east-1:123456789012:function:grader",
    hyperparameters={"batchSize": "64", "learningRate": "0.0001"},
)
DISTILLED = replace(
    TUNED,
    customization_type=CustomizationType.DISTILLATION,
    teacher_model="amazon.nova-pro-v1:0",
    teacher_max_tokens=500,
    validation_data_uri=None,
    hyperparameters={},
)


def describe(bedrock, config: FinetuningJobConfig, **tags: str) -> None:
    """Have the service describe a job that was made from the config, as the service's own model says."""
    request = jobs.request_for(config, resolve_settings(config, Settings()), token="")
    told = {
        name: request[name]
        for name in ("roleArn", "customizationType", "trainingDataConfig", "outputDataConfig", "vpcConfig")
    }
    for name in ("customizationConfig", "hyperParameters"):
        if name in request:
            told[name] = request[name]
    told |= {
        "jobArn": ARN,
        "jobName": "first",
        "outputModelName": "first-model",
        "baseModelArn": BASE if CUSTOM in config.base_model else config.base_model,
        "outputModelKmsKeyArn": config.model_kms_key_id,
        "creationTime": datetime(2026, 1, 2, tzinfo=UTC),
        # Of a job without any, too: the member is required.
        "validationDataConfig": request.get("validationDataConfig", {"validators": []}),
    }
    bedrock.add_response("get_model_customization_job", told, {"jobIdentifier": ARN})
    listed = [{"key": key, "value": value} for key, value in {**config.job_tags, **tags}.items()]
    bedrock.add_response("list_tags_for_resource", {"tags": listed}, {"resourceARN": ARN})


@pytest.mark.parametrize("config", [TUNED, REINFORCED, DISTILLED], ids=["tuned", "reinforced", "distilled"])
def test_another_job_is_given_what_the_first_one_was(clients, bedrock, config):
    describe(bedrock, config)
    found = repeated_config(clients, ARN, job_name="again", model_name="again-model")
    assert {**config.hyperparameters}.items() <= found.hyperparameters.items()
    assert replace(found, hyperparameters=config.hyperparameters) == config


def test_a_custom_model_that_was_tuned_further_is_so_again(clients, bedrock):
    describe(bedrock, replace(TUNED, base_model=CUSTOM), **{BASE_MODEL_TAG: CUSTOM, MANIFEST_TAG: "x.json"})
    found = repeated_config(clients, ARN, job_name="again", model_name="again-model")
    assert found.base_model == CUSTOM
    assert found.job_tags == TUNED.job_tags
