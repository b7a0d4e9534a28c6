"""How much of a batch goes through the network at once: as much as there is memory for, as measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from burnish.engine.language_model.packing import MIN_SHARED
from burnish.engine.language_model.prefix import Tokens, shared_length
from burnish.processes.memory import free_memory

#: The share of an accelerator's memory that a micro-batch may take: larger ones are faster there.
SHARE_OF_DEVICE = 0.7
#: On a processor they are not, beyond a few examples. So several take no more than this there, and one
#: example a share of what is free: a system that runs out of memory kills processes instead of refusing.
#: The graph of a shared prefix comes on top; it is in memory already when it is asked how much is free.
MAX_ROOM, SHARE_OF_FREE = 2**30, 1 / 4


@dataclass(frozen=True, kw_only=True)
class MicroBatchLimit:
    """How many tokens go through at once, and whether blocks are run again instead of kept for the way back.

    One example goes through whole, however many tokens it has. Another limit rounds sums otherwise.
    """

    tokens: int
    checkpointed: bool = False

    def halved(self, examples: int) -> MicroBatchLimit | None:
        """A limit of half the memory, for a batch of so many; None where there is no less.

        ``examples`` is the number that went through at once: of one example there is no half.
        """
        if examples > 1:
            return MicroBatchLimit(tokens=max(1, self.tokens // 2), checkpointed=self.checkpointed)
        return None if self.checkpointed else MicroBatchLimit(tokens=self.tokens, checkpointed=True)


def measured_limit(
    run: Callable[[], object], tokens: int, weights: Sequence[torch.Tensor]
) -> MicroBatchLimit:
    """The limit by what running some tokens forward keeps in memory for the way back."""
    with kept_bytes(weights) as kept:
        run()
    device, size = weights[0].device, sum(kept.values())
    limit = int(room_for_activations(device) / max(1.0, size / tokens))
    # One example may take all that may be taken: running its blocks again costs a third more time.
    return MicroBatchLimit(tokens=max(1, limit), checkpointed=size > share_of_memory(device))


@contextmanager
def kept_bytes(weights: Sequence[torch.Tensor]) -> Iterator[dict[int, int]]:
    """The sizes of what is kept for the way back, by address, without weights: complete after the block."""
    known = {weight.untyped_storage().data_ptr() for weight in weights}
    kept: dict[int, int] = {}
    held: list[torch.Tensor] = []  # so that no address is used twice

    def count(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in known:
            kept[storage.data_ptr()] = storage.nbytes()
            held.append(tensor.detach())
        return tensor.detach()

    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        yield kept
    held.clear()


def room_for_activations(device: torch.device) -> int:
    """The bytes that a micro-batch of several examples may take on a device."""
    share = share_of_memory(device)
    return share if device.type == "cuda" else min(MAX_ROOM, share)


def share_of_memory(device: torch.device) -> int:
    """The bytes that one example may take on a device."""
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(min(SHARE_OF_DEVICE * total, free + cached))
    return int(SHARE_OF_FREE * free_memory())


def micro_batches(
    sequences: Sequence[Tokens], depth: int, limit: int, *, packed: bool
) -> Iterator[list[int]]:
    """The numbers of the sequences that go through together, after their first ``depth`` tokens.

    Sequences that begin alike stand together. Where they are not packed, each takes the room of the longest.
    """
    order = sorted(range(len(sequences)), key=lambda index: tuple(sequences[index]))
    group: list[int] = []
    size = 0
    for index in order:
        grown = size + _added(sequences, group, index, depth)
        if not packed:
            grown = (len(group) + 1) * max(len(sequences[one]) - depth for one in (*group, index))
        if group and grown > limit:
            yield group
            group, grown = [], len(sequences[index]) - depth
        group.append(index)
        size = grown
    yield group


def _added(sequences: Sequence[Tokens], group: Sequence[int], index: int, depth: int) -> int:
    """How many tokens a sequence adds to those that are packed before it, in their order."""
    shared = shared_length([sequences[group[-1]], sequences[index]]) if group else depth
    return len(sequences[index]) - (shared if shared - depth >= MIN_SHARED else depth)
