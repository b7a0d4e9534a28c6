"""OpenAI's API on the server's port: who asks, what is asked, and the error in OpenAI's shape where it fails.

A thin door: each request becomes calls of Bedrock's operations, made as its sender, so that the policies of
users, limits and faults are those of the first door.
"""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import IO, Any, TypeAlias
from uuid import uuid4

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from burnish.errors import ServiceUnavailable
from burnish.server.door.bodies import MIB, BodyReader
from burnish.server.health import Health
from burnish.server.openai.errors import INVALID_KEY, RequestRefused, refusal_of_fault, unsupported
from burnish.server.openai.storage import DoorStorage
from burnish.server.principals import Keys
from burnish.server.request_record import RequestRecord, record_of
from burnish.server.wire.access import Access, refusal_of
from burnish.server.wire.auth import Reason
from burnish.server.wire.bearer import is_bearer
from burnish.server.wire.call import Call, Handlers, HangUp, Identity
from burnish.server.wire.disconnects import hang_up
from burnish.server.wire.dispatch import bearer_caller, settled
from burnish.server.wire.validation import check_parameters

PATH = re.compile(r"/v1/(files|fine_tuning|models|chat|completions|embeddings|responses)(/|$)")
RUNTIME = "bedrock-runtime"
#: The longest line of an upload, and so what one needs of memory.
MAX_RECORD = 32 * MIB
#: What a request of this door is counted and logged as.
SERVICE = "openai"
#: Whatever is wrong with a key, OpenAI has one code for it.
_KEY_CODES = dict.fromkeys(Reason, INVALID_KEY)
NO_KEY = (
    "There is no API key: make one with `burnish keys create NAME --bearer`, and give it as api_key "
    "(Authorization: Bearer …)"
)


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A request whose sender is known. ``named`` are the parts of the path that name something."""

    caller: Identity
    named: Mapping[str, str]
    query: Mapping[str, str]
    content_type: str
    #: Empty where the route takes an upload, which lies in a file and may be larger than memory.
    body: bytes = field(repr=False)
    upload: IO[bytes] = field(repr=False)
    receive: Receive = field(repr=False)
    record: RequestRecord


@dataclass(frozen=True, kw_only=True)
class Backend:
    """What the door stands before: the operations of the first door, and the objects of this one."""

    handlers: Handlers
    storage: DoorStorage

    async def call(
        self,
        caller: Identity,
        operation: str,
        parameters: Mapping[str, Any],
        *,
        service: str = "bedrock",
        own_headers: Mapping[str, str] | None = None,
    ) -> Mapping[str, Any]:
        """What an operation of AWS's answers to the caller. Raises `ServiceFault`."""
        given = {name: value for name, value in parameters.items() if value is not None}
        # Bedrock's pattern of what can be called has no ARN of a custom model, which this door does call.
        checked = {**given, "modelId": "any"} if service == RUNTIME else given
        check_parameters(service, operation, checked, code="ValidationException")
        call = Call(
            service=service,
            operation=operation,
            parameters=given,
            caller=caller,
            own_headers=own_headers or {},
        )
        return await self.handlers[service, operation](call)

    async def summaries(self, caller: Identity, operation: str, member: str) -> list[Mapping[str, Any]]:
        """Everything that an operation of Bedrock's lists in a member of its answers, page after page."""
        found: list[Mapping[str, Any]] = []
        token = None
        while True:
            answer = await self.call(caller, operation, {"nextToken": token, "maxResults": 1000})
            found += answer[member]
            if (token := answer.get("nextToken")) is None:
                return found

    def require(self, caller: Identity, action: str, uri: str) -> None:
        """Refuse what the caller's policies do not allow with an object of this door's."""
        resource = f"arn:aws:s3:::{uri.removeprefix('s3://')}"
        if refusal := refusal_of(caller, Access(action=action, resource=resource)):
            raise RequestRefused(refusal, status=403)


Answering: TypeAlias = Callable[[Backend, Ask], Awaitable[Response]]


@dataclass(frozen=True, kw_only=True)
class DoorRoute:
    """A method and a path, in which ``{name}`` is one step, and what answers there."""

    method: str
    path: str
    answer: Answering
    takes_upload: bool = False

    @property
    def operation(self) -> str:
        """What a request of this route is counted as."""
        return f"{self.method} {self.path}"

    def match(self, path: str) -> Mapping[str, str] | None:
        """The steps that the path names; None where it is another."""
        found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path), path)
        return found and found.groupdict()


