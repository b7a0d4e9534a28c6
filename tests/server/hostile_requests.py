"""Requests of somebody who means no good: right ones, made from botocore's models, with wrong parts."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from typing import Any
from urllib.parse import quote_from_bytes

from burnish.server.wire.auth import Claim, signed_path
from burnish.server.wire.heads import RequestHead
from burnish.server.wire.schema import is_document, members_at, operation_model, payload_of, wire_name
from burnish.server.wire.signing import ALGORITHM, canonical_request, signature_of

ACCOUNT, REGION = "123456789012", "us-east-1"
ARN = f"arn:aws:bedrock:{REGION}:{ACCOUNT}"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/tuner"
USER_ARN = f"arn:aws:iam::{ACCOUNT}:user/reader"
GROUP_ARN = f"arn:aws:iam::{ACCOUNT}:group/readers"
POLICY_ARN = f"arn:aws:iam::{ACCOUNT}:policy/reading"
JOB_ARN = f"{ARN}:model-customization-job/local.smollm2-135m-instruct-v1:0/abcdefghijkl"
MODEL_ARN = f"{ARN}:custom-model/local.smollm2-135m-instruct-v1:0/abcdefghijkl"
THROUGHPUT_ARN = f"{ARN}:provisioned-model/abcdefghijkl"
BATCH_ARN = f"{ARN}:model-invocation-job/abcdefghijkl"
EVALUATION_ARN = f"{ARN}:evaluation-job/abcdefghijkl"
DEPLOYMENT_ARN = f"{ARN}:custom-model-deployment/abcdefghijkl"
BASE = "local.smollm2-135m-instruct-v1:0"
STATEMENT = {"Effect": "Allow", "Action": ["s3:*", "bedrock:InvokeModel"], "Resource": "*"}
PERMISSIONS = json.dumps({"Version": "2012-10-17", "Statement": STATEMENT})
TRUST = json.dumps(
    {
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "bedrock.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    }
)
SCHEMA = json.dumps({"properties": {"type": {"enum": ["invoice", "letter"]}}})

#: The smallest page: one white pixel.
PAGE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg=="
)

#: Bodies of InvokeModel: Nova's format, Llama's and Claude's.
_IMAGE = base64.b64encode(PAGE).decode()
NATIVE_BODIES: tuple[Any, ...] = (
    {
        "schemaVersion": "messages-v1",
        "system": [{"text": "Be brief."}],
        "messages": [
            {
                "role": "user",
                "content": [{"text": "?"}, {"image": {"format": "png", "source": {"bytes": _IMAGE}}}],
            }
        ],
        "inferenceConfig": {"max_new_tokens": 9, "temperature": 0.5, "topK": 3, "stopSequences": ["x"]},
    },
    {"prompt": "<|start_header_id|>user<|end_header_id|>\n\n?<|eot_id|>", "max_gen_len": 9, "top_p": 0.9},
    {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 9,
        "system": "Be brief.",
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "?"},
                    {
                        "type": "image",
                        "source": {"type": "base64", "media_type": "image/png", "data": _IMAGE},
                    },
                ],
            }
        ],
    },
)

_TOOL = {
    "name": "sort",
    "description": "Sorts pages",
    "inputSchema": {"json": {"type": "object", "properties": {"type": {"enum": ["invoice", "letter"]}}}},
}
_EXTRACT = {
    "name": "extract",
    "inputSchema": {"json": {"type": "object", "properties": {"paid": {"type": "boolean"}}}},
}
_CACHE_POINT = {"cachePoint": {"type": "default"}}
TOOL_CONFIGS: tuple[Any, ...] = (
    {"tools": [{"toolSpec": _TOOL}, _CACHE_POINT], "toolChoice": {"tool": {"name": "sort"}}},
    {"tools": [{"toolSpec": _TOOL}, {"toolSpec": _EXTRACT}], "toolChoice": {"any": {}}},
    {"tools": [{"toolSpec": _EXTRACT}], "toolChoice": {"auto": {}}},
)
_DOCUMENT = {"format": "md", "name": "a page", "source": {"bytes": base64.b64encode(b"# Rules").decode()}}
CONVERSATIONS: tuple[Any, ...] = (
    [{"role": "user", "content": [{"text": "?"}]}],
    [
        {
            "role": "user",
            "content": [
                {"text": "?"},
                {"image": {"format": "png", "source": {"bytes": _IMAGE}}},
                {"document": _DOCUMENT},
                _CACHE_POINT,
            ],
        },
        {"role": "assistant", "content": [{"text": "A form"}]},
    ],
    [
        {"role": "user", "content": [{"text": "?"}]},
        {
            "role": "assistant",
            "content": [{"toolUse": {"toolUseId": "a1", "name": "sort", "input": {"type": "invoice"}}}],
        },
        {
            "role": "user",
            "content": [{"toolResult": {"toolUseId": "a1", "content": [{"json": {"is": "sorted"}}]}}],
        },
    ],
)

NATIVE_BODIES += (
    {"messages": CONVERSATIONS[2], "toolConfig": TOOL_CONFIGS[1]},
    {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 9,
        "messages": [
            {
                "role": "user",
                "content": [{"type": "text", "text": "?", "cache_control": {"type": "ephemeral"}}],
            },
            {"role": "assistant", "content": [{"type": "tool_use", "id": "a1", "name": "sort", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a1", "content": "sorted"}]},
        ],
        "tools": [{"name": "sort", "input_schema": {"type": "object", "properties": {}}}],
        "tool_choice": {"type": "any"},
    },
)

DATASET = {
    "taskType": "Classification",
    "dataset": {"name": "pages", "datasetLocation": {"s3Uri": "s3://documents/train.jsonl"}},
    "metricNames": ["Builtin.Accuracy"],
}
EVALUATED = {"modelIdentifier": BASE, "inferenceParams": '{"inferenceConfig": {"maxTokens": 5}}'}

#: What the members of requests are where all is right; other texts are "a-name".
RIGHT: Mapping[str, tuple[Any, ...]] = {
    "jobName": ("a-job", "another-job"),
    "customModelName": ("a-model", "another-model"),
    "jobIdentifier": (JOB_ARN, "abcdefghijkl", "the-job", BATCH_ARN, EVALUATION_ARN),
    "jobIdentifiers": ([EVALUATION_ARN],),
    "automated": ({"datasetMetricConfigs": [DATASET]},),
    "models": ([{"bedrockModel": EVALUATED}],),
    "roleArn": (ROLE_ARN,),
    "baseModelIdentifier": (BASE, MODEL_ARN, "the-model"),
    "modelIdentifier": (MODEL_ARN, BASE, "the-model"),
    "modelId": (DEPLOYMENT_ARN, BASE, THROUGHPUT_ARN, BASE, MODEL_ARN),
    "modelInvocationType": ("Converse", "InvokeModel"),
    "timeoutDurationInHours": (24, 168),
    "desiredModelId": (MODEL_ARN,),
    "modelArn": (MODEL_ARN,),
    "modelArnEquals": (MODEL_ARN,),
    "inferenceProfileIdentifier": ("us.amazon.nova-lite-v1:0", "us.amazon.nova-x-v1:0"),
    "provisionedModelId": (THROUGHPUT_ARN, "the-throughput"),
    "customModelDeploymentIdentifier": (DEPLOYMENT_ARN, "the-deployment"),
    "resourceARN": (JOB_ARN, MODEL_ARN, DEPLOYMENT_ARN),
    "customizationType": ("FINE_TUNING", "FINE_TUNING", "DISTILLATION"),
    "teacherModelIdentifier": (BASE, MODEL_ARN),
    "hyperParameters": ({"epochCount": "2"}, {"epochCount": "1", "learningRate": "0.0001"}),
    "s3Uri": ("s3://documents/train.jsonl", "s3://documents/out/"),
    "uri": ("s3://documents/page.png",),
    "format": ("png",),
    "bytes": (base64.b64encode(PAGE).decode(),),
    "bucketOwner": (ACCOUNT,),
    "body": NATIVE_BODIES,
    "schema": (SCHEMA,),
    "role": ("user",),
    "messages": CONVERSATIONS,
    "toolConfig": TOOL_CONFIGS,
    "additionalModelRequestFields": ({"top_k": 3}, {"inferenceConfig": {"topK": 3}}),
    "additionalModelResponseFieldPaths": (["/stop_sequence"],),
    "description": ("What it is for",),
    "nextToken": ("bm8gdG9rZW4=",),
    "RoleArn": (ROLE_ARN,),
    "RoleSessionName": ("a-session",),
    "DurationSeconds": (900, 3600),
    "Policy": (PERMISSIONS,),
    "RoleName": ("tuner", "another"),
    "GroupName": ("readers", "another"),
    "NewGroupName": ("writers",),
    "UserName": ("reader", "another"),
    "PolicyName": ("reading", "another"),
    "PolicyArn": (POLICY_ARN,),
    "PolicySourceArn": (ROLE_ARN, USER_ARN, GROUP_ARN),
    "PolicyDocument": (PERMISSIONS, TRUST),
    "PolicyInputList": ([PERMISSIONS],),
    "AssumeRolePolicyDocument": (TRUST,),
    "Path": ("/", "/forms/"),
    "PathPrefix": ("/", "/forms/"),
    "VersionId": ("v1", "v2"),
    "ActionNames": (["s3:GetObject"],),
    "ResourceArns": (["arn:aws:s3:::documents/x"],),
}

#: The services that take forms, and the version of each one's API.
QUERY_VERSIONS = {"iam": b"2010-05-08", "sts": b"2011-06-15"}
UNSUPPORTED = (
    "guardrailConfig",
    "promptVariables",
    "customizationConfig",
)
#: Of the members of a union.
PREFERRED = (
    "text",
    "image",
    "bytes",
    "s3Location",
    "jsonSchema",
    "converse",
    "invokeModel",
    "automated",
    "models",
)
DEEP = 3000
URIS = (
    "s3://documents/../train.jsonl",
    "s3://documents/a/../../b",
    "s3://documents//train.jsonl",
    "s3://documents/./a",
    "s3://documents",
    "s3://documents/",
    "s3://../../x",
    "s3://no-such-bucket/a",
    "s3://Documents/a",
    "s3://documents/" + "a" * 1000,
    "s3://documents/a?versionId=1#x",
    "s3://documents/\x00",
    "s3://documents/a\\b",
    "s3://a..b/c",
    "s3://documents/" + "\u00e9" * 600,
    "s3://documents/" + "../" * 300,
)


def _with_condition(condition: str) -> str:
    return (
        '{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": '
        + condition
        + "}}"
    )


DOCUMENTS = (
    "[" * DEEP,
    '{"properties":' * DEEP,
    '{"properties": {"a": {"enum": ["' + "x" * 4000 + '"]}}}',
    '{"properties": {"a": {"enum": [' + "[" * 900 + "]" * 900 + "]}}}",
    '{"properties": {"a": {"enum": ["\\ud800", "b"]}}}',
    '{"properties": {"a": {"enum": ["b", 1' + "0" * 5000 + "]}}}",
    '{"properties": {"a": {"enum": {"b": 1}}}}',
    '{"properties": {"a": []}}',
    '{"properties": {"\\u0000": {"enum": ["a", "b"]}}}',
    "null",
    "[]",
    "{}",
    '{"Statement": []}',
    '{"Statement": {"Effect": ["Allow"], "Action": {"a": 1}, "Resource": [[["*"]]]}}',
    '{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": ' + "[" * 900 + "]" * 900 + "}}",
    '{"Statement": {"Effect": "Allow", "Action": "' + "*a" * 600 + '", "Resource": "' + "*?" * 600 + '"}}',
    _with_condition('{"StringLike": {"a": 1}}'),
    _with_condition('{"StringLike": []}'),
    _with_condition('{"StringLike": {"a": ' + "[" * 900 + "]" * 900 + "}}"),
    _with_condition('{"ArnLike": [["aws:SourceArn"]]}'),
    '{"Statement": {"Effect": "Allow", "Action": 5, "Resource": 7, "Principal": 9}}',
    '{"Statement": {"Effect": "Allow", "Principal": {"Service": {"a": []}}, "Action": "sts:AssumeRole", '
    '"Condition": {"ArnLike": {"aws:SourceArn": ["' + "*:" * 300 + '", 5, null]}}}}',
    '{"Version": [], "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}',
    PERMISSIONS[:-1] + " " * 100_000 + "}",
)
TEXTS = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud800",
    "a\udfffb",
    "\ufffe\uffff",
    "\x01\x08\x1b[31m\x7f\x9f",
    "]]>&lt;<!DOCTYPE a [<!ENTITY b 'c'>]>&b;",
    "\r\nX-Injected: yes",
    "../../etc/passwd",
    "..",
    "/",
    "%2e%2e%2f%00%ff",
    "arn:aws:iam::123456789012:role/" + "a" * 2000,
    "arn:" + ":" * 2000,
    "a" * 5000,
    "-" * 64,
    "a-" * 40,
    "a_" * 31,
    "9" * 5000,
    "-" + "9" * 400,
    "1e400",
    "NaN",
    "inf",
    "0x10",
    "1_000",
    "\u0661",
    "\u00b2",
    "10000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "Mon, 01 Jan 0000 00:00:00 GMT",
    "Fri, 99 Foo 99999999999999 00:00:00 +9999",
    "2026-01-01",
    "253402300800",
    "not base64!",
    "=" * 40,
    *URIS,
    *DOCUMENTS,
)
#: What is tried most where these members stand.
FITTING = {
    **dict.fromkeys(("s3Uri", "uri"), URIS),
    **dict.fromkeys(("schema", "Policy", "PolicyDocument", "AssumeRolePolicyDocument"), DOCUMENTS),
}


class Raw(str):
    """What stands in JSON as it is, such as a number that no Python number is."""


RAWS = tuple(
    map(
        Raw,
        [
            "1e400",
            "-1e400",
            "NaN",
            "Infinity",
            "9" * 5000,
            "-" + "9" * 30,
            "1.5",
            "-0",
            "2147483648",
            "9223372036854775808",
            "253402300800",
            "-62135596801",
            "1e-400",
            "0" * 10,
            '"\\ud800"',
            '"\\u0000"',
            '"\\x"',
            '"\t"',
            "[" * DEEP + "]" * DEEP,
            '{"a":' * DEEP + "1" + "}" * DEEP,
            "[" * 60 + "]" * 60,
            '{"text": "a", "text": "b"}',
            "[null]",
            "{}",
            "[]",
            "true",
            "null",
            "",
        ],
    )
)
STRUCTURES: tuple[Any, ...] = (
    ["a"] * 5000,
    [{"key": f"k{number}", "value": "v"} for number in range(300)],
    [{"Key": f"k{number}", "Value": "v"} for number in range(300)],
    [{"key": "k", "value": "v"} for _ in range(300)],
    {f"parameter-{number}": "1" for number in range(3000)},
    {"": "", "\ud800": "\x00", "epochCount": "9" * 5000},
    {"epochCount": "\u0661", "learningRate": "1e400", "loraRank": "-0", "batchSize": "NaN"},
    [[]],
    {"a": {"b": {"c": []}}},
)
SEGMENTS = (
    b"%2F",
    b"%00",
    b"%FF",
    b"%",
    b"%zz",
    b"..",
    b"%2E%2E",
    b"a%2Fb",
    b"\xff\xfe",
    b"+",
    b"%ED%A0%80",
    b"a;b",
)
QUERIES = (
    b"maxResults=" + b"9" * 5000,
    b"maxResults=%FF&nameContains=%00",
    b"maxResults=1&maxResults=2&maxResults=x",
    b"creationTimeAfter=10000-01-01T00:00:00Z&createdAfter=1e400",
    b"creationTimeBefore=0001-01-01T00:00:00%2B23:59",
    b"nextToken=%ED%A0%80&sortOrder=%E2%80%AE",
    b"&&&===&%",
    b"statusEquals=" + b"a" * 5000,
    b"\xff\xfe=\xff",
)
HEADERS = (
    (b"content-type", b"application/json; charset=utf-7"),
    (b"content-type", b"\xff\xfe"),
    (b"content-type", b"multipart/form-data; boundary=" + b"-" * 300),
    (b"content-encoding", b"gzip"),
    (b"content-length", b"99999999999999999999"),
    (b"content-length", b"-1"),
    (b"x-amz-target", b"../../x\xff"),
    (b"accept", b"\xff" * 100),
    (b"x-amzn-bedrock-trace", b"\x80"),
)
FORMS = (
    b"&Tags.member." + b"9" * 5000 + b".Key=a",
    b"&Tags.member.999999999999.Key=a&Tags.member.999999999999.Value=b",
    b"&Tags.member.-1.Key=a&Tags.member.%C2%B2.Key=b&Tags.member.%D9%A1.Key=c",
    b"&Tags.member.1=a&Tags=&Tags.member.1.Key.x.y.z=b",
    b"".join(b"&Tags.member.%d.Key=k%d" % (number, number) for number in range(1, 2000)),
    b"&ActionNames.member." + b"0" * 5000 + b"1=s3:GetObject",
    b"&MaxItems=" + b"9" * 5000,
    b"&MaxItems=1e400&Marker=%FF",
    b"&RoleName=%ED%A0%80&Action=GetRole",
    b"&" * 5000,
    b"&\xff\xfe=\xff",
    b"&" + b"a" * 100_000,
)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A request as bytes, not yet signed, and how it came about."""

    service: str
    operation: str
    method: str
    path: bytes
    query: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""
    made_of: str = field(default="", compare=False)

    def signed(self, secret_key: str, access_key: str) -> Sent:
        """The request with a signature that holds."""
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        service = self.service if self.service in QUERY_VERSIONS else "bedrock"
        headers = ((b"host", b"localhost"), (b"x-amz-date", moment.encode()), *self.headers)
        request = RequestHead(
            method=self.method,
            raw_path=self.path.decode("latin-1"),
            query=self.query.decode("latin-1"),
            headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers],
        )
        names = {name.decode("latin-1") for name, _ in headers if name.startswith(b"x-amz-")} | {"host"}
        claim = Claim(
            access_key=access_key,
            day=moment[:8],
            region=REGION,
            service=service,
            signed_headers=tuple(sorted(names)),
            signature="",
        )
        canonical = canonical_request(
            request, signed_path(request), claim.signed_headers, hashlib.sha256(self.body).hexdigest()
        )
        signature = signature_of(canonical, date=moment, scope=claim.scope, secret_key=secret_key)
        authorization = (
            f"{ALGORITHM} Credential={access_key}/{claim.scope}, "
            f"SignedHeaders={';'.join(claim.signed_headers)}, "
            f"Signature={signature}"
        )
        return replace(self, headers=(*headers, (b"authorization", authorization.encode())))


