"""Where invocations are logged: a configuration is taken where Bedrock may write, and refused elsewhere."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import uuid4

import pytest
from regions import Region

from burnish.policies.evaluation import Grants
from burnish.server.bedrock.control import Control
from burnish.server.logging_configurations import LoggingConfigurations
from burnish.server.principals import Principal, PrincipalKind
from burnish.server.s3.role_storage import ALL_OF_S3, RoleStorage
from burnish.server.wire.call import ServiceFault

ACCOUNT = "123456789012"
FLAGS = {f"{kind}DataDeliveryEnabled": True for kind in ("text", "image", "embedding", "video", "audio")}


@pytest.fixture
def storage(object_store):
    objects, credentials, _ = object_store
    return RoleStorage(objects.endpoint, credentials, ALL_OF_S3)


@pytest.fixture
def bucket(storage):
    name = f"logs-{uuid4().hex[:12]}"
    storage._client.create_bucket(Bucket=name)
    return name


@pytest.fixture
def region(control: Control, object_store):
    objects, credentials, _ = object_store
    return Region(control=replace(control, objects_endpoint=objects.endpoint, credentials=credentials))


@pytest.fixture
def user(region):
    """The same region, seen by a user whom policies allow nothing of S3."""
    nobody = Principal(
        kind=PrincipalKind.USER,
        account_id=ACCOUNT,
        arn=f"arn:aws:iam::{ACCOUNT}:user/u",
        user_id="U",
        grants=Grants(),
    )
    return replace(region, acting=nobody)


def logging_to(bucket, **changes):
    return {"loggingConfig": {"s3Config": {"bucketName": bucket, "keyPrefix": "audit"}, **changes}}


def policy(bucket, *, effect="Allow", principal=None, **condition):
    statement = {
        "Effect": effect,
        "Principal": principal or {"Service": "bedrock.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/audit/AWSLogs/{ACCOUNT}/BedrockModelInvocationLogs/*",
    }
    return {**statement, **({"Condition": condition} if condition else {})}


def set_policy(storage, bucket, *statements):
    storage.set_policy(bucket, json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def test_a_configuration_is_kept_for_its_region_until_it_is_deleted(region, bucket):
    region.answer(
        "PutModelInvocationLoggingConfiguration", **logging_to(bucket, imageDataDeliveryEnabled=False)
    )
    kept = region.answer("GetModelInvocationLoggingConfiguration")["loggingConfig"]
    assert kept == {
        "s3Config": {"bucketName": bucket, "keyPrefix": "audit"},
        **FLAGS,
        "imageDataDeliveryEnabled": False,
    }
    assert Region(control=region.control).answer("GetModelInvocationLoggingConfiguration") == {}
    # As another start of the server reads it.
    assert LoggingConfigurations(region.control.store.database).get(region.name) is not None
    region.answer("DeleteModelInvocationLoggingConfiguration")
    assert region.answer("GetModelInvocationLoggingConfiguration") == {}
    assert LoggingConfigurations(region.control.store.database).get(region.name) is None


def test_who_may_change_the_bucket_policy_has_bedrock_added_to_it(region, storage, bucket):
    set_policy(storage, bucket, policy(bucket, effect="Deny", principal={"AWS": "*"}, Bool={"a": "true"}))
    region.answer("PutModelInvocationLoggingConfiguration", **logging_to(bucket))
    before, added = json.loads(storage.policy(bucket))["Statement"]
    assert before["Effect"] == "Deny"
    assert added["Principal"] == {"Service": "bedrock.amazonaws.com"}
    assert added["Condition"]["ArnLike"] == {"aws:SourceArn": f"arn:aws:bedrock:{region.name}:{ACCOUNT}:*"}
    folder = f"s3://{bucket}/audit/AWSLogs/{ACCOUNT}/BedrockModelInvocationLogs/{region.name}"
    assert storage.names(folder) == ["amazon-bedrock-logs-permission-check"]


@pytest.mark.attack(
    "Invocation logs",
    "a bucket whose policy does not let Bedrock write, or denies it, named by someone who may not change it",
    "refused, and nothing is written there: the rights are those of the bucket",
)
@pytest.mark.parametrize(
    ("statements", "is_taken"),
    [
        ([policy], True),
        ([lambda one: policy(one, StringEquals={"aws:SourceAccount": ACCOUNT})], True),
        ([], False),
        ([lambda one: policy(one, StringEquals={"aws:SourceAccount": "210987654321"})], False),
        ([lambda one: policy(one, principal={"Service": "logs.amazonaws.com"})], False),
        ([policy, lambda one: policy(one, effect="Deny", principal="*")], False),
    ],
)
def test_bedrock_writes_only_where_the_bucket_policy_lets_it(user, storage, bucket, statements, is_taken):
    if statements:
        set_policy(storage, bucket, *(made(bucket) for made in statements))
    if is_taken:
        user.answer("PutModelInvocationLoggingConfiguration", **logging_to(bucket))
        return
    with pytest.raises(ServiceFault, match=r"Allow it s3:PutObject there"):
        user.answer("PutModelInvocationLoggingConfiguration", **logging_to(bucket))
    assert user.answer("GetModelInvocationLoggingConfiguration") == {}
    assert storage.sizes(f"s3://{bucket}", most=1) == {}


@pytest.mark.parametrize(
    ("configuration", "says"),
    [
        ({}, "needs an s3Config"),
        (
            {"cloudWatchConfig": {"logGroupName": "a", "roleArn": "arn:aws:iam::123456789012:role/a"}},
            "no CloudWatch Logs: leave out cloudWatchConfig",
        ),
        ({"s3Config": {"bucketName": "no-such-bucket"}}, "there is no such bucket"),
        ({"s3Config": {"bucketName": "a-bucket", "keyPrefix": "../other"}}, "The keyPrefix of s3Config"),
    ],
)
def test_what_cannot_be_logged_to_is_refused_by_name(region, configuration, says):
    with pytest.raises(ServiceFault, match=says):
        region.answer("PutModelInvocationLoggingConfiguration", loggingConfig=configuration)
