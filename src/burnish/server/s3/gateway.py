"""S3's requests, passed on to the S3 server byte for byte, in both directions, in bounded memory.

The path and the query are never decoded and encoded again, and the Host header stays the client's:
both are part of a signature that the S3 server verifies.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4
from xml.sax.saxutils import escape

import httpcore
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from burnish.server.s3.object_keys import (
    is_folder_with_content,
    is_kept_as_another,
    is_list_too_long,
    places_in,
)

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

_NO_ANSWER = "The S3 server of this server does not answer; its log is in the data folder"
_KEPT_AS_ANOTHER = (
    "This server would keep {key} where another key's object lies: use a key without //, backslashes, and "
    "steps of . or .."
)
_NO_FOLDER_CONTENT = (
    "This server keeps a key that ends in a slash as a folder without content: leave the slash out"
)
_LIST_TOO_LONG = "A list of objects to delete must say its length and name no more than 1,000 keys"
_NO_ROOM = "The disk of this server's data folder is full; free some space and try again"

# SeaweedFS stops writing when a hundredth of the disk is left, and says only that it met an error.
_SPARE_SHARE = 0.01
_SPARE_BYTES = 16 * 1024 * 1024

Headers = list[tuple[bytes, bytes]]

_log = logging.getLogger(__name__)


class ObjectsGateway:
    """The ASGI application that answers for S3 with what the server at ``endpoint`` says.

    With the ``folder`` that holds the objects, an upload that would fill its disk is refused at once.
    """

    def __init__(self, endpoint: str, folder: Path | None = None) -> None:
        parts = urlsplit(endpoint)
        if parts.hostname is None:
            raise ValueError(f"{endpoint!r} is not the URL of an S3 server")
        self._scheme = parts.scheme.encode()
        self._host = parts.hostname.encode()
        self._port = parts.port
        self._folder = folder
        self._pool = httpcore.AsyncConnectionPool(max_connections=100, keepalive_expiry=_IDLE_SECONDS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if self._folder and not _has_room(self._folder, _length_of(request)):
            await _error(507, "InsufficientStorage", _NO_ROOM)(scope, receive, send)
            return
        if refusal := await _refusal_of_keys(request):
            await refusal(scope, receive, send)
            return
        try:
            answer = await self._pool.handle_async_request(self._passed_on(request))
        except ClientDisconnect:
            return
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            _log.warning("The S3 server does not answer: %r", error)
            await _error(503, "ServiceUnavailable", _NO_ANSWER)(scope, receive, send)
            return
        try:
            await _passed_back(answer)(scope, receive, send)
        finally:
            await answer.aclose()

    async def aclose(self) -> None:
        """Close the connections to the S3 server."""
        await self._pool.aclose()

    def _passed_on(self, request: Request) -> httpcore.Request:
        query = request.scope["query_string"]
        target = request.scope["raw_path"] + (b"?" + query if query else b"")
        return httpcore.Request(
            method=request.method,
            url=httpcore.URL(scheme=self._scheme, host=self._host, port=self._port, target=target),
            headers=[*_end_to_end(request.headers.raw), *_framing(request)],
            content=_content(request) if _has_body(request) else b"",
            extensions={"timeout": _TIMEOUTS},
        )


async def _refusal_of_keys(request: Request) -> Response | None:
    """The answer to a request about a key that would be kept as another; None for every other request."""
    if is_list_too_long(request):
        return _error(400, "MalformedXML", _LIST_TOO_LONG)
    try:
        places = await places_in(request)
    except ClientDisconnect:
        return None
    if ambiguous := next(filter(is_kept_as_another, places), None):
        shown = escape(repr(ambiguous.decode(errors="backslashreplace")))
        return _error(400, "InvalidArgument", _KEPT_AS_ANOTHER.format(key=shown))
    if is_folder_with_content(request):
        return _error(400, "InvalidArgument", _NO_FOLDER_CONTENT)
    return None


def _passed_back(answer: httpcore.Response) -> Response:
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


def _has_body(request: Request) -> bool:
    return "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"


async def _content(request: Request) -> AsyncIterator[bytes]:
    async for chunk in request.stream():
        if chunk:
            yield chunk


def _length_of(request: Request) -> int:
    length = request.headers.get("content-length", "0")
    return int(length) if length.isdecimal() else 0


def _has_room(folder: Path, length: int) -> bool:
    if length == 0:
        return True
    disk = shutil.disk_usage(folder)
    return disk.free - length > max(_SPARE_BYTES, disk.total * _SPARE_SHARE)


def _error(status: int, code: str, message: str) -> Response:
    request_id = uuid4().hex
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{request_id}</RequestId></Error>"
    )
    # The body was not read: another request on this connection would be taken for it.
    headers = {"x-amz-request-id": request_id, "connection": "close"}
    return Response(body, status_code=status, media_type="application/xml", headers=headers)
