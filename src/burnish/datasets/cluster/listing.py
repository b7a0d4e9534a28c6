"""The listing of a source: its keys go to the catalogue, and only its folders stay in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from burnish.aws.clients import Client
from burnish.aws.objects import ListedObject, S3Uri
from burnish.datasets.cluster.catalogue import DocumentCatalogue
from burnish.datasets.sources.layouts import FolderMeaning, Folders, Layout, recognised, told
from burnish.datasets.sources.s3_prefixes import PrefixObject, each_object_under, reason_in_key
from burnish.errors import InvalidDocuments


@dataclass(kw_only=True)
class _Seen:
    """What a listing has passed by."""

    count: int = 0
    folders: set[Folders] = field(default_factory=set)
    ignored: set[str] = field(default_factory=set)

    def not_ignored(self, objects: Iterator[PrefixObject]) -> Iterator[PrefixObject]:
        for one in objects:
            self.count += 1
            if one.ignored:
                self.ignored.update(one.ignored)
                continue
            if not reason_in_key(one):
                self.folders.add(one.folders)
            yield one


def list_source(s3: Client, prefix: S3Uri, layout: Layout | None, catalogue: DocumentCatalogue) -> str:
    """List a prefix into the catalogue; what is said of how it was read. Raises `InvalidDocuments`."""
    seen = _Seen()
    catalogue.add_objects(seen.not_ignored(each_object_under(s3, prefix)))
    if not seen.count:
        raise InvalidDocuments(
            f"There are no objects under {prefix}: put the documents of each type under a prefix named "
            "for the type, such as s3://bucket/documents/invoice/one.pdf"
        )
    arrangement = recognised(str(prefix), seen.folders, layout)

    def place_of(name: str) -> FolderMeaning:
        one = PrefixObject(listed=ListedObject(uri=prefix, version="", size=0), name=name)
        place = arrangement.place_of(one.folders)
        reason = reason_in_key(one) or place.reason
        return FolderMeaning(label=place.label, part=place.part, reason=reason)

    catalogue.label(place_of)
    return told(str(prefix).rstrip("/"), arrangement, seen.folders, ignored=seen.ignored)