def a_request(service: str, operation: str, random: Random) -> Sent:
    """A request for an operation in which some part, at some level, is hostile."""
    shape = operation_model(service, operation).input_shape
    parameters = {} if shape is None else _right_structure(shape, random)
    changes = random.choice([0, 1, 1, 2])
    notes = [_spoil(parameters, random) for _ in range(changes)]
    make = _form if service in QUERY_VERSIONS else _rest
    sent = make(service, operation, parameters)
    if changes == 0 or random.random() < 0.2:
        sent, note = _spoilt_wire(sent, random)
        notes.append(note)
    return replace(sent, made_of="; ".join(notes))


def _right_structure(shape: Any, random: Random) -> dict[str, Any]:
    names = list(shape.members)
    if getattr(shape, "is_tagged_union", False):
        preferred = [name for name in names if name in PREFERRED]
        names = [random.choice(preferred or names)]
    else:
        names = [name for name in names if name in shape.required_members or random.random() < _likely(name)]
    return {name: _right(name, shape.members[name], random) for name in names}


def _likely(name: str) -> float:
    """How often a request has a member that it may leave out; what this server does not support, seldom."""
    if name in UNSUPPORTED:
        return 0.05
    return {"messages": 1.0, "body": 1.0, "outputConfig": 0.6}.get(name, 0.3)


