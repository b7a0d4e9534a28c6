"""S3's public access block, as Terraform and the AWS CLI set it, and what else they read of a bucket."""

from __future__ import annotations

from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

ALL = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
SOME = {**ALL, "BlockPublicPolicy": False}


@pytest.fixture
def s3(served):
    return served.client("s3")


@pytest.fixture
def bucket(s3):
    name = f"bucket-{uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    return name


def block_of(s3, bucket):
    return s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]


def test_a_new_bucket_blocks_all_public_access(s3, bucket):
    assert block_of(s3, bucket) == ALL


def test_a_block_that_was_set_comes_back_until_it_is_deleted(s3, bucket):
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=SOME)
    assert block_of(s3, bucket) == SOME
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    assert block_of(s3, bucket) == {**dict.fromkeys(ALL, False), "BlockPublicAcls": True}
    s3.delete_public_access_block(Bucket=bucket)
    with pytest.raises(ClientError, match="NoSuchPublicAccessBlockConfiguration"):
        block_of(s3, bucket)


def test_another_bucket_of_the_same_name_begins_anew(s3, bucket):
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=SOME)
    s3.delete_bucket(Bucket=bucket)
    with pytest.raises(ClientError, match="NoSuchBucket"):
        block_of(s3, bucket)
    s3.create_bucket(Bucket=bucket)
    assert block_of(s3, bucket) == ALL


def test_a_bucket_that_is_not_there_has_no_block(s3):
    with pytest.raises(ClientError, match="NoSuchBucket"):
        s3.put_public_access_block(Bucket="no-such-bucket", PublicAccessBlockConfiguration=ALL)


def test_an_object_of_that_name_is_an_object(s3, bucket):
    s3.put_object(Bucket=bucket, Key="publicAccessBlock", Body=b"a page")
    assert s3.get_object(Bucket=bucket, Key="publicAccessBlock")["Body"].read() == b"a page"


#: What Terraform reads of an ``aws_s3_bucket``, and the error that stands for "not set".
READS = {
    "get_bucket_policy": "NoSuchBucketPolicy",
    "get_bucket_tagging": "NoSuchTagSet",
    "get_bucket_cors": "NoSuchCORSConfiguration",
    "get_bucket_website": "NoSuchWebsiteConfiguration",
    "get_bucket_lifecycle_configuration": "NoSuchLifecycleConfiguration",
    "get_bucket_replication": "ReplicationConfigurationNotFoundError",
    "get_bucket_encryption": "ServerSideEncryptionConfigurationNotFoundError",
    "get_object_lock_configuration": "ObjectLockConfigurationNotFoundError",
    "get_bucket_acl": None,
    "get_bucket_versioning": None,
    "get_bucket_accelerate_configuration": None,
    "get_bucket_request_payment": None,
    "get_bucket_logging": None,
    "get_bucket_location": None,
    "get_bucket_ownership_controls": None,
}


@pytest.mark.parametrize(("operation", "code"), READS.items())
def test_what_terraform_reads_of_a_new_bucket_is_answered(s3, bucket, operation, code):
    read = getattr(s3, operation)
    if code is None:
        assert read(Bucket=bucket)
        return
    with pytest.raises(ClientError, match=code):
        read(Bucket=bucket)
