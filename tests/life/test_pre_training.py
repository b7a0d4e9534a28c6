"""Continued pre-training on one's own server: plain text is learned, and its model is tuned further."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError
from whole_server import BUCKET, base_model_id

from burnish import JobStatus
from burnish.aws.objects import S3Uri, upload_bytes

TEXT = "The invoice of last month is due. Please pay by the end of May. "


@pytest.fixture(scope="module")
def texts(server, data_set) -> str:
    uri = f"s3://{BUCKET}/texts.jsonl"
    lines = [json.dumps({"input": f"Letter {number}. " + TEXT * 20}).encode() + b"\n" for number in range(10)]
    upload_bytes(server.clients().s3, S3Uri.parse(uri), b"".join(lines))
    return uri


def test_plain_text_is_learned_and_the_model_is_tuned_further(server, burnish, role, texts, job_config):
    service = server.service()
    model = ("--model", base_model_id(server), "--pre-training", "--role", role)
    settings = (
        "--validation-split",
        "0.2",
        "--hyperparameter",
        "epochCount=2",
        "--hyperparameter",
        "batchSize=2",
    )
    checked = burnish("job", "check", texts, *model)
    assert checked.returncode == 0, checked.stderr
    created = burnish("job", "create", texts, *model, *settings, "--name", "pre-trained", "--wait", "--json")
    assert created.returncode == 0, created.stderr
    job = service.get_job_status(json.loads(created.stdout)["job_arn"])
    assert job.status is JobStatus.COMPLETED, job.failure_message
    assert job.validation_loss is not None
    model = server.clients().bedrock.get_custom_model(modelIdentifier=job.model_id)
    assert model["customizationType"] == "CONTINUED_PRE_TRAINING"
    further = service.create_finetuning_job(job_config("tuned-further", base_model=job.model_id))
    further = service.wait_for_job_completion(further.job_arn, polling_interval=0.2)
    assert further.status is JobStatus.COMPLETED, further.failure_message


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("local.page-features-v1:0", "cannot be tuned by CONTINUED_PRE_TRAINING: it takes FINE_TUNING"),
        ("amazon.nova-lite-v1:0:300k", "cannot be tuned by CONTINUED_PRE_TRAINING: it takes FINE_TUNING"),
        (None, "only a language model can, and not in a pool"),
    ],
)
def test_models_that_learn_from_documents_alone_are_refused_by_name(server, role, texts, model, said):
    bedrock = server.clients().bedrock
    listed = bedrock.list_foundation_models()["modelSummaries"]
    takes = {one["modelId"]: "CONTINUED_PRE_TRAINING" in one["customizationsSupported"] for one in listed}
    pool = next(name for name in takes if "-with-page-features" in name)
    assert takes[base_model_id(server)]
    assert not takes[model or pool]
    with pytest.raises(ClientError, match=said):
        bedrock.create_model_customization_job(
            jobName="refused",
            customModelName="refused",
            roleArn=role,
            baseModelIdentifier=model or pool,
            customizationType="CONTINUED_PRE_TRAINING",
            trainingDataConfig={"s3Uri": texts},
            outputDataConfig={"s3Uri": f"s3://{BUCKET}/output/"},
        )
