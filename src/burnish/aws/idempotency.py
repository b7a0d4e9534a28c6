"""Idempotent creation: a command that is run again finds what it created before, and never pays twice.

A command may be killed, or its response lost, after the service has accepted the request. Its resource is
then found by name, since names belong to one job, one deployment, one throughput. If it has the same
properties it is reused; if not, a `Conflict` lists the differences.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeVar

from burnish.aws.clients import Client
from burnish.aws.retries import call, create
from burnish.configs import FinetuningJobConfig
from burnish.errors import AccessDenied, Conflict, NotFound, Rejected
from burnish.families import family_of, model_id_of
from burnish.names import BASE_MODEL_TAG, MANIFEST_TAG
from burnish.phrasing import Phrasing, Text
from burnish.settings import ResolvedSettings
from burnish.types import FinetuningJobResult, JobStatus

log = logging.getLogger(__name__)

Created = TypeVar("Created")

LEFT_TO_SERVICE = "left to the service"
NAMES_STAY_TAKEN = "Job names can never be reused, not even those of failed jobs"


@dataclass(frozen=True)
class Difference:
    """A property that an existing resource and the request do not share."""

    name: str
    existing: object
    requested: object

    def __str__(self) -> str:
        return f"{self.name} is {self.existing!r}, and not {self.requested!r} as requested"


def idempotency_token(request: Mapping[str, Any]) -> str:
    """A token that is derived from a request: the same request gets the same token, in another process too.

    Only for resources whose names are never free again. For one that can be deleted and created anew, the
    service would take the second request for a repetition of the first.
    """
    content = {name: value for name, value in request.items() if name != "clientRequestToken"}
    # Sorted: in another version of Python or of this module members may be put in another order.
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def differing(properties: Iterable[tuple[str, object, object]]) -> list[Difference]:
    """The properties, as (name, existing, requested), that are known of both and not equal."""
    return [
        Difference(name, existing, requested)
        for name, existing, requested in properties
        # What the service does not describe cannot be held against a resource.
        if existing is not None and existing != requested
    ]


def require_same(subject: str, differences: Sequence[Difference], remedy: Text) -> None:
    """Raise `Conflict`, listing the differences, if there are any."""
    if differences:
        what = "; ".join(map(str, differences))
        raise Conflict(f"{subject} has this name but differs: {what}.", remedy=remedy, code="NameTaken")


def create_once(
    operation: Callable[..., Any],
    action: str,
    request: Mapping[str, Any],
    *,
    made: Callable[[Any], Created],
    find: Callable[[], Created],
    is_reusable: Callable[[Created], bool],
) -> Created:
    """The new resource, read from the response by ``made``, or the one that the same request created before.

    Where the name is taken, ``find`` gets the existing resource, and ``is_reusable`` decides whether to
    return that. It raises `Conflict` where the resource is another.
    """
    try:
        return made(create(operation, action, find=find, **request))
    # Rejected too: neither deployments nor throughputs declare a conflict, so the service refuses a name that
    # is taken as it does any invalid request.
    except (Conflict, Rejected):
        existing = found_or_none(find)
        if existing is None or not is_reusable(existing):
            raise
        return existing


def found_or_none(find: Callable[[], Created]) -> Created | None:
    """What ``find`` gets by a name; None where no resource has the name."""
    try:
        return find()
    except (NotFound, Rejected):
        return None


def log_reuse(found: object, next_step: Text) -> None:
    """Log that an existing resource is reused, and what to do next."""
    log.warning("The %s, was created before by the same request, and is reused. %s", found, next_step)


def matching_job(
    bedrock: Client,
    found: FinetuningJobResult,
    config: FinetuningJobConfig,
    resolved: ResolvedSettings,
    names: Iterable[str],
) -> FinetuningJobResult:
    """The existing job ``found``, if it is the one that the config describes, and is running or complete.

    Raises `Conflict` otherwise, suggesting a name that is not among ``names``.
    """
    free = f"{NAMES_STAY_TAKEN}: {_free_name(config.job_name, set(names))!r} is free."
    require_same(f"The {found},", job_differences(bedrock, found, config, resolved), free)
    if found.status is JobStatus.COMPLETED:
        deploy = Phrasing(
            command=f"Deploy its model with `burnish model deploy {found.model_id} NAME`.",
            call=f"Deploy its model with `deploy_custom_model({found.model_id!r}, name)`.",
        )
        log_reuse(found, deploy)
    elif found.status is JobStatus.IN_PROGRESS:
        follow = Phrasing(
            command=f"`burnish job wait {found.job_name}` follows it.",
            call=f"`wait_for_job_completion({found.job_name!r})` follows it.",
        )
        log_reuse(found, follow)
    else:
        raise Conflict(f"The {found}, cannot be resumed.", remedy=free, code="NameTaken")
    return found


def job_differences(
    bedrock: Client, found: FinetuningJobResult, config: FinetuningJobConfig, resolved: ResolvedSettings
) -> list[Difference]:
    """How a job differs from its config, as far as the service describes jobs."""
    validation = (config.validation_data_uri,) if config.validation_data_uri else ()
    given = resolved.hyperparameters
    # As the first job was given them, or what the service has chosen, where it says so.
    existing = {**found.trained_hyperparameters, **found.hyperparameters}
    properties: list[tuple[str, object, object]] = [
        ("the training data", found.training_data_uri, config.training_data_uri),
        ("the validation data", found.validation_data_uris, validation),
        ("the output", found.output_uri, config.output_uri),
        ("the model's name", found.model_name, config.model_name),
        *((name, existing.get(name, LEFT_TO_SERVICE), given[name]) for name in sorted(given)),
    ]
    return [*_other_base(found, resolved), *differing(properties), *_other_tags(bedrock, found, config)]


def _other_base(found: FinetuningJobResult, resolved: ResolvedSettings) -> list[Difference]:
    """Another base model. Ids with and without the context suffix are equal: the service returns either."""
    requested, existing = model_id_of(resolved.base_model_id), model_id_of(found.base_model_arn or "")
    is_prefix = requested.startswith(existing) or existing.startswith(requested)
    if not existing or family_of(requested) is None or is_prefix:
        return []
    return [Difference("the base model", existing, requested)]


def _other_tags(bedrock: Client, found: FinetuningJobResult, config: FinetuningJobConfig) -> list[Difference]:
    """Another version of the data set, or another custom model as the base: only our tags record these."""
    ours = {MANIFEST_TAG: "the data set", BASE_MODEL_TAG: "the custom model that it is tuned from"}
    try:
        action = f"list the tags of {found.job_arn!r}"
        tagged = call(bedrock.list_tags_for_resource, action, resourceARN=found.job_arn).get("tags", [])
    except (AccessDenied, NotFound, Rejected):
        return []
    tags = {tag["key"]: tag["value"] for tag in tagged}
    return differing((what, tags.get(tag), config.job_tags.get(tag)) for tag, what in ours.items())


def _free_name(taken: str, names: set[str]) -> str:
    # Names have 63 characters at most.
    return next(name for number in count(2) if (name := f"{taken[:56]}-{number}") not in names | {taken})
