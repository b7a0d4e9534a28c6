"""What a source is called in a file that outlives the command, and whether a name means a source."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath


def source_name(origin: str) -> str:
    """A source as a file names it: a path without what only its working directory explains, or a URI.

    ``./documents/training/`` and ``documents/training`` are one name. A path that is given relative stays so:
    the file means the same on another machine, and beside another checkout.
    """
    if "://" in origin:
        return origin.rstrip("/")
    plain = PurePosixPath(os.path.normpath(origin.removeprefix("hf:")))
    parts = [part for part in plain.parts if part != ".."]
    return str(PurePosixPath(*parts)) if parts else Path(origin).resolve().name


def is_source(name: str, origin: str) -> bool:
    """Whether a name means this source: it is its path, or the end of it, whole folders at a time."""
    wanted = source_name(name.strip())
    if "://" in wanted or "://" in origin:
        return wanted == source_name(origin)
    parts = PurePosixPath(wanted).parts
    # Both, as a decision may have been written by the link or by what it leads to.
    paths = (os.path.abspath(origin), os.path.realpath(origin))  # noqa: PTH100  a link keeps its name
    return any(parts == PurePosixPath(path).parts[-len(parts) :] for path in paths)
