"""What is read of a job's output for its page."""

from __future__ import annotations

from burnish.types import FinetuningJobResult, JobStatus
from burnish.ui.job_outputs import LossesAfterStep, job_output

ARN = "arn:aws:bedrock:us-east-1:123456789012:model-customization-job/amazon.nova-lite-v1:0/abcdefghijkl"
HEAD = "step_number,epoch_number,{}_loss,perplexity"


def job(bucket, folder):
    return FinetuningJobResult(
        job_arn=ARN, job_name="papers", status=JobStatus.IN_PROGRESS, output_uri=f"s3://{bucket}/{folder}/"
    )


def put(s3, bucket, folder, name, *lines):
    key = f"{folder}/model-customization-job-abcdefghijkl/{name}"
    s3.put_object(Bucket=bucket, Key=key, Body="\n".join(lines).encode())


def test_losses_of_training_and_validation_stand_side_by_side(object_store_clients, bucket):
    s3 = object_store_clients.s3
    training, validation = HEAD.format("training"), HEAD.format("validation")
    put(
        s3,
        bucket,
        "shown",
        "training_artifacts/step_wise_training_metrics.csv",
        training,
        "0,0,1.5,4.5",
        "1,0,0.5,1.6",
    )
    put(s3, bucket, "shown", "validation_artifacts/validation_metrics.csv", validation, "1,0,0.75,2.1")
    put(s3, bucket, "shown", "job.log", *(f"line {number}" for number in range(500)))
    found = job_output(object_store_clients, job(bucket, "shown"))
    assert found.losses == (
        LossesAfterStep(step=1, training=1.5, validation=None),
        LossesAfterStep(step=2, training=0.5, validation=0.75),
    )
    assert (found.log[0], found.log[-1]) == ("line 100", "line 499")
    assert found.problem is None


def test_a_job_whose_output_cannot_be_read_is_shown_without(object_store_clients):
    found = job_output(object_store_clients, job("no-such-bucket", "anywhere"))
    assert found.losses == ()
    assert "no-such-bucket" in found.problem