def _right(name: str, shape: Any, random: Random) -> Any:
    if name in RIGHT:
        return deepcopy(random.choice(RIGHT[name]))
    if is_document(shape):
        return {}
    if "enum" in shape.metadata:
        return random.choice(shape.metadata["enum"])
    if shape.type_name in ("structure", "list", "map"):
        return _right_container(name, shape, random)
    least = shape.metadata.get("min", 1) or 1
    scalars = {
        "boolean": True,
        "integer": least,
        "long": least,
        "float": 0.5,
        "double": 0.5,
        "timestamp": "2026-01-02T03:04:05Z",
        "blob": base64.b64encode(b"\x89PNG").decode(),
    }
    return scalars.get(shape.type_name, "a-name")


def _right_container(name: str, shape: Any, random: Random) -> Any:
    if shape.type_name == "structure":
        return _right_structure(shape, random)
    if shape.type_name == "map":
        return {"a": _right(name, shape.value, random)}
    return [_right(name, shape.member, random) for _ in range(shape.metadata.get("min", 1) or 1)]


def _spoil(parameters: dict[str, Any], random: Random) -> str:
    """Put something hostile in the place of some value, at any depth."""
    places = list(_places(parameters))
    if not places:
        return "nothing to spoil"
    fitting = [(inside, key) for inside, key in places if key in FITTING]
    if fitting and random.random() < 0.5:
        inside, key = random.choice(fitting)
        hostile: Any = random.choice(FITTING[key])
    else:
        inside, key = random.choice(places)
        hostile = random.choice(random.choice([TEXTS, TEXTS, RAWS, STRUCTURES]))
    inside[key] = deepcopy(hostile)
    return f"{key}={repr(hostile)[:80]}"


