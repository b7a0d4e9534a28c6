"""The models that answer Converse in this account and region, for messages about one that is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from burnish.aws import deployments, imports, throughputs
from burnish.aws.clients import Client
from burnish.aws.retries import call
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
    with suppress(ServiceError):
        for deployment in deployments.list_deployments(bedrock):
            yield deployment.deployment_name or deployment.deployment_arn
    with suppress(ServiceError):
        for throughput in throughputs.list_throughputs(bedrock):
            yield throughput.provisioned_model_name or throughput.provisioned_model_arn
    with suppress(ServiceError):
        for imported in imports.list_imported_models(bedrock):
            yield imported.model_arn
    with suppress(ServiceError):
        response = call(bedrock.list_foundation_models, "list the base models")
        yield from (one["modelId"] for one in response["modelSummaries"])
