"""Uploads to S3 over HTTP/2 whose lengths are not what was said, or that never end."""

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from http2_client import RawHttp2, address_in

BODY = b"x" * 1000


@pytest.fixture(scope="module")
def bucket(served):
    served.client("s3").create_bucket(Bucket="over-http2")
    return "over-http2"


@pytest.fixture
def put(served, bucket):
    """Uploads a body under a key with the content length that is claimed; the stream and its connection."""

    def uploaded(client, key, *, claimed, is_whole=True, body=BODY):
        path = f"/{bucket}/{key}"
        request = AWSRequest(method="PUT", url=f"{served.url}{path}", data=BODY)
        request.headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD"
        request.context["payload_signing_enabled"] = False
        key_pair = Credentials(served.credentials.access_key, served.credentials.secret_key)
        S3SigV4Auth(key_pair, "s3", "us-east-1").add_auth(request)
        headers = [(name.lower(), value) for name, value in request.headers.items()]
        headers = [pair for pair in headers if pair[0] != "content-length"]
        return client.ask(
            "PUT", path, [*headers, ("content-length", str(claimed))], body=body, is_whole=is_whole
        )

    return uploaded


def keys_in(served, bucket):
    return {one["Key"] for one in served.client("s3").list_objects_v2(Bucket=bucket).get("Contents", ())}


def test_an_upload_of_the_length_that_it_claims_is_kept(served, bucket, put):
    with RawHttp2(address_in(served.url)) as client:
        assert client.answer(put(client, "right", claimed=len(BODY))).status == "200"
    assert "right" in keys_in(served, bucket)


@pytest.mark.attack(
    "S3",
    "HTTP/2: a body that is longer or shorter than its content-length",
    "the connection ends; no object appears, and nothing of the body is taken for a request",
)
@pytest.mark.parametrize("claimed", [len(BODY) - 1, len(BODY) + 1, 0], ids=["longer", "shorter", "none"])
def test_a_body_of_another_length_is_no_object(served, bucket, put, claimed):
    with RawHttp2(address_in(served.url)) as client:
        put(client, f"of-{claimed}", claimed=claimed)
        assert client.read_until_closed(or_reset=True) != "closed"
    assert f"of-{claimed}" not in keys_in(served, bucket)
    with RawHttp2(address_in(served.url)) as other:
        assert other.answer(put(other, "after", claimed=len(BODY))).status == "200"


@pytest.mark.attack(
    "S3", "HTTP/2: an upload that is taken back half way", "no object appears; others are answered"
)
def test_an_upload_that_is_taken_back_is_no_object(served, bucket, put):
    with RawHttp2(address_in(served.url)) as client:
        stream = put(client, "taken-back", claimed=len(BODY), is_whole=False, body=BODY[:500])
        client.take_back(stream)
        client.flush()
        assert client.answer(put(client, "beside", claimed=len(BODY))).status == "200"
    assert keys_in(served, bucket) >= {"beside"}
    assert "taken-back" not in keys_in(served, bucket)
