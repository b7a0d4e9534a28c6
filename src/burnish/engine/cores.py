"""How many of the machine's cores torch computes on."""

from __future__ import annotations

import os

import torch


def use_free_cores() -> None:
    """Let torch use all cores that this process may run on, or as many as it was told to."""
    told = os.environ.get("OMP_NUM_THREADS", "")
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    torch.set_num_threads(int(told) if told.isdecimal() and told != "0" else available)
