"""What strangers, and those on the way between client and server, try at the S3 door. Nothing comes of it."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from http2_client import RawHttp2, address_in
from s3_requests import (
    CHUNKED,
    CHUNKED_WITH_TRAILER,
    EMPTY,
    UNSIGNED_CHUNKED,
    Caller,
    answer_on,
    chunk,
    code_in,
    form_of,
    policy_of,
    sha256,
)
from starlette.testclient import TestClient

from burnish.server.app import create_app
from burnish.server.door.deadlines import Deadlines
from burnish.server.s3.gateway import ObjectsGateway

OLD = b"the object as it was"


@pytest.fixture(scope="module")
def bucket(served):
    name = f"attacked-{uuid4().hex[:12]}"
    served.client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def caller(served) -> Caller:
    return Caller(served.url, served.credentials)


@pytest.fixture
def impatient(serving, object_store):
    """The URL of a server that waits for no body longer than a moment."""
    store, credentials, _ = object_store
    app = create_app(
        handlers={}, credentials=credentials, objects=ObjectsGateway(store.endpoint, credentials)
    )
    with serving(app, deadlines=Deadlines(checked_every=0.05, window=0.3)) as url:
        yield url


@pytest.fixture
def untouched(served, bucket):
    """The path of an object, of which an attack leaves the content alone."""
    s3 = served.client("s3")
    s3.put_object(Bucket=bucket, Key="old", Body=OLD)
    yield f"/{bucket}/old"
    assert s3.get_object(Bucket=bucket, Key="old")["Body"].read() == OLD
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["old"]


@pytest.fixture
def upload(served, bucket):
    """An upload in parts: where its first part goes. It is never completed."""
    s3 = served.client("s3")
    place = {"Bucket": bucket, "Key": "in parts"}
    upload_id = s3.create_multipart_upload(**place)["UploadId"]
    yield f"/{bucket}/in%20parts", f"partNumber=1&uploadId={upload_id}"
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(**place)
    s3.abort_multipart_upload(**place, UploadId=upload_id)


def has_parts(served, bucket, upload) -> bool:
    upload_id = upload[1].rpartition("=")[2]
    return "Parts" in served.client("s3").list_parts(Bucket=bucket, Key="in parts", UploadId=upload_id)


@pytest.mark.attack(
    "S3",
    "an object's body was changed after it was signed",
    "400 XAmzContentSHA256Mismatch; no object appears",
)
@pytest.mark.parametrize("size", [1, 3, 70_000, 9_000_000])
def test_a_changed_body_makes_no_object(caller, bucket, untouched, size):
    signed, sent = b"a" * size, b"a" * (size - 1) + b"b"
    for path in (untouched, f"/{bucket}/new"):
        assert caller.put(path, signed, sent) == (400, "XAmzContentSHA256Mismatch")


@pytest.mark.attack("S3", "a part's body was changed after it was signed", "400; the upload has no such part")
def test_a_changed_body_makes_no_part(served, caller, bucket, upload):
    path, query = upload
    assert caller.put(path, b"signed", b"s3nt!!", query) == (400, "XAmzContentSHA256Mismatch")
    assert not has_parts(served, bucket, upload)


@pytest.mark.attack(
    "S3",
    "a list of objects to delete was changed after it was signed, with more bytes after its end",
    "400; nothing is deleted",
)
def test_a_changed_list_deletes_nothing(caller, bucket, untouched):
    listed = b"<Delete><Object><Key>%s</Key></Object></Delete>"
    sent = listed % b"old" + b" " * 200_000
    headers, _ = caller.head("POST", f"/{bucket}", "delete=", payload=sha256(listed % b"other"))
    refused = caller.send("POST", f"/{bucket}", "delete=", headers, sent)
    assert refused == (400, "XAmzContentSHA256Mismatch")


@pytest.mark.attack(
    "S3",
    "an order to put parts together was changed, with more bytes after its end",
    "400; no object appears",
)
def test_a_changed_order_completes_no_upload(caller, upload):
    path, query = upload
    order = b'<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"%s"</ETag></Part>%s'
    assert caller.put(path, b"part", query=query) == (200, "")
    sent = order % (hashlib.md5(b"part").hexdigest().encode(), b"</CompleteMultipartUpload>")  # noqa: S324
    asked = query.partition("&")[2]
    headers, _ = caller.head("POST", path, asked, payload=sha256(b"other"))
    refused = caller.send("POST", path, asked, headers, sent + b" " * 200_000)
    assert refused == (400, "XAmzContentSHA256Mismatch")


CHUNKS = (b"a" * 70_000, b"b" * 100)


def chunked(caller, path, kind, *, query="", **how):
    """Send an upload in chunks, of which something was changed."""
    headers, body = chunked_request(caller, path, kind, query=query, **how)
    return caller.send("PUT", path, query, headers, body)


def chunked_request(
    caller, path, kind, *, change=lambda chunks: chunks, trailer=b"", length=70_100, query=""
):
    """The headers and the body of an upload in chunks."""
    announced = {"x-amz-trailer": trailer.partition(b":")[0].decode()} if trailer else {}
    announced["content-encoding"] = "aws-chunked"
    headers, signature = caller.head(
        "PUT", path, query, payload=kind, x_amz_decoded_content_length=str(length), **announced
    )
    is_signed = kind != UNSIGNED_CHUNKED
    chunks = [chunk(data, signature.of_chunk(data) if is_signed else None) for data in (*CHUNKS, b"")]
    lines = [trailer] if trailer else []
    if trailer and is_signed:
        lines.append(b"x-amz-trailer-signature:" + signature.of_trailer(trailer + b"\n").encode())
    chunks += [line + b"\r\n" for line in lines]
    return headers, b"".join([*change(chunks), b"\r\n"])


def changed(chunks: list[bytes]) -> list[bytes]:
    return [chunks[0], chunks[1].replace(b"bb\r\n", b"bc\r\n"), *chunks[2:]]


def swapped(chunks: list[bytes]) -> list[bytes]:
    return [chunks[1], chunks[0], *chunks[2:]]


def cut(chunks: list[bytes]) -> list[bytes]:
    return [chunks[0], *chunks[2:]]


def unfinished(chunks: list[bytes]) -> list[bytes]:
    return chunks[:2]


def continued(chunks: list[bytes]) -> list[bytes]:
    return [*chunks, b"\r\nmore"]


def with_other_trailer(chunks: list[bytes]) -> list[bytes]:
    return [line.replace(b"crc32:AAAA", b"crc32:BBBB") for line in chunks]


def with_unsigned_trailer(chunks: list[bytes]) -> list[bytes]:
    return chunks[:-1]


CHECKSUM = b"x-amz-checksum-crc32:AAAAAA=="
MISMATCH, INCOMPLETE = (403, "SignatureDoesNotMatch"), (400, "IncompleteBody")


def chunk_attack(tried: str, *values):
    code = "{} {}".format(*values[-1])
    mark = pytest.mark.attack("S3", f"an upload in signed chunks: {tried}", f"{code}; no object appears")
    return pytest.param(*values, marks=mark, id=tried)


@pytest.mark.parametrize(
    ("kind", "change", "trailer", "refused"),
    [
        chunk_attack("a chunk's data was changed", CHUNKED, changed, b"", MISMATCH),
        chunk_attack("two chunks change places", CHUNKED, swapped, b"", MISMATCH),
        chunk_attack("a chunk is left out", CHUNKED, cut, b"", INCOMPLETE),
        chunk_attack("the last chunk is left out", CHUNKED, unfinished, b"", INCOMPLETE),
        chunk_attack("something follows the last chunk", CHUNKED, continued, b"", INCOMPLETE),
        chunk_attack("a trailer was changed", CHUNKED_WITH_TRAILER, with_other_trailer, CHECKSUM, MISMATCH),
        chunk_attack(
            "the trailer has no signature", CHUNKED_WITH_TRAILER, with_unsigned_trailer, CHECKSUM, MISMATCH
        ),
    ],
)
def test_chunks_that_were_tampered_with_make_no_object(
    caller, bucket, untouched, kind, change, trailer, refused
):
    for path in (untouched, f"/{bucket}/new"):
        assert chunked(caller, path, kind, change=change, trailer=trailer) == refused


def test_chunks_that_were_tampered_with_make_no_part(served, caller, bucket, upload):
    path, query = upload
    assert chunked(caller, path, CHUNKED, change=changed, query=query) == MISMATCH
    assert not has_parts(served, bucket, upload)


@pytest.mark.attack(
    "S3", "an upload's checksum, in a header or a trailer, is another's", "400; no object appears"
)
@pytest.mark.parametrize(
    ("name", "size"), [("crc32", 4), ("crc32c", 4), ("crc64nvme", 8), ("sha1", 20), ("sha256", 32)]
)
def test_a_wrong_checksum_makes_no_object(caller, untouched, name, size):
    value = base64.b64encode(b"\1" * size).decode()
    assert caller.put(untouched, b"new", **{f"x-amz-checksum-{name}": value}) == (400, "BadDigest")
    trailer = f"x-amz-checksum-{name}:{value}".encode()
    assert chunked(caller, untouched, UNSIGNED_CHUNKED, trailer=trailer)[0] == 400


def test_a_wrong_md5_makes_no_object(caller, untouched):
    assert caller.put(untouched, b"new", content_md5=base64.b64encode(b"\1" * 16).decode())[0] == 400


def test_chunks_are_as_long_as_the_head_says(caller, untouched):
    for length in (5, 70_099, 70_101):
        assert chunked(caller, untouched, CHUNKED, length=length) == INCOMPLETE


@pytest.fixture
def user(served, caller):
    """A user who may do everything in S3, as a caller."""
    iam, name = served.client("iam"), f"uploads-{uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.put_user_policy(UserName=name, PolicyName="s3", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    signed = {"access_key": key["AccessKeyId"], "secret_key": key["SecretAccessKey"]}
    return replace(caller, credentials=replace(caller.credentials, **signed))


@pytest.mark.parametrize("sender", ["caller", "user"])
@pytest.mark.parametrize("kind", [CHUNKED, CHUNKED_WITH_TRAILER, UNSIGNED_CHUNKED])
def test_chunks_that_nobody_changed_make_an_object(request, served, bucket, kind, sender):
    caller = request.getfixturevalue(sender)
    content = b"".join(CHUNKS)
    crc32 = base64.b64encode(zlib.crc32(content).to_bytes(4, "big"))
    trailer = b"" if kind == CHUNKED else b"x-amz-checksum-crc32:" + crc32
    assert chunked(caller, f"/{bucket}/in%20chunks", kind, trailer=trailer) == (200, "")
    place = {"Bucket": bucket, "Key": "in chunks"}
    assert served.client("s3").get_object(**place)["Body"].read() == content
    served.client("s3").delete_object(**place)


@pytest.mark.parametrize("change", [changed, swapped, cut, continued])
def test_chunks_of_a_user_that_somebody_changed_make_none(user, untouched, change):
    assert chunked(user, untouched, CHUNKED, change=change) in (MISMATCH, INCOMPLETE)


def test_a_checksum_that_a_user_has_signed_is_verified(user, untouched):
    assert chunked(user, untouched, CHUNKED_WITH_TRAILER, trailer=CHECKSUM)[0] == 400


def begun_over_http2(client, method, path, headers):
    """Begin a request that is signed; its stream."""
    fields = [(name, value) for name, value in headers.items() if name != "host"]
    return client.ask(method, path, fields, is_whole=method == "GET")


@pytest.mark.attack(
    "S3",
    "HTTP/2: a chunk's data was changed, chunks change places, one is left out, something follows the last",
    "403 or 400 as over HTTP/1.1; no object appears",
)
@pytest.mark.parametrize("change", [changed, swapped, cut, continued])
def test_chunks_that_were_tampered_with_make_no_object_over_http2(caller, bucket, untouched, change):
    with RawHttp2(address_in(caller.url)) as client:
        for path in (untouched, f"/{bucket}/new"):
            headers, body = chunked_request(caller, path, CHUNKED, change=change)
            stream = begun_over_http2(client, "PUT", path, headers)
            client.send_body(stream, body)
            answer = client.answer(stream)
            assert (answer.status, code_in(answer.body)) in (("403", MISMATCH[1]), ("400", INCOMPLETE[1]))


def test_chunks_that_nobody_changed_make_an_object_over_http2(served, caller, bucket):
    headers, body = chunked_request(caller, f"/{bucket}/over2", CHUNKED)
    with RawHttp2(address_in(caller.url)) as client:
        stream = begun_over_http2(client, "PUT", f"/{bucket}/over2", headers)
        client.send_body(stream, body)
        assert client.answer(stream).status == "200"
    place = {"Bucket": bucket, "Key": "over2"}
    assert served.client("s3").get_object(**place)["Body"].read() == b"".join(CHUNKS)
    served.client("s3").delete_object(**place)


@pytest.mark.attack(
    "S3",
    "HTTP/2: an upload in chunks that stops between two of them",
    "408 once less than 1 KiB a second came in 30 s; no object appears",
)
def test_chunks_that_stop_make_no_object_over_http2(caller, impatient, untouched):
    here = replace(caller, url=impatient)
    headers, body = chunked_request(here, untouched, CHUNKED)
    with RawHttp2(address_in(impatient)) as client:
        stream = begun_over_http2(client, "PUT", untouched, {**headers, "content-length": str(len(body))})
        client.send_body(stream, body[:-1], ends=False)
        assert client.answer(stream).status == "408"


@pytest.fixture
def large(served, bucket):
    """The path of an object that is larger than what a client makes room for."""
    s3 = served.client("s3")
    s3.put_object(Bucket=bucket, Key="large", Body=bytes(3_000_000))
    yield f"/{bucket}/large"
    s3.delete_object(Bucket=bucket, Key="large")


@pytest.mark.attack(
    "S3",
    "HTTP/2: a client that asks for a large object and makes no room for it",
    "that request ends once less than 1 KiB a second was read in 30 s",
)
def test_an_object_that_is_not_taken_is_given_up_over_http2(caller, impatient, large):
    here = replace(caller, url=impatient)
    with RawHttp2(address_in(impatient), is_reader=False) as client:
        stream = begun_over_http2(client, "GET", large, here.head("GET", large)[0])
        client.read_until(lambda: client.answers[stream].reset is not None)
        assert not client.answers[stream].is_whole


@pytest.mark.attack(
    "S3",
    "HTTP/2: a hundred large objects at once for which no room is made",
    "they wait, and others are answered meanwhile",
)
def test_objects_that_are_not_taken_keep_nobody_waiting(served, caller, bucket, large):
    with RawHttp2(address_in(caller.url), is_reader=False) as client:
        for _ in range(100):
            begun_over_http2(client, "GET", large, caller.head("GET", large)[0])
        client.read_until(lambda: sum(map(len, (one.body for one in client.answers.values()))) >= 65_535)
        found = served.client("s3").get_object(Bucket=bucket, Key="large")
        assert len(found["Body"].read()) == 3_000_000


@pytest.mark.attack("S3", "the client is cut off in the middle of an upload", "no object appears")
def test_an_upload_that_breaks_off_makes_no_object(caller, untouched):
    headers, _ = caller.head("PUT", untouched, payload=sha256(b"n" * 200_000))
    with caller.opened("PUT", untouched, "", {**headers, "content-length": "200000"}) as connection:
        connection.sendall(b"n" * 199_999)


@pytest.mark.attack(
    "S3",
    "a signed upload that stops or trickles",
    "408 once less than 1 KiB a second came in 30 s; no object appears",
)
@pytest.mark.parametrize("sent", [1, 900_000])
def test_an_upload_that_stands_still_makes_no_object(caller, impatient, untouched, sent):
    headers, _ = replace(caller, url=impatient).head("PUT", untouched, payload=sha256(b"n" * 1_000_000))
    head = {**headers, "content-length": "1000000"}
    with replace(caller, url=impatient).opened("PUT", untouched, "", head) as connection:
        connection.sendall(b"n" * sent)
        assert answer_on(connection) == (408, "")


def head_attack(tried: str, code: str, method: str, change):
    mark = pytest.mark.attack("S3", tried, code)
    return pytest.param(method, change, code, marks=mark, id=tried)


def with_other_header(headers):
    return {**headers, "x-amz-meta-a": "other"}


def with_unsigned_header(headers):
    return {**headers, "x-amz-acl": "public-read"}


def with_other_hash(headers):
    return {**headers, "x-amz-content-sha256": sha256(b"other")}


def without_signature(headers):
    return {name: value for name, value in headers.items() if name != "authorization"}


def with_other_algorithm(headers):
    return {**headers, "authorization": headers["authorization"].replace("HMAC", "ECDSA-P256")}


@pytest.mark.parametrize(
    ("method", "change", "code"),
    [
        head_attack("a signed header was changed", "SignatureDoesNotMatch", "PUT", with_other_header),
        head_attack("a header was added that is not signed", "AccessDenied", "PUT", with_unsigned_header),
        head_attack(
            "the hash of the body was changed with it", "SignatureDoesNotMatch", "PUT", with_other_hash
        ),
        head_attack("a request without a signature", "AccessDenied", "DELETE", without_signature),
        head_attack(
            "a preflight from a page (OPTIONS)", "AccessDeniedException", "OPTIONS", without_signature
        ),
        head_attack("another algorithm's signature", "InvalidRequest", "GET", with_other_algorithm),
    ],
)
def test_a_head_that_was_tampered_with_is_refused(caller, untouched, method, change, code):
    headers, _ = caller.head(method, untouched, x_amz_meta_a="mine")
    assert caller.send(method, untouched, "", change(headers))[1] == code


@pytest.mark.attack("S3", "a signed request is sent again with another query", "403 SignatureDoesNotMatch")
def test_a_query_that_was_tampered_with_is_refused(caller, bucket, untouched):
    headers, _ = caller.head("GET", f"/{bucket}", "list-type=2&prefix=a")
    for query in ("list-type=2&prefix=b", "list-type=2", "list-type=2&prefix=a&delimiter=%2F"):
        assert caller.send("GET", f"/{bucket}", query, headers) == MISMATCH
    headers, _ = caller.head("DELETE", untouched, "uploadId=none")
    assert caller.send("DELETE", untouched, "", headers) == MISMATCH


@pytest.mark.attack("S3", "a signed request is sent again 16 minutes later", "403 RequestTimeTooSkewed")
def test_an_old_request_is_refused(caller, untouched):
    headers, _ = replace(caller, age=timedelta(minutes=16)).head("DELETE", untouched)
    assert caller.send("DELETE", untouched, "", headers) == (403, "RequestTimeTooSkewed")


@pytest.mark.attack("S3", "a key that this server does not know, or a wrong secret", "403")
def test_another_key_opens_nothing(caller, served, untouched):
    stranger = replace(served.credentials, access_key="AKIASTRANGER")
    guesser = replace(served.credentials, secret_key="a guess")
    for credentials, code in ((stranger, "InvalidAccessKeyId"), (guesser, "SignatureDoesNotMatch")):
        other = replace(caller, credentials=credentials)
        assert other.put(untouched, b"new") == (403, code)


def link_to(served, path, version, operation="get_object", **options) -> str:
    """What a link asks for, and its signature."""
    _, bucket, key = path.split("/", 2)
    s3 = served.client("s3", signature_version=version)
    url = s3.generate_presigned_url(operation, Params={"Bucket": bucket, "Key": key}, **options)
    return urlsplit(url).query


@pytest.mark.attack("S3", "a link is used after its time", "403 AccessDenied: Request has expired")
@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_an_expired_link_opens_nothing(served, caller, untouched, version, monkeypatch):
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: an_hour_ago)
    query = link_to(served, untouched, version, ExpiresIn=-1 if version == "s3" else 3599)
    host = {"host": urlsplit(caller.url).netloc}
    assert caller.send("GET", untouched, query, host) == (403, "AccessDenied")


@pytest.mark.attack("S3", "a link is used for another key, method or operation", "403")
@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_link_opens_one_thing(served, caller, bucket, untouched, version):
    host = {"host": urlsplit(caller.url).netloc}
    query = link_to(served, untouched, version)
    assert caller.send("GET", untouched, query, host) == (200, "")
    assert caller.send("GET", f"/{bucket}/another", query, host) == MISMATCH
    assert caller.send("PUT", untouched, query, host, b"new") == MISMATCH
    assert caller.send("DELETE", untouched, query, host) == MISMATCH
    written = link_to(served, untouched, version, "put_object")
    for added in ("tagging", "acl", "retention", "uploadId=1&partNumber=1"):
        assert caller.send("PUT", untouched, f"{written}&{added}", host, b"<x/>")[0] == 403


def form(served, caller, bucket, fields, file=b"file", *, body=None):
    headers = {"host": urlsplit(caller.url).netloc, "content-type": "multipart/form-data; boundary=x"}
    return caller.send("POST", f"/{bucket}", "", headers, body or form_of(fields, file))


@pytest.mark.attack(
    "S3", "a form is used for another key than its policy allows", "403 or 400; no object appears"
)
def test_a_form_uploads_what_its_policy_allows(served, caller, bucket, untouched):
    policy = policy_of(served.credentials, {"bucket": bucket}, {"key": "allowed"})
    assert form(served, caller, bucket, {"key": "old", **policy})[0] in (307, 400, 403)
    sent = form_of({"key": "allowed", **policy}, b"file")
    second = b'--x\r\nContent-Disposition: form-data; name="Key"\r\n\r\nold\r\n--x--\r\n'
    twice = sent.replace(b"--x--\r\n", second)
    assert form(served, caller, bucket, {}, body=twice) == (400, "MalformedPOSTRequest")


@pytest.mark.attack(
    "S3", "a form whose policy has no signature, another's, or is over", "403; no object appears"
)
def test_a_form_needs_a_policy_that_holds(served, caller, bucket, untouched):
    ours, theirs = served.credentials, replace(served.credentials, secret_key="a guess")
    policy = policy_of(ours, {"bucket": bucket}, {"key": "old"})
    for fields, code in (
        ({}, "AccessDenied"),
        ({**policy, "x-amz-signature": "0" * 64}, "SignatureDoesNotMatch"),
        (policy_of(theirs, {"bucket": bucket}, {"key": "old"}), "SignatureDoesNotMatch"),
        (policy_of(ours, {"bucket": bucket}, {"key": "old"}, minutes=-1), "AccessDenied"),
    ):
        assert form(served, caller, bucket, {"key": "old", **fields}) == (403, code)


@pytest.mark.attack(
    "S3", "a form's key climbs out of the folder that its policy allows", "400; no object appears"
)
@pytest.mark.parametrize("key", ["mine/../old", "mine/${filename}", "mine//old", "mine/..\\old"])
def test_a_form_cannot_climb(served, caller, bucket, untouched, key):
    policy = policy_of(served.credentials, {"bucket": bucket}, ["starts-with", "$key", "mine/"])
    body = form_of({"key": key, **policy}, b"file").replace(b'filename="f"', b'filename="../old"')
    assert form(served, caller, bucket, {}, body=body) == (400, "InvalidArgument")


@pytest.mark.attack(
    "S3",
    "110 uploads without a signature, each as slow as can be",
    "403 at once; others are answered meanwhile",
)
def test_slow_uploads_without_a_signature_hold_nothing(caller, untouched):
    slow = {"host": urlsplit(caller.url).netloc, "content-length": "30000000"}
    with ExitStack() as opened:
        connections = [opened.enter_context(caller.opened("PUT", untouched, "", slow)) for _ in range(110)]
        headers, _ = caller.head("GET", untouched)
        assert caller.send("GET", untouched, "", headers) == (200, "")
        assert {answer_on(connection) for connection in connections} == {(403, "AccessDenied")}


@pytest.mark.attack(
    "S3", "300 signed uploads that trickle", "lists, reads and other uploads are answered meanwhile"
)
def test_slow_uploads_leave_the_others_alone(served, caller, bucket, untouched):
    headers, _ = caller.head("PUT", untouched, payload="UNSIGNED-PAYLOAD")
    with ExitStack() as opened:
        for number in range(300):
            size = b"." * (300_000 if number < 150 else 1)  # some hold a connection to the S3 server
            head = {**headers, "content-length": "30000000"}
            opened.enter_context(caller.opened("PUT", untouched, "", head)).sendall(size)
        s3 = served.client("s3")
        assert s3.get_object(Bucket=bucket, Key="old")["Body"].read() == OLD
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
        assert caller.put(untouched, OLD) == (200, "")


@pytest.mark.attack(
    "S3", "an upload without a signature asks to go on (Expect: 100-continue)", "403 in its place"
)
def test_a_refused_upload_is_not_asked_for_its_body(caller, untouched):
    headers = {"host": urlsplit(caller.url).netloc, "content-length": "30000000", "expect": "100-continue"}
    with caller.opened("PUT", untouched, "", headers) as connection:
        assert connection.recv(12) == b"HTTP/1.1 403"


@pytest.mark.attack(
    "S3", "a bucket with the name of a path that the S3 server answers itself", "400 InvalidBucketName"
)
@pytest.mark.parametrize("name", ["healthz", "readyz", "status"])
def test_a_bucket_that_could_not_be_listed_is_not_made(served, name):
    s3 = served.client("s3")
    with pytest.raises(ClientError, match="choose another name") as refused:
        s3.create_bucket(Bucket=name)
    assert refused.value.response["Error"]["Code"] == "InvalidBucketName"
    with pytest.raises(s3.exceptions.NoSuchBucket):
        s3.list_objects_v2(Bucket=name)


@pytest.mark.parametrize("name", ["healthz", "readyz", "status"])
def test_an_object_with_such_a_name_is_read_by_a_path_and_never_as_nothing(served, caller, bucket, name):
    s3 = served.client("s3")
    s3.put_object(Bucket=bucket, Key=name, Body=b"x")
    assert s3.get_object(Bucket=bucket, Key=name)["Body"].read() == b"x"
    s3.delete_object(Bucket=bucket, Key=name)
    by_host = {"host": f"{bucket}.localhost"}
    headers, _ = caller.head("GET", f"/{name}", **by_host)
    assert caller.send("GET", f"/{name}", "", headers) == (400, "InvalidArgument")


@pytest.mark.parametrize(
    "name", ["metrics", "buckets", "tables", "namespaces", "iceberg", "catalog", "debug"]
)
def test_buckets_with_other_words_of_the_s3_server_are_buckets(served, name):
    s3 = served.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"x")
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=name)["Contents"]] == ["k"]
    s3.delete_object(Bucket=name, Key="k")
    s3.delete_bucket(Bucket=name)


def test_what_is_not_allowed_is_refused_while_the_s3_server_is_away(served):
    client = TestClient(ObjectsGateway("http://127.0.0.1:1", served.credentials))
    caller = Caller("http://testserver", replace(served.credentials, secret_key="a guess"))
    assert client.get("/bucket/key").status_code == 403
    assert (
        "SignatureDoesNotMatch"
        in client.get("/bucket/key", headers=caller.head("GET", "/bucket/key")[0]).text
    )
    caller = replace(caller, credentials=served.credentials)
    headers, _ = caller.head("PUT", "/bucket/key", payload=EMPTY)
    assert "XAmzContentSHA256Mismatch" in client.put("/bucket/key", headers=headers, content=b"a").text
    assert client.get("/bucket/key", headers=caller.head("GET", "/bucket/key")[0]).status_code == 503
