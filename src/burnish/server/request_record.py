"""What becomes known of a request while it is answered, and who is told when it has ended."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: The service or the operation of a request that was refused before it was known.
UNKNOWN = "unknown"
SUCCESS = "success"
#: The outcome of what nobody was told: the client has gone, or the connection was dropped on purpose.
UNANSWERED = "unanswered"
#: The outcome of an answer that has begun and not ended.
INCOMPLETE = "incomplete"

_RECORD = "burnish.record"
_REQUEST_IDS = (b"x-amzn-requestid", b"x-amz-request-id", b"x-request-id")


@dataclass(kw_only=True, slots=True)
class RequestRecord:
    """The notes of those who answer a request: each writes down what it finds out.

    All but the principal are names out of a fixed set: nothing that a client chooses.
    """

    service: str = UNKNOWN
    operation: str = UNKNOWN
    #: The ARN of whoever has sent it, once the signature or the key is verified.
    principal: str | None = None
    #: The code of the error that the client is told.
    error: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EndedRequest:
    """A request from its head to the last byte of its answer. Seconds are counted from its head on."""

    service: str
    operation: str
    principal: str | None
    outcome: str
    request_id: str | None
    status: int | None
    seconds_to_answer: float
    seconds: float


class RequestObserver(Protocol):
    """Somebody who is told of every request."""

    def began(self) -> None:
        """A request has come."""

    def ended(self, request: EndedRequest) -> None:
        """It is over, whatever has come of it."""


def record_of(scope: Scope) -> RequestRecord:
    """The record of a request, to read and to write."""
    record: RequestRecord | None = scope.get(_RECORD)
    if record is None:
        record = scope[_RECORD] = RequestRecord()
    return record


class ObservedRequests:
    """ASGI middleware: tell observers of every request, those that are refused at the door included."""

    def __init__(self, app: ASGIApp, *, observers: Sequence[RequestObserver]) -> None:
        self._app = app
        self._observers = observers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        for observer in self._observers:
            observer.began()
        answer = _Answer(send)
        try:
            await self._app(scope, receive, answer.send)
        finally:
            ended = answer.ended(record_of(scope))
            for observer in self._observers:
                observer.ended(ended)


class _Answer:
    """What is sent of an answer, and when."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._began = time.perf_counter()
        self._answered: float | None = None
        self._status: int | None = None
        self._request_id: str | None = None
        self._is_whole = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status, self._answered = message["status"], time.perf_counter()
            headers = message.get("headers", ())
            ids = {low: value for name, value in headers if (low := name.lower()) in _REQUEST_IDS}
            found = next((ids[name] for name in _REQUEST_IDS if name in ids), None)
            self._request_id = found.decode("latin-1") if found else None
        await self._send(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self._is_whole = True

    def ended(self, record: RequestRecord) -> EndedRequest:
        now = time.perf_counter()
        return EndedRequest(
            service=record.service,
            operation=record.operation,
            principal=record.principal,
            outcome=self._outcome(record),
            request_id=self._request_id,
            status=self._status,
            seconds_to_answer=(self._answered or now) - self._began,
            seconds=now - self._began,
        )

    def _outcome(self, record: RequestRecord) -> str:
        if self._status is None:
            return UNANSWERED
        if record.error:
            return record.error
        if self._status >= 400:
            return f"HTTP {self._status}"
        return SUCCESS if self._is_whole else INCOMPLETE
