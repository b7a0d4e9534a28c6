"""What several checks need: a bucket, roles, a job that has ended and its model. Each is made once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from burnish.aws.role_policies import Document, JobScope, bucket_policy, trust_policy
from burnish.conformance.expectations import expect_equal
from burnish.conformance.subject import Subject
from burnish.waiting import wait_until

HYPERPARAMETERS = {"epochCount": "1", "batchSize": "1", "learningRate": "0.00001"}
RECORDS = 32
POLL_SECONDS, MAX_SECONDS = 1.0, 6 * 3600.0
#: How long a new role may take until every service of AWS knows it.
ROLE_SECONDS = 120.0


def bucket(subject: Subject) -> str:
    """A bucket, which is emptied at the end."""
    return subject.once("bucket", partial(_make_bucket, subject))


def put(subject: Subject, key: str, body: bytes) -> str:
    """The URI of an object in the bucket, with these bytes."""
    subject.clients.s3.put_object(Bucket=bucket(subject), Key=key, Body=body)
    return f"s3://{bucket(subject)}/{key}"


def role(subject: Subject) -> str:
    """The ARN of a role that customization jobs may assume, with rights on the bucket."""
    return subject.once("role", partial(_make_role, subject))


def scope(subject: Subject) -> JobScope:
    """The account and region in which the jobs of a role run."""
    return JobScope(account_id=subject.clients.account_id, region=subject.clients.region)


def new_role(subject: Subject, what: str, trust: Document) -> str:
    """The name of a new role with this trust policy."""
    name = subject.name(what)
    subject.clients.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    subject.at_the_end(subject.clients.iam.delete_role, RoleName=name)
    return name


def job_request(subject: Subject, what: str) -> dict[str, Any]:
    """A request for a job that is valid in every part."""
    return {
        "jobName": subject.name(what),
        "customModelName": subject.name(f"{what}-model"),
        "roleArn": role(subject),
        "baseModelIdentifier": subject.base_model,
        "customizationType": "FINE_TUNING",
        "trainingDataConfig": {"s3Uri": training_data(subject)},
        "outputDataConfig": {"s3Uri": f"s3://{bucket(subject)}/output/"},
        "hyperParameters": dict(HYPERPARAMETERS),
        "jobTags": [{"key": "stage", "value": "test"}],
    }


def training_data(subject: Subject) -> str:
    """The URI of training records."""
    return subject.once("records", partial(_put_records, subject))


def job(subject: Subject) -> str:
    """The ARN of a job that has been created; it may have ended by now."""
    return subject.once("job", partial(_create_job, subject))


def ended_job(subject: Subject) -> Mapping[str, Any]:
    """The description of that job once it has completed."""
    return subject.once("ended job", partial(_complete_job, subject))


def custom_model(subject: Subject) -> str:
    """The ARN of the model that the job has made."""
    return str(ended_job(subject)["outputModelArn"])


def deployment(subject: Subject) -> str:
    """The ARN of a deployment of that model, ready to answer."""
    return subject.once("deployment", partial(_deploy, subject))


def _make_bucket(subject: Subject) -> str:
    s3, name = subject.clients.s3, subject.name("bucket")
    region = subject.clients.region
    # us-east-1 is the one region that may not be named.
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **place)
    subject.at_the_end(s3.delete_bucket, Bucket=name)
    subject.at_the_end(_empty, s3=s3, name=name)
    return name


def _empty(s3: Any, name: str) -> None:  # noqa: ANN401  a client of boto3
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
        for one in page.get("Contents", ()):
            s3.delete_object(Bucket=name, Key=one["Key"])


def _make_role(subject: Subject) -> str:
    iam = subject.clients.iam
    name = new_role(subject, "role", trust_policy(scope(subject)))
    rights = bucket_policy(bucket(subject), scope(subject))
    iam.put_role_policy(RoleName=name, PolicyName="data", PolicyDocument=json.dumps(rights))
    subject.at_the_end(iam.delete_role_policy, RoleName=name, PolicyName="data")
    return str(iam.get_role(RoleName=name)["Role"]["Arn"])


def _put_records(subject: Subject) -> str:
    lines = [json.dumps(_record(number)) for number in range(RECORDS)]
    return put(subject, "train.jsonl", "\n".join(lines).encode())


def _record(number: int) -> dict[str, Any]:
    kind = ("invoice", "letter")[number % 2]
    return {
        "schemaVersion": "bedrock-conversation-2024",
        "system": [{"text": "Say what kind of document this is."}],
        "messages": [
            {"role": "user", "content": [{"text": f"This is {kind} number {number}."}]},
            {"role": "assistant", "content": [{"text": kind}]},
        ],
    }


def _create_job(subject: Subject) -> str:
    from botocore.exceptions import ClientError

    bedrock, request = subject.clients.bedrock, job_request(subject, "job")

    def arn() -> str | None:
        try:
            return str(bedrock.create_model_customization_job(**request)["jobArn"])
        except ClientError as error:
            # What Bedrock says of a role that is a few seconds old.
            if subject.clients.leads_to_aws and "Could not assume" in str(error):
                return None
            raise

    return str(wait_until(arn, bool, interval=5.0, timeout=ROLE_SECONDS))


def _complete_job(subject: Subject) -> Mapping[str, Any]:
    get, arn = subject.clients.bedrock.get_model_customization_job, job(subject)
    found: Mapping[str, Any] = wait_until(
        lambda: get(jobIdentifier=arn),
        lambda one: one["status"] not in ("InProgress", "Stopping"),
        interval=30.0 if subject.clients.leads_to_aws else POLL_SECONDS,
        timeout=MAX_SECONDS if subject.clients.leads_to_aws else 120.0,
    )
    expect_equal(found["status"], "Completed", of="the status of a job of valid records")
    subject.at_the_end(subject.clients.bedrock.delete_custom_model, modelIdentifier=found["outputModelArn"])
    return found


def _deploy(subject: Subject) -> str:
    bedrock = subject.clients.bedrock
    made = bedrock.create_custom_model_deployment(
        modelDeploymentName=subject.name("deployment"), modelArn=custom_model(subject)
    )
    arn = str(made["customModelDeploymentArn"])
    subject.at_the_end(_end_deployment, subject=subject, arn=arn)
    found = wait_until(
        lambda: bedrock.get_custom_model_deployment(customModelDeploymentIdentifier=arn),
        lambda one: one["status"] != "Creating",
        interval=POLL_SECONDS,
        timeout=1800.0 if subject.clients.leads_to_aws else 120.0,
    )
    expect_equal(found["status"], "Active", of="the status of the deployment")
    return arn


def _end_deployment(subject: Subject, arn: str) -> None:
    """Delete a deployment, and wait until its model is free."""
    from botocore.exceptions import ClientError

    bedrock = subject.clients.bedrock
    bedrock.delete_custom_model_deployment(customModelDeploymentIdentifier=arn)

    def is_gone() -> bool:
        try:
            bedrock.get_custom_model_deployment(customModelDeploymentIdentifier=arn)
        except ClientError:
            return True
        return False

    wait_until(is_gone, bool, interval=POLL_SECONDS, timeout=600.0)
