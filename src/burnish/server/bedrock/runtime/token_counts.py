"""CountTokens: how long a request is to a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import structs

from burnish.errors import ModelFailed, ModelTimeout
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.runtime.answers import FAULTS, FaultNames, answer_to
from burnish.server.bedrock.runtime.converse_requests import converse_request
from burnish.server.bedrock.runtime.invocations import native_request
from burnish.server.inference.process import InferenceProcess
from burnish.server.wire.call import Call

#: CountTokens declares no errors of a model's own.
COUNTING_FAULTS: FaultNames = {
    **FAULTS,
    ModelTimeout: "ServiceUnavailableException",
    ModelFailed: "InternalServerException",
}


async def count_tokens(control: Control, inference: InferenceProcess, call: Call) -> Mapping[str, Any]:
    """How many tokens a request is to a model. Its pages are read for it, and are then cached."""
    given: Mapping[str, Any] = call.parameters["input"]
    if "converse" in given:
        asked = given["converse"]
    else:
        asked = native_request(control, call, given["invokeModel"]["body"]).asked
    request = await converse_request(control, call, asked)
    counting = structs.replace(request.inference, counts_only=True)
    answer = await answer_to(inference, counting, faults=COUNTING_FAULTS)
    return {"inputTokens": answer.input_tokens}
