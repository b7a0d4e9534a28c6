"""Fingerprints that tell weights from others of the same name: from checksums. Imports nothing heavy."""

from __future__ import annotations

import hashlib
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
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    stats = [(path, path.stat()) for path in files]
    return _fingerprint(tuple((path, stat.st_size, stat.st_mtime_ns) for path, stat in stats))


@lru_cache(maxsize=64)
def _fingerprint(files: tuple[tuple[Path, int, int], ...]) -> str:
    """The fingerprint; sizes and times are in the key of the cache, so that changed files are read again."""
    whole = hashlib.sha256()
    for path, _, _ in files:
        whole.update(f"{path.name} {sum_of(path)}\n".encode())
    return whole.hexdigest()[:16]