def _places(value: Any) -> list[tuple[Any, Any]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = []
    for key, item in list(pairs):
        found.append((value, key))
        found += _places(item)
    return found


def _json(value: Any) -> bytes:
    raws: list[str] = []

    def marked(item: Any) -> Any:
        if isinstance(item, Raw):
            raws.append(item)
            return f"@raw{len(raws) - 1}@"
        if isinstance(item, dict):
            return {key: marked(inner) for key, inner in item.items()}
        return [marked(inner) for inner in item] if isinstance(item, list) else item

    text = json.dumps(marked(value))
    for number, raw in enumerate(raws):
        text = text.replace(f'"@raw{number}@"', raw)
    return text.encode()


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value)


def _quoted(value: Any, safe: str = "") -> bytes:
    return quote_from_bytes(_text(value).encode(errors="surrogatepass"), safe=safe).encode()


def _rest(service: str, operation: str, parameters: Mapping[str, Any]) -> Sent:
    model = operation_model(service, operation)
    shape = model.input_shape
    path = model.http["requestUri"].encode()
    for name, member in members_at(shape, "uri").items():
        path = path.replace(b"{%s}" % wire_name(name, member).encode(), _quoted(parameters[name]) or b"%20")
    query = b"&".join(
        wire_name(name, member).encode() + b"=" + _quoted(parameters[name])
        for name, member in members_at(shape, "querystring").items()
        if name in parameters
    )
    inner = {
        wire_name(name, member): parameters[name]
        for name, member in members_at(shape, None).items()
        if name in parameters
    }
    payload = payload_of(shape)
    if payload:
        body = _json(parameters[payload]) if payload in parameters else b""
    else:
        body = _json(_with_bodies_in_base64(inner)) if inner else b""
    return Sent(
        service=service, operation=operation, method=model.http["method"], path=path, query=query, body=body
    )


