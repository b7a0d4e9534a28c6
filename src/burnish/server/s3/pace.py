"""The pace that a body must keep: an upload that trickles must not hold its place for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from burnish.server.s3.faults import S3Fault

#: Bytes a second, on average, that a body must bring.
LEAST_RATE = 1024
#: How far a body may fall behind that before it is ended: so long may a client be silent.
PATIENCE_SECONDS = 30.0


async def paced(
    pieces: AsyncIterator[bytes], *, rate: float = LEAST_RATE, patience: float = PATIENCE_SECONDS
) -> AsyncIterator[bytes]:
    """The pieces as they come. Raises `S3Fault` where they come too slowly.

    Only the client's time counts, not the time that passes until a piece is asked for.
    """
    clock = asyncio.get_running_loop()
    left = patience
    while True:
        asked = clock.time()
        try:
            async with asyncio.timeout(left):
                piece = await anext(pieces, None)
        except TimeoutError as error:
            raise S3Fault(
                400,
                "RequestTimeout",
                "Your socket connection to the server was not read from or written to within the timeout "
                f"period: a body must bring {rate:,.0f} bytes a second, and be silent for no more than "
                f"{patience:g} s",
            ) from error
        if piece is None:
            return
        left = min(patience, left - (clock.time() - asked) + len(piece) / rate)
        yield piece
