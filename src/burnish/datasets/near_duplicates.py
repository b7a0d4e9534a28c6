"""Near-duplicate detection: pages that look alike from afar.

They are copies of one another, scanned, scaled, rotated or saved again, and filled-in forms of one layout. A
split keeps both kinds together, and loses nothing by it; `page_comparison` tells them apart.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from burnish.datasets.perceptual_hash import BITS, NEAR, PageHash

# The pigeonhole principle: if two hashes differ in at most 31 bits, at least one of their sixteen bands
# differs in at most one bit. So looking up each band, and each band with one bit flipped, finds every near
# pair.
BANDS = (NEAR + 1) // 2
_WIDTH = BITS // BANDS
_MASK = (1 << _WIDTH) - 1


def clusters(hashes: Sequence[PageHash]) -> list[int]:
    """The cluster of each page, as the position of the first page in it.

    Clusters are transitive: a copy of a copy is in the same one. Every pair within `NEAR` is found, without
    comparing all pairs.
    """
    first_with: dict[PageHash, int] = {}
    # Equal hashes are merged first: pages that are exactly the same would make the band lookup quadratic.
    equal = [(first_with.setdefault(one, position), position) for position, one in enumerate(hashes)]
    different = [hashes[position] for position in first_with.values()]
    positions = list(first_with.values())
    near = ((positions[first], positions[second]) for first, second in near_pairs(different))
    return connected(len(hashes), chain(equal, near))


def connected(count: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """For each of ``count`` positions the first one that it is connected with by pairs, itself perhaps."""
    sets = DisjointSets(count)
    for one, other in pairs:
        sets.union(one, other)
    return [sets.find(position) for position in range(count)]


def near_pairs(hashes: Sequence[PageHash]) -> Iterator[tuple[int, int]]:
    """The positions of every two pages that are near each other, each pair once, the earlier first."""
    index: dict[tuple[int, int], list[int]] = defaultdict(list)
    for position, one in enumerate(hashes):
        for band in enumerate(_bands_of(one.upright)):
            index[band].append(position)
    seen: set[tuple[int, int]] = set()
    for position, one in enumerate(hashes):
        for other in _candidates(one, index, range(BANDS)):
            # A common band makes a candidate and no more: unrelated pages share one now and then.
            pair = (min(position, other), max(position, other))
            if other != position and pair not in seen and one.distance(hashes[other]) <= NEAR:
                seen.add(pair)
                yield pair


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """The pages that have one of some values in one band. Near pages meet in at least one bucket."""

    band: int
    values: range

    def near_pairs(self, hashes: Sequence[PageHash]) -> Iterator[tuple[int, int]]:
        """Positions of near pages that meet here; of pages that are connected by others, not every pair."""
        index: dict[tuple[int, int], list[int]] = defaultdict(list)
        for position, one in enumerate(hashes):
            value = _bands_of(one.upright)[self.band]
            if value in self.values:
                index[self.band, value].append(position)
        sets = DisjointSets(len(hashes))
        for position, one in enumerate(hashes):
            for other in _candidates(one, index, (self.band,)):
                # Groups are transitive, so that what is connected need not be compared.
                if sets.find(position) != sets.find(other) and one.distance(hashes[other]) <= NEAR:
                    sets.union(position, other)
                    yield position, other

    def concerns(self, one: PageHash) -> bool:
        """Whether a page may meet another one here."""
        return any(
            close in self.values
            for bits in (one.upright, *one.turned)
            for close in _close_to(_bands_of(bits)[self.band])
        )


def buckets(parts: int) -> list[Bucket]:
    """All buckets, with the values of each band in so many ``parts``, a power of two."""
    size = (_MASK + 1) // parts
    ranges = [range(start, start + size) for start in range(0, _MASK + 1, size)]
    return [Bucket(band=band, values=values) for band in range(BANDS) for values in ranges]


def _candidates(one: PageHash, index: Mapping[tuple[int, int], list[int]], bands: Iterable[int]) -> set[int]:
    found: set[int] = set()
    for bits in (one.upright, *one.turned):
        values = _bands_of(bits)
        for band in bands:
            for close in _close_to(values[band]):
                found.update(index.get((band, close), ()))
    return found


def _close_to(value: int) -> tuple[int, ...]:
    """A band's value, and all that differ from it in one bit."""
    return (value, *(value ^ (1 << bit) for bit in range(_WIDTH)))


def _bands_of(bits: int) -> list[int]:
    return [(bits >> (band * _WIDTH)) & _MASK for band in range(BANDS)]


class DisjointSets:
    """A union-find structure; each set is represented by its smallest member."""

    def __init__(self, count: int) -> None:
        # Four bytes a member: of a million documents there is one.
        self._parents = array("I", range(count))

    def find(self, member: int) -> int:
        """The smallest member of the set that contains this one."""
        while self._parents[member] != member:
            # Path halving keeps the trees flat: a million copies of one page would be a chain otherwise.
            self._parents[member] = self._parents[self._parents[member]]
            member = self._parents[member]
        return member

    def union(self, one: int, other: int) -> None:
        """Merge the sets of both members."""
        small, large = sorted((self.find(one), self.find(other)))
        self._parents[large] = small


def connected_owners(owners: Sequence[str], numbers: Sequence[int]) -> dict[str, str]:
    """The first owner in the group of each. Owners with pages in the same cluster belong to one group."""
    names = list(dict.fromkeys(owners))
    place = {name: position for position, name in enumerate(names)}
    sets = DisjointSets(len(names))
    first_of: dict[int, int] = {}
    for owner, number in zip(owners, numbers, strict=True):
        sets.union(first_of.setdefault(number, place[owner]), place[owner])
    return {name: names[sets.find(place[name])] for name in names}
