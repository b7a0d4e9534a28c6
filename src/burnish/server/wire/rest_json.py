"""The rest-json protocol of Bedrock: requests into parameters, members into responses."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.responses import Response

from burnish.server.wire.call import ServiceFault, WithHeaders
from burnish.server.wire.routes import RouteMatch
from burnish.server.wire.scalars import blob_of, iso8601, scalar_of_text, text_of, timestamp_of
from burnish.server.wire.schema import (
    Shape,
    Value,
    error_shapes,
    error_status,
    is_document,
    members_at,
    operation_model,
    payload_of,
    wire_name,
)

Headers = Mapping[str, str]


def parameters_of(match: RouteMatch, *, query: str, headers: Headers, body: bytes) -> dict[str, Any]:
    """The parameters of a request, in botocore's names; members that the model does not know are left out.

    A value of the wrong type is handed on as it is, for the validation to name it.
    """
    shape = operation_model(match.service, match.operation).input_shape
    return {
        **_texts(members_at(shape, "uri"), match.parameters),
        **_query_members(members_at(shape, "querystring"), parse_qsl(query, keep_blank_values=True)),
        **_texts(members_at(shape, "header"), headers),
        **_body_members(shape, body),
    }


def response_for(service: str, operation: str, members: Mapping[str, Any]) -> Response:
    """The response that carries an operation's output."""
    model = operation_model(service, operation)
    shape = model.output_shape
    return Response(
        _output_body(shape, members),
        status_code=int(model.http.get("responseCode", 200)),
        headers={"Content-Type": "application/json", **output_headers(shape, members)},
    )


def output_headers(shape: Shape | None, members: Mapping[str, Any]) -> dict[str, str]:
    """The members of an output that travel as headers, and the server's own."""
    told = {
        wire_name(name, member): text_of(member, members[name])
        for name, member in members_at(shape, "header").items()
        if members.get(name) is not None
    }
    return {**told, **(members.headers if isinstance(members, WithHeaders) else {})}


def _output_body(shape: Shape | None, members: Mapping[str, Any]) -> bytes:
    """The body of a response: empty for an output that has no members."""
    payload = payload_of(shape)
    if shape is None or not shape.members:
        return b""
    if payload:
        return _payload_bytes(shape.members[payload], members.get(payload))
    return json_bytes(shape, members, only=members_at(shape, None))


def json_bytes(shape: Shape, members: Mapping[str, Any], *, only: Iterable[str] | None = None) -> bytes:
    """A structure as JSON."""
    wanted = shape.members if only is None else only
    return msgspec.json.encode(_json_of(shape, {name: members.get(name) for name in wanted}))


def fault_response(service: str, fault: ServiceFault) -> Response:
    """The response that boto3 raises as the exception of the fault's code."""
    shape = error_shapes(service).get(fault.code)
    members = {"message": fault.message, **fault.members}
    body = {**members, **(_json_of(shape, members) if shape else {})}
    return Response(
        msgspec.json.encode(body),
        status_code=error_status(service, fault.code),
        # botocore takes the code from this header; what the body says has none.
        headers={"Content-Type": "application/json", "x-amzn-ErrorType": fault.code, **fault.headers},
    )


def members_in(shape: Shape, given: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a structure in JSON that was decoded, as `parameters_of` gives those of a body."""
    return _members_of(members_at(shape, None), given)


def _texts(members: Mapping[str, Shape], given: Mapping[str, str]) -> dict[str, Any]:
    named = {name: (member, given.get(wire_name(name, member))) for name, member in members.items()}
    return {name: scalar_of_text(member, text) for name, (member, text) in named.items() if text is not None}


def _query_members(members: Mapping[str, Shape], pairs: list[tuple[str, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, member in members.items():
        values = [value for key, value in pairs if key == wire_name(name, member)]
        if not values:
            continue
        many = member.type_name == "list"
        found[name] = (
            [scalar_of_text(member.member, value) for value in values]
            if many
            else scalar_of_text(member, values[-1])
        )
    return found


def _body_members(shape: Shape | None, body: bytes) -> dict[str, Any]:
    payload = payload_of(shape)
    if shape is None:
        return {}
    if payload and shape.members[payload].type_name == "blob":
        return {payload: body} if body else {}
    if payload:
        return {payload: _value_of(shape.members[payload], json_of(body))} if body else {}
    known = members_at(shape, None)
    given = json_of(body) if body and known else {}
    if not isinstance(given, dict):
        raise ServiceFault("SerializationException", "The request's body must be a JSON object")
    return _members_of(known, given)


def json_of(body: bytes) -> Value:
    """The JSON of a body. Raises the fault ``SerializationException`` where there is none."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ServiceFault(
            "SerializationException", f"The request's body is not valid JSON: {error}"
        ) from error
    except RecursionError as error:
        raise ServiceFault("SerializationException", "The request's body is nested too deeply") from error


def _members_of(shapes: Mapping[str, Shape], given: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: (member, given.get(wire_name(name, member))) for name, member in shapes.items()}
    return {name: _value_of(member, value) for name, (member, value) in found.items() if value is not None}


def _value_of(shape: Shape, value: Value) -> Value:
    kind = shape.type_name
    if is_document(shape):
        return value
    if kind == "structure" and isinstance(value, dict):
        return _members_of(shape.members, value)
    if kind == "list" and isinstance(value, list):
        return [_value_of(shape.member, item) for item in value]
    if kind == "map" and isinstance(value, dict):
        return {key: _value_of(shape.value, item) for key, item in value.items()}
    if kind == "timestamp":
        return timestamp_of(value)
    return blob_of(value) if kind == "blob" else value


def _json_of(shape: Shape, value: Value) -> Value:
    write = _writer_of(shape)
    return write(shape, value) if write else value


def _writer_of(shape: Shape) -> Callable[[Shape, Value], Value] | None:
    """What makes JSON of the values of a shape; None where they stand in JSON as they are."""
    return None if is_document(shape) else _WRITERS.get(shape.type_name)


def _structure_as_json(shape: Shape, value: Mapping[str, Value]) -> dict[str, Value]:
    return {
        written: write(member, item) if write else item
        for name, (written, member, write) in _written_members(shape).items()
        if (item := value.get(name)) is not None
    }


@cache
def _written_members(shape: Shape) -> dict[str, tuple[str, Shape, Callable[[Shape, Value], Value] | None]]:
    """Each member's name in JSON, its shape, and what writes its values."""
    return {
        name: (wire_name(name, member), member, _writer_of(member)) for name, member in shape.members.items()
    }


_WRITERS: Mapping[str, Callable[[Shape, Value], Value]] = {
    "structure": _structure_as_json,
    "list": lambda shape, value: [_json_of(shape.member, item) for item in value],
    "map": lambda shape, value: {key: _json_of(shape.value, item) for key, item in value.items()},
    "timestamp": lambda _, value: iso8601(value),
    "blob": lambda _, value: base64.b64encode(value).decode(),
}


def _payload_bytes(shape: Shape, value: Value) -> bytes:
    if shape.type_name == "blob":
        return bytes(value or b"")
    return json_bytes(shape, value or {})
