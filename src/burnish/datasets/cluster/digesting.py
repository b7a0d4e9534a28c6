"""The first reading of documents: what each is, and the digest of its bytes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import NamedTuple

import msgspec

from burnish.aws.clients import Client
from burnish.aws.objects import S3Uri, read_beginning, upload_bytes
from burnish.datasets.cluster.shards import ShardSummary, fetch, name_for, result_at
from burnish.datasets.documents import Document, SourceFile, document_of
from burnish.datasets.formats import SUFFIXES, is_document
from burnish.disk import reporting_full_disk
from burnish.pages.page_images import HEAD
from burnish.parallel import map_ordered

READS_AT_ONCE = 8


class ListedKey(NamedTuple):
    """An object as it was listed; ``name`` is its key below the prefix."""

    name: str
    etag: str
    size: int


class DigestedDocument(msgspec.Struct, frozen=True, array_like=True):
    """The digest of a document, or why it is none."""

    digest: str = ""
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class DigestShard:
    """Objects below a prefix that are to be read once; the result goes below ``folder``."""

    number: int
    prefix: S3Uri
    folder: S3Uri
    keys: tuple[ListedKey, ...]

    @property
    def place(self) -> S3Uri:
        """Where the result goes."""
        return self.folder.child(name_for("digests", (str(self.prefix), self.keys)))

    def run(self, s3: Client) -> ShardSummary:
        """Write the digests, unless they are there."""
        known = result_at(s3, self.place, list[DigestedDocument])
        if known is not None and len(known) == len(self.keys):
            return self._summary(reused=len(known))
        with TemporaryDirectory(prefix="burnish-shard-") as name, reporting_full_disk(Path(name)):
            work = partial(self._digested, s3, Path(name))
            found = list(map_ordered(work, enumerate(self.keys), workers=READS_AT_ONCE))
        upload_bytes(s3, self.place, msgspec.msgpack.encode(found))
        return self._summary()

    def _summary(self, *, reused: int = 0) -> ShardSummary:
        return ShardSummary(number=self.number, place=self.place, count=len(self.keys), reused=reused)

    def _digested(self, s3: Client, folder: Path, item: tuple[int, ListedKey]) -> DigestedDocument:
        number, one = item
        suffix = PurePosixPath(one.name).suffix.lower()
        path = folder / f"{number}{suffix if suffix in SUFFIXES else ''}"
        self._fetch(s3, one, path)
        # Any label: which it is, only the driver knows, who has seen all folders.
        read = document_of(SourceFile(path=path, name=one.name, label="any"))
        path.unlink()
        return DigestedDocument(read.digest) if isinstance(read, Document) else DigestedDocument(reason=read)

    def _fetch(self, s3: Client, one: ListedKey, path: Path) -> None:
        uri = S3Uri(self.prefix.bucket, f"{self.prefix.key}{one.name}")
        if not one.size:
            path.touch()
            return
        if not path.suffix:
            _, head = read_beginning(s3, uri, HEAD)
            if not is_document(head):
                path.write_bytes(head)
                return
        fetch(s3, uri, path, etag=one.etag)
