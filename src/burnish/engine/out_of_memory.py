"""Telling that an error came of too little memory, of the machine or of its accelerator."""

from __future__ import annotations

import torch


def ran_out_of_memory(error: BaseException) -> bool:
    """Whether a computation failed because the memory does not suffice."""
    # torch's allocator for the main memory has no class of error of its own.
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error)
