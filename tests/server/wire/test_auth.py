"""Signatures: what botocore signs is accepted, and nothing else is."""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Key
from hypothesis import given
from hypothesis import strategies as st

from burnish.server.credentials import ServerCredentials
from burnish.server.wire.auth import Reason, Refused, claim_of, verify_body, verify_head
from burnish.server.wire.heads import RequestHead
from burnish.server.wire.signing import moment_signed

OURS = ServerCredentials(account_id="123456789012", access_key="AKIAOURS", secret_key="our secret")
HOST = "127.0.0.1:8000"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
paths = st.lists(texts | st.sampled_from(["", ".", "..", "a%2Fb", "arn:aws:x::1/y"]), max_size=5).map(
    lambda parts: "/" + "/".join(quote(part, safe="") for part in parts)
)
queries = st.lists(st.tuples(texts, texts), max_size=4).map(
    lambda pairs: "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in pairs)
)
methods = st.sampled_from(["GET", "POST", "PATCH", "DELETE"])
header_values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)


@dataclass(frozen=True, kw_only=True)
class Sent(RequestHead):
    """A request and the body that follows its head."""

    body: bytes


def signed(method="GET", path="/", query="", body=b"", headers=(), at=None):
    """A request as botocore signs it and as a server gets it."""
    url = f"http://{HOST}{path}" + (f"?{query}" if query else "")
    request = AWSRequest(method, url, {"Host": HOST, **dict(headers)}, body)
    SigV4Auth(Key(OURS.access_key, OURS.secret_key), "bedrock", "eu-west-1").add_auth(request)
    named = [(name.lower(), value) for name, value in request.headers.items()]
    return Sent(method=method, raw_path=path, query=query, headers=named, body=body)


def verified(request, *, credentials=OURS, now=None):
    claim = claim_of(request.header("authorization"))
    key = verify_head(claim, request, credentials, now=now or datetime.now(UTC))
    return verify_body(claim, request, key, body_hash=hashlib.sha256(request.body).hexdigest())


def reason_of(request, **options):
    with pytest.raises(Refused) as refused:
        verified(request, **options)
    return refused.value.reason


@given(
    st.sampled_from(["GET", "POST", "PATCH", "DELETE"]), paths, queries, st.binary(max_size=40), header_values
)
def test_what_botocore_signs_is_accepted(method, path, query, body, value):
    identity = verified(signed(method, path, query, body, {"X-Amz-Thing": value}.items()))
    assert (identity.account_id, identity.access_key, identity.region) == (
        "123456789012",
        "AKIAOURS",
        "eu-west-1",
    )


@pytest.mark.attack(
    "Bedrock API", "any byte of a signed body changed", "refused: the signature does not match"
)
@given(st.binary(min_size=1, max_size=40), st.data())
def test_an_altered_byte_of_the_body_is_refused(body, data):
    position = data.draw(st.integers(0, len(body) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != body[position]))
    changed = body[:position] + bytes([other]) + body[position + 1 :]
    assert reason_of(replace(signed("POST", body=body), body=changed)) is Reason.MISMATCH


@pytest.mark.attack(
    "Bedrock API", "any character of a signature changed", "refused: the signature does not match"
)
@given(st.integers(0, 63), st.integers(1, 15))
def test_an_altered_character_of_the_signature_is_refused(position, shift):
    request = signed()
    kept, mark, signature = request.header("authorization").partition("Signature=")
    other = f"{(int(signature[position], 16) + shift) % 16:x}"
    changed = kept + mark + signature[:position] + other + signature[position + 1 :]
    headers = [(n, changed if n == "authorization" else v) for n, v in request.headers]
    assert reason_of(replace(request, headers=headers)) is Reason.MISMATCH


@pytest.mark.attack(
    "Bedrock API", "method, path or query changed after signing", "refused: the signature does not match"
)
@pytest.mark.parametrize(
    "changes",
    [
        {"method": "POST"},
        {"raw_path": "/a/c"},
        {"raw_path": "/a%2Fb"},
        {"query": "x=2"},
        {"query": "x=1&y=1"},
        {"query": ""},
    ],
)
def test_an_altered_method_path_or_query_is_refused(changes):
    assert reason_of(replace(signed(path="/a/b", query="x=1"), **changes)) is Reason.MISMATCH


