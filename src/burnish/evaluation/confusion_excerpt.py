"""Of a confusion matrix that is too large to be read, the labels that are confused most, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Counts = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class ConfusionExcerpt:
    """Some labels of a matrix, and in its last row and in one column more all others together."""

    #: Which labels, by their places in the whole.
    places: tuple[int, ...]
    #: A row for each of them and one for the others; a column for each, for the others, and where the whole
    #: has it for no answer.
    cells: tuple[tuple[int, ...], ...]
    others: int


def most_confused(cells: Sequence[Sequence[int]], most: int) -> ConfusionExcerpt:
    """The ``most`` labels that are taken for one another most often, those that are it side by side.

    Rows are true labels and columns predicted ones, in one order; a column more is for no answer. Every page
    of the whole is in the excerpt.
    """
    import numpy as np

    whole = np.array(cells, dtype=np.int64)
    labels = len(whole)
    square = whole[:, :labels]
    # Both directions: which of two labels is taken for the other does not matter for standing side by side.
    mutual = square + square.T
    np.fill_diagonal(mutual, 0)
    places = _side_by_side(_chosen(mutual, most), mutual)
    others = [place for place in range(labels) if place not in set(places)]
    rows = np.vstack([whole[places], whole[others].sum(axis=0)])
    columns = [rows[:, places], rows[:, others].sum(axis=1, keepdims=True), rows[:, labels:]]
    return ConfusionExcerpt(
        places=tuple(places),
        cells=tuple(tuple(row) for row in np.hstack(columns).tolist()),
        others=len(others),
    )


def _chosen(mutual: Counts, most: int) -> list[int]:
    """The labels of the most frequent confusions, in pairs as long as there is room for both."""
    chosen: dict[int, None] = {}
    for pair in _pairs(mutual):
        # Both or none: one label of a confusion alone would show nothing of it.
        if len(chosen.keys() | set(pair)) <= most:
            chosen |= dict.fromkeys(pair)
    for place in range(len(mutual)):
        if len(chosen) < most:
            chosen.setdefault(place)
    return sorted(chosen)


def _pairs(mutual: Counts) -> Iterator[tuple[int, int]]:
    """Labels that are taken for one another, the most frequent first."""
    import numpy as np

    first, second = np.nonzero(np.triu(mutual))
    for at in np.argsort(-mutual[first, second], kind="stable"):
        yield int(first[at]), int(second[at])


def _side_by_side(places: list[int], mutual: Counts) -> list[int]:
    """The labels in an order in which those that are confused stand together (hierarchical clustering)."""
    from scipy.cluster.hierarchy import leaves_list, linkage

    if len(places) < 3:
        return places
    highest = max(int(mutual.max()), 1)
    distances = [1 - mutual[one, other] / highest for one, other in combinations(places, 2)]
    tree = linkage(distances, method="average", optimal_ordering=True)
    return [places[leaf] for leaf in leaves_list(tree)]
