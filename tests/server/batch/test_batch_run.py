"""Batches that are run against the real S3 server, with answers from a process that does as it is told."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from uuid import uuid4

import pytest
from batch_control import ACCOUNT, ALL, CALLER, REGION, ROLE, Inference, done
from image_bytes import saved
from PIL import Image

from burnish.engine.catalogue import DEFAULT_MODEL
from burnish.errors import CannotStart, ModelFailed, ServiceUnavailable, Throttled
from burnish.server.arns import id_in
from burnish.server.backups import back_up
from burnish.server.batch import answering
from burnish.server.batch.batch_run import BatchRunner
from burnish.server.bedrock import invocation_jobs
from burnish.server.bedrock.runtime.operations import runtime_handlers
from burnish.server.databases import StateUnavailable
from burnish.server.iam.store import IamStore
from burnish.server.job_input import JobRequest, S3Data
from burnish.server.resources import CustomModel, InvocationJob, Job
from burnish.server.s3.role_storage import RoleStorage
from burnish.server.store import Store
from burnish.server.wire.call import Call, ServiceFault
from burnish.server.wire.dispatch import INTERNAL_MESSAGE

MODEL = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:custom-model/{DEFAULT_MODEL.id}/abcdefghijkl"
RECORD = {"modelInput": {"messages": [{"role": "user", "content": [{"text": "A page"}]}]}}


pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def submit(control, storage):
    """Accepts a batch of so many records, and gives its ARN."""

    def create(count: int, *, record=RECORD, **changes) -> str:
        bucket = f"batch-{uuid4().hex[:12]}"
        storage._client.create_bucket(Bucket=bucket)
        storage.write(f"s3://{bucket}/in.jsonl", b"\n".join([json.dumps(record).encode()] * count))
        asked = {
            "jobName": bucket,
            "roleArn": ROLE,
            "modelId": DEFAULT_MODEL.id,
            "modelInvocationType": "Converse",
            "inputDataConfig": {"s3InputDataConfig": {"s3Uri": f"s3://{bucket}/in.jsonl"}},
            "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": f"s3://{bucket}/out"}},
        }
        call = Call(
            service="bedrock",
            operation="CreateModelInvocationJob",
            parameters={**asked, **changes},
            caller=CALLER,
        )
        return asyncio.run(invocation_jobs.create(control, call))["jobArn"]

    return create


@pytest.fixture
def job_of(control):
    return lambda arn: control.store.get(InvocationJob, arn)


@pytest.fixture
def output_of(storage, job_of):
    def read(arn: str, name: str) -> list[dict]:
        folder = f"{job_of(arn).batch_request.output.s3_uri}/{id_in(arn)}"
        return [json.loads(line) for line in storage.read(f"{folder}/{name}").splitlines()]

    return read


def test_no_more_than_sixteen_records_are_in_work_at_once(control, submit, job_of):
    inference = Inference(seconds=0.01)
    arn = submit(100)
    asyncio.run(BatchRunner(control, inference, runtime_handlers).run(arn))
    assert job_of(arn).status == "Completed"
    assert inference.most_at_once == 16


def test_a_record_that_is_throttled_is_asked_about_again(control, submit, output_of):
    arn = submit(3)
    trouble = [Throttled("too many"), CannotStart("not now"), Throttled("too many")]
    asyncio.run(BatchRunner(control, Inference(*trouble), runtime_handlers).run(arn))
    assert all("modelOutput" in line for line in output_of(arn, "in.jsonl.out"))


def test_a_batch_fails_with_the_reason_where_nothing_answers_for_long(
    control, submit, job_of, output_of, monkeypatch
):
    monkeypatch.setattr(answering, "MOST_UNAVAILABLE_SECONDS", 0.05)
    monkeypatch.setattr(answering, "AT_ONCE", 1)
    inference, arn = Inference(), submit(3)

    async def answer_once(request):
        if not inference.asked:
            return await Inference.answer(inference, request)
        raise CannotStart("The inference process keeps ending: killed by signal 9")

    inference.answer = answer_once
    asyncio.run(BatchRunner(control, inference, runtime_handlers).run(arn))
    job = job_of(arn)
    assert (job.status, job.successes) == ("Failed", 1)
    assert job.message == "The inference process keeps ending: killed by signal 9"
    (answered,) = output_of(arn, "in.jsonl.out")
    assert "modelOutput" in answered


def test_an_input_that_cannot_be_fetched_is_waited_for_until_the_batch_expires(
    control, submit, job_of, monkeypatch
):
    arn = submit(1)

    def fails(*_):
        raise ServiceUnavailable("The S3 server does not answer")

    monkeypatch.setattr(RoleStorage, "fetch", fails)
    with pytest.raises(ServiceUnavailable):
        asyncio.run(BatchRunner(control, Inference(), runtime_handlers).run(arn))
    assert job_of(arn).status == "Validating"
    control.store.change(InvocationJob, arn, created_at=time.time() - 25 * 3600)
    asyncio.run(BatchRunner(control, Inference(), runtime_handlers).run(arn))
    assert (job_of(arn).status, job_of(arn).message) == ("Expired", "The S3 server does not answer")


def test_a_record_that_the_model_fails_at_is_an_error_of_its_own(control, submit, job_of, output_of):
    arn = submit(3)
    asyncio.run(BatchRunner(control, Inference(ModelFailed("it broke")), runtime_handlers).run(arn))
    job = job_of(arn)
    assert (job.status, job.successes, job.failures) == ("Completed", 2, 1)
    failed, *others = output_of(arn, "in.jsonl.out")
    assert failed["error"] == {"errorCode": 424, "errorMessage": "it broke"}
    assert all("error" not in line for line in others)


@pytest.mark.parametrize(("failures", "succeeds"), [(2, True), (3, False)])
def test_a_record_that_the_server_fails_at_is_tried_three_times_and_then_an_error(
    control, submit, job_of, output_of, failures, succeeds
):
    arn = submit(1)
    broken = [RuntimeError("a bug")] * failures
    asyncio.run(BatchRunner(control, Inference(*broken), runtime_handlers).run(arn))
    assert job_of(arn).status == "Completed"
    (line,) = output_of(arn, "in.jsonl.out")
    assert ("modelOutput" in line) is succeeds
    if not succeeds:
        assert line["error"] == {"errorCode": 500, "errorMessage": INTERNAL_MESSAGE}


def test_a_batch_waits_while_the_state_cannot_be_read(control, submit, job_of):
    arn = submit(1)
    trouble = StateUnavailable(control.data, "is not there")
    with pytest.raises(StateUnavailable):
        asyncio.run(BatchRunner(control, Inference(trouble), runtime_handlers).run(arn))
    assert job_of(arn).status == "InProgress"
    asyncio.run(BatchRunner(control, Inference(), runtime_handlers).run(arn))
    assert (job_of(arn).status, job_of(arn).successes) == ("Completed", 1)


def test_a_batch_that_runs_out_of_time_keeps_what_was_answered(control, submit, job_of, output_of):
    arn = submit(200)

    async def run() -> None:
        running = asyncio.create_task(
            BatchRunner(control, Inference(seconds=0.05), runtime_handlers).run(arn)
        )
        while not job_of(arn).successes:
            await asyncio.sleep(0.01)
        control.store.change(InvocationJob, arn, created_at=time.time() - 25 * 3600)
        await running

    asyncio.run(run())
    job = job_of(arn)
    assert job.status == "PartiallyCompleted"
    assert 0 < job.successes < 200
    (manifest,) = output_of(arn, "manifest.json.out")
    assert (manifest["totalRecordCount"], manifest["processedRecordCount"]) == (200, job.successes)
    assert len(output_of(arn, "in.jsonl.out")) == job.successes


def test_a_restored_server_goes_on_with_a_batch_where_it_was(control, submit, job_of, output_of, tmp_path):
    arn = submit(60)

    async def run_until_it_is_backed_up() -> None:
        running = asyncio.create_task(
            BatchRunner(control, Inference(seconds=0.05), runtime_handlers).run(arn)
        )
        while not job_of(arn).successes:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(back_up, control.data, tmp_path / "backup")
        running.cancel()
        await asyncio.wait([running])

    asyncio.run(run_until_it_is_backed_up())
    store, iam = Store(tmp_path / "backup"), IamStore(tmp_path / "backup")
    restored = replace(control, data=tmp_path / "backup", store=store, iam=iam)
    inference = Inference()
    asyncio.run(BatchRunner(restored, inference, runtime_handlers).run(arn))
    job = store.get(InvocationJob, arn)
    assert (job.status, job.successes) == ("Completed", 60)
    assert 0 < len(inference.asked) < 60
    assert len(output_of(arn, "in.jsonl.out")) == 60


def test_one_batch_is_answered_at_a_time_and_the_others_wait_until_they_expire(control, submit, job_of):
    first, second = submit(100), submit(1)

    async def run() -> None:
        runner = BatchRunner(control, Inference(seconds=0.05), runtime_handlers)
        one = asyncio.create_task(runner.run(first))
        while job_of(first).status != "InProgress":
            await asyncio.sleep(0.01)
        two = asyncio.create_task(runner.run(second))
        while job_of(second).status != "Scheduled":
            await asyncio.sleep(0.01)
        control.store.change(InvocationJob, second, created_at=time.time() - 25 * 3600)
        await two
        assert not one.done()
        await one

    asyncio.run(run())
    assert (job_of(first).status, job_of(second).status) == ("Completed", "Expired")


def test_a_batch_names_a_custom_model_itself(control, submit, job_of):
    data = S3Data(s3_uri="s3://documents/train.jsonl")
    request = JobRequest(
        role_arn=ROLE,
        base_model_identifier=DEFAULT_MODEL.id,
        training_data_config=data,
        output_data_config=data,
    )
    made = {"region": REGION, "base_model_id": DEFAULT_MODEL.id, "weights_id": DEFAULT_MODEL.id}
    job = Job(arn="a-job", name="a-job", model_name="mine", request=request, hyperparameters={}, **made)
    control.store.add(job)
    control.store.add(CustomModel(arn=MODEL, name="mine", job_arn=job.arn, adapter="models/a", **made))
    inference, arn = Inference(), submit(1, modelId=MODEL)
    asyncio.run(BatchRunner(control, inference, runtime_handlers).run(arn))
    assert job_of(arn).status == "Completed"
    (asked,) = inference.asked
    assert asked.place.tuned == control.data / "models" / "a"


@pytest.mark.parametrize(
    ("model", "record", "text_of"),
    [
        ("amazon.nova-lite-v1:0", RECORD, lambda out: out["output"]["message"]["content"][0]["text"]),
        (
            "meta.llama3-2-1b-instruct-v1:0",
            {"modelInput": {"prompt": "A page"}},
            lambda out: out["generation"],
        ),
    ],
)
def test_a_batch_without_a_type_is_in_the_models_own_format(
    control, submit, job_of, output_of, model, record, text_of
):
    arn = submit(2, record=record, modelId=model, modelInvocationType="InvokeModel")
    asyncio.run(BatchRunner(control, Inference(), runtime_handlers).run(arn))
    assert job_of(arn).status == "Completed"
    assert [text_of(line["modelOutput"]) for line in output_of(arn, "in.jsonl.out")] == ["A page"] * 2
    (manifest,) = output_of(arn, "manifest.json.out")
    assert (manifest["inputTokenCount"], manifest["outputTokenCount"]) == (6, 4)


def test_what_has_no_effect_is_said(control, submit, job_of):
    network = {"subnetIds": ["subnet-1"], "securityGroupIds": ["sg-1"]}
    job = job_of(submit(1, vpcConfig=network))
    described = invocation_jobs._described(job)
    assert {name: list(ids) for name, ids in described["vpcConfig"].items()} == network
    assert described["message"] == "vpcConfig: kept, without effect on this server"


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        ("*", {"modelOutput"}),
        ("arn:aws:s3:::batch-*", {"error"}),
    ],
)
def test_the_images_of_records_are_read_with_the_rights_of_the_role(
    control, storage, submit, output_of, allowed, expected
):
    bucket = f"pages-{uuid4().hex[:12]}"
    storage._client.create_bucket(Bucket=bucket)
    storage.write(f"s3://{bucket}/page.png", saved(Image.new("L", (40, 40), 255), "PNG"))
    image = {"format": "png", "source": {"s3Location": {"uri": f"s3://{bucket}/page.png"}}}
    record = {
        "modelInput": {"messages": [{"role": "user", "content": [{"image": image}, {"text": "Label"}]}]}
    }
    limited = json.loads(ALL)
    limited["Statement"]["Resource"] = allowed
    done(control, "PutRolePolicy", RoleName="batch", PolicyName="all", PolicyDocument=json.dumps(limited))
    arn = submit(1, record=record)
    asyncio.run(BatchRunner(control, Inference(), runtime_handlers).run(arn))
    (line,) = output_of(arn, "in.jsonl.out")
    assert {*line} - {"recordId", "modelInput"} == expected
    if "error" in expected:
        assert line["error"]["errorCode"] == 403
        assert f"s3:GetObject on resource: arn:aws:s3:::{bucket}/page.png" in line["error"]["errorMessage"]


def test_a_role_that_lost_its_rights_fails_the_batch(control, submit, job_of):
    arn = submit(1)
    done(control, "DeleteRolePolicy", RoleName="batch", PolicyName="all")
    asyncio.run(BatchRunner(control, Inference(), runtime_handlers).run(arn))
    assert job_of(arn).status == "Failed"
    assert "allow s3:GetObject" in job_of(arn).message


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"inputDataConfig": {"s3InputDataConfig": {"s3Uri": "s3://no-such-bucket/a.jsonl"}}}, "no input at"),
        ({"outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://no-such-bucket/"}}}, "PutObject"),
        ({"roleArn": f"arn:aws:iam::{ACCOUNT}:role/other"}, "Could not assume provided IAM role"),
        ({"modelId": "local.unknown-v1:0"}, "model identifier 'local.unknown-v1:0' is invalid"),
        (
            {"inputDataConfig": {"s3InputDataConfig": {"s3Uri": "s3://b", "s3BucketOwner": "210987654321"}}},
            "No bucket of the account 210987654321 is here",
        ),
    ],
)
def test_what_cannot_be_run_is_refused_before_it_is_accepted(submit, changes, said):
    with pytest.raises(ServiceFault, match=said):
        submit(1, **changes)


def test_an_operation_that_the_server_lacks_fails_the_batch_by_name(control, submit, job_of):
    arn = submit(1)
    asyncio.run(BatchRunner(control, Inference(), lambda *_: {}).run(arn))
    assert job_of(arn).status == "Failed"
    assert job_of(arn).message == "This server does not support Converse: give another modelInvocationType"
