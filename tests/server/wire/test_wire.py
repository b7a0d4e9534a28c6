"""The wire, spoken to by the real client: what it sends arrives parsed, and what a handler answers."""

import asyncio
import logging
import threading
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError, EventStreamError

from burnish.aws import jobs
from burnish.aws.own_headers import send_own_headers
from burnish.server.wire.call import ServiceFault, WithHeaders

JOB_ARN = (
    "arn:aws:bedrock:us-east-1:123456789012:model-customization-job/local.smollm2-135m-v1:0/abcdefghijkl"
)
MODEL_ARN = "arn:aws:bedrock:us-east-1::foundation-model/local.smollm2-135m-v1:0"
DEPLOYMENT_ARN = "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/abcdefghijkl"
MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
JOB = {
    "jobArn": JOB_ARN,
    "jobName": "a-job",
    "outputModelName": "a-model",
    "roleArn": "arn:aws:iam::123456789012:role/tuner",
    "status": "InProgress",
    "creationTime": MOMENT,
    "baseModelArn": MODEL_ARN,
    "hyperParameters": {"epochCount": "2"},
    "trainingDataConfig": {"s3Uri": "s3://bucket/train.jsonl"},
    "validationDataConfig": {"validators": []},
    "outputDataConfig": {"s3Uri": "s3://bucket/out/"},
    "failureMessage": None,
}
REQUEST = {
    "jobName": "a-job",
    "customModelName": "a-model",
    "roleArn": "arn:aws:iam::123456789012:role/tuner",
    "baseModelIdentifier": MODEL_ARN,
    "trainingDataConfig": {"s3Uri": "s3://bucket/train.jsonl"},
    "outputDataConfig": {"s3Uri": "s3://bucket/out/"},
    "hyperParameters": {"epochCount": "2"},
    "jobTags": [{"key": "team", "value": "forms team"}],
}


def test_an_arn_arrives_whole_though_its_slashes_are_encoded_in_the_path(served, handling):
    calls = handling("bedrock", "GetModelCustomizationJob", JOB)
    answer = served.client("bedrock").get_model_customization_job(jobIdentifier=JOB_ARN)
    assert calls[0].parameters == {"jobIdentifier": JOB_ARN}
    assert answer["creationTime"] == MOMENT
    assert answer["hyperParameters"] == {"epochCount": "2"}
    assert "failureMessage" not in answer


def test_a_caller_is_known_by_account_key_and_region(served, handling):
    calls = handling("bedrock", "GetModelCustomizationJob", JOB)
    served.client("bedrock").get_model_customization_job(jobIdentifier="a-job")
    caller = calls[0].caller
    assert (caller.account_id, caller.access_key) == ("123456789012", served.credentials.access_key)
    assert caller.region == "us-east-1"


def test_a_job_is_ended_with_its_model_by_a_header_that_goes_with_no_other_call(served, handling):
    told = WithHeaders(JOB, {"x-burnish-schedule": "{}"})
    handling("bedrock", "GetModelCustomizationJob", told)
    calls = handling("bedrock", "StopModelCustomizationJob", {})
    client = served.client("bedrock")
    send_own_headers(client.meta.events)
    jobs.finish_job(client, JOB_ARN)
    jobs.stop_job(client, JOB_ARN)
    assert [call.own_headers for call in calls] == [{"x-burnish-keep-model": "true"}, {}]
    assert {call.parameters["jobIdentifier"] for call in calls} == {JOB_ARN}


def test_a_body_arrives_in_the_members_of_the_model(served, handling):
    calls = handling("bedrock", "CreateModelCustomizationJob", {"jobArn": JOB_ARN})
    answer = served.client("bedrock").create_model_customization_job(**REQUEST)
    received = dict(calls[0].parameters)
    assert len(received.pop("clientRequestToken")) == 36
    assert received == REQUEST
    assert answer["jobArn"] == JOB_ARN
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert answer["ResponseMetadata"]["RequestId"]


def test_a_query_arrives_with_its_types(served, handling):
    calls = handling("bedrock", "ListModelCustomizationJobs", {"modelCustomizationJobSummaries": []})
    given = {
        "creationTimeAfter": MOMENT,
        "maxResults": 5,
        "statusEquals": "Failed",
        "nextToken": "a+b/c=&d%20",
    }
    served.client("bedrock").list_model_customization_jobs(**given)
    assert calls[0].parameters == given


