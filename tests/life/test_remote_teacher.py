"""A distillation whose teacher is another server: asked with its operator's credentials, and in bounds."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from whole_server import BUCKET, RunningServer

from burnish import JobStatus
from burnish.aws.objects import S3Uri, upload_bytes
from burnish.server.credentials import credentials_at
from burnish.types import CustomizationType

MAX_PROMPTS = 6
TEACHER = "amazon.nova-pro-v1:0"


@pytest.fixture(scope="module")
def teacher(tmp_path_factory, tiny_weights) -> Iterator[RunningServer]:
    """The server of the teacher, which throttles: some requests come back with 429 and are sent again."""
    faults = tmp_path_factory.mktemp("faults") / "faults.toml"
    faults.write_text('[[fault]]\noperation = "Converse"\nkind = "throttle"\nshare = 0.3\n')
    running = RunningServer(
        tmp_path_factory.mktemp("teacher"), tiny_weights, options=("--faults", str(faults))
    )
    yield running
    running.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory, tiny_weights, teacher) -> Iterator[RunningServer]:
    key = credentials_at(teacher.data)
    running = RunningServer(
        tmp_path_factory.mktemp("student"),
        tiny_weights,
        options=("--teacher-endpoint", teacher.url, "--teacher-prompts", str(MAX_PROMPTS)),
        environment={"AWS_ACCESS_KEY_ID": key.access_key, "AWS_SECRET_ACCESS_KEY": key.secret_key},
    )
    yield running
    running.stop()


def turns(number: int) -> list[dict]:
    return [{"role": "user", "content": [{"text": f"What kind of page is number {number}?"}]}]


@pytest.fixture
def distilled(server, job_config, data_set):
    def config(name: str, prompts: int):
        lines = [
            {"schemaVersion": "bedrock-conversation-2024", "messages": turns(one)} for one in range(prompts)
        ]
        uri = f"s3://{BUCKET}/{name}.jsonl"
        body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        upload_bytes(server.clients().s3, S3Uri.parse(uri), body)
        return job_config(
            name,
            training_data_uri=uri,
            validation_data_uri=None,
            customization_type=CustomizationType.DISTILLATION,
            teacher_model=TEACHER,
            teacher_max_tokens=4,
        )

    return config


def told_by(server, job) -> str:
    folder = f"output/model-customization-job-{job.job_arn.rpartition('/')[2]}"
    files = server.clients().s3.list_objects_v2(Bucket=BUCKET, Prefix=folder)["Contents"]
    (log,) = [one["Key"] for one in files if one["Key"].endswith("job.log")]
    return server.clients().s3.get_object(Bucket=BUCKET, Key=log)["Body"].read().decode()


def test_a_student_learns_from_a_teacher_elsewhere_and_no_file_has_its_key(server, teacher, distilled):
    service = server.service()
    job = service.create_finetuning_job(distilled("elsewhere", MAX_PROMPTS))
    job = service.wait_for_job_completion(job.job_arn, polling_interval=0.2)
    assert job.status is JobStatus.COMPLETED, job.failure_message
    folder = f"output/model-customization-job-{job.job_arn.rpartition('/')[2]}/training_artifacts"
    kept = server.clients().s3.get_object(Bucket=BUCKET, Key=f"{folder}/teacher_answers.jsonl")["Body"].read()
    answers = [json.loads(line)["messages"][-1]["content"][0]["text"] for line in kept.splitlines()]
    # Its own stand-in has the same weights, and no faults are planned for it.
    runtime = server.clients().bedrock_runtime
    for number, answer in enumerate(answers):
        asked = runtime.converse(
            modelId=TEACHER,
            messages=turns(number),
            inferenceConfig={"maxTokens": 4, "temperature": 0},
        )
        assert asked["output"]["message"]["content"][0]["text"] == answer
    assert f"has answered {MAX_PROMPTS} prompts in this attempt, which are billed there" in told_by(
        server, job
    )
    secret = credentials_at(teacher.data).secret_key.encode()
    for path in server.data.rglob("*"):
        assert not path.is_file() or secret not in path.read_bytes()


def test_a_job_of_more_prompts_than_the_operator_pays_for_asks_nothing(server, distilled):
    service = server.service()
    job = service.create_finetuning_job(distilled("dear", MAX_PROMPTS + 1))
    job = service.wait_for_job_completion(job.job_arn, polling_interval=0.2)
    assert job.status is JobStatus.FAILED
    assert f"is asked about at most {MAX_PROMPTS} of a job" in job.failure_message
    assert "has answered" not in told_by(server, job)