def _with_bodies_in_base64(value: Any) -> Any:
    """The members, of which a body of another format is a blob."""
    if not isinstance(value, dict):
        return value
    return {
        name: base64.b64encode(_json(inner)).decode()
        if name == "body" and isinstance(inner, dict)
        else _with_bodies_in_base64(inner)
        for name, inner in value.items()
    }


def _form(service: str, operation: str, parameters: Mapping[str, Any]) -> Sent:
    fields: list[bytes] = [b"Action=" + operation.encode(), b"Version=" + QUERY_VERSIONS[service]]

    def add(prefix: bytes, value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                add(prefix + b"." + _quoted(key), inner)
        elif isinstance(value, list):
            for number, inner in enumerate(value, start=1):
                add(prefix + b".member.%d" % number, inner)
        else:
            fields.append(prefix + b"=" + _quoted(value))

    for name, value in parameters.items():
        add(name.encode(), value)
    body = b"&".join(fields)
    return Sent(service=service, operation=operation, method="POST", path=b"/", body=body)


def _spoilt_wire(sent: Sent, random: Random) -> tuple[Sent, str]:
    """The request with something hostile between its parts."""
    ways = ["body", "header", "query"] + (["form"] * 2 if sent.service == "iam" else ["path"])
    way = random.choice(ways)
    if way == "header":
        header = random.choice(HEADERS)
        return replace(sent, headers=(*sent.headers, header)), f"header {header!r}"
    if way == "query":
        query = random.choice(QUERIES)
        return replace(sent, query=sent.query + b"&" + query), f"query {query[:60]!r}"
    if way == "form":
        form = random.choice(FORMS)
        return replace(sent, body=sent.body + form), f"form {form[:60]!r}"
    if way == "path":
        segments = sent.path.split(b"/")
        segments[-1 if random.random() < 0.7 else random.randrange(len(segments))] = random.choice(SEGMENTS)
        return replace(sent, path=b"/" + b"/".join(segments).lstrip(b"/")), "path"
    name, body = random.choice(list(_spoilt_bodies(sent.body, random)))
    return replace(sent, body=body), f"body {name}"


def _spoilt_bodies(body: bytes, random: Random) -> list[tuple[str, bytes]]:
    at = random.randrange(len(body) + 1)
    return [
        ("with a byte order mark", b"\xef\xbb\xbf" + body),
        ("in UTF-16", body.decode(errors="replace").encode("utf-16")),
        ("compressed", gzip.compress(body)),
        ("cut", body[:at]),
        ("with a byte that is no UTF-8", body[:at] + b"\xff" + body[at:]),
        ("with a surrogate in UTF-8", body[:at] + b"\xed\xa0\x80" + body[at:]),
        ("with a NUL", body[:at] + b"\x00" + body[at:]),
        ("twice", body + body),
        ("deep", b"[" * DEEP),
        ("of lists", b"[[]]"),
        ("a text", b'"a"'),
        ("null", b"null"),
        ("of digits", b"9" * 5000),
        ("empty", b""),
        ("of bytes", random.randbytes(200)),
    ]
