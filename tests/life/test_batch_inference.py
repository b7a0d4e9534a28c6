"""Batch inference with a real client: files of records in S3 are answered, through kills and stops."""

from __future__ import annotations

import json
import time
from functools import partial

import pytest
from botocore.exceptions import ClientError
from whole_server import BUCKET, base_model_id

from burnish import ModelFinetuningService
from burnish.aws.batch_records import InputRecord, upload_records
from burnish.aws.batches import BatchJobConfig
from burnish.aws.objects import S3Uri, ensure_bucket, upload_bytes
from burnish.waiting import wait_until

FINAL = {"Completed", "PartiallyCompleted", "Failed", "Stopped", "Expired"}
ANSWER = {"maxTokens": 2}


def record(number: int, **model_input) -> dict:
    messages = [{"role": "user", "content": [{"text": f"Page {number}"}]}]
    return {
        "recordId": f"page-{number}",
        "modelInput": {"messages": messages, "inferenceConfig": ANSWER, **model_input},
    }


def lines_of(records) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in records)


@pytest.fixture(scope="module")
def place(server):
    """Puts objects into the bucket, and gives their URIs."""
    ensure_bucket(server.clients().s3, BUCKET, region="us-east-1")

    def put(key: str, body: bytes) -> str:
        upload_bytes(server.clients().s3, S3Uri.parse(f"s3://{BUCKET}/{key}"), body)
        return f"s3://{BUCKET}/{key}"

    return put


def policy(effect_on: dict) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", **effect_on}})


@pytest.fixture(scope="module")
def batch_role(server) -> str:
    """A role as AWS's guide has it for batch inference: of another trust than one that tunes models."""
    iam = server.clients().iam
    trust = {
        "Principal": {"Service": "bedrock.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:bedrock:*:*:model-invocation-job/*"}},
    }
    access = {"Action": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"], "Resource": "arn:aws:s3:::*"}
    role = iam.create_role(RoleName="Batch", AssumeRolePolicyDocument=policy(trust))
    iam.put_role_policy(RoleName="Batch", PolicyName="Data", PolicyDocument=policy(access))
    return role["Role"]["Arn"]


@pytest.fixture
def submit(server, batch_role):
    """Creates a batch that answers Converse requests."""

    def create(name: str, source: str, **changes) -> str:
        asked = {
            "jobName": name,
            "roleArn": batch_role,
            "modelId": base_model_id(server),
            "modelInvocationType": "Converse",
            "inputDataConfig": {"s3InputDataConfig": {"s3Uri": source}},
            "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": f"s3://{BUCKET}/answers/"}},
        }
        answer = server.clients().bedrock.create_model_invocation_job(**{**asked, **changes})
        return answer["jobArn"]

    return create


def ended(server, arn: str, *, timeout: float = 90) -> dict:
    deadline = time.monotonic() + timeout
    while (job := server.clients().bedrock.get_model_invocation_job(jobIdentifier=arn))[
        "status"
    ] not in FINAL:
        assert time.monotonic() < deadline, job
        time.sleep(0.1)
    return job


def output(server, arn: str, name: str) -> list[dict]:
    key = f"answers/{arn.rpartition('/')[2]}/{name}"
    body = server.clients().s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return [json.loads(line) for line in body.splitlines()]


