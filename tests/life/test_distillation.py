"""Distillation on a server of one's own: a teacher answers prompts, and a student learns its answers."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError
from whole_server import BUCKET, base_model_id

from burnish import JobStatus
from burnish.aws.objects import S3Uri, upload_bytes
from burnish.types import CustomizationType

PROMPTS = 6


def prompt(number: int) -> dict:
    content = [{"text": f"What kind of page is number {number}?"}]
    return {
        "schemaVersion": "bedrock-conversation-2024",
        "messages": [{"role": "user", "content": content}],
    }


@pytest.fixture(scope="module")
def prompts(server, data_set) -> str:
    """Prompts without answers, and one with an answer of its own."""
    golden = prompt(PROMPTS)
    golden["messages"].append({"role": "assistant", "content": [{"text": "A letter"}]})
    lines = [*map(prompt, range(PROMPTS)), golden]
    uri = f"s3://{BUCKET}/prompts.jsonl"
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    upload_bytes(server.clients().s3, S3Uri.parse(uri), body)
    return uri


@pytest.fixture
def distilled(job_config, prompts, server):
    def config(name: str, **changes):
        given = {
            "training_data_uri": prompts,
            "validation_data_uri": None,
            "customization_type": CustomizationType.DISTILLATION,
            "teacher_model": base_model_id(server),
            "teacher_max_tokens": 4,
        }
        return job_config(name, **{**given, **changes})

    return config


def test_a_student_learns_what_its_teacher_answers(server, distilled):
    service = server.service()
    started = service.create_finetuning_job(distilled("distilled"))
    job = service.wait_for_job_completion(started.job_arn, polling_interval=0.2)
    assert job.status is JobStatus.COMPLETED, job.failure_message
    clients, job_id = server.clients(), job.job_arn.rpartition("/")[2]
    key = f"output/model-customization-job-{job_id}/training_artifacts/teacher_answers.jsonl"
    body = clients.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    answers = [json.loads(line)["messages"][-1] for line in body.splitlines()]
    assert {answer["role"] for answer in answers} == {"assistant"}
    assert answers[-1]["content"][0]["text"] == "A letter"
    asked = clients.bedrock_runtime.converse(
        modelId=base_model_id(server), messages=prompt(2)["messages"], inferenceConfig={"maxTokens": 4}
    )
    assert answers[2]["content"][0]["text"] == asked["output"]["message"]["content"][0]["text"]

    model = clients.bedrock.get_custom_model(modelIdentifier=job.model_id)
    assert model["customizationType"] == "DISTILLATION"
    teacher = model["customizationConfig"]["distillationConfig"]["teacherModelConfig"]
    assert teacher == {
        "teacherModelIdentifier": base_model_id(server),
        "maxResponseLengthForInference": 4,
    }
    (listed,) = clients.bedrock.list_custom_models(nameContains=job.model_name)["modelSummaries"]
    assert listed["customizationType"] == "DISTILLATION"


@pytest.mark.parametrize(
    ("teacher", "said"),
    [
        ("local.page-features-v1:0", "writes no text: choose a language model"),
        ("local.unknown-v1:0", "The provided model identifier 'local.unknown-v1:0' is invalid"),
    ],
)
def test_a_teacher_that_cannot_answer_is_refused_by_name(server, role, prompts, teacher, said):
    with pytest.raises(ClientError, match=said):
        server.clients().bedrock.create_model_customization_job(
            jobName="refused",
            customModelName="refused",
            roleArn=role,
            baseModelIdentifier=base_model_id(server),
            customizationType="DISTILLATION",
            customizationConfig={
                "distillationConfig": {"teacherModelConfig": {"teacherModelIdentifier": teacher}}
            },
            trainingDataConfig={"s3Uri": prompts},
            outputDataConfig={"s3Uri": f"s3://{BUCKET}/output/"},
        )
