"""Bodies of requests in a family's own JSON, and what is wrong with them."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from burnish.server.bedrock.faults import invalid
from burnish.server.wire.call import ServiceFault, shown

Request = TypeVar("Request", bound=msgspec.Struct)


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a body. Raises the fault ``ValidationException`` where there is none."""
    try:
        value = msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:  # also of bytes that are no text
        raise malformed(str(error)) from error
    if not isinstance(value, dict):
        raise malformed("expected a JSON object")
    return value


def request_in(body: dict[str, Any], kind: type[Request]) -> Request:
    """A request of a kind. Raises the fault ``ValidationException``, which names the field that is wrong."""
    try:
        return msgspec.convert(body, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise malformed(str(error)) from error


def malformed(problem: str) -> ServiceFault:
    """The fault for a body that is not what the model's family takes."""
    return invalid(f"Malformed input request: {shown(problem)}, please reformat your input and try again.")
