"""Which model answers under a name: resolved for every kind of name, and never guessed."""

from datetime import UTC, datetime

import pytest

from burnish.aws.served_models import served_model
from burnish.errors import AccessDenied, Conflict, NotFound, Rejected
from burnish.names import WEIGHTS_HEADER

ACCOUNT = "arn:aws:bedrock:us-east-1:123456789012"
MODEL = f"{ACCOUNT}:custom-model/amazon.nova-lite-v1:0:300k/abcdefghijkl"
BASE = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"
DEPLOYMENT = f"{ACCOUNT}:custom-model-deployment/abcdefghijkl"
THROUGHPUT = f"{ACCOUNT}:provisioned-model/abcdefghijkl"
PROFILE = f"{ACCOUNT}:inference-profile/us.amazon.nova-lite-v1:0"
WHEN, LATER = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)


def deployed(bedrock, **changes):
    answer = {
        "customModelDeploymentArn": DEPLOYMENT,
        "modelDeploymentName": "mine",
        "modelArn": MODEL,
        "createdAt": WHEN,
        "lastUpdatedAt": WHEN,
        "status": "Active",
    }
    bedrock.add_response("get_custom_model_deployment", answer | changes)


def provisioned(bedrock, **changes):
    answer = {
        "modelUnits": 1,
        "desiredModelUnits": 1,
        "provisionedModelName": "mine",
        "provisionedModelArn": THROUGHPUT,
        "modelArn": MODEL,
        "desiredModelArn": MODEL,
        "foundationModelArn": BASE,
        "status": "InService",
        "creationTime": WHEN,
        "lastModifiedTime": WHEN,
    }
    bedrock.add_response("get_provisioned_model_throughput", answer | changes)


def test_a_deployment_is_its_model_since_it_was_put_there(client, bedrock):
    deployed(bedrock)
    deployed(bedrock, lastUpdatedAt=LATER)
    first, later = served_model(client, DEPLOYMENT), served_model(client, DEPLOYMENT)
    assert first.model_arn == later.model_arn == MODEL
    assert first.version != later.version


def test_a_throughput_is_its_model_since_it_was_put_there(client, bedrock):
    provisioned(bedrock)
    provisioned(bedrock, lastModifiedTime=LATER)
    first, later = served_model(client, THROUGHPUT), served_model(client, THROUGHPUT)
    assert first.model_arn == later.model_arn == MODEL
    assert first.version != later.version


def test_a_model_that_is_being_replaced_is_a_conflict(client, bedrock):
    deployed(bedrock, updateDetails={"modelArn": MODEL, "updateStatus": "Updating"})
    with pytest.raises(Conflict, match="is being replaced: wait"):
        served_model(client, DEPLOYMENT)
    provisioned(bedrock, status="Updating")
    with pytest.raises(Conflict, match="is being replaced: wait"):
        served_model(client, THROUGHPUT)


def test_an_update_that_is_over_is_none_under_way(client, bedrock):
    for status in ("UpdateCompleted", "UpdateFailed"):
        deployed(bedrock, updateDetails={"modelArn": MODEL, "updateStatus": status})
        assert served_model(client, DEPLOYMENT).model_arn == MODEL


def test_the_id_of_a_base_model_is_that_model_and_the_weights_that_are_said_to_answer(client, bedrock):
    answer = {"modelDetails": {"modelArn": BASE, "modelId": "amazon.nova-lite-v1:0"}}
    for header in ({}, {WEIGHTS_HEADER: "burnish-0.1.0-abc"}):
        bedrock.add_response("get_foundation_model", answer | {"ResponseMetadata": {"HTTPHeaders": header}})
    first, on_a_server = (served_model(client, "amazon.nova-lite-v1:0") for _ in range(2))
    assert (first.model_arn, first.version) == (BASE, "")
    assert (on_a_server.model_arn, on_a_server.version) == (BASE, "burnish-0.1.0-abc")


@pytest.mark.parametrize("name", [PROFILE, "us.amazon.nova-lite-v1:0"])
def test_an_inference_profile_is_the_models_that_it_leads_to(client, bedrock, name):
    if name != PROFILE:
        bedrock.add_client_error("get_foundation_model", "ValidationException", http_status_code=400)
    west = BASE.replace("us-east-1", "us-west-2")
    answer = {
        "inferenceProfileName": "US Nova Lite",
        "inferenceProfileArn": PROFILE,
        "inferenceProfileId": "us.amazon.nova-lite-v1:0",
        "models": [{"modelArn": west}, {"modelArn": BASE}],
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
    }
    bedrock.add_response("get_inference_profile", answer)
    assert served_model(client, name).model_arn == f"{BASE}, {west}"