def test_an_operation_without_output_has_an_empty_body(served, handling):
    handling("bedrock", "StopModelCustomizationJob", {})
    answer = served.client("bedrock").stop_model_customization_job(jobIdentifier=JOB_ARN)
    assert answer["ResponseMetadata"]["HTTPHeaders"]["content-length"] == "0"


def test_images_and_documents_go_both_ways(served, handling):
    said = {"role": "assistant", "content": [{"text": "invoice"}]}
    calls = handling(
        "bedrock-runtime",
        "Converse",
        {
            "output": {"message": said},
            "stopReason": "end_turn",
            "usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3},
            "metrics": {"latencyMs": 4},
            "additionalModelResponseFields": {"probabilities": {"invoice": 0.9}, "none": None},
        },
    )
    picture = {"image": {"format": "png", "source": {"bytes": b"\x89PNG\x00\xff"}}}
    answer = served.client("bedrock-runtime").converse(
        modelId=DEPLOYMENT_ARN,
        messages=[{"role": "user", "content": [{"text": "?"}, picture]}],
        inferenceConfig={"temperature": 0.0, "maxTokens": 16},
        additionalModelRequestFields={"any": [1, {"thing": None}]},
    )
    received = calls[0].parameters
    assert received["messages"][0]["content"][1] == picture
    assert received["inferenceConfig"] == {"temperature": 0.0, "maxTokens": 16}
    assert received["additionalModelRequestFields"] == {"any": [1, {"thing": None}]}
    assert answer["output"]["message"] == said
    assert answer["additionalModelResponseFields"]["probabilities"] == {"invoice": 0.9}


def test_a_body_that_is_a_blob_passes_as_it_is_with_its_headers(served, handling):
    calls = handling(
        "bedrock-runtime", "InvokeModel", {"body": b'{"answer": 1}', "contentType": "application/x-answer"}
    )
    answer = served.client("bedrock-runtime").invoke_model(
        modelId=DEPLOYMENT_ARN,
        body=b"\x00raw",
        contentType="application/x-raw",
        accept="*/*",
        trace="ENABLED",
    )
    received = calls[0].parameters
    assert (received["body"], received["contentType"], received["trace"]) == (
        b"\x00raw",
        "application/x-raw",
        "ENABLED",
    )
    assert answer["contentType"] == "application/x-answer"
    assert answer["body"].read() == b'{"answer": 1}'


async def _events(*events, then=None):
    for event in events:
        yield event
    if then:
        raise then


def test_a_stream_arrives_event_by_event(served, handling):
    events = [
        ("messageStart", {"role": "assistant"}),
        ("contentBlockDelta", {"delta": {"text": "ünï"}, "contentBlockIndex": 0}),
        ("messageStop", {"stopReason": "end_turn"}),
    ]
    handling("bedrock-runtime", "ConverseStream", {"stream": _events(*events)})
    answer = served.client("bedrock-runtime").converse_stream(modelId=DEPLOYMENT_ARN, messages=[])
    assert list(answer["stream"]) == [{name: members} for name, members in events]
    assert answer["ResponseMetadata"]["RequestId"]


def test_a_stream_of_bytes_arrives_chunk_by_chunk(served, handling):
    body = _events(("chunk", {"bytes": b"one\x00"}), ("chunk", {"bytes": b"two"}))
    handling("bedrock-runtime", "InvokeModelWithResponseStream", {"body": body, "contentType": "text/x"})
    answer = served.client("bedrock-runtime").invoke_model_with_response_stream(
        modelId=DEPLOYMENT_ARN, body=b""
    )
    assert answer["contentType"] == "text/x"
    assert [event["chunk"]["bytes"] for event in answer["body"]] == [b"one\x00", b"two"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ServiceFault("ThrottlingException", "slower"), "throttlingException"),
        (ZeroDivisionError("a bug"), "internalServerException"),
    ],
)
def test_a_stream_that_breaks_off_says_why(served, handling, error, code):
    stream = _events(("messageStart", {"role": "assistant"}), then=error)
    handling("bedrock-runtime", "ConverseStream", {"stream": stream})
    answer = served.client("bedrock-runtime").converse_stream(modelId=DEPLOYMENT_ARN, messages=[])
    with pytest.raises(EventStreamError) as failed:
        list(answer["stream"])
    assert failed.value.response["Error"]["Code"] == code
    assert "a bug" not in str(failed.value)


