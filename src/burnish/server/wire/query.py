"""The query protocol of IAM and STS: a form comes in, XML goes out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from starlette.responses import Response

from burnish.server.wire.call import ServiceFault
from burnish.server.wire.scalars import scalar_of_text, text_of
from burnish.server.wire.schema import Shape, Value, error_status, operation_model, service_model, wire_name

# The characters that XML 1.0 cannot hold.
_UNPRINTABLE = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def form_of(body: bytes) -> dict[str, str]:
    """The fields of a form. Raises the fault ``MalformedInput`` for what is none."""
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    except ValueError as error:
        raise ServiceFault("MalformedInput", f"The request's body is not a form: {error}") from error


def operation_of(service: str, form: Mapping[str, str]) -> str:
    """The operation that a form asks for. Raises the fault ``InvalidAction`` for one that does not exist."""
    action = form.get("Action", "")
    if action not in service_model(service).operation_names:
        raise ServiceFault("InvalidAction", f"Could not find operation {action} of {service}")
    return action


def parameters_of(service: str, operation: str, form: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of a request, in botocore's names."""
    shape = operation_model(service, operation).input_shape
    members: dict[str, Any] = _structure(shape, "", form) if shape else {}
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
    return _xml(service, "ErrorResponse", body, status=status)


def _xml(service: str, root: str, body: str, *, status: int) -> Response:
    namespace = service_model(service).metadata["xmlNamespace"]
    text = f'<{root} xmlns="{namespace}">{body}</{root}>'
    return Response(text, status_code=status, media_type="text/xml")


def _structure(shape: Shape, prefix: str, form: Mapping[str, str]) -> dict[str, Any]:
    found = {
        name: _value(member, prefix + wire_name(name, member), form) for name, member in shape.members.items()
    }
    return {name: value for name, value in found.items() if value is not None}


def _value(shape: Shape, key: str, form: Mapping[str, str]) -> Value:
    kind = shape.type_name
    if kind == "structure":
        return _structure(shape, f"{key}.", form) if _any_at(f"{key}.", form) else None
    if kind == "list":
        return _list(shape, key, form)
    if kind == "map":
        return _map(shape, key, form)
    text = form.get(key)
    return None if text is None else scalar_of_text(shape, text)


def _list(shape: Shape, key: str, form: Mapping[str, str]) -> list[Any] | None:
    if key in form:  # an empty list is written as the bare name
        return []
    items = [_value(shape.member, item, form) for item in _numbered(_item_prefix(shape, key), form)]
    return items or None


def _map(shape: Shape, key: str, form: Mapping[str, str]) -> dict[str, Any] | None:
    prefix = key if shape.serialization.get("flattened") else f"{key}.entry"
    found = {
        form.get(f"{item}.key", ""): _value(shape.value, f"{item}.value", form)
        for item in _numbered(prefix, form)
    }
    return found or None


def _item_prefix(shape: Shape, key: str) -> str:
    return key if shape.serialization.get("flattened") else f"{key}.{wire_name('member', shape.member)}"


def _numbered(prefix: str, form: Mapping[str, str]) -> Iterator[str]:
    starts = {
        key.removeprefix(f"{prefix}.").partition(".")[0] for key in form if key.startswith(f"{prefix}.")
    }
    for number in sorted((int(start) for start in starts if start.isdecimal()), key=int):
        yield f"{prefix}.{number}"


def _any_at(prefix: str, form: Mapping[str, str]) -> bool:
    return any(key.startswith(prefix) for key in form)


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