def test_a_bare_name_is_that_of_a_throughput_or_a_deployment(client, bedrock):
    bedrock.add_client_error("get_provisioned_model_throughput", "ResourceNotFoundException")
    deployed(bedrock)
    assert served_model(client, "mine").model_arn == MODEL


def test_an_imported_model_is_itself(client, bedrock):
    imported = f"{ACCOUNT}:imported-model/abcdefghijkl"
    bedrock.add_response("get_imported_model", {"modelArn": imported, "modelName": "mine"})
    assert served_model(client, imported).model_arn == imported


def test_what_does_not_answer_yet_is_a_conflict_with_the_command_that_waits(client, bedrock):
    deployed(bedrock, status="Creating")
    with pytest.raises(Conflict, match="'mine', Creating, does not answer yet") as raised:
        served_model(client, DEPLOYMENT)
    assert f"`burnish deployment wait {DEPLOYMENT}`" in raised.value.in_terminal
    provisioned(bedrock, status="Creating")
    with pytest.raises(Conflict, match="'mine', Creating, does not answer yet") as raised:
        served_model(client, THROUGHPUT)
    assert f"`burnish throughput wait {THROUGHPUT}`" in raised.value.in_terminal


def test_what_has_failed_is_a_conflict_with_the_reason(client, bedrock):
    deployed(bedrock, status="Failed", failureMessage="no room")
    with pytest.raises(Conflict, match="'mine', Failed: no room, does not answer"):
        served_model(client, DEPLOYMENT)
    provisioned(bedrock, status="Failed", failureMessage="no room")
    with pytest.raises(Conflict, match="'mine', Failed: no room, does not answer"):
        served_model(client, THROUGHPUT)


def test_a_custom_model_answers_only_through_what_serves_it(client, bedrock):
    answer = {"modelArn": MODEL, "modelName": "mine", "creationTime": WHEN}
    bedrock.add_response("get_custom_model", answer)
    with pytest.raises(Conflict, match="only through a deployment") as raised:
        served_model(client, MODEL)
    assert f"`burnish model deploy {MODEL} NAME`" in raised.value.in_terminal


def exist(bedrock, *base_models):
    """What is listed where a model is not found: nothing of the account's own, and these base models."""
    bedrock.add_response("list_custom_model_deployments", {"modelDeploymentSummaries": []})
    # What may not be listed is left out.
    bedrock.add_client_error("list_provisioned_model_throughputs", "AccessDeniedException")
    bedrock.add_response("list_imported_models", {"modelSummaries": []})
    summaries = [{"modelArn": BASE, "modelId": one} for one in base_models]
    bedrock.add_response("list_foundation_models", {"modelSummaries": summaries})


def test_a_model_that_is_not_there_is_an_error_with_the_most_similar_name(client, bedrock):
    bedrock.add_client_error("get_foundation_model", "ResourceNotFoundException")
    bedrock.add_client_error("get_inference_profile", "ValidationException")
    exist(bedrock, "amazon.nova-micro-v1:0", "amazon.nova-lite-v1:0")
    with pytest.raises(
        NotFound, match=r"no model 'amazon.nova-light-v1:0'. Did you mean 'amazon.nova-lite-v1:0'\?"
    ):
        served_model(client, "amazon.nova-light-v1:0")


def test_a_model_that_is_not_there_is_an_error_with_what_there_is(client, bedrock):
    bedrock.add_client_error("get_provisioned_model_throughput", "ResourceNotFoundException")
    bedrock.add_client_error("get_custom_model_deployment", "ResourceNotFoundException")
    exist(bedrock, *(f"a.model-{number}" for number in range(9)))
    with pytest.raises(NotFound, match=r"In us-east-1 there are a.model-0, .*a.model-5 and 3 more"):
        served_model(client, "nosuch")


def test_an_arn_of_another_region_is_told_by_its_region(client, bedrock):
    bedrock.add_client_error("get_provisioned_model_throughput", "ValidationException")
    with pytest.raises(NotFound, match="AWS_REGION=us-west-2"):
        served_model(client, THROUGHPUT.replace("us-east-1", "us-west-2"))


def test_what_may_not_be_looked_up_may_be_there(client, bedrock):
    bedrock.add_client_error(
        "get_provisioned_model_throughput", "AccessDeniedException", http_status_code=403
    )
    bedrock.add_client_error("get_custom_model_deployment", "ResourceNotFoundException")
    with pytest.raises(AccessDenied):
        served_model(client, "mine")


def test_what_bedrock_does_not_describe_is_not_said_to_be_missing(client):
    with pytest.raises(Rejected, match="does not say which model answers under 'arn:aws:sagemaker"):
        served_model(client, "arn:aws:sagemaker:us-east-1:123456789012:endpoint/mine")
