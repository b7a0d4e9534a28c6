"""Work for a client that may hang up before it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from burnish.server.door.http2 import DROP

Result = TypeVar("Result")


async def while_connected(receive: Receive, work: Awaitable[Result]) -> Result:
    """What ``work`` gives. Cancels it and raises `ClientDisconnect` when the client hangs up before.

    The request's body must have been read: what the client sends after it is passed over.
    """
    working = asyncio.ensure_future(work)
    hanging_up = asyncio.ensure_future(_hung_up(receive))
    try:
        await asyncio.wait((working, hanging_up), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        hanging_up.cancel()
        if not working.done():
            working.cancel()
            # Until it has really ended: what it works on, the body above all, is given back right after this.
            await asyncio.gather(working, return_exceptions=True)


async def hang_up(scope: Scope, receive: Receive) -> None:
    """Close a request's connection without an answer; over HTTP/2 its stream."""
    scope["state"][DROP]()
    await _hung_up(receive)


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
