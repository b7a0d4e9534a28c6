"""Which of some examples each worker takes, so that all have about as much to do. Needs no torch."""

from __future__ import annotations

from collections.abc import Sequence


def shares_of(costs: Sequence[int], workers: int) -> list[list[int]]:
    """The places of each worker's share, in their order, given what each example costs; some may be empty.

    The costliest that is left goes to the worker with the least to do: no two workers' shares differ by more
    than the costliest example. The same costs give the same shares everywhere, so nobody has to tell them.
    """
    loads = [0] * workers
    shares: list[list[int]] = [[] for _ in range(workers)]
    for place in sorted(range(len(costs)), key=lambda place: -costs[place]):
        # Among those with as little to do the one with the fewest examples: an example may cost nothing.
        least = min(range(workers), key=lambda worker: (loads[worker], len(shares[worker])))
        loads[least] += costs[place]
        shares[least].append(place)
    return [sorted(share) for share in shares]
