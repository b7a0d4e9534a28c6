"""One port for Bedrock, Bedrock Runtime, S3, IAM and STS: which service is meant, and its answer.

A request's signature names the service it was made for. S3's go on to the S3 server as they are; the
others are verified, parsed, checked against the service's model, handed to a handler, and answered in
the service's own protocol.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar
from uuid import uuid4

from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from burnish.disk import is_disk_full
from burnish.server.databases import DAMAGED, StateUnavailable, UnreadableRow
from burnish.server.disk_space import FULL
from burnish.server.door.bodies import BodyReader, BodyRefused
from burnish.server.health import STATE, Health
from burnish.server.principals import Keys
from burnish.server.request_record import RequestRecord, record_of
from burnish.server.wire import event_stream, query, rest_json
from burnish.server.wire.access import Access, refusal_of, request_context
from burnish.server.wire.auth import Claim, Reason, Refused, claim_of, verify_body, verify_head
from burnish.server.wire.bearer import bearer_in, is_bearer
from burnish.server.wire.call import (
    Call,
    Event,
    Handler,
    Handlers,
    HangUp,
    Identity,
    ServiceFault,
    WithHeaders,
    shown,
)
from burnish.server.wire.disconnects import hang_up, while_connected
from burnish.server.wire.heads import head_of, own_headers_of
from burnish.server.wire.routes import RouteMatch, match_route
from burnish.server.wire.schema import Shape, operation_model, payload_of
from burnish.server.wire.signing import ALGORITHM
from burnish.server.wire.streamed_response import EventStreamResponse
from burnish.server.wire.validation import check_parameters

BEDROCK_SERVICES = ("bedrock", "bedrock-runtime")
INTERNAL = "InternalServerException"
UNAVAILABLE = "ServiceUnavailableException"
HEALTH_PATH = "/healthz"
#: How a health check is counted.
HEALTH = ("burnish", "healthz")
INTERNAL_MESSAGE = "Internal error: the server's log has the details"

_REST_CODES = {
    Reason.MISSING: "MissingAuthenticationTokenException",
    Reason.INCOMPLETE: "IncompleteSignatureException",
    Reason.UNKNOWN_KEY: "UnrecognizedClientException",
    Reason.MISMATCH: "InvalidSignatureException",
    Reason.EXPIRED: "ExpiredTokenException",
}
_QUERY_CODES = {
    Reason.MISSING: "MissingAuthenticationToken",
    Reason.INCOMPLETE: "IncompleteSignature",
    Reason.UNKNOWN_KEY: "InvalidClientTokenId",
    Reason.MISMATCH: "SignatureDoesNotMatch",
    Reason.EXPIRED: "ExpiredToken",
}

_REQUEST_ID = b"x-amzn-requestid"

Settled = TypeVar("Settled")

_log = logging.getLogger(__name__)


class Wire:
    """The ASGI application behind the port; ``objects`` is the one that answers for S3."""

    def __init__(
        self,
        *,
        handlers: Handlers,
        keys: Keys,
        objects: ASGIApp,
        health: Health,
        bodies: BodyReader,
    ) -> None:
        self._handlers = handlers
        self._keys = keys
        self._objects = objects
        self._health = health
        self._bodies = bodies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        record = record_of(scope)
        if _is_health_check(request):
            record.service, record.operation = HEALTH
            await _health_response(self._health)(scope, receive, send)
            return
        service = record.service = service_meant(request)
        if service == "s3":
            await self._objects(scope, receive, send)
            return
        request_id = str(uuid4())
        try:
            response = await self._response(service, request, request_id)
        except ClientDisconnect:
            return
        except HangUp:
            await hang_up(scope, receive)
            return
        response.raw_headers.append((_REQUEST_ID, request_id.encode()))
        await response(scope, receive, send)

    async def _response(self, service: str, request: Request, request_id: str) -> Response:
        if service in ("iam", "sts"):
            return await self._query_response(service, request, request_id)
        return await self._rest_response(request, request_id)

    async def _rest_response(self, request: Request, request_id: str) -> Response:
        record = record_of(request.scope)
        match = match_route(BEDROCK_SERVICES, request.method, raw_path_of(request))
        if match:
            record.service, record.operation = match.service, match.operation
        answer = await settled(
            self._rest_answer(match, request, request_id),
            self._health,
            _REST_CODES,
            internal=INTERNAL,
            unavailable=_code_of_unavailable(match.service, match.operation) if match else INTERNAL,
        )
        if isinstance(answer, Response):
            return answer
        record.error = answer.code
        return rest_json.fault_response(match.service if match else "bedrock", answer)

    async def _rest_answer(self, match: RouteMatch | None, request: Request, request_id: str) -> Response:
        async with self._verified(request, service="bedrock") as (caller, body):
            if match is None:
                raise ServiceFault(
                    "UnknownOperationException",
                    f"There is no operation {request.method} {shown(raw_path_of(request))}",
                )
            handler = self._handler(match.service, match.operation)
            parameters = _checked_rest_parameters(match, request, body)
            call = Call(
                service=match.service,
                operation=match.operation,
                parameters=parameters,
                caller=caller,
                own_headers=own_headers_of(request),
                request_id=request_id,
            )
            answering: Awaitable[Mapping[str, Any]] = handler(call)
            if match.service == "bedrock-runtime":  # what changes nothing may be given up half way
                answering = while_connected(request.receive, answering)
            return await self._rest_output(match, await answering, request)

    async def _rest_output(self, match: RouteMatch, members: Mapping[str, Any], request: Request) -> Response:
        """The response that carries an output. That of a stream begins with its first event.

        What goes wrong until then is an error as of any other operation.
        """
        model = operation_model(match.service, match.operation)
        if not model.has_event_stream_output:
            return rest_json.response_for(match.service, match.operation, members)
        events: AsyncGenerator[Event, None] = members[str(payload_of(model.output_shape))]
        first = await while_connected(request.receive, anext(events))
        frames = self._frames(model.get_event_stream_output(), first, events, record_of(request.scope))
        cut_after = members.cut_after if isinstance(members, WithHeaders) else None
        headers = rest_json.output_headers(model.output_shape, members)
        return EventStreamResponse(frames, headers, cut_after=cut_after)

    async def _frames(
        self, stream: Shape, first: Event, events: AsyncGenerator[Event, None], record: RequestRecord
    ) -> AsyncGenerator[bytes, None]:
        """The messages of a stream. What goes wrong on the way is the last of them."""
        event: Event | ServiceFault | None = first
        async with aclosing(events):
            while isinstance(event, tuple):
                yield event_stream.event_message(stream, *event)
                event = await settled(
                    anext(events, None), self._health, _REST_CODES, internal=INTERNAL, unavailable=UNAVAILABLE
                )
            if event:
                record.error = event.code
                yield event_stream.exception_message(stream, event)

    async def _query_response(self, service: str, request: Request, request_id: str) -> Response:
        answering = self._query_answer(service, request, request_id)
        answer = await settled(
            answering, self._health, _QUERY_CODES, internal="InternalFailure", unavailable="ServiceFailure"
        )
        if isinstance(answer, Response):
            return answer
        record_of(request.scope).error = answer.code
        return query.fault_response(service, answer, request_id=request_id)

    async def _query_answer(self, service: str, request: Request, request_id: str) -> Response:
        async with self._verified(request, service=service) as (caller, body):
            form = query.form_of(body)
            operation = record_of(request.scope).operation = query.operation_of(service, form)
            handler = self._handler(service, operation)
            parameters = query.parameters_of(service, operation, form)
            check_parameters(service, operation, parameters, code="ValidationError")
            call = Call(service=service, operation=operation, parameters=parameters, caller=caller)
            return query.response_for(service, operation, await handler(call), request_id=request_id)

    @asynccontextmanager
    async def _verified(self, request: Request, *, service: str) -> AsyncIterator[tuple[Identity, bytes]]:
        """Who asks, and the body, of which nothing is read before the head has been verified."""
        authorization = request.headers.get("authorization", "")
        if service == "bedrock" and is_bearer(authorization):
            caller = bearer_caller(request, authorization, self._keys)
            record_of(request.scope).principal = caller.principal.arn
            async with self._bodies.body_of(request) as body, self._bodies.in_work(body) as whole:
                yield caller, whole
            return
        claim = claim_of(authorization)
        _check_service(claim, service)
        head = head_of(request)
        key = verify_head(claim, head, self._keys, now=datetime.now(UTC))
        async with self._bodies.body_of(request) as body:
            caller = _in_context(request, verify_body(claim, head, key, body_hash=body.sha256))
            record_of(request.scope).principal = caller.principal.arn
            async with self._bodies.in_work(body) as whole:
                yield caller, whole

    def _handler(self, service: str, operation: str) -> Handler:
        handler = self._handlers.get((service, operation))
        if handler is None:
            raise ServiceFault(
                "UnsupportedOperation", f"This server does not support {operation} of {service}"
            )
        return handler


async def settled(
    answer: Awaitable[Settled],
    health: Health,
    codes: Mapping[Reason, str],
    *,
    internal: str = INTERNAL,
    unavailable: str = UNAVAILABLE,
) -> Settled | ServiceFault:
    """The answer, or the fault to tell the client: the boundary that nothing unexpected crosses."""
    try:
        return await answer
    except Refused as refused:
        return ServiceFault(codes[refused.reason], str(refused))
    except BodyRefused as refused:
        return ServiceFault(refused.code, str(refused))
    except ServiceFault as fault:
        return fault
    # Before `Exception`: nobody is there to be told, and a client that hangs up is no bug to log.
    except (ClientDisconnect, HangUp):
        raise
    except Exception as error:  # noqa: BLE001  # a handler's bug must not reach the client, only the server's log
        return _fault_of(error, health, internal=internal, unavailable=unavailable)


def _fault_of(error: Exception, health: Health, *, internal: str, unavailable: str) -> ServiceFault:
    """What to tell the client of an error of the server's own."""
    if is_disk_full(error):
        return ServiceFault(unavailable, FULL)
    if isinstance(error, StateUnavailable):
        _log.warning("A request cannot be answered now: %s", error)
        return ServiceFault(unavailable, f"The state of this server {error.reason}: try again later")
    if isinstance(error, UnreadableRow):
        # Only another start with a copy in its place ends it.
        if health.report(STATE, DAMAGED):
            _log.error(DAMAGED, exc_info=error)
        return ServiceFault(unavailable, DAMAGED)
    _log.error("A request could not be answered", exc_info=error)
    return ServiceFault(internal, INTERNAL_MESSAGE)


