"""What the wire hands to a handler, and what a handler may answer.

A handler is an async function from a `Call` to the members of the operation's output shape, in
botocore's names: ``datetime`` for timestamps, ``bytes`` for blobs, None for a member that is absent. A member
that is an event stream is an async generator of `Event`.
To say no it raises `ServiceFault`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import uuid4

from burnish.policies.patterns import Context
from burnish.server.principals import Principal, root_of
from burnish.server.wire.schema import Value

MAX_QUOTE_LENGTH = 200
MAX_MESSAGE_LENGTH = 8192

#: One event of a stream: its name, and its members.
Event: TypeAlias = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who sent a request, with which key, and for which region.

    ``context`` has the values of the condition keys that are known of the request. Without an ``acting``
    principal it is the account itself, for which the server acts as well.
    """

    account_id: str
    access_key: str
    region: str
    acting: Principal | None = None
    context: Context = field(default_factory=dict)

    @property
    def principal(self) -> Principal:
        """Who it is."""
        return self.acting or root_of(self.account_id)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One parsed, validated request: ``service`` is botocore's name for it, e.g. ``bedrock-runtime``.

    ``own_headers`` are those of Burnish's own, in small letters: what Bedrock has no parameter for.
    ``request_id`` is what the answer names the request by.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    caller: Identity
    own_headers: Mapping[str, str] = field(default_factory=dict)
    request_id: str = field(default_factory=lambda: str(uuid4()))


class WithHeaders(dict[str, Any]):
    """The members of an output, with headers of the server's own beside them.

    An answer that is a stream breaks off after ``cut_after`` bytes, where these are given.
    """

    def __init__(
        self, members: Mapping[str, Any], headers: Mapping[str, str], *, cut_after: int | None = None
    ) -> None:
        super().__init__(members)
        self.headers = headers
        self.cut_after = cut_after


def with_stream(members: Mapping[str, Any], name: str, events: AsyncGenerator[Event, None]) -> WithHeaders:
    """An output with another stream in the place of its own."""
    given = members if isinstance(members, WithHeaders) else WithHeaders(members, {})
    return WithHeaders({**given, name: events}, given.headers, cut_after=given.cut_after)


def stream_in(members: Mapping[str, Any]) -> str | None:
    """The member of an output that is a stream, where there is one."""
    return next((name for name, value in members.items() if isinstance(value, AsyncGenerator)), None)


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
        self.headers: Mapping[str, str] = {}
        super().__init__(f"{code}: {message}")


class HangUp(Exception):
    """A handler's, or a stream's, wish to close the connection where the answer is."""


Handler: TypeAlias = Callable[[Call], Awaitable[Mapping[str, Any]]]
Handlers: TypeAlias = Mapping[tuple[str, str], Handler]
