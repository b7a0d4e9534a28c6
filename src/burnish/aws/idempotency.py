"""What a creation that is run again finds: the thing it made before. A repeated command never pays twice.

A command may die, or its answer be lost, after the service has accepted it. Names are what it is recognized
by: they belong to one job, one deployment, one throughput. What is there under the name and is the same is
gone on with; what is there and is another is a `Conflict` that says in what it differs.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from burnish.aws.clients import Client
from burnish.aws.retries import call
from burnish.configs import FinetuningJobConfig
from burnish.errors import AccessDenied, Conflict, NotFound, Rejected
from burnish.families import family_of, model_id_of
from burnish.names import BASE_MODEL_TAG, MANIFEST_TAG
from burnish.settings import Choices
from burnish.types import FinetuningJobResult, JobStatus

log = logging.getLogger(__name__)

FOR_EVER = "The names of jobs stay taken for ever, whatever became of them"


@dataclass(frozen=True)
class Difference:
    """A property in which what is there differs from what was asked for."""

    name: str
    there: object
    asked: object

    def __str__(self) -> str:
        return f"{self.name} is {self.there!r} there and {self.asked!r} here"


def token_for(request: Mapping[str, Any]) -> str:
    """The idempotency token of a request whose name is never free again: the same for the same request.

    Not for what can be deleted and made anew: there the service would take the second for the first.
    """
    content = {name: value for name, value in request.items() if name != "clientRequestToken"}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def unlike(properties: Iterable[tuple[str, object, object]]) -> list[Difference]:
    """Those of (name, there, asked) that are known of both sides and not equal."""
    return [
        Difference(name, there, asked)
        for name, there, asked in properties
        if there is not None and there != asked
    ]


def require_same(subject: str, differences: Sequence[Difference], remedy: str) -> None:
    """Raise `Conflict` where what has the name already is another, saying in what."""
    if differences:
        what = "; ".join(map(str, differences))
        raise Conflict(f"{subject} has this name and is another one: {what}. {remedy}", code="NameTaken")


def go_on_with(found: object, next_step: str) -> None:
    """Say that nothing new was created, and what follows what was."""
    log.warning(
        "The %s was created before, by the same request: nothing new was started. %s", found, next_step
    )


def same_job(
    bedrock: Client,
    found: FinetuningJobResult,
    config: FinetuningJobConfig,
    choices: Choices,
    names: Iterable[str],
) -> FinetuningJobResult:
    """The job that the config asks for, which was created before: running, or complete.

    Raises `Conflict` with a name that is free, none of ``names``, where the job of this name is another, or
    was stopped, or has failed.
    """
    free = f"{FOR_EVER}: {_free_name(config.job_name, set(names))!r} is free"
    require_same(f"The {found}", job_differences(bedrock, found, config, choices), free)
    if found.status is JobStatus.COMPLETED:
        go_on_with(found, f"`burnish model deploy {found.model_id} NAME` has its model answer.")
    elif found.status is JobStatus.IN_PROGRESS:
        go_on_with(found, f"`burnish job wait {found.job_name}` follows it.")
    else:
        raise Conflict(f"The {found}, cannot be resumed. {free}", code="NameTaken")
    return found


def job_differences(
    bedrock: Client, found: FinetuningJobResult, config: FinetuningJobConfig, choices: Choices
) -> list[Difference]:
    """In what a job differs from the one that a config asks for, as far as the service tells."""
    validation = (config.validation_data_uri,) if config.validation_data_uri else ()
    given = choices.hyperparameters
    properties: list[tuple[str, object, object]] = [
        ("the training data", found.training_data_uri, config.training_data_uri),
        ("the validation data", found.validation_data_uris, validation),
        ("the output", found.output_uri, config.output_uri),
        ("the model's name", found.model_name, config.model_name),
        *((name, found.hyperparameters.get(name), value) for name, value in sorted(given.items())),
    ]
    return [*_other_base(found, choices), *unlike(properties), *_other_tags(bedrock, found, config)]


def _other_base(found: FinetuningJobResult, choices: Choices) -> list[Difference]:
    """A base model by another id; with or without the size of its context it is the same."""
    asked, there = model_id_of(choices.base_model_id), model_id_of(found.base_model_arn or "")
    if not there or family_of(asked) is None or asked.startswith(there) or there.startswith(asked):
        return []
    return [Difference("the base model", there, asked)]


def _other_tags(bedrock: Client, found: FinetuningJobResult, config: FinetuningJobConfig) -> list[Difference]:
    """Another state of the data set, or another custom model that is tuned further: only our tags tell."""
    ours = {MANIFEST_TAG: "the data set", BASE_MODEL_TAG: "the custom model that is tuned further"}
    try:
        action = f"look at the tags of {found.job_arn!r}"
        tagged = call(bedrock.list_tags_for_resource, action, resourceARN=found.job_arn).get("tags", [])
    except (AccessDenied, NotFound, Rejected):
        return []
    tags = {tag["key"]: tag["value"] for tag in tagged}
    return unlike((what, tags.get(tag), config.job_tags.get(tag)) for tag, what in ours.items())


def _free_name(taken: str, names: set[str]) -> str:
    return next(name for number in count(2) if (name := f"{taken[:56]}-{number}") not in names | {taken})
