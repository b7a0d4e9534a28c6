"""S3 through the server's one port, with the real client and the real S3 server."""

import socket
import threading
from urllib.parse import urlsplit
from uuid import uuid4

import httpcore2
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError
from s3_requests import Caller
from starlette.testclient import TestClient

from burnish.server.app import create_app
from burnish.server.credentials import load_or_create_credentials
from burnish.server.s3.gateway import ObjectsGateway

AWKWARD_KEYS = [
    "plain.txt",
    "with space/and+plus.txt",
    "ünï/日本語/☃.png",
    "per%cent/%41 and %2F",
    "a=b&c;d,e'f(g)!*~.txt",
    "...dots/.hidden",
    "custom-models",
]


@pytest.fixture
def bucket(served):
    name = f"bucket-{uuid4().hex[:12]}"
    served.client("s3").create_bucket(Bucket=name)
    return name


@pytest.mark.parametrize("key", AWKWARD_KEYS)
def test_an_object_comes_back_under_its_key(served, bucket, key):
    s3 = served.client("s3")
    s3.put_object(
        Bucket=bucket, Key=key, Body=key.encode(), ContentType="text/x-test", Metadata={"page": "1"}
    )
    answer = s3.get_object(Bucket=bucket, Key=key)
    assert answer["Body"].read() == key.encode()
    assert answer["ContentType"] == "text/x-test"
    assert answer["Metadata"] == {"page": "1"}


def test_an_object_does_not_keep_that_it_was_sent_in_chunks(served, bucket):
    s3 = served.client("s3")
    for key, encoding in {"alone": "aws-chunked", "beside": "aws-chunked,gzip"}.items():
        s3.put_object(Bucket=bucket, Key=key, Body=b"page", ContentEncoding=encoding)
    assert "ContentEncoding" not in s3.head_object(Bucket=bucket, Key="alone")
    assert s3.head_object(Bucket=bucket, Key="beside")["ContentEncoding"] == "gzip"


#: Each would be kept where the object ``a/b`` lies, or where another does.
KEPT_AS_OTHERS = ["a//b", "/a/b", "a\\b", "a/./b", "a/c/../b", "a/b//", "//"]


@pytest.fixture
def other(served, bucket):
    """The object that must not be touched."""
    served.client("s3").put_object(Bucket=bucket, Key="a/b", Body=b"another's")
    yield
    assert served.client("s3").get_object(Bucket=bucket, Key="a/b")["Body"].read() == b"another's"


@pytest.mark.usefixtures("other")
@pytest.mark.parametrize("key", KEPT_AS_OTHERS)
def test_a_key_that_would_be_kept_as_another_is_refused_by_name(served, bucket, key):
    s3 = served.client("s3")
    for ask in (
        lambda: s3.put_object(Bucket=bucket, Key=key, Body=b"mine"),
        lambda: s3.get_object(Bucket=bucket, Key=key),
        lambda: s3.delete_object(Bucket=bucket, Key=key),
        lambda: s3.create_multipart_upload(Bucket=bucket, Key=key),
        lambda: s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "x"}, {"Key": key}]}),
        lambda: s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": key}),
    ):
        with pytest.raises(ClientError, match="another key's object lies") as raised:
            ask()
        assert raised.value.response["Error"]["Code"] == "InvalidArgument"


def test_content_that_a_folder_would_lose_is_refused_and_an_empty_folder_is_not(served, bucket):
    s3 = served.client("s3")
    s3.put_object(Bucket=bucket, Key="folder/", Body=b"")
    with pytest.raises(ClientError, match="as a folder without content"):
        s3.put_object(Bucket=bucket, Key="folder/", Body=b"mine")


def test_objects_are_deleted_by_a_list_whatever_letters_their_keys_have(served, bucket):
    s3 = served.client("s3")
    keys = ["a&b <c>.txt", "ünï.png", "plain"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b".")
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys]})
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_keys_are_listed_by_prefix_and_in_pages(served, bucket):
    s3 = served.client("s3")
    keys = [f"set a/{number}.png" for number in range(7)]
    for key in [*keys, "set b/0.png"]:
        s3.put_object(Bucket=bucket, Key=key, Body=b".")
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix="set a/", PaginationConfig={"PageSize": 3}
    )
    assert [item["Key"] for page in pages for item in page["Contents"]] == keys


def test_a_large_file_goes_up_in_parts_and_comes_down_whole(served, bucket, tmp_path):
    source, target = tmp_path / "up.bin", tmp_path / "down.bin"
    source.write_bytes(bytes(range(256)) * (12 * 4096))
    s3 = served.client("s3")
    classic = TransferConfig(
        multipart_threshold=5 * 2**20, multipart_chunksize=5 * 2**20, preferred_transfer_client="classic"
    )
    s3.upload_file(str(source), bucket, "big file", Config=classic)
    s3.download_file(bucket, "big file", str(target), Config=classic)
    assert s3.head_object(Bucket=bucket, Key="big file")["ContentLength"] == 12 * 2**20
    assert target.read_bytes() == source.read_bytes()


def test_a_range_is_a_part(served, bucket):
    s3 = served.client("s3")
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    answer = s3.get_object(Bucket=bucket, Key="k", Range="bytes=2-4")
    assert (answer["Body"].read(), answer["ContentRange"]) == (b"234", "bytes 2-4/10")


