"""A response header that identifies the weights behind a model, for clients that keep its answers.

A name such as that of a stand-in is answered by whatever weights the server was started with, and no member
of the API has room to say which.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

from burnish.engine.fingerprints import fingerprint_of
from burnish.names import WEIGHTS_HEADER
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.places import place_of
from burnish.server.wire.call import Call, ServiceFault, WithHeaders

#: Read once: looking up a package's version parses its metadata, which takes longer than most answers.
PROGRAM = f"burnish-{version('burnish')}"
CHECKED_EVERY_SECONDS = 1.0

Operation: TypeAlias = Callable[[Control, Call], Awaitable[Mapping[str, Any]]]


class _Fingerprints:
    """The fingerprints of weights, whose files may change: they are looked at again after so many seconds."""

    def __init__(self, checked_every: float) -> None:
        self._checked_every = checked_every
        self._readings: dict[Path, tuple[float, asyncio.Task[str]]] = {}

    async def of(self, weights: Path) -> str:
        """The fingerprint of weights; the first time it reads all of them."""
        now = time.monotonic()
        began, reading = self._readings.get(weights, (now, None))
        if reading is None or (reading.done() and now - began >= self._checked_every):
            reading = asyncio.create_task(asyncio.to_thread(fingerprint_of, weights))
            self._readings[weights] = (now, reading)
        # Others wait for the same reading: a client that hangs up must not end it.
        return await asyncio.shield(reading)


def telling_weights(operation: Operation, *, checked_every: float = CHECKED_EVERY_SECONDS) -> Operation:
    """The operation, with the program and the weights behind the model that it describes in a header."""
    fingerprints = _Fingerprints(checked_every)

    async def telling(control: Control, call: Call) -> Mapping[str, Any]:
        members = await operation(control, call)
        model_arn = members.get("modelArn") or members["modelDetails"]["modelArn"]
        try:
            weights = place_of(control, call.caller.region, model_arn).weights
        except ServiceFault:  # no weights of this start answer
            return members
        return WithHeaders(members, {WEIGHTS_HEADER: f"{PROGRAM}-{await fingerprints.of(weights)}"})

    return telling
