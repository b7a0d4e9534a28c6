"""Every request is observed, by whatever door it comes and wherever it ends."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError
from request_observer import Observer

from burnish.server.request_record import ObservedRequests
from burnish.waiting import wait_until


@pytest.fixture
def ended(served):
    """What is observed of the request that a block makes."""
    requests = served.observer.requests

    @contextlib.contextmanager
    def of_block():
        begun, found = len(requests), []
        yield found
        # A client can have its answer a moment before the server is done with it.
        wait_until(lambda: len(requests), lambda count: count > begun, interval=0.01, timeout=10)
        found.extend(requests[begun:])

    return of_block


def raw(served, method, path, **headers):
    connection = http.client.HTTPConnection(urlsplit(served.url).netloc, timeout=10)
    connection.request(method, path, headers=headers)
    with contextlib.closing(connection):
        return connection.getresponse()


def test_a_request_is_known_by_its_operation_its_sender_and_its_id(served, ended):
    with ended() as found:
        answer = served.client("iam").list_roles()
    (request,) = found
    assert (request.service, request.operation, request.outcome) == ("iam", "ListRoles", "success")
    assert request.request_id == answer["ResponseMetadata"]["RequestId"]
    assert request.principal == f"arn:aws:iam::{served.credentials.account_id}:root"
    assert 0 < request.seconds_to_answer <= request.seconds


def test_an_error_is_known_by_its_code(served, ended):
    with ended() as found, contextlib.suppress(ClientError):
        served.client("iam").get_role(RoleName="nobody")
    assert (found[0].operation, found[0].outcome, found[0].status) == ("GetRole", "NoSuchEntity", 404)


def test_requests_of_s3_are_known_by_what_s3_calls_them(served, ended):
    s3 = served.client("s3")
    with ended() as found:
        s3.create_bucket(Bucket="observed")
    assert (found[0].service, found[0].operation, found[0].outcome) == ("s3", "CreateBucket", "success")
    with ended() as found, contextlib.suppress(ClientError):
        s3.get_object(Bucket="observed", Key="nothing")
    assert (found[0].operation, found[0].outcome, found[0].status) == ("GetObject", "NoSuchKey", 404)
    assert found[0].principal.endswith(":root")


def test_a_wrong_secret_is_observed_with_nobody_as_its_sender(served, ended):
    for service, call, operation, code in (
        ("bedrock", "list_custom_models", "ListCustomModels", "InvalidSignatureException"),
        ("s3", "list_buckets", "ListBuckets", "SignatureDoesNotMatch"),
    ):
        with ended() as found, pytest.raises(ClientError):
            getattr(served.client(service, secret_key="guessed"), call)()
        assert (found[0].operation, found[0].outcome) == (operation, code)
        assert found[0].principal is None


@pytest.mark.parametrize(
    ("method", "path", "headers", "operation", "outcome"),
    [
        ("GET", "/custom-models", {"Host": "rebound.example"}, "unknown", "MisdirectedRequestException"),
        ("GET", "/custom-models", {}, "ListCustomModels", "MissingAuthenticationTokenException"),
        ("BREW", "/%00/../%ff", {}, "unknown", "AccessDenied"),
        ("GET", "/healthz", {}, "healthz", "success"),
    ],
)
def test_what_is_refused_at_the_door_is_observed(served, ended, method, path, headers, operation, outcome):
    with ended() as found:
        raw(served, method, path, **headers)
    assert (found[0].operation, found[0].outcome) == (operation, outcome)


def test_what_is_no_request_is_told_by_its_reason(served):
    url, known = urlsplit(served.url), len(served.unread)
    with socket.create_connection((url.hostname, url.port), timeout=10) as connection:
        connection.sendall(b"NO HTTP AT ALL\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400")
    assert served.unread[known:] == ["malformed"]


@pytest.mark.parametrize(
    ("messages", "outcome"),
    [
        ([], "unanswered"),
        ([{"type": "http.response.start", "status": 200}], "incomplete"),
        ([{"type": "http.response.start", "status": 404}, {"type": "http.response.body"}], "HTTP 404"),
    ],
)
def test_how_a_request_has_ended_is_told_by_what_was_sent(messages, outcome):
    async def app(scope, receive, send):
        for message in messages:
            await send(message)
        raise asyncio.CancelledError

    async def send(message): ...

    observer = Observer()
    asking = ObservedRequests(app, observers=[observer])({"type": "http"}, None, send)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(asking)
    assert [request.outcome for request in observer.requests] == [outcome]
    assert observer.in_progress == 0
