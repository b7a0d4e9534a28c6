"""What AWS does about objects: S3."""

from __future__ import annotations

from time import sleep

import urllib3

from burnish.conformance.check import CheckGroup
from burnish.conformance.expectations import Unmet, expect, expect_equal, refused
from burnish.conformance.shared import bucket, put
from burnish.conformance.subject import Subject

s3 = CheckGroup("s3")
#: The smallest that a part may be, unless it is the last.
_PART = 5 * 1024 * 1024


@s3.check("CreateBucket", "a new bucket is listed")
def _listed_bucket(subject: Subject) -> None:
    name = bucket(subject)
    names = {one["Name"] for one in subject.clients.s3.list_buckets()["Buckets"]}
    expect(name in names, "the bucket is not listed")


@s3.check("HeadBucket", "an unknown bucket is 404")
def _unknown_bucket(subject: Subject) -> None:
    with refused("404"):
        subject.clients.s3.head_bucket(Bucket=subject.name("nosuch"))


@s3.check("DeleteBucket", "a bucket with objects is BucketNotEmpty")
def _full_bucket(subject: Subject) -> None:
    put(subject, "kept.txt", b"kept")
    with refused("BucketNotEmpty"):
        subject.clients.s3.delete_bucket(Bucket=bucket(subject))


@s3.check("PutObject", "bytes, metadata and content type come back as they were sent")
def _round_trip(subject: Subject) -> None:
    client, body = subject.clients.s3, bytes(range(256))
    client.put_object(
        Bucket=bucket(subject), Key="a b/ü.bin", Body=body, ContentType="image/png", Metadata={"of": "page"}
    )
    found = client.get_object(Bucket=bucket(subject), Key="a b/ü.bin")
    expect_equal(found["Body"].read(), body, of="the body")
    expect_equal(found["ContentType"], "image/png", of="the content type")
    expect_equal(found["Metadata"], {"of": "page"}, of="the metadata")


@s3.check("PutObject", "IfNoneMatch: * on a key that exists is PreconditionFailed")
def _only_if_new(subject: Subject) -> None:
    put(subject, "once.txt", b"first")
    with refused("PreconditionFailed"):
        subject.clients.s3.put_object(Bucket=bucket(subject), Key="once.txt", Body=b"2", IfNoneMatch="*")


@s3.check("PutObject", "a body that does not have the checksum it claims is refused")
def _wrong_checksum(subject: Subject) -> None:
    with refused("BadDigest", "InvalidRequest", "XAmzContentChecksumMismatch"):
        subject.clients.s3.put_object(
            Bucket=bucket(subject), Key="sum.txt", Body=b"x", ChecksumSHA256="A" * 43 + "="
        )


@s3.check("PutObject", "a wrong secret is SignatureDoesNotMatch")
def _wrong_secret(subject: Subject) -> None:
    with refused("SignatureDoesNotMatch"):
        subject.with_wrong_secret().s3.put_object(Bucket=bucket(subject), Key="no.txt", Body=b"")


@s3.check("GetObject", "an unknown key is NoSuchKey")
def _unknown_key(subject: Subject) -> None:
    with refused("NoSuchKey"):
        subject.clients.s3.get_object(Bucket=bucket(subject), Key="nosuch")


@s3.check("GetObject", "a range is that part of the object")
def _range(subject: Subject) -> None:
    put(subject, "digits.txt", b"0123456789")
    found = subject.clients.s3.get_object(Bucket=bucket(subject), Key="digits.txt", Range="bytes=2-4")
    expect_equal(found["Body"].read(), b"234", of="the part")
    expect_equal(found["ContentRange"], "bytes 2-4/10", of="Content-Range")


@s3.check("GetObject", "a presigned URL needs no other signature")
def _presigned(subject: Subject) -> None:
    status, body = _get(_presigned_url(subject, seconds=60))
    expect_equal((status, body), (200, b"presigned"), of="the answer")


@s3.check("GetObject", "a presigned URL for another key is refused with 403")
def _changed_url(subject: Subject) -> None:
    url = _presigned_url(subject, seconds=60)
    put(subject, "secret.txt", b"secret")
    status, body = _get(url.replace("presigned.txt", "secret.txt"))
    expect_equal(status, 403, of="the status")
    expect(b"SignatureDoesNotMatch" in body, f"the answer is {body[:200]!r}")


@s3.check("GetObject", "a presigned URL that has expired is refused with 403")
def _expired_url(subject: Subject) -> None:
    url = _presigned_url(subject, seconds=1)
    sleep(2.1)
    expect_equal(_get(url)[0], 403, of="the status")


