"""What a custom model was trained on, and what the custom models that it was tuned from were trained on.

An evaluation must not use pages that any of these trainings has seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from burnish.aws import jobs, models
from burnish.aws.clients import Client
from burnish.aws.models import CustomModelResult
from burnish.aws.retries import call
from burnish.errors import AccessDenied, NotFound, Rejected
from burnish.names import BASE_MODEL_TAG, MANIFEST_TAG
from burnish.types import FinetuningJobResult

_UNKNOWN = (AccessDenied, NotFound, Rejected)


@dataclass(frozen=True, kw_only=True)
class Training:
    """The training of one custom model. ``manifest`` is the tag that names its data set."""

    model_arn: str
    training_uri: str | None
    validation_uris: tuple[str, ...]
    manifest: str | None = None


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """The trainings that led to a model, the latest first, and a sentence for each unknown (``doubts``)."""

    trainings: tuple[Training, ...]
    doubts: tuple[str, ...]


def lineage_of(bedrock: Client, model_arn: str) -> Lineage:
    """The lineage of a custom model. That of a base model is empty: its vendor's training data is unknown."""
    trainings: list[Training] = []
    doubts: list[str] = []
    model: str | None = model_arn
    # A tag that was edited by hand may point to a descendant: no model is visited twice.
    while model and "custom-model/" in model and model not in {one.model_arn for one in trainings}:
        try:
            facts = _facts_of(bedrock, model)
        except _UNKNOWN as error:
            doubts.append(f"what {model} was trained on is not known: {error.message}")
            break
        tags, unknown = _tags_of(bedrock, facts)
        doubts += unknown
        trainings.append(
            Training(
                model_arn=model,
                training_uri=facts.training_data_uri,
                validation_uris=facts.validation_data_uris,
                manifest=tags.get(MANIFEST_TAG),
            )
        )
        model = _base_of(facts, tags)
    if ":imported-model/" in (model or ""):
        doubts.append(f"what the imported model {model} was trained on is not known")
    return Lineage(trainings=tuple(trainings), doubts=tuple(doubts))


def _facts_of(bedrock: Client, model: str) -> CustomModelResult | FinetuningJobResult:
    """The model, or the job that created it where the model is deleted: jobs cannot be deleted."""
    try:
        return models.get_model(bedrock, model)
    except NotFound:
        made = (job for job in jobs.list_jobs(bedrock) if model in (job.model_id, job.model_name))
        job = next(made, None)
        if job is None:
            raise
        return jobs.get_job(bedrock, job.job_arn)


def _base_of(facts: CustomModelResult | FinetuningJobResult, tags: Mapping[str, str]) -> str | None:
    """What was tuned. The service reports the base model only, so our tag comes first."""
    return tags.get(BASE_MODEL_TAG) or facts.base_model_arn


def _tags_of(
    bedrock: Client, facts: CustomModelResult | FinetuningJobResult
) -> tuple[Mapping[str, str], list[str]]:
    """The tags of the job, or else of the model, and the reason if they cannot be read."""
    arn = facts.job_arn or (facts.model_arn if isinstance(facts, CustomModelResult) else None)
    if arn is None:
        return {}, []
    try:
        found = call(bedrock.list_tags_for_resource, f"list the tags of {arn!r}", resourceARN=arn)
    except _UNKNOWN as error:
        return {}, [f"which data set {arn} was trained on is not known: {error.message}"]
    return {tag["key"]: tag["value"] for tag in found.get("tags", [])}, []
