"""The objects of OpenAI's door in the server's own S3, which backups include.

``files/ID/file.json``       what is told of an uploaded file
``files/ID/content``         the file, byte for byte
``jobs/NAME/request.json``   what a job was asked for
``jobs/NAME/….jsonl``        its files as Bedrock's records, and ``media/`` with their images
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from burnish.server.iam.store import IamStore
from burnish.server.s3.role_storage import RoleStorage
from burnish.server.wire.call import Call, Handlers, Identity

ROLE = "burnish-openai"
_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "bedrock.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


@dataclass(frozen=True, kw_only=True)
class DoorStorage:
    """The bucket of this door, and the role with which jobs read and write there."""

    account_id: str
    #: The server's data folder, in which jobs report how far they are.
    data: Path
    objects: RoleStorage
    iam: IamStore

    @property
    def bucket(self) -> str:
        """The URI of the bucket."""
        return f"s3://burnish-openai-{self.account_id}"

    @property
    def role_arn(self) -> str:
        """The role that jobs of this door are handed."""
        return f"arn:aws:iam::{self.account_id}:role/{ROLE}"

    def file(self, file_id: str) -> str:
        """Where an uploaded file lies."""
        return f"{self.bucket}/files/{file_id}"

    def job(self, name: str) -> str:
        """Where what belongs to a job lies."""
        return f"{self.bucket}/jobs/{name}"

    def prepare(self) -> None:
        """Make the bucket, unless it is there."""
        if not self.objects.exists(self.bucket):
            self.objects.make_bucket(self.bucket)

    async def prepare_role(self, handlers: Handlers) -> None:
        """Make the role of the jobs, unless it is there; what somebody has changed of it stays."""
        if self.iam.role_by_arn(self.role_arn):
            return
        # Made by the server for all users: handing it over is what their policies decide on.
        server = Identity(account_id=self.account_id, access_key="", region="us-east-1")
        bucket = f"arn:aws:s3:::{self.bucket.removeprefix('s3://')}"
        actions = ["s3:GetObject", "s3:PutObject", "s3:ListBucket"]
        policy = {"Effect": "Allow", "Action": actions, "Resource": [bucket, f"{bucket}/*"]}
        document = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
        for operation, parameters in (
            ("CreateRole", {"RoleName": ROLE, "AssumeRolePolicyDocument": _TRUST}),
            ("PutRolePolicy", {"RoleName": ROLE, "PolicyName": "objects", "PolicyDocument": document}),
        ):
            call = Call(service="iam", operation=operation, parameters=parameters, caller=server)
            await handlers["iam", operation](call)
