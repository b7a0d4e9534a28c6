"""Bodies in chunks: whole and unchanged they pass byte for byte, and otherwise their end never passes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3_requests import Signature, chunk, signing_key

from burnish.server.s3.chunks import ChunkedBody, SignatureChain
from burnish.server.s3.faults import S3Fault
from burnish.server.wire.signing import Scope

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
DATE = "20130524T000000Z"
SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"

data = st.lists(st.binary(min_size=1, max_size=40), max_size=4)


def body_for(length: int, *, signed: bool = True, trailers=(), seed: str = SEED) -> ChunkedBody:
    scope = Scope(day=DATE[:8], region="us-east-1", service="s3")
    chain = SignatureChain(seed=seed, date=DATE, scope=scope, secret_key=SECRET)
    return ChunkedBody(length=length, chain=chain if signed else None, trailers=trailers)


def chunks_of(parts: list[bytes], *, signed: bool = True, trailer: bytes = b"") -> list[bytes]:
    """A body as a client sends it: its chunks, and what follows them."""
    signature = Signature(signing_key(SECRET, DATE[:8]), DATE, SEED)
    chunks = [chunk(part, signature.of_chunk(part) if signed else None) for part in [*parts, b""]]
    lines = trailer + b"\r\n" if trailer else b""
    if trailer and signed:
        lines += b"x-amz-trailer-signature:%s\r\n" % signature.of_trailer(trailer + b"\n").encode()
    return [*chunks, lines + b"\r\n"]


def wire(parts: list[bytes], *, signed: bool = True, trailer: bytes = b"") -> bytes:
    return b"".join(chunks_of(parts, signed=signed, trailer=trailer))


def passed(body: ChunkedBody, sent: bytes, cuts=()) -> bytes:
    edges = [0, *sorted(cut for cut in cuts if 0 < cut < len(sent)), len(sent)]
    pieces = [sent[start:end] for start, end in pairwise(edges)]
    return b"".join(map(body.take, pieces)) + body.finish()


def test_the_signatures_are_those_of_awss_own_example():
    """The example of "Signature calculations for the Authorization header: transferring in chunks"."""
    signatures = (
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
    )
    parts = (b"a" * 65536, b"a" * 1024, b"")
    sent = b"".join(map(chunk, parts, signatures)) + b"\r\n"
    assert passed(body_for(66560), sent) == sent


@given(data, st.booleans(), st.booleans(), st.lists(st.integers(0, 600)))
def test_a_body_passes_byte_for_byte_however_it_is_cut(parts, signed, has_trailer, cuts):
    trailer = b"x-amz-checksum-crc32:AAAAAA==" if has_trailer else b""
    sent = wire(parts, signed=signed, trailer=trailer)
    names = ["x-amz-checksum-crc32"] if has_trailer else []
    body = body_for(sum(map(len, parts)), signed=signed, trailers=names)
    assert passed(body, sent, cuts) == sent


@given(data, st.integers(0, 10_000), st.lists(st.integers(0, 600)))
def test_without_its_end_a_body_is_incomplete(parts, cut, cuts):
    sent = wire(parts)
    with pytest.raises(S3Fault) as refused:
        passed(body_for(sum(map(len, parts))), sent[: cut % len(sent)], cuts)
    assert refused.value.code == "IncompleteBody"


@given(st.binary(min_size=1, max_size=40), st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_of_signed_data_is_refused(content, place, change):
    sent = bytearray(wire([content, b"more"]))
    sent[sent.index(b"\r\n") + 2 + place % len(content)] ^= change
    with pytest.raises(S3Fault) as refused:
        passed(body_for(len(content) + 4), bytes(sent))
    assert refused.value.code == "SignatureDoesNotMatch"


# A size of 05 is a size of 5.
@given(data, st.integers(0, 10_000), st.binary(min_size=1, max_size=3).filter(lambda more: more.strip(b"0")))
def test_a_body_with_bytes_put_in_never_passes(parts, place, more):
    sent = wire(parts)
    place %= len(sent) + 1
    with pytest.raises(S3Fault):
        passed(body_for(sum(map(len, parts))), sent[:place] + more + sent[place:])


@pytest.mark.parametrize("order", [(1, 0, 2, 3), (0, 0, 2, 3), (1, 1, 2, 3)])
def test_chunks_cannot_be_moved_or_sent_in_place_of_others(order):
    chunks = chunks_of([b"one", b"two"])
    with pytest.raises(S3Fault) as refused:
        passed(body_for(6), b"".join(chunks[number] for number in order))
    assert refused.value.code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    "order", [(0, 2, 3), (1, 2, 3), (0, 1, 1, 2, 3), (2, 3), (0, 1, 3), (0, 1, 2), (0, 1)]
)
@pytest.mark.parametrize("signed", [True, False])
def test_chunks_cannot_be_left_out_or_added(order, signed):
    chunks = chunks_of([b"one", b"two"], signed=signed)
    with pytest.raises(S3Fault) as refused:
        passed(body_for(6, signed=signed), b"".join(chunks[number] for number in order))
    assert refused.value.code in ("IncompleteBody", "SignatureDoesNotMatch")


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (wire([b"one", b"two"], signed=False), "IncompleteBody"),
        (wire([b"one", b"two"]) + b"more", "IncompleteBody"),
        (wire([b"one", b"two"], trailer=b"x-amz-checksum-crc32:AAAAAA=="), "MalformedTrailerError"),
        (b"f" * 5000, "IncompleteBody"),
        (b"ffffffffffffffff;chunk-signature=" + b"0" * 64 + b"\r\n", "IncompleteBody"),
        (b"-1;chunk-signature=" + b"0" * 64 + b"\r\n", "IncompleteBody"),
    ],
)
def test_what_is_not_framed_as_the_head_declares_is_refused(sent, code):
    with pytest.raises(S3Fault) as refused:
        passed(body_for(6), sent)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("trailer", "announced", "code"),
    [
        (b"x-amz-checksum-crc32:AAAAAA==", ["x-amz-checksum-sha1"], "MalformedTrailerError"),
        (b"x-amz-checksum-crc32:AAAAAA==", [], "MalformedTrailerError"),
        (b"", ["x-amz-checksum-crc32"], "MalformedTrailerError"),
        (b"nonsense", ["x-amz-checksum-crc32"], "MalformedTrailerError"),
    ],
)
def test_trailers_are_those_that_were_announced(trailer, announced, code):
    with pytest.raises(S3Fault) as refused:
        passed(body_for(3, signed=False, trailers=announced), wire([b"one"], signed=False, trailer=trailer))
    assert refused.value.code == code


@pytest.mark.parametrize("old", [b"AAAAAA==", b"x-amz-trailer-signature"])
def test_a_trailer_is_signed(old):
    names = ["x-amz-checksum-crc32"]
    sent = wire([b"one"], trailer=b"x-amz-checksum-crc32:AAAAAA==")
    changed = sent.replace(old, b"B" + old[1:])
    with pytest.raises(S3Fault) as refused:
        passed(body_for(3, trailers=names), changed)
    assert refused.value.code == "SignatureDoesNotMatch"


def test_nothing_of_the_end_passes_before_all_of_it_is_there():
    sent = wire([b"one"], signed=False, trailer=b"x-amz-checksum-crc32:AAAAAA==")
    body = body_for(3, signed=False, trailers=["x-amz-checksum-crc32"])
    assert body.take(sent) == b"3\r\none\r\n"
    assert body.finish() == sent[len(b"3\r\none\r\n") :]
