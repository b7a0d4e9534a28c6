"""S3's requests: verified here, from the head on, and passed on to the S3 server byte for byte.

A request without a signature that holds is refused before a byte of its body is read and before the S3
server hears of it. What the signature promises of the body is verified while the body passes through, in
bounded memory. The path and the query are never decoded and encoded again, and the Host header stays the
client's: both are part of the signature, which the S3 server verifies again.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import httpcore2
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from burnish.server.disk_space import FULL, has_room
from burnish.server.principals import Keys
from burnish.server.request_record import record_of
from burnish.server.s3.addressing import is_of_content
from burnish.server.s3.faults import S3Fault, denied, fault_response
from burnish.server.s3.forms import FormFile, boundary_of, check_form, is_form, read_form
from burnish.server.s3.object_keys import MAX_LIST_LENGTH, check_list, check_names, check_places, is_list
from burnish.server.s3.operation_names import operation_of
from burnish.server.s3.payloads import body_of, unsigned_payload, verified
from burnish.server.s3.permissions import needs_of
from burnish.server.s3.public_access import (
    PublicAccessBlocks,
    is_about_public_access,
    is_bucket_deletion,
)
from burnish.server.s3.resigning import Resigned, resigned, without_chunks
from burnish.server.s3.signatures import Seal, authenticate, translated_refusals
from burnish.server.wire.access import Access, refusal_of, request_context
from burnish.server.wire.bearer import USUAL_REGION
from burnish.server.wire.call import Identity
from burnish.server.wire.heads import RequestHead, head_of

# RFC 9110, 7.6.1: what concerns one connection only. Expect was answered by our own server.
_HOP_BY_HOP = {
    b"connection",
    b"expect",
    b"keep-alive",
    b"proxy-authenticate",
    b"proxy-authorization",
    b"proxy-connection",
    b"te",
    b"trailer",
    b"transfer-encoding",
    b"upgrade",
}
_OWN = {b"date", b"server"}  # our own server writes these
_TIMEOUTS = {"connect": 5.0, "pool": 30.0, "read": 300.0, "write": 300.0}
_IDLE_SECONDS = 10.0  # less than the S3 server keeps an idle connection

#: Connections to the S3 server. Slow uploads and slow downloads leave those for everything else alone.
_MAX_CONNECTIONS = {"uploads": 256, "downloads": 256, "others": 100}
#: A body of up to this size is read whole before it is passed on, in both directions: a page is one write.
#: Of a longer upload this much is there before it takes a connection.
_AT_ONCE = 256 * 2**10
#: What describes a bucket or lists objects is read whole and verified before the S3 server acts on it.
_MAX_DOCUMENT_LENGTH = MAX_LIST_LENGTH

_CODE = re.compile(rb"<Code>([A-Za-z]{1,64})</Code>")
_NO_ANSWER = "The S3 server of this server does not answer; its log is in the data folder"
_BUSY = "Please reduce your request rate: all connections to the S3 server are in use"
_TOO_LONG = f"A request of this kind has no more than {_MAX_DOCUMENT_LENGTH:,} bytes"


#: What is wrong with ways to send that cannot be signed again.
_NO_FORMS = "This server takes forms that are signed with the account's first access key only"

Headers = list[tuple[bytes, bytes]]

_log = logging.getLogger(__name__)


class ObjectsGateway:
    """The ASGI application that answers for S3 with what the server at ``endpoint`` says.

    Requests are those of ``keys``. What the first of them signed is passed on as it is; what a user or
    a session signed is signed again with that key, once its policies allow it. With the ``folder`` that
    holds the objects, an upload that would fill its disk is refused at once. ``public_access`` answers what
    it is about, which that server does not know.
    """

    def __init__(
        self,
        endpoint: str,
        keys: Keys,
        folder: Path | None = None,
        *,
        public_access: PublicAccessBlocks | None = None,
    ) -> None:
        parts = urlsplit(endpoint)
        if parts.hostname is None:
            raise ValueError(f"{endpoint!r} is not the URL of an S3 server")
        self._scheme = parts.scheme.encode()
        self._host = parts.hostname.encode()
        self._port = parts.port
        self._credentials = keys.first
        self._keys = keys
        self._folder = folder
        self._public_access = public_access
        self._pools = {
            kind: httpcore2.AsyncConnectionPool(max_connections=most, keepalive_expiry=_IDLE_SECONDS)
            for kind, most in _MAX_CONNECTIONS.items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            answer = await self._answer(request)
        except ClientDisconnect:
            return
        except S3Fault as fault:
            record_of(scope).error = fault.code
            await fault_response(fault)(scope, receive, send)
            return
        record_of(scope).error = _error_in(answer)
        try:
            await _passed_back(answer)(scope, receive, send)
        finally:
            await answer.aclose()

    async def aclose(self) -> None:
        """Close the connections to the S3 server."""
        for pool in self._pools.values():
            await pool.aclose()

    async def _answer(self, request: Request) -> httpcore2.Response:
        """What the S3 server says. Raises `S3Fault` where it is not asked, or does not answer."""
        head = head_of(request)
        record_of(request.scope).operation = operation_of(head)
        content, replaced = await self._verified_content(head, request)
        if self._public_access and isinstance(content, bytes) and is_about_public_access(head):
            own = await asyncio.to_thread(self._public_access.answer, head, content)
            await own.aread()
            return own
        answer = await self._answer_of_server(head, self._passed_on(request, content, replaced))
        if self._public_access and answer.status == HTTPStatus.NO_CONTENT and is_bucket_deletion(head):
            self._public_access.forget(head)
        return answer

    async def _answer_of_server(self, head: RequestHead, passed_on: httpcore2.Request) -> httpcore2.Response:
        try:
            answer = await self._pools[_kind_of(head)].handle_async_request(passed_on)
            if _is_short(answer):
                await answer.aread()
            return answer
        except httpcore2.PoolTimeout as error:
            raise S3Fault(503, "SlowDown", _BUSY) from error
        except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError) as error:
            _log.warning("The S3 server does not answer: %r", error)
            raise S3Fault(503, "ServiceUnavailable", _NO_ANSWER) from error

    async def _verified_content(
        self, head: RequestHead, request: Request
    ) -> tuple[bytes | AsyncIterator[bytes], Resigned | None]:
        """The body, verified as far as it goes, and the head in its place where it has to be another.

        Raises `S3Fault` for a request that is not passed on.
        """
        if is_form(head):
            return await _begun(await self._form_content(head, request.stream())), None
        seal = authenticate(head, self._keys, now=datetime.now(UTC))
        check_names(head)
        caller = _caller_of(request, seal)
        record_of(request.scope).principal = caller.principal.arn
        if not is_list(head):
            require_access(caller, needs_of(head))
        self._check_room(head)
        content = await self._content(head, request.stream(), seal)
        if is_list(head):
            require_access(caller, needs_of(head, content if isinstance(content, bytes) else b""))
        return content, self._resigned(head, seal)

    async def _content(
        self, head: RequestHead, pieces: AsyncIterator[bytes], seal: Seal
    ) -> bytes | AsyncIterator[bytes]:
        body = body_of(head, seal, seal.key.secret_key, drops_signatures=not self._is_known(seal))
        if not head.has_body:
            return body.finish()
        if is_of_content(head):
            return await _begun(verified(pieces, body))
        document = await _whole(verified(pieces, body))
        if is_list(head):
            check_list(document)
        return document

    def _resigned(self, head: RequestHead, seal: Seal) -> Resigned | None:
        """The head as the S3 server knows its sender; None where that is so already."""
        if self._is_known(seal):
            return None
        # The chunks' signatures are another key's, too: what was verified here is passed on without them.
        return resigned(head, self._credentials, payload=unsigned_payload(head, seal))

    def _is_known(self, seal: Seal) -> bool:
        """Whether a request is signed with the one key that the S3 server has."""
        return seal.key.access_key == self._credentials.access_key

    async def _form_content(self, head: RequestHead, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        boundary = boundary_of(head)
        form = await read_form(pieces, boundary)
        with translated_refusals():
            key = check_form(form, self._keys, now=datetime.now(UTC))
        if key.access_key != self._credentials.access_key:
            raise denied(_NO_FORMS)
        check_places(f"{head.raw_path.strip('/')}/{key}".encode() for key in form.keys)
        self._check_room(head)
        return _chained(form.beginning, verified(_chained(form.rest, pieces), FormFile(boundary)))

    def _check_room(self, head: RequestHead) -> None:
        length = head.header("content-length")
        if self._folder and length.isdecimal() and int(length) and not has_room(self._folder, int(length)):
            raise S3Fault(507, "InsufficientStorage", FULL)

    def _passed_on(
        self, request: Request, content: bytes | AsyncIterator[bytes], replaced: Resigned | None
    ) -> httpcore2.Request:
        query = replaced.query.encode("latin-1") if replaced else request.scope["query_string"]
        headers = replaced.headers if replaced else request.headers.raw
        target = request.scope["raw_path"] + (b"?" + query if query else b"")
        return httpcore2.Request(
            method=request.method,
            url=httpcore2.URL(scheme=self._scheme, host=self._host, port=self._port, target=target),
            headers=[*_end_to_end(headers), *_framing(request, headers)],
            content=content,
            extensions={"timeout": _TIMEOUTS},
        )


def _caller_of(request: Request, seal: Seal) -> Identity:
    principal = seal.key.principal
    region = seal.scope.region if seal.scope else USUAL_REGION
    context = request_context(
        principal.context,
        source_ip=request.client.host if request.client else "",
        is_secure=request.url.scheme == "https",
        user_agent=request.headers.get("user-agent", ""),
        region=region,
    )
    return Identity(
        account_id=principal.account_id,
        access_key=seal.key.access_key,
        region=region,
        acting=principal,
        context=context,
    )


def require_access(caller: Identity, needs: Iterable[Access]) -> None:
    """Raise `S3Fault` where the policies of a caller do not allow all that a request comes to."""
    if caller.principal.grants is None:
        return
    for access in needs:
        if refusal := refusal_of(caller, access):
            raise denied(refusal)


def _kind_of(head: RequestHead) -> str:
    """The connections that a request takes one of."""
    if is_of_content(head) and head.method == "GET":
        return "downloads"
    return "uploads" if is_of_content(head) or is_form(head) else "others"


async def _begun(pieces: AsyncIterator[bytes]) -> bytes | AsyncIterator[bytes]:
    """All of a short body; the pieces of a longer one, of which the beginning is there already."""
    beginning = bytearray()
    async for piece in pieces:
        beginning += piece
        if len(beginning) >= _AT_ONCE:
            return _chained(bytes(beginning), pieces)
    return bytes(beginning)


async def _chained(beginning: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield beginning
    async for piece in pieces:
        yield piece


async def _whole(pieces: AsyncIterator[bytes]) -> bytes:
    whole = b""
    async for piece in pieces:
        whole += piece
        if len(whole) > _MAX_DOCUMENT_LENGTH:
            raise S3Fault(400, "EntityTooLarge", _TOO_LONG)
    return whole


def _is_short(answer: httpcore2.Response) -> bool:
    lengths = [int(value) for name, value in answer.headers if name.lower() == b"content-length"]
    return bool(lengths) and lengths[0] <= _AT_ONCE


def _error_in(answer: httpcore2.Response) -> str | None:
    """The code of an error that the S3 server tells; of HEAD, which has no body, there is none."""
    if answer.status < HTTPStatus.BAD_REQUEST or not _is_short(answer):
        return None
    found = _CODE.search(answer.content)
    return found[1].decode() if found else None


def _passed_back(answer: httpcore2.Response) -> Response:
    if _is_short(answer):
        response = Response(answer.content, status_code=answer.status)
    else:
        response = StreamingResponse(answer.aiter_stream(), status_code=answer.status)
    told = (pair for name, value in _end_to_end(answer.headers) if (pair := _of_object(name.lower(), value)))
    response.raw_headers = [(name, value) for name, value in told if name not in _OWN]
    return response


def _of_object(name: bytes, value: bytes) -> tuple[bytes, bytes] | None:
    """A header without what the S3 server keeps of how an object was sent; None where nothing is left."""
    pair = without_chunks(name.decode("latin-1"), value.decode("latin-1"))
    return (name, pair[1].encode("latin-1")) if pair else None


def _end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    given = list(headers)
    options = b",".join(value for name, value in given if name.lower() == b"connection").split(b",")
    dropped = _HOP_BY_HOP | {option.strip().lower() for option in options}
    return [(name, value) for name, value in given if name.lower() not in dropped]


def _framing(request: Request, headers: Headers) -> Headers:
    """A body of unknown length is framed anew on this connection."""
    has_length = any(name.lower() == b"content-length" for name, _ in headers)
    has_body = "transfer-encoding" in request.headers or "content-length" in request.headers
    return [(b"transfer-encoding", b"chunked")] if has_body and not has_length else []