def test_each_record_gets_the_answer_or_the_error_of_a_request_of_its_own(server, place, submit):
    odd = record(2) | {"recordId": '"\u2028/../é'}
    unnamed = {"modelInput": record(3)["modelInput"]}
    wrong = record(4, messages=[])
    source = place("in/pages.jsonl", lines_of([record(1), odd, unnamed, wrong]))

    job = ended(server, submit("the-batch", source))
    assert job["status"] == "Completed", job
    counts = [job[f"{kind}RecordCount"] for kind in ("total", "processed", "success", "error")]
    assert counts == [4, 4, 3, 1]
    answers = output(server, job["jobArn"], "pages.jsonl.out")
    assert [one["recordId"] for one in answers] == ["page-1", '"\u2028/../é', "CALL0000003", "page-4"]
    assert [one["modelInput"] for one in answers] == [
        one["modelInput"] for one in (record(1), odd, unnamed, wrong)
    ]
    assert answers[0]["modelOutput"]["output"]["message"]["role"] == "assistant"
    assert answers[3]["error"]["errorCode"] == 400
    assert "modelOutput" not in answers[3]

    alone = server.clients().bedrock_runtime.converse(
        modelId=base_model_id(server), **record(1)["modelInput"]
    )
    assert answers[0]["modelOutput"]["output"] == alone["output"]
    (manifest,) = output(server, job["jobArn"], "manifest.json.out")
    usages = [one["modelOutput"]["usage"] for one in answers[:3]]
    assert manifest == {
        "totalRecordCount": 4,
        "processedRecordCount": 4,
        "successRecordCount": 3,
        "errorRecordCount": 1,
        "inputTokenCount": sum(usage["inputTokens"] for usage in usages),
        "outputTokenCount": sum(usage["outputTokens"] for usage in usages),
    }


def test_the_service_runs_a_batch_from_its_requests_to_its_answers(server, place, batch_role):
    service = ModelFinetuningService(clients=server.clients())
    asked = (
        InputRecord(record_id=one["recordId"], model_input=one["modelInput"])
        for one in (record(1), record(2, messages=[]))
    )
    written = upload_records(server.clients().s3, f"s3://{BUCKET}/by-service", asked)
    config = BatchJobConfig(
        job_name="by-service",
        model_id=base_model_id(server),
        role_arn=batch_role,
        input_uri=written.uri,
        output_uri=f"s3://{BUCKET}/answers/",
    )
    made = service.batches.create(config)
    progress: list[str] = []
    done = service.batches.wait(
        "by-service", polling_interval=0.1, max_wait_time=90, on_poll=lambda seen: progress.append(str(seen))
    )
    assert progress[-1] == str(done) == "batch 'by-service', Completed, 2 of 2 records, 1 failed"
    answered, failed = service.batches.answers("by-service")
    assert (answered.record_id, answered.output["stopReason"]) == ("page-1", "max_tokens")
    assert (failed.record_id, failed.error_code) == ("page-2", 400)
    assert service.batches.create(config).job_arn == made.job_arn
    assert [one.job_arn for one in service.batches.list(name_contains="by-service")] == [made.job_arn]


def test_every_file_of_a_folder_is_answered_and_a_killed_server_answers_nothing_twice(server, place, submit):
    count = 120
    place("many/a.jsonl", lines_of(record(number) for number in range(count)))
    place("many/deeper/b.jsonl", lines_of(record(number) for number in range(count, count + 3)))
    place("many/notes.txt", b"no records")
    arn = submit("killed", f"s3://{BUCKET}/many/")
    begun = server.data / "batches" / arn.rpartition("/")[2] / "0.output"
    # Not by the count that the API tells, which may come only when all is done.
    wait_until(lambda: begun.exists() and begun.stat().st_size, bool, interval=0.005, timeout=90)
    server.kill()
    kept = begun.read_bytes()
    assert kept
    # What a write that was cut off leaves behind.
    begun.write_bytes(kept + b'{"recordId": "pa')
    server.start()

    job = ended(server, arn)
    assert (job["status"], job["successRecordCount"]) == ("Completed", count + 3)
    answers = output(server, arn, "a.jsonl.out")
    assert [one["recordId"] for one in answers] == [f"page-{number}" for number in range(count)]
    assert json.loads(kept.splitlines()[0]) == answers[0]  # with the time that its answer took then
    assert len(output(server, arn, "deeper/b.jsonl.out")) == 3


