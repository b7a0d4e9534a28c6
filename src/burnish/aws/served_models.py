"""Which model currently answers under a ``modelId``.

An evaluation needs to know: a deployment can be pointed to another model while its name and its ARN stay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from burnish.aws import deployments, imports, throughputs
from burnish.aws.callable_models import alternatives_to
from burnish.aws.clients import Client
from burnish.aws.models import get_model
from burnish.aws.retries import call
from burnish.aws.states import weights_of
from burnish.errors import AccessDenied, Conflict, NotFound, Rejected
from burnish.phrasing import Phrasing
from burnish.types import DeploymentStatus, ProvisioningStatus


@dataclass(frozen=True, kw_only=True)
class ServedModel:
    """The model that answers. ``version`` changes whenever another model or other weights do."""

    model_arn: str
    version: str
    #: Whether the server reads a page's text before the model is asked, as Burnish's own does, and caches it.
    reads_pages: bool = False


_Resolver = Callable[[Client, str], ServedModel]


def served_model(bedrock: Client, model_id: str) -> ServedModel:
    """The model that answers under a ``modelId`` of Converse.

    Raises `NotFound`, naming what there is, where nothing goes by it; `Conflict` while it is being created or
    updated, when either of two models may answer, and where its creation failed. That it cannot be looked up
    is `AccessDenied`, or `Rejected` for an identifier of which Bedrock describes nothing.
    """
    denied: AccessDenied | None = None
    for find in _resolvers(model_id):
        try:
            return find(bedrock, model_id)
        except AccessDenied as error:
            denied = error
        except (NotFound, Rejected):
            continue
    # What may not be looked up may well be there.
    if denied:
        raise denied
    raise NotFound(f"There is no model {model_id!r}. {alternatives_to(bedrock, model_id)}")


def _resolvers(model_id: str) -> tuple[_Resolver, ...]:
    """The types to try. An ARN names its type; ids of base models have a dot, and other names have none."""
    kinds: dict[str, _Resolver] = {
        ":custom-model-deployment/": _deployment,
        ":provisioned-model/": _throughput,
        "inference-profile/": _profile,
        ":foundation-model/": _base_model,
        ":imported-model/": _imported_model,
        ":custom-model/": _custom_model,
    }
    if model_id.startswith("arn:"):
        found = tuple(find for kind, find in kinds.items() if kind in model_id)
        if not found:
            raise Rejected(f"Bedrock does not say which model answers under {model_id!r}")
        return found
    return (_base_model, _profile) if "." in model_id else (_throughput, _deployment)


def _imported_model(bedrock: Client, model_id: str) -> ServedModel:
    return _served(imports.get_imported_model(bedrock, model_id).model_arn, None, None)


def _custom_model(bedrock: Client, model_id: str) -> ServedModel:
    found = get_model(bedrock, model_id)
    raise Conflict(
        f"The custom model {found.model_name!r} answers only through a deployment or a throughput.",
        remedy=Phrasing(
            command=f"Deploy it with `burnish model deploy {found.model_arn} NAME`.",
            call=f"Deploy it with `deploy_custom_model({found.model_arn!r}, name)`.",
        ),
    )


def _deployment(bedrock: Client, model_id: str) -> ServedModel:
    found = deployments.get_deployment(bedrock, model_id)
    if found.status is DeploymentStatus.CREATING:
        raise _not_ready(
            found, wait=f"burnish deployment wait {found.deployment_arn}", call="wait_for_deployment"
        )
    if found.status is DeploymentStatus.FAILED:
        raise Conflict(f"The {found}, does not answer.")
    if found.update_status == "Updating":
        raise _being_replaced(model_id)
    return _served(found.model_arn, found.last_updated_time, found.weights)


def _throughput(bedrock: Client, model_id: str) -> ServedModel:
    found = throughputs.get_throughput(bedrock, model_id)
    if found.status is ProvisioningStatus.CREATING:
        wait = f"burnish throughput wait {found.provisioned_model_arn}"
        raise _not_ready(found, wait=wait, call="wait_for_provisioning_completion")
    if found.status is ProvisioningStatus.FAILED:
        raise Conflict(f"The {found}, does not answer.")
    if found.status is ProvisioningStatus.UPDATING:
        raise _being_replaced(model_id)
    return _served(found.model_arn, found.last_modified_time, found.weights)


def _base_model(bedrock: Client, model_id: str) -> ServedModel:
    action = f"describe the base model {model_id!r}"
    response = call(bedrock.get_foundation_model, action, modelIdentifier=model_id)
    return _served(response["modelDetails"]["modelArn"], None, weights_of(response))


def _profile(bedrock: Client, model_id: str) -> ServedModel:
    action = f"describe the inference profile {model_id!r}"
    response = call(bedrock.get_inference_profile, action, inferenceProfileIdentifier=model_id)
    # Sorted: the order in an answer must not look like another model.
    models = sorted(model["modelArn"] for model in response["models"])
    return _served(", ".join(models), response.get("updatedAt"), None)


def _served(model_arn: str | None, changed: datetime | None, weights: str | None) -> ServedModel:
    version = " ".join(filter(None, (changed.isoformat() if changed else "", weights)))
    return ServedModel(model_arn=model_arn or "", version=version, reads_pages=weights is not None)


def _being_replaced(model_id: str) -> Conflict:
    return Conflict(
        f"The model behind {model_id!r} is being replaced: wait until the update is complete, then evaluate"
    )


def _not_ready(found: object, *, wait: str, call: str) -> Conflict:
    """``found`` tells its name and status."""
    remedy = Phrasing(command=f"Wait until it does: `{wait}`.", call=f"Wait until it does, with `{call}`.")
    return Conflict(f"The {found}, does not answer yet.", remedy=remedy)
