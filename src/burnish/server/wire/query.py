"""The query protocol of IAM and STS: a form comes in, XML goes out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from starlette.responses import Response

from burnish.server.wire.call import ServiceFault, shown
from burnish.server.wire.scalars import scalar_of_text, text_of
from burnish.server.wire.schema import Shape, Value, error_status, operation_model, service_model, wire_name

#: More fields, and deeper ones, than any request to IAM or STS has.
MAX_FIELDS = 10_000
MAX_DEPTH = 16

_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
# The characters that XML 1.0 cannot hold.
_UNPRINTABLE = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Fields:
    """The fields of a form under a name: what stands for the name itself, and those that go on with a dot."""

    text: str | None = None
    inner: dict[str, Fields] = dataclass_field(default_factory=dict)


def form_of(body: bytes) -> dict[str, str]:
    """The fields of a form. Raises the fault ``MalformedInput`` for what is none, and for too many fields."""
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError as error:
        raise ServiceFault("MalformedInput", f"The request's body is not a form: {error}") from error


def operation_of(service: str, form: Mapping[str, str]) -> str:
    """The operation that a form asks for. Raises the fault ``InvalidAction`` for one that does not exist."""
    action = form.get("Action", "")
    if action not in service_model(service).operation_names:
        raise ServiceFault("InvalidAction", f"Could not find operation {shown(action)} of {service}")
    return action


def parameters_of(service: str, operation: str, form: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of a request, in botocore's names."""
    shape = operation_model(service, operation).input_shape
    members: dict[str, Any] = _structure(shape, _by_name(form)) if shape else {}
    return members


def response_for(service: str, operation: str, members: Mapping[str, Any], *, request_id: str) -> Response:
    """The response that carries an operation's output."""
    shape = operation_model(service, operation).output_shape
    result = ""
    if shape is not None:
        result = _element(shape.serialization.get("resultWrapper", f"{operation}Result"), shape, members)
    body = result + f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
    return _xml(service, f"{operation}Response", body, status=200)


def fault_response(service: str, fault: ServiceFault, *, request_id: str) -> Response:
    """The response that boto3 raises as the exception of the fault's code."""
    status = error_status(service, fault.code)
    kind = "Sender" if status < 500 else "Receiver"
    error = f"<Type>{kind}</Type><Code>{fault.code}</Code><Message>{_text(fault.message)}</Message>"
    body = f"<Error>{error}</Error><RequestId>{request_id}</RequestId>"
    response = _xml(service, "ErrorResponse", body, status=status)
    response.headers.update(fault.headers)
    return response


def _xml(service: str, root: str, body: str, *, status: int) -> Response:
    namespace = service_model(service).metadata["xmlNamespace"]
    text = f'<{root} xmlns="{namespace}">{body}</{root}>'
    return Response(text, status_code=status, media_type="text/xml")


def _by_name(form: Mapping[str, str]) -> Fields:
    """The fields by the first part of their names, and so on inwards, to a depth that no request needs."""
    root = Fields()
    for key, text in form.items():
        *outer, last = key.split(".", MAX_DEPTH)
        fields = root
        for part in outer:
            fields = fields.inner.setdefault(part, Fields())
        fields.inner[last] = replace(fields.inner.get(last, Fields()), text=text)
    return root


def _structure(shape: Shape, fields: Fields) -> dict[str, Any]:
    found = {
        name: _value(member, given)
        for name, member in shape.members.items()
        if (given := fields.inner.get(wire_name(name, member)))
    }
    return {name: value for name, value in found.items() if value is not None}


def _value(shape: Shape, fields: Fields) -> Value:
    kind = shape.type_name
    if kind == "structure":
        return _structure(shape, fields) if fields.inner else None
    if kind == "list":
        return _list(shape, fields)
    if kind == "map":
        return _map(shape, fields)
    return None if fields.text is None else scalar_of_text(shape, fields.text)


def _list(shape: Shape, fields: Fields) -> list[Any] | None:
    if fields.text is not None:  # an empty list is written as the bare name
        return []
    return [
        _value(shape.member, item) for item in _numbered(shape, wire_name("member", shape.member), fields)
    ] or None


def _map(shape: Shape, fields: Fields) -> dict[str, Any] | None:
    entries = [entry.inner for entry in _numbered(shape, "entry", fields)]
    found = {_key_of(entry): _value(shape.value, entry.get("value", Fields())) for entry in entries}
    return found or None


def _key_of(entry: Mapping[str, Fields]) -> str:
    return entry.get("key", Fields()).text or ""


def _numbered(shape: Shape, name: str, fields: Fields) -> list[Fields]:
    """The items of a list or map by their numbers. Raises the fault ``MalformedInput`` for a wrong number."""
    items = fields if shape.serialization.get("flattened") else fields.inner.get(name, Fields())
    for number in items.inner:
        if not _NUMBER.fullmatch(number):
            raise ServiceFault("MalformedInput", f"{shown(number)} is not the index of a list item")
    # As numbers: as texts, member.10 would come before member.2.
    return [items.inner[number] for number in sorted(items.inner, key=int)]


def _element(tag: str, shape: Shape, value: Value) -> str:
    return f"<{tag}>{_inner(shape, value)}</{tag}>"


def _inner(shape: Shape, value: Value) -> str:
    kind = shape.type_name
    if kind == "structure":
        present = {name: item for name, item in value.items() if item is not None and name in shape.members}
        return "".join(
            _element(wire_name(name, shape.members[name]), shape.members[name], item)
            for name, item in present.items()
        )
    if kind == "list":
        return "".join(_element(wire_name("member", shape.member), shape.member, item) for item in value)
    if kind == "map":
        return "".join(_entry(shape, key, item) for key, item in value.items())
    return _text(text_of(shape, value))


def _entry(shape: Shape, key: str, value: Value) -> str:
    return f"<entry>{_element('key', shape.key, key)}{_element('value', shape.value, value)}</entry>"


def _text(text: str) -> str:
    return escape(_UNPRINTABLE.sub("\ufffd", text))
