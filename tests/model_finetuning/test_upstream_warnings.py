"""What Burnish has in a better way is taken with a warning that says which, at the caller's own line."""

from __future__ import annotations

import warnings

import pytest
from botocore.awsrequest import AWSResponse

from idp_common.model_finetuning import (
    FinetuningJobConfig,
    ModelFinetuningService,
    ProvisionedThroughputConfig,
)
from idp_common.model_finetuning.models import CustomModelDeploymentConfig

NOVA_LITE = "amazon.nova-lite-v1:0"
JOB = {
    "base_model": NOVA_LITE,
    "training_data_uri": "s3://bucket/train.jsonl",
    "role_arn": "arn:aws:iam::123456789012:role/Role",
    "output_uri": "s3://bucket/output/",
    "job_name": "my-job",
    "model_name": "my-model",
}
NETWORK = {"subnetIds": ["subnet-0a"], "securityGroupIds": ["sg-0b"]}


def check(service, **changes):
    return service.check_finetuning_job(FinetuningJobConfig(**{**JOB, **changes}), has_role=False)


USES = {
    "arguments by position": (
        lambda service: FinetuningJobConfig(NOVA_LITE, "s3://bucket/a.jsonl", "role"),
        "name them",
    ),
    "throughput by position": (lambda service: ProvisionedThroughputConfig("model", "name"), "name them"),
    "deployment by position": (lambda service: CustomModelDeploymentConfig("model", "name"), "name them"),
    "a changed config": (
        lambda service: setattr(FinetuningJobConfig(**JOB), "job_name", "another"),
        "dataclasses.replace",
    ),
    "a dictionary": (
        lambda service: service.check_finetuning_job(JOB, has_role=False),
        "burnish.FinetuningJobConfig",
    ),
    "client_request_token": (lambda service: check(service, client_request_token="t"), "recognized"),
    "vpc_config": (lambda service: check(service, vpc_config=NETWORK), "burnish.VpcConfig"),
    "tags": (lambda service: check(service, tags={"a": "b"}), "job_tags and model_tags"),
    "no output": (lambda service: check(service, output_uri=None), "s3://bucket/output/"),
    "no model's name": (lambda service: check(service, model_name=None), "'my-job'"),
    "validation data that a model does not take": (
        lambda service: check(
            service, base_model="amazon.nova-2-lite-v1:0", validation_data_uri="s3://bucket/b.jsonl"
        ),
        "takes none",
    ),
    "a base model in the place of short names": (
        lambda service: ModelFinetuningService(config={"model_finetuning": {"base_models": NOVA_LITE}}),
        "map short names",
    ),
    "job_identifier": (lambda service: service.get_job_status(job_identifier="my-job"), "job_arn"),
    "provisioned_model_id": (
        lambda service: service.get_provisioned_throughput(provisioned_model_id="my-throughput"),
        "provisioned_model_arn",
    ),
    "get_provisioned_throughput_status": (
        lambda service: service.get_provisioned_throughput_status("my-throughput"),
        "get_provisioned_throughput",
    ),
    "no limit": (lambda service: service.wait_for_job_completion("my-job"), "86_400"),
}


@pytest.fixture
def answering(clients, described):
    """A service about whose job and throughput Bedrock says that they are done, however often it is asked."""
    answers = {
        "GetModelCustomizationJob": described["job"] | {"status": "Completed"},
        "GetProvisionedModelThroughput": described["throughput"] | {"status": "InService"},
    }
    for operation, answer in answers.items():
        clients.bedrock.meta.events.register(
            f"before-call.bedrock.{operation}",
            lambda answer=answer, **_: (AWSResponse("http://127.0.0.1:1", 200, {}, None), answer),
        )
    return ModelFinetuningService(clients=clients)


@pytest.mark.parametrize(("use", "better"), USES.values(), ids=USES)
def test_a_use_is_warned_of_at_the_callers_line(answering, use, better):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        use(answering)
    (warning,) = caught
    assert warning.category is DeprecationWarning
    assert better in str(warning.message)
    assert warning.filename == __file__


@pytest.mark.filterwarnings("error")
def test_what_both_take_alike_is_taken_in_silence(service, bedrock, described):
    check(service, validation_data_uri="s3://bucket/b.jsonl", hyperparameters={"epochCount": "1"})
    bedrock.add_response("get_model_customization_job", described["job"] | {"status": "Completed"})
    job = service.wait_for_job_completion("my-job", model_type="nova", polling_interval=1, max_wait_time=60)
    assert (job.failure_reason, job.metrics, job.model_type) == (None, None, "nova")
