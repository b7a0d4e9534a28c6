"""Having the blocks of a network run otherwise for a while, where they are and as the kinds that they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

#: The forward pass of a block.
Forward = Callable[..., Any]


@contextmanager
def running_as(blocks: Sequence[Any], changed: Callable[[Forward], Forward]) -> Iterator[None]:
    """Let each block run as ``changed`` makes of its forward pass, until the block of code ends."""
    before = [vars(block).get("forward") for block in blocks]
    for block in blocks:
        block.forward = changed(block.forward)
    try:
        yield
    finally:
        for block, forward in zip(blocks, before, strict=True):
            del block.forward
            if forward:
                block.forward = forward
