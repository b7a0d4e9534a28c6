"""What the wire hands to a handler, and what a handler may answer.

A handler is an async function from a `Call` to the members of the operation's output shape, in
botocore's names: ``datetime`` for timestamps, ``bytes`` for blobs, None for a member that is absent.
To say no it raises `ServiceFault`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from burnish.server.wire.schema import Value

MAX_QUOTE_LENGTH = 200
MAX_MESSAGE_LENGTH = 8192


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who signed a request, and for which region."""

    account_id: str
    access_key: str
    region: str


@dataclass(frozen=True, kw_only=True)
class Call:
    """One parsed, validated request: ``service`` is botocore's name for it, e.g. ``bedrock-runtime``."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    caller: Identity


class WithHeaders(dict[str, Any]):
    """The members of an output, with headers of the server's own beside them."""

    def __init__(self, members: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        super().__init__(members)
        self.headers = headers


def shown(text: str) -> str:
    """What somebody gave, for a message that says so: of a long text its beginning."""
    return text if len(text) <= MAX_QUOTE_LENGTH else f"{text[:MAX_QUOTE_LENGTH]}…"


class ServiceFault(Exception):
    """A handler's no: ``code`` is the service's own name of the error, ``members`` its further members.

    The HTTP status is looked up in botocore's model of the service. A message that quotes much of what was
    given is cut.
    """

    def __init__(self, code: str, message: str, **members: Value) -> None:
        self.code = code
        self.message = message if len(message) <= MAX_MESSAGE_LENGTH else f"{message[:MAX_MESSAGE_LENGTH]}…"
        self.members = members
        super().__init__(f"{code}: {message}")


Handler: TypeAlias = Callable[[Call], Awaitable[Mapping[str, Any]]]
Handlers: TypeAlias = Mapping[tuple[str, str], Handler]