def _presigned_url(subject: Subject, *, seconds: int) -> str:
    put(subject, "presigned.txt", b"presigned")
    where = {"Bucket": bucket(subject), "Key": "presigned.txt"}
    return str(subject.clients.s3.generate_presigned_url("get_object", Params=where, ExpiresIn=seconds))


def _get(url: str) -> tuple[int, bytes]:
    """The status and the body of a plain GET."""
    try:
        answer = urllib3.request("GET", url, retries=False, timeout=30)
    except urllib3.exceptions.HTTPError as error:
        raise Unmet(f"no answer: {error}") from error
    return answer.status, answer.data


@s3.check("ListObjectsV2", "pages of one key lead to every key, in order")
def _pages_of_keys(subject: Subject) -> None:
    keys = [f"pages/{number}" for number in range(3)]
    for key in keys:
        put(subject, key, b"")
    pages = subject.clients.s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket(subject), Prefix="pages/", PaginationConfig={"PageSize": 1}
    )
    found = [one["Key"] for page in pages for one in page.get("Contents", ())]
    expect_equal(found, keys, of="the keys")


@s3.check("ListObjectsV2", "a delimiter groups keys into common prefixes")
def _folders(subject: Subject) -> None:
    put(subject, "tree/leaf", b"")
    put(subject, "tree/branch/leaf", b"")
    found = subject.clients.s3.list_objects_v2(Bucket=bucket(subject), Prefix="tree/", Delimiter="/")
    expect_equal([one["Key"] for one in found["Contents"]], ["tree/leaf"], of="the keys")
    expect_equal(found["CommonPrefixes"], [{"Prefix": "tree/branch/"}], of="the common prefixes")


@s3.check("CompleteMultipartUpload", "the parts are put together in order")
def _parts(subject: Subject) -> None:
    client, where = subject.clients.s3, {"Bucket": bucket(subject), "Key": "parts.bin"}
    upload = client.create_multipart_upload(**where)["UploadId"]
    bodies = [b"a" * _PART, b"b"]
    parts = [
        {"PartNumber": number, "ETag": _part(subject, where, upload, number, body)}
        for number, body in enumerate(bodies, 1)
    ]
    done = client.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": parts})
    expect(done["ETag"].strip('"').endswith("-2"), f"the ETag is {done['ETag']}, which does not end in -2")
    expect_equal(client.get_object(**where)["Body"].read(), b"".join(bodies), of="the object")


@s3.check("CompleteMultipartUpload", "a part that was never uploaded is InvalidPart")
def _missing_part(subject: Subject) -> None:
    client, where = subject.clients.s3, {"Bucket": bucket(subject), "Key": "missing.bin"}
    upload = client.create_multipart_upload(**where)["UploadId"]
    _part(subject, where, upload, 1, b"a")
    wrong = [{"PartNumber": 7, "ETag": '"' + "0" * 32 + '"'}]
    try:
        with refused("InvalidPart"):
            client.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": wrong})
    finally:
        client.abort_multipart_upload(**where, UploadId=upload)


@s3.check("AbortMultipartUpload", "an upload that was aborted is NoSuchUpload")
def _aborted(subject: Subject) -> None:
    client, where = subject.clients.s3, {"Bucket": bucket(subject), "Key": "aborted.bin"}
    upload = client.create_multipart_upload(**where)["UploadId"]
    client.abort_multipart_upload(**where, UploadId=upload)
    with refused("NoSuchUpload"):
        _part(subject, where, upload, 1, b"a")


def _part(subject: Subject, where: dict[str, str], upload: str, number: int, body: bytes) -> str:
    """The ETag of a part that is uploaded."""
    client = subject.clients.s3
    return str(client.upload_part(**where, UploadId=upload, PartNumber=number, Body=body)["ETag"])


@s3.check("CopyObject", "a copy has the bytes of its source")
def _copy(subject: Subject) -> None:
    put(subject, "source.txt", b"copied")
    client, name = subject.clients.s3, bucket(subject)
    client.copy_object(Bucket=name, Key="copy.txt", CopySource={"Bucket": name, "Key": "source.txt"})
    expect_equal(client.get_object(Bucket=name, Key="copy.txt")["Body"].read(), b"copied", of="the copy")


@s3.check("DeleteObject", "deleting a key that is not there succeeds")
def _deleted_twice(subject: Subject) -> None:
    subject.clients.s3.delete_object(Bucket=bucket(subject), Key="never-there")
