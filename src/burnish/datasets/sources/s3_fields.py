"""Documents in S3 with the fields that are printed on them: a JSON object beside each, as in a folder."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from burnish.aws.clients import Client, open_clients
from burnish.aws.objects import S3Uri, read_bytes
from burnish.cache import cache_folder
from burnish.datasets.documents import Documents, SourceFile
from burnish.datasets.formats import SUFFIXES
from burnish.datasets.sources.fields import (
    LABEL,
    FiledDocument,
    documents_with_fields,
    fields_in_file,
    filed_documents,
    parts_of,
)
from burnish.datasets.sources.s3_prefixes import (
    DOWNLOADS_AT_ONCE,
    PrefixObject,
    copy_of,
    objects_under,
    prefix_named,
    reason_in_key,
)
from burnish.errors import InvalidDocuments
from burnish.parallel import map_ordered

HOW_TO_LAY_OUT = (
    "put a JSON object beside each document, such as s3://bucket/invoices/001.json beside "
    "s3://bucket/invoices/001.pdf"
)


@dataclass(frozen=True, kw_only=True)
class S3FieldsSource:
    """A prefix with a JSON object beside each document. Documents are copied into the cache, as `S3Source`'s.

    Parts are read as `FieldsSource` reads them.
    """

    uri: str
    s3: Client | None = None
    cache: Path | None = None

    def read(self) -> Documents:
        """The documents with their fields. Raises `InvalidDocuments` naming the object and what is wrong."""
        s3 = self.s3 or open_clients().s3
        prefix = prefix_named(self.uri)
        objects = [one for one in objects_under(s3, prefix) if not one.ignored]
        files = list(self._files(s3, objects))
        return documents_with_fields(str(prefix), files, how=HOW_TO_LAY_OUT)

    def _files(self, s3: Client, objects: Sequence[PrefixObject]) -> Iterator[SourceFile]:
        named = {one.name: one for one in objects}
        beside = {name: one.listed.uri for name, one in named.items() if _suffix_of(name) == ".json"}
        others = [one for name, one in named.items() if name not in beside]
        parts = parts_of([one.folders for one in others])
        cache = self.cache or cache_folder() / "documents"

        def file(one: FiledDocument) -> SourceFile:
            pages = [named[name] for name in one.files]
            reason = next(filter(None, map(reason_in_key, pages)), None) or _reason_not_to_read(one, beside)
            # What will be left out is not paid for: a download may be large.
            first, *further = (
                [Path(one.name)] if reason else [copy_of(s3, cache, page.listed) for page in pages]
            )
            return SourceFile(
                path=first,
                name=one.name,
                label=LABEL,
                part=parts.get(pages[0].folders),
                reason=reason,
                fields="" if reason else _fields_of(s3, one.name, beside[one.fields]),
                further=tuple(further),
            )

        documents = filed_documents([one.name for one in others], beside)
        return map_ordered(file, documents, workers=DOWNLOADS_AT_ONCE)


def _reason_not_to_read(one: FiledDocument, beside: Container[str]) -> str | None:
    if _suffix_of(one.files[0]) not in SUFFIXES:
        return "its key does not end as that of a document: give it a suffix such as .pdf"
    if one.fields not in beside:
        return f"there is no {PurePosixPath(one.fields).name} beside it: write its fields there"
    return None


def _fields_of(s3: Client, name: str, place: S3Uri) -> str:
    try:
        text = read_bytes(s3, place).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidDocuments(f"'{place}' is not text in UTF-8 ({error}): save it as UTF-8") from error
    return fields_in_file(text, where=str(place), name=name)


def _suffix_of(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
