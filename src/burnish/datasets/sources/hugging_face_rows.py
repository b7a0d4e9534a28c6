"""A row of one of Hugging Face's data sets: its image as a file, and its label as a text."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from burnish.cache import private_folder
from burnish.datasets.formats import SUFFIXES
from burnish.pages.page_images import DECODERS, HEAD, content_kind


class UnusableRow(Exception):
    """A row without an image or without one label; the message says why."""


def names_of(feature: Any) -> Sequence[str] | None:  # noqa: ANN401  # `datasets` is an extra
    """The names of the labels in a column, or in the lists of a column, if its features have any."""
    return getattr(feature, "names", None) or getattr(getattr(feature, "feature", None), "names", None)


def label_of(value: object, names: Sequence[str] | None) -> str | None:
    """The label that a value stands for; none where there is none. Raises `UnusableRow` for several."""
    values = value if isinstance(value, list) else [value]
    found = sorted({label for one in values if (label := _one_label(one, names)) is not None})
    if len(found) > 1:
        raise UnusableRow(f"it was labelled in several ways: {', '.join(found)}")
    return found[0] if found else None


def _one_label(value: object, names: Sequence[str] | None) -> str | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # whole numbers beside missing ones are stored as such
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, int) and not isinstance(value, bool) and value == -1:
        return None  # the hub's way of saying that there is none
    if names and isinstance(value, int):
        if not 0 <= value < len(names):
            raise UnusableRow(f"its label is number {value}, and the features name {len(names)}, from 0 on")
        return names[value]
    if not isinstance(value, str | int | float):
        raise UnusableRow(f"its label is neither text nor a number, but of type {type(value).__name__}")
    text = str(value).lower() if isinstance(value, bool) else str(value)  # as a manifest says it
    return text if text.strip() else None


def file_of(image: Mapping[str, Any] | None, *, beside: Path, cache: Path) -> Path:
    """The file of an image that is stored in the data set, copied into the cache, or that is named in it.

    A name that is no full path counts from the working directory, as `datasets` has it, or from ``beside``.
    Raises `UnusableRow` where there is no such file, or one in both.
    """
    body, said = (image or {}).get("bytes"), (image or {}).get("path")
    if body is not None:
        return _written(body, cache)
    if not said:
        raise UnusableRow("it has no image")
    found = {path.resolve(): path for path in (Path(beside, said), Path(said)) if _is_file(path)}
    if not found:
        raise UnusableRow(f"its image is not in the data set, and there is no file {said!r}")
    if len(found) > 1:
        raise UnusableRow(f"its image may be {' or '.join(repr(str(path)) for path in found.values())}")
    (path,) = found.values()
    return path if path.suffix.lower() in SUFFIXES else _written(path.read_bytes(), cache)


def _is_file(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113  # pathlib raises where a name is too long or holds a zero


def _written(body: bytes, folder: Path) -> Path:
    """The file of the cache with this content, named for it."""
    path = folder / f"{hashlib.sha256(body).hexdigest()}{_suffix_of(body)}"
    if not path.exists():
        private_folder(folder)
        # As for S3: an interrupted write must not look like the file.
        fresh = path.with_suffix(".part")
        fresh.write_bytes(body)
        fresh.replace(path)
    return path


def _suffix_of(body: bytes) -> str:
    kind = content_kind(body[:HEAD])
    return f".{kind}" if kind == "pdf" or kind in DECODERS else ".png"  # which it is not; the reader says so
