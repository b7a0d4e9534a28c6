"""On-demand deployments: requests as the service's shapes want them, states told as they are."""

from datetime import UTC, datetime

import pytest
from botocore_shapes import input_problems, output_members

from burnish.aws import deployments
from burnish.aws.clients import new_token
from burnish.aws.model_ids import model_id_to_call
from burnish.configs import CustomModelDeploymentConfig
from burnish.errors import InvalidConfig, NotFound, ServiceError, WaitTimeout
from burnish.types import DeploymentStatus
from burnish.waiting import Clock

ARN = "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/abcdefghijkl"
THROUGHPUT_ARN = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl"
MODEL_ARN = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-lite-v1:0:300k/abcdefghijkl"
CLAUDE_ARN = MODEL_ARN.replace("amazon.nova-lite-v1:0:300k", "anthropic.claude-3-haiku-20240307-v1:0:200k")
WHEN = datetime(2026, 1, 2, tzinfo=UTC)
CONFIG = CustomModelDeploymentConfig(
    model_id=MODEL_ARN, deployment_name="mine", description="for the mail room", tags={"team": "papers"}
)
DESCRIBED = {
    "customModelDeploymentArn": ARN,
    "modelDeploymentName": "mine",
    "modelArn": MODEL_ARN,
    "createdAt": WHEN,
    "status": "Active",
}
SUMMARY = {
    "customModelDeploymentArn": ARN,
    "customModelDeploymentName": "mine",
    "modelArn": MODEL_ARN,
    "createdAt": WHEN,
    "status": "Active",
}
NO_TIME = Clock(now=iter(range(0, 10_000, 60)).__next__, sleep=lambda seconds: None)


def described(bedrock, **changes):
    expected = {"customModelDeploymentIdentifier": ARN}
    bedrock.add_response("get_custom_model_deployment", DESCRIBED | changes, expected)


def test_a_request_is_as_the_service_model_says():
    request = deployments.request_for(CONFIG, token=new_token())
    assert input_problems("bedrock", "CreateCustomModelDeployment", request) == []
    assert request["tags"] == [{"key": "team", "value": "papers"}]
    assert set(DESCRIBED) <= set(output_members("bedrock", "GetCustomModelDeployment"))


def test_what_is_not_given_is_left_out():
    plain = CustomModelDeploymentConfig(model_id=MODEL_ARN, deployment_name="mine")
    assert set(deployments.request_for(plain, token="t")) == {
        "clientRequestToken",
        "modelDeploymentName",
        "modelArn",
    }


def test_a_new_deployment_is_being_created(client, bedrock):
    bedrock.add_response("create_custom_model_deployment", {"customModelDeploymentArn": ARN})
    made = deployments.create_deployment(client, CONFIG)
    assert (made.deployment_arn, made.status) == (ARN, DeploymentStatus.CREATING)


def test_a_model_that_is_not_deployed_on_demand_is_refused_before_any_call(client, bedrock):
    config = CustomModelDeploymentConfig(model_id=CLAUDE_ARN, deployment_name="mine")
    with pytest.raises(InvalidConfig, match="cannot be deployed on demand"):
        deployments.create_deployment(client, config)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"model_id": "my-model"}, "model_id is 'my-model': it must be the ARN of a custom model"),
        ({"model_id": ARN}, "must be the ARN of a custom model"),
        ({"deployment_name": "a b"}, "deployment_name is 'a b'"),
        ({"description": ""}, "description has 0 characters"),
    ],
)
def test_a_config_that_the_service_would_refuse_is_refused_when_made(changes, says):
    with pytest.raises(InvalidConfig, match=says):
        CustomModelDeploymentConfig(**{"model_id": MODEL_ARN, "deployment_name": "mine"} | changes)


def test_waiting_ends_when_it_is_active_and_no_update_is_under_way(client, bedrock):
    updating = {"modelArn": MODEL_ARN, "updateStatus": "Updating"}
    described(bedrock, status="Creating")
    described(bedrock, updateDetails=updating)
    described(bedrock, updateDetails=updating | {"updateStatus": "UpdateCompleted"})
    seen = deployments.wait_for_deployment(client, ARN, interval=5, timeout=6000, clock=NO_TIME)
    assert (seen.status, seen.update_status) == ("Active", "UpdateCompleted")


def test_running_out_of_time_raises_with_the_last_state(client, bedrock):
    described(bedrock, status="Creating")
    with pytest.raises(WaitTimeout, match="custom model deployment 'mine', Creating"):
        deployments.wait_for_deployment(client, ARN, interval=5, timeout=0)


def test_a_status_we_do_not_know_is_an_error():
    with pytest.raises(ServiceError, match="'Napping'"):
        deployments.result_of(DESCRIBED | {"status": "Napping"})


def test_a_summary_is_read_like_a_description():
    assert deployments.result_of(SUMMARY) == deployments.result_of(DESCRIBED)


def test_filters_are_sent_as_the_service_spells_them(client, bedrock):
    expected = {
        "statusEquals": "Active",
        "modelArnEquals": MODEL_ARN,
        "createdAfter": WHEN,
        "sortBy": "CreationTime",
        "sortOrder": "Descending",
    }
    bedrock.add_response("list_custom_model_deployments", {"modelDeploymentSummaries": [SUMMARY]}, expected)
    found = deployments.list_deployments(
        client, status=DeploymentStatus.ACTIVE, model_arn=MODEL_ARN, created_after=WHEN
    )
    assert [one.deployment_arn for one in found] == [ARN]


def paginated(bedrock, deployed, provisioned=None):
    summaries = {"modelDeploymentSummaries": [SUMMARY] if deployed else []}
    bedrock.add_response("list_custom_model_deployments", summaries)
    if provisioned is not None:
        bedrock.add_response("list_provisioned_model_throughputs", {"provisionedModelSummaries": provisioned})


def test_a_custom_model_answers_through_its_deployment_else_through_its_throughput(client, bedrock):
    paginated(bedrock, deployed=True, provisioned=[])
    assert model_id_to_call(client, MODEL_ARN) == ARN
    throughput = {
        "modelUnits": 1,
        "desiredModelUnits": 1,
        "provisionedModelName": "mine",
        "provisionedModelArn": THROUGHPUT_ARN,
        "modelArn": MODEL_ARN,
        "desiredModelArn": MODEL_ARN,
        "foundationModelArn": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0:300k",
        "status": "InService",
        "creationTime": WHEN,
        "lastModifiedTime": WHEN,
    }
    paginated(bedrock, deployed=False, provisioned=[throughput])
    assert model_id_to_call(client, MODEL_ARN) == THROUGHPUT_ARN


def test_a_custom_model_that_nothing_serves_says_what_to_create(client, bedrock):
    paginated(bedrock, deployed=False, provisioned=[])
    with pytest.raises(NotFound, match=r"Deploy it with `deploy_custom_model\("):
        model_id_to_call(client, MODEL_ARN)


@pytest.mark.parametrize(
    ("model", "called"),
    [
        ("amazon.nova-lite-v1:0:300k", "us.amazon.nova-lite-v1:0"),
        (
            "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0:128k",
            "us.amazon.nova-micro-v1:0",
        ),
        ("us.amazon.nova-lite-v1:0", "us.amazon.nova-lite-v1:0"),
        ("local.smollm2-135m-instruct-v1:0", "local.smollm2-135m-instruct-v1:0"),
        (ARN, ARN),
        (THROUGHPUT_ARN, THROUGHPUT_ARN),
    ],
)
def test_everything_else_is_called_by_the_id_that_answers(client, model, called):
    assert model_id_to_call(client, model) == called
