"""Where the model behind an identifier lies: base weights and, for a tuned model, what its training saved."""

from __future__ import annotations

from pathlib import Path

from burnish.engine.inference_messages import ModelPlace
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.deployments import ACTIVE
from burnish.server.bedrock.faults import invalid, not_found
from burnish.server.resources import CustomModel, Deployment, ImportedWeights, Job, Throughput
from burnish.server.wire.call import ServiceFault
from burnish.tuned_models.model_manifest import ANSWERS


def place_of(control: Control, region: str, identifier: str) -> ModelPlace:
    """The place of a base model or a custom model."""
    # First, for it asks no database: no other model has the id or the ARN of a base model.
    if base := control.catalogue.find(identifier):
        return ModelPlace(weights=control.weights[base.weights.id])
    if model := control.store.find(CustomModel, region, identifier):
        weights = weights_behind(control, model, f"The custom model {model.name}")
        return ModelPlace(weights=weights, tuned=model.adapter_in(control.data))
    if imported := control.store.find(ImportedWeights, region, identifier):
        return imported_place(control, imported)
    raise not_found(
        f"There is no model {identifier!r} on this server.{control.catalogue.suggestion(identifier)}"
    )


def imported_place(control: Control, model: ImportedWeights) -> ModelPlace:
    """The place of an imported model, with what is known of its answers. A fault where it needs others."""
    folder = control.data / model.folder
    if model.weights_id is None:
        answers = folder / ANSWERS
        return ModelPlace(weights=folder, tuned=answers if answers.is_dir() else None)
    if model.weights_id not in control.weights:
        raise missing_weights(f"The imported model {model.name}", model.weights_id)
    return ModelPlace(weights=control.weights[model.weights_id], tuned=folder)


def missing_weights(what: str, weights_id: str) -> ServiceFault:
    """The fault for a model whose base model this start of the server does not have."""
    return not_found(
        f"{what} needs the weights {weights_id}, which this server was not started with: start it with "
        "`--model` for them, too"
    )


def weights_behind(control: Control, tuned: CustomModel | Job, what: str) -> Path:
    """The weights that a model was tuned from, or that a job tunes; a fault where this start has others."""
    base = control.catalogue.find(tuned.base_model_id)
    weights_id = tuned.weights_id or (base.weights.id if base else tuned.base_model_id)
    if weights_id not in control.weights:
        raise missing_weights(what, weights_id)
    return control.weights[weights_id]


def sources_of(control: Control, weights: Path) -> dict[str, str]:
    """The names under which weights are known on other machines; of a pool those of each member's.

    No path is among them: of weights that lie in a folder of this machine, that folder's name is.
    """
    model = next(one for one in control.catalogue.models if control.weights[one.id] == weights)
    return {one.slug: one.known_as for one in model.members or (model,)}


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
    if imported := control.store.find(ImportedWeights, region, identifier):
        return imported_place(control, imported)
    if control.catalogue.find(identifier) is None:
        suggestion = control.catalogue.suggestion(identifier)
        raise invalid(f"The provided model identifier {identifier!r} is invalid.{suggestion}")
    return place_of(control, region, identifier)


def on_demand_place(control: Control, region: str, identifier: str) -> ModelPlace:
    """The place of what may be called, custom models among it, which need nothing that serves them here."""
    if model := control.store.find(CustomModel, region, identifier):
        return place_of(control, region, model.arn)
    return callable_place(control, region, identifier)


def base_model_behind(control: Control, region: str, identifier: str) -> str:
    """The id or ARN of the base model of what is called; of anything else the identifier as it is."""
    if throughput := control.store.find(Throughput, region, identifier):
        return throughput.base_model_id
    deployment = control.store.find(Deployment, region, identifier)
    model = control.store.find(CustomModel, region, deployment.model_arn if deployment else identifier)
    return model.base_model_id if model else identifier


def batch_place(control: Control, region: str, identifier: str) -> tuple[str, ModelPlace]:
    """What a batch is answered by: the id that its requests are made for, and the place of the weights.

    A batch names a custom model itself, and no deployment or throughput of it. A fault for all else.
    """
    if model := control.store.find(CustomModel, region, identifier):
        return model.base_model_id, place_of(control, region, model.arn)
    base = control.catalogue.find(identifier)
    if base is None:
        suggestion = control.catalogue.suggestion(identifier)
        raise invalid(f"The provided model identifier {identifier!r} is invalid.{suggestion}")
    return base.id, place_of(control, region, base.id)


def _require_ready(item: Throughput | Deployment, ready: tuple[str, ...], what: str) -> None:
    if item.status not in ready:
        remedy = "delete it and create another" if item.status == "Failed" else "wait until that is done"
        raise ServiceFault("ModelNotReadyException", f"The {what} {item.name} is {item.status}: {remedy}")