def bearer_caller(request: Request, authorization: str, keys: Keys) -> Identity:
    """Who sent a bearer token. Raises `Refused`, or the fault where tokens are not allowed to be used."""
    bearer = bearer_in(authorization, keys, now=datetime.now(UTC))
    principal = bearer.principal
    caller = _in_context(
        request,
        Identity(
            account_id=principal.account_id,
            access_key=bearer.key_id,
            region=bearer.region,
            acting=principal,
            context=bearer.context,
        ),
    )
    if refusal := refusal_of(caller, Access(action="bedrock:CallWithBearerToken")):
        raise ServiceFault("AccessDeniedException", refusal)
    return caller


def _in_context(request: Request, caller: Identity) -> Identity:
    """The caller, with what is known of its request where policies decide over it."""
    if caller.principal.grants is None:
        return caller
    known = request_context(
        caller.principal.context,
        source_ip=request.client.host if request.client else "",
        is_secure=request.url.scheme == "https",
        user_agent=request.headers.get("user-agent", ""),
        region=caller.region,
    )
    return replace(caller, context={**known, **caller.context})


def _is_health_check(request: Request) -> bool:
    """Whether nobody in particular asks how the server is; who signs asks for the bucket of that name."""
    if raw_path_of(request) != HEALTH_PATH or request.method not in ("GET", "HEAD"):
        return False
    return "authorization" not in request.headers and not request.scope["query_string"]


