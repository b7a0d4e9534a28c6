"""References to documents: the paths and URLs by which an export of another program names files."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from urllib.parse import unquote, unquote_plus

from burnish.datasets.formats import SUFFIXES

Names = tuple[str, ...]

#: Label Studio serves files of its own machine, and those that were uploaded to it, under these addresses.
_SERVER = r"^(?:https?://[^/?#]+(?:/[^?#]*)?)?"
_LOCAL = re.compile(_SERVER + r"/data/local-files/?\?(?:[^#]*&)?d=([^&]*)")
_STORED = re.compile(_SERVER + r"/storage-data/uploaded/?\?(?:[^#]*&)?filepath=([^&]*)")
_UPLOADED = re.compile(_SERVER + r"/(data/upload/[^?#]+)")
_WEB = ("http", "https", "file")


@dataclass(frozen=True, kw_only=True)
class FileReference:
    """A document as an export names it.

    ``paths`` are the ways to read its text, the likeliest first: whether ``%20`` is a space cannot always be
    told. ``shorter_paths`` lack what is no folder of a copy: a bucket, a host, where uploads are stored.
    """

    text: str
    paths: tuple[Names, ...]
    shorter_paths: tuple[Names, ...] = ()
    is_upload: bool = False

    @property
    def path(self) -> Names:
        """The likeliest reading, by which two references are the same."""
        return self.paths[0]

    @property
    def is_address(self) -> bool:
        """Whether a browser could show what it names, which it cannot with a mere path."""
        return self.is_upload or "://" in self.text or self.text.startswith("/data/")


def reference_in(text: str) -> FileReference | None:
    """The document that a text names; nothing where it names none of a kind that is read."""
    # In a query a plus may be a space; in a path it is a plus. Which was meant, the file that is there tells.
    if local := _LOCAL.search(text):
        return _reference(text, (unquote_plus(local[1]), unquote(local[1])), is_served=True)
    if stored := _STORED.search(text):
        return _upload(text, unquote_plus(stored[1]))
    if uploaded := _UPLOADED.search(text):
        return _upload(text, unquote(uploaded[1]))
    scheme, mark, rest = text.partition("://")
    if not mark:
        return _reference(text, (text, unquote(text)))
    if scheme.lower() in _WEB:
        rest = re.split("[?#]", rest, maxsplit=1)[0]
        return _reference(text, (unquote(rest), rest), has_place=True)
    return _reference(text, (rest, unquote(rest)), has_place=True)


def short_names(paths: Iterable[Names]) -> dict[Names, str]:
    """A name for each path: its last name, with as many folders before it as tell it from all others."""
    names: dict[Names, str] = {}
    left, length = list(dict.fromkeys(paths)), 1
    while left:
        counts = Counter(path[-length:] for path in left)
        names |= {path: "/".join(path[-length:]) for path in left if counts[path[-length:]] == 1}
        left, length = [path for path in left if path not in names], length + 1
    return names


def _upload(text: str, path: str) -> FileReference | None:
    """An upload lies under ``upload/project/`` where Label Studio runs, and wherever it was copied to."""
    found = _reference(text, (path,), is_served=True)
    if found is None:
        return None
    below_data = found.path[1:] if found.path[0] == "data" else found.path
    return replace(found, shorter_paths=(below_data, found.path[-1:]), is_upload=True)


def _reference(
    text: str, readings: tuple[str, ...], *, has_place: bool = False, is_served: bool = False
) -> FileReference | None:
    """The reference with these readings; ``has_place`` where they begin with a bucket or a host.

    What Label Studio serves is a document whatever its name; other texts must be named as one.
    """
    paths = dict.fromkeys(map(_parts, readings))
    found = [path for path in paths if path and (is_served or _is_named_as_document(path))]
    if not found:
        return None
    shorter = tuple(path[1:] for path in found if len(path) > 1) if has_place else ()
    return FileReference(text=text, paths=tuple(found), shorter_paths=shorter)


def _parts(path: str) -> Names:
    """The names of a path, those of Windows too."""
    plain = posixpath.normpath(path.replace("\\", "/"))
    return tuple(name for name in plain.split("/") if name not in ("", ".", ".."))


def _is_named_as_document(path: Names) -> bool:
    return PurePosixPath(path[-1]).suffix.lower() in SUFFIXES
