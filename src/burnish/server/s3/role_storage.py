"""Objects in S3 as a job sees them: through its role, which must allow each read and each write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from burnish.errors import AccessDenied, InvalidInput, NotFound, ServiceUnavailable
from burnish.policies.evaluation import Grants, allows
from burnish.server.credentials import ServerCredentials

#: What the server itself may do with objects. Whether a caller may is decided before.
ALL_OF_S3 = Grants(
    identity=(
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}',
    )
)
CONNECT_SECONDS = 5.0
#: How long not a byte may come.
READ_SECONDS = 30.0
CHUNK = 1 << 20
#: What our own door says, and the S3 server behind it never does, where a policy of a session is in the way.
_NOT_ALLOWED = "is not authorized to perform"
#: What is answered to the key of a session that is over.
_ENDED_KEYS = ("ExpiredToken", "InvalidAccessKeyId", "InvalidToken")


class KeyRefused(ServiceUnavailable):
    """The S3 server does not know the key, or not any more."""


def bucket_and_key(uri: str) -> tuple[str, str]:
    """The bucket and the key of an S3 URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


@dataclass(frozen=True)
class RoleStorage:
    """The S3 server at ``endpoint``, seen through the permissions of one role."""

    endpoint: str
    credentials: ServerCredentials
    grants: Grants

    def may(self, action: str, uri: str) -> bool:
        """Whether the role allows an action, such as ``s3:GetObject``, on an object or on a bucket."""
        bucket, key = bucket_and_key(uri)
        resource = f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
        context = {"aws:ResourceAccount": self.credentials.account_id}
        return allows(self.grants, action=action, resource=resource, context=context)

    def exists(self, uri: str) -> bool:
        """Whether there is an object, or, for a URI without a key, a bucket. Raises `ServiceUnavailable`."""
        bucket, key = bucket_and_key(uri)
        try:
            with _faults_named(uri):
                if key:
                    self._client.head_object(Bucket=bucket, Key=key)
                else:
                    self._client.head_bucket(Bucket=bucket)
        except NotFound:
            return False
        return True

    def read(self, uri: str, *, most_bytes: int | None = None) -> bytes:
        """The bytes of an object. Raises `AccessDenied`, `NotFound` or `ServiceUnavailable`, naming it.

        One of more than ``most_bytes`` is not fetched: `InvalidInput`.
        """
        if not self.may("s3:GetObject", uri):
            raise AccessDenied(f"The role may not read {uri}: allow s3:GetObject on it")
        bucket, key = bucket_and_key(uri)
        with _faults_named(uri):
            found = self._client.get_object(Bucket=bucket, Key=key)
            size = found["ContentLength"]
            with found["Body"] as body:
                if most_bytes is not None and size > most_bytes:
                    raise InvalidInput(
                        f"{uri} has {size} bytes; at most {most_bytes} are allowed: make it smaller"
                    )
                return bytes(body.read())

    def fetch(self, uri: str, path: Path) -> None:
        """Copy an object to a file. Raises `AccessDenied`, `NotFound` or `ServiceUnavailable`, naming it."""
        chunks = self.chunks(uri)
        with path.open("wb") as file:
            file.writelines(chunks)

    def chunks(self, uri: str) -> Iterator[bytes]:
        """The bytes of an object, piece by piece.

        Raises `AccessDenied`, `NotFound` or `ServiceUnavailable`, naming it, before the first piece; the last
        of these also on the way.
        """
        if not self.may("s3:GetObject", uri):
            raise AccessDenied(f"The role may not read {uri}: allow s3:GetObject on it")
        bucket, key = bucket_and_key(uri)
        with _faults_named(uri):
            found = self._client.get_object(Bucket=bucket, Key=key)
        return _chunks_of(found["Body"], uri)

    def size(self, uri: str) -> int:
        """The size of an object. Raises `AccessDenied`, `NotFound` or `ServiceUnavailable`, naming it."""
        if not self.may("s3:GetObject", uri):
            raise AccessDenied(f"The role may not read {uri}: allow s3:GetObject on it")
        bucket, key = bucket_and_key(uri)
        with _faults_named(uri):
            return int(self._client.head_object(Bucket=bucket, Key=key)["ContentLength"])

    def sizes(self, folder: str, *, most: int) -> dict[str, int]:
        """The sizes of the objects under a folder, ``most`` at most, by their paths in it.

        Raises `AccessDenied`, `NotFound` or `ServiceUnavailable`, naming it.
        """
        bucket, key = bucket_and_key(folder)
        if not self.may("s3:ListBucket", f"s3://{bucket}"):
            raise AccessDenied(f"The role may not list s3://{bucket}: allow s3:ListBucket on it")
        prefix = f"{key.rstrip('/')}/" if key else ""
        with _faults_named(folder):
            found = self._client.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=most)
        return {one["Key"].removeprefix(prefix): int(one["Size"]) for one in found.get("Contents", ())}

    def write(self, uri: str, body: bytes | IO[bytes]) -> None:
        """Put an object, also one that is read from a file.

        Raises `AccessDenied`, `NotFound` or `ServiceUnavailable`, naming it.
        """
        if not self.may("s3:PutObject", uri):
            raise AccessDenied(f"The role may not write {uri}: allow s3:PutObject on it")
        bucket, key = bucket_and_key(uri)
        with _faults_named(uri):
            self._client.put_object(Bucket=bucket, Key=key, Body=body)

    def names(self, folder: str) -> list[str]:
        """The paths of all objects under a folder. Raises what `sizes` does."""
        bucket, key = bucket_and_key(folder)
        if not self.may("s3:ListBucket", f"s3://{bucket}"):
            raise AccessDenied(f"The role may not list s3://{bucket}: allow s3:ListBucket on it")
        prefix = f"{key.rstrip('/')}/"
        with _faults_named(folder):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            return [one["Key"].removeprefix(prefix) for page in pages for one in page.get("Contents", ())]

    def delete(self, uri: str) -> None:
        """Delete an object, if it is there. Raises `AccessDenied` or `ServiceUnavailable`, naming it."""
        if not self.may("s3:DeleteObject", uri):
            raise AccessDenied(f"The role may not delete {uri}: allow s3:DeleteObject on it")
        bucket, key = bucket_and_key(uri)
        with _faults_named(uri):
            self._client.delete_object(Bucket=bucket, Key=key)

    def make_bucket(self, uri: str) -> None:
        """Make a bucket. Raises `AccessDenied` or `ServiceUnavailable`, naming it."""
        if not self.may("s3:CreateBucket", uri):
            raise AccessDenied(f"The role may not make {uri}: allow s3:CreateBucket on it")
        with _faults_named(uri):
            self._client.create_bucket(Bucket=bucket_and_key(uri)[0])

    def policy(self, bucket: str) -> str | None:
        """The policy of a bucket; None where it has none. Raises `NotFound` or `ServiceUnavailable`."""
        if not self.exists(f"s3://{bucket}"):
            raise NotFound(f"There is no bucket {bucket}")
        try:
            with _faults_named(f"s3://{bucket}"):
                return str(self._client.get_bucket_policy(Bucket=bucket)["Policy"])
        except NotFound:
            return None

    def set_policy(self, bucket: str, document: str) -> None:
        """Give a bucket another policy. Raises `NotFound` or `ServiceUnavailable`."""
        with _faults_named(f"s3://{bucket}"):
            self._client.put_bucket_policy(Bucket=bucket, Policy=document)

    @cached_property
    def _client(self) -> Any:
        import botocore.session
        from botocore.config import Config

        return botocore.session.Session().create_client(
            "s3",
            region_name="us-east-1",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.credentials.access_key,
            aws_secret_access_key=self.credentials.secret_key,
            aws_session_token=self.credentials.session_token,
            config=Config(
                # The usual style puts the bucket's name before the host, and 127.0.0.1 has no subdomains.
                s3={"addressing_style": "path"},
                proxies={},  # the S3 server is on this machine, whatever proxy leads out of it
                # Few, because jobs wait for the S3 server in `Attempt.patiently`, which tells why.
                retries={"total_max_attempts": 2, "mode": "standard"},
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
            ),
        )


def _chunks_of(body: Any, uri: str) -> Iterator[bytes]:
    with body:
        while True:
            with _faults_named(uri):
                chunk = body.read(CHUNK)
            if not chunk:
                return
            yield chunk


@contextmanager
def _faults_named(uri: str) -> Iterator[None]:
    """What the S3 server says or does not say about an object, as our own errors.

    That it is not there, or not for this role, is an answer about the object. All else is the server's
    trouble, also that it refuses its own key: it has just started, and has not read its keys yet.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            raise NotFound(f"There is no object or bucket {uri}") from error
        if _NOT_ALLOWED in str(error):
            raise AccessDenied(f"The role may not reach {uri}: {error}") from error
        if error.response["Error"]["Code"] in _ENDED_KEYS:
            raise KeyRefused(f"The S3 server failed at {uri}: {error}") from error
        raise ServiceUnavailable(f"The S3 server failed at {uri}: {error}") from error
    except (BotoCoreError, OSError) as error:
        raise ServiceUnavailable(f"The S3 server did not answer for {uri}: {error}") from error
