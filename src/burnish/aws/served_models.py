"""What stands behind the name that a model is called by, now: names and ARNs come to mean another model."""

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
class Answering:
    """The model that answers. ``version`` changes when what answers does, even where the ARN stays."""

    model_arn: str
    version: str


_Finder = Callable[[Client, str], Answering]


def model_behind(bedrock: Client, model_id: str) -> Answering:
    """The model that answers under a ``modelId`` of Converse.

    Raises `NotFound` for what the service has no description of, and `Conflict` while a model is being
    replaced, when there is no telling which of the two answers.
    """
    refused: NotFound | Rejected | None = None
    for find in _finders(model_id):
        try:
            return find(bedrock, model_id)
        except (NotFound, Rejected) as error:
            refused = error
    raise refused or NotFound(f"Bedrock does not say which model answers for {model_id!r}")


def _finders(model_id: str) -> tuple[_Finder, ...]:
    """Where to look: an ARN says what it is of; ids of base models have a dot, and other names have none."""
    kinds: dict[str, _Finder] = {
        ":custom-model-deployment/": _deployment,
        ":provisioned-model/": _throughput,
        "inference-profile/": _profile,
        ":foundation-model/": _base_model,
        ":imported-model/": _itself,
        ":custom-model/": _itself,
    }
    if model_id.startswith("arn:"):
        return tuple(find for kind, find in kinds.items() if kind in model_id)
    return (_base_model, _profile) if "." in model_id else (_throughput, _deployment)


def _itself(_: Client, model_id: str) -> Answering:
    return Answering(model_arn=model_id, version="")


def _deployment(bedrock: Client, model_id: str) -> Answering:
    found = deployments.get_deployment(bedrock, model_id)
    if found.update_status == "Updating":
        raise _being_replaced(model_id)
    return _answering(found.model_arn, found.last_updated_time, found.weights)


def _throughput(bedrock: Client, model_id: str) -> Answering:
    found = throughputs.get_throughput(bedrock, model_id)
    if found.status is ProvisioningStatus.UPDATING:
        raise _being_replaced(model_id)
    return _answering(found.model_arn, found.last_modified_time, found.weights)


def _base_model(bedrock: Client, model_id: str) -> Answering:
    action = f"look at the base model {model_id!r}"
    response = call(bedrock.get_foundation_model, action, modelIdentifier=model_id)
    return _answering(response["modelDetails"]["modelArn"], None, weights_of(response))


def _profile(bedrock: Client, model_id: str) -> Answering:
    action = f"look at the inference profile {model_id!r}"
    response = call(bedrock.get_inference_profile, action, inferenceProfileIdentifier=model_id)
    models = sorted(model["modelArn"] for model in response["models"])
    return _answering(", ".join(models), response.get("updatedAt"), None)


def _answering(model_arn: str | None, changed: datetime | None, weights: str | None) -> Answering:
    version = " ".join(filter(None, (changed.isoformat() if changed else "", weights)))
    return Answering(model_arn=model_arn or "", version=version)


def _being_replaced(model_id: str) -> Conflict:
    return Conflict(
        f"The model behind {model_id!r} is being replaced by another: wait until that is done, then evaluate"
    )
