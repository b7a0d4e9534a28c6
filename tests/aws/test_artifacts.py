import threading

import pytest

from burnish.aws import artifacts, objects

ARN = "arn:aws:bedrock:us-east-1:123456789012:model-customization-job/amazon.nova-lite-v1:0:300k/abcdefghijkl"
TRAINING = b"step_number,epoch_number,training_loss,perplexity\n0,0,2.5,12.18\n1,0,1.5,4.48\n"
VALIDATION = b"step_number,epoch_number,validation_loss,perplexity\n1,1,0.5,1.65\n"


def write(s3, folder, path, body):
    objects.upload_bytes(s3, folder.child(f"output/model-customization-job-{path}"), body)


def test_the_training_loss_is_read_step_by_step(s3, s3_folder):
    write(s3, s3_folder, "abcdefghijkl/training_artifacts/step_wise_training_metrics.csv", TRAINING)
    write(s3, s3_folder, "zzzzzzzzzzzz/training_artifacts/step_wise_training_metrics.csv", TRAINING)
    steps = artifacts.training_metrics(s3, f"{s3_folder}/output/", ARN)
    assert [(step.step, step.epoch, step.loss, step.perplexity) for step in steps] == [
        (0, 0, 2.5, 12.18),
        (1, 0, 1.5, 4.48),
    ]


@pytest.mark.parametrize(
    "path",
    [
        "validation_artifacts/post_fine_tuning_validation/validation_metrics.csv",
        "validation_artifacts/post_fine_tuning_validation/validation/validation_metrics.csv",
        "validation_artifacts/validation_metrics.csv",
    ],
)
def test_the_validation_loss_is_found_wherever_a_family_puts_it(s3, s3_folder, path):
    write(s3, s3_folder, f"abcdefghijkl/{path}", VALIDATION)
    assert [step.loss for step in artifacts.validation_metrics(s3, f"{s3_folder}/output", ARN)] == [0.5]


def test_before_there_are_metrics_there_are_no_steps(s3, s3_folder):
    assert artifacts.training_metrics(s3, f"{s3_folder}/output/", ARN) == []


@pytest.fixture
def missing_for_a_moment(s3, s3_folder):
    """A metrics file that is missing when it is read, and back soon after."""
    path = "abcdefghijkl/training_artifacts/step_wise_training_metrics.csv"
    write(s3, s3_folder, path, TRAINING)
    again = threading.Timer(0.05, write, (s3, s3_folder, path, TRAINING))

    def take_away(**_):
        if not again.ident:
            key = f"{s3_folder.key}/output/model-customization-job-{path}"
            s3.delete_object(Bucket=s3_folder.bucket, Key=key)
            again.start()

    s3.meta.events.register("before-call.s3.GetObject", take_away)
    yield f"{s3_folder}/output/"
    s3.meta.events.unregister("before-call.s3.GetObject", take_away)
    again.join()


def test_a_file_that_is_being_replaced_is_read_once_it_is_there(s3, missing_for_a_moment):
    assert len(artifacts.training_metrics(s3, missing_for_a_moment, ARN)) == 2
