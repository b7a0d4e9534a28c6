"""A response header that identifies the weights behind a model, for clients that keep its answers.

A name such as that of a stand-in is answered by whatever weights the server was started with, and no member
of the API has room to say which.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from importlib.metadata import version
from typing import Any, TypeAlias

from burnish.engine.fingerprints import fingerprint_of
from burnish.names import WEIGHTS_HEADER
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.places import place_of
from burnish.server.wire.call import Call, ServiceFault, WithHeaders

Operation: TypeAlias = Callable[[Control, Call], Awaitable[Mapping[str, Any]]]


def telling_weights(operation: Operation) -> Operation:
    """The operation, with the program and the weights behind the model that it describes in a header."""

    async def telling(control: Control, call: Call) -> Mapping[str, Any]:
        members = await operation(control, call)
        model_arn = members.get("modelArn") or members["modelDetails"]["modelArn"]
        try:
            weights = place_of(control, call.caller.region, model_arn).weights
        except ServiceFault:  # no weights of this start answer
            return members
        # In a thread: the first time it reads all of the weights.
        fingerprint = await asyncio.to_thread(fingerprint_of, weights)
        return WithHeaders(members, {WEIGHTS_HEADER: f"burnish-{version('burnish')}-{fingerprint}"})

    return telling
