"""Unlabelled documents, whatever they come from, one at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish.aws.clients import Client
from burnish.cache import cache_folder
from burnish.datasets.documents import readable
from burnish.datasets.formats import reason_not_to_read
from burnish.datasets.sources.file_trees import read_tree
from burnish.datasets.sources.hugging_face import folder_of_copies, image_column_of, loaded_parts
from burnish.datasets.sources.hugging_face_rows import UnusableRow, file_of
from burnish.datasets.sources.label_studio import files_in_export
from burnish.datasets.sources.manifests import SUFFIXES as MANIFEST_SUFFIXES
from burnish.datasets.sources.manifests import listed_files
from burnish.datasets.sources.s3_prefixes import (
    DOWNLOADS_AT_ONCE,
    PrefixObject,
    copy_of,
    objects_under,
    prefix_named,
    reason_in_key,
)
from burnish.errors import InvalidDocuments
from burnish.pages.page_images import HEAD
from burnish.parallel import map_ordered

#: Of an export of Label Studio.
EXPORT_SUFFIX = ".json"


@dataclass(frozen=True, kw_only=True)
class IncomingDocument:
    """A file that is to be classified, by the name that its source gives it.

    ``reason`` says why it cannot be read; ``digest`` is the SHA-256 of what it holds.
    """

    path: Path
    name: str
    digest: str = ""
    reason: str | None = None


def documents_in(places: Sequence[str], s3: Callable[[], Client]) -> Iterator[IncomingDocument]:
    """The documents of folders, files, S3 prefixes, ``hf:`` data sets and lists, in the order of names.

    Folders are read at any depth. A list is a CSV, TSV or JSONL with a column ``path``, or an export of
    Label Studio, whether labelled or not; its order is kept. Raises `InvalidDocuments` for a place that does
    not exist or holds nothing.
    """
    for place in places:
        found = _documents_of(place, s3)
        first = next(found, None)
        if first is None:
            raise InvalidDocuments(
                f"{place!r} holds no documents: give a folder, a file, a .csv with the column path, "
                "s3://bucket/prefix or hf:name"
            )
        # With several places their names come first: two may hold files of one name.
        is_document = Path(place).is_file() and not _is_list(Path(place))
        above = f"{readable(place).rstrip('/')}/" if len(places) > 1 and not is_document else ""
        for one in _chained(first, found):
            yield IncomingDocument(path=one.path, name=above + one.name, digest=one.digest, reason=one.reason)


def _documents_of(place: str, s3: Callable[[], Client]) -> Iterator[IncomingDocument]:
    if place.startswith("s3://"):
        return _in_prefix(place, s3())
    # A folder with this file is what `save_to_disk` leaves: its arrow files are no documents.
    if place.startswith("hf:") or (Path(place) / "dataset_info.json").is_file():
        return _in_data_set(place.removeprefix("hf:"))
    path = Path(place)
    return _listed(path) if _is_list(path) else _on_this_machine(path)


def incoming_file(path: Path, name: str, reason: str | None = None) -> IncomingDocument:
    """A file of this machine as a document, or with the reason why it is none."""
    if reason is None:
        try:
            with path.open("rb") as file:
                reason = reason_not_to_read(file.read(HEAD), named=path.suffix or path.name)
                file.seek(0)
                digest = "" if reason else hashlib.file_digest(file, "sha256").hexdigest()
            return IncomingDocument(path=path, name=readable(name), digest=digest, reason=reason)
        except OSError as error:
            reason = f"it cannot be read ({error.strerror})"
    return IncomingDocument(path=path, name=readable(name), reason=reason)


def _is_list(path: Path) -> bool:
    return path.suffix.lower() in (*MANIFEST_SUFFIXES, EXPORT_SUFFIX)


def _listed(path: Path) -> Iterator[IncomingDocument]:
    """What a list names, in its order; labels that it may have are nobody's concern."""
    files = files_in_export(path) if path.suffix.lower() == EXPORT_SUFFIX else listed_files(path)
    return (incoming_file(one.path, one.name, one.reason) for one in files)


def _on_this_machine(place: Path) -> Iterator[IncomingDocument]:
    if place.is_file():
        yield incoming_file(place, str(place))
        return
    if not place.is_dir():
        raise InvalidDocuments(f"{str(place)!r} does not exist: give a folder, a file or s3://bucket/prefix")
    for one in read_tree(place).files:
        yield incoming_file(one.path, one.name, one.reason)


def _in_data_set(name: str) -> Iterator[IncomingDocument]:
    """The images of a Hugging Face data set, by the part and the number of their rows."""
    folder = folder_of_copies(name)
    for part_name, part in loaded_parts(name).items():
        column = image_column_of(name, part.features, None)
        for number, row in enumerate(part.select_columns([column])):
            row_name = f"{part_name}/{number:07}"
            try:
                yield incoming_file(_only_image(row[column], name, folder), row_name)
            except UnusableRow as error:
                yield IncomingDocument(path=folder, name=row_name, reason=str(error))


def _only_image(value: Any, name: str, folder: Path) -> Path:  # noqa: ANN401
    images = value if isinstance(value, list) else [value]
    if len(images) > 1:
        raise UnusableRow(f"it has {len(images)} images, and a document is one file")
    return file_of(images[0] if images else None, beside=Path(name), cache=folder)


def _in_prefix(uri: str, s3: Client) -> Iterator[IncomingDocument]:
    prefix = prefix_named(uri)
    cache = cache_folder() / "documents"

    def fetched(one: PrefixObject) -> IncomingDocument:
        reason = reason_in_key(one)
        path = Path(one.name) if reason else copy_of(s3, cache, one.listed)
        return incoming_file(path, one.name, reason)

    objects = [one for one in objects_under(s3, prefix) if not one.ignored]
    return map_ordered(fetched, objects, workers=DOWNLOADS_AT_ONCE)


def _chained(first: IncomingDocument, rest: Iterator[IncomingDocument]) -> Iterator[IncomingDocument]:
    yield first
    yield from rest
