"""Evaluations that are run against the real S3 server, of a model that repeats its prompts."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from uuid import uuid4

import pytest
from batch_control import CALLER, ROLE, Inference, done

from burnish.engine.catalogue import DEFAULT_MODEL
from burnish.errors import ModelFailed
from burnish.server.arns import id_in
from burnish.server.backups import back_up
from burnish.server.batch.batch_folder import batch_folder
from burnish.server.batch.batch_run import BatchRunner
from burnish.server.bedrock import evaluation_jobs
from burnish.server.bedrock.runtime.operations import runtime_handlers
from burnish.server.iam.store import IamStore
from burnish.server.resources import EvaluationJob
from burnish.server.store import Store
from burnish.server.wire.call import Call, ServiceFault

pytestmark = pytest.mark.usefixtures("quick", "role")
PAGES = [
    {"prompt": "Invoice", "referenceResponse": "invoice", "category": "bills", "page": 1},
    {"prompt": "a letter", "referenceResponse": "invoice"},
    {"prompt": "letter", "referenceResponse": "letter"},
]
QUESTIONS = [{"prompt": "in London", "referenceResponse": "London<OR>the United Kingdom"}]


def statements(*actions: str, resource: str = "*") -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def allow(control, *actions: str) -> None:
    """Let the role do these actions and nothing else."""
    document = statements(*actions)
    done(control, "PutRolePolicy", RoleName="batch", PolicyName="all", PolicyDocument=document)


@pytest.fixture
def role(control, quick):
    allow(control, "s3:*", "bedrock:InvokeModel")


def call(operation: str, **parameters) -> Call:
    return Call(service="bedrock", operation=operation, parameters=parameters, caller=CALLER)


def dataset(task: str, uri: str) -> dict:
    name = uri.rpartition("/")[2].partition(".")[0]
    return {
        "taskType": task,
        "dataset": {"name": name, "datasetLocation": {"s3Uri": uri}},
        "metricNames": ["Builtin.Accuracy"],
    }


@pytest.fixture
def submit(control, storage):
    """Accepts an evaluation of pages and questions, and gives its ARN."""

    def create(pages=PAGES, *, body: bytes | None = None, **changes) -> str:
        bucket = f"evaluation-{uuid4().hex[:12]}"
        storage._client.create_bucket(Bucket=bucket)
        lines = b"\n".join(json.dumps(page).encode() for page in pages)
        storage.write(f"s3://{bucket}/pages.jsonl", lines if body is None else body)
        storage.write(f"s3://{bucket}/questions.jsonl", json.dumps(QUESTIONS[0]).encode())
        datasets = [
            dataset("Classification", f"s3://{bucket}/pages.jsonl"),
            dataset("QuestionAndAnswer", f"s3://{bucket}/questions.jsonl"),
        ]
        asked = {
            "jobName": bucket,
            "roleArn": ROLE,
            "evaluationConfig": {"automated": {"datasetMetricConfigs": datasets}},
            "inferenceConfig": {"models": [{"bedrockModel": {"modelIdentifier": DEFAULT_MODEL.id}}]},
            "outputDataConfig": {"s3Uri": f"s3://{bucket}/scores/"},
        }
        made = evaluation_jobs.create(control, call("CreateEvaluationJob", **{**asked, **changes}))
        return asyncio.run(made)["jobArn"]

    return create


@pytest.fixture
def described(control):
    return lambda arn: asyncio.run(evaluation_jobs.get(control, call("GetEvaluationJob", jobIdentifier=arn)))


@pytest.fixture
def scores_of(storage, described):
    """The lines of each output of an evaluation, by the path of its folder below that of the job."""

    def read(arn: str) -> dict[str, list[dict]]:
        job = described(arn)
        folder = f"{job['outputDataConfig']['s3Uri']}{job['jobName']}/{id_in(arn)}"
        return {
            name.rpartition("/")[0]: [
                json.loads(line) for line in storage.read(f"{folder}/{name}").splitlines()
            ]
            for name in storage.names(folder)
        }

    return read


def run(control, arn: str, inference: Inference) -> None:
    asyncio.run(BatchRunner(control, inference, runtime_handlers).run(arn))


def test_each_response_is_scored_and_lies_where_aws_puts_it(control, submit, described, scores_of):
    arn = submit()
    assert described(arn)["status"] == "InProgress"
    run(control, arn, Inference())
    assert described(arn)["status"] == "Completed"
    scores = scores_of(arn)
    model = f"models/{DEFAULT_MODEL.id}/taskTypes"
    pages = scores.pop(f"{model}/Classification/datasets/pages")
    (question,) = scores.pop(f"{model}/QuestionAndAnswer/datasets/questions")
    assert not scores
    assert pages[0] == {
        "automatedEvaluationResult": {"scores": [{"metricName": "Accuracy", "result": 1.0}]},
        "inputRecord": PAGES[0],
        "modelResponses": [{"modelIdentifier": DEFAULT_MODEL.id, "response": "Invoice"}],
    }
    results = [page["automatedEvaluationResult"]["scores"][0]["result"] for page in pages]
    assert results == [1.0, 0.0, 1.0]
    assert question["automatedEvaluationResult"]["scores"][0]["result"] == pytest.approx(2 / 3)


def test_the_model_is_asked_with_the_inference_parameters(control, submit, described):
    parameters = '{"inferenceConfig": {"maxTokens": 7}}'
    model = {"modelIdentifier": DEFAULT_MODEL.id, "inferenceParams": parameters}
    arn = submit(inferenceConfig={"models": [{"bedrockModel": model}]})
    inference = Inference()
    run(control, arn, inference)
    assert {asked.sampling.max_tokens for asked in inference.asked} == {7}
    assert described(arn)["inferenceConfig"] == {"models": [{"bedrockModel": model}]}


def test_a_prompt_without_a_response_has_no_score_and_says_why(control, submit, described, scores_of):
    arn = submit()
    run(control, arn, Inference(*[ModelFailed("it broke")] * 3))
    assert described(arn)["status"] == "Completed"
    lines = [line for lines in scores_of(arn).values() for line in lines]
    failed = [line for line in lines if not line["automatedEvaluationResult"]["scores"]]
    assert failed
    assert all(set(line["modelResponses"][0]) == {"modelIdentifier", "error"} for line in failed)


def test_an_evaluation_without_any_response_fails_with_the_reason(control, submit, described, scores_of):
    arn = submit()
    allow(control, "s3:*")
    run(control, arn, Inference())
    job = described(arn)
    assert job["status"] == "Failed"
    assert "has answered no prompt" in job["failureMessages"][0]
    assert "bedrock:InvokeModel" in job["failureMessages"][0]
    assert not scores_of(arn)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"prompt": "A page", "referenceResponse": "a"}\n{"prompt": 5}', "pages.jsonl: line 2: it has no"),
        (b'{"prompt": "A page"}', "no referenceResponse"),
        (b'{"prompt": " ", "referenceResponse": "a"}', "no prompt"),
        (b'{"prompt": "A page", "referenceResponse": "a", "category": 5}', "category"),
        (b'"A page"', "no JSON object"),
        (b"not JSON", "not JSON"),
        (b"\n", "holds no prompts"),
        (b'{"prompt": "A page", "referenceResponse": "a"}\n' * 1001, "more than 1,000 prompts"),
    ],
)
def test_a_line_that_is_no_prompt_is_named(control, submit, described, body, said):
    arn = submit(body=body)
    run(control, arn, Inference())
    job = described(arn)
    assert job["status"] == "Failed"
    assert said in job["failureMessages"][0]


def test_a_restored_server_goes_on_where_the_answers_end(control, submit, described, tmp_path):
    arn = submit([{"prompt": f"Page {number}", "referenceResponse": "a"} for number in range(60)])

    folder = batch_folder(control.data, id_in(arn))

    async def until_killed() -> None:
        runner = BatchRunner(control, Inference(seconds=0.05), runtime_handlers)
        running = asyncio.create_task(runner.run(arn))
        while not running.done() and not (folder.names and folder.tallies()[0].records):
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.wait([running])

    asyncio.run(until_killed())
    answered = folder.tallies()[0].records
    assert 0 < answered < 60
    back_up(control.data, tmp_path / "backup")
    run(control, arn, Inference())  # the first one ends as well
    store, iam = Store(tmp_path / "backup"), IamStore(tmp_path / "backup")
    restored = replace(control, data=tmp_path / "backup", store=store, iam=iam)
    inference = Inference()
    BatchRunner(restored, inference, runtime_handlers).clear_leftovers()
    run(restored, arn, inference)
    assert store.get(EvaluationJob, arn).status == "Completed"
    assert len(inference.asked) == 61 - answered
    store.close()
    iam.close()


def test_an_evaluation_that_was_stopped_writes_no_scores(control, submit, described, scores_of):
    arn = submit()
    stopping = evaluation_jobs.stop(control, call("StopEvaluationJob", jobIdentifier=arn))
    assert asyncio.run(stopping) == {}
    run(control, arn, Inference())
    assert described(arn)["status"] == "Stopped"
    assert not scores_of(arn)
    again = evaluation_jobs.stop(control, call("StopEvaluationJob", jobIdentifier=arn))
    with pytest.raises(ServiceFault, match="only one in progress can be stopped"):
        asyncio.run(again)


def test_only_evaluations_that_have_ended_are_deleted(control, submit):
    ended, waiting = submit(), submit()
    unknown = f"{ended[:-12]}nosuchnosuch"
    run(control, ended, Inference())
    asked = call("BatchDeleteEvaluationJob", jobIdentifiers=[ended, waiting, unknown])
    answer = asyncio.run(evaluation_jobs.batch_delete(control, asked))
    assert answer["evaluationJobs"] == [{"jobIdentifier": ended, "jobStatus": "Deleting"}]
    kept = {error["jobIdentifier"]: error["code"] for error in answer["errors"]}
    assert kept == {waiting: "ConflictException", unknown: "ResourceNotFoundException"}
    assert control.store.get(EvaluationJob, ended) is None


def test_lists_name_the_task_and_the_model(control, submit):
    arn = submit()
    asked = call("ListEvaluationJobs", nameContains=control.store.get(EvaluationJob, arn).name)
    (summary,) = asyncio.run(evaluation_jobs.list_jobs(control, asked))["jobSummaries"]
    assert summary["evaluationTaskTypes"] == ["Classification", "QuestionAndAnswer"]
    assert summary["modelIdentifiers"] == [DEFAULT_MODEL.id]
    asked = call("ListEvaluationJobs", applicationTypeEquals="RagEvaluation")
    assert asyncio.run(evaluation_jobs.list_jobs(control, asked)) == {"jobSummaries": None}


@pytest.mark.parametrize(
    ("allowed", "said"),
    [
        (["s3:*"], "allow it bedrock:InvokeModel"),
        (["s3:PutObject", "bedrock:InvokeModel"], "allow it s3:GetObject"),
        (["s3:GetObject", "bedrock:InvokeModel"], "allow it s3:PutObject"),
    ],
)
def test_a_role_that_lacks_a_right_is_refused_before_the_job_begins(control, submit, allowed, said):
    allow(control, *allowed)
    with pytest.raises(ServiceFault, match=said):
        submit()


def test_a_model_and_a_dataset_that_are_not_here_are_refused(submit):
    unknown = {"models": [{"bedrockModel": {"modelIdentifier": "amazon.nosuch-v1:0"}}]}
    with pytest.raises(ServiceFault, match=r"amazon\.nosuch-v1:0"):
        submit(inferenceConfig=unknown)
    nowhere = [dataset("Classification", "s3://no-such-bucket/pages.jsonl")]
    with pytest.raises(ServiceFault, match="no dataset at s3://no-such-bucket/pages"):
        submit(evaluationConfig={"automated": {"datasetMetricConfigs": nowhere}})


def test_a_name_and_a_token_are_used_once(control, submit):
    arn = submit(clientRequestToken="the-same")
    assert submit(clientRequestToken="the-same") == arn
    with pytest.raises(ServiceFault, match="currently in use"):
        submit(jobName=control.store.get(EvaluationJob, arn).name)
