"""S3's public access block of a bucket, which SeaweedFS does not know and Terraform and others set.

It changes nothing: this server answers no request without a signature, whatever a bucket's policy says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Final

import httpcore2
import msgspec

from burnish.server.databases import Database
from burnish.server.s3.addressing import bucket_of_host, has_key
from burnish.server.s3.faults import S3Fault
from burnish.server.s3.role_storage import RoleStorage
from burnish.server.wire.heads import RequestHead

MEMBERS: Final = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
_PARAMETER = "publicAccessBlock"
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
#: What a bucket has from its creation, on AWS since April 2023.
_AT_FIRST = dict.fromkeys(MEMBERS, True)
_ELEMENT = re.compile(rb"<(\w+)>\s*(true|false)\s*</\1>", re.IGNORECASE)


def is_about_public_access(head: RequestHead) -> bool:
    """Whether a request reads, sets or deletes a bucket's public access block."""
    return _PARAMETER in head.parameters and not has_key(head) and head.method in ("GET", "PUT", "DELETE")


def is_bucket_deletion(head: RequestHead) -> bool:
    """Whether a request deletes a bucket."""
    others = {name for name in head.parameters if not name.lower().startswith("x-")}
    return head.method == "DELETE" and not has_key(head) and not others


class PublicAccessBlocks:
    """The public access blocks of buckets, kept in a database."""

    def __init__(self, database: Database, storage: RoleStorage) -> None:
        self._database = database
        self._storage = storage

    def answer(self, head: RequestHead, body: bytes) -> httpcore2.Response:
        """The answer to a request about a bucket's block. Raises `S3Fault`."""
        bucket = _bucket_of(head)
        if not self._storage.exists(f"s3://{bucket}"):
            raise S3Fault(404, "NoSuchBucket", f"The bucket {bucket!r} does not exist")
        if head.method == "GET":
            return _response(200, _document(self._block_of(bucket)))
        self._set(bucket, _members_in(body) if head.method == "PUT" else {})
        return _response(200 if head.method == "PUT" else 204, b"")

    def forget(self, head: RequestHead) -> None:
        """Forget the block of a bucket that was deleted: another of its name has none of it."""
        with self._database.change():
            self._database.execute("delete from public_access_blocks where bucket = ?", _bucket_of(head))

    def _block_of(self, bucket: str) -> Mapping[str, bool]:
        row = self._database.row("select block from public_access_blocks where bucket = ?", bucket)
        block = msgspec.json.decode(row["block"], type=dict[str, bool]) if row else _AT_FIRST
        if not block:
            raise S3Fault(
                404,
                "NoSuchPublicAccessBlockConfiguration",
                "The public access block configuration was not found",
            )
        return block

    def _set(self, bucket: str, block: Mapping[str, bool]) -> None:
        with self._database.change():
            self._database.execute(
                "insert or replace into public_access_blocks values (?, ?)",
                bucket,
                msgspec.json.encode(block).decode(),
            )


def _bucket_of(head: RequestHead) -> str:
    return bucket_of_host(head) or head.path.strip("/").partition("/")[0]


def _members_in(body: bytes) -> dict[str, bool]:
    said = {name.decode(): value.lower() == b"true" for name, value in _ELEMENT.findall(body)}
    if b"<PublicAccessBlockConfiguration" not in body or not said.keys() <= set(MEMBERS):
        raise S3Fault(400, "MalformedXML", "The body must be a PublicAccessBlockConfiguration")
    return dict.fromkeys(MEMBERS, False) | said


def _document(block: Mapping[str, bool]) -> bytes:
    members = "".join(
        f"<{escape(name)}>{str(value).lower()}</{escape(name)}>" for name, value in block.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<PublicAccessBlockConfiguration xmlns="{_NAMESPACE}">{members}</PublicAccessBlockConfiguration>'
    ).encode()


def _response(status: int, body: bytes) -> httpcore2.Response:
    headers = [(b"content-type", b"application/xml"), (b"content-length", str(len(body)).encode())]
    return httpcore2.Response(status, headers=headers if body else headers[1:], content=body)
