"""How many requests of one access key are answered at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import ExitStack, aclosing, contextmanager
from typing import Any

from burnish.server.wire.call import Call, Event, Handler, Handlers, ServiceFault, stream_in, with_stream


class _InProgress:
    """The requests in progress, by key: no more than ``most`` of each."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._of_key: Counter[str] = Counter()

    @contextmanager
    def counted(self, call: Call) -> Iterator[None]:
        """Count a request while the block lasts. Raises `ServiceFault` where it is one too many."""
        key = call.caller.access_key
        if self._of_key[key] >= self._most:
            raise _too_many(call, self._most)
        self._of_key[key] += 1
        try:
            yield
        finally:
            self._of_key[key] -= 1
            if not self._of_key[key]:
                del self._of_key[key]


def limited(handlers: Handlers, most: int) -> dict[tuple[str, str], Handler]:
    """The handlers, which refuse to answer more than ``most`` requests of one key together.

    An answer that is a stream is in progress until its end, or until nobody reads it any more.
    """
    in_progress = _InProgress(most)

    def limited_one(handler: Handler) -> Handler:
        async def answer(call: Call) -> Mapping[str, Any]:
            with ExitStack() as counted:
                counted.enter_context(in_progress.counted(call))
                members = await handler(call)
                if (stream := stream_in(members)) is None:
                    return members
                events = _counted_to_its_end(members[stream], counted.pop_all())
                return with_stream(members, stream, events)

        return answer

    return {operation: limited_one(handler) for operation, handler in handlers.items()}


async def _counted_to_its_end(
    events: AsyncGenerator[Event, None], counted: ExitStack
) -> AsyncGenerator[Event, None]:
    with counted:
        async with aclosing(events):
            async for event in events:
                yield event


def _too_many(call: Call, most: int) -> ServiceFault:
    code = "ThrottlingException" if call.service.startswith("bedrock") else "Throttling"
    return ServiceFault(
        code, f"Too many requests, please wait before trying again: {most} of this key are in progress"
    )
