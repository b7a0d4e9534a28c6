"""The chunks of a page that an encoder reads one by one, and the vector of the page that they make.

An encoder reads a few hundred tokens at once, and a page may have two thousand. What tells its type stands
at the start (title, sender, addressee), or at the end (signature, totals, references), or is said by the
whole (tables, prose), or by one telling word anywhere. So the vector of a page has four parts: its first
chunk, its last, the mean of all chunks, and the peak of each number over all tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Tokens of a chunk, the marks at its ends not counted. Twice as many tell no more.
CHUNK_TOKENS = 126
#: Of a longer page, as many chunks are read, at even distances: the time for a page is bounded.
MAX_CHUNKS = 8

Chunk = tuple[int, ...]


def chunks_of(tokens: Sequence[int], size: int) -> list[Chunk]:
    """Chunks of a page from its start to its end, one at least; the last one overlaps the one before."""
    last = max(0, len(tokens) - size)
    starts = [*range(0, last, size), last]
    if len(starts) > MAX_CHUNKS:
        starts = [round(last * place / (MAX_CHUNKS - 1)) for place in range(MAX_CHUNKS)]
    return [tuple(tokens[start : start + size]) for start in starts]


def page_vector(means: NDArray[np.float32], peaks: NDArray[np.float32]) -> NDArray[np.float32]:
    """The vector of a page, four times as wide as those of its chunks, (chunks, width)."""
    import numpy as np

    return np.concatenate([means[0], means[-1], means.mean(axis=0), peaks.max(axis=0)])


def mean_part(vectors: NDArray[np.floating]) -> NDArray[np.floating]:
    """The part of page vectors, (pages, four times the width), that is the mean of all chunks."""
    width = vectors.shape[1] // 4
    return vectors[:, 2 * width : 3 * width]
