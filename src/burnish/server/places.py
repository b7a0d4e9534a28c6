"""Where the model behind an identifier lies: base weights and, for a tuned model, its adapter."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from burnish.server.call import ServiceFault
from burnish.server.control_state import Control
from burnish.server.store import CustomModel, Throughput


@dataclass(frozen=True, kw_only=True)
class Place:
    """The folders of a model."""

    weights: Path
    adapter: Path | None = None


def place_of(control: Control, region: str, identifier: str) -> Place:
    """The place of a base model or a custom model."""
    if model := control.store.find(CustomModel, region, identifier):
        return Place(weights=Path(model.weights), adapter=Path(model.adapter))
    if base := control.catalogue.find(identifier):
        return Place(weights=control.weights[base.weights.id])
    raise ServiceFault("ResourceNotFoundException", f"There is no model {identifier!r} on this server")


def callable_place(control: Control, region: str, identifier: str) -> Place:
    """The place of what may be called: a base model or a provisioned throughput, but no custom model."""
    if throughput := control.store.find(Throughput, region, identifier):
        if throughput.status not in ("InService", "Updating"):
            raise ServiceFault(
                "ModelNotReadyException",
                f"The provisioned throughput {throughput.name} is {throughput.status}",
            )
        return place_of(control, region, throughput.model_arn)
    if model := control.store.find(CustomModel, region, identifier):
        raise ServiceFault(
            "ValidationException",
            f"The custom model {model.name} cannot be called itself: create a provisioned throughput for it "
            "and call that",
        )
    if control.catalogue.find(identifier) is None:
        raise ServiceFault("ValidationException", f"The provided model identifier {identifier!r} is invalid")
    return place_of(control, region, identifier)
