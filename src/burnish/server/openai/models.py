"""Models: the base models that the server has, and those that were tuned from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from burnish.server.openai.door import Ask, Backend, page
from burnish.server.openai.errors import RequestRefused
from burnish.server.openai.model_names import PREFIX, identifier_of, shown_name

#: When base models were made is not known.
_UNKNOWN_AGE = 0


async def list_models(backend: Backend, ask: Ask) -> Response:
    """All models that the caller may see."""
    bases = await backend.call(ask.caller, "ListFoundationModels", {})
    shown = [_base(one) for one in bases["modelSummaries"]]
    tuned = await backend.summaries(ask.caller, "ListCustomModels", "modelSummaries")
    shown += [_tuned(one) for one in tuned]
    return page(shown, ask, usual=10_000)


async def retrieve(backend: Backend, ask: Ask) -> Response:
    """One model."""
    name = ask.named["model"]
    identifier = identifier_of(name, ask.caller)
    if name.startswith(PREFIX):
        found = await backend.call(ask.caller, "GetCustomModel", {"modelIdentifier": identifier})
        return JSONResponse(_tuned(found))
    found = await backend.call(ask.caller, "GetFoundationModel", {"modelIdentifier": identifier})
    return JSONResponse(_base(found["modelDetails"]))


async def delete(backend: Backend, ask: Ask) -> Response:
    """Delete a fine-tuned model."""
    name = ask.named["model"]
    if not name.startswith(PREFIX):
        raise RequestRefused(f"{name} is no fine-tuned model (ft:…): only those can be deleted", status=403)
    identifier = identifier_of(name, ask.caller)
    await backend.call(ask.caller, "DeleteCustomModel", {"modelIdentifier": identifier})
    return JSONResponse({"id": name, "object": "model", "deleted": True})


def _base(details: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": details["modelId"],
        "object": "model",
        "created": _UNKNOWN_AGE,
        "owned_by": details["providerName"],
    }


def _tuned(model: Mapping[str, Any]) -> dict[str, Any]:
    arn = model["modelArn"]
    return {
        "id": shown_name(arn, model["modelName"]),
        "object": "model",
        "created": int(model["creationTime"].timestamp()),
        "owned_by": arn.split(":")[4],
    }
