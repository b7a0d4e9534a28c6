"""The seed's snippets, with its argument names, against botocore's own shapes."""

from datetime import UTC, datetime

import pytest
from botocore.awsrequest import AWSResponse
from botocore.stub import Stubber

from burnish import FinetuningJobConfig, ModelFinetuningService, ProvisionedThroughputConfig
from burnish.aws.clients import AccessKey, open_clients
from burnish.errors import InvalidConfig
from burnish.settings import Settings, resolve_settings, settings_from
from burnish.types import JobStatus, ProvisioningStatus

NOVA_LITE = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0:300k"
JOB = "arn:aws:bedrock:us-east-1:123456789012:model-customization-job/amazon.nova-lite-v1:0:300k/abcdefghijkl"
MODEL = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-lite-v1:0:300k/abcdefghijkl"
THROUGHPUT = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl"
WHEN = datetime(2026, 1, 2, tzinfo=UTC)

CONFIG = {
    "model_finetuning": {
        "base_models": {
            "nova_lite": NOVA_LITE,
            "nova_micro": {"id": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0:128k"},
        },
        "hyperparameters": {
            "default": {
                "epochCount": "3",
                "learningRate": "0.00001",
                "batchSize": "1",
            }
        },
    }
}


@pytest.fixture
def clients():
    """Clients of an endpoint at which nobody answers. S3 denies everything: then data is not checked."""
    key = AccessKey(access_key_id="a", secret_access_key="b")
    opened = open_clients(region="us-east-1", endpoint_url="http://127.0.0.1:1", credentials=key)
    denial = AWSResponse("http://127.0.0.1:1", 403, {}, None)
    error = {"Error": {"Code": "AccessDenied", "Message": "denied"}}
    opened.s3.meta.events.register("before-call.s3", lambda **_: (denial, error))
    return opened


@pytest.fixture
def bedrock(clients):
    with Stubber(clients.bedrock) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def service(clients):
    return ModelFinetuningService(region="us-east-1", config=CONFIG, clients=clients)


def job_config(**changes):
    return FinetuningJobConfig(
        **{
            "base_model": NOVA_LITE,
            "training_data_uri": "s3://bucket/training.jsonl",
            "validation_data_uri": "s3://bucket/validation.jsonl",
            "output_uri": "s3://bucket/output/",
            "role_arn": "arn:aws:iam::123456789012:role/BedrockFinetuningRole",
            "job_name": "model-finetuning-job",
            "model_name": "finetuned-model",
            "hyperparameters": {"epochCount": "2", "learningRate": "0.00001", "batchSize": "1"},
            "model_type": "nova",
        }
        | changes
    )


def described_job(status: str) -> dict:
    return {
        "jobArn": JOB,
        "jobName": "model-finetuning-job",
        "outputModelName": "finetuned-model",
        "roleArn": "arn:aws:iam::123456789012:role/BedrockFinetuningRole",
        "status": status,
        "creationTime": WHEN,
        "baseModelArn": NOVA_LITE,
        "trainingDataConfig": {"s3Uri": "s3://bucket/training.jsonl"},
        "validationDataConfig": {"validators": []},
        "outputDataConfig": {"s3Uri": "s3://bucket/output/"},
    } | ({"outputModelArn": MODEL} if status == "Completed" else {})


def described_throughput(status: str) -> dict:
    arns = {"modelArn": MODEL, "desiredModelArn": MODEL, "foundationModelArn": NOVA_LITE}
    times = {"creationTime": WHEN, "lastModifiedTime": WHEN}
    units = {"modelUnits": 1, "desiredModelUnits": 1}
    return {
        "provisionedModelArn": THROUGHPUT,
        "provisionedModelName": "finetuned-model-provisioned",
        "status": status,
        **(arns | times | units),
    }


def test_a_job_is_created_and_followed_as_the_seed_shows(service, bedrock):
    bedrock.add_client_error("get_model_customization_job", "ResourceNotFoundException", "none", 404)
    bedrock.add_response("create_model_customization_job", {"jobArn": JOB})
    job_result = service.create_finetuning_job(job_config())
    assert job_result.job_arn == JOB

    bedrock.add_response("get_model_customization_job", described_job("InProgress"))
    status = service.get_job_status(job_result.job_arn, model_type="nova")
    assert f"{status.status}" == "InProgress"

    bedrock.add_response("get_model_customization_job", described_job("Completed"))
    final_status = service.wait_for_job_completion(
        job_result.job_arn, model_type="nova", polling_interval=60, max_wait_time=3600
    )
    assert (final_status.status, final_status.model_id) == (JobStatus.COMPLETED, MODEL)


def test_throughput_is_created_waited_for_and_deleted_as_the_seed_shows(service, bedrock):
    throughput_config = ProvisionedThroughputConfig(
        model_id=MODEL, provisioned_model_name="finetuned-model-provisioned", model_units=1, model_type="nova"
    )
    bedrock.add_response("create_provisioned_model_throughput", {"provisionedModelArn": THROUGHPUT})
    throughput_result = service.create_provisioned_throughput(throughput_config)
    assert throughput_result.provisioned_model_id == "abcdefghijkl"

    bedrock.add_response("get_provisioned_model_throughput", described_throughput("InService"))
    final_throughput_status = service.wait_for_provisioning_completion(
        throughput_result.provisioned_model_arn, model_type="nova", polling_interval=5, max_wait_time=1800
    )
    assert final_throughput_status.status is ProvisioningStatus.IN_SERVICE

    bedrock.add_response("get_provisioned_model_throughput", described_throughput("InService"))
    assert service.get_provisioning_status(THROUGHPUT).model_units == 1

    bedrock.add_response("delete_provisioned_model_throughput", {})
    service.delete_provisioned_throughput(throughput_result.provisioned_model_arn, model_type="nova")


@pytest.mark.parametrize(
    "call",
    [
        lambda service: service.create_finetuning_job(job_config(model_type="nowa")),
        lambda service: service.get_job_status(JOB, model_type="nowa"),
        lambda service: service.wait_for_job_completion(JOB, model_type="nowa"),
        lambda service: service.get_provisioned_throughput(THROUGHPUT, model_type="nowa"),
        lambda service: service.wait_for_provisioning_completion(THROUGHPUT, model_type="nowa"),
        lambda service: service.delete_provisioned_throughput(THROUGHPUT, model_type="nowa"),
    ],
)
def test_an_unknown_model_type_is_refused_before_any_call(service, bedrock, call):
    with pytest.raises(InvalidConfig, match="'nowa'"):
        call(service)


def test_the_service_is_made_without_contacting_anyone(monkeypatch):
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    ModelFinetuningService()


def test_a_role_is_made_with_the_seeds_name(service, clients):
    role = {
        "Path": "/",
        "RoleName": "IDPModelCustomizationRoleuseast1",
        "RoleId": "AROAEXAMPLEEXAMPLE00",
        "Arn": "arn:aws:iam::123456789012:role/IDPModelCustomizationRoleuseast1",
        "CreateDate": WHEN,
    }
    with Stubber(clients.iam) as iam, Stubber(clients.sts) as sts:
        sts.add_response("get_caller_identity", {"Account": "123456789012"})
        iam.add_client_error("get_role", "NoSuchEntity", "no role", 404)
        iam.add_response("create_role", {"Role": role})
        iam.add_response("put_role_policy", {})
        assert service.create_or_update_model_customization_role(buckets=["bucket"]) == role["Arn"]


def test_hyperparameters_come_from_the_job_then_the_settings_and_the_rest_is_left_to_the_service():
    choices = resolve_settings(job_config(hyperparameters={"batchSize": "4"}), settings_from(CONFIG))
    assert choices.hyperparameters == {"batchSize": "4", "epochCount": "3", "learningRate": "0.00001"}


def test_a_models_own_settings_go_before_those_for_all():
    own = {
        "nova_lite": {"batchSize": "2", "epochCount": "4"},
        "amazon.nova-lite-v1:0:300k": {"batchSize": "3"},
    }
    section = CONFIG["model_finetuning"]
    config = {"model_finetuning": {**section, "hyperparameters": {**section["hyperparameters"], **own}}}
    settings = settings_from(config)
    by_name = resolve_settings(job_config(base_model="nova_lite", hyperparameters={}), settings)
    assert (by_name.hyperparameters["batchSize"], by_name.hyperparameters["epochCount"]) == ("2", "4")
    by_id = resolve_settings(job_config(base_model=NOVA_LITE, hyperparameters={}), settings)
    assert (by_id.hyperparameters["batchSize"], by_id.hyperparameters["epochCount"]) == ("3", "3")
    other = resolve_settings(job_config(base_model="nova_micro", hyperparameters={}), settings)
    assert other.hyperparameters["epochCount"] == "3"


@pytest.mark.parametrize(
    "spelling",
    ["amazon.nova-lite-v1:0", "us.amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0:300k"],
)
def test_a_job_asks_for_the_id_with_the_context_suffix_however_the_model_is_called(spelling):
    assert (
        resolve_settings(job_config(base_model=spelling), Settings()).base_model_id
        == NOVA_LITE.rpartition("/")[2]
    )
    arn = f"arn:aws:bedrock:us-east-1::foundation-model/{spelling}"
    assert resolve_settings(job_config(base_model=arn), Settings()).base_model_id == NOVA_LITE


def test_a_custom_model_is_tuned_further_under_its_own_arn():
    custom = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-lite-v1:0:300k/abcdefghijkl"
    choices = resolve_settings(job_config(base_model=custom), Settings())
    assert choices.base_model_id == custom


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("nova_lite", NOVA_LITE),
        ("nova_micro", "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0:128k"),
        ("amazon.nova-lite-v1:0:300k", "amazon.nova-lite-v1:0:300k"),
        (MODEL, MODEL),
    ],
)
def test_a_base_model_is_a_short_name_an_id_or_an_arn(name, found):
    assert resolve_settings(job_config(base_model=name), settings_from(CONFIG)).base_model_id == found


