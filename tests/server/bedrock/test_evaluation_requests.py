"""Evaluations that this server cannot compute are refused by name, and the refusal says what to give."""

from __future__ import annotations

from copy import deepcopy

import pytest

from burnish.server.bedrock.evaluation_requests import checked_request
from burnish.server.wire.call import Call, Identity, ServiceFault

CALLER = Identity(account_id="123456789012", access_key="AKIA", region="us-east-1")
DATASET = {
    "taskType": "Classification",
    "dataset": {"name": "pages", "datasetLocation": {"s3Uri": "s3://documents/pages.jsonl"}},
    "metricNames": ["Builtin.Accuracy"],
}
MODEL = {"bedrockModel": {"modelIdentifier": "amazon.nova-micro-v1:0"}}
REQUEST = {
    "jobName": "pages",
    "roleArn": "arn:aws:iam::123456789012:role/evaluation",
    "evaluationConfig": {"automated": {"datasetMetricConfigs": [DATASET]}},
    "inferenceConfig": {"models": [MODEL]},
    "outputDataConfig": {"s3Uri": "s3://documents/scores"},
}


def checked(**changes):
    parameters = deepcopy({**REQUEST, **changes})
    return checked_request(
        Call(service="bedrock", operation="CreateEvaluationJob", parameters=parameters, caller=CALLER)
    )


def automated(*datasets, **more):
    return {"evaluationConfig": {"automated": {"datasetMetricConfigs": list(datasets), **more}}}


def answering(**changes):
    return {"inferenceConfig": {"models": [{"bedrockModel": MODEL["bedrockModel"] | changes}]}}


def test_a_request_is_kept_as_it_was_given():
    parameters = '{"inferenceConfig": {"maxTokens": 5}}'
    request = checked(**answering(inferenceParams=parameters))
    assert request.model.inference_params == parameters
    assert request.datasets[0].dataset.dataset_location.s3_uri == "s3://documents/pages.jsonl"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"evaluationConfig": {"human": {}}}, "no human workers: give an evaluationConfig that is automated"),
        (automated(DATASET, evaluatorModelConfig={"bedrockEvaluatorModels": [{}]}), "evaluatorModelConfig"),
        (automated(DATASET, customMetricConfig={"customMetrics": [{}]}), "leave out customMetricConfig"),
        ({"applicationType": "RagEvaluation"}, "no knowledge bases"),
        ({"inferenceConfig": {"ragConfigs": [{}]}}, "no knowledge bases"),
        ({"inferenceConfig": {"models": [MODEL, MODEL]}}, "each model in a job of its own"),
        ({"inferenceConfig": {"models": [{"precomputedInferenceSource": {}}]}}, "answers the prompts itself"),
        (
            automated(DATASET | {"taskType": "Summarization"}),
            "Summarization.*give Classification or Question",
        ),
        (automated(DATASET | {"taskType": "Generation"}), "task type Generation"),
        (automated(DATASET | {"taskType": "Custom"}), "task type Custom"),
        (
            automated(DATASET | {"metricNames": ["Builtin.Robustness", "Builtin.Accuracy"]}),
            "does not compute Builtin.Robustness, only Builtin.Accuracy",
        ),
        (automated(DATASET | {"metricNames": ["Builtin.Toxicity"]}), "does not compute Builtin.Toxicity"),
        (
            automated(DATASET | {"dataset": {"name": "Builtin.BoolQ"}}),
            "Builtin.BoolQ: give a datasetLocation",
        ),
        (automated(DATASET | {"dataset": DATASET["dataset"] | {"name": ".."}}), "no name of a folder"),
        (automated(DATASET, DATASET), "have the same name"),
        ({"outputDataConfig": {"s3Uri": "s3://documents/../other"}}, "outputDataConfig.s3Uri"),
        (answering(inferenceParams="not JSON"), "inferenceParams.*maxTokens"),
        (answering(inferenceParams='{"maxTokenCount": 5}'), "maxTokenCount"),
        (answering(inferenceParams='{"inferenceConfig": {"temperature": 7}}'), "temperature"),
        (answering(inferenceParams='{"inferenceConfig":' * 50), "inferenceParams"),
    ],
)
def test_what_cannot_be_computed_is_refused_by_name(changes, said):
    with pytest.raises(ServiceFault, match=said) as refusal:
        checked(**changes)
    assert refusal.value.code == "ValidationException"
