from datetime import UTC, datetime

import pytest
from botocore_shapes import input_problems, output_members

from burnish.aws import deploying, models, throughputs
from burnish.aws.clients import new_token
from burnish.configs import ProvisionedThroughputConfig
from burnish.errors import InvalidConfig, ServiceError, WaitTimeout
from burnish.types import ProvisioningStatus
from burnish.waiting import Clock

ARN = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl"
MODEL_ARN = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-lite-v1:0:300k/abcdefghijkl"
BASE_ARN = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0:300k"
WHEN = datetime(2026, 1, 2, tzinfo=UTC)
CONFIG = ProvisionedThroughputConfig(
    model_id=MODEL_ARN, provisioned_model_name="mine", commitment_duration="OneMonth", tags={"a": "b"}
)
DESCRIBED = {
    "modelUnits": 1,
    "desiredModelUnits": 1,
    "provisionedModelName": "mine",
    "provisionedModelArn": ARN,
    "modelArn": MODEL_ARN,
    "desiredModelArn": MODEL_ARN,
    "foundationModelArn": BASE_ARN,
    "status": "InService",
    "creationTime": WHEN,
    "lastModifiedTime": WHEN,
}
NO_TIME = Clock(now=iter(range(0, 10_000, 60)).__next__, sleep=lambda seconds: None)


def described(bedrock, **changes):
    bedrock.add_response("get_provisioned_model_throughput", DESCRIBED | changes, {"provisionedModelId": ARN})


def test_a_request_is_as_the_service_model_says():
    request = throughputs.request_for(CONFIG, token=new_token())
    assert input_problems("bedrock", "CreateProvisionedModelThroughput", request) == []
    assert request["tags"] == [{"key": "a", "value": "b"}]
    assert set(DESCRIBED) <= set(output_members("bedrock", "GetProvisionedModelThroughput"))


def test_a_new_throughput_has_an_arn_and_an_id_and_is_being_created(client, bedrock):
    bedrock.add_response("create_provisioned_model_throughput", {"provisionedModelArn": ARN})
    made = throughputs.create_throughput(client, CONFIG)
    assert (made.provisioned_model_arn, made.provisioned_model_id) == (ARN, "abcdefghijkl")
    assert made.status is ProvisioningStatus.CREATING


@pytest.mark.parametrize("final", ["InService", "Failed"])
def test_waiting_ends_when_nothing_is_under_way(client, bedrock, final):
    described(bedrock, status="Creating")
    described(bedrock, status=final)
    seen = throughputs.wait_for_throughput(client, ARN, interval=5, timeout=600, clock=NO_TIME)
    assert seen.status == final


def test_running_out_of_time_raises_with_the_last_state(client, bedrock):
    described(bedrock, status="Creating")
    with pytest.raises(WaitTimeout, match="provisioned throughput 'mine', Creating"):
        throughputs.wait_for_throughput(client, ARN, interval=5, timeout=0)


def test_a_status_we_do_not_know_is_an_error():
    with pytest.raises(ServiceError, match="'Napping'"):
        throughputs.result_of(DESCRIBED | {"status": "Napping"})


def test_a_deleted_throughput_is_waited_for_until_it_is_gone(client, bedrock):
    bedrock.add_response("delete_provisioned_model_throughput", {}, {"provisionedModelId": ARN})
    described(bedrock, status="Updating")
    bedrock.add_client_error("get_provisioned_model_throughput", "ResourceNotFoundException", "gone", 404)
    deploying.undeploy(client, ARN, clock=NO_TIME)


def test_everything_that_is_billed_is_listed(client, bedrock):
    bedrock.add_response("list_provisioned_model_throughputs", {"provisionedModelSummaries": [DESCRIBED]})
    assert [one.provisioned_model_arn for one in throughputs.list_throughputs(client)] == [ARN]


def test_a_custom_model_is_described_and_deleted(client, bedrock):
    model = {
        "modelArn": MODEL_ARN,
        "modelName": "mine",
        "creationTime": WHEN,
        "trainingMetrics": {"trainingLoss": 1.5},
    }
    bedrock.add_response("get_custom_model", model, {"modelIdentifier": MODEL_ARN})
    bedrock.add_response("delete_custom_model", {}, {"modelIdentifier": MODEL_ARN})
    found = models.get_model(client, MODEL_ARN)
    assert (found.model_name, found.training_loss) == ("mine", 1.5)
    models.delete_model(client, MODEL_ARN)


def test_a_throughput_can_be_renamed_and_given_another_model(client, bedrock):
    expected = {
        "provisionedModelId": ARN,
        "desiredProvisionedModelName": "other",
        "desiredModelId": MODEL_ARN,
    }
    assert input_problems("bedrock", "UpdateProvisionedModelThroughput", expected) == []
    bedrock.add_response("update_provisioned_model_throughput", {}, expected)
    throughputs.update_throughput(client, ARN, name="other", model=MODEL_ARN)


def test_an_update_of_nothing_is_refused_before_any_call(client, bedrock):
    with pytest.raises(InvalidConfig, match="give a name or a model"):
        throughputs.update_throughput(client, ARN)
