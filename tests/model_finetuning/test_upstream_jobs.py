"""Jobs as upstream's callers ask for them: what is sent to Bedrock, and what comes back."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

import burnish
from burnish.aws.objects import S3Uri, read_bytes, upload_bytes
from burnish.errors import InvalidConfig, NotFound, WaitTimeout
from burnish.records import classification_prompt, classification_record, line_of
from idp_common.model_finetuning import FinetuningJobConfig, JobStatus, ModelFinetuningService

JOB = "arn:aws:bedrock:us-east-1:123456789012:model-customization-job/amazon.nova-lite-v1:0:300k/abcdefghijkl"
NOVA_LITE = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0:300k"
ROLE = "arn:aws:iam::123456789012:role/BedrockFinetuningRole"

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def asked_for(**changes):
    given = {
        "base_model": NOVA_LITE,
        "training_data_uri": "s3://bucket/data/train.jsonl",
        "validation_data_uri": "s3://bucket/data/validation.jsonl",
        "role_arn": ROLE,
        "output_uri": "s3://bucket/output/",
        "job_name": "my-job",
        "model_name": "my-model",
    }
    return {**given, **changes}


@pytest.fixture
def sent(service, bedrock, requests):
    """Create a job, and give what is sent for it."""

    def create(config, by=service):
        bedrock.add_client_error("get_model_customization_job", "ResourceNotFoundException", "none", 404)
        bedrock.add_response("create_model_customization_job", {"jobArn": JOB})
        by.create_finetuning_job(config)
        return requests["CreateModelCustomizationJob"]

    return create


@pytest.mark.parametrize(
    "made",
    [
        asked_for,
        lambda: FinetuningJobConfig(**asked_for()),
        lambda: FinetuningJobConfig(
            *(NOVA_LITE, "s3://bucket/data/train.jsonl", ROLE, "s3://bucket/output/", "my-job", "my-model"),
            "s3://bucket/data/validation.jsonl",
        ),
        lambda: burnish.FinetuningJobConfig(**asked_for(hyperparameters={"epochCount": "2"})),
    ],
    ids=["a dictionary", "by name", "by position", "burnish's own"],
)
def test_a_job_is_made_from_whatever_names_its_parts(sent, made):
    request = sent(made())
    assert request["jobName"] == "my-job"
    assert request["customModelName"] == "my-model"
    assert request["roleArn"] == ROLE
    assert request["trainingDataConfig"] == {"s3Uri": "s3://bucket/data/train.jsonl"}
    assert request["hyperParameters"]["epochCount"] == "2"


def test_a_config_is_used_as_it_is_when_the_job_is_created(sent):
    config = FinetuningJobConfig(base_model="", training_data_uri="", role_arn="")
    for name, value in asked_for(hyperparameters={"epochCount": "5"}).items():
        setattr(config, name, value)
    assert sent(config)["hyperParameters"] == {"epochCount": "5"}


def test_validation_data_go_before_a_split(sent):
    request = sent(asked_for(validation_split=0.3))
    assert request["validationDataConfig"] == {"validators": [{"s3Uri": "s3://bucket/data/validation.jsonl"}]}
    assert request["trainingDataConfig"] == {"s3Uri": "s3://bucket/data/train.jsonl"}


@pytest.mark.parametrize("split", [0, 0.0, None])
def test_no_split_sets_no_records_aside(sent, split):
    assert "validationDataConfig" not in sent(asked_for(validation_data_uri=None, validation_split=split))


def test_a_model_that_takes_no_validation_data_is_sent_none(sent):
    request = sent(asked_for(base_model="us.amazon.nova-2-lite-v1:0"))
    assert "validationDataConfig" not in request
    assert request["trainingDataConfig"] == {"s3Uri": "s3://bucket/data/train.jsonl"}


def test_names_that_the_service_requires_are_found_where_upstream_leaves_them_out(sent):
    request = sent(asked_for(job_name="my.first-job+1", model_name=None, output_uri=None))
    assert request["customModelName"] == "my-first-job-1"
    assert request["outputDataConfig"] == {"s3Uri": "s3://bucket/data/output/"}


def test_a_network_is_given_as_aws_spells_it(sent):
    network = {"subnetIds": ["subnet-0a"], "securityGroupIds": ["sg-0b"]}
    assert sent(asked_for(vpc_config=network))["vpcConfig"] == network


@pytest.mark.parametrize(
    "tags", [{"team": "a"}, [{"key": "team", "value": "a"}], [{"Key": "team", "Value": "a"}]]
)
def test_tags_are_those_of_the_job_and_of_its_model(sent, tags):
    request = sent(asked_for(tags=tags))
    assert request["jobTags"] == request["customModelTags"] == [{"key": "team", "value": "a"}]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {"epochCount": "2", "learningRate": "0.00001", "batchSize": "1"}),
        ({"base_models": NOVA_LITE}, {"epochCount": "2", "learningRate": "0.00001", "batchSize": "1"}),
        ({"hyperparameters": {"default": {"epochCount": "3"}}}, {"epochCount": "3"}),
    ],
    ids=["no configuration", "a model alone", "a configuration"],
)
def test_hyperparameters_come_from_the_configuration_or_are_upstreams(sent, clients, settings, expected):
    service = ModelFinetuningService(config={"model_finetuning": settings}, clients=clients)
    assert sent(asked_for(), by=service)["hyperParameters"] == expected


def test_some_hyperparameters_are_not_filled_up(sent):
    assert sent(asked_for(hyperparameters={"epochCount": "4"}))["hyperParameters"] == {"epochCount": "4"}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"base_model": ""}, "base_model"),
        ({"role_arn": ""}, "role_arn"),
        ({"training_data_uri": ""}, "training_data_uri"),
        ({"job_name": None}, "job_name"),
        ({"hyperparameters": {"epochCount": "9"}}, "epochCount"),
        ({"model_type": "nowa"}, "nowa"),
        ({"validation_data_uri": None, "validation_split": 1.5}, "validation_split"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_spent(service, bedrock, changes, says):
    with pytest.raises(ValueError, match=says):
        service.create_finetuning_job(asked_for(**changes))


def test_a_field_that_upstream_has_not_is_a_type_error(service):
    with pytest.raises(TypeError, match="epochs"):
        service.create_finetuning_job(asked_for(epochs=3))


def test_a_job_is_pending_until_the_service_describes_it(service, bedrock, described):
    bedrock.add_client_error("get_model_customization_job", "ResourceNotFoundException", "none", 404)
    bedrock.add_response("create_model_customization_job", {"jobArn": JOB})
    created = service.create_finetuning_job(asked_for())
    assert (created.status, created.job_arn, created.job_name) == (JobStatus.PENDING, JOB, "my-job")
    bedrock.add_response("get_model_customization_job", described["job"] | {"status": "InProgress"})
    assert service.get_job_status(created.job_arn).status is JobStatus.IN_PROGRESS


def test_a_failed_job_says_why_and_with_which_losses(service, bedrock, described):
    failed = {
        "status": "Failed",
        "failureMessage": "no such bucket",
        "trainingMetrics": {"trainingLoss": 0.5},
    }
    bedrock.add_response("get_model_customization_job", described["job"] | failed)
    job = service.wait_for_job_completion("my-job")
    assert (job.status, job.failure_reason, job.metrics) == (
        JobStatus.FAILED,
        "no such bucket",
        {"training_loss": 0.5},
    )


@pytest.mark.parametrize("limit", [None, 0, 3600])
def test_a_job_is_waited_for_with_or_without_a_limit(service, bedrock, described, limit):
    for status in ("InProgress", "Completed"):
        bedrock.add_response("get_model_customization_job", described["job"] | {"status": status})
    job = service.wait_for_job_completion(
        job_identifier="my-job", model_type="nova", polling_interval=0.01, max_wait_time=limit
    )
    assert job.status is JobStatus.COMPLETED


def test_a_wait_that_is_over_never_looks_like_success(service, bedrock, described):
    for _ in range(2):
        bedrock.add_response("get_model_customization_job", described["job"] | {"status": "InProgress"})
    with pytest.raises(WaitTimeout):
        service.wait_for_job_completion("my-job", polling_interval=60, max_wait_time=1)


def test_a_job_without_an_identifier_is_a_type_error(service):
    with pytest.raises(TypeError, match="job_arn"):
        service.get_job_status(model_type="nova")


@pytest.mark.parametrize("kind", [ClientError, NotFound])
def test_an_error_of_the_service_is_botocores_and_burnishs(service, bedrock, kind):
    bedrock.add_client_error("get_model_customization_job", "ResourceNotFoundException", "no such job", 404)
    with pytest.raises(kind) as caught:
        service.get_job_status("none")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert caught.value.operation_name == caught.value.operation == "GetModelCustomizationJob"
    assert "describe the fine-tuning job 'none'" in str(caught.value)


@pytest.mark.parametrize(
    ("uri", "parts"), [("s3://bucket/a/b.jsonl", ("bucket", "a/b.jsonl")), ("s3://bucket", ("bucket", ""))]
)
def test_an_s3_uri_is_a_bucket_and_a_key(service, uri, parts):
    assert service._parse_s3_uri(uri) == parts
    with pytest.raises(InvalidConfig):
        service._parse_s3_uri("https://bucket/file.jsonl")


def test_a_split_leaves_its_source_as_it_is(object_store_clients, s3_folder):
    prompt = classification_prompt(["invoice", "letter"])
    lines = [
        line_of(
            classification_record(
                prompt,
                image_uri=f"s3://b/{number}.png",
                bucket_owner="1" * 12,
                label=prompt.labels[number % 2],
            )
        )
        for number in range(20)
    ]
    source = s3_folder.child("train.jsonl")
    upload_bytes(object_store_clients.s3, source, b"".join(lines))
    service = ModelFinetuningService(clients=object_store_clients)
    for _ in range(2):
        parts = service._prepare_data_split(str(source), validation_split=0.3)
    assert read_bytes(object_store_clients.s3, source) == b"".join(lines)
    training, validation = (
        read_bytes(object_store_clients.s3, S3Uri.parse(parts[name])).splitlines(keepends=True)
        for name in ("training_data_uri", "validation_data_uri")
    )
    assert (len(training), len(validation)) == (14, 6)
    assert sorted(training + validation) == sorted(lines)


def test_validation_data_are_no_reason_to_split(service):
    given = {"training_data_uri": "s3://bucket/a.jsonl", "validation_data_uri": "s3://bucket/b.jsonl"}
    assert service._prepare_data_split(**given) == given
