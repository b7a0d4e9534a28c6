"""Requests that wait for a model, and which of them are answered together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from burnish.engine.inference import Choice, ModelPlace, Sampling
from burnish.engine.language_model import Conversation

LARGEST_BATCH = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class InferenceRequest:
    """A question whose pages have been read. Without a conversation it only has the model loaded."""

    id: str
    place: ModelPlace
    conversation: Conversation | None = None
    choice: Choice | None = None
    sampling: Sampling = field(default_factory=Sampling)
    #: Answered without others: it may be what ended the process before this one.
    alone: bool = False
    #: Whether nobody waits for the answer any more.
    is_cancelled: Callable[[], bool] = lambda: False

    def goes_with(self, other: InferenceRequest) -> bool:
        """Whether both are decisions among the same labels by the same model, and may share a batch."""
        both = self._may_be_joined and other._may_be_joined
        return both and (self.place, self.choice) == (other.place, other.choice)

    @property
    def _may_be_joined(self) -> bool:
        return self.choice is not None and self.conversation is not None and not self.alone


class BatchScheduler:
    """The waiting requests, in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: list[InferenceRequest] = []
        self._arrival = threading.Condition()

    def put(self, request: InferenceRequest) -> None:
        """Let a request wait for its turn."""
        with self._arrival:
            self._waiting.append(request)
            self._arrival.notify()

    def drop(self, request_id: str) -> bool:
        """Forget a request. False where it does not wait here."""
        with self._arrival:
            before = len(self._waiting)
            self._waiting = [one for one in self._waiting if one.id != request_id]
            return len(self._waiting) < before

    def next_batch(self) -> list[InferenceRequest]:
        """The request that has waited longest, and those that can be decided with it; waits for one."""
        with self._arrival:
            self._arrival.wait_for(lambda: self._waiting)
            first = self._waiting[0]
            companions = [one for one in self._waiting[1:] if first.goes_with(one)]
            batch = [first, *companions[: LARGEST_BATCH - 1]]
            taken = {one.id for one in batch}
            self._waiting = [one for one in self._waiting if one.id not in taken]
            return batch
