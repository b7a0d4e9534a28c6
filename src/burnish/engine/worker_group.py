"""Workers that train one model together: each computes a share of every batch, and gradients are summed.

All of them make the same steps in the same order, with the same weights: what might differ between them
(the time, whether somebody has asked for an end) the first one decides. Each operation begins with an
exchange of short messages, by which a worker that has failed tells the others: they end with its error
instead of waiting for it. The messages are bytes of our own; nothing is unpickled.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Final, Protocol

import msgspec
import torch
from torch import distributed

#: A worker that has ended is noticed at once, by its closed connections. So long is waited for one that is
#: silent: it may be waiting itself, for a disk or a server of objects.
TIMEOUT = timedelta(hours=1)
_MESSAGE_BYTES, _MAX_FAILURE = 4096, 600

_NO_BYTES = torch.empty(0, dtype=torch.uint8)


class WorkerFailed(RuntimeError):
    """Another worker of the group has failed, and so ends this one."""

    def __init__(self, rank: int, failure: str) -> None:
        super().__init__(f"worker {rank} failed: {failure}")
        self.rank = rank


class WorkerLost(RuntimeError):
    """Another worker of the group does not answer any more, and nobody knows why."""

    def __init__(self) -> None:
        super().__init__("a worker of this training has ended or cannot be reached: see its log")


class WorkerGroup(Protocol):
    """The workers of a training, as one of them sees them. Every operation is one of all of them."""

    @property
    def rank(self) -> int:
        """The number of this worker. The first one, 0, decides, reports and writes."""

    @property
    def size(self) -> int:
        """How many there are."""

    def agreed(self, decide: Callable[[], bool]) -> bool:
        """What the first worker decides; the others are not asked."""

    def total(self, part: float) -> float:
        """The sum of all workers' parts, the same number for each of them."""

    def sum_gradients(self, weights: Sequence[torch.Tensor], part: float) -> float:
        """Give all workers the sum of their gradients, and return the `total` of their parts of the loss."""

    def align(self, weights: Sequence[torch.Tensor]) -> None:
        """Give all workers the first one's weights."""

    def bytes_of_first(self, content: bytes) -> bytes:
        """The bytes that the first worker has given."""


class OneWorker:
    """A worker without others: a training on it is the plain one."""

    rank, size = 0, 1

    def agreed(self, decide: Callable[[], bool]) -> bool:
        """Its own decision."""
        return decide()

    def total(self, part: float) -> float:
        """Its own part."""
        return part

    def sum_gradients(self, weights: Sequence[torch.Tensor], part: float) -> float:
        """Leave the gradients as they are."""
        return part

    def align(self, weights: Sequence[torch.Tensor]) -> None:
        """Leave the weights as they are."""

    def bytes_of_first(self, content: bytes) -> bytes:
        """Its own bytes."""
        return content


ALONE: Final = OneWorker()


