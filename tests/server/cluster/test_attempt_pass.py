"""What an attempt on a node may do: with its folder all, with data what its role may, until its end."""

from __future__ import annotations

import json
import os
import uuid

import pytest

from burnish.errors import AccessDenied, CannotStart, NotFound
from burnish.server.cluster.attempt_pass import FOLDER_ROLE, VARIABLE, AttemptPass, begun_pass, taken_pass
from burnish.server.cluster.remote_folder import BUCKET, RemoteFolder
from burnish.server.iam.sessions import end_sessions
from burnish.server.s3.role_storage import ALL_OF_S3, KeyRefused, RoleStorage

DATA = "shared-by-cluster-tests"


@pytest.fixture(scope="module")
def role(served) -> str:
    """A role that may read the objects of one bucket."""
    served.client("s3").create_bucket(Bucket=DATA)
    served.client("s3").put_object(Bucket=DATA, Key="page", Body=b"a page")
    storage = RoleStorage(served.url, served.credentials, ALL_OF_S3)
    if not storage.exists(f"s3://{BUCKET}"):
        storage.make_bucket(f"s3://{BUCKET}")
    iam, name = served.client("iam"), "ClusterReader"
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "bedrock.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    reading = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{DATA}/*"}
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="reading", PolicyDocument=document(reading))
    return made["Arn"]


def document(statement: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


@pytest.fixture
def given(served, role) -> AttemptPass:
    return begun_pass(
        served.iam,
        role_arn=role,
        job_id=f"job{uuid.uuid4().hex[:9]}",
        number=2,
        endpoint=served.url,
        account_id=served.credentials.account_id,
        certificate=None,
    )


def opened(given: AttemptPass, key: tuple[str, str, str]) -> RoleStorage:
    return RoleStorage(given.endpoint, given.credentials(key), ALL_OF_S3)


def test_an_attempt_reaches_its_own_folder_and_no_other(given):
    storage = opened(given, given.folder_key)
    own = RemoteFolder(storage, given.job_id)
    storage.write(own.orders, b"{}")
    assert storage.read(own.orders) == b"{}"
    assert storage.names(own.uri) == ["orders.json"]
    own.delete()
    for forbidden in (f"s3://{BUCKET}/jobs/another/orders.json", f"s3://{DATA}/page"):
        with pytest.raises(AccessDenied, match="is not authorized to perform: s3:"):
            storage.read(forbidden)
        with pytest.raises(AccessDenied, match="is not authorized to perform: s3:"):
            storage.write(forbidden, b"")
    with pytest.raises(AccessDenied, match="is not authorized to perform: s3:"):
        storage.names(f"s3://{BUCKET}/jobs/another")


@pytest.mark.attack(
    "S3",
    "a training on a cluster tries what the job's role may not",
    "refused at the server's door, whatever the node says",
)
def test_an_attempt_may_do_with_data_what_its_role_may(given):
    storage = opened(given, given.role_key)
    assert storage.read(f"s3://{DATA}/page") == b"a page"
    with pytest.raises(AccessDenied, match="is not authorized to perform: s3:"):
        storage.write(f"s3://{DATA}/page", b"another")
    with pytest.raises(AccessDenied, match="is not authorized to perform: s3:"):
        storage.read(f"s3://{BUCKET}/jobs/{given.job_id}/orders.json")


def test_the_keys_of_an_attempt_that_is_over_open_nothing(served, given):
    end_sessions(served.iam, given.session_ids)
    with pytest.raises(KeyRefused):
        opened(given, given.folder_key).read(f"s3://{BUCKET}/jobs/{given.job_id}/orders.json")
    with pytest.raises(KeyRefused):
        opened(given, given.role_key).read(f"s3://{DATA}/page")


def test_nobody_is_trusted_with_the_role_of_the_folders(served, given):
    user = f"user-{given.job_id}"
    iam = served.client("iam")
    iam.create_user(UserName=user)
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam.put_user_policy(UserName=user, PolicyName="all", PolicyDocument=document(everything))
    made = iam.create_access_key(UserName=user)["AccessKey"]
    key = {
        "aws_access_key_id": made["AccessKeyId"],
        "aws_secret_access_key": made["SecretAccessKey"],
    }
    sts = served.client("sts", key=key)
    with pytest.raises(sts.exceptions.ClientError, match="is not authorized to perform: sts:AssumeRole"):
        sts.assume_role(RoleArn=iam.get_role(RoleName=FOLDER_ROLE)["Role"]["Arn"], RoleSessionName="mine")


def test_without_its_role_there_is_no_pass(served):
    with pytest.raises(NotFound, match=r"There is no role .*/gone: create it again"):
        begun_pass(
            served.iam,
            role_arn="arn:aws:iam::123456789012:role/gone",
            job_id="job",
            number=1,
            endpoint=served.url,
            account_id="123456789012",
            certificate=None,
        )


def test_a_pass_travels_in_the_environment_and_stays_in_no_other(given):
    environment = {**given.environment, "RAY_JOB_CONFIG_JSON_ENV_VAR": "the same", "HOME": "here"}
    assert taken_pass(environment) == given
    assert environment == {"HOME": "here"}
    assert all(key[1] not in repr(given) for key in (given.folder_key, given.role_key))
    with pytest.raises(CannotStart, match=VARIABLE):
        taken_pass(environment)


def test_a_server_without_a_known_certificate_is_trusted_by_the_one_it_gave(given, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_CA_BUNDLE", "another")
    given.trust_server(tmp_path)
    assert os.environ["AWS_CA_BUNDLE"] == "another"
    own = AttemptPass(
        **{name: getattr(given, name) for name in given.__dataclass_fields__} | {"certificate": "PEM"}
    )
    own.trust_server(tmp_path)
    assert (tmp_path / "server.pem").read_text() == "PEM"
    assert os.environ["AWS_CA_BUNDLE"] == str(tmp_path / "server.pem")
