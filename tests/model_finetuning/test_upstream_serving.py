"""Throughputs, deployments and models that answer, as upstream's callers ask for them."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from idp_common.model_finetuning import ModelFinetuningService, ProvisionedThroughputConfig
from idp_common.model_finetuning.models import CustomModelDeploymentConfig, FinetuningBaseModel

ARN = "arn:aws:bedrock:us-east-1:123456789012"
NOVA_LITE = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0:300k"
MODEL = f"{ARN}:custom-model/amazon.nova-lite-v1:0:300k/abcdefghijkl"
THROUGHPUT = f"{ARN}:provisioned-model/abcdefghijkl"
DEPLOYMENT = f"{ARN}:custom-model-deployment/abcdefghijkl"

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.mark.parametrize(
    "made",
    [
        lambda: {"model_id": MODEL, "provisioned_model_name": "my-throughput", "tags": {"team": "a"}},
        lambda: ProvisionedThroughputConfig(MODEL, "my-throughput", 1, "a token", {"team": "a"}, "nova"),
    ],
    ids=["a dictionary", "by position"],
)
def test_the_answer_to_a_billed_call_has_all_that_upstreams_has(service, bedrock, requests, made):
    bedrock.add_response("create_provisioned_model_throughput", {"provisionedModelArn": THROUGHPUT})
    result = service.create_provisioned_throughput(made())
    sent = requests["CreateProvisionedModelThroughput"]
    assert (sent["modelUnits"], sent["tags"]) == (1, [{"key": "team", "value": "a"}])
    assert json.dumps(
        [result.provisioned_model_arn, result.provisioned_model_id, result.status]
    ) == json.dumps([THROUGHPUT, "abcdefghijkl", "Creating"])
    assert (result.creation_time, result.failure_reason, result.model_type) == (None, None, "nova")
    result.status = "seen"


def test_a_throughput_is_followed_and_deleted_by_upstreams_names(service, bedrock, described):
    bedrock.add_response(
        "get_provisioned_model_throughput",
        described["throughput"] | {"status": "Failed", "failureMessage": "no capacity"},
    )
    result = service.get_provisioned_throughput_status(provisioned_model_id="abcdefghijkl")
    assert (result.status, result.failure_reason) == ("Failed", "no capacity")
    bedrock.add_response(
        "get_provisioned_model_throughput", described["throughput"] | {"status": "InService"}
    )
    result = service.wait_for_provisioning_completion(provisioned_model_id=THROUGHPUT, max_wait_time=None)
    assert result.status in ["InService", "Failed"]
    bedrock.add_response("delete_provisioned_model_throughput", {})
    assert service.delete_provisioned_throughput(provisioned_model_id=THROUGHPUT) == {}


@pytest.mark.parametrize("changes", [{"model_id": ""}, {"provisioned_model_name": ""}])
def test_a_throughput_that_cannot_be_is_refused_before_anything_is_billed(service, bedrock, changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        service.create_provisioned_throughput(
            {"model_id": MODEL, "provisioned_model_name": "my-throughput", **changes}
        )


@pytest.mark.parametrize(
    "made",
    [
        lambda: {"model_arn": MODEL, "deployment_name": "my-deployment"},
        lambda: CustomModelDeploymentConfig(
            MODEL, "my-deployment", tags=[{"key": "team", "value": "a"}], client_request_token="a token"
        ),
    ],
    ids=["a dictionary", "a config"],
)
def test_a_deployment_is_created_followed_listed_and_deleted(service, bedrock, described, made):
    deployment = described["deployment"]
    bedrock.add_response("create_custom_model_deployment", {"customModelDeploymentArn": DEPLOYMENT})
    created = service.create_custom_model_deployment(made())
    assert (created.deployment_arn, created.deployment_name, created.model_arn, created.status) == (
        *(DEPLOYMENT, "my-deployment", MODEL, "Creating"),
    )
    bedrock.add_response("get_custom_model_deployment", deployment | {"status": "Creating"})
    shown = service.get_custom_model_deployment(deployment_identifier="my-deployment")
    assert shown.last_modified_time == shown.creation_time == deployment["createdAt"]
    bedrock.add_response("get_custom_model_deployment", deployment | {"status": "Active"})
    active = service.wait_for_deployment_completion(
        deployment_identifier=DEPLOYMENT, polling_interval=1, max_wait_time=None
    )
    assert (active.status, active.failure_reason) == ("Active", None)
    bedrock.add_response("list_custom_model_deployments", {"modelDeploymentSummaries": [summary(deployment)]})
    assert [one.deployment_name for one in service.list_custom_model_deployments()] == ["my-deployment"]
    bedrock.add_response("delete_custom_model_deployment", {})
    bedrock.add_client_error("get_custom_model_deployment", "ResourceNotFoundException", "gone", 404)
    assert service.delete_custom_model_deployment(deployment_identifier=DEPLOYMENT) == {}


def summary(deployment):
    """A deployment as it is in a list."""
    renamed = {"customModelDeploymentName": deployment["modelDeploymentName"], "status": "Active"}
    return {**{name: deployment[name] for name in deployment if name != "modelDeploymentName"}, **renamed}


def test_the_models_to_tune_and_those_that_answer_are_listed(service, bedrock, described):
    bedrock.add_response(
        "list_custom_model_deployments", {"modelDeploymentSummaries": [summary(described["deployment"])]}
    )
    model = {"modelArn": MODEL, "modelName": "my-model", "creationTime": described["job"]["creationTime"]}
    bedrock.add_response("get_custom_model", model | {"baseModelArn": NOVA_LITE})
    found = service.list_available_models()
    assert FinetuningBaseModel("amazon.nova-lite-v1:0:300k", "Nova Lite", "Amazon") in found.base_models
    assert [(one.id, one.name, one.base_model, one.status) for one in found.custom_models] == [
        (DEPLOYMENT, "my-deployment", "Nova Lite", "Active")
    ]


def test_a_quota_can_be_caught_as_botocores_error(service, bedrock):
    bedrock.add_client_error(
        "create_provisioned_model_throughput", "ServiceQuotaExceededException", "no units", 400
    )
    with pytest.raises(ClientError) as caught:
        service.create_provisioned_throughput({"model_id": MODEL, "provisioned_model_name": "my-throughput"})
    assert caught.value.response["Error"]["Code"] == "ServiceQuotaExceededException"


@pytest.mark.parametrize(
    ("region", "expected"), [(None, "eu-west-1"), ("us-west-2", "us-west-2")], ids=["in the config", "given"]
)
def test_the_region_is_the_one_given_or_that_of_the_configuration(monkeypatch, region, expected):
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    assert ModelFinetuningService(region=region, config={"region": "eu-west-1"}).region == expected
    assert ModelFinetuningService().region == "us-east-1"
