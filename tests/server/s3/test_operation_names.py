import pytest

from burnish.server.s3.operation_names import operation_of
from burnish.server.wire.heads import RequestHead

COPIED = [("x-amz-copy-source", "/other/key")]
SIGNED = "X-Amz-Signature=0&X-Amz-Expires=60&x-id=GetObject"


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "operation"),
    [
        ("GET", "/", "", [], "ListBuckets"),
        ("GET", "/bucket", "list-type=2&prefix=a", [], "ListObjectsV2"),
        ("GET", "/bucket/", "", [], "ListObjects"),
        ("GET", "/bucket/a/b", SIGNED, [], "GetObject"),
        ("HEAD", "/bucket/key", "", [], "HeadObject"),
        ("PUT", "/bucket/key", "", COPIED, "CopyObject"),
        ("PUT", "/bucket/key", "partNumber=1&uploadId=u", [], "UploadPart"),
        ("PUT", "/bucket/key", "partNumber=1&uploadId=u", COPIED, "UploadPartCopy"),
        ("POST", "/bucket/key", "uploads", [], "CreateMultipartUpload"),
        ("POST", "/bucket", "delete", [], "DeleteObjects"),
        ("POST", "/bucket", "", [], "PostObject"),
        ("GET", "/key", "", [("host", "bucket.localhost:8800")], "GetObject"),
        ("GET", "/bucket", "lifecycle", [], "GetBucketLifecycleConfiguration"),
        ("BREW", "/bucket", "", [], "unknown"),
    ],
)
def test_a_request_is_named_as_s3_names_it(method, path, query, headers, operation):
    head = RequestHead(method=method, raw_path=path, query=query, headers=headers)
    assert operation_of(head) == operation