def test_a_base_model_of_another_family_names_the_right_type():
    with pytest.raises(InvalidConfig, match="model_type='open_weights'"):
        job_config(base_model="local.smollm2-135m-instruct-v1:0", hyperparameters={})
    by_a_short_name = Settings(base_models={"small": "local.smollm2-135m-instruct-v1:0"})
    with pytest.raises(InvalidConfig, match="model_type='open_weights'"):
        resolve_settings(job_config(base_model="small", hyperparameters={}), by_a_short_name)


def test_every_problem_is_told_at_once():
    with pytest.raises(InvalidConfig) as caught:
        job_config(
            base_model="local.a-v1:0", hyperparameters={"epochCount": "9", "topK": "1", "batchSize": "x"}
        )
    assert len(caught.value.problems) == 4


@pytest.mark.parametrize(
    "config", [None, {}, {"model_finetuning": None}, {"model_finetuning": {"base_models": None}}]
)
def test_a_configuration_may_say_nothing(config):
    assert settings_from(config) == Settings()


def test_a_base_model_without_an_id_is_an_error():
    with pytest.raises(InvalidConfig, match="'nova_lite'"):
        settings_from({"model_finetuning": {"base_models": {"nova_lite": {}}}})


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"job_name": "a_b"}, "job_name"),
        ({"model_name": "a.b"}, "model_name"),
        ({"role_arn": "MyRole"}, "role_arn"),
        ({"training_data_uri": "s3://bucket/dt=2026/train.jsonl"}, "training_data_uri"),
        ({"output_uri": "bucket/output"}, "output_uri"),
        ({"validation_split": 0.2}, "choose one"),
        ({"validation_data_uri": None, "validation_split": 1.0}, "between 0 and 1"),
    ],
)
def test_a_config_that_the_service_would_refuse_is_refused_when_made(changes, says):
    with pytest.raises(InvalidConfig, match=says):
        job_config(**changes)


def test_a_hostile_name_is_refused_at_once():
    with pytest.raises(InvalidConfig):
        job_config(job_name="a" + "-" * 60 + "_", model_name="a-" * 40)
