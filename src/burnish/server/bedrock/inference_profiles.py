"""Inference profiles: the ids that begin with a region (``us.…``), under which stand-ins answer as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from burnish.engine.catalogue import (
    PROFILE_PREFIX,
    FoundationModel,
    foundation_model_arn,
    inference_profile_arn,
)
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.faults import invalid, not_found
from burnish.server.bedrock.paging import USUAL_PAGE
from burnish.server.wire.call import Call
from burnish.server.wire.page_tokens import list_of, position_of, token_of


async def get(control: Control, call: Call) -> Mapping[str, Any]:
    """A profile, with the base model that it leads to."""
    identifier = call.parameters["inferenceProfileIdentifier"]
    model = control.catalogue.find(identifier)
    if model is None or not model.is_profile:
        raise not_found(f"There is no inference profile {identifier!r} on this server")
    return _described(model, call)


async def list_profiles(control: Control, call: Call) -> Mapping[str, Any]:
    """A page of profiles. All are system-defined: this server makes none for applications."""
    asked = call.parameters
    profiles = [model for model in control.catalogue.foundation_models() if model.is_profile]
    if asked.get("typeEquals") == "APPLICATION":
        profiles = []
    begin, size = _begin(call), asked.get("maxResults") or USUAL_PAGE
    page, more = profiles[begin : begin + size], profiles[begin + size :]
    return {
        "inferenceProfileSummaries": [_described(model, call) for model in page],
        "nextToken": token_of((str(begin + size), ""), of=list_of(call)) if more else None,
    }


def _begin(call: Call) -> int:
    token = call.parameters.get("nextToken")
    if token is None:
        return 0
    try:
        begin, _ = position_of(token, of=list_of(call))
        return int(begin)
    except ValueError as error:
        raise invalid("The nextToken is not valid for this list: start again without it") from error


def _described(model: FoundationModel, call: Call) -> dict[str, Any]:
    region, account = call.caller.region, call.caller.account_id
    return {
        # Names of profiles have no dots.
        "inferenceProfileName": f"US {model.model_name}".replace(".", "-"),
        "description": "An open model stands in for this profile",
        "inferenceProfileArn": inference_profile_arn(region, account, model.id),
        "models": [{"modelArn": foundation_model_arn(region, model.id.removeprefix(PROFILE_PREFIX))}],
        "inferenceProfileId": model.id,
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
    }