def test_what_goes_wrong_before_the_first_event_is_an_error_and_no_stream(served, handling):
    stream = _events(then=ServiceFault("ModelTimeoutException", "too slow"))
    handling("bedrock-runtime", "ConverseStream", {"stream": stream})
    runtime = served.client("bedrock-runtime")
    with pytest.raises(runtime.exceptions.ModelTimeoutException, match="too slow"):
        runtime.converse_stream(modelId=DEPLOYMENT_ARN, messages=[])


@pytest.mark.parametrize("is_waited_for", [True, False], ids=["waiting for an event", "not reading"])
def test_the_stream_of_a_client_that_leaves_is_closed(served, handling, is_waited_for):
    closed = threading.Event()

    async def endless():
        try:
            yield "messageStart", {"role": "assistant"}
            while True:
                if is_waited_for:
                    await asyncio.sleep(0.01)
                yield "contentBlockDelta", {"delta": {"text": "a" * 9999}, "contentBlockIndex": 0}
                if is_waited_for:
                    await asyncio.Event().wait()
        finally:
            closed.set()

    handling("bedrock-runtime", "ConverseStream", {"stream": endless()})
    answer = served.client("bedrock-runtime").converse_stream(modelId=DEPLOYMENT_ARN, messages=[])
    next(iter(answer["stream"]))
    assert not closed.wait(0.1)
    answer["stream"].close()
    assert closed.wait(30)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ResourceNotFoundException", 404),
        ("ConflictException", 400),
        ("ThrottlingException", 429),
        ("InternalServerException", 500),
        ("TooManyTagsException", 400),
    ],
)
def test_a_fault_is_the_clients_own_exception(served, handling, code, status):
    handling("bedrock", "CreateModelCustomizationJob", ServiceFault(code, "because", resourceName="r"))
    bedrock = served.client("bedrock")
    with pytest.raises(getattr(bedrock.exceptions, code)) as raised:
        bedrock.create_model_customization_job(**REQUEST)
    response = raised.value.response
    assert response["Error"] == {"Code": code, "Message": "because"}
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert response["ResponseMetadata"]["RequestId"]


def test_a_fault_of_the_runtime_keeps_its_further_members(served, handling):
    fault = ServiceFault("ModelErrorException", "no", originalStatusCode=418, resourceName=DEPLOYMENT_ARN)
    handling("bedrock-runtime", "Converse", fault)
    runtime = served.client("bedrock-runtime")
    with pytest.raises(runtime.exceptions.ModelErrorException) as raised:
        runtime.converse(modelId=DEPLOYMENT_ARN, messages=[])
    assert raised.value.response["originalStatusCode"] == 418


def test_a_bug_is_a_neutral_500_and_its_traceback_goes_to_the_log(served, handling, caplog):
    handling("bedrock", "GetModelCustomizationJob", KeyError("a secret detail"))
    bedrock = served.client("bedrock")
    with (
        caplog.at_level(logging.ERROR),
        pytest.raises(bedrock.exceptions.InternalServerException) as raised,
    ):
        bedrock.get_model_customization_job(jobIdentifier="a-job")
    assert "a secret detail" not in str(raised.value)
    assert "a secret detail" in caplog.text


def test_an_operation_that_nobody_handles_is_a_501_that_names_it(served):
    with pytest.raises(ClientError, match="CreateGuardrail") as raised:
        served.client("bedrock").create_guardrail(
            name="g", blockedInputMessaging="x", blockedOutputsMessaging="y"
        )
    assert raised.value.response["Error"]["Code"] == "UnsupportedOperation"
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_every_problem_of_a_request_is_told_at_once_in_the_words_of_aws(served, handling):
    calls = handling("bedrock", "CreateModelCustomizationJob", {"jobArn": JOB_ARN})
    bedrock = served.client("bedrock")
    with pytest.raises(bedrock.exceptions.ValidationException) as raised:
        bedrock.create_model_customization_job(
            **REQUEST | {"jobName": "bad_name", "customizationType": "MAGIC", "customModelName": "x" * 64}
        )
    message = raised.value.response["Error"]["Message"]
    assert message.startswith("3 validation errors detected: Value 'bad_name' at 'jobName' failed to satisfy")
    assert "Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9" in message
    assert (
        "Value 'MAGIC' at 'customizationType' failed to satisfy constraint: Member must satisfy enum"
        in message
    )
    assert "Member must have length less than or equal to 63" in message
    assert calls == []
