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
