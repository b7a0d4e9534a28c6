"""Errors that mean too little memory, of the machine or of its accelerator."""

from __future__ import annotations

import torch


def ran_out_of_memory(error: BaseException) -> bool:
    """Whether a computation failed for lack of memory."""
    # torch's allocator for main memory raises a plain RuntimeError: its message is all there is to go by.
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error)