class _GroupMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker tells the others: a number, or why it has failed."""

    number: float = 0.0
    failure: str | None = None


class DistributedGroup:
    """The workers of torch's default process group, which is made elsewhere and takes tensors of the CPU.

    In its ``with`` block an error of one worker ends all of them: the others raise `WorkerFailed`. Without an
    error, each waits at its end until all have done their work.
    """

    def __init__(self) -> None:
        self.rank = distributed.get_rank()
        self.size = distributed.get_world_size()

    def __enter__(self) -> DistributedGroup:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Tell the others of an error that they do not know of yet."""
        if error is None:
            self._exchange()
        elif isinstance(error, Exception) and not isinstance(error, (WorkerFailed, WorkerLost)):
            self._tell_failure(error)

    def agreed(self, decide: Callable[[], bool]) -> bool:
        """What the first worker decides."""
        return bool(self._exchange(float(decide()) if self.rank == 0 else 0.0)[0])

    def total(self, part: float) -> float:
        """The sum of all parts, which does not depend on the order of the workers."""
        return math.fsum(self._exchange(part))

    def sum_gradients(self, weights: Sequence[torch.Tensor], part: float) -> float:
        """Sum the gradients as one tensor; a worker that has none adds nothing."""
        # Before the exchange, so that a worker without room for it can still tell so.
        bucket = torch.cat([_gradient(weight).flatten() for weight in weights])
        total = self.total(part)
        with _noticing_losses():
            distributed.all_reduce(bucket)
        for weight, summed in _slices(bucket, weights):
            weight.grad = summed
        return total

    def align(self, weights: Sequence[torch.Tensor]) -> None:
        """Give all workers the first one's weights, as one tensor."""
        bucket = torch.cat([weight.detach().flatten() for weight in weights])
        self._exchange()
        with _noticing_losses():
            distributed.broadcast(bucket, src=0)
        with torch.no_grad():
            for weight, first in _slices(bucket, weights):
                weight.copy_(first)

    def bytes_of_first(self, content: bytes) -> bytes:
        """The bytes that the first worker has given."""
        length = int(self._exchange(float(len(content)))[0])
        sent = torch.zeros(length, dtype=torch.uint8) if self.rank else _tensor(content)
        if length:
            with _noticing_losses():
                distributed.broadcast(sent, src=0)
        return bytes(sent.numpy())

    def _tell_failure(self, error: Exception) -> None:
        """Take part in what the others do next, to tell them that this worker does not go on."""
        failure = f"{type(error).__name__}: {error}"[:_MAX_FAILURE]
        with suppress(WorkerLost):
            self._gathered(_GroupMessage(failure=failure.encode(errors="replace").decode()))

    def _exchange(self, number: float = 0.0) -> list[float]:
        """The numbers of all workers. Raises `WorkerFailed` where one of them tells that it has failed."""
        messages = self._gathered(_GroupMessage(number=number))
        for rank, message in enumerate(messages):
            if message.failure is not None:
                raise WorkerFailed(rank, message.failure)
        return [message.number for message in messages]

    def _gathered(self, message: _GroupMessage) -> list[_GroupMessage]:
        encoded = msgspec.msgpack.encode(message)
        sent = _tensor((len(encoded).to_bytes(4) + encoded).ljust(_MESSAGE_BYTES, b"\0"))
        received = [torch.empty_like(sent) for _ in range(self.size)]
        with _noticing_losses():
            distributed.all_gather(received, sent)
        return [_message(bytes(one.numpy())) for one in received]


def _message(received: bytes) -> _GroupMessage:
    length = int.from_bytes(received[:4])
    return msgspec.msgpack.decode(received[4 : 4 + length], type=_GroupMessage)


def _tensor(content: bytes) -> torch.Tensor:
    return (
        torch.frombuffer(bytearray(content), dtype=torch.uint8)
        if content
        else torch.empty(0, dtype=torch.uint8)
    )


def _gradient(weight: torch.Tensor) -> torch.Tensor:
    return torch.zeros_like(weight) if weight.grad is None else weight.grad


def _slices(
    bucket: torch.Tensor, weights: Sequence[torch.Tensor]
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Each weight with its part of what was made of all of them."""
    parts = bucket.split([weight.numel() for weight in weights])
    for weight, part in zip(weights, parts, strict=True):
        yield weight, part.view_as(weight).to(weight.dtype)


@contextmanager
def _noticing_losses() -> Iterator[None]:
    try:
        yield
    # gloo has no class of its own for a closed connection or for one that has been silent for too long.
    except RuntimeError as error:
        raise WorkerLost from error


@contextmanager
def joined_group(
    *, rank: int, size: int, meeting: str, timeout: timedelta = TIMEOUT
) -> Iterator[WorkerGroup]:
    """The group of so many workers, once all of them have come to ``meeting``, until all of them leave.

    ``meeting`` is a URL that torch knows, such as ``file:///path`` of a file that only they can open. Nobody
    who can reach their ports is asked for a password: a network between them has to be theirs alone.
    """
    if size == 1:
        yield ALONE
        return
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    distributed.init_process_group(backend, init_method=meeting, rank=rank, world_size=size, timeout=timeout)
    try:
        with DistributedGroup() as group:
            yield group
    finally:
        distributed.destroy_process_group()
