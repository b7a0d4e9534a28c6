"""Whatever is sent, the answer is one that AWS's services have: never an internal error, always well-formed.

The usual run sends a few requests for each operation; a longer one as many as it is told:

    BURNISH_HOSTILE_REQUESTS=2000 pytest tests/server/test_hostile_requests.py
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from random import Random

import pytest
from botocore.parsers import create_parser
from hostile_requests import (
    BASE,
    DEPLOYMENT_ARN,
    JOB_ARN,
    MODEL_ARN,
    PAGE,
    PERMISSIONS,
    POLICY_ARN,
    REGION,
    ROLE_ARN,
    THROUGHPUT_ARN,
    TRUST,
    a_request,
)
from starlette.responses import PlainTextResponse

from burnish.engine.catalogue import DEFAULT_MODEL, Catalogue
from burnish.engine.inference_messages import Answer
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.operations import OPERATIONS, control_handlers
from burnish.server.bedrock.runtime import runtime_handlers
from burnish.server.door.bodies import BodyReader
from burnish.server.health import Health
from burnish.server.iam.operations import _CHANGES, _READS, iam_handlers
from burnish.server.iam.store import IamStore
from burnish.server.job_input import JobRequest, S3Data
from burnish.server.resources import CustomModel, Deployment, Job, Throughput
from burnish.server.s3.role_storage import RoleStorage
from burnish.server.store import Store
from burnish.server.wire.dispatch import Wire
from burnish.server.wire.schema import operation_model
from burnish.server.wire.validation import problems_with

REQUESTS = int(os.environ.get("BURNISH_HOSTILE_REQUESTS", "15"))
ANSWERED = [
    *(("bedrock", operation) for operation in OPERATIONS),
    ("bedrock-runtime", "Converse"),
    *(("iam", operation) for operation in (*_READS, *_CHANGES)),
]
#: What any service may say, besides the errors of an operation.
COMMON = {
    "bedrock": {"SerializationException", "UnknownOperationException", "RequestEntityTooLargeException"},
    "iam": {"ValidationError", "MalformedInput", "InvalidAction", "RequestEntityTooLargeException"},
}
COMMON["bedrock-runtime"] = COMMON["bedrock"]


class Answering:
    """An inference process that has always the same answer."""

    async def answer(self, asked):
        return Answer(
            text=json.dumps({"asked": [turn.text for turn in asked.turns]})[:100],
            stop_reason="end_turn",
            input_tokens=1,
            output_tokens=1,
            probabilities=dict.fromkeys(asked.choice.labels, 0.5) if asked.choice else {},
        )


@pytest.fixture(scope="module")
def control(object_store, tmp_path_factory):
    objects, credentials, _ = object_store
    data = tmp_path_factory.mktemp("hostile")
    weights = data / "weights"
    weights.mkdir()
    (weights / "config.json").write_text("{}")
    store, iam = Store(data), IamStore(data)
    made = Control(
        data=data,
        store=store,
        iam=iam,
        catalogue=Catalogue(models=(DEFAULT_MODEL,)),
        weights={DEFAULT_MODEL.id: weights},
        credentials=credentials,
        objects_endpoint=objects.endpoint,
    )
    storage = RoleStorage(objects.endpoint, credentials, (PERMISSIONS,))
    storage._client.create_bucket(Bucket="documents")
    storage.write("s3://documents/train.jsonl", b"{}\n")
    storage.write("s3://documents/page.png", PAGE)
    yield made
    store.close()
    iam.close()


@pytest.fixture(scope="module")
def wire(control):
    handlers = {
        **control_handlers(control),
        **runtime_handlers(control, Answering()),
        **iam_handlers(control.iam),
    }
    return Wire(
        handlers=handlers,
        credentials=control.credentials,
        objects=PlainTextResponse("objects"),
        health=Health(),
        bodies=BodyReader(),
    )


def populate(control, *, served):
    """Have every resource there that right requests name; what nothing uses can be deleted."""
    store, iam = control.store, control.iam
    with store.database.change():
        for table in ("tags", "tokens", "deployments", "throughputs", "models", "jobs"):
            store.database.execute(f"delete from {table}")
    with iam.database.change():
        for table in ("tags", "attachments", "policy_versions", "policies", "role_policies", "roles"):
            iam.database.execute(f"delete from {table}")
        now = "2026-01-01T00:00:00+00:00"
        iam.database.execute(
            "insert into roles values ('tuner', 'AROAX0123456789ABCDEF', ?, '/', ?, null, 3600, ?)",
            ROLE_ARN,
            TRUST,
            now,
        )
        iam.database.execute(
            "insert into policies values (?, 'reading', 'ANPAX0123456789ABCDEF', '/', null, 1, 2, ?, ?)",
            POLICY_ARN,
            now,
            now,
        )
        for number in (1, 2) if served else (1,):
            iam.database.execute(
                "insert into policy_versions values (?, ?, ?, ?)", POLICY_ARN, number, PERMISSIONS, now
            )
        if served:
            iam.database.execute("insert into role_policies values ('tuner', 'reading', ?)", PERMISSIONS)
            iam.database.execute("insert into attachments values ('tuner', ?)", POLICY_ARN)
    common = {"region": REGION, "base_model_id": BASE}
    request = JobRequest(
        role_arn=ROLE_ARN,
        base_model_identifier=BASE,
        training_data_config=S3Data(s3_uri="s3://documents/train.jsonl"),
        output_data_config=S3Data(s3_uri="s3://documents/out/"),
    )
    store.add(
        Job(
            arn=JOB_ARN, name="the-job", model_name="the-model", request=request, hyperparameters={}, **common
        )
    )
    store.add(
        CustomModel(
            arn=MODEL_ARN,
            name="the-model",
            job_arn=JOB_ARN,
            weights_id=DEFAULT_MODEL.id,
            adapter="models/a",
            **common,
        )
    )
    if not served:
        store.change(Job, JOB_ARN, status="Completed", model_arn=MODEL_ARN, training_loss=0.5)
        return
    store.add(
        Throughput(
            arn=THROUGHPUT_ARN,
            name="the-throughput",
            model_arn=MODEL_ARN,
            units=1,
            status="InService",
            **common,
        )
    )
    store.add(
        Deployment(
            arn=DEPLOYMENT_ARN, region=REGION, name="the-deployment", model_arn=MODEL_ARN, status="Active"
        )
    )


async def answered(wire, sent):
    """The status, the headers and the body with which an application answers, called as a server would."""
    scope = {
        "type": "http",
        "method": sent.method,
        "path": sent.path.decode("latin-1"),
        "raw_path": sent.path,
        "query_string": sent.query,
        "headers": [*sent.headers, (b"content-length", str(len(sent.body)).encode())],
        "scheme": "http",
        "server": ("localhost", 80),
        "client": ("localhost", 1),
        "http_version": "1.1",
    }
    messages, parts = [], []

    sent_on = [{"type": "http.request", "body": sent.body, "more_body": False}]

    async def receive():
        return sent_on.pop() if sent_on else await asyncio.Event().wait()

    async def send(message):
        (messages if message["type"] == "http.response.start" else parts).append(message)

    await wire(scope, receive, send)
    (start,) = messages
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    return start["status"], headers, b"".join(part.get("body", b"") for part in parts)


def faults_of(sent, status, headers, body):
    """What is wrong with an answer."""
    model = operation_model(sent.service, sent.operation)
    parser = create_parser("query" if sent.service == "iam" else "rest-json")
    response = {"status_code": status, "headers": headers, "body": body}
    parsed = parser.parse(response, model.output_shape)
    if status >= 300:
        code = parsed["Error"]["Code"]
        declared = {shape.error_code for shape in model.error_shapes} | COMMON[sent.service]
        return [] if status < 500 and code in declared else [f"{status} {code}: {parsed['Error']['Message']}"]
    del parsed["ResponseMetadata"]
    return problems_with(model.output_shape, parsed) if model.output_shape else []


@pytest.mark.attack(
    "Bedrock API",
    "every operation of Bedrock and IAM with hostile members, paths, queries, headers and bodies",
    "an error that the operation declares, or the right answer; never an internal error",
)
@pytest.mark.parametrize(("service", "operation"), ANSWERED, ids=lambda name: name)
def test_every_answer_is_one_that_the_operation_has(control, wire, caplog, service, operation):
    caplog.set_level(logging.ERROR)
    random, wrong = Random(f"{service} {operation}"), []
    key = control.credentials
    for turn in range(REQUESTS):
        if turn % 10 == 0:
            populate(control, served=turn % 20 == 0)
        sent = a_request(service, operation, random).signed(key.secret_key, key.access_key)
        status, headers, body = asyncio.run(answered(wire, sent))
        wrong += [f"{fault} <- {sent.made_of}" for fault in faults_of(sent, status, headers, body)]
        wrong += [f"{record.exc_info[1]!r} <- {sent.made_of}" for record in caplog.records if record.exc_info]
        caplog.clear()
    assert not wrong, "\n".join(wrong)
