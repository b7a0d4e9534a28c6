"""The calls of Terraform's resources, in their order: create, read, plan without a difference, delete.

They are those of ``internal/service/bedrock`` of terraform-provider-aws, whose plans compare what it has sent
with what it reads: whatever differs is to be made anew.
"""

from __future__ import annotations

import time

import pytest
from botocore.exceptions import ClientError
from whole_server import BUCKET

ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/01234567-89ab-cdef-0123-456789abcdef"
TAGS = [{"key": "env", "value": "test"}, {"key": "team", "value": "papers"}]


@pytest.fixture(scope="module")
def bedrock(server):
    return server.clients().bedrock


@pytest.fixture(scope="module")
def resource(server, data_set, role):
    """The configuration of an ``aws_bedrock_custom_model``, as the provider sends it."""

    def configured(name: str, **changes):
        base = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0:300k"
        asked = {
            "baseModelIdentifier": base,
            "customModelName": name,
            "jobName": name,
            "roleArn": role,
            "hyperParameters": {"epochCount": "1", "learningRate": "0.00001"},
            "trainingDataConfig": {"s3Uri": data_set["training"]},
            "outputDataConfig": {"s3Uri": f"s3://{BUCKET}/terraform/"},
            "customModelKmsKeyId": KEY,
            "vpcConfig": {"subnetIds": ["subnet-1", "subnet-2"], "securityGroupIds": ["sg-1"]},
        }
        return {**asked, **changes}

    return configured


def created(bedrock, configured) -> str:
    tokens = {"clientRequestToken": f"terraform-{configured['jobName']}"}
    tags = {"customModelTags": TAGS, "jobTags": TAGS}
    return bedrock.create_model_customization_job(**configured, **tokens, **tags)["jobArn"]


def until(look, wanted: str, *pending: str) -> dict:
    deadline = time.monotonic() + 120
    while (found := look())["status"] != wanted:
        assert found["status"] in pending, found
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found


def read(bedrock, job_arn: str) -> dict:
    """What the provider compares with the configuration."""
    job = bedrock.get_model_customization_job(jobIdentifier=job_arn)
    names = {"outputModelKmsKeyArn": "customModelKmsKeyId", "outputModelName": "customModelName"}
    names |= {"baseModelArn": "baseModelIdentifier"}
    compared = (
        *names, "hyperParameters", "jobName", "outputDataConfig", "roleArn", "trainingDataConfig",
        "validationDataConfig", "vpcConfig",
    )  # fmt: skip
    return {names.get(name, name): job[name] for name in compared if name in job}


@pytest.fixture(scope="module")
def made(bedrock, resource):
    configured = resource("made-by-terraform")
    job_arn = created(bedrock, configured)
    assert read(bedrock, job_arn) == configured
    until(lambda: bedrock.get_model_customization_job(jobIdentifier=job_arn), "Completed", "InProgress")
    return configured, job_arn


def test_a_custom_model_is_planned_without_a_difference(bedrock, made):
    configured, job_arn = made
    assert read(bedrock, job_arn) == configured
    job = bedrock.get_model_customization_job(jobIdentifier=job_arn)
    model = bedrock.get_custom_model(modelIdentifier=job["outputModelArn"])
    assert model["hyperParameters"] == configured["hyperParameters"]
    assert model["modelKmsKeyArn"] == KEY
    assert "validationDataConfig" not in model
    assert model["trainingMetrics"]["trainingLoss"] > 0
    for arn in (job_arn, job["outputModelArn"]):
        assert bedrock.list_tags_for_resource(resourceARN=arn)["tags"] == TAGS


def test_a_provisioned_throughput_is_made_read_tagged_and_deleted(bedrock, made):
    job = bedrock.get_model_customization_job(jobIdentifier=made[1])
    asked = {"provisionedModelName": "made-by-terraform", "modelUnits": 1, "tags": TAGS}
    arn = bedrock.create_provisioned_model_throughput(
        **asked, modelId=job["outputModelArn"], clientRequestToken="terraform-throughput"
    )["provisionedModelArn"]
    found = until(
        lambda: bedrock.get_provisioned_model_throughput(provisionedModelId=arn), "InService", "Creating"
    )
    assert (found["provisionedModelName"], found["modelUnits"]) == ("made-by-terraform", 1)
    assert (found["modelArn"], found["provisionedModelArn"]) == (job["outputModelArn"], arn)
    assert "commitmentDuration" not in found
    bedrock.untag_resource(resourceARN=arn, tagKeys=["env"])
    bedrock.tag_resource(resourceARN=arn, tags=[{"key": "team", "value": "letters"}])
    assert bedrock.list_tags_for_resource(resourceARN=arn)["tags"] == [{"key": "team", "value": "letters"}]
    bedrock.delete_provisioned_model_throughput(provisionedModelId=arn)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        bedrock.get_provisioned_model_throughput(provisionedModelId=arn)
    bedrock.delete_custom_model(modelIdentifier=job["outputModelArn"])
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        bedrock.get_custom_model(modelIdentifier=job["outputModelArn"])


def test_a_resource_is_deleted_while_its_job_runs(bedrock, resource):
    job_arn = created(bedrock, resource("deleted-early", hyperParameters={"epochCount": "5"}))
    bedrock.stop_model_customization_job(jobIdentifier=job_arn)
    job = until(lambda: bedrock.get_model_customization_job(jobIdentifier=job_arn), "Stopped", "Stopping")
    assert "outputModelArn" not in job


def test_a_role_that_is_not_known_yet_is_told_in_the_words_that_are_waited_for(bedrock, resource):
    unknown = resource("of-a-new-role", roleArn=f"arn:aws:iam::{ACCOUNT}:role/not-there-yet")
    with pytest.raises(ClientError, match=r"ValidationException.*Could not assume provided IAM role"):
        created(bedrock, unknown)
