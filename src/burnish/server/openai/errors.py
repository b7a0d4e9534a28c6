"""Errors as OpenAI's API tells them: ``{"error": {"message": …, "type": …, "param": …, "code": …}}``."""

from __future__ import annotations

import re

import msgspec
from starlette.responses import Response

from burnish.server.bedrock.faults import InputDoesNotFit, TooMuchOutput
from burnish.server.wire.call import MAX_MESSAGE_LENGTH, ServiceFault
from burnish.server.wire.schema import error_status

#: OpenAI's kind of an error, by its status.
_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_CODES = {404: "not_found", 409: "conflict", 429: "rate_limit_exceeded"}
#: The code of a key that does not hold.
INVALID_KEY = "invalid_api_key"
#: The code by which clients know that they have to shorten a conversation.
CONTEXT_EXCEEDED = "context_length_exceeded"
_FIELD = re.compile(r"`(\w+)`")
_PATH = re.compile(r"`\$\.?([^`]*)`")


class RequestRefused(Exception):
    """A request that is not answered, with the HTTP status, the parameter at fault and OpenAI's code."""

    def __init__(
        self, message: str, *, status: int = 400, param: str | None = None, code: str | None = None
    ) -> None:
        self.status = status
        self.message = message[:MAX_MESSAGE_LENGTH]
        self.param = param
        self.code = code or _CODES.get(status)
        super().__init__(message)

    @property
    def kind(self) -> str:
        """OpenAI's name of the kind of error."""
        return _TYPES.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")

    @property
    def body(self) -> bytes:
        """The error as JSON."""
        told = {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}
        return msgspec.json.encode({"error": told})

    def response(self) -> Response:
        """The error as a response."""
        return Response(self.body, status_code=self.status, media_type="application/json")


def unsupported(param: str, remedy: str = "leave it out") -> RequestRefused:
    """The refusal of a parameter that this server does not know what to do with."""
    return RequestRefused(
        f"This server does not support {param}: {remedy}", param=param, code="unsupported_parameter"
    )


def missing(what: str, name: str) -> RequestRefused:
    """The refusal of what is not there."""
    return RequestRefused(f"There is no {what} {name!r} on this server", status=404)


def refusal_of_fault(fault: ServiceFault) -> RequestRefused:
    """A fault of Bedrock's as OpenAI would tell it."""
    if fault.code == INVALID_KEY:
        return RequestRefused(fault.message, status=401, code=INVALID_KEY)
    if isinstance(fault, InputDoesNotFit):
        return RequestRefused(fault.message, param="messages", code=CONTEXT_EXCEEDED)
    if isinstance(fault, TooMuchOutput):
        return RequestRefused(fault.message, param="max_tokens", code="invalid_value")
    return RequestRefused(fault.message, status=error_status("bedrock-runtime", fault.code))


def refusal_of_body(error: Exception) -> RequestRefused:
    """A JSON body that is not one of the requests that this server takes."""
    text = str(error)
    path, field = _PATH.search(text), _FIELD.search(text)
    if field and "unknown field" in text:
        return unsupported(".".join(filter(None, [path[1] if path else "", field[1]])))
    return RequestRefused(
        f"The request cannot be read: {text}", param=path[1] if path else field and field[1]
    )
