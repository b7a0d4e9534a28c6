"""Custom models: describe, list, delete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from burnish.aws.clients import Client
from burnish.aws.jobs import validators_of
from burnish.aws.retries import call, call_deletion, newest_first


@dataclass(frozen=True, kw_only=True)
class CustomModelResult:
    """A custom model as the service last described it. Storing one costs money until it is deleted."""

    model_arn: str
    model_name: str
    creation_time: datetime
    base_model_arn: str | None = None
    job_arn: str | None = None
    hyperparameters: Mapping[str, str]
    training_loss: float | None = None
    training_data_uri: str | None = None
    validation_data_uris: tuple[str, ...] = ()


def result_of(response: Mapping[str, Any]) -> CustomModelResult:
    """The model in an answer of GetCustomModel, or in a summary of the list, which says less."""
    return CustomModelResult(
        model_arn=response["modelArn"],
        model_name=response["modelName"],
        creation_time=response["creationTime"],
        base_model_arn=response.get("baseModelArn"),
        job_arn=response.get("jobArn"),
        hyperparameters=response.get("hyperParameters", {}),
        training_loss=response.get("trainingMetrics", {}).get("trainingLoss"),
        training_data_uri=response.get("trainingDataConfig", {}).get("s3Uri"),
        validation_data_uris=validators_of(response),
    )


def get_model(bedrock: Client, model: str) -> CustomModelResult:
    """The custom model of this ARN or name."""
    return result_of(
        call(bedrock.get_custom_model, f"describe the custom model {model!r}", modelIdentifier=model)
    )


def list_models(
    bedrock: Client,
    *,
    name_contains: str | None = None,
    base_model_arn: str | None = None,
    created_after: datetime | None = None,
    created_before: datetime | None = None,
) -> Iterator[CustomModelResult]:
    """The custom models of the account in this region, newest first, read page by page."""
    summaries = newest_first(
        bedrock.list_custom_models,
        "list the custom models",
        "modelSummaries",
        nameContains=name_contains,
        baseModelArnEquals=base_model_arn,
        creationTimeAfter=created_after,
        creationTimeBefore=created_before,
    )
    return map(result_of, summaries)


def delete_model(bedrock: Client, model: str) -> None:
    """Delete a custom model for good. Its throughput must be gone first."""
    action = f"delete the custom model {model!r}"
    call_deletion(bedrock.delete_custom_model, action, modelIdentifier=model)
