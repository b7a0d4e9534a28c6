"""Objects in S3 as a job sees them: through its role, which must allow each read and each write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from burnish.errors import AccessDenied, InvalidInput, NotFound, ServiceUnavailable
from burnish.policies import allows
from burnish.server.credentials import ServerCredentials

CONNECT_SECONDS = 5.0
#: How long not a byte may come.
READ_SECONDS = 30.0


def bucket_and_key(uri: str) -> tuple[str, str]:
    """The bucket and the key of an S3 URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


@dataclass(frozen=True)
class RoleStorage:
    """The S3 server at ``endpoint``, seen through the permissions of one role."""

    endpoint: str
    credentials: ServerCredentials
    policies: Sequence[str]

    def may(self, action: str, uri: str) -> bool:
        """Whether the role allows an action, such as ``s3:GetObject``, on an object or on a bucket."""
        bucket, key = bucket_and_key(uri)
        resource = f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
        context = {"aws:ResourceAccount": self.credentials.account_id}
        return allows(self.policies, action=action, resource=resource, context=context)

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

    def write(self, uri: str, body: bytes) -> None:
        """Put an object. Raises `AccessDenied`, `NotFound` or `ServiceUnavailable`, naming it."""
        if not self.may("s3:PutObject", uri):
            raise AccessDenied(f"The role may not write {uri}: allow s3:PutObject on it")
        bucket, key = bucket_and_key(uri)
        with _faults_named(uri):
            self._client.put_object(Bucket=bucket, Key=key, Body=body)

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


@contextmanager
def _faults_named(uri: str) -> Iterator[None]:
    """What the S3 server says or does not say about an object, as our own errors.

    Only that it is not there is an answer about the object. All else is the server's trouble, also that it
    refuses its own key: it has just started, and has not read its keys yet.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            raise NotFound(f"There is no object or bucket {uri}") from error
        raise ServiceUnavailable(f"The S3 server failed at {uri}: {error}") from error
    except (BotoCoreError, OSError) as error:
        raise ServiceUnavailable(f"The S3 server did not answer for {uri}: {error}") from error
