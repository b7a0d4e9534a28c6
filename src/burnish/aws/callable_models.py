"""The models that answer Converse in this account and region, for messages about one that is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from burnish.aws.base_models import list_base_models
from burnish.aws.clients import Client
from burnish.aws.identifiers import ResourceKind, names_of
from burnish.errors import ServiceError
from burnish.suggestions import did_you_mean

#: So many of what there is are named.
_NAMED = 6


def alternatives_to(bedrock: Client, wanted: str) -> str:
    """A sentence on what there is instead of the model that is not: similar names first."""
    region = bedrock.meta.region_name
    elsewhere = wanted.split(":")[3] if wanted.startswith("arn:") and wanted.count(":") > 4 else ""
    if elsewhere and elsewhere != region:
        return f"It is in {elsewhere}, and this is {region}: set AWS_REGION={elsewhere}."
    names = list(_names(bedrock))
    if not names:
        return f"Nothing that answers is found in {region}: check the region."
    listed = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
    return f"{did_you_mean(wanted, names)} In {region} there are {listed}.".lstrip()


def _names(bedrock: Client) -> Iterator[str]:
    """What can be given as a model, the account's own first. What may not be listed is left out."""
    for kind in (ResourceKind.DEPLOYMENT, ResourceKind.THROUGHPUT, ResourceKind.IMPORTED_MODEL):
        with suppress(ServiceError):
            yield from (name or arn for arn, name in names_of(bedrock, kind).items())
    with suppress(ServiceError):
        yield from (model.model_id for model in list_base_models(bedrock))
