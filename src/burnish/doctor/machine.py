"""The machine: its processor and memory, and the folders that Burnish writes to."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from burnish.cache import cache_folder
from burnish.doctor.check_results import CheckResult, ok, problem

#: Weights of the default model, read pages and a model or two.
WANTED_BYTES = 2 * 1024**3


def check_machine(data: Path) -> Iterator[CheckResult]:
    """The cores, and whether cache and data folder can be written and have room."""
    yield ok("machine", f"{os.cpu_count() or 1} cores")
    yield check_folder("cache", cache_folder(), variable="BURNISH_CACHE")
    yield check_folder("data folder", data, variable="XDG_DATA_HOME")


def check_folder(subject: str, folder: Path, *, variable: str) -> CheckResult:
    """Whether a folder, which need not exist yet, can be written to and its disk has room."""
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    if not existing.is_dir():
        return problem(subject, f"{existing} is not a folder", remedy=f"Remove it, or set {variable}")
    if not os.access(existing, os.W_OK | os.X_OK):
        return problem(
            subject, f"{existing} cannot be written to", remedy=f"Set {variable} to a folder of yours"
        )
    free = shutil.disk_usage(existing).free
    if free < WANTED_BYTES:
        says = f"{folder}: {free / 1024**3:.1f} GiB are free, and weights and pages take about two"
        return problem(
            subject, says, remedy=f"Free some space, or set {variable} to a folder on another disk"
        )
    return ok(subject, f"{folder}: {free / 1024**3:.0f} GiB free")
