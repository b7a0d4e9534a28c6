"""Pages of noise, which look like no other: for tests in which only their number and their labels matter."""

from __future__ import annotations

import random
from pathlib import Path

from PIL import Image


def write_noise(folder: Path, count: int, seed: int = 0) -> None:
    """Write so many pages into a new folder."""
    rng = random.Random(seed)
    folder.mkdir(parents=True)
    for number in range(count):
        Image.frombytes("L", (30, 40), rng.randbytes(1200)).resize((300, 400)).save(folder / f"{number}.png")