def _health_response(health: Health) -> Response:
    """200 where all is well, 503 while any part has a problem."""
    body = {"status": health.status, "problems": dict(health.problems)}
    return JSONResponse(body, status_code=503 if health.problems else 200)


def service_meant(request: Request) -> str:
    """The service a request is for: ``bedrock``, ``iam``, ``sts``, or else ``s3``."""
    # The signature's scope comes first, for a bucket may have the name of a path of Bedrock.
    authorization = request.headers.get("authorization", "")
    if authorization.startswith(f"{ALGORITHM} "):
        claimed = _service_claimed(authorization)
        if claimed:
            # Bedrock Runtime signs as bedrock, too; what belongs to no service is told so by Bedrock.
            return claimed if claimed in ("iam", "sts", "s3") else "bedrock"
    if _is_presigned_for_s3(request.query_params):
        return "s3"
    if match_route(BEDROCK_SERVICES, request.method, raw_path_of(request)):
        return "bedrock"
    if is_bearer(authorization):
        return "bedrock"
    return "iam" if _is_form_at_root(request) else "s3"


def raw_path_of(request: Request) -> str:
    """The path as it came over the wire."""
    return str(request.scope["raw_path"].decode("latin-1"))


def _service_claimed(authorization: str) -> str | None:
    try:
        return claim_of(authorization).service
    except Refused:
        return None


def _is_presigned_for_s3(query_params: QueryParams) -> bool:
    """Whether a link carries S3's signature: today's, or the older one that boto3 still makes by default."""
    return "/s3/" in query_params.get("X-Amz-Credential", "") or "AWSAccessKeyId" in query_params


def _is_form_at_root(request: Request) -> bool:
    kind = request.headers.get("content-type", "")
    is_form = kind.startswith("application/x-www-form-urlencoded")
    return request.method == "POST" and raw_path_of(request) == "/" and is_form


def _check_service(claim: Claim, service: str) -> None:
    if claim.service != service:
        raise Refused(
            Reason.MISMATCH, f"Credential should be scoped to a valid service, not {claim.service!r}"
        )


def _checked_rest_parameters(match: RouteMatch, request: Request, body: bytes) -> Mapping[str, Any]:
    text = request.scope["query_string"].decode("latin-1")
    try:
        parameters = rest_json.parameters_of(match, query=text, headers=request.headers, body=body)
        check_parameters(match.service, match.operation, parameters, code="ValidationException")
    except RecursionError as error:
        raise ServiceFault("SerializationException", "The request's body is nested too deeply") from error
    return parameters


@cache
def _code_of_unavailable(service: str, operation: str) -> str:
    """The error that an operation declares for a failure on the server's side, which clients retry."""
    declared = operation_model(service, operation).error_shapes
    return UNAVAILABLE if UNAVAILABLE in {shape.name for shape in declared} else INTERNAL
