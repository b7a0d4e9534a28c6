"""S3's requests: verified here, from the head on, and passed on to the S3 server byte for byte.

A request without a signature that holds is refused before a byte of its body is read and before the S3
server hears of it. What the signature promises of the body is verified while the body passes through, in
bounded memory. The path and the query are never decoded and encoded again, and the Host header stays the
client's: both are part of the signature, which the S3 server verifies again.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpcore2
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from burnish.server.credentials import ServerCredentials
from burnish.server.disk_space import FULL, has_room
from burnish.server.s3.addressing import is_of_content
from burnish.server.s3.faults import S3Fault, fault_response
from burnish.server.s3.forms import FormFile, boundary_of, check_form, is_form, read_form
from burnish.server.s3.object_keys import MAX_LIST_LENGTH, check_list, check_names, check_places, is_list
from burnish.server.s3.payloads import body_of, verified
from burnish.server.s3.signatures import authenticate, translated_refusals
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

_NO_ANSWER = "The S3 server of this server does not answer; its log is in the data folder"
_BUSY = "Please reduce your request rate: all connections to the S3 server are in use"
_TOO_LONG = f"A request of this kind has no more than {_MAX_DOCUMENT_LENGTH:,} bytes"


Headers = list[tuple[bytes, bytes]]

_log = logging.getLogger(__name__)


class ObjectsGateway:
    """The ASGI application that answers for S3 with what the server at ``endpoint`` says.

    Requests are those of the one access key, ``credentials``. With the ``folder`` that holds the objects,
    an upload that would fill its disk is refused at once.
    """

    def __init__(self, endpoint: str, credentials: ServerCredentials, folder: Path | None = None) -> None:
        parts = urlsplit(endpoint)
        if parts.hostname is None:
            raise ValueError(f"{endpoint!r} is not the URL of an S3 server")
        self._scheme = parts.scheme.encode()
        self._host = parts.hostname.encode()
        self._port = parts.port
        self._credentials = credentials
        self._folder = folder
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
            await fault_response(fault)(scope, receive, send)
            return
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
        content = await self._verified_content(head, request.stream())
        try:
            answer = await self._pools[_kind_of(head)].handle_async_request(self._passed_on(request, content))
            if _is_short(answer):
                await answer.aread()
            return answer
        except httpcore2.PoolTimeout as error:
            raise S3Fault(503, "SlowDown", _BUSY) from error
        except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError) as error:
            _log.warning("The S3 server does not answer: %r", error)
            raise S3Fault(503, "ServiceUnavailable", _NO_ANSWER) from error

    async def _verified_content(
        self, head: RequestHead, pieces: AsyncIterator[bytes]
    ) -> bytes | AsyncIterator[bytes]:
        """The body, verified as far as it goes. Raises `S3Fault` for a request that is not passed on."""
        if is_form(head):
            return await _begun(await self._form_content(head, pieces))
        seal = authenticate(head, self._credentials, now=datetime.now(UTC))
        check_names(head)
        self._check_room(head)
        body = body_of(head, seal, self._credentials.secret_key)
        if not head.has_body:
            return body.finish()
        if is_of_content(head):
            return await _begun(verified(pieces, body))
        document = await _whole(verified(pieces, body))
        if is_list(head):
            check_list(document)
        return document

    async def _form_content(self, head: RequestHead, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        boundary = boundary_of(head)
        form = await read_form(pieces, boundary)
        with translated_refusals():
            check_form(form, self._credentials, now=datetime.now(UTC))
        check_places(f"{head.raw_path.strip('/')}/{key}".encode() for key in form.keys)
        self._check_room(head)
        return _chained(form.beginning, verified(_chained(form.rest, pieces), FormFile(boundary)))

    def _check_room(self, head: RequestHead) -> None:
        length = head.header("content-length")
        if self._folder and length.isdecimal() and int(length) and not has_room(self._folder, int(length)):
            raise S3Fault(507, "InsufficientStorage", FULL)

    def _passed_on(self, request: Request, content: bytes | AsyncIterator[bytes]) -> httpcore2.Request:
        query = request.scope["query_string"]
        target = request.scope["raw_path"] + (b"?" + query if query else b"")
        return httpcore2.Request(
            method=request.method,
            url=httpcore2.URL(scheme=self._scheme, host=self._host, port=self._port, target=target),
            headers=[*_end_to_end(request.headers.raw), *_framing(request)],
            content=content,
            extensions={"timeout": _TIMEOUTS},
        )


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


def _passed_back(answer: httpcore2.Response) -> Response:
    if _is_short(answer):
        response = Response(answer.content, status_code=answer.status)
    else:
        response = StreamingResponse(answer.aiter_stream(), status_code=answer.status)
    response.raw_headers = [
        (name.lower(), value) for name, value in _end_to_end(answer.headers) if name.lower() not in _OWN
    ]
    return response


def _end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    given = list(headers)
    options = b",".join(value for name, value in given if name.lower() == b"connection").split(b",")
    dropped = _HOP_BY_HOP | {option.strip().lower() for option in options}
    return [(name, value) for name, value in given if name.lower() not in dropped]


def _framing(request: Request) -> Headers:
    """A body of unknown length is framed anew on this connection."""
    return [(b"transfer-encoding", b"chunked")] if "transfer-encoding" in request.headers else []
