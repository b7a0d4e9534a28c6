"""Where the model behind an identifier lies: base weights and, for a tuned model, what its training saved."""

from __future__ import annotations

from pathlib import Path

from burnish.engine.inference_messages import ModelPlace
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.deployments import ACTIVE
from burnish.server.bedrock.faults import invalid, not_found
from burnish.server.resources import CustomModel, Deployment, Job, Throughput
from burnish.server.wire.call import ServiceFault


def place_of(control: Control, region: str, identifier: str) -> ModelPlace:
    """The place of a base model or a custom model."""
    if model := control.store.find(CustomModel, region, identifier):
        weights = weights_behind(control, model, f"The custom model {model.name}")
        return ModelPlace(weights=weights, tuned=model.adapter_in(control.data))
    if base := control.catalogue.find(identifier):
        return ModelPlace(weights=control.weights[base.weights.id])
    raise not_found(
        f"There is no model {identifier!r} on this server.{control.catalogue.suggestion(identifier)}"
    )


def weights_behind(control: Control, tuned: CustomModel | Job, what: str) -> Path:
    """The weights that a model was tuned from, or that a job tunes; a fault where this start has others."""
    base = control.catalogue.find(tuned.base_model_id)
    weights_id = tuned.weights_id or (base.weights.id if base else tuned.base_model_id)
    if weights_id not in control.weights:
        raise not_found(
            f"{what} needs the weights {weights_id}, which this server was not started with: start it with "
            "`--model` for them, too"
        )
    return control.weights[weights_id]


def callable_place(control: Control, region: str, identifier: str) -> ModelPlace:
    """The place of what may be called: a base model, a deployment, a throughput, but no custom model."""
    if throughput := control.store.find(Throughput, region, identifier):
        _require_ready(throughput, ("InService", "Updating"), "provisioned throughput")
        return place_of(control, region, throughput.model_arn)
    if deployment := control.store.find(Deployment, region, identifier):
        _require_ready(deployment, ACTIVE, "custom model deployment")
        return place_of(control, region, deployment.model_arn)
    # Not answered though it could be: on Bedrock the ARN of a custom model is refused here, too, and code
    # that works with this server has to work there.
    if model := control.store.find(CustomModel, region, identifier):
        raise invalid(
            f"The custom model {model.name} cannot be called itself: create a custom model deployment or a "
            "provisioned throughput for it, and call that"
        )
    if control.catalogue.find(identifier) is None:
        suggestion = control.catalogue.suggestion(identifier)
        raise invalid(f"The provided model identifier {identifier!r} is invalid.{suggestion}")
    return place_of(control, region, identifier)


def _require_ready(item: Throughput | Deployment, ready: tuple[str, ...], what: str) -> None:
    if item.status not in ready:
        remedy = "delete it and create another" if item.status == "Failed" else "wait until that is done"
        raise ServiceFault("ModelNotReadyException", f"The {what} {item.name} is {item.status}: {remedy}")
