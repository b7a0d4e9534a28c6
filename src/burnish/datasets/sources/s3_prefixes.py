"""Documents in S3: below a prefix, one folder per label."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from burnish.aws.clients import Client, open_clients
from burnish.aws.objects import S3Uri, download_file, list_versions
from burnish.cache import cache_folder
from burnish.datasets.documents import SUFFIXES, Documents, sort_out
from burnish.datasets.fanning import in_order
from burnish.datasets.sources.folders import labelled_by_folder
from burnish.errors import InvalidDocuments

DOWNLOADS_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class S3Source:
    """A prefix. Objects are copied into the cache once, and again when they have changed."""

    uri: str
    s3: Client | None = None
    cache: Path | None = None

    def read(self) -> Documents:
        """The documents, named by their keys. Raises `InvalidDocuments` where there are none."""
        s3 = self.s3 or open_clients().s3
        prefix = S3Uri.parse(self.uri if self.uri.endswith("/") else f"{self.uri}/")
        name = hashlib.sha256(str(prefix).encode()).hexdigest()[:24]
        folder = (self.cache or cache_folder() / "documents") / name
        objects = _objects(s3, prefix, folder)
        kept = set(in_order(partial(_copy, s3), objects, workers=DOWNLOADS_AT_ONCE))
        if not kept:
            raise InvalidDocuments(
                f"There are no objects under {prefix}: put the documents of each type under a prefix named "
                "for the type, such as s3://bucket/documents/invoice/one.pdf"
            )
        found = (one for one in labelled_by_folder(folder) if one.path in kept)
        return sort_out(str(prefix), found)


@dataclass(frozen=True, kw_only=True)
class _Object:
    """An object, the version of it that is there, and where its copy goes."""

    uri: S3Uri
    version: str
    path: Path


def _objects(s3: Client, prefix: S3Uri, folder: Path) -> Iterator[_Object]:
    for uri, version in list_versions(s3, prefix):
        inner = uri.key.removeprefix(prefix.key)
        if not inner or inner.endswith("/"):
            continue
        path = folder / inner
        if not path.resolve().is_relative_to(folder.resolve()):
            raise InvalidDocuments(f"{uri} would be written outside the cache: give it another key")
        yield _Object(uri=uri, version=version, path=path)


def _copy(s3: Client, one: _Object) -> Path:
    """The copy of an object, which is fetched unless this version of it is there."""
    path = one.path
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() not in SUFFIXES:
        path.touch()  # it is listed with its reason, and not fetched for that
        return path
    note = path.parent / f".{path.name}.version"
    if path.exists() and note.exists() and note.read_text() == one.version:
        return path
    fresh = path.parent / f".{path.name}.part"
    download_file(s3, one.uri, fresh)
    fresh.replace(path)
    note.write_text(one.version)
    return path
