"""What answers for a custom model: a deployment or a provisioned throughput, whatever it is called by."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from burnish.aws import deployments, throughputs
from burnish.aws.clients import Client
from burnish.aws.identifiers import ResourceKind, find_named, id_in, is_name, names_of
from burnish.errors import InvalidConfig, NotFound, Rejected
from burnish.phrasing import Phrasing
from burnish.suggestions import did_you_mean
from burnish.types import DeploymentStatus, ProvisioningStatus


def endpoint_to_call(bedrock: Client, given: str, *, ignoring: str | None = None) -> str:
    """The ARN to call: of the deployment or throughput of this name or id, or of the only one of a model.

    Deployments of a model whose names begin with ``ignoring`` do not count. The id of a base model, and the
    ARN of anything but a custom model, are returned unchanged. Raises `NotFound` if nothing answers, and
    `InvalidConfig` with the candidates if several do.
    """
    arn = _arn_of(bedrock, given)
    if ":custom-model/" not in arn:
        return arn
    answering = _serving(bedrock, arn, DeploymentStatus.ACTIVE, ProvisioningStatus.IN_SERVICE, ignoring)
    if not answering:
        raise NotFound(
            f"Nothing answers for the custom model {given!r}.",
            remedy=Phrasing(
                command=f"Deploy it with `burnish model deploy {given} NAME`.",
                call=f"Deploy it with `deploy_custom_model({given!r}, name)`.",
            ),
        )
    return _the_only(given, answering)


def endpoint_to_delete(bedrock: Client, given: str) -> str:
    """The same, of a deployment or throughput in any state: failed ones are deleted, too."""
    arn = _arn_of(bedrock, given)
    if ":custom-model/" not in arn:
        return arn
    serving = _serving(bedrock, arn, None, None)
    if not serving:
        raise NotFound(f"The custom model {given!r} is not deployed: there is nothing to delete.")
    return _the_only(given, serving)


def _arn_of(bedrock: Client, given: str) -> str:
    """The ARN of what answers under this name or id, or of the model that has it."""
    if not is_name(given):
        return given
    named = {
        arn: f"{kind} {given!r}"
        for kind in (ResourceKind.DEPLOYMENT, ResourceKind.THROUGHPUT)
        if (arn := find_named(bedrock, kind, given))
    }
    if named:
        return _the_only(given, named)
    return find_named(bedrock, ResourceKind.MODEL, given) or _listed(bedrock, given)


def _listed(bedrock: Client, given: str) -> str:
    """What the lists have under this name or id. Raises `NotFound` with the most similar name."""
    present: dict[str, str] = {}
    for kind in (ResourceKind.DEPLOYMENT, ResourceKind.THROUGHPUT, ResourceKind.MODEL):
        present |= names_of(bedrock, kind)
    # Servers of one's own import no models, and say so.
    with suppress(Rejected):
        present |= names_of(bedrock, ResourceKind.IMPORTED_MODEL)
    for arn, name in present.items():
        if given in (name, id_in(arn)):
            return arn
    raise NotFound(
        f"No model, deployment or throughput in {bedrock.meta.region_name} is called {given!r}."
        f"{did_you_mean(given, present.values())}",
        remedy=Phrasing(
            command="List them with `burnish status`.",
            call="List them with `list_custom_models()` and `list_custom_model_deployments()`.",
        ),
    )


def _serving(
    bedrock: Client,
    model_arn: str,
    on_demand: DeploymentStatus | None,
    hourly: ProvisioningStatus | None,
    ignoring: str | None = None,
) -> dict[str, str]:
    """What serves a model and has this status, by its ARN."""
    deployed = [
        one
        for one in deployments.list_deployments(bedrock, status=on_demand, model_arn=model_arn)
        if ignoring is None or not (one.deployment_name or "").startswith(ignoring)
    ]
    provisioned = throughputs.list_throughputs(bedrock, status=hourly, model_arn=model_arn)
    return {
        **{one.deployment_arn: f"{ResourceKind.DEPLOYMENT} {one.deployment_name!r}" for one in deployed},
        **{
            one.provisioned_model_arn: f"{ResourceKind.THROUGHPUT} {one.provisioned_model_name!r}"
            for one in provisioned
        },
    }


def _the_only(given: str, candidates: Mapping[str, str]) -> str:
    if len(candidates) == 1:
        return next(iter(candidates))
    listed = "".join(f"\n    {what}: {arn}" for arn, what in candidates.items())
    raise InvalidConfig(repr(given), [f"it could be any of these: give the ARN of one{listed}"])