def test_a_batch_that_is_stopped_keeps_what_was_answered(server, place, submit):
    source = place("long/pages.jsonl", lines_of(record(number) for number in range(1000)))
    arn = submit("stopped", source, tags=[{"key": "team", "value": "forms"}])
    bedrock = server.clients().bedrock
    described = partial(bedrock.get_model_invocation_job, jobIdentifier=arn)
    wait_until(described, lambda job: job.get("processedRecordCount"), interval=0.02, timeout=90)
    bedrock.stop_model_invocation_job(jobIdentifier=arn)
    job = ended(server, arn)
    assert job["status"] == "Stopped"
    answered = output(server, arn, "pages.jsonl.out")
    assert 0 < len(answered) == job["processedRecordCount"] < 1000
    (manifest,) = output(server, arn, "manifest.json.out")
    assert (manifest["totalRecordCount"], manifest["processedRecordCount"]) == (1000, len(answered))
    with pytest.raises(ClientError, match="ConflictException"):
        bedrock.stop_model_invocation_job(jobIdentifier=arn)
    assert bedrock.list_tags_for_resource(resourceARN=arn)["tags"] == [{"key": "team", "value": "forms"}]


def test_input_that_is_no_records_fails_the_batch_and_its_message_names_the_line(server, place, submit):
    body = b'{"modelInput": {}}\n{"modelInput": "\xff"}\n'
    job = ended(server, submit("no-records", place("no/records.jsonl", body)))
    assert job["status"] == "Failed"
    assert job["message"] == (
        "records.jsonl: line 2: byte 17 is 0xff, which is not UTF-8: save the file as UTF-8"
    )


def test_an_evaluation_scores_what_the_model_answers(server, place):
    iam, bedrock, model = server.clients().iam, server.clients().bedrock, base_model_id(server)
    trust = {"Principal": {"Service": "bedrock.amazonaws.com"}, "Action": "sts:AssumeRole"}
    access = {"Action": ["s3:GetObject", "s3:PutObject", "bedrock:InvokeModel"], "Resource": "*"}
    role = iam.create_role(RoleName="Evaluation", AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="Evaluation", PolicyName="Data", PolicyDocument=policy(access))
    alone = server.clients().bedrock_runtime.converse(modelId=model, **record(1)["modelInput"])
    (answer,) = alone["output"]["message"]["content"]
    right = {"prompt": "Page 1", "referenceResponse": answer["text"], "category": "first"}
    wrong = {"prompt": "Page 1", "referenceResponse": "nothing like it"}
    dataset = {
        "taskType": "Classification",
        "dataset": {
            "name": "pages",
            "datasetLocation": {"s3Uri": place("prompts/pages.jsonl", lines_of([right, wrong]))},
        },
        "metricNames": ["Builtin.Accuracy"],
    }
    answering = {"modelIdentifier": model, "inferenceParams": json.dumps({"inferenceConfig": ANSWER})}
    arn = bedrock.create_evaluation_job(
        jobName="the-evaluation",
        roleArn=role,
        evaluationConfig={"automated": {"datasetMetricConfigs": [dataset]}},
        inferenceConfig={"models": [{"bedrockModel": answering}]},
        outputDataConfig={"s3Uri": f"s3://{BUCKET}/scores"},
    )["jobArn"]
    described = partial(bedrock.get_evaluation_job, jobIdentifier=arn)
    job = wait_until(described, lambda job: job["status"] != "InProgress", interval=0.1, timeout=90)
    assert job["status"] == "Completed", job
    found = server.clients().s3.list_objects_v2(Bucket=BUCKET, Prefix="scores/the-evaluation/")
    (key,) = [one["Key"] for one in found["Contents"]]
    body = server.clients().s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    lines = [json.loads(line) for line in body.splitlines()]
    assert [line["inputRecord"] for line in lines] == [right, wrong]
    results = [line["automatedEvaluationResult"]["scores"][0]["result"] for line in lines]
    assert results == [1.0, 0.0]
    assert {line["modelResponses"][0]["response"] for line in lines} == {answer["text"]}
