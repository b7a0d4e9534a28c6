"""Batch inference: requests against the shapes of the service, answers put in its place."""

from datetime import UTC, datetime

import pytest
from botocore_shapes import input_problems, output_members

from burnish.aws import batches
from burnish.aws.batches import BatchJobConfig, BatchStatus, InvocationType
from burnish.configs import VpcConfig
from burnish.errors import Conflict, InvalidConfig, NotFound
from burnish.waiting import Clock

ARN = "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/abcdefghijkl"
WHEN = datetime(2026, 1, 2, tzinfo=UTC)
GIVEN = {
    "job_name": "pages-of-may",
    "model_id": "us.amazon.nova-lite-v1:0",
    "role_arn": "arn:aws:iam::123456789012:role/Batch",
    "input_uri": "s3://bucket/requests/",
    "output_uri": "s3://bucket/answers",
}
CONFIG = BatchJobConfig(**GIVEN)
JOB = {
    "jobArn": ARN,
    "jobName": "pages-of-may",
    "modelId": "us.amazon.nova-lite-v1:0",
    "modelInvocationType": "Converse",
    "roleArn": GIVEN["role_arn"],
    "status": "InProgress",
    "submitTime": WHEN,
    "inputDataConfig": {"s3InputDataConfig": {"s3Uri": "s3://bucket/requests/"}},
    "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://bucket/answers"}},
    "totalRecordCount": 60,
    "processedRecordCount": 12,
    "successRecordCount": 11,
    "errorRecordCount": 1,
}


def listed(**changes):
    return {"invocationJobSummaries": [JOB | changes]}


def test_a_request_is_as_the_service_model_says():
    config = BatchJobConfig(
        **GIVEN,
        timeout_hours=48,
        tags={"team": "papers"},
        vpc=VpcConfig(subnet_ids=("subnet-1",), security_group_ids=("sg-1",)),
    )
    assert input_problems("bedrock", "CreateModelInvocationJob", batches.request_for(config, token="a")) == []
    assert set(JOB) <= set(output_members("bedrock", "GetModelInvocationJob"))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"job_name": "a_b"}, "job_name is 'a_b'"),
        ({"model_id": ""}, "model_id is empty"),
        ({"role_arn": "Batch"}, "role_arn is 'Batch'"),
        ({"input_uri": "requests.jsonl"}, "input_uri is 'requests.jsonl'"),
        ({"output_uri": "s3://bucket/../a"}, "output_uri is 's3://bucket/../a'"),
        ({"timeout_hours": 1}, "timeout_hours is 1: it must be 24 to 168"),
    ],
)
def test_a_config_that_the_service_would_refuse_is_refused_when_made(changes, says):
    with pytest.raises(InvalidConfig, match=says):
        BatchJobConfig(**GIVEN | changes)


def test_a_batch_is_described_with_its_counts_and_the_folder_of_its_answers(client, bedrock):
    bedrock.add_response("get_model_invocation_job", JOB)
    found = batches.get_batch(client, ARN)
    assert (found.status, found.records, found.succeeded) == (BatchStatus.IN_PROGRESS, 60, 11)
    assert found.output_folder == "s3://bucket/answers/abcdefghijkl/"
    assert str(found) == "batch 'pages-of-may', InProgress, 12 of 60 records, 1 failed"


def test_a_batch_is_started_with_a_token_that_belongs_to_its_request(client, bedrock):
    sent = []
    client.meta.events.register(
        "before-parameter-build.bedrock.CreateModelInvocationJob",
        lambda params, **_: sent.append(params["clientRequestToken"]),
    )
    for config in (CONFIG, CONFIG, BatchJobConfig(**GIVEN | {"model_id": "amazon.nova-micro-v1:0"})):
        bedrock.add_response("list_model_invocation_jobs", {"invocationJobSummaries": []})
        bedrock.add_response("create_model_invocation_job", {"jobArn": ARN})
        assert batches.create_batch(client, config).status is BatchStatus.SUBMITTED
    assert sent[0] == sent[1] != sent[2]


def test_the_same_request_gives_the_batch_that_it_has_started_before(client, bedrock):
    bedrock.add_response("list_model_invocation_jobs", listed())
    assert batches.create_batch(client, CONFIG).job_arn == ARN


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"modelId": "amazon.nova-pro-v1:0"}, "the model is 'amazon.nova-pro-v1:0', and not"),
        ({"modelInvocationType": "InvokeModel"}, "the type of its requests is"),
        (
            {"status": "Failed", "message": "No records"},
            "1 failed: No records, has this name",
        ),
    ],
)
def test_a_name_is_refused_that_another_batch_or_one_that_failed_has(client, bedrock, changes, says):
    bedrock.add_response("list_model_invocation_jobs", listed(**changes))
    with pytest.raises(Conflict, match=says):
        batches.create_batch(client, CONFIG)


def test_a_batch_is_found_by_its_whole_name_alone(client, bedrock):
    bedrock.add_response("list_model_invocation_jobs", listed(jobName="pages-of-may-2"))
    with pytest.raises(NotFound, match="no batch 'pages-of-may'"):
        batches.find_batch(client, "pages-of-may")


def test_a_new_role_that_is_not_known_everywhere_is_waited_for(client, bedrock):
    pauses: list[float] = []
    bedrock.add_response("list_model_invocation_jobs", {"invocationJobSummaries": []})
    bedrock.add_client_error(
        "create_model_invocation_job", "ValidationException", "Could not assume provided IAM role."
    )
    bedrock.add_response("create_model_invocation_job", {"jobArn": ARN})
    batches.create_batch(client, CONFIG, clock=Clock(sleep=pauses.append))
    assert pauses == [2.0]


def test_a_wait_ends_with_any_status_that_is_final(client, bedrock):
    for status in ("Validating", "InProgress", "PartiallyCompleted"):
        bedrock.add_response("get_model_invocation_job", JOB | {"status": status})
    seen: list[str] = []
    done = batches.wait_for_batch(
        client,
        ARN,
        interval=1,
        timeout=9,
        on_poll=lambda job: seen.append(job.status),
        clock=Clock(sleep=lambda _: None),
    )
    assert done.status is BatchStatus.PARTIALLY_COMPLETED
    assert seen == ["Validating", "InProgress", "PartiallyCompleted"]


@pytest.mark.parametrize(("status", "is_refused"), [("Stopping", False), ("Completed", True)])
def test_a_batch_that_is_over_cannot_be_stopped(client, bedrock, status, is_refused):
    bedrock.add_client_error("stop_model_invocation_job", "ConflictException", "over")
    bedrock.add_response("get_model_invocation_job", JOB | {"status": status})
    if is_refused:
        with pytest.raises(Conflict):
            batches.stop_batch(client, ARN)
    else:
        batches.stop_batch(client, ARN)


def test_requests_in_the_format_of_a_family_are_said_to_be_so():
    config = BatchJobConfig(**GIVEN, invocation_type=InvocationType.INVOKE_MODEL)
    assert batches.request_for(config, token="a")["modelInvocationType"] == "InvokeModel"
