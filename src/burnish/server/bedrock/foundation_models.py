"""Base models: the server's open models, and the stand-ins for Amazon's ids, which say what they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from burnish.engine.catalogue import FoundationModel
from burnish.families import family_of
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.faults import not_found
from burnish.server.bedrock.jobs import KINDS, PRE_TRAINING
from burnish.server.wire.call import Call


async def get(control: Control, call: Call) -> Mapping[str, Any]:
    """The details of a base model."""
    identifier = call.parameters["modelIdentifier"]
    model = control.catalogue.find(identifier)
    if model is None:
        suggestion = control.catalogue.suggestion(identifier)
        raise not_found(f"There is no foundation model {identifier!r}.{suggestion}")
    return {"modelDetails": _details(model, call)}


async def get_availability(control: Control, call: Call) -> Mapping[str, Any]:
    """Whether a base model can be used: whichever this server has can be, by everybody."""
    model_id = call.parameters["modelId"]
    if control.catalogue.find(model_id) is None:
        raise not_found(f"There is no foundation model {model_id!r}.{control.catalogue.suggestion(model_id)}")
    return {
        "modelId": model_id,
        "agreementAvailability": {"status": "AVAILABLE"},
        "authorizationStatus": "AUTHORIZED",
        "entitlementAvailability": "AVAILABLE",
        "regionAvailability": "AVAILABLE",
    }


async def list_models(control: Control, call: Call) -> Mapping[str, Any]:
    """All base models that the filters keep."""
    asked = call.parameters
    summaries = [_details(model, call) for model in control.catalogue.foundation_models()]
    return {
        "modelSummaries": [
            summary
            for summary in summaries
            if asked.get("byProvider") in (None, summary["providerName"])
            and asked.get("byCustomizationType") in (None, *summary["customizationsSupported"])
            and asked.get("byOutputModality") in (None, *summary["outputModalities"])
            and asked.get("byInferenceType") in (None, *summary["inferenceTypesSupported"])
        ]
    }


def _details(model: FoundationModel, call: Call) -> dict[str, Any]:
    return {
        "modelArn": model.arn(call.caller.region),
        "modelId": model.id,
        "modelName": model.shown_name,
        "providerName": model.provider,
        "inputModalities": ["TEXT", "IMAGE"],
        "outputModalities": ["TEXT"],
        "responseStreamingSupported": model.weights.writes_text,
        "customizationsSupported": _customizations(model),
        "inferenceTypesSupported": ["ON_DEMAND", "PROVISIONED"],
        "modelLifecycle": {"status": "ACTIVE"},
    }


def _customizations(model: FoundationModel) -> list[str]:
    """How a model can be customized here: as its family can be, by the methods that the server knows."""
    family = family_of(model.tuned_id)
    listed = family.model(model.tuned_id) if family else None
    tunings = listed.tunings if listed else family.usual_tunings if family else {}
    unfit = () if model.weights.learns_plain_text else (PRE_TRAINING,)
    return [kind for kind in KINDS if kind in tunings and kind not in unfit]
