"""Invocations in the log, in a real S3 server, of answers from a process that does as it is told."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import re
from contextlib import suppress
from uuid import uuid4

import pytest
from image_bytes import saved
from PIL import Image

from burnish.engine.catalogue import DEFAULT_MODEL, Catalogue
from burnish.engine.inference_messages import Answer, TextPiece
from burnish.errors import AccessDenied, ModelFailed
from burnish.server.bedrock import invocation_logging
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.runtime.operations import runtime_handlers
from burnish.server.iam.store import IamStore
from burnish.server.invocation_logs import delivery
from burnish.server.invocation_logs.delivery import InvocationLog
from burnish.server.s3.role_storage import ALL_OF_S3, RoleStorage
from burnish.server.store import Store
from burnish.server.wire.call import Call, Identity, ServiceFault

ACCOUNT = "123456789012"
MODEL = "amazon.nova-lite-v1:0"
PAGE = saved(Image.new("L", (40, 40), 255), "PNG")
ASKED = {"messages": [{"role": "user", "content": [{"text": "A page"}]}]}
WITH_PAGE = {
    "messages": [
        {"role": "user", "content": [{"image": {"format": "png", "source": {"bytes": PAGE}}}, {"text": "?"}]}
    ]
}


class Inference:
    """Answers in two pieces with what it was asked; ``trouble`` comes in place of the first answer."""

    def __init__(self, trouble: Exception | None = None) -> None:
        self.trouble = trouble

    async def answer(self, request, *, on_piece=None):
        if self.trouble:
            raise self.trouble
        text = request.turns[-1].text
        if on_piece:
            on_piece(TextPiece(text=text[:2], input_tokens=3, output_tokens=1))
        return Answer(text=text, stop_reason="end_turn", input_tokens=3, output_tokens=2)


@pytest.fixture(scope="module")
def control(object_store, tmp_path_factory):
    objects, credentials, _ = object_store
    data = tmp_path_factory.mktemp("invocations")
    store, iam = Store(data), IamStore(data)
    yield Control(
        data=data,
        store=store,
        iam=iam,
        catalogue=Catalogue(models=(DEFAULT_MODEL,)),
        weights={DEFAULT_MODEL.id: data / "weights"},
        credentials=credentials,
        objects_endpoint=objects.endpoint,
    )
    store.close()
    iam.close()


@pytest.fixture
def storage(control):
    return RoleStorage(control.objects_endpoint, control.credentials, ALL_OF_S3)


class Logged:
    """A region that logs, with a bucket of its own."""

    def __init__(self, control, storage, **flags) -> None:
        self.control, self.storage = control, storage
        self.caller = Identity(account_id=ACCOUNT, access_key="AKIA", region=f"region-{uuid4().hex[:8]}")
        self.bucket = f"logs-{uuid4().hex[:12]}"
        self.log = InvocationLog(control)
        storage._client.create_bucket(Bucket=self.bucket)
        given = {"loggingConfig": {"s3Config": {"bucketName": self.bucket, "keyPrefix": "audit/"}, **flags}}
        call = Call(service="bedrock", operation="Put", parameters=given, caller=self.caller)
        asyncio.run(invocation_logging.put(control, call))

    async def invoke(self, operation, inference=None, **parameters):
        """The answer of an operation, its stream as the list of its events."""
        handlers = self.log.logged(runtime_handlers(self.control, inference or Inference()))
        call = Call(
            service="bedrock-runtime",
            operation=operation,
            parameters={"modelId": MODEL, **parameters},
            caller=self.caller,
        )
        members = await handlers["bedrock-runtime", operation](call)
        for name in ("stream", "body"):
            if hasattr(members.get(name), "__aiter__"):
                return [event async for event in members[name]]
        return members

    def invoked(self, operation, inference=None, **parameters):
        """The record of an invocation, once it is delivered."""

        async def run():
            try:
                await self.invoke(operation, inference, **parameters)
            finally:
                await self.log.write_waiting()

        with suppress(ServiceFault):
            asyncio.run(run())
        (record,) = self.records()
        return record

    @property
    def folder(self):
        return f"s3://{self.bucket}/audit/AWSLogs/{ACCOUNT}/BedrockModelInvocationLogs/{self.caller.region}"

    def names(self):
        return [name for name in self.storage.names(self.folder) if "permission-check" not in name]

    def records(self):
        files = [name for name in self.names() if "/data/" not in name]
        texts = [gzip.decompress(self.storage.read(f"{self.folder}/{name}")) for name in sorted(files)]
        return [json.loads(line) for text in texts for line in text.splitlines()]


@pytest.fixture
def logged(control, storage):
    return lambda **flags: Logged(control, storage, **flags)


def test_a_record_says_who_asked_which_model_what_and_what_it_answered(logged):
    region = logged()
    record = region.invoked("Converse", **ASKED, requestMetadata={"team": "papers"})
    answer = record["output"].pop("outputBodyJson")
    assert re.fullmatch(r"\d{4}(-\d\d){2}T(\d\d:){2}\d\dZ", record.pop("timestamp"))
    assert re.fullmatch(r"[0-9a-f-]{36}", record.pop("requestId"))
    assert record == {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "accountId": ACCOUNT,
        "identity": {"arn": f"arn:aws:iam::{ACCOUNT}:root"},
        "region": region.caller.region,
        "operation": "Converse",
        "modelId": MODEL,
        "input": {
            "inputContentType": "application/json",
            "inputBodyJson": {**ASKED, "requestMetadata": {"team": "papers"}},
            "inputTokenCount": 3,
            "cacheReadInputTokenCount": 0,
            "cacheWriteInputTokenCount": 0,
        },
        "output": {"outputContentType": "application/json", "outputTokenCount": 2},
        "requestMetadata": {"team": "papers"},
    }
    assert answer["output"]["message"]["content"] == [{"text": "A page"}]
    assert answer["stopReason"] == "end_turn"
    (name,) = region.names()
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\d\d/\d{8}T\d{9}Z_[0-9a-f]{16}\.json\.gz", name)


def test_a_stream_of_converse_is_logged_as_the_answer_that_it_comes_to(logged):
    record = logged().invoked("ConverseStream", **ASKED)
    answer = record["output"]["outputBodyJson"]
    assert answer["output"] == {"message": {"role": "assistant", "content": [{"text": "A page"}]}}
    assert (answer["stopReason"], answer["usage"]["totalTokens"]) == ("end_turn", 5)
    assert (record["input"]["inputTokenCount"], record["output"]["outputTokenCount"]) == (3, 2)


def test_an_answer_in_a_familys_format_is_logged_as_it_is(logged):
    body = json.dumps({**ASKED, "messages": ASKED["messages"]}).encode()
    record = logged().invoked("InvokeModel", body=body, requestMetadata='{"team": "papers"}')
    assert record["input"]["inputBodyJson"] == ASKED
    assert record["output"]["outputBodyJson"]["output"]["message"]["content"] == [{"text": "A page"}]
    assert (record["input"]["inputTokenCount"], record["output"]["outputTokenCount"]) == (3, 2)
    assert record["requestMetadata"] == {"team": "papers"}


def test_a_stream_in_a_familys_format_is_logged_chunk_by_chunk(logged):
    record = logged().invoked("InvokeModelWithResponseStream", body=json.dumps(ASKED).encode())
    chunks = record["output"]["outputBodyJson"]
    texts = [one["contentBlockDelta"]["delta"]["text"] for one in chunks if "contentBlockDelta" in one]
    assert "".join(texts) == "A page"
    assert (record["input"]["inputTokenCount"], record["output"]["outputTokenCount"]) == (3, 2)


def test_an_invocation_that_fails_is_logged_with_its_error(logged):
    record = logged().invoked("Converse", Inference(ModelFailed("it broke")), **ASKED)
    assert record["errorCode"] == "ModelErrorException"
    assert record["input"]["inputBodyJson"] == ASKED
    assert "output" not in record


@pytest.mark.parametrize("is_native", [False, True])
def test_images_lie_beside_the_log_and_the_record_names_them(logged, is_native):
    region = logged()
    if is_native:
        text = json.dumps(WITH_PAGE, default=lambda content: base64.b64encode(content).decode())
        record = region.invoked("InvokeModel", body=text.encode())
    else:
        record = region.invoked("Converse", **WITH_PAGE)
    image = record["input"]["inputBodyJson"]["messages"][0]["content"][0]["image"]
    uri = image["source"]["s3Location"]["uri"]
    assert uri.startswith(f"{region.folder}/")
    assert uri.endswith(f"/data/{record['requestId']}_input_1.png")
    assert region.storage.read(uri) == PAGE


def test_images_that_are_not_to_be_delivered_are_nowhere(logged):
    region = logged(imageDataDeliveryEnabled=False)
    record = region.invoked("Converse", **WITH_PAGE)
    image, text = record["input"]["inputBodyJson"]["messages"][0]["content"]
    assert (image, text) == ({"image": {"format": "png", "source": {}}}, {"text": "?"})
    assert not any("/data/" in name for name in region.names())


def test_without_texts_a_record_has_the_counts_alone(logged):
    record = logged(textDataDeliveryEnabled=False).invoked("Converse", **ASKED)
    assert (record["input"]["inputTokenCount"], record["output"]["outputTokenCount"]) == (3, 2)
    assert "A page" not in json.dumps(record)


def test_a_body_of_more_than_100_kilobytes_is_an_object_of_its_own(logged):
    region = logged()
    asked = {"messages": [{"role": "user", "content": [{"text": "long " * 25_000}]}]}
    record = region.invoked("Converse", **asked)
    paths = record["input"]["inputBodyS3Path"], record["output"]["outputBodyS3Path"]
    assert [path.rpartition("/")[2] for path in paths] == [
        f"{record['requestId']}_{side}.json.gz" for side in ("input", "output")
    ]
    bodies = [json.loads(gzip.decompress(region.storage.read(path))) for path in paths]
    assert bodies[0] == asked
    assert bodies[1]["output"]["message"]["content"] == asked["messages"][0]["content"]
    assert "inputBodyJson" not in record["input"]


@pytest.mark.attack(
    "Invocation logs",
    "a document nested 900 deep in a request, or a body that is no JSON",
    "answered or refused as without a log; the record has no body, and the records after it are written",
)
def test_what_cannot_be_written_down_keeps_no_other_record_back(logged):
    region, deep = logged(), {}
    for _ in range(900):
        deep = {"a": deep}

    async def run():
        for parameters in ({**ASKED, "additionalModelRequestFields": deep}, ASKED):
            with suppress(ServiceFault):
                await region.invoke("Converse", **parameters)
        with suppress(ServiceFault):
            await region.invoke("InvokeModel", body=b"no JSON")
        await region.log.write_waiting()

    asyncio.run(run())
    assert [record.get("errorCode") for record in region.records()] == [
        "ValidationException",
        None,
        "ValidationException",
    ]


def test_many_invocations_share_an_object(logged, monkeypatch):
    monkeypatch.setattr(delivery, "MOST_IN_AN_OBJECT", 3)
    region = logged()

    async def run():
        await asyncio.gather(*(region.invoke("Converse", **ASKED) for _ in range(7)))
        await region.log.write_waiting()

    asyncio.run(run())
    assert (len(region.names()), len(region.records())) == (3, 7)
    assert len({record["requestId"] for record in region.records()}) == 7


def test_records_wait_while_they_cannot_be_written_and_those_too_many_are_counted(
    logged, monkeypatch, caplog
):
    monkeypatch.setattr(delivery, "MOST_WAITING", 2)
    region = logged()
    region.storage._client.delete_bucket_policy(Bucket=region.bucket)

    async def run():
        for _ in range(5):
            await region.invoke("Converse", **ASKED)
        with pytest.raises(AccessDenied, match="does not let bedrock"):
            await region.log.write_waiting()

    asyncio.run(run())
    assert region.log.lost == 3
    assert "3 records of invocations were lost" in caplog.text
    call = Call(
        service="bedrock",
        operation="Put",
        parameters={"loggingConfig": {"s3Config": {"bucketName": region.bucket, "keyPrefix": "audit/"}}},
        caller=region.caller,
    )
    asyncio.run(invocation_logging.put(region.control, call))
    asyncio.run(region.log.write_waiting())
    assert len(region.records()) == 2


def test_what_a_server_that_stops_cannot_write_is_told(logged, caplog):
    region = logged()
    asyncio.run(region.invoke("Converse", **ASKED))
    region.storage._client.delete_bucket_policy(Bucket=region.bucket)
    asyncio.run(region.log.finish())
    assert region.log.lost == 1
    assert "The last records of the invocation logs cannot be written" in caplog.text


def test_a_region_without_a_configuration_logs_nothing(logged):
    region = logged()
    region.control.logging_configurations.delete(region.caller.region)
    asyncio.run(region.invoke("Converse", **ASKED))
    asyncio.run(region.log.write_waiting())
    assert region.records() == []


def test_the_answer_of_an_invocation_is_the_same_with_a_log(logged):
    region = logged()
    events = asyncio.run(region.invoke("ConverseStream", **ASKED))
    assert [name for name, _ in events][:2] == ["messageStart", "contentBlockDelta"]
