"""The output of an evaluation job: a line of scores for each prompt, under the keys that AWS gives them.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-evaluation-report-s3.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec

from burnish.server.accuracy import ACCURACY
from burnish.server.arns import id_in
from burnish.server.batch.batch_folder import BatchFolder
from burnish.server.batch.prompts import prompts_at, prompts_in
from burnish.server.batch.records import ErrorOfRecord
from burnish.server.evaluation_request import DatasetMetrics
from burnish.server.resources import EvaluationJob

#: As results call Builtin.Accuracy.
METRIC = "Accuracy"


class _ScoresPart(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    pass


class ScoreOfResponse(_ScoresPart, frozen=True, kw_only=True):
    """A metric's value for one response."""

    metric_name: str
    result: float


class ScoresOfResponse(_ScoresPart, frozen=True, kw_only=True):
    """The scores of one prompt; none where there is no response."""

    scores: list[ScoreOfResponse]


class ModelResponse(_ScoresPart, frozen=True, kw_only=True):
    """What a model has said to a prompt, or why it has said nothing."""

    model_identifier: str
    response: str | None = None
    error: ErrorOfRecord | None = None


class ScoredPrompt(_ScoresPart, frozen=True, kw_only=True):
    """A line of the output."""

    automated_evaluation_result: ScoresOfResponse
    input_record: Mapping[str, Any]
    model_responses: list[ModelResponse]


class _TextBlock(_ScoresPart, frozen=True, kw_only=True):
    text: str = ""


class _ReplyMessage(_ScoresPart, frozen=True, kw_only=True):
    content: list[_TextBlock]


class _Output(_ScoresPart, frozen=True, kw_only=True):
    message: _ReplyMessage


class _Reply(_ScoresPart, frozen=True, kw_only=True):
    output: _Output


class _AnsweredPrompt(_ScoresPart, frozen=True, kw_only=True):
    model_output: _Reply | None = None
    error: ErrorOfRecord | None = None


def score_lines(job: EvaluationJob, folder: BatchFolder, number: int) -> Iterator[bytes]:
    """The lines of the output for the dataset of a number, all prompts of which were answered or refused."""
    dataset, model = job.evaluation_request.datasets[number], job.evaluation_request.model.model_identifier
    prompts = list(prompts_in(prompts_at(folder, number)))
    references = {prompt.reference for prompt in prompts}
    score = ACCURACY[dataset.task_type]
    for prompt, answered in zip(prompts, _answers(folder, number), strict=True):
        text = _text_of(answered)
        scores = []
        if text is not None:
            accuracy = score(text, prompt.reference, references)
            scores = [ScoreOfResponse(metric_name=METRIC, result=accuracy)]
        line = ScoredPrompt(
            automated_evaluation_result=ScoresOfResponse(scores=scores),
            input_record=prompt.record,
            model_responses=[ModelResponse(model_identifier=model, response=text, error=answered.error)],
        )
        yield msgspec.json.encode(line) + b"\n"


def first_error(folder: BatchFolder) -> str | None:
    """The message of the first prompt that has no response."""
    for number in range(len(folder.names or ())):
        for answered in _answers(folder, number):
            if answered.error:
                return answered.error.error_message
    return None


def output_uri(job: EvaluationJob, number: int) -> str:
    """Where the scores for the dataset of a number go: the same object after a restart of the server."""
    request = job.evaluation_request
    dataset: DatasetMetrics = request.datasets[number]
    model = id_in(request.model.model_identifier)
    name = uuid5(NAMESPACE_URL, f"{job.arn}/{number}")
    return (
        f"{request.output_data_config.s3_uri.rstrip('/')}/{job.name}/{job.id}/models/{model}"
        f"/taskTypes/{dataset.task_type}/datasets/{dataset.dataset.name}/{name}_output.jsonl"
    )


def _answers(folder: BatchFolder, number: int) -> Iterator[_AnsweredPrompt]:
    with folder.output(number).open("rb") as lines:
        for line in lines:
            yield msgspec.json.decode(line, type=_AnsweredPrompt)


def _text_of(answered: _AnsweredPrompt) -> str | None:
    if answered.model_output is None:
        return None
    return "".join(block.text for block in answered.model_output.output.message.content)
