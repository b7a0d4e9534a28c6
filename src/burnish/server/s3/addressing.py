"""What a request to S3 is about: which bucket, whether an object, and whether its content."""

from __future__ import annotations

from burnish.server.wire.heads import RequestHead

#: Buckets can also be named before this one in the Host header, as `start_object_store` tells the S3 server.
DOMAIN = "localhost"

#: What the query of a request for an object's content may have, beside a signature.
_OF_CONTENT = {"partnumber", "uploadid", "versionid", "x-id"}
_OF_SIGNATURES = {"awsaccesskeyid", "signature", "expires", "content-type", "content-md5"}
_OF_ANSWERS = "response-"


def bucket_of_host(head: RequestHead) -> str | None:
    """The bucket that the Host header names, if it names one."""
    host = head.header("host").partition(":")[0]
    bucket, dot, domain = host.rpartition(".")
    return bucket if dot and domain.lower() == DOMAIN else None


def has_key(head: RequestHead) -> bool:
    """Whether an object is meant, and not a bucket or all of them."""
    path = head.raw_path.removeprefix("/")
    return bool(path if bucket_of_host(head) else path.partition("/")[2])


def is_of_content(head: RequestHead) -> bool:
    """Whether it writes or reads an object's content or a part of it, rather than facts about it."""
    names = {name.lower() for name, _ in head.pairs}
    others = {name for name in names if not name.startswith(("x-amz-", _OF_ANSWERS))}
    is_kind = head.method in ("GET", "PUT") and has_key(head)
    return is_kind and others <= _OF_CONTENT | _OF_SIGNATURES
