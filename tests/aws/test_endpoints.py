"""What answers is found by its own name or by that of its model, and only where one thing can be meant."""

import pytest

from burnish.aws.endpoints import endpoint_to_call, endpoint_to_delete
from burnish.errors import InvalidConfig, NotFound

ACCOUNT = "arn:aws:bedrock:us-east-1:123456789012"
MODEL = f"{ACCOUNT}:custom-model/amazon.nova-lite-v1:0:300k/abcdefghijkl"
DEPLOYMENT = f"{ACCOUNT}:custom-model-deployment/bcdefghijklm"
THROUGHPUT = f"{ACCOUNT}:provisioned-model/cdefghijklmn"
WHEN = "2026-01-02T00:00:00Z"
DEPLOYED = {
    "customModelDeploymentArn": DEPLOYMENT,
    "modelDeploymentName": "papers",
    "modelArn": MODEL,
    "createdAt": WHEN,
    "status": "Active",
}
PROVISIONED = {
    "modelUnits": 1,
    "desiredModelUnits": 1,
    "provisionedModelName": "papers",
    "provisionedModelArn": THROUGHPUT,
    "modelArn": MODEL,
    "desiredModelArn": MODEL,
    "foundationModelArn": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0:300k",
    "status": "InService",
    "creationTime": WHEN,
    "lastModifiedTime": WHEN,
}
A_MODEL = {"modelArn": MODEL, "modelName": "papers", "creationTime": WHEN}


def named(bedrock, *, deployment=None, throughput=None):
    """What the name is of, among deployments and throughputs."""
    for operation, found in (
        ("get_custom_model_deployment", deployment),
        ("get_provisioned_model_throughput", throughput),
    ):
        if found:
            bedrock.add_response(operation, found)
        else:
            bedrock.add_client_error(operation, "ResourceNotFoundException", "none", 404)


def serving(bedrock, *, deployments=(), throughputs=()):
    """What serves the model."""
    summaries = [
        {
            "customModelDeploymentName" if name == "modelDeploymentName" else name: value
            for name, value in one.items()
        }
        for one in deployments
    ]
    bedrock.add_response("list_custom_model_deployments", {"modelDeploymentSummaries": summaries})
    bedrock.add_response(
        "list_provisioned_model_throughputs", {"provisionedModelSummaries": list(throughputs)}
    )


def test_the_name_of_a_deployment_is_enough(client, bedrock):
    named(bedrock, deployment=DEPLOYED)
    assert endpoint_to_call(client, "papers") == DEPLOYMENT


def test_the_name_of_a_throughput_is_enough(client, bedrock):
    named(bedrock, throughput=PROVISIONED)
    assert endpoint_to_delete(client, "papers") == THROUGHPUT


def test_the_name_of_a_model_stands_for_its_only_deployment(client, bedrock):
    named(bedrock)
    bedrock.add_response("get_custom_model", A_MODEL)
    serving(bedrock, deployments=[DEPLOYED])
    assert endpoint_to_call(client, "papers") == DEPLOYMENT


@pytest.mark.parametrize("endpoint", [endpoint_to_call, endpoint_to_delete])
def test_where_several_can_be_meant_each_is_named(client, bedrock, endpoint):
    serving(bedrock, deployments=[DEPLOYED], throughputs=[PROVISIONED])
    with pytest.raises(InvalidConfig) as refused:
        endpoint(client, MODEL)
    assert f"custom model deployment 'papers': {DEPLOYMENT}" in str(refused.value)
    assert f"provisioned throughput 'papers': {THROUGHPUT}" in str(refused.value)


def test_a_deployment_and_a_throughput_of_one_name_are_several(client, bedrock):
    named(bedrock, deployment=DEPLOYED, throughput=PROVISIONED)
    with pytest.raises(InvalidConfig, match="could be any of these"):
        endpoint_to_delete(client, "papers")


def test_a_model_that_nothing_serves_says_what_to_do_only_where_it_is_to_answer(client, bedrock):
    serving(bedrock)
    with pytest.raises(NotFound, match="Deploy it with `deploy_custom_model"):
        endpoint_to_call(client, MODEL)
    serving(bedrock)
    with pytest.raises(NotFound, match="is not deployed: there is nothing to delete"):
        endpoint_to_delete(client, MODEL)


def test_an_unknown_name_is_answered_with_the_most_similar_one(client, bedrock):
    named(bedrock)
    bedrock.add_client_error("get_custom_model", "ResourceNotFoundException", "none", 404)
    serving(bedrock, throughputs=[PROVISIONED])
    bedrock.add_response("list_custom_models", {"modelSummaries": []})
    bedrock.add_client_error("list_imported_models", "UnsupportedOperation", "not supported yet", 400)
    with pytest.raises(NotFound, match=r"is called 'papres'\. Did you mean 'papers'\?"):
        endpoint_to_call(client, "papres")


@pytest.mark.parametrize("given", ["amazon.nova-lite-v1:0", DEPLOYMENT, THROUGHPUT])
def test_what_answers_itself_is_not_looked_up(client, bedrock, given):
    assert endpoint_to_call(client, given) == given
