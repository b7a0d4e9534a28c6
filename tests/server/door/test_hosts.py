"""Requests for other hosts and from other sites' pages are refused, whoever signs them."""

import socket
from urllib.parse import urlsplit

import httpcore2
import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from burnish.server.door.hosts import LOOPBACK_NAMES, AllowedHosts

OTHERS = [
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "10.0.0.1",
    "notlocalhost",
    "a.b.localhost",
]
NONSENSE = ["", "127.0.0.1@evil.example", "localhost/evil", "localhost:port", "[::1", "localhost evil"]


def ask(served, path="/healthz", *, method="GET", **headers):
    named = {"Host": urlsplit(served.url).netloc, **headers}
    return httpcore2.request(method, served.url + path, headers=named)


def with_header(name, value):
    """A hook of botocore that adds a header to a request that is signed already."""

    def add(request, **_):
        request.headers[name] = value

    return add


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "bucket.localhost:8800", "127.0.0.1:9", "[::1]:8800", "localhost."]
)
def test_the_names_of_this_machine_are_answered(served, host):
    assert ask(served, Host=host).status == 200


@pytest.mark.attack(
    "Connections",
    "DNS rebinding: a page of another site whose name points at 127.0.0.1 (a foreign Host header)",
    "421 MisdirectedRequestException, before any signature is looked at; also for /healthz",
)
@pytest.mark.parametrize("host", OTHERS + NONSENSE)
@pytest.mark.parametrize("path", ["/healthz", "/foundation-models", "/bucket/key"])
def test_a_request_for_another_host_is_refused(served, path, host):
    answer = ask(served, path, Host=host)
    assert answer.status == 421
    assert b"burnish env" in answer.content


def test_a_request_without_a_host_is_refused(served):
    place = urlsplit(served.url)
    with socket.create_connection((place.hostname, place.port)) as connection:
        connection.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert connection.makefile("rb").readline().split()[1] == b"421"


def test_a_real_client_is_told_the_reason(served):
    client = served.client("bedrock")
    client.meta.events.register("before-send", with_header("Host", "evil"))
    with pytest.raises(ClientError, match=r"--allow-host") as refused:
        client.list_foundation_models()
    assert refused.value.response["Error"]["Code"] == "MisdirectedRequestException"


@pytest.mark.attack(
    "Connections",
    "a page of another site asks without a signature (an Origin header of that site)",
    "403 AccessDeniedException, and no answer that its browser would show it",
)
@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:3000", "https://127.0.0.1"]
)
@pytest.mark.parametrize("path", ["/healthz", "/foundation-models", "/bucket/key"])
def test_a_page_of_another_site_is_refused(served, path, origin):
    answer = ask(served, path, Origin=origin)
    assert answer.status == 403
    assert not [name for name, _ in answer.headers if name.lower().startswith(b"access-control-")]


@pytest.mark.attack(
    "Connections",
    "a browser asks whether a page of another site may send requests (OPTIONS)",
    "403, no CORS headers",
)
@pytest.mark.parametrize("path", ["/", "/bucket/key", "/model-customization-jobs", "/healthz"])
def test_preflight_requests_are_refused(served, path):
    headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "PUT"}
    answer = ask(served, path, method="OPTIONS", **headers)
    assert answer.status == 403
    assert not [name for name, _ in answer.headers if name.lower().startswith(b"access-control-")]


def test_no_answer_of_s3_allows_other_origins(served):
    s3 = served.client("s3", s3={"addressing_style": "path"})
    s3.create_bucket(Bucket="origins")
    s3.meta.events.register("before-send", with_header("Origin", served.url))
    answer = s3.list_objects_v2(Bucket="origins")
    assert not [name for name in answer["ResponseMetadata"]["HTTPHeaders"] if "access-control" in name]


labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)


@given(st.lists(labels, min_size=1, max_size=4).map(".".join))
def test_no_other_name_is_a_name_of_this_machine(name):
    expected = name == "localhost" or (name.count(".") == 1 and name.endswith(".localhost"))
    assert (name in AllowedHosts(LOOPBACK_NAMES)) == expected or name == "127.0.0.1"


def test_a_wildcard_stands_for_one_level():
    allowed = AllowedHosts(["*.lan"])
    assert "gpu.lan" in allowed
    assert "a.gpu.lan" not in allowed
    assert "lan" not in allowed
