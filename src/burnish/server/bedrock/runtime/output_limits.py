"""How many tokens may be asked for of a model at most."""

from __future__ import annotations

from burnish.engine.catalogue import FoundationModel
from burnish.engine.context_lengths import context_length
from burnish.engine.inference_messages import ModelPlace
from burnish.families import family_of
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.places import base_model_behind
from burnish.server.wire.call import Call


def output_limit(control: Control, call: Call, place: ModelPlace) -> int | None:
    """The longest answer that may be asked for of the called model; None where that is not known."""
    base = control.catalogue.find(base_model_behind(control, call.caller.region, call.parameters["modelId"]))
    if base is None:  # an imported model, which no catalogue has
        return context_length(place.weights)
    return _limit_of_stand_in(base) if base.is_stand_in else base.weights.context_length


def _limit_of_stand_in(base: FoundationModel) -> int | None:
    """The limit of the model whose id is answered to: its code is refused where it would be on Bedrock.

    What does not fit into the stand-in's own context is cut off there, which the stop reason tells.
    """
    family = family_of(base.id)
    listed = family.model(base.id) if family else None
    return listed.max_output_tokens if listed else None
