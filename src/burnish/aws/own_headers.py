"""What a server of one's own is asked for and Bedrock has no parameter for: it travels in a header."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from burnish.names import KEEP_MODEL_HEADER

if TYPE_CHECKING:
    from botocore.hooks import BaseEventHooks

#: Given to StopModelCustomizationJob beside its parameters, to keep the model as it is by then.
KEEP_MODEL = "burnishKeepModel"

_HEADERS = {KEEP_MODEL: KEEP_MODEL_HEADER}
_CONTEXT = "burnish_headers"


def send_own_headers(events: BaseEventHooks) -> None:
    """Let the calls of a client take parameters of our own, which are sent as headers."""
    operation = "bedrock.StopModelCustomizationJob"
    events.register(f"provide-client-params.{operation}", _take)
    events.register(f"before-call.{operation}", _send)


def _take(params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> dict[str, Any]:
    """The parameters that the operation has; the others are kept for `_send`, with this call alone."""
    context[_CONTEXT] = {_HEADERS[name]: "true" for name in _HEADERS if params.get(name)}
    return {name: value for name, value in params.items() if name not in _HEADERS}


def _send(params: dict[str, Any], context: Mapping[str, Any], **_: Any) -> None:
    params["headers"].update(context[_CONTEXT])
