"""Requests for evaluations: what cannot be computed truly here is refused by name, and what to ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from burnish.server.accuracy import ACCURACY
from burnish.server.bedrock.faults import invalid
from burnish.server.evaluation_request import DatasetMetrics, EvaluationRequest
from burnish.server.s3.object_uris import object_uri_problem
from burnish.server.wire.call import Call, ServiceFault
from burnish.server.wire.validation import check_parameters

ACCURACY_METRIC = "Builtin.Accuracy"
_TASKS = " or ".join(ACCURACY)


def checked_request(call: Call) -> EvaluationRequest:
    """What a call of CreateEvaluationJob asks for. A fault where this server cannot evaluate that."""
    given = {name: value for name, value in call.parameters.items() if value is not None}
    _check_kind(given)
    for config in given["evaluationConfig"]["automated"]["datasetMetricConfigs"]:
        _check_dataset(config)
    request = msgspec.convert(given, EvaluationRequest)
    _check_distinct(request.datasets)
    _check_inference_params(request)
    if problem := object_uri_problem(request.output_data_config.s3_uri, is_prefix=True):
        raise invalid(f"The URI at 'outputDataConfig.s3Uri' {problem}")
    return request


def _check_kind(given: Mapping[str, Any]) -> None:
    automated = given["evaluationConfig"].get("automated")
    if not automated:
        raise invalid("This server has no human workers: give an evaluationConfig that is automated")
    for member in ("evaluatorModelConfig", "customMetricConfig"):
        if automated.get(member):
            raise invalid(
                f"This server judges no responses by another model: leave out {member}, and give "
                f"{ACCURACY_METRIC} and reference responses"
            )
    if given.get("applicationType") == "RagEvaluation" or given["inferenceConfig"].get("ragConfigs"):
        raise invalid("This server has no knowledge bases: give an inferenceConfig of models")
    models = given["inferenceConfig"].get("models") or []
    if len(models) != 1 or not models[0].get("bedrockModel"):
        raise invalid(
            "An automated evaluation here is of one bedrockModel, which answers the prompts itself: evaluate "
            "each model in a job of its own"
        )


def _check_distinct(datasets: list[DatasetMetrics]) -> None:
    """Each dataset's scores have a folder of their own, by its task and name."""
    named = [(dataset.task_type, dataset.dataset.name) for dataset in datasets]
    if len(set(named)) < len(named):
        raise invalid("Two datasets of one task have the same name: give each a name of its own")


def _check_dataset(config: Mapping[str, Any]) -> None:
    task = config["taskType"]
    if task not in ACCURACY:
        raise invalid(
            f"This server cannot score the task type {task}, which takes a model of its own: give {_TASKS}"
        )
    if others := [name for name in config["metricNames"] if name != ACCURACY_METRIC]:
        raise invalid(
            f"This server does not compute {', '.join(others)}, only {ACCURACY_METRIC}: leave the others out"
        )
    name, location = config["dataset"]["name"], config["dataset"].get("datasetLocation")
    if not location:
        raise invalid(
            f"This server has no built-in datasets, such as {name}: give a datasetLocation, the s3Uri of a "
            "JSONL file of prompts"
        )
    if name in (".", ".."):
        raise invalid(f"The dataset name {name!r} is no name of a folder: give another")
    if problem := object_uri_problem(location["s3Uri"]):
        raise invalid(f"The URI at 'datasetLocation.s3Uri' {problem}")


def _check_inference_params(request: EvaluationRequest) -> None:
    told = "The inferenceParams of the model are not what Converse takes, a JSON object such as "
    example = '{"inferenceConfig": {"maxTokens": 50, "temperature": 0}}'
    try:
        body = request.model.parameters.request_for("?")
        asked = {"modelId": request.model.model_identifier, **body}
        check_parameters("bedrock-runtime", "Converse", asked, code="ValidationException")
    except (ValueError, RecursionError) as error:
        raise invalid(f"{told}{example}: {error}") from error
    except ServiceFault as fault:
        raise invalid(f"{told}{example}: {fault.message}") from fault
