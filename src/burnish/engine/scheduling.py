"""Requests that wait for a model, and which of them go into one batch."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from burnish.engine.conversations import Conversation
from burnish.engine.inference_messages import Choice, ModelPlace, Sampling

MAX_BATCH = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class ReadyRequest:
    """A request whose pages have been read. Without a conversation it only loads the model."""

    id: int
    place: ModelPlace
    conversation: Conversation | None = None
    choice: Choice | None = None
    #: The JSON schema that generated text is bound to.
    schema: str | None = None
    sampling: Sampling = field(default_factory=Sampling)
    #: Its tokens are counted, and nothing is computed.
    counts_only: bool = False
    #: Never batched: it may be what ended the process before this one, and must not take others along.
    alone: bool = False
    #: Whether nobody waits for the answer any more.
    is_cancelled: Callable[[], bool] = lambda: False

    def goes_with(self, other: ReadyRequest) -> bool:
        """Whether both may share a batch: decisions by the same model among the same labels."""
        both = self._may_be_joined and other._may_be_joined
        return both and (self.place, self.choice) == (other.place, other.choice)

    @property
    def _may_be_joined(self) -> bool:
        return self.choice is not None and self.conversation is not None and not self.alone


class BatchScheduler:
    """The waiting requests, in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: list[ReadyRequest] = []
        self._arrival = threading.Condition()

    def put(self, request: ReadyRequest) -> None:
        """Queue a request."""
        with self._arrival:
            self._waiting.append(request)
            self._arrival.notify()

    def drop(self, request_id: int) -> bool:
        """Remove a request from the queue. False where it is not in it."""
        with self._arrival:
            before = len(self._waiting)
            self._waiting = [one for one in self._waiting if one.id != request_id]
            return len(self._waiting) < before

    def next_batch(self) -> list[ReadyRequest]:
        """The request that has waited longest, with those that can share its batch. Waits for the first."""
        with self._arrival:
            self._arrival.wait_for(lambda: self._waiting)
            first = self._waiting[0]
            companions = [one for one in self._waiting[1:] if first.goes_with(one)]
            batch = [first, *companions[: MAX_BATCH - 1]]
            taken = {one.id for one in batch}
            self._waiting = [one for one in self._waiting if one.id not in taken]
            return batch
