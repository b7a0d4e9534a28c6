"""Signatures over HTTP/2, where the JavaScript SDK signs the host by its other name."""

import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from http2_client import RawHttp2, address_in

PATH = "/foundation-models/amazon.nova-lite-v1%3A0"


def authorization(credentials, host, date, *, host_name):
    """What the JavaScript SDK writes: by the recipe of AWS's guide, and not by the server's own code."""
    path = PATH.replace("%", "%25")
    headers = f"{host_name}:{host}\nx-amz-date:{date}\n"
    names = f"{host_name};x-amz-date"
    canonical = "\n".join(["GET", path, "", headers, names, hashlib.sha256(b"").hexdigest()])
    scope = f"{date[:8]}/us-east-1/bedrock/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{credentials.secret_key}".encode()
    for part in (*scope.split("/"), f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{digest}"):
        key = hmac.digest(key, part.encode(), "sha256")
    claim = f"Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={key.hex()}"
    return f"AWS4-HMAC-SHA256 {claim}"


@pytest.mark.parametrize("host_name", ["host", ":authority"])
def test_the_host_may_be_signed_by_either_name(served, handling, host_name):
    handling("bedrock", "GetFoundationModel", {"modelDetails": {"modelArn": "a", "modelId": "m"}})
    assert status_of(served, signed_host=None, host_name=host_name) == "200"


def test_another_host_than_the_signed_one_is_refused(served):
    assert status_of(served, signed_host="evil.example", host_name=":authority") == "403"


def status_of(served, *, signed_host, host_name):
    host, port = address_in(served.url)
    date = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    claim = authorization(served.credentials, signed_host or f"{host}:{port}", date, host_name=host_name)
    with RawHttp2((host, port)) as client:
        stream = client.ask("GET", PATH, [("x-amz-date", date), ("authorization", claim)])
        return client.answer(stream).status
