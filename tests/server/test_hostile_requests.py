"""Whatever is sent, the answer is one that AWS's services have: never an internal error, always well-formed.

The usual run sends a few requests for each operation; a longer one as many as it is told, over 20,000 here:

    BURNISH_HOSTILE_REQUESTS=200 pytest tests/server/test_hostile_requests.py

It says at its end how many requests were answered with which status.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections import Counter
from random import Random

import msgspec
import pytest
from botocore.awsrequest import HeadersDict
from botocore.eventstream import EventStreamBuffer
from botocore.parsers import EventStreamJSONParser, create_parser
from hostile_requests import (
    BASE,
    BATCH_ARN,
    DATASET,
    DEPLOYMENT_ARN,
    EVALUATED,
    EVALUATION_ARN,
    GROUP_ARN,
    JOB_ARN,
    MODEL_ARN,
    PAGE,
    PERMISSIONS,
    POLICY_ARN,
    QUERY_VERSIONS,
    REGION,
    ROLE_ARN,
    THROUGHPUT_ARN,
    TRUST,
    USER_ARN,
    a_request,
)
from starlette.responses import PlainTextResponse

from burnish.engine.catalogue import DEFAULT_MODEL, Catalogue
from burnish.engine.inference_messages import Answer, TextPiece
from burnish.errors import ModelFailed
from burnish.policies.evaluation import Grants
from burnish.server.batch_request import BatchInput, BatchOutput, BatchRequest, InputConfig, OutputConfig
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.operations import OPERATIONS, control_handlers
from burnish.server.bedrock.runtime.operations import RUNTIME_OPERATIONS, runtime_handlers
from burnish.server.door.bodies import BodyReader
from burnish.server.evaluation_request import EvaluationRequest
from burnish.server.health import Health
from burnish.server.iam.operations import _CHANGES, _READS, iam_handlers
from burnish.server.iam.store import IamStore
from burnish.server.iam.sts import sts_handlers
from burnish.server.job_input import JobRequest, S3Data
from burnish.server.resources import CustomModel, Deployment, EvaluationJob, InvocationJob, Job, Throughput
from burnish.server.s3.role_storage import RoleStorage
from burnish.server.store import Store
from burnish.server.wire.dispatch import Wire
from burnish.server.wire.schema import operation_model, payload_of
from burnish.server.wire.validation import problems_with

REQUESTS = int(os.environ.get("BURNISH_HOSTILE_REQUESTS", "15"))
ANSWERED = [
    *(("bedrock", operation) for operation in OPERATIONS),
    *(("bedrock-runtime", operation) for operation in RUNTIME_OPERATIONS),
    *(("iam", operation) for operation in (*_READS, *_CHANGES)),
    ("sts", "AssumeRole"),
    ("sts", "GetCallerIdentity"),
    ("sts", "GetSessionToken"),
]
#: What any service may say, besides the errors of an operation.
COMMON = {
    "bedrock": {"SerializationException", "UnknownOperationException", "RequestEntityTooLargeException"},
    "iam": {"ValidationError", "MalformedInput", "InvalidAction", "RequestEntityTooLargeException"},
}
#: Members that are required by the shape, and that AWS leaves out: Terraform's own tests show it.
ABSENT_ON_AWS = {"GetModelCustomizationJob": ("validationDataConfig", {"validators": []})}
COMMON["bedrock-runtime"] = COMMON["bedrock"]
# Which its model declares for none of its operations, and every one of them may say.
COMMON["sts"] = COMMON["iam"] | {"AccessDenied"}


class Answering:
    """An inference process that has always the same answer, and breaks off where it is asked for that."""

    async def answer(self, asked, *, on_piece=None):
        text = json.dumps({"asked": [turn.text for turn in asked.turns]})[:100]
        if on_piece:
            on_piece(TextPiece(text=text[:5], input_tokens=1, output_tokens=1))
            await asyncio.sleep(0)
        if asked.sampling.stop and not asked.counts_only:
            raise ModelFailed("broken off")
        return Answer(
            text=text,
            stop_reason="end_turn",
            input_tokens=1,
            output_tokens=1,
            label=asked.choice.labels[0] if asked.choice else None,
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
    storage = RoleStorage(objects.endpoint, credentials, Grants(identity=(PERMISSIONS,)))
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
        **sts_handlers(control.iam),
    }
    return Wire(
        handlers=handlers,
        keys=control.credentials,
        objects=PlainTextResponse("objects"),
        health=Health(),
        bodies=BodyReader(),
    )


@pytest.fixture(scope="module")
def statuses(request):
    """How many answers of each status there were; said at the end."""
    counted = Counter()
    yield counted
    said = ", ".join(f"{counted[status]:,} of {status}" for status in sorted(counted))
    capturing = request.config.pluginmanager.getplugin("capturemanager")
    with capturing.global_and_fixture_disabled():
        request.config.get_terminal_writer().line(f"\n{counted.total():,} requests answered: {said}")


IAM_TABLES = (
    "tags",
    "sessions",
    "user_sessions",
    "access_keys",
    "bearer_keys",
    "memberships",
    "boundaries",
    "entity_attachments",
    "entity_policies",
    "policy_versions",
    "policies",
    "roles",
    "groups",
    "users",
)


STATE_TABLES = (
    "tags",
    "tokens",
    "deployments",
    "throughputs",
    "models",
    "jobs",
    "invocation_jobs",
    "evaluation_jobs",
)


def populate(control, *, served):
    """Have every resource there that right requests name; what nothing uses can be deleted."""
    store, iam = control.store, control.iam
    with store.database.change():
        for table in STATE_TABLES:
            store.database.execute(f"delete from {table}")
    with iam.database.change():
        for table in IAM_TABLES:
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
        iam.database.execute(
            "insert into users values ('reader', 'AIDAX0123456789ABCDEF', ?, '/', ?)", USER_ARN, now
        )
        iam.database.execute(
            "insert into groups values ('readers', 'AGPAX0123456789ABCDEF', ?, '/', ?)", GROUP_ARN, now
        )
        for number in (1, 2) if served else (1,):
            iam.database.execute(
                "insert into policy_versions values (?, ?, ?, ?)", POLICY_ARN, number, PERMISSIONS, now
            )
        if served:
            iam.database.execute(
                "insert into entity_policies values ('role', 'tuner', 'reading', ?)", PERMISSIONS
            )
            iam.database.execute("insert into entity_attachments values ('role', 'tuner', ?)", POLICY_ARN)
            iam.database.execute(
                "insert into entity_policies values ('group', 'readers', 'reading', ?)", PERMISSIONS
            )
            iam.database.execute("insert into entity_attachments values ('group', 'readers', ?)", POLICY_ARN)
            iam.database.execute("insert into memberships values ('reader', 'readers')")
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
    source, target = BatchInput(s3_uri="s3://documents/train.jsonl"), BatchOutput(s3_uri="s3://documents/out")
    batch = BatchRequest(
        role_arn=ROLE_ARN,
        model_id=BASE,
        input_data_config=InputConfig(s3_input_data_config=source),
        output_data_config=OutputConfig(s3_output_data_config=target),
    )
    store.add(InvocationJob(arn=BATCH_ARN, region=REGION, name="the-batch", batch_request=batch))
    evaluation = msgspec.convert(
        {
            "roleArn": ROLE_ARN,
            "evaluationConfig": {"automated": {"datasetMetricConfigs": [DATASET]}},
            "inferenceConfig": {"models": [{"bedrockModel": EVALUATED}]},
            "outputDataConfig": {"s3Uri": "s3://documents/scores"},
        },
        EvaluationRequest,
    )
    store.add(
        EvaluationJob(
            arn=EVALUATION_ARN,
            region=REGION,
            name="the-evaluation",
            evaluation_request=evaluation,
            status="InProgress" if served else "Completed",
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
    if headers.get("content-type") == "application/vnd.amazon.eventstream":
        return faults_of_stream(model.get_event_stream_output(), body)
    parser = create_parser("query" if sent.service in QUERY_VERSIONS else "rest-json")
    response = {"status_code": status, "headers": HeadersDict(headers), "body": body}
    parsed = parser.parse(response, model.output_shape)
    if status >= 300:
        code = parsed["Error"]["Code"]
        declared = {shape.error_code for shape in model.error_shapes} | COMMON[sent.service]
        return [] if status < 500 and code in declared else [f"{status} {code}: {parsed['Error']['Message']}"]
    del parsed["ResponseMetadata"]
    payload = payload_of(model.output_shape)
    if payload and model.output_shape.members[payload].type_name == "blob":
        parsed[payload] = body  # which the parser makes a text
    if sent.operation in ABSENT_ON_AWS:
        parsed.setdefault(*ABSENT_ON_AWS[sent.operation])
    return problems_with(model.output_shape, parsed) if model.output_shape else []


def faults_of_stream(stream, body):
    """What is wrong with the events of a stream, and with what ends it."""
    buffer, wrong, end = EventStreamBuffer(), [], None
    buffer.add_data(body)
    for event in buffer:
        response = event.to_response_dict()
        parsed = EventStreamJSONParser().parse(response, stream)
        if response["status_code"] != 200:
            end = parsed["Error"]["Code"]
            wrong += [] if end in stream.members and end != "internalServerException" else [str(parsed)]
        else:
            ((end, members),) = parsed.items()
            wrong += problems_with(stream.members[end], members)
    return wrong if end in ("metadata", "chunk", "modelStreamErrorException") else [f"it ends with {end}"]


@pytest.mark.attack(
    "Bedrock API",
    "every operation of Bedrock, IAM and STS with hostile members, paths, queries, headers and bodies",
    "an error that the operation declares, or the right answer; never an internal error",
)
@pytest.mark.parametrize(("service", "operation"), ANSWERED, ids=lambda name: name)
def test_every_answer_is_one_that_the_operation_has(control, wire, statuses, caplog, service, operation):
    caplog.set_level(logging.ERROR)
    random, wrong = Random(f"{service} {operation}"), []
    key = control.credentials
    for turn in range(REQUESTS):
        if turn % 10 == 0:
            populate(control, served=turn % 20 == 0)
        sent = a_request(service, operation, random).signed(key.secret_key, key.access_key)
        status, headers, body = asyncio.run(answered(wire, sent))
        statuses[status] += 1
        wrong += [f"{fault} <- {sent.made_of}" for fault in faults_of(sent, status, headers, body)]
        wrong += [f"{record.exc_info[1]!r} <- {sent.made_of}" for record in caplog.records if record.exc_info]
        caplog.clear()
    assert not wrong, "\n".join(wrong)
