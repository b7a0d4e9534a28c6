"""Warnings at the caller's own line, however many of this package's functions lie between."""

from __future__ import annotations

import inspect
import warnings


def deprecated(old: str, better: str) -> None:
    """Warn that the caller of this package uses something that Burnish has in a better way."""
    warnings.warn(f"{old} is deprecated: {better}", DeprecationWarning, stacklevel=_frames_of_ours() + 1)


def _frames_of_ours() -> int:
    """How many frames, from the caller of this function up, belong to this package."""
    count, frame = 0, inspect.currentframe()
    # The initializers that dataclasses write count as well: their globals are those of the class's module.
    while frame and frame.f_globals.get("__name__", "").startswith(__package__ or ""):
        count, frame = count + 1, frame.f_back
    return count - 1