@pytest.mark.attack("Bedrock API", "a signed header changed", "refused: the signature does not match")
@pytest.mark.parametrize("name", ["host", "x-amz-thing"])
def test_an_altered_header_is_refused(name):
    request = signed(headers={"X-Amz-Thing": "one"}.items())
    headers = [(key, "other" if key == name else value) for key, value in request.headers]
    assert reason_of(replace(request, headers=headers)) is Reason.MISMATCH


@pytest.mark.attack(
    "Bedrock API", "a header of AWS or Burnish added after signing", "refused: it must be signed"
)
@pytest.mark.parametrize("name", ["x-amz-added", "x-burnish-keep-model"])
def test_a_header_that_asks_for_something_and_was_added_later_is_refused(name):
    request = signed()
    added = [*request.headers, (name, "1")]
    assert reason_of(replace(request, headers=added)) is Reason.MISMATCH


def test_a_signed_header_that_was_taken_away_is_refused():
    request = signed(headers={"X-Amz-Thing": ""}.items())
    left = [(name, value) for name, value in request.headers if name != "x-amz-thing"]
    assert reason_of(replace(request, headers=left)) is Reason.MISMATCH


@pytest.mark.attack(
    "Bedrock API", "a request sent again later than 15 minutes after it was signed", "refused: expired"
)
@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_signature_that_is_too_old_or_too_new_is_refused(minutes):
    now = datetime.now(UTC) + timedelta(minutes=minutes)
    assert reason_of(signed(), now=now) is Reason.MISMATCH


@pytest.mark.parametrize("minutes", [-14, 14])
def test_a_clock_may_be_a_quarter_of_an_hour_off(minutes):
    assert verified(signed(), now=datetime.now(UTC) + timedelta(minutes=minutes))


def test_the_wrong_secret_is_a_mismatch_and_an_unknown_key_is_unknown():
    wrong = ServerCredentials(account_id="1", access_key=OURS.access_key, secret_key="wrong")
    stranger = ServerCredentials(account_id="1", access_key="AKIAOTHER", secret_key=OURS.secret_key)
    assert reason_of(signed(), credentials=wrong) is Reason.MISMATCH
    assert reason_of(signed(), credentials=stranger) is Reason.UNKNOWN_KEY


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (None, Reason.MISSING),
        ("", Reason.MISSING),
        ("Bearer abc", Reason.MISSING),
        ("AWS4-HMAC-SHA256", Reason.INCOMPLETE),
        ("AWS4-HMAC-SHA256 Credential=a/b/c/d, SignedHeaders=host, Signature=x", Reason.INCOMPLETE),
        ("AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host", Reason.INCOMPLETE),
        ("AWS4-HMAC-SHA256 Credential=a/b/c/d/other, SignedHeaders=host, Signature=x", Reason.INCOMPLETE),
    ],
)
def test_a_header_that_is_no_signature_is_told_apart(header, reason):
    with pytest.raises(Refused) as refused:
        claim_of(header)
    assert refused.value.reason is reason


def test_the_secret_stands_in_no_message():
    request = replace(signed(), body=b"other")
    with pytest.raises(Refused) as refused:
        verified(request)
    assert OURS.secret_key not in str(refused.value)
    assert OURS.secret_key not in repr(OURS)


@pytest.mark.parametrize("other", ["x=%FE", "x=%EF%BF%BD", "x="])
def test_bytes_of_a_query_that_are_no_text_are_not_taken_for_others(other):
    request = signed(query="x=%FF")
    verified(request)
    assert reason_of(replace(request, query=other)) is Reason.MISMATCH


def test_the_moment_that_a_signature_names():
    assert moment_signed("20260102T030405Z") == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "date",
    [
        "",
        "20260102",
        "2026-01-02T03:04:05Z",
        "20260102T030405",
        "20260102T030405+0000",
        "20260102T030405.5Z",
        "20260102T030405Z ",
        "20261302T030405Z",
        "20260102T240000Z",
        "٢0260102T030405Z",
    ],
)
def test_what_names_no_moment_in_the_form_of_signatures(date):
    with pytest.raises(ValueError, match=r"."):
        moment_signed(date)


def test_a_header_has_its_values_as_they_are_signed():
    sent = [("x-amz-thing", "  one   two "), ("host", HOST), ("x-amz-thing", "three")]
    head = RequestHead(method="GET", raw_path="/", query="", headers=sent)
    assert head.header("x-amz-thing") == "one two,three"
    assert head.header("x-amz-other") == ""
    assert head.names == {"host", "x-amz-thing"}
