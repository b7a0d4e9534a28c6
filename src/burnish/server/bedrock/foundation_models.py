"""Base models: the server's open models, and the stand-ins for Amazon's ids, which say what they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from burnish.engine.catalogue import FoundationModel
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.faults import not_found
from burnish.server.wire.call import Call


async def get(control: Control, call: Call) -> Mapping[str, Any]:
    """The details of a base model."""
    identifier = call.parameters["modelIdentifier"]
    model = control.catalogue.find(identifier)
    if model is None:
        suggestion = control.catalogue.suggestion(identifier)
        raise not_found(f"There is no foundation model {identifier!r}.{suggestion}")
    return {"modelDetails": _details(model, call)}


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
        "responseStreamingSupported": False,
        "customizationsSupported": ["FINE_TUNING"],
        "inferenceTypesSupported": ["ON_DEMAND", "PROVISIONED"],
        "modelLifecycle": {"status": "ACTIVE"},
    }
