"""On-demand deployments over real HTTP: created, called, updated, kept through a kill, deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError
from whole_server import PROMPT

from burnish import CustomModelDeploymentConfig, DeploymentStatus
from burnish.aws import deployments
from burnish.errors import Conflict, NotFound
from burnish.waiting import wait_until

#: Models leave the memory at once: whatever is asked here is asked of some that come back.
SERVE_OPTIONS = ("--unload-after", "0.01")
SCHEMA = {"jsonSchema": {"schema": PROMPT.json_schema, "name": "document_type"}}


def ask(server, model_id: str) -> dict[str, float]:
    """The probability that a model gives to each label."""
    answer = server.clients().bedrock_runtime.converse(
        modelId=model_id,
        messages=[{"role": "user", "content": [{"text": PROMPT.task}]}],
        outputConfig={"textFormat": {"type": "json_schema", "structure": SCHEMA}},
    )
    return answer["additionalModelResponseFields"]["labelProbabilities"]


@pytest.fixture(scope="module")
def models(server, data_set, role) -> tuple[str, str]:
    """The ARNs of two custom models that know different things."""
    from burnish import FinetuningJobConfig
    from burnish.families import family_named

    base = server.clients().bedrock.list_foundation_models()["modelSummaries"][0]["modelId"]
    assert family_named("open_weights").claims(base)
    made = []
    for name, rate in (("first", "0.01"), ("second", "0.05")):
        config = FinetuningJobConfig(
            base_model=base,
            training_data_uri=data_set["training"],
            output_uri="s3://bucket/output/",
            role_arn=role,
            job_name=name,
            model_name=name,
            hyperparameters={"epochCount": "2", "learningRate": rate},
            model_type="open_weights",
        )
        job = server.service().create_finetuning_job(config)
        job = server.service().wait_for_job_completion(
            job.job_arn, "open_weights", polling_interval=0.2, max_wait_time=120
        )
        assert job.model_id, job
        made.append(job.model_id)
    return made[0], made[1]


@pytest.fixture(scope="module")
def deployment(server, models) -> str:
    """The ARN of an active deployment of the first model."""
    config = CustomModelDeploymentConfig(
        model_id=models[0],
        deployment_name="mail-room",
        model_type="open_weights",
        description="for the mail room",
        tags={"team": "papers"},
    )
    made = server.service().create_custom_model_deployment(config)
    assert made.status is DeploymentStatus.CREATING
    settled = server.service().wait_for_deployment(
        made.deployment_arn, polling_interval=0.1, max_wait_time=60
    )
    assert settled.status is DeploymentStatus.ACTIVE, settled
    return settled.deployment_arn


def test_a_deployed_model_answers_under_the_deployments_arn(server, deployment):
    assert sum(ask(server, deployment).values()) == pytest.approx(1)


def test_a_model_that_nobody_asks_leaves_the_memory_and_answers_the_same_when_it_is_asked_again(
    server, deployment
):
    log = server.data / "logs" / "inference.log"
    expected = ask(server, deployment)
    asked_at = log.read_text()
    told = wait_until(
        lambda: log.read_text()[len(asked_at) :], lambda text: "Unloaded" in text, interval=0.1, timeout=60
    )
    assert "nobody asked it for 0.01 minutes. The next request loads it again" in told
    # Rounding: what the first request has left in the cache is computed otherwise.
    assert ask(server, deployment) == pytest.approx(expected, abs=1e-3)
    assert "Loaded" in log.read_text()[len(asked_at + told) :]


def test_it_is_what_to_call_the_custom_model_by(server, models, deployment):
    assert server.service().model_id_to_call(models[0]) == deployment
    with pytest.raises(NotFound, match=r"Deploy it with `deploy_custom_model\("):
        server.service().model_id_to_call(models[1])


def test_it_says_what_it_was_made_from(server, models, deployment):
    bedrock = server.clients().bedrock
    found = bedrock.get_custom_model_deployment(customModelDeploymentIdentifier="mail-room")
    assert (found["modelArn"], found["description"]) == (models[0], "for the mail room")
    assert "updateDetails" not in found
    assert bedrock.list_tags_for_resource(resourceARN=deployment)["tags"] == [
        {"key": "team", "value": "papers"}
    ]


def test_filters_keep_what_they_name(server, models, deployment):
    def listed(**filters) -> list[str]:
        found = deployments.list_deployments(server.clients().bedrock, **filters)
        return [one.deployment_arn for one in found]

    soon = datetime.now(UTC) + timedelta(hours=1)
    assert listed() == listed(status=DeploymentStatus.ACTIVE) == [deployment]
    assert listed(model_arn=models[0], name_contains="mail") == listed(created_before=soon) == [deployment]
    assert listed(model_arn=models[1]) == listed(status=DeploymentStatus.FAILED) == []
    assert listed(created_after=soon) == listed(name_contains="other") == []


def test_a_name_that_is_taken_is_refused(server, models, deployment):
    config = CustomModelDeploymentConfig(model_id=models[1], deployment_name="mail-room")
    with pytest.raises(Conflict, match=r"mail-room.* has this name but differs: the model is"):
        server.service().create_custom_model_deployment(config)
    assert server.service().get_custom_model_deployment(deployment).model_arn == models[0]


def test_the_same_token_makes_one_deployment_only(server, models):
    bedrock = server.clients().bedrock
    request = {"modelDeploymentName": "twice", "modelArn": models[0], "clientRequestToken": "mine"}
    first = bedrock.create_custom_model_deployment(**request)["customModelDeploymentArn"]
    assert bedrock.create_custom_model_deployment(**request)["customModelDeploymentArn"] == first
    server.service().wait_for_deployment(first, polling_interval=0.1, max_wait_time=60)
    server.service().delete_custom_model_deployment(first)


def test_a_model_that_is_deployed_cannot_be_deleted(server, models, deployment):
    with pytest.raises(Conflict, match="the deployment mail-room"):
        server.service().delete_custom_model(models[0])
    assert server.service().get_custom_model_deployment(deployment).status is DeploymentStatus.ACTIVE


@pytest.mark.parametrize("name", ["no-such-deployment", "a1b2c3d4e5f6"])
def test_one_that_is_not_there_is_not_found(server, name):
    with pytest.raises(NotFound):
        server.service().get_custom_model_deployment(name)


def test_a_model_that_is_not_there_cannot_be_deployed(server, models):
    gone = models[0][:-12] + "a1b2c3d4e5f6"
    with pytest.raises(NotFound):
        server.service().create_custom_model_deployment(
            CustomModelDeploymentConfig(model_id=gone, deployment_name="nothing")
        )


def test_an_update_changes_the_model_behind_the_same_arn(server, models, deployment):
    service, before = server.service(), ask(server, deployment)
    service.update_custom_model_deployment(deployment, model_arn=models[1])
    settled = service.wait_for_deployment(deployment, polling_interval=0.1, max_wait_time=60)
    assert (settled.status, settled.update_status) == (DeploymentStatus.ACTIVE, "UpdateCompleted")
    assert settled.model_arn == models[1]
    assert ask(server, deployment) != before


def test_what_was_accepted_survives_a_server_that_is_killed(server, models, deployment):
    config = CustomModelDeploymentConfig(model_id=models[0], deployment_name="unfinished")
    unfinished = server.service().create_custom_model_deployment(config).deployment_arn
    answer = ask(server, deployment)
    server.kill()
    server.start()
    settled = server.service().wait_for_deployment(unfinished, polling_interval=0.1, max_wait_time=60)
    assert settled.status is DeploymentStatus.ACTIVE, settled
    assert ask(server, deployment) == pytest.approx(answer)


def test_a_deleted_deployment_answers_no_more(server, models, deployment):
    service = server.service()
    for found in list(service.list_custom_model_deployments()):
        service.delete_custom_model_deployment(found.deployment_arn)
    with pytest.raises(ClientError, match="invalid"):
        ask(server, deployment)
    for model in models:
        service.delete_custom_model(model)
