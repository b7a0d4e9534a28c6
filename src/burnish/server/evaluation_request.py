"""What was asked for an evaluation job, as it is stored."""

from __future__ import annotations

from typing import Any

import msgspec


class _RequestPart(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A part of a request, in the API's own members; later versions read it: no member is renamed."""


class PromptLocation(_RequestPart, frozen=True, kw_only=True):
    """Where the prompts of a dataset lie."""

    s3_uri: str


class PromptDataset(_RequestPart, frozen=True, kw_only=True):
    """A dataset of prompts, and what it is called."""

    name: str
    dataset_location: PromptLocation


class DatasetMetrics(_RequestPart, frozen=True, kw_only=True):
    """A dataset, the task that its prompts set, and the metrics that its responses are scored by."""

    task_type: str
    dataset: PromptDataset
    metric_names: list[str]


class AutomatedConfig(_RequestPart, frozen=True, kw_only=True):
    """The datasets of an automated evaluation."""

    dataset_metric_configs: list[DatasetMetrics]


class EvaluationConfig(_RequestPart, frozen=True, kw_only=True):
    """The API's envelope of an automated evaluation."""

    automated: AutomatedConfig


class LatencyConfig(_RequestPart, frozen=True, kw_only=True):
    """How quickly AWS would answer."""

    latency: str | None = None


class InferenceParameters(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """How a model answers, in the members of Converse."""

    inference_config: dict[str, Any] | None = None
    additional_model_request_fields: dict[str, Any] | None = None

    def request_for(self, prompt: str) -> dict[str, Any]:
        """The body of a request of Converse."""
        given = {name: value for name, value in msgspec.to_builtins(self).items() if value is not None}
        return {"messages": [{"role": "user", "content": [{"text": prompt}]}], **given}


class EvaluatedModel(_RequestPart, frozen=True, kw_only=True):
    """The model that answers the prompts, and a JSON object of how, in the members of Converse."""

    model_identifier: str
    inference_params: str | None = None
    performance_config: LatencyConfig | None = None

    @property
    def parameters(self) -> InferenceParameters:
        """What ``inferenceParams`` says. Raises `ValueError` where that is nothing of Converse."""
        given = self.inference_params
        return msgspec.json.decode(given, type=InferenceParameters) if given else InferenceParameters()


class EvaluatedModelConfig(_RequestPart, frozen=True, kw_only=True):
    """The API's envelope of a model."""

    bedrock_model: EvaluatedModel


class EvaluatedModels(_RequestPart, frozen=True, kw_only=True):
    """The models of an evaluation, of which an automated one has one."""

    models: list[EvaluatedModelConfig]


class EvaluationOutput(_RequestPart, frozen=True, kw_only=True):
    """Where the scores go."""

    s3_uri: str


class EvaluationRequest(_RequestPart, frozen=True, kw_only=True):
    """What was asked for a job, in the API's own members."""

    role_arn: str
    evaluation_config: EvaluationConfig
    inference_config: EvaluatedModels
    output_data_config: EvaluationOutput
    application_type: str | None = None
    job_description: str | None = None
    customer_encryption_key_id: str | None = None

    @property
    def datasets(self) -> list[DatasetMetrics]:
        """The datasets, each with its task and metrics."""
        return self.evaluation_config.automated.dataset_metric_configs

    @property
    def model(self) -> EvaluatedModel:
        """The model that is evaluated."""
        return self.inference_config.models[0].bedrock_model

    @property
    def without_effect(self) -> list[str]:
        """The members that are kept and shown, and change nothing on this server."""
        given = {
            "customerEncryptionKeyId": self.customer_encryption_key_id,
            "performanceConfig": self.model.performance_config,
        }
        return [name for name, value in given.items() if value]
