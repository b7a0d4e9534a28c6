"""Objects in S3 as a job sees them: through its role, which must allow each read and each write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from burnish.errors import AccessDenied, NotFound, ServiceUnavailable
from burnish.policies import allows
from burnish.server.credentials import Credentials


def bucket_and_key(uri: str) -> tuple[str, str]:
    """The bucket and the key of an S3 URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


@dataclass(frozen=True)
class RoleStorage:
    """The S3 server at ``endpoint``, seen through the permissions of one role."""

    endpoint: str
    credentials: Credentials
    policies: Sequence[str]

    def may(self, action: str, uri: str) -> bool:
        """Whether the role allows an action, such as ``s3:GetObject``, on an object or on a bucket."""
        bucket, key = bucket_and_key(uri)
        resource = f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
        context = {"aws:ResourceAccount": self.credentials.account_id}
        return allows(self.policies, action=action, resource=resource, context=context)

    def exists(self, uri: str) -> bool:
        """Whether there is an object, or, for a URI without a key, a bucket."""
        bucket, key = bucket_and_key(uri)
        try:
            self._client.head_object(Bucket=bucket, Key=key) if key else self._client.head_bucket(
                Bucket=bucket
            )
        except self._client.exceptions.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return False
            raise ServiceUnavailable(f"The S3 server did not say whether {uri} exists: {error}") from error
        return True

    def read(self, uri: str) -> bytes:
        """The bytes of an object. Raises `AccessDenied` or `NotFound`, naming it."""
        if not self.may("s3:GetObject", uri):
            raise AccessDenied(f"The role may not read {uri}: allow s3:GetObject on it")
        bucket, key = bucket_and_key(uri)
        try:
            return bytes(self._client.get_object(Bucket=bucket, Key=key)["Body"].read())
        except self._client.exceptions.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                raise NotFound(f"There is no object {uri}") from error
            raise ServiceUnavailable(f"The S3 server did not give {uri}: {error}") from error

    def write(self, uri: str, body: bytes) -> None:
        """Put an object. Raises `AccessDenied` or `ServiceUnavailable`, naming it."""
        if not self.may("s3:PutObject", uri):
            raise AccessDenied(f"The role may not write {uri}: allow s3:PutObject on it")
        bucket, key = bucket_and_key(uri)
        try:
            self._client.put_object(Bucket=bucket, Key=key, Body=body)
        except self._client.exceptions.ClientError as error:
            raise ServiceUnavailable(f"The S3 server did not take {uri}: {error}") from error

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
                s3={"addressing_style": "path"}, retries={"total_max_attempts": 5, "mode": "standard"}
            ),
        )