def is_for_openai(scope: Scope) -> bool:
    """Whether a request is one of OpenAI's API: by its path, and because nothing of AWS's signs it."""
    if not PATH.match(scope["path"]):
        return False
    request = Request(scope)
    # A bucket that the host names may have keys that begin so: what AWS's ways sign is for it.
    authorization = request.headers.get("authorization", "")
    is_signed = bool(authorization) and not is_bearer(authorization)
    is_link = any(name in request.query_params for name in ("X-Amz-Credential", "AWSAccessKeyId"))
    return not is_signed and not is_link


class OpenAIDoor:
    """The ASGI application that answers OpenAI's API."""

    def __init__(
        self,
        backend: Backend,
        routes: tuple[DoorRoute, ...],
        *,
        keys: Keys,
        bodies: BodyReader,
        uploads: BodyReader,
        health: Health,
    ) -> None:
        self._backend = backend
        self._routes = routes
        self._keys = keys
        self._bodies = bodies
        self._uploads = uploads
        self._health = health

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        request = Request(scope, receive)
        record_of(scope).service = SERVICE
        try:
            response = await self._response(request)
        except ClientDisconnect:
            return
        except HangUp:
            await hang_up(scope, receive)
            return
        response.headers["x-request-id"] = f"req_{uuid4().hex}"
        await response(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        answer = await settled(self._answered(request), self._health, _KEY_CODES)
        if isinstance(answer, Response):
            return answer
        record_of(request.scope).error = answer.code
        return refusal_of_fault(answer).response()

    async def _answered(self, request: Request) -> Response:
        try:
            return await self._answer(request)
        except RequestRefused as error:
            refusal = error
        except ServiceUnavailable as error:
            refusal = RequestRefused(f"{error}: try again later", status=503)
        record_of(request.scope).error = refusal.code or refusal.kind
        return refusal.response()

    async def _answer(self, request: Request) -> Response:
        record = record_of(request.scope)
        found = self._found(request)
        # Before the key is checked: operations are counted also where it does not hold.
        if isinstance(found, tuple):
            record.operation = found[0].operation
        caller = self._caller(request)
        if isinstance(found, RequestRefused):
            raise found
        route, named = found
        async with self._received(request, route) as (body, upload):
            ask = Ask(
                caller=caller,
                named=named,
                query=dict(request.query_params),
                content_type=request.headers.get("content-type", ""),
                body=body,
                upload=upload,
                receive=request.receive,
                record=record,
            )
            return await route.answer(self._backend, ask)

    def _caller(self, request: Request) -> Identity:
        authorization = request.headers.get("authorization", "")
        if not is_bearer(authorization):
            raise RequestRefused(NO_KEY, status=401, code="missing_api_key")
        caller = bearer_caller(request, authorization, self._keys)
        record_of(request.scope).principal = caller.principal.arn
        return caller

    @asynccontextmanager
    async def _received(self, request: Request, route: DoorRoute) -> AsyncIterator[tuple[bytes, IO[bytes]]]:
        """The body, or the upload, of which nothing is read before the key has been checked."""
        if not route.takes_upload:
            async with self._bodies.body_of(request) as body, self._bodies.in_work(body) as whole:
                yield whole, io.BytesIO()
            return
        uploads = self._uploads
        async with uploads.body_of(request) as body, uploads.streamed(body, most=MAX_RECORD) as upload:
            yield b"", upload

    def _found(self, request: Request) -> tuple[DoorRoute, Mapping[str, str]] | RequestRefused:
        """The route that is meant and the names in its path, or why there is none."""
        path = request.scope["path"].removesuffix("/")
        matches = [(route, named) for route in self._routes if (named := route.match(path)) is not None]
        for route, named in matches:
            if route.method == request.method:
                return route, named
        if matches:
            return RequestRefused(f"{request.method} is not answered at {path}", status=405)
        return RequestRefused(
            f"This server does not answer {request.method} {path}", status=404, code="unknown_url"
        )


def page(
    items: Sequence[Mapping[str, Any]], ask: Ask, *, usual: int, filters: tuple[str, ...] = ()
) -> Response:
    """A page of a list, which begins after the item that the client names.

    ``filters`` are the parameters that the list has been made by; others are refused.
    """
    for name in ask.query:
        if name not in ("after", "limit", *filters):
            raise unsupported(name)
    after, limit = ask.query.get("after"), ask.query.get("limit", str(usual))
    if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit[:9]) <= 10_000:
        raise RequestRefused("limit must be a number from 1 to 10000", param="limit")
    if after is not None:
        at = next((at for at, item in enumerate(items, start=1) if item["id"] == after), None)
        if at is None:
            raise RequestRefused(f"after names {after!r}, which is not in this list", param="after")
        items = items[at:]
    shown = items[: int(limit)]
    return JSONResponse(
        {
            "object": "list",
            "data": shown,
            "has_more": len(items) > len(shown),
            "first_id": shown[0]["id"] if shown else None,
            "last_id": shown[-1]["id"] if shown else None,
        }
    )
