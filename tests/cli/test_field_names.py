import pytest

from burnish.cli.field_names import with_options
from burnish.configs import (
    CustomModelDeploymentConfig,
    FinetuningJobConfig,
    ProvisionedThroughputConfig,
)
from burnish.errors import InvalidConfig

ROLE = "arn:aws:iam::123456789012:role/r"


def test_problems_of_a_job_speak_of_options():
    with pytest.raises(InvalidConfig) as caught:
        FinetuningJobConfig(
            base_model="amazon.nova-lite-v1:0",
            training_data_uri="data",
            validation_data_uri="s3://b-ucket/v.jsonl",
            validation_split=0.5,
            output_uri="s3://b-ucket/a//b",
            role_arn="r",
            job_name="role_arn is mine",
            model_name="a--b",
        )
    said = with_options(caught.value.in_terminal)
    assert "the job's name is 'role_arn is mine': it must be" in said
    assert "the model's name is 'a--b'" in said
    assert "--role is 'r'" in said
    assert "the training data is 'data'" in said
    assert "--validation-split is given, and --validation is as well: choose one" in said


def test_problems_of_deployments_and_throughputs_speak_of_options():
    with pytest.raises(InvalidConfig) as caught:
        CustomModelDeploymentConfig(model_id="m", deployment_name="a b", description="")
    said = with_options(caught.value.in_terminal)
    assert all(
        words in said for words in ("the model is 'm'", "the deployment's name is", "--description has")
    )
    with pytest.raises(InvalidConfig) as caught:
        ProvisionedThroughputConfig(model_id="", provisioned_model_name="a b", model_units=0)
    said = with_options(caught.value.in_terminal)
    assert all(words in said for words in ("the model is empty", "the throughput's name is", "--units is 0"))


def test_other_texts_stay_as_they_are():
    assert with_options("The description of a job_name") == "The description of a job_name"
