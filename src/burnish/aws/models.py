"""Custom models: look at one, delete one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from burnish.aws.clients import Client
from burnish.aws.faults import translated_errors


@dataclass(frozen=True, kw_only=True)
class CustomModel:
    """A custom model as the service last described it. Storing one costs money until it is deleted."""

    model_arn: str
    model_name: str
    creation_time: datetime
    base_model_arn: str | None = None
    job_arn: str | None = None
    hyperparameters: Mapping[str, str]
    training_loss: float | None = None


def result_of(response: Mapping[str, Any]) -> CustomModel:
    """The model in an answer of GetCustomModel."""
    return CustomModel(
        model_arn=response["modelArn"],
        model_name=response["modelName"],
        creation_time=response["creationTime"],
        base_model_arn=response.get("baseModelArn"),
        job_arn=response.get("jobArn"),
        hyperparameters=response.get("hyperParameters", {}),
        training_loss=response.get("trainingMetrics", {}).get("trainingLoss"),
    )


def get_model(bedrock: Client, model: str) -> CustomModel:
    """The custom model of this ARN or name."""
    with translated_errors(f"look at the custom model {model!r}"):
        response = bedrock.get_custom_model(modelIdentifier=model)
    return result_of(response)


def delete_model(bedrock: Client, model: str) -> None:
    """Delete a custom model for good. Its throughput must be gone first."""
    with translated_errors(f"delete the custom model {model!r}"):
        bedrock.delete_custom_model(modelIdentifier=model)
