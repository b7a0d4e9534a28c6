"""Files of a certain name in folders, at any depth that somebody would look for them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

#: Folders that hold a great many files and never what is looked for.
_SKIPPED = frozenset({"__pycache__", "node_modules", "objects", "site-packages", "venv"})
_DEEPEST, _MOST_FOLDERS = 5, 20_000


def found_files(folders: Sequence[Path], is_wanted: Callable[[str], bool]) -> list[Path]:
    """The files whose name is wanted, the latest first; hidden folders and links are not entered."""
    found = {path.resolve() for folder in folders for path in _walked(folder, is_wanted)}
    return sorted(found, key=lambda path: (-path.stat().st_mtime, str(path)))


def key_of(path: Path) -> str:
    """What a file is called in addresses: the same for as long as it lies there."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def shown_place(path: Path) -> str:
    """Where a file lies, from here where it is below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _walked(top: Path, is_wanted: Callable[[str], bool]) -> Iterator[Path]:
    depth_of_top = len(top.parts)
    for count, (folder, below, files) in enumerate(os.walk(top)):
        if count > _MOST_FOLDERS:
            return
        if len(Path(folder).parts) - depth_of_top >= _DEEPEST:
            below.clear()
        below[:] = sorted(name for name in below if not name.startswith(".") and name not in _SKIPPED)
        yield from (Path(folder) / name for name in files if is_wanted(name))
