"""Members that fit the API's model and still cannot be: refused by name, before anything is done."""

from __future__ import annotations

import asyncio

import pytest

from burnish.server.bedrock.runtime.conversations import converse
from burnish.server.wire.call import Call, Identity, ServiceFault

BASE = "local.smollm2-135m-instruct-v1:0"
IMPOSSIBLE = [
    "s3://documents/../train.jsonl",
    "s3://documents/a/../../b",
    "s3://documents/..",
    "s3://documents/./a",
    "s3://documents//a",
    "s3://documents/a//b",
    "s3://documents/" + "a" * 1025,
    "s3://documents/" + "é" * 513,
    "s3://documents/a\x00b",
    "s3://documents/a\\b",
]
NO_OBJECT = ["s3://documents", "s3://documents/", "s3://documents/a/"]


def a_job(**changes):
    right = {
        "jobName": "a-job",
        "customModelName": "a-model",
        "roleArn": "arn:aws:iam::123456789012:role/tuner",
        "baseModelIdentifier": BASE,
        "trainingDataConfig": {"s3Uri": "s3://documents/train.jsonl"},
        "outputDataConfig": {"s3Uri": "s3://documents/out/"},
    }
    return right | changes


def refusal(region, **changes):
    with pytest.raises(ServiceFault) as raised:
        region.answer("CreateModelCustomizationJob", **a_job(**changes))
    assert raised.value.code == "ValidationException"
    return raised.value.message


@pytest.mark.attack(
    "Bedrock API",
    "S3 URIs with .., //, control characters or endless keys in a job",
    "400 ValidationException that names the member; nothing is created",
)
@pytest.mark.parametrize("uri", IMPOSSIBLE)
def test_a_job_names_only_objects_that_can_exist(region, uri):
    assert "'trainingDataConfig.s3Uri'" in refusal(region, trainingDataConfig={"s3Uri": uri})
    assert "'outputDataConfig.s3Uri'" in refusal(region, outputDataConfig={"s3Uri": uri})
    validators = {"validators": [{"s3Uri": "s3://documents/a"}, {"s3Uri": uri}]}
    told = refusal(region, validationDataConfig=validators)
    assert "'validationDataConfig.validators.2.member.s3Uri'" in told
    assert region.answer("ListModelCustomizationJobs")["modelCustomizationJobSummaries"] == []


@pytest.mark.parametrize("uri", NO_OBJECT)
def test_data_is_an_object_and_not_a_folder(region, uri):
    assert "names no object" in refusal(region, trainingDataConfig={"s3Uri": uri})
    # An output may be a bucket or a folder; this role does not exist.
    assert "Could not assume" in refusal(region, outputDataConfig={"s3Uri": uri})


def question(control, **changes):
    caller = Identity(account_id="123456789012", access_key="AKIA", region="us-east-1")
    parameters = {"modelId": BASE, "messages": [{"role": "user", "content": [{"text": "?"}]}], **changes}
    call = Call(service="bedrock-runtime", operation="Converse", parameters=parameters, caller=caller)
    with pytest.raises(ServiceFault) as raised:
        asyncio.run(converse(control, None, call))
    assert raised.value.code == "ValidationException"
    return raised.value.message


@pytest.mark.parametrize("uri", [*IMPOSSIBLE, *NO_OBJECT])
def test_an_image_is_an_object_that_can_exist(control, uri):
    image = {"image": {"format": "png", "source": {"s3Location": {"uri": uri}}}}
    told = question(control, messages=[{"role": "user", "content": [image]}])
    assert "messages[0].content[0].image: its URI" in told


SCHEMAS = [
    '{"properties":' * 100_000,
    "[" * 100_000,
    '{"properties": {"a": {"enum": [' + "[" * 500 + "]" * 500 + "]}}}",
    '{"properties": {"a": {"enum": ["\\ud800", "b"]}}}',
    '{"properties": {"\\ud800": {"enum": ["a", "b"]}}}',
    '{"properties": {"a": {"enum": {"b": 1}}}}',
    '{"properties": {"a": {"enum": "bc"}}}',
    '{"properties": {"a": {"enum": [' + "9" * 5000 + "]}}}",
    '{"properties": {"a": {"enum": [[], []]}}}',
    '{"properties": {"a": {"enum": []}}}',
    '{"properties": {"a": {}, "b": {}}}',
    '{"type": "object", "properties": {"a": NaN}}',
    '{"type": "object", "properties": {"a": {}, "b": ' + '{"items": ' * 500 + "{}" + "}" * 502,
    '{"properties": []}',
    "9" * 5000,
    "null",
    "",
]


@pytest.mark.attack(
    "Bedrock API",
    "a JSON schema nested 100,000 deep, or of no sense, as what Converse shall answer with",
    "400 ValidationException",
)
@pytest.mark.parametrize("schema", SCHEMAS, ids=range(len(SCHEMAS)))
def test_a_schema_that_is_none_is_refused(control, schema):
    config = {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": schema}}}}
    assert "JSON schema" in question(control, outputConfig=config)