def test_an_empty_object_is_an_object(served, bucket):
    s3 = served.client("s3")
    s3.put_object(Bucket=bucket, Key="empty", Body=b"")
    assert s3.get_object(Bucket=bucket, Key="empty")["Body"].read() == b""


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_url_needs_no_other_signature(served, bucket, version):
    s3 = served.client("s3", signature_version=version)
    s3.put_object(Bucket=bucket, Key="a b+c", Body=b"hello")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b+c"})
    assert httpcore2.request("GET", url).content == b"hello"
    assert httpcore2.request("GET", url.replace("Signature=", "Signature=0")).status == 403


def test_a_bucket_may_be_called_like_a_path_of_bedrock(served):
    served.client("s3").create_bucket(Bucket="custom-models")
    served.client("s3").put_object(Bucket="custom-models", Key="k", Body=b"x")
    for version in ("s3", "s3v4"):
        s3 = served.client("s3", signature_version=version)
        url = s3.generate_presigned_url("get_object", Params={"Bucket": "custom-models", "Key": "k"})
        assert httpcore2.request("GET", url).content == b"x"


def test_a_form_with_a_signed_policy_uploads(served, bucket):
    post = served.client("s3").generate_presigned_post(bucket, "by-form.txt")
    fields = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in post["fields"].items()
    )
    body = (
        f'{fields}--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nhello\r\n--x--\r\n'
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    assert httpcore2.request("POST", post["url"], headers=headers, content=body.encode()).status == 204
    assert served.client("s3").get_object(Bucket=bucket, Key="by-form.txt")["Body"].read() == b"hello"


@pytest.mark.parametrize("operation", ["get_object", "put_object", "list_objects_v2"])
def test_another_secret_key_opens_nothing(served, bucket, operation):
    s3 = served.client("s3", secret_key="not the key")
    given = {"Bucket": bucket} if operation == "list_objects_v2" else {"Bucket": bucket, "Key": "k"}
    with pytest.raises(ClientError) as refused:
        getattr(s3, operation)(**given)
    assert refused.value.response["Error"]["Code"] == "SignatureDoesNotMatch"


def test_an_unsigned_request_opens_nothing(served, bucket):
    refused = httpcore2.request("GET", f"{served.url}/{bucket}")
    assert refused.status == 403
    assert b"<Code>AccessDenied</Code>" in refused.content


def test_errors_of_s3_arrive_as_themselves(served, bucket):
    s3 = served.client("s3")
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket=bucket, Key="absent")
    with pytest.raises(s3.exceptions.NoSuchBucket):
        s3.put_object(Bucket="no-such-bucket-at-all", Key="k", Body=b"x")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    with pytest.raises(ClientError, match="BucketNotEmpty"):
        s3.delete_bucket(Bucket=bucket)


def test_a_bucket_can_also_be_named_by_the_host(served, bucket):
    served.client("s3").put_object(Bucket=bucket, Key="a b", Body=b"hello")
    s3 = served.client("s3", s3={"addressing_style": "virtual"}, host="localhost", signature_version="s3v4")
    url = urlsplit(s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b"}))
    assert url.netloc.startswith(bucket)
    answer = httpcore2.request("GET", f"{served.url}{url.path}?{url.query}", headers={"Host": url.netloc})
    assert answer.content == b"hello"


def test_s3_that_does_not_answer_is_a_503_in_xml(tmp_path):
    credentials = load_or_create_credentials(tmp_path)
    headers, _ = Caller("http://testserver", credentials).head("GET", "/bucket/key")
    app = create_app(
        handlers={}, credentials=credentials, objects=ObjectsGateway("http://127.0.0.1:1", credentials)
    )
    with TestClient(app) as client:
        answer = client.get("/bucket/key", headers=headers)
    assert answer.status_code == 503
    assert "<Code>ServiceUnavailable</Code>" in answer.text


@pytest.fixture
def breaking_off():
    """The URL of an S3 server that ends in the middle of its answer."""

    def answer():
        connection, _ = listening.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


def test_a_short_answer_that_breaks_off_is_never_half_passed_on(tmp_path, breaking_off):
    credentials = load_or_create_credentials(tmp_path)
    headers, _ = Caller("http://testserver", credentials).head("GET", "/bucket/key")
    answer = TestClient(ObjectsGateway(breaking_off, credentials)).get("/bucket/key", headers=headers)
    assert answer.status_code == 503
    assert "<Code>ServiceUnavailable</Code>" in answer.text


@pytest.fixture
def too_large(tmp_path):
    """The answer to an upload that would fill the disk."""
    credentials = load_or_create_credentials(tmp_path)
    headers, _ = Caller("http://testserver", credentials).head("PUT", "/bucket/key")
    client = TestClient(ObjectsGateway("http://127.0.0.1:1", credentials, tmp_path))
    return client.put("/bucket/key", headers={**headers, "content-length": str(2**60)})


def test_an_upload_that_would_fill_the_disk_is_refused(too_large):
    assert too_large.status_code == 507
    assert "<Code>InsufficientStorage</Code>" in too_large.text


def test_a_refused_upload_ends_its_connection_whose_body_nobody_has_read(too_large):
    # Kept open, the connection would take the client's next request for the body that it still waits for.
    assert too_large.headers["connection"] == "close"
