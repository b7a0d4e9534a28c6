"""How a custom model is made to answer: on demand unless that cannot be, or something else is asked for."""

import pytest

from burnish.aws import deploying
from burnish.errors import JobFailed, NotFound
from burnish.types import DeploymentType
from burnish.waiting import Clock

NOVA = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-lite-v1:0:300k/abcdefghijkl"
CLAUDE = (
    "arn:aws:bedrock:us-west-2:123456789012:custom-model/"
    "anthropic.claude-3-haiku-20240307-v1:0:200k/abcdefghijkl"
)
DEPLOYMENT = "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/abcdefghijkl"
THROUGHPUT = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl"
NO_TIME = Clock(now=lambda: 0.0, sleep=lambda _: None)


def deployment(bedrock, status, **more):
    described = {
        "customModelDeploymentArn": DEPLOYMENT,
        "modelDeploymentName": "mine",
        "modelArn": NOVA,
        "createdAt": "2026-01-02T00:00:00Z",
        "status": status,
        **more,
    }
    bedrock.add_response("get_custom_model_deployment", described)


def throughput(bedrock, status):
    described = {
        "modelUnits": 1,
        "desiredModelUnits": 1,
        "provisionedModelName": "mine",
        "provisionedModelArn": THROUGHPUT,
        "modelArn": NOVA,
        "desiredModelArn": NOVA,
        "foundationModelArn": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0:300k",
        "status": status,
        "creationTime": "2026-01-02T00:00:00Z",
        "lastModifiedTime": "2026-01-02T00:00:00Z",
    }
    bedrock.add_response("get_provisioned_model_throughput", described)


def test_on_demand_is_the_default_where_the_family_allows_it():
    assert deploying.deployment_type_for(NOVA) is DeploymentType.ON_DEMAND
    assert deploying.deployment_type_for(CLAUDE) is DeploymentType.PROVISIONED


def test_a_model_is_deployed_on_demand_and_answers_under_the_deployments_arn(client, bedrock):
    bedrock.add_response("create_custom_model_deployment", {"customModelDeploymentArn": DEPLOYMENT})
    deployment(bedrock, "Creating")
    deployment(bedrock, "Active")
    made = deploying.deploy(client, NOVA, "mine", interval=1, timeout=60, clock=NO_TIME)
    assert (made.model_id, made.kind) == (DEPLOYMENT, DeploymentType.ON_DEMAND)


def test_throughput_is_made_when_it_is_asked_for(client, bedrock):
    bedrock.add_response("create_provisioned_model_throughput", {"provisionedModelArn": THROUGHPUT})
    throughput(bedrock, "Creating")
    throughput(bedrock, "InService")
    made = deploying.deploy(client, NOVA, "mine", kind=DeploymentType.PROVISIONED, interval=1, clock=NO_TIME)
    assert (made.model_id, made.kind) == (THROUGHPUT, DeploymentType.PROVISIONED)


def test_one_that_fails_says_why_and_what_to_do(client, bedrock):
    bedrock.add_response("create_custom_model_deployment", {"customModelDeploymentArn": DEPLOYMENT})
    deployment(bedrock, "Failed", failureMessage="no capacity")
    with pytest.raises(JobFailed, match=r"'mine', Failed: no capacity\. Delete it"):
        deploying.deploy(client, NOVA, "mine", interval=1, clock=NO_TIME)


def test_what_answers_is_removed_whichever_it_is(client, bedrock):
    bedrock.add_response("delete_custom_model_deployment", {})
    bedrock.add_client_error("get_custom_model_deployment", "ResourceNotFoundException", "gone", 404)
    deploying.undeploy(client, DEPLOYMENT, clock=NO_TIME)
    bedrock.add_response("delete_provisioned_model_throughput", {})
    bedrock.add_client_error("get_provisioned_model_throughput", "ResourceNotFoundException", "gone", 404)
    deploying.undeploy(client, THROUGHPUT, clock=NO_TIME)


def test_removing_what_is_not_there_says_so(client, bedrock):
    bedrock.add_client_error("delete_custom_model_deployment", "ResourceNotFoundException", "none", 404)
    with pytest.raises(NotFound):
        deploying.undeploy(client, DEPLOYMENT)
