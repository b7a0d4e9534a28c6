"""Forms are verified by the fields before their file, and read as the S3 server reads them or not at all."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from botocore.auth import HmacV1PostAuth, S3SigV4PostAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Key
from hypothesis import given
from hypothesis import strategies as st
from s3_requests import form_of

from burnish.server.credentials import ServerCredentials
from burnish.server.s3.faults import S3Fault
from burnish.server.s3.forms import MAX_FIELDS_LENGTH, FormFile, boundary_of, check_form, read_form
from burnish.server.wire.auth import Refused
from burnish.server.wire.heads import RequestHead

OURS = ServerCredentials(account_id="123456789012", access_key="AKIAOURS", secret_key="our secret")
SIGNERS = {"v4": lambda key: S3SigV4PostAuth(key, "s3", "us-east-1"), "v2": HmacV1PostAuth}
#: Never the delimiter of the tests' forms, which is a line of its own.
files = st.binary(max_size=200).filter(lambda file: b"\r\n--x" not in file)


def read(*pieces: bytes):
    async def come():
        for piece in pieces:
            yield piece

    return asyncio.run(read_form(come(), b"x"))


def signed_fields(signer: str, *, minutes: int = 5, secret_key: str = OURS.secret_key, access_key=None):
    until = datetime.now(UTC) + timedelta(minutes=minutes)
    policy = {"expiration": until.strftime("%Y-%m-%dT%H:%M:%SZ"), "conditions": []}
    request = AWSRequest("POST", "http://127.0.0.1/bucket")
    request.context.update({"s3-presign-post-fields": {"key": "k"}, "s3-presign-post-policy": policy})
    SIGNERS[signer](Key(access_key or OURS.access_key, secret_key)).add_auth(request)
    return request.context["s3-presign-post-fields"]


def check(fields) -> None:
    check_form(read(form_of(fields, b"file")), OURS, now=datetime.now(UTC))


@given(files, st.lists(st.integers(0, 600)))
def test_a_form_is_read_up_to_its_file_however_it_is_cut(file, cuts):
    sent = form_of({"key": "a\r\nb", "Policy": ""}, file)
    edges = sorted({0, len(sent), *(cut for cut in cuts if cut < len(sent))})
    form = read(*(sent[start:end] for start, end in pairwise(edges)))
    assert form.fields == {"key": "a\r\nb", "policy": ""}
    assert sent.startswith(form.beginning + form.rest)


@given(files, st.integers(0, 300))
def test_the_file_passes_byte_for_byte_however_it_is_cut(file, cut):
    sent = b"\r\n" + file + b"\r\n--x--\r\n"
    body = FormFile(b"x")
    assert body.take(sent[:cut]) + body.take(sent[cut:]) + body.finish() == sent


@pytest.mark.parametrize("signer", SIGNERS)
def test_what_botocore_signs_is_accepted(signer):
    check(signed_fields(signer))


@pytest.mark.parametrize("signer", SIGNERS)
def test_what_nobody_signed_with_our_key_is_refused(signer):
    with pytest.raises(Refused, match="not signed with the key of this server"):
        check(signed_fields(signer, secret_key="other"))
    with pytest.raises(Refused, match="does not know the access key"):
        check(signed_fields(signer, access_key="AKIAOTHER"))
    fields = signed_fields(signer)
    with pytest.raises(Refused, match="not signed with the key of this server"):
        check({**fields, "policy": signed_fields(signer, minutes=9)["policy"]})
    with pytest.raises(S3Fault, match="has no policy"):
        check({"key": "k"})


@pytest.mark.parametrize("signer", SIGNERS)
def test_a_policy_expires(signer):
    with pytest.raises(S3Fault, match="Policy expired"):
        check(signed_fields(signer, minutes=-1))


FIELD = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'


@pytest.mark.parametrize(
    "sent",
    [
        FIELD % (b"key", b"a") + form_of({"KEY": "b"}, b""),
        form_of({"key": "a"}, b"").replace(b"\r\n", b"\n"),
        b"before\r\n" + form_of({"key": "a"}, b""),
        b'--x \r\nContent-Disposition: form-data; name="key"\r\n\r\na\r\n' + form_of({}, b""),
        FIELD.replace(b"\r\n\r\n", b'\r\nContent-Disposition: form-data; name="b"\r\n\r\n') % (b"a", b"")
        + form_of({}, b""),
        FIELD.replace(b'"\r\n', b'"; filename="f"\r\n') % (b"key", b"a") + form_of({}, b""),
        FIELD % (b"key", b"a") + b"--x--\r\n",
        b"--x\r\n\r\n\r\n" + form_of({}, b""),
        b"",
        b"--",
        FIELD % (b"key", b"a"),
    ],
)
def test_a_form_that_could_be_read_in_two_ways_is_refused(sent):
    with pytest.raises(S3Fault) as refused:
        read(sent)
    assert refused.value.code == "MalformedPOSTRequest"


def test_fields_before_a_signature_are_bounded():
    with pytest.raises(S3Fault) as refused:
        read(*[FIELD % (b"%d" % number, b"." * 1000) for number in range(2 * MAX_FIELDS_LENGTH // 1000)])
    assert refused.value.code == "MaxPostPreDataLengthExceeded"


@pytest.mark.parametrize(
    "sent",
    [
        b"\r\n" + FIELD % (b"key", b"b") + b"--x--\r\n",
        b"\r\nfile\r\n" + FIELD % (b"KEY", b"b") + b"--x--\r\n",
        b"\r\nfile\r\n--x--\r\n" + FIELD % (b"key", b"b"),
        b"\r\nfile\r\n--x",
        b"\r\nfile",
        b"",
    ],
)
def test_nothing_but_the_file_comes_after_the_fields(sent):
    body = FormFile(b"x")
    with pytest.raises(S3Fault, match="last field"):
        body.finish() if (body.take(sent[:9]), body.take(sent[9:])) else None


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=a; boundary=b",
        "multipart/form-data; boundary*0=a; boundary*1=b",
        'multipart/form-data; boundary="a',
        "multipart/form-data; boundary=" + "a" * 71,
        "multipart/form-data; charset=utf-8; boundary=a",
    ],
)
def test_the_boundary_is_said_plainly(kind):
    head = RequestHead(method="POST", raw_path="/bucket", query="", headers=[("content-type", kind)])
    with pytest.raises(S3Fault, match="boundary="):
        boundary_of(head)


@pytest.mark.parametrize(
    ("name", "keys"),
    [("a.png", ["u/a.png"]), ("../b", ["u/../b", "u/b"]), ("c/..", ["u/..", "u/c/.."]), ("", ["u/"])],
)
def test_the_name_of_the_file_is_filled_in_each_way_that_it_may_be(name, keys):
    sent = form_of({"key": "u/${filename}"}, b"").replace(b'filename="f"', f'filename="{name}"'.encode())
    assert read(sent).keys == keys
