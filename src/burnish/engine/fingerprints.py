"""Fingerprints that tell weights from others of the same name: from checksums. Imports nothing heavy."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from burnish.engine.kind_files import members_of


def sum_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint_of(folder: Path) -> str:
    """The fingerprint of a folder of weights: of its files' names and contents, wherever the folder lies.

    That of a pool is made of those of its members.
    """
    if members := members_of(folder):
        each = "".join(f"{name} {fingerprint_of(members[name])}\n" for name in sorted(members))
        return hashlib.sha256(each.encode()).hexdigest()[:16]
    # Looked at with each request for a model: a scan knows what is a file without asking for each once more.
    with os.scandir(folder) as entries:
        files = sorted(each.path for each in entries if not each.name.startswith(".") and each.is_file())
    return _fingerprint_of_files(files)


def fingerprint_of_tensors(folder: Path) -> str:
    """The fingerprint of the tensors in a folder of weights alone; empty where there are none.

    The other files say also by which version of a library they were written.
    """
    files = sorted(map(str, folder.glob("*.safetensors")))
    return _fingerprint_of_files(files) if files else ""


def _fingerprint_of_files(files: Sequence[str]) -> str:
    stats = [(path, Path(path).stat()) for path in files]
    return _fingerprint(tuple((path, stat.st_size, stat.st_mtime_ns) for path, stat in stats))


@lru_cache(maxsize=64)
def _fingerprint(files: tuple[tuple[str, int, int], ...]) -> str:
    """The fingerprint; sizes and times are in the key of the cache, so that changed files are read again."""
    whole = hashlib.sha256()
    for path, _, _ in files:
        whole.update(f"{Path(path).name} {sum_of(Path(path))}\n".encode())
    return whole.hexdigest()[:16]
