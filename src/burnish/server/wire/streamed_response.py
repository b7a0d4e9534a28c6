"""A response that is sent while it comes about, to a client that may hang up before its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from burnish.server.wire.call import HangUp
from burnish.server.wire.disconnects import hang_up, while_connected
from burnish.server.wire.event_stream import CONTENT_TYPE


class EventStreamResponse(StreamingResponse):
    """The messages of an event stream. Where the client hangs up, what makes them is closed at once.

    A client that reads slowly delays the next message, and what makes them waits. Where that asks to hang up,
    the answer breaks off; with ``cut_after``, it does so after so many bytes.
    """

    def __init__(
        self,
        messages: AsyncGenerator[bytes, None],
        headers: Mapping[str, str],
        *,
        kind: str = CONTENT_TYPE,
        cut_after: int | None = None,
    ) -> None:
        self._messages = messages if cut_after is None else _cut(messages, cut_after)
        super().__init__(self._messages, headers=headers, media_type=kind)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the messages, each as soon as it is there."""

        async def send_in_turn(message: Message) -> None:
            await send(message)
            # Sending to a client that is gone returns at once: without this nobody would get to notice it.
            await asyncio.sleep(0)

        async with aclosing(self._messages):
            try:
                await while_connected(receive, self.stream_response(send_in_turn))
            except ClientDisconnect:
                pass
            except HangUp:
                await hang_up(scope, receive)


async def _cut(messages: AsyncGenerator[bytes, None], size: int) -> AsyncGenerator[bytes, None]:
    """The first bytes of a stream, and then none, although there are more."""
    left = size
    async with aclosing(messages):
        async for message in messages:
            if piece := message[:left]:
                yield piece
            left -= len(piece)
            if len(piece) < len(message):
                raise HangUp
