"""Line dropout: in each epoch a model trains on pages without some of their lines.

A model that always sees the title at the top learns the title. Pages that it meets later lack it or have
another one, so it has to recognize a type by any of its lines. The same idea for words: Wei and Zou, EDA,
arXiv 1901.11196.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from burnish.pages.reading import Line

#: A page of fewer lines has none to spare.
MIN_LINES = 4


def without_some_lines(lines: Sequence[Line], share: float, rng: random.Random) -> tuple[Line, ...]:
    """The lines without about ``share`` of them, and without up to the first quarter of the rest."""
    read = [line for line in lines if line.text]
    if share <= 0 or len(read) < MIN_LINES:
        return tuple(lines)
    kept = [line for line in read if rng.random() >= share]
    first = rng.randrange(max(1, len(kept) // 4))
    return tuple(kept[first:]) or tuple(read)
