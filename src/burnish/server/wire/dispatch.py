"""One port for Bedrock, Bedrock Runtime, S3, IAM and STS: which service is meant, and its answer.

A request's signature names the service it was made for. S3's go on to the S3 server as they are; the
others are verified, parsed, checked against the service's model, handed to a handler, and answered in
the service's own protocol.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from burnish.disk import is_disk_full
from burnish.server.credentials import ServerCredentials
from burnish.server.databases import DAMAGED, StateUnavailable, UnreadableRow
from burnish.server.disk_space import FULL
from burnish.server.door.bodies import BodyReader, BodyRefused
from burnish.server.health import STATE, Health
from burnish.server.wire import query, rest_json
from burnish.server.wire.auth import (
    Claim,
    Reason,
    Refused,
    claim_of,
    verify_body,
    verify_head,
)
from burnish.server.wire.call import Call, Handler, Handlers, Identity, ServiceFault, shown
from burnish.server.wire.disconnects import while_connected
from burnish.server.wire.heads import head_of
from burnish.server.wire.routes import RouteMatch, match_route
from burnish.server.wire.schema import operation_model
from burnish.server.wire.signing import ALGORITHM
from burnish.server.wire.validation import check_parameters

BEDROCK_SERVICES = ("bedrock", "bedrock-runtime")
INTERNAL = "InternalServerException"
UNAVAILABLE = "ServiceUnavailableException"
HEALTH_PATH = "/healthz"
INTERNAL_MESSAGE = "Internal error: the server's log has the details"

_REST_CODES = {
    Reason.MISSING: "MissingAuthenticationTokenException",
    Reason.INCOMPLETE: "IncompleteSignatureException",
    Reason.UNKNOWN_KEY: "UnrecognizedClientException",
    Reason.MISMATCH: "InvalidSignatureException",
}
_QUERY_CODES = {
    Reason.MISSING: "MissingAuthenticationToken",
    Reason.INCOMPLETE: "IncompleteSignature",
    Reason.UNKNOWN_KEY: "InvalidClientTokenId",
    Reason.MISMATCH: "SignatureDoesNotMatch",
}

_log = logging.getLogger(__name__)


class Wire:
    """The ASGI application behind the port; ``objects`` is the one that answers for S3."""

    def __init__(
        self,
        *,
        handlers: Handlers,
        credentials: ServerCredentials,
        objects: ASGIApp,
        health: Health,
        bodies: BodyReader,
    ) -> None:
        self._handlers = handlers
        self._credentials = credentials
        self._objects = objects
        self._health = health
        self._bodies = bodies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if _is_health_check(request):
            await _health_response(self._health)(scope, receive, send)
            return
        service = service_meant(request)
        if service == "s3":
            await self._objects(scope, receive, send)
            return
        request_id = str(uuid4())
        try:
            response = await self._response(service, request, request_id)
        except ClientDisconnect:
            return
        response.headers["x-amzn-requestid"] = request_id
        await response(scope, receive, send)

    async def _response(self, service: str, request: Request, request_id: str) -> Response:
        if service in ("iam", "sts"):
            return await self._query_response(service, request, request_id)
        return await self._rest_response(request)

    async def _rest_response(self, request: Request) -> Response:
        match = match_route(BEDROCK_SERVICES, request.method, raw_path_of(request))
        answer = await self._settled(
            self._rest_answer(match, request),
            _REST_CODES,
            internal=INTERNAL,
            unavailable=_code_of_unavailable(match),
        )
        if isinstance(answer, Response):
            return answer
        return rest_json.fault_response(match.service if match else "bedrock", answer)

    async def _rest_answer(self, match: RouteMatch | None, request: Request) -> Response:
        async with self._verified(request, service="bedrock") as (caller, body):
            if match is None:
                raise ServiceFault(
                    "UnknownOperationException",
                    f"There is no operation {request.method} {shown(raw_path_of(request))}",
                )
            handler = self._handler(match.service, match.operation)
            parameters = _checked_rest_parameters(match, request, body)
            call = Call(
                service=match.service, operation=match.operation, parameters=parameters, caller=caller
            )
            answering: Awaitable[Mapping[str, Any]] = handler(call)
            if match.service == "bedrock-runtime":  # what changes nothing may be given up half way
                answering = while_connected(request.receive, answering)
            return rest_json.response_for(match.service, match.operation, await answering)

    async def _query_response(self, service: str, request: Request, request_id: str) -> Response:
        answering = self._query_answer(service, request, request_id)
        answer = await self._settled(
            answering, _QUERY_CODES, internal="InternalFailure", unavailable="ServiceFailure"
        )
        if isinstance(answer, Response):
            return answer
        return query.fault_response(service, answer, request_id=request_id)

    async def _query_answer(self, service: str, request: Request, request_id: str) -> Response:
        async with self._verified(request, service=service) as (caller, body):
            form = query.form_of(body)
            operation = query.operation_of(service, form)
            handler = self._handler(service, operation)
            parameters = query.parameters_of(service, operation, form)
            check_parameters(service, operation, parameters, code="ValidationError")
            call = Call(service=service, operation=operation, parameters=parameters, caller=caller)
            return query.response_for(service, operation, await handler(call), request_id=request_id)

    @asynccontextmanager
    async def _verified(self, request: Request, *, service: str) -> AsyncIterator[tuple[Identity, bytes]]:
        """Who signed, and the body, of which nothing is read before the head has been verified."""
        claim = claim_of(request.headers.get("authorization"))
        _check_service(claim, service)
        head = head_of(request)
        verify_head(claim, head, self._credentials, now=datetime.now(UTC))
        async with self._bodies.body_of(request) as body:
            caller = verify_body(claim, head, self._credentials, body_hash=body.sha256)
            async with self._bodies.in_work(body) as whole:
                yield caller, whole

    async def _settled(
        self, answer: Awaitable[Response], codes: Mapping[Reason, str], *, internal: str, unavailable: str
    ) -> Response | ServiceFault:
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
        except ClientDisconnect:
            raise
        except Exception as error:  # noqa: BLE001  # a handler's bug must not reach the client, only the server's log
            return self._fault_of(error, internal=internal, unavailable=unavailable)

    def _fault_of(self, error: Exception, *, internal: str, unavailable: str) -> ServiceFault:
        """What to tell the client of an error of the server's own."""
        if is_disk_full(error):
            return ServiceFault(unavailable, FULL)
        if isinstance(error, StateUnavailable):
            _log.warning("A request cannot be answered now: %s", error)
            return ServiceFault(unavailable, f"The state of this server {error.reason}: try again later")
        if isinstance(error, UnreadableRow):
            # Only another start with a copy in its place ends it.
            if self._health.report(STATE, DAMAGED):
                _log.error(DAMAGED, exc_info=error)
            return ServiceFault(unavailable, DAMAGED)
        _log.error("A request could not be answered", exc_info=error)
        return ServiceFault(internal, INTERNAL_MESSAGE)

    def _handler(self, service: str, operation: str) -> Handler:
        handler = self._handlers.get((service, operation))
        if handler is None:
            raise ServiceFault(
                "UnsupportedOperation", f"This server does not support {operation} of {service}"
            )
        return handler


def _is_health_check(request: Request) -> bool:
    """Whether nobody in particular asks how the server is; who signs asks for the bucket of that name."""
    is_unsigned = "authorization" not in request.headers and not request.scope["query_string"]
    return is_unsigned and request.method in ("GET", "HEAD") and raw_path_of(request) == HEALTH_PATH


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


def _code_of_unavailable(match: RouteMatch | None) -> str:
    """The error that an operation declares for a failure on the server's side, which clients retry."""
    declared = operation_model(match.service, match.operation).error_shapes if match else ()
    return UNAVAILABLE if UNAVAILABLE in {shape.name for shape in declared} else INTERNAL
