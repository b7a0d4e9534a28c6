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
    def writes_text(self) -> bool:
        """Whether it is answered by a text, token by token."""
        return self.conversation is not None and self.choice is None and not self.counts_only

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

    def wait(self, seconds: float) -> bool:
        """Wait until there is a request. False where none comes for so long."""
        with self._arrival:
            return bool(self._arrival.wait_for(lambda: self._waiting, seconds))

    def next_batch(
        self, may_be_answered: Callable[[ReadyRequest], bool] = lambda request: True
    ) -> list[ReadyRequest]:
        """The request that has waited longest of those that may be answered, with what can share its batch.

        Empty where there is none. What came after a request that is to be alone does not go before it.
        """
        with self._arrival:
            for number, first in enumerate(self._waiting):
                if may_be_answered(first):
                    companions = [one for one in self._waiting[number + 1 :] if first.goes_with(one)]
                    return self._taken([first, *companions[: MAX_BATCH - 1]])
                if first.alone:
                    break
            return []

    def _taken(self, batch: list[ReadyRequest]) -> list[ReadyRequest]:
        taken = {one.id for one in batch}
        self._waiting = [one for one in self._waiting if one.id not in taken]
        return batch
