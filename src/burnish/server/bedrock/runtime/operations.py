"""Bedrock Runtime's operations: what this server answers."""

from __future__ import annotations

from functools import partial

from burnish.server.bedrock.control import Control
from burnish.server.bedrock.runtime import conversations, invocations, token_counts
from burnish.server.inference.process import InferenceProcess
from burnish.server.wire.call import Handler

RUNTIME_OPERATIONS = {
    "Converse": conversations.converse,
    "ConverseStream": conversations.converse_stream,
    "CountTokens": token_counts.count_tokens,
    "InvokeModel": invocations.invoke,
    "InvokeModelWithResponseStream": invocations.invoke_with_response_stream,
}


def runtime_handlers(control: Control, inference: InferenceProcess) -> dict[tuple[str, str], Handler]:
    """The handlers of the operations of Bedrock Runtime that this server answers."""
    return {
        ("bedrock-runtime", name): partial(operation, control, inference)
        for name, operation in RUNTIME_OPERATIONS.items()
    }
