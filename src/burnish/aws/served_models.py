"""Which model currently answers under a ``modelId``.

An evaluation needs to know: a deployment can be pointed to another model while its name and its ARN stay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from burnish.aws import deployments, throughputs
from burnish.aws.clients import Client
from burnish.aws.retries import call
from burnish.aws.states import weights_of
from burnish.errors import Conflict, NotFound, Rejected
from burnish.types import ProvisioningStatus


@dataclass(frozen=True, kw_only=True)
class ServedModel:
    """The model that answers. ``version`` changes whenever another model or other weights do."""

    model_arn: str
    version: str


_Resolver = Callable[[Client, str], ServedModel]


def served_model(bedrock: Client, model_id: str) -> ServedModel:
    """The model that answers under a ``modelId`` of Converse.

    Raises `NotFound` for an id that the service does not describe, and `Conflict` during an update, when
    either of two models may answer.
    """
    refused: NotFound | Rejected | None = None
    for find in _resolvers(model_id):
        try:
            return find(bedrock, model_id)
        except (NotFound, Rejected) as error:
            refused = error
    raise refused or NotFound(f"Bedrock does not say which model answers under {model_id!r}")


def _resolvers(model_id: str) -> tuple[_Resolver, ...]:
    """The types to try. An ARN names its type; ids of base models have a dot, and other names have none."""
    kinds: dict[str, _Resolver] = {
        ":custom-model-deployment/": _deployment,
        ":provisioned-model/": _throughput,
        "inference-profile/": _profile,
        ":foundation-model/": _base_model,
        ":imported-model/": _the_model_itself,
        ":custom-model/": _the_model_itself,
    }
    if model_id.startswith("arn:"):
        return tuple(find for kind, find in kinds.items() if kind in model_id)
    return (_base_model, _profile) if "." in model_id else (_throughput, _deployment)


def _the_model_itself(_: Client, model_id: str) -> ServedModel:
    return ServedModel(model_arn=model_id, version="")


def _deployment(bedrock: Client, model_id: str) -> ServedModel:
    found = deployments.get_deployment(bedrock, model_id)
    if found.update_status == "Updating":
        raise _being_replaced(model_id)
    return _served(found.model_arn, found.last_updated_time, found.weights)


def _throughput(bedrock: Client, model_id: str) -> ServedModel:
    found = throughputs.get_throughput(bedrock, model_id)
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
    return ServedModel(model_arn=model_arn or "", version=version)


def _being_replaced(model_id: str) -> Conflict:
    return Conflict(
        f"The model behind {model_id!r} is being replaced: wait until the update is complete, then evaluate"
    )
