"""The service as upstream's callers make it, with answers in the place of Bedrock's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.awsrequest import AWSResponse
from botocore.stub import Stubber

from burnish.aws.clients import AccessKey, open_clients
from idp_common.model_finetuning import ModelFinetuningService

ARN = "arn:aws:bedrock:us-east-1:123456789012"
NOVA_LITE = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0:300k"
JOB = f"{ARN}:model-customization-job/amazon.nova-lite-v1:0:300k/abcdefghijkl"
MODEL = f"{ARN}:custom-model/amazon.nova-lite-v1:0:300k/abcdefghijkl"
THROUGHPUT = f"{ARN}:provisioned-model/abcdefghijkl"
DEPLOYMENT = f"{ARN}:custom-model-deployment/abcdefghijkl"
ROLE = "arn:aws:iam::123456789012:role/BedrockFinetuningRole"
WHEN = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def clients():
    """Clients of an endpoint at which nobody answers. S3 denies everything: then data is not checked."""
    key = AccessKey(access_key_id="a", secret_access_key="b")
    opened = open_clients(region="us-east-1", endpoint_url="http://127.0.0.1:1", credentials=key)
    denial = AWSResponse("http://127.0.0.1:1", 403, {}, None)
    error = {"Error": {"Code": "AccessDenied", "Message": "denied"}}
    opened.s3.meta.events.register("before-call.s3", lambda **_: (denial, error))
    return opened


@pytest.fixture
def bedrock(clients):
    with Stubber(clients.bedrock) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def requests(clients):
    """What is sent to Bedrock, by operation."""
    sent = {}
    clients.bedrock.meta.events.register(
        "before-parameter-build.bedrock", lambda params, model, **_: sent.__setitem__(model.name, params)
    )
    return sent


@pytest.fixture
def service(clients):
    return ModelFinetuningService(clients=clients)


@pytest.fixture
def described():
    """Answers of Bedrock's about a job, a throughput and a deployment."""
    job = {
        "jobArn": JOB,
        "jobName": "my-job",
        "outputModelName": "my-model",
        "roleArn": ROLE,
        "creationTime": WHEN,
        "baseModelArn": NOVA_LITE,
        "trainingDataConfig": {"s3Uri": "s3://bucket/train.jsonl"},
        "validationDataConfig": {"validators": []},
        "outputDataConfig": {"s3Uri": "s3://bucket/output/"},
    }
    throughput = {
        **dict.fromkeys(("modelArn", "desiredModelArn", "foundationModelArn"), MODEL),
        **dict.fromkeys(("modelUnits", "desiredModelUnits"), 1),
        **dict.fromkeys(("creationTime", "lastModifiedTime"), WHEN),
        "provisionedModelArn": THROUGHPUT,
        "provisionedModelName": "my-throughput",
    }
    deployment = {
        "customModelDeploymentArn": DEPLOYMENT,
        "modelDeploymentName": "my-deployment",
        "modelArn": MODEL,
        "createdAt": WHEN,
        "lastUpdatedAt": WHEN,
    }
    return {"job": job, "throughput": throughput, "deployment": deployment}
