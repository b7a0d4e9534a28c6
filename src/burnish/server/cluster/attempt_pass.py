"""What lets an attempt on a node reach this server: two sessions, and where it answers.

They travel in the environment of the Ray job, which the cluster's Jobs API shows to whoever has its token.
Who has that can run what he likes on the nodes anyway.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import msgspec

from burnish.errors import CannotStart, NotFound
from burnish.server.cluster.remote_folder import BUCKET
from burnish.server.credentials import ServerCredentials
from burnish.server.iam.sessions import NewCredentials, begin_session, service_role
from burnish.server.iam.store import IamStore

VARIABLE = "BURNISH_ATTEMPT"
#: Where Ray itself keeps the environment of a job, beside the variables.
_OF_RAY = "RAY_JOB_CONFIG_JSON_ENV_VAR"
FOLDER_ROLE = "BurnishClusterJobs"
#: How long a session outlasts a server that does not look after it: its own S3 is not there either then.
SESSION = timedelta(hours=12)

_ALL_OF_BUCKET = msgspec.json.encode(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"],
            "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
        },
    }
).decode()


@dataclass(frozen=True, kw_only=True)
class AttemptPass:
    """The job and the number of an attempt, where the server answers, and the keys of both sessions.

    ``certificate`` is the PEM that vouches for the server, where nobody else does.
    """

    job_id: str
    number: int
    endpoint: str
    account_id: str
    folder_key: tuple[str, str, str] = field(repr=False)
    role_key: tuple[str, str, str] = field(repr=False)
    certificate: str | None = None

    @property
    def session_ids(self) -> tuple[str, str]:
        """What the sessions are ended by."""
        return self.folder_key[0], self.role_key[0]

    @property
    def environment(self) -> dict[str, str]:
        """The pass as an environment variable."""
        return {VARIABLE: msgspec.json.encode(self).decode()}

    def credentials(self, key: tuple[str, str, str]) -> ServerCredentials:
        """One of the two keys, as an S3 client takes it."""
        key_id, secret, token = key
        return ServerCredentials(
            account_id=self.account_id, access_key=key_id, secret_key=secret, session_token=token
        )

    def trust_server(self, folder: Path) -> None:
        """Have this process and its children trust the server's certificate, where they must be told."""
        if self.certificate:
            path = folder / "server.pem"
            path.write_text(self.certificate, encoding="utf-8")
            os.environ["AWS_CA_BUNDLE"] = str(path)


def taken_pass(environment: MutableMapping[str, str]) -> AttemptPass:
    """The pass in an environment, which is removed from there: no child is to have it."""
    environment.pop(_OF_RAY, None)
    try:
        return msgspec.json.decode(environment.pop(VARIABLE), type=AttemptPass)
    except (KeyError, ValueError) as error:
        raise CannotStart(
            f"{VARIABLE} is missing or damaged: this is started by `burnish serve --launcher`, on a cluster"
        ) from error


def begun_pass(
    iam: IamStore,
    *,
    role_arn: str,
    job_id: str,
    number: int,
    endpoint: str,
    account_id: str,
    certificate: str | None,
) -> AttemptPass:
    """A pass with two sessions that have just begun. Raises `NotFound` where the job's role is gone."""
    role = iam.role_by_arn(role_arn)
    if role is None:
        raise NotFound(f"There is no role {role_arn}: create it again")
    keeper = service_role(iam, FOLDER_ROLE, account_id=account_id, policy=_ALL_OF_BUCKET)
    name = f"job-{job_id}-{number}"
    return AttemptPass(
        job_id=job_id,
        number=number,
        endpoint=endpoint,
        account_id=account_id,
        folder_key=_key(
            begin_session(iam, keeper, name=name, lasting=SESSION, policies=[_policy_of_folder(job_id)])
        ),
        role_key=_key(begin_session(iam, role, name=name, lasting=SESSION)),
        certificate=certificate,
    )


def _key(made: NewCredentials) -> tuple[str, str, str]:
    return made.key_id, made.secret, made.token


def _policy_of_folder(job_id: str) -> str:
    bucket = f"arn:aws:s3:::{BUCKET}"
    statements = [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            "Resource": f"{bucket}/jobs/{job_id}/*",
        },
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": bucket,
            "Condition": {"StringLike": {"s3:prefix": f"jobs/{job_id}/*"}},
        },
    ]
    return msgspec.json.encode({"Version": "2012-10-17", "Statement": statements}).decode()
