"""Everything that upstream's module has is here, with its order, its names and its defaults."""

from __future__ import annotations

import inspect
from dataclasses import asdict
from importlib import import_module

import pytest
from upstream_surface import ATTRIBUTES, DATACLASSES, EXPORTED, JOB_STATUSES, METHODS, REQUIRED

from burnish import types
from idp_common import model_finetuning
from idp_common.model_finetuning import JobStatus, ModelFinetuningService, models

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:test_upstream_surface")


@pytest.mark.parametrize(("name", "module"), EXPORTED.items())
def test_a_name_is_in_the_package_and_in_its_module(name, module):
    in_module = getattr(import_module(f"idp_common.model_finetuning.{module}"), name)
    assert getattr(model_finetuning, name) is in_module


def test_job_statuses_have_upstreams_values_and_equal_burnishs():
    assert {status.name: status.value for status in JobStatus} == JOB_STATUSES
    assert set(types.JobStatus) < set(JobStatus)
    assert [status for status in JobStatus if status.is_final] == [
        *filter(lambda one: one.is_final, types.JobStatus)
    ]


@pytest.mark.parametrize(("name", "fields"), DATACLASSES.items())
def test_a_dataclass_takes_its_fields_in_upstreams_order(name, fields):
    values = [f"a value of {field}" for field in fields]
    made = getattr(models, name)(*values)
    assert [getattr(made, field) for field in fields] == values
    assert list(asdict(made))[: len(fields)] == list(fields)


@pytest.mark.parametrize(("name", "fields"), DATACLASSES.items())
def test_a_dataclass_has_upstreams_defaults(name, fields):
    required = {field: field for field, default in fields.items() if default is REQUIRED}
    made = getattr(models, name)(**required)
    assert {field: getattr(made, field) for field in fields} == {**fields, **required}


@pytest.mark.parametrize(("name", "fields"), DATACLASSES.items())
def test_a_dataclass_can_be_changed(name, fields):
    made = getattr(models, name)(**dict.fromkeys(fields))
    for field in fields:
        setattr(made, field, "changed")
    assert {getattr(made, field) for field in fields} == {"changed"}


@pytest.mark.parametrize(("name", "parameters"), METHODS.items())
def test_a_method_takes_upstreams_arguments_by_position_and_by_name(name, parameters):
    signature = inspect.signature(getattr(ModelFinetuningService, name))
    signature.bind("self", *parameters)
    signature.bind("self", **dict.fromkeys(parameters))


@pytest.mark.parametrize(("name", "parameters"), METHODS.items())
def test_a_method_has_upstreams_defaults(name, parameters):
    taken = inspect.signature(getattr(ModelFinetuningService, name)).parameters
    given = {parameter: default for parameter, default in parameters.items() if default is not REQUIRED}
    assert {parameter: taken[parameter].default for parameter in given} == given


def test_the_service_has_upstreams_attributes(clients):
    settings = {"model_finetuning": {"base_models": {}}}
    service = ModelFinetuningService(config=settings, clients=clients)
    for name in ATTRIBUTES:
        assert getattr(service, name), name
    assert service.bedrock_client is clients.bedrock
    assert service.s3_client is clients.s3
    assert (service.config, service.model_configs) == (settings, settings["model_finetuning"])


def test_what_only_burnish_has_is_there_as_well(service, bedrock, described):
    bedrock.add_response("get_model_customization_job", described["job"] | {"status": "InProgress"})
    job = service.get_job_status("my-job")
    assert (job.output_uri, job.failure_message, job.phase) == ("s3://bucket/output/", None, None)
    bedrock.add_response("list_model_customization_jobs", {"modelCustomizationJobSummaries": []})
    assert list(service.list_jobs()) == []


@pytest.mark.parametrize("thing", ["job", "service"])
def test_what_neither_has_is_an_attribute_error(thing, service):
    job = models.FinetuningJobResult(job_arn="a", job_name="b", status=JobStatus.PENDING)
    with pytest.raises(AttributeError, match="'nothing'"):
        _ = {"job": job, "service": service}[thing].nothing
