"""What is promised of a body is kept, or its last piece is never passed on."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3_requests import CHUNKED, EMPTY, UNSIGNED_CHUNKED, sha256

from burnish.server.principals import SigningKey, root_of
from burnish.server.s3.faults import S3Fault
from burnish.server.s3.payloads import body_of, verified
from burnish.server.s3.signatures import Seal
from burnish.server.wire.heads import RequestHead

KEY = SigningKey(access_key="AKIA", secret_key="secret", principal=root_of("123456789012"))
pieces = st.lists(st.binary(max_size=20), max_size=5)


def head(**headers: str) -> RequestHead:
    fields = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return RequestHead(method="PUT", raw_path="/bucket/key", query="", headers=fields)


def sealed(payload: str) -> Seal:
    return Seal(key=KEY, payload=payload)


async def pieces_of(parts):
    for part in parts:
        yield part


def through(parts, payload: str, **headers: str) -> tuple[bytes, S3Fault | None]:
    """What passes, and the refusal that ended it."""

    async def pass_on():
        async for piece in verified(pieces_of(parts), body_of(head(**headers), sealed(payload), "")):
            came.extend(piece)

    came = bytearray()
    try:
        asyncio.run(pass_on())
    except S3Fault as fault:
        return bytes(came), fault
    return bytes(came), None


@given(pieces)
def test_a_body_with_the_hash_that_was_signed_passes(parts):
    assert through(parts, sha256(b"".join(parts))) == (b"".join(parts), None)


@given(pieces, st.binary(max_size=20))
def test_the_last_piece_of_another_body_never_passes(parts, last):
    came, fault = through([*parts, last or b".", b""], EMPTY)
    assert came == b"".join(parts)
    assert (fault.status, fault.code) == (400, "XAmzContentSHA256Mismatch")


def test_a_body_that_is_missing_is_not_the_one_that_was_signed():
    assert through([], sha256(b"a"))[1].code == "XAmzContentSHA256Mismatch"


@pytest.mark.parametrize("payload", ["", "0", "unsigned-payload", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"])
def test_what_cannot_be_verified_is_refused_by_name(payload):
    with pytest.raises(S3Fault, match="must be UNSIGNED-PAYLOAD"):
        body_of(head(), sealed(payload), "")


@pytest.mark.parametrize("algorithm", ["md5", "sha512", "xxhash64", "unheard-of"])
def test_a_checksum_that_nobody_would_verify_is_refused_by_name(algorithm):
    name = f"x-amz-checksum-{algorithm}"
    with pytest.raises(S3Fault, match=f"cannot verify {name}.*CRC32"):
        body_of(head(**{name: "AAAA"}), sealed("UNSIGNED-PAYLOAD"), "")
    announced = head(**{"x-amz-trailer": name, "x-amz-decoded-content-length": "1"})
    with pytest.raises(S3Fault, match=f"cannot verify {name}"):
        body_of(announced, sealed(UNSIGNED_CHUNKED), "")


@pytest.mark.parametrize("length", ["", "-1", "1e3", "9" * 5000, "²"])
def test_chunks_come_with_their_length(length):
    with pytest.raises(S3Fault) as refused:
        body_of(head(x_amz_decoded_content_length=length), sealed(UNSIGNED_CHUNKED), "")
    assert refused.value.code == "MissingContentLength"


def test_signed_chunks_need_a_signature_to_follow():
    with pytest.raises(S3Fault, match="version 4 in the Authorization header"):
        body_of(head(x_amz_decoded_content_length="1"), sealed(CHUNKED), "")
