"""Line dropout: in each epoch a model trains on pages without some of their lines.

A model that always sees the title at the top learns the title. Pages that it meets later lack it or have
another one, so it has to recognize a type by any of its lines. The same idea for words: Wei and Zou, EDA,
arXiv 1901.11196.
"""

from __future__ import annotations

import random

#: A page of fewer lines has none to spare.
MIN_LINES = 4


def without_some_lines(text: str, share: float, rng: random.Random) -> str:
    """The text without about ``share`` of its lines, and without up to the first quarter of the rest."""
    lines = text.split("\n")
    if share <= 0 or len(lines) < MIN_LINES:
        return text
    kept = [line for line in lines if rng.random() >= share]
    first = rng.randrange(max(1, len(kept) // 4))
    return "\n".join(kept[first:]) or text
