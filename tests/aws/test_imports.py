"""Custom Model Import: requests against the shapes of the service, answers put in its place."""

from datetime import UTC, datetime

import pytest
from botocore_shapes import input_problems, output_members

from burnish.aws import imports
from burnish.aws.clients import new_token
from burnish.aws.imports import ImportStatus, ModelImportJobConfig
from burnish.configs import VpcConfig
from burnish.errors import InvalidConfig, WaitTimeout
from burnish.waiting import Clock

JOB_ARN = "arn:aws:bedrock:us-east-1:123456789012:model-import-job/abcdefghijkl"
MODEL_ARN = "arn:aws:bedrock:us-east-1:123456789012:imported-model/abcdefghijkl"
WHEN = datetime(2026, 1, 2, tzinfo=UTC)
GIVEN = {
    "job_name": "bring-it-in",
    "model_name": "papers",
    "role_arn": "arn:aws:iam::123456789012:role/Import",
    "model_uri": "s3://bucket/model/",
}
CONFIG = ModelImportJobConfig(
    **GIVEN,
    job_tags={"team": "papers"},
    model_tags={"stage": "trial"},
    model_kms_key_id="alias/mine",
    vpc=VpcConfig(subnet_ids=("subnet-1",), security_group_ids=("sg-1",)),
)
JOB = {
    "jobArn": JOB_ARN,
    "jobName": "bring-it-in",
    "importedModelName": "papers",
    "importedModelArn": MODEL_ARN,
    "status": "Completed",
    "creationTime": WHEN,
    "endTime": WHEN,
}
MODEL = {
    "modelArn": MODEL_ARN,
    "modelName": "papers",
    "creationTime": WHEN,
    "modelArchitecture": "llama",
    "instructSupported": True,
}


def test_a_request_is_as_the_service_model_says():
    request = imports.request_for(CONFIG, token=new_token())
    assert input_problems("bedrock", "CreateModelImportJob", request) == []
    assert request["modelDataSource"] == {"s3DataSource": {"s3Uri": "s3://bucket/model/"}}
    assert set(JOB) <= set(output_members("bedrock", "GetModelImportJob"))


def test_every_import_carries_a_token_which_boto3_would_not_make(client, bedrock):
    sent = []
    client.meta.events.register(
        "before-parameter-build.bedrock", lambda params, **_: sent.append(params["clientRequestToken"])
    )
    for _ in range(2):
        bedrock.add_response("create_model_import_job", {"jobArn": JOB_ARN})
        made = imports.create_import_job(client, ModelImportJobConfig(**GIVEN))
    assert (made.job_arn, made.status) == (JOB_ARN, ImportStatus.IN_PROGRESS)
    assert len(set(sent)) == 2


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"job_name": "a_b"}, "job_name is 'a_b'"),
        ({"model_name": "a.b"}, "model_name is 'a.b'"),
        ({"role_arn": "Import"}, "role_arn is 'Import'"),
        ({"model_uri": "/home/me/model"}, "model_uri is '/home/me/model'"),
        ({"model_kms_key_id": "my key"}, "model_kms_key_id is 'my key'"),
    ],
)
def test_a_config_that_the_service_would_refuse_is_refused_when_made(changes, says):
    with pytest.raises(InvalidConfig, match=says):
        ModelImportJobConfig(**GIVEN | changes)


def test_all_problems_come_at_once():
    with pytest.raises(InvalidConfig) as refused:
        ModelImportJobConfig(job_name="", model_name="", role_arn="", model_uri="")
    assert len(refused.value.problems) == 4


def test_waiting_ends_when_it_is_over(client, bedrock):
    for status in ("InProgress", "InProgress", "Failed"):
        why = {"failureMessage": "no config.json"} if status == "Failed" else {}
        bedrock.add_response("get_model_import_job", JOB | {"status": status} | why)
    clock = Clock(now=iter(range(100)).__next__, sleep=lambda _: None)
    job = imports.wait_for_import_job(client, JOB_ARN, interval=1, timeout=90, clock=clock)
    assert str(job) == "import job 'bring-it-in', Failed: no config.json"


def test_running_out_of_time_raises_with_the_last_state(client, bedrock):
    bedrock.add_response("get_model_import_job", JOB | {"status": "InProgress"})
    with pytest.raises(WaitTimeout, match="import job 'bring-it-in', InProgress"):
        imports.wait_for_import_job(client, JOB_ARN, interval=5, timeout=0)


def test_jobs_and_models_are_listed_to_the_end(client, bedrock):
    bedrock.add_response("list_model_import_jobs", {"modelImportJobSummaries": [JOB], "nextToken": "t"})
    bedrock.add_response("list_model_import_jobs", {"modelImportJobSummaries": [JOB]})
    found = list(imports.list_import_jobs(client, status=ImportStatus.COMPLETED))
    assert [job.model_arn for job in found] == [MODEL_ARN] * 2
    summary = {name: MODEL[name] for name in ("modelArn", "modelName", "creationTime")}
    bedrock.add_response("list_imported_models", {"modelSummaries": [summary]})
    assert [model.model_name for model in imports.list_imported_models(client)] == ["papers"]


def test_an_imported_model_says_whether_it_follows_instructions_and_can_be_deleted(client, bedrock):
    bedrock.add_response("list_imported_models", {"modelSummaries": [MODEL]})
    (model,) = imports.list_imported_models(client)
    assert (model.architecture, model.instruct_supported) == ("llama", True)
    bedrock.add_response("delete_imported_model", {}, {"modelIdentifier": MODEL_ARN})
    imports.delete_imported_model(client, MODEL_ARN)
