"""S3's signatures, told from the head alone: what botocore signs is accepted, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import HmacV1Auth, HmacV1QueryAuth, S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Key
from hypothesis import given
from hypothesis import strategies as st

from burnish.server.credentials import ServerCredentials
from burnish.server.s3.faults import S3Fault
from burnish.server.s3.signatures import authenticate
from burnish.server.wire.heads import RequestHead

OURS = ServerCredentials(account_id="123456789012", access_key="AKIAOURS", secret_key="our secret")
KEY = Key(OURS.access_key, OURS.secret_key)
HOST = "127.0.0.1:8000"
SIGNERS = {
    "header": lambda: S3SigV4Auth(KEY, "s3", "eu-west-1"),
    "link": lambda: S3SigV4QueryAuth(KEY, "s3", "eu-west-1", expires=600),
    "old header": lambda: HmacV1Auth(KEY),
    "old link": lambda: HmacV1QueryAuth(KEY, expires=600),
}
every_signer = pytest.mark.parametrize("signer", SIGNERS)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
keys = st.lists(texts | st.sampled_from(["", ".", "..", "a%2Fb", "a+b c", "~_-.", "ünï", "%41"]), max_size=4)
paths = keys.map(lambda steps: "/bucket/" + quote("/".join(steps), safe="/~"))
methods = st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD"])
values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)
#: What every version of the signature covers or lets pass, some of it with a value and some without.
parameters = st.sampled_from(["acl", "uploads", "uploadId", "partNumber", "response-content-type", "prefix"])


@st.composite
def queries(draw) -> str:
    named = draw(st.dictionaries(parameters, texts, max_size=4))
    pairs = [
        quote(name, safe="") + (f"={quote(value, safe='')}" if value else "") for name, value in named.items()
    ]
    return "&".join(pairs)


def signed(signer: str, method="GET", path="/bucket/key", query="", headers=()) -> RequestHead:
    """A request as botocore signs it and as a server gets it."""
    url = f"http://{HOST}{path}" + (f"?{query}" if query else "")
    request = AWSRequest(method, url, {"Host": HOST, **dict(headers)}, b"")
    SIGNERS[signer]().add_auth(request)
    parts = urlsplit(request.url)
    fields = [(name.lower(), value.strip()) for name, value in request.headers.items()]
    return RequestHead(method=method, raw_path=parts.path, query=parts.query, headers=fields)


def altered(head: RequestHead, **changes) -> RequestHead:
    fields = {name: getattr(head, name) for name in ("method", "raw_path", "query", "headers")}
    return RequestHead(**fields | changes)


def with_header(head: RequestHead, name: str, value: str) -> RequestHead:
    others = [field for field in head.headers if field[0] != name]
    return altered(head, headers=[*others, (name, value)])


def accepted(head: RequestHead, *, credentials=OURS, later=timedelta()):
    return authenticate(head, credentials, now=datetime.now(UTC) + later)


def refusal(head: RequestHead, **options) -> str:
    with pytest.raises(S3Fault) as refused:
        accepted(head, **options)
    return refused.value.code


@every_signer
@given(methods, paths, queries(), values)
def test_what_botocore_signs_is_accepted(signer, method, path, query, value):
    accepted(signed(signer, method, path, query, {"x-amz-meta-page": value, "Content-Type": "a/b"}.items()))


@every_signer
@pytest.mark.parametrize("value", ["a  b", " a ", "a, b", "AbC", ""])
def test_headers_are_signed_as_they_are_trimmed(signer, value):
    if signer.startswith("old"):
        value = " ".join(value.split())
    accepted(signed(signer, headers={"X-Amz-Meta-Page": value}.items()))


@every_signer
@given(st.data())
def test_another_path_method_or_query_is_refused(signer, data):
    head = signed(signer, "GET", "/bucket/key", "uploadId=1")
    changed = data.draw(
        st.sampled_from(
            [
                altered(head, method="DELETE"),
                altered(head, raw_path="/bucket/ke%79s"),
                altered(head, raw_path="/other/key"),
                altered(head, raw_path="/bucket/./key"),
                altered(head, query=head.query.replace("uploadId=1", "uploadId=2")),
                altered(head, query=f"{head.query}&acl"),
                altered(head, query=head.query.replace("uploadId=1", "uploads")),
            ]
        )
    )
    assert refusal(changed) == "SignatureDoesNotMatch"


@every_signer
def test_another_value_of_a_signed_header_is_refused(signer):
    head = signed(signer, headers={"x-amz-meta-page": "1"}.items())
    assert refusal(with_header(head, "x-amz-meta-page", "2")) == "SignatureDoesNotMatch"


@every_signer
def test_a_header_of_s3_that_is_not_signed_is_refused(signer):
    head = signed(signer)
    code = refusal(with_header(head, "x-amz-acl", "public-read"))
    assert code == ("SignatureDoesNotMatch" if signer.startswith("old") else "AccessDenied")


@every_signer
@pytest.mark.parametrize(
    ("credentials", "code"),
    [
        (
            ServerCredentials(account_id="1", access_key="AKIAOURS", secret_key="other"),
            "SignatureDoesNotMatch",
        ),
        (
            ServerCredentials(account_id="1", access_key="AKIAOTHER", secret_key="our secret"),
            "InvalidAccessKeyId",
        ),
    ],
)
def test_another_key_is_refused(signer, credentials, code):
    assert refusal(signed(signer), credentials=credentials) == code


@every_signer
def test_a_session_token_is_refused_by_name(signer):
    head = with_header(signed(signer), "x-amz-security-token", "token")
    assert refusal(head) == "InvalidAccessKeyId"


@every_signer
@pytest.mark.parametrize("minutes", [-20, 20])
def test_what_was_signed_too_long_ago_or_will_be_is_refused(signer, minutes):
    head = signed(signer)
    if signer == "old link" and minutes < 0:
        accepted(head, later=timedelta(minutes=minutes))  # it says when it ends, not when it begins
        return
    expected = "AccessDenied" if "link" in signer else "RequestTimeTooSkewed"
    assert refusal(head, later=timedelta(minutes=minutes)) == expected


@pytest.mark.parametrize("expires", ["0", "604801", "-1", "1e3", "", "9" * 5000])
def test_a_link_holds_from_a_second_to_seven_days(expires):
    head = signed("link")
    changed = altered(head, query=head.query.replace("X-Amz-Expires=600", f"X-Amz-Expires={expires}"))
    assert refusal(changed) == "AuthorizationQueryParametersError"


@pytest.mark.parametrize("signer", ["link", "old link"])
def test_the_time_of_a_link_is_signed(signer):
    head = signed(signer)
    name = "X-Amz-Expires=6" if signer == "link" else "Expires=1"
    assert name in head.query
    assert refusal(altered(head, query=head.query.replace(name, name[:-1] + "2"))) == "SignatureDoesNotMatch"


@pytest.mark.parametrize("signer", ["old header", "old link"])
@pytest.mark.parametrize("parameter", ["retention", "legal-hold", "encryption", "attributes", "unheard-of"])
def test_what_an_old_signature_does_not_cover_is_refused_by_name(signer, parameter):
    head = signed(signer)
    changed = altered(head, query=f"{head.query}&{parameter}".removeprefix("&"))
    with pytest.raises(S3Fault, match=rf"does not cover {parameter}.*s3v4"):
        accepted(changed)


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("AWS4-ECDSA-P256-SHA256 Credential=AKIAOURS/20260101/s3/aws4_request", "InvalidRequest"),
        ("Bearer token", "InvalidRequest"),
        ("Basic YTpi", "InvalidRequest"),
        ("", "InvalidRequest"),
        ("AWS4-HMAC-SHA256 nonsense", "AuthorizationHeaderMalformed"),
        ("AWS4-HMAC-SHA256 Credential=a/b/c", "AuthorizationHeaderMalformed"),
        ("AWS AKIAOURS", "AuthorizationHeaderMalformed"),
        ("AWS :x", "AuthorizationHeaderMalformed"),
        ("AWS AKIAOURS:é", "AccessDenied"),
    ],
)
def test_what_is_no_signature_is_refused_by_name(authorization, code):
    head = RequestHead(method="GET", raw_path="/", query="", headers=[("authorization", authorization)])
    assert refusal(head) == code


def test_what_is_not_signed_is_refused_with_the_remedy():
    head = RequestHead(method="GET", raw_path="/bucket/key", query="", headers=[("host", HOST)])
    with pytest.raises(S3Fault, match="`burnish env` prints") as refused:
        accepted(head)
    assert (refused.value.status, refused.value.code) == (403, "AccessDenied")


@pytest.mark.parametrize("other", SIGNERS)
@every_signer
def test_one_signature_is_enough(signer, other):
    first, second = signed(signer), signed(other)
    both = altered(
        first,
        query="&".join(filter(None, (first.query, second.query))),
        headers=[*first.headers, *(field for field in second.headers if field[0] == "authorization")],
    )
    assert refusal(both) in ("InvalidRequest", "InvalidArgument", "AuthorizationQueryParametersError")


@pytest.mark.parametrize("name", ["host", "x-amz-date", "x-amz-content-sha256"])
def test_a_header_that_decides_is_sent_once(name):
    head = signed("header")
    assert refusal(altered(head, headers=[*head.headers, (name, "other")])) == "InvalidRequest"


@pytest.mark.parametrize(
    "part", ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders"]
)
def test_a_link_without_a_part_of_its_signature_is_refused(part):
    head = signed("link")
    pairs = [pair for pair in head.query.split("&") if not pair.startswith(f"{part}=")]
    assert refusal(altered(head, query="&".join(pairs))) == "AuthorizationQueryParametersError"


@given(st.text(max_size=30), st.sampled_from(["X-Amz-Date", "X-Amz-Credential", "X-Amz-Content-Sha256"]))
def test_nothing_in_a_link_makes_more_than_a_refusal(text, name):
    head = signed("link")
    pairs = [pair for pair in head.query.split("&") if not pair.startswith(f"{name}=")]
    assert refusal(altered(head, query="&".join([*pairs, f"{name}={quote(text)}"])))


@given(st.text(st.characters(max_codepoint=0xFF), max_size=40), st.sampled_from(["date", "x-amz-date"]))
def test_no_date_makes_more_than_a_refusal(text, name):
    for signer in ("header", "old header"):
        head = signed(signer)
        others = [field for field in head.headers if field[0] not in ("date", "x-amz-date")]
        assert refusal(altered(head, headers=[*others, (name, text)]))


@pytest.mark.parametrize("signer", ["old header", "old link"])
def test_a_bucket_in_the_host_is_part_of_what_an_old_signature_covers(signer):
    head = signed(signer, path="/bucket/key")
    by_host = with_header(altered(head, raw_path="/key"), "host", "bucket.localhost:8000")
    accepted(by_host)
    assert refusal(with_header(by_host, "host", "other.localhost:8000")) == "SignatureDoesNotMatch"
