"""Errors that mean too little memory, of the machine or of its accelerator. Imports nothing heavy."""

from __future__ import annotations

import sys


def ran_out_of_memory(error: BaseException) -> bool:
    """Whether a computation failed for lack of memory."""
    # torch's allocator for main memory raises a plain RuntimeError: its message is all there is to go by.
    return (
        isinstance(error, MemoryError) or _ran_out_on_device(error) or "can't allocate memory" in str(error)
    )


def make_room_on_device(error: BaseException) -> None:
    """Give back what an accelerator holds in its cache, where an error says that it had too little memory."""
    if _ran_out_on_device(error):
        sys.modules["torch"].cuda.empty_cache()


def ruined_the_device(error: BaseException) -> bool:
    """Whether the accelerator can compute no more in this process."""
    torch = sys.modules.get("torch")  # not loaded: then nothing of it was raised
    return torch is not None and isinstance(error, torch.AcceleratorError)


def _ran_out_on_device(error: BaseException) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(error, torch.OutOfMemoryError)
