"""Bedrock Runtime: Converse and CountTokens, answered by the inference process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from msgspec import structs

from burnish.engine.inference_messages import Answer, Choice, InferenceRequest, InferenceTurn, Sampling
from burnish.errors import CannotStart, InvalidInput, ModelFailed, ModelTimeout, Throttled
from burnish.server.bedrock.answer_schemas import answer_schema_in
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.faults import invalid
from burnish.server.bedrock.images import checked_image, require_few_images
from burnish.server.bedrock.places import callable_place
from burnish.server.inference.process import InferenceProcess
from burnish.server.wire.call import Call, Handler, ServiceFault

USUAL_MAX_TOKENS = 512
#: Converse's names for what goes wrong with a question.
FAULTS: Mapping[type[Exception], str] = {
    InvalidInput: "ValidationException",
    Throttled: "ThrottlingException",
    ModelTimeout: "ModelTimeoutException",
    ModelFailed: "ModelErrorException",
    CannotStart: "ServiceUnavailableException",
}
#: CountTokens declares no errors of a model's own.
COUNTING_FAULTS: Mapping[type[Exception], str] = {
    **FAULTS,
    ModelTimeout: "ServiceUnavailableException",
    ModelFailed: "InternalServerException",
}
UNSUPPORTED = ("toolConfig", "guardrailConfig", "promptVariables", "additionalModelRequestFields")


def runtime_handlers(control: Control, inference: InferenceProcess) -> dict[tuple[str, str], Handler]:
    """The handlers of the operations of Bedrock Runtime that this server answers."""
    operations = {"Converse": converse, "CountTokens": count_tokens}
    return {
        ("bedrock-runtime", name): partial(operation, control, inference)
        for name, operation in operations.items()
    }


async def converse(control: Control, inference: InferenceProcess, call: Call) -> Mapping[str, Any]:
    """A model's answer, bound to the JSON schema of ``outputConfig`` where there is one.

    For a closed set of labels the probability of each comes with it.
    """
    begun = time.monotonic()
    request = await _inference_request(control, call, call.parameters)
    try:
        answer = await inference.answer(request)
    except tuple(FAULTS) as error:
        raise _fault_of(error, FAULTS) from error
    response = {
        "output": {"message": {"role": "assistant", "content": [{"text": answer.text}]}},
        "stopReason": answer.stop_reason,
        "usage": {
            "inputTokens": answer.input_tokens,
            "outputTokens": answer.output_tokens,
            "totalTokens": answer.input_tokens + answer.output_tokens,
        },
        "metrics": {"latencyMs": round((time.monotonic() - begun) * 1000)},
    }
    if answer.probabilities:
        response["additionalModelResponseFields"] = _fields_of_decision(answer)
    return response


def _fields_of_decision(answer: Answer) -> dict[str, Any]:
    """The probability of each label and, where it is known, how typical the page is of the training."""
    typicality = {} if answer.typicality is None else {"typicality": answer.typicality}
    return {"labelProbabilities": answer.probabilities, **typicality}


async def count_tokens(control: Control, inference: InferenceProcess, call: Call) -> Mapping[str, Any]:
    """How many tokens a Converse request is to a model. Its pages are read for it, and are then cached."""
    given: Mapping[str, Any] = call.parameters["input"]
    if "converse" not in given:
        raise invalid("This server counts the tokens of Converse requests: give input.converse")
    request = await _inference_request(control, call, given["converse"])
    try:
        answer = await inference.answer(structs.replace(request, counts_only=True))
    except tuple(COUNTING_FAULTS) as error:
        raise _fault_of(error, COUNTING_FAULTS) from error
    return {"inputTokens": answer.input_tokens}


def _fault_of(error: Exception, codes: Mapping[type[Exception], str]) -> ServiceFault:
    code = next(code for kind, code in codes.items() if isinstance(error, kind))
    members = {"originalStatusCode": 500} if code == "ModelErrorException" else {}
    return ServiceFault(code, str(error), **members)


async def _inference_request(control: Control, call: Call, asked: Mapping[str, Any]) -> InferenceRequest:
    for member in UNSUPPORTED:
        if asked.get(member):
            raise invalid(f"This server does not support {member}: leave it out")
    place = callable_place(control, call.caller.region, call.parameters["modelId"])
    bound = answer_schema_in(asked.get("outputConfig"))
    messages = asked.get("messages") or ()
    if not messages or messages[-1]["role"] != "user":
        raise invalid("messages must end with a user turn")
    return InferenceRequest(
        place=place,
        system="\n".join(_system_text(block) for block in asked.get("system") or ()),
        turns=tuple(
            [
                # In a thread, because an image may have to come from the S3 server.
                await asyncio.to_thread(_turn, control, message, where=f"messages[{number}]")
                for number, message in enumerate(messages)
            ]
        ),
        choice=bound if isinstance(bound, Choice) else None,
        schema=bound if isinstance(bound, str) else None,
        sampling=_sampling(asked.get("inferenceConfig") or {}),
    )


def _system_text(block: Mapping[str, Any]) -> str:
    if "text" not in block:
        raise invalid(f"This server takes text in system, not {', '.join(block)}")
    return str(block["text"])


def _turn(control: Control, message: Mapping[str, Any], *, where: str) -> InferenceTurn:
    require_few_images(message["content"], where=where)
    texts: list[str] = []
    pages: list[bytes] = []
    for number, block in enumerate(message["content"]):
        if "text" in block:
            texts.append(block["text"])
        elif "image" in block:
            pages.append(checked_image(control, block["image"], where=f"{where}.content[{number}].image"))
        else:
            raise invalid(f"This server takes text and image blocks, not {', '.join(block)}")
    return InferenceTurn(role=message["role"], text="\n".join(texts), pages=tuple(pages))


def _sampling(config: Mapping[str, Any]) -> Sampling:
    return Sampling(
        max_tokens=config.get("maxTokens") or USUAL_MAX_TOKENS,
        temperature=config.get("temperature") or 0.0,
        top_p=config.get("topP") or 1.0,
        stop=tuple(config.get("stopSequences") or ()),
    )
