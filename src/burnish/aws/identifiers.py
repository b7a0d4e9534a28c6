"""Names, ids and ARNs: whatever people call a resource by, as the ARN that every operation accepts.

Bedrock takes names in most places, but not where a model is deployed, and never the id at an ARN's end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from operator import attrgetter
from typing import Any

from burnish.aws import batches, deployments, imports, jobs, models, throughputs
from burnish.aws.clients import Client
from burnish.errors import AccessDenied, InvalidConfig, NotFound, Rejected
from burnish.names import MODEL_NAME
from burnish.phrasing import Phrasing
from burnish.suggestions import did_you_mean

#: How many of a kind are searched for an id or a similar name; the newest come first.
MOST_SEARCHED = 1000


class ResourceKind(StrEnum):
    """The kinds of resources that have names, ids and ARNs, as messages call them."""

    JOB = "fine-tuning job"
    MODEL = "custom model"
    DEPLOYMENT = "custom model deployment"
    THROUGHPUT = "provisioned throughput"
    IMPORT = "import job"
    IMPORTED_MODEL = "imported model"
    BATCH = "batch"


@dataclass(frozen=True, kw_only=True)
class _Lookup:
    """How the resources of a kind are found."""

    arn_part: str
    listed_by: Phrasing
    arn: Callable[[Any], str]
    name: Callable[[Any], str | None]
    everything: Callable[[Client], Iterable[Any]]
    #: By name; None where only the list tells.
    get: Callable[[Client, str], Any] | None = None


_LOOKUPS: Mapping[ResourceKind, _Lookup] = {
    ResourceKind.JOB: _Lookup(
        arn_part=":model-customization-job/",
        listed_by=Phrasing(command="`burnish job list`", call="`list_jobs()`"),
        arn=attrgetter("job_arn"),
        name=attrgetter("job_name"),
        everything=jobs.list_jobs,
        get=jobs.get_job,
    ),
    ResourceKind.MODEL: _Lookup(
        arn_part=":custom-model/",
        listed_by=Phrasing(command="`burnish model list`", call="`list_custom_models()`"),
        arn=attrgetter("model_arn"),
        name=attrgetter("model_name"),
        everything=models.list_models,
        get=models.get_model,
    ),
    ResourceKind.DEPLOYMENT: _Lookup(
        arn_part=":custom-model-deployment/",
        listed_by=Phrasing(command="`burnish deployment list`", call="`list_custom_model_deployments()`"),
        arn=attrgetter("deployment_arn"),
        name=attrgetter("deployment_name"),
        everything=deployments.list_deployments,
        get=deployments.get_deployment,
    ),
    ResourceKind.THROUGHPUT: _Lookup(
        arn_part=":provisioned-model/",
        listed_by=Phrasing(command="`burnish throughput list`", call="`list_provisioned_throughputs()`"),
        arn=attrgetter("provisioned_model_arn"),
        name=attrgetter("provisioned_model_name"),
        everything=throughputs.list_throughputs,
        get=throughputs.get_throughput,
    ),
    ResourceKind.IMPORT: _Lookup(
        arn_part=":model-import-job/",
        listed_by=Phrasing(command="`burnish import list`", call="`list_model_import_jobs()`"),
        arn=attrgetter("job_arn"),
        name=attrgetter("job_name"),
        everything=imports.list_import_jobs,
        get=imports.get_import_job,
    ),
    ResourceKind.IMPORTED_MODEL: _Lookup(
        arn_part=":imported-model/",
        listed_by=Phrasing(command="`burnish import models`", call="`list_imported_models()`"),
        arn=attrgetter("model_arn"),
        name=attrgetter("model_name"),
        everything=imports.list_imported_models,
    ),
    ResourceKind.BATCH: _Lookup(
        arn_part=":model-invocation-job/",
        listed_by=Phrasing(command="`burnish batch list`", call="`batches.list()`"),
        arn=attrgetter("job_arn"),
        name=attrgetter("job_name"),
        everything=batches.list_batches,
        get=batches.find_batch,
    ),
}


def arn_of(bedrock: Client, kind: ResourceKind, given: str) -> str:
    """The ARN of the resource that has this name, id or ARN; an ARN is not looked up.

    Raises `NotFound` with the most similar name, and `InvalidConfig` for the ARN of another kind.
    """
    if given.startswith("arn:"):
        _require_kind(kind, given)
        return given
    if arn := find_named(bedrock, kind, given):
        return arn
    present = names_of(bedrock, kind)
    for arn, name in present.items():
        if given in (name, id_in(arn)):
            return arn
    suggestion = did_you_mean(given, present.values())
    raise NotFound(
        f"No {kind} in {bedrock.meta.region_name} is called {given!r}.{suggestion}",
        remedy=_phrased("List them with {}.", _LOOKUPS[kind]),
    )


def find_named(bedrock: Client, kind: ResourceKind, name: str) -> str | None:
    """The ARN of the resource that Bedrock knows by this very name, or None."""
    lookup = _LOOKUPS[kind]
    if lookup.get is None:
        return None
    try:
        return lookup.arn(lookup.get(bedrock, name))
    # Rejected: it has characters that no name has.
    except (NotFound, Rejected):
        return None


def names_of(bedrock: Client, kind: ResourceKind) -> dict[str, str]:
    """The names of the resources of a kind by their ARNs, the newest first; none that one may not list."""
    lookup = _LOOKUPS[kind]
    try:
        present = list(islice(lookup.everything(bedrock), MOST_SEARCHED))
    except AccessDenied:
        return {}
    return {lookup.arn(one): lookup.name(one) or "" for one in present}


def is_name(given: str) -> bool:
    """Whether this may be the name of a custom model or of what serves it: ids of base models have a dot."""
    return MODEL_NAME.fullmatch(given) is not None


def id_in(arn: str) -> str:
    """The id at the end of an ARN."""
    return arn.rpartition("/")[2]


def _require_kind(kind: ResourceKind, arn: str) -> None:
    if _LOOKUPS[kind].arn_part in arn:
        return
    others = [str(other) for other, one in _LOOKUPS.items() if one.arn_part in arn]
    what = f"another kind of resource ({others[0]})" if others else "another kind of resource"
    problem = _phrased(f"this is the ARN of {what}: see {{}}", _LOOKUPS[kind])
    raise InvalidConfig(f"The {kind} {arn!r}", [problem])


def _phrased(text: str, lookup: _Lookup) -> Phrasing:
    """The text with what lists the resources of a kind."""
    return Phrasing(command=text.format(lookup.listed_by.command), call=text.format(lookup.listed_by.call))
