"""What AWS does about jobs, the models that they make, and tags: Bedrock."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from burnish.conformance.check import CheckGroup
from burnish.conformance.expectations import expect, expect_equal, refused
from burnish.conformance.shared import (
    HYPERPARAMETERS,
    bucket,
    custom_model,
    ended_job,
    job,
    job_request,
    put,
)
from burnish.conformance.subject import Subject
from burnish.waiting import wait_until

bedrock = CheckGroup("bedrock")


def _unknown_arn(subject: Subject, kind: str, rest: str = "abcdefghijkl") -> str:
    account, region = subject.clients.account_id, subject.clients.region
    return f"arn:aws:bedrock:{region}:{account}:{kind}/{rest}"


def _refused_job(subject: Subject, *codes: str, **changes: object) -> None:
    """Expect a request for a job, valid but for these changes, to be refused."""
    client, request = subject.clients.bedrock, {**job_request(subject, uuid4().hex[:8]), **changes}
    with refused(*codes):
        arn = client.create_model_customization_job(**request)["jobArn"]
        subject.at_the_end(client.stop_model_customization_job, jobIdentifier=arn)


@bedrock.check("ListFoundationModels", "each model has an id, an ARN, and what it takes and gives")
def _base_models(subject: Subject) -> None:
    models = subject.clients.bedrock.list_foundation_models()["modelSummaries"]
    expect(models, "there is no model")
    for one in models:
        for member in ("modelId", "modelArn", "inputModalities", "outputModalities"):
            expect(one.get(member), f"{one.get('modelId')!r} has no {member}")


@bedrock.check("ListFoundationModels", "byCustomizationType leaves those that can be tuned so")
def _tunable_models(subject: Subject) -> None:
    found = subject.clients.bedrock.list_foundation_models(byCustomizationType="FINE_TUNING")
    models = found["modelSummaries"]
    expect(models, "there is no model to tune")
    expect(all("FINE_TUNING" in one["customizationsSupported"] for one in models), "others are listed, too")


@bedrock.check("ListFoundationModels", "a wrong secret is InvalidSignatureException")
def _wrong_secret(subject: Subject) -> None:
    with refused("InvalidSignatureException"):
        subject.with_wrong_secret().bedrock.list_foundation_models()


@bedrock.check("ListFoundationModels", "an unknown access key is UnrecognizedClientException")
def _unknown_key(subject: Subject) -> None:
    with refused("UnrecognizedClientException"):
        subject.with_unknown_key().bedrock.list_foundation_models()


@bedrock.check("GetFoundationModel", "an unknown model is refused")
def _unknown_base_model(subject: Subject) -> None:
    with refused("ResourceNotFoundException", "ValidationException"):
        subject.clients.bedrock.get_foundation_model(modelIdentifier="amazon.nosuch-v1:0")


@bedrock.check(
    "CreateModelCustomizationJob", "the answer is the ARN of a job of this account", is_billed=True
)
def _job_arn(subject: Subject) -> None:
    wanted = _unknown_arn(subject, "model-customization-job", "")
    expect(job(subject).startswith(wanted), f"the ARN is {job(subject)!r}")


@bedrock.check("CreateModelCustomizationJob", "a name against its pattern is ValidationException")
def _bad_name(subject: Subject) -> None:
    _refused_job(subject, "ValidationException", jobName="no spaces")


@bedrock.check("CreateModelCustomizationJob", "a role that does not exist is ValidationException")
def _no_role(subject: Subject) -> None:
    account = subject.clients.account_id
    _refused_job(subject, "ValidationException", roleArn=f"arn:aws:iam::{account}:role/{subject.name('x')}")


@bedrock.check("CreateModelCustomizationJob", "an unknown base model is refused")
def _no_base_model(subject: Subject) -> None:
    codes = ("ValidationException", "ResourceNotFoundException")
    _refused_job(subject, *codes, baseModelIdentifier="amazon.nosuch-v1:0")


@bedrock.check("CreateModelCustomizationJob", "a hyperparameter out of bounds is ValidationException")
def _too_many_epochs(subject: Subject) -> None:
    changed = {**HYPERPARAMETERS, "epochCount": "1000000"}
    _refused_job(subject, "ValidationException", hyperParameters=changed)


@bedrock.check("CreateModelCustomizationJob", "training data that is not there is ValidationException")
def _no_data(subject: Subject) -> None:
    uri = f"s3://{bucket(subject)}/nosuch.jsonl"
    _refused_job(subject, "ValidationException", trainingDataConfig={"s3Uri": uri})


@bedrock.check("CreateModelCustomizationJob", "a name that a job has is refused", is_billed=True)
def _taken_name(subject: Subject) -> None:
    job(subject)
    codes = ("ConflictException", "ValidationException")
    _refused_job(subject, *codes, jobName=subject.name("job"))


@bedrock.check("CreateModelCustomizationJob", "the same clientRequestToken is the same job", is_billed=True)
def _same_token(subject: Subject) -> None:
    request = {**job_request(subject, "token"), "clientRequestToken": subject.name("token")}
    create = subject.clients.bedrock.create_model_customization_job
    first, second = create(**request)["jobArn"], create(**request)["jobArn"]
    subject.clients.bedrock.stop_model_customization_job(jobIdentifier=first)
    expect_equal(second, first, of="the ARN that the second call returns")


@bedrock.check("GetModelCustomizationJob", "what was asked for comes back as it was sent", is_billed=True)
def _described(subject: Subject) -> None:
    found = subject.clients.bedrock.get_model_customization_job(jobIdentifier=job(subject))
    sent = job_request(subject, "job")
    for member in ("jobName", "roleArn", "customizationType", "trainingDataConfig", "outputDataConfig"):
        expect_equal(found.get(member), sent[member], of=member)
    hyperparameters = found.get("hyperParameters", {})
    kept = {name: hyperparameters.get(name) for name in HYPERPARAMETERS}
    expect_equal(kept, HYPERPARAMETERS, of="hyperParameters")
    expect(isinstance(found["creationTime"], datetime), "creationTime is no time")


@bedrock.check("GetModelCustomizationJob", "no hyperparameters come back but those sent", is_billed=True)
def _no_other_hyperparameters(subject: Subject) -> None:
    found = subject.clients.bedrock.get_model_customization_job(jobIdentifier=job(subject))
    expect_equal(found.get("hyperParameters"), HYPERPARAMETERS, of="hyperParameters")


@bedrock.check("GetModelCustomizationJob", "a job is found by its name as well", is_billed=True)
def _by_name(subject: Subject) -> None:
    job(subject)
    found = subject.clients.bedrock.get_model_customization_job(jobIdentifier=subject.name("job"))
    expect_equal(found["jobArn"], job(subject), of="the ARN")


@bedrock.check("GetModelCustomizationJob", "an unknown job is ResourceNotFoundException")
def _unknown_job(subject: Subject) -> None:
    with refused("ResourceNotFoundException"):
        subject.clients.bedrock.get_model_customization_job(jobIdentifier=subject.name("nosuch"))


@bedrock.check("GetModelCustomizationJob", "a job of valid records completes, with a model", is_billed=True)
def _completed(subject: Subject) -> None:
    found = ended_job(subject)
    expect(":custom-model/" in found["outputModelArn"], f"outputModelArn is {found['outputModelArn']!r}")
    expect(found["endTime"] >= found["creationTime"], "it ended before it began")


@bedrock.check("GetModelCustomizationJob", "metrics are written where outputDataConfig says", is_billed=True)
def _metrics(subject: Subject) -> None:
    ended_job(subject)
    found = subject.clients.s3.list_objects_v2(Bucket=bucket(subject), Prefix="output/")
    keys = [one["Key"] for one in found.get("Contents", ())]
    expect(any(key.endswith("step_wise_training_metrics.csv") for key in keys), f"what is there: {keys}")


@bedrock.check(
    "GetModelCustomizationJob", "a job of records that cannot be read fails, saying why", is_billed=True
)
def _failed(subject: Subject) -> None:
    client = subject.clients.bedrock
    data = {"s3Uri": put(subject, "broken.jsonl", b"this is not JSON\n" * 32)}
    request = {**job_request(subject, "broken"), "trainingDataConfig": data}
    arn = client.create_model_customization_job(**request)["jobArn"]
    found = wait_until(
        lambda: client.get_model_customization_job(jobIdentifier=arn),
        lambda one: one["status"] != "InProgress",
        interval=1.0,
        timeout=3600.0 if subject.clients.leads_to_aws else 60.0,
    )
    expect_equal(found["status"], "Failed", of="the status")
    expect(found.get("failureMessage"), "there is no failureMessage")


@bedrock.check("ListModelCustomizationJobs", "pages of one job lead to every job, each once", is_billed=True)
def _pages_of_jobs(subject: Subject) -> None:
    _stopped_job(subject)
    pages = subject.clients.bedrock.get_paginator("list_model_customization_jobs").paginate(
        nameContains=subject.prefix, PaginationConfig={"PageSize": 1}
    )
    found = [page["modelCustomizationJobSummaries"] for page in pages]
    expect(all(len(page) <= 1 for page in found), "a page has more than was asked for")
    arns = [one["jobArn"] for page in found for one in page]
    expect(len(arns) >= 2 and len(arns) == len(set(arns)), f"there are {arns}")


def _stopped_job(subject: Subject) -> str:
    """The ARN of a second job, which is stopped."""

    def made() -> str:
        client = subject.clients.bedrock
        arn = str(client.create_model_customization_job(**job_request(subject, "second"))["jobArn"])
        client.stop_model_customization_job(jobIdentifier=arn)
        return arn

    job(subject)
    return subject.once("second job", made)


@bedrock.check("ListModelCustomizationJobs", "nameContains leaves out all others", is_billed=True)
def _jobs_by_name(subject: Subject) -> None:
    job(subject)
    client = subject.clients.bedrock
    found = client.list_model_customization_jobs(nameContains=subject.name("job"))
    names = [one["jobName"] for one in found["modelCustomizationJobSummaries"]]
    expect_equal(names, [subject.name("job")], of="the names")
    none = client.list_model_customization_jobs(nameContains=subject.name("nosuch"))
    expect_equal(none["modelCustomizationJobSummaries"], [], of="what has an unknown name")


@bedrock.check("ListModelCustomizationJobs", "statusEquals leaves out all others", is_billed=True)
def _jobs_by_status(subject: Subject) -> None:
    ended_job(subject)
    found = subject.clients.bedrock.list_model_customization_jobs(statusEquals="Completed", maxResults=100)
    states = {one["status"] for one in found["modelCustomizationJobSummaries"]}
    expect_equal(states, {"Completed"}, of="the statuses")


@bedrock.check("ListModelCustomizationJobs", "a page token that was never given is ValidationException")
def _invented_token(subject: Subject) -> None:
    with refused("ValidationException"):
        subject.clients.bedrock.list_model_customization_jobs(nextToken="bm9zdWNo")


@bedrock.check("StopModelCustomizationJob", "a job that was stopped ends as Stopped", is_billed=True)
def _stopped(subject: Subject) -> None:
    arn, client = _stopped_job(subject), subject.clients.bedrock
    found = wait_until(
        lambda: client.get_model_customization_job(jobIdentifier=arn)["status"],
        lambda status: status not in ("InProgress", "Stopping"),
        interval=1.0,
        timeout=3600.0 if subject.clients.leads_to_aws else 60.0,
    )
    expect_equal(found, "Stopped", of="the status")


@bedrock.check("StopModelCustomizationJob", "an unknown job is ResourceNotFoundException")
def _stop_unknown(subject: Subject) -> None:
    with refused("ResourceNotFoundException"):
        subject.clients.bedrock.stop_model_customization_job(jobIdentifier=subject.name("nosuch"))


@bedrock.check("StopModelCustomizationJob", "a job that has ended is ConflictException", is_billed=True)
def _stop_ended(subject: Subject) -> None:
    ended_job(subject)
    with refused("ConflictException"):
        subject.clients.bedrock.stop_model_customization_job(jobIdentifier=job(subject))


@bedrock.check("GetCustomModel", "a model tells the job that made it, and its base model", is_billed=True)
def _model(subject: Subject) -> None:
    found = subject.clients.bedrock.get_custom_model(modelIdentifier=custom_model(subject))
    expect_equal(found["jobArn"], job(subject), of="jobArn")
    expect_equal(found["modelName"], subject.name("job-model"), of="modelName")
    expect(":foundation-model/" in found["baseModelArn"], f"baseModelArn is {found['baseModelArn']!r}")


@bedrock.check("GetCustomModel", "an unknown model is ResourceNotFoundException")
def _unknown_model(subject: Subject) -> None:
    with refused("ResourceNotFoundException"):
        subject.clients.bedrock.get_custom_model(modelIdentifier=subject.name("nosuch"))


@bedrock.check("ListCustomModels", "nameContains finds the model, and nothing else", is_billed=True)
def _models_by_name(subject: Subject) -> None:
    arn = custom_model(subject)
    found = subject.clients.bedrock.list_custom_models(nameContains=subject.name("job"))["modelSummaries"]
    expect_equal([one["modelArn"] for one in found], [arn], of="the models")


@bedrock.check("DeleteCustomModel", "an unknown model is ResourceNotFoundException")
def _delete_unknown_model(subject: Subject) -> None:
    with refused("ResourceNotFoundException"):
        subject.clients.bedrock.delete_custom_model(modelIdentifier=subject.name("nosuch"))


@bedrock.check("ListTagsForResource", "a job has the tags that it was created with", is_billed=True)
def _job_tags(subject: Subject) -> None:
    expect_equal(_tags(subject), {"stage": "test"}, of="the tags")


@bedrock.check("ListTagsForResource", "an unknown resource is ResourceNotFoundException")
def _tags_of_unknown(subject: Subject) -> None:
    with refused("ResourceNotFoundException"):
        subject.clients.bedrock.list_tags_for_resource(resourceARN=_unknown_arn(subject, "provisioned-model"))


@bedrock.check("TagResource", "tags are added and replaced, and go with UntagResource", is_billed=True)
def _tagged(subject: Subject) -> None:
    client, arn = subject.clients.bedrock, job(subject)
    client.tag_resource(resourceARN=arn, tags=[{"key": "owner", "value": "me"}])
    expect_equal(_tags(subject), {"stage": "test", "owner": "me"}, of="the tags")
    client.untag_resource(resourceARN=arn, tagKeys=["owner"])
    expect_equal(_tags(subject), {"stage": "test"}, of="the tags afterwards")


def _tags(subject: Subject) -> dict[str, Any]:
    found = subject.clients.bedrock.list_tags_for_resource(resourceARN=job(subject))["tags"]
    return {one["key"]: one["value"] for one in found}
