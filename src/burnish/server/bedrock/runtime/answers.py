"""Answers of the inference process, whole or in pieces, and Bedrock's names for what goes wrong."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from burnish.engine.inference_messages import Answer, InferenceRequest, TextPiece
from burnish.errors import CannotStart, InputTooLong, InvalidInput, ModelFailed, ModelTimeout, Throttled
from burnish.server.bedrock.faults import InputDoesNotFit
from burnish.server.inference.process import InferenceProcess
from burnish.server.inference.text_streams import pieces_of_answer
from burnish.server.wire.call import ServiceFault

FaultNames = Mapping[type[Exception], str]
FAULTS: FaultNames = {
    InvalidInput: "ValidationException",
    Throttled: "ThrottlingException",
    ModelTimeout: "ModelTimeoutException",
    ModelFailed: "ModelErrorException",
    CannotStart: "ServiceUnavailableException",
}
#: Of a text of which pieces have been sent.
STREAM_FAULTS: FaultNames = {
    **FAULTS,
    ModelTimeout: "ModelStreamErrorException",
    ModelFailed: "ModelStreamErrorException",
}
_FROM_THE_MODEL = ("ModelErrorException", "ModelStreamErrorException")


async def answer_to(
    inference: InferenceProcess, request: InferenceRequest, *, faults: FaultNames = FAULTS
) -> Answer:
    """The answer to a request. Raises `ServiceFault`."""
    try:
        return await inference.answer(request)
    except tuple(faults) as error:
        raise _fault_of(error, faults) from error


async def pieces_to(
    inference: InferenceProcess, request: InferenceRequest
) -> AsyncGenerator[TextPiece | Answer, None]:
    """The pieces of the answer to a request, and the answer at the end. Raises `ServiceFault`."""
    faults = FAULTS
    async with aclosing(pieces_of_answer(inference, request)) as pieces:
        try:
            async for piece in pieces:
                faults = STREAM_FAULTS
                yield piece
        except tuple(FAULTS) as error:
            raise _fault_of(error, faults) from error


def _fault_of(error: Exception, names: FaultNames) -> ServiceFault:
    if isinstance(error, InputTooLong):
        return InputDoesNotFit(str(error))
    code = next(code for kind, code in names.items() if isinstance(error, kind))
    members = {"originalStatusCode": 500} if code in _FROM_THE_MODEL else {}
    return ServiceFault(code, str(error), **members)
