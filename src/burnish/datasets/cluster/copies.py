"""Copies across shards: pages that are near each other meet in a bucket of hashes, and are compared there."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from burnish.aws.clients import Client
from burnish.aws.objects import S3Uri, read_bytes, size_of, upload_bytes
from burnish.datasets.cluster.rendering import hashes_beside, unpacked_hashes
from burnish.datasets.cluster.shards import ShardSummary, name_for
from burnish.datasets.near_duplicates import Bucket, DisjointSets
from burnish.datasets.perceptual_hash import PageHash

#: A bucket of more documents is cut: a page takes about 400 bytes of a machine's memory.
DOCUMENTS_OF_A_BUCKET = 250_000
_PAIR = struct.Struct(">II")


@dataclass(frozen=True, kw_only=True)
class CopiesShard:
    """A bucket of the hashes of all shards, which the object ``index`` lists."""

    number: int
    bucket: Bucket
    index: S3Uri
    folder: S3Uri

    @property
    def place(self) -> S3Uri:
        """Where the pairs go."""
        values = (self.bucket.values.start, self.bucket.values.stop)
        return self.folder.child(name_for("copies", (str(self.index), self.bucket.band, values)))

    def run(self, s3: Client) -> ShardSummary:
        """Write pairs of documents that connect the copies that meet here, unless they are there."""
        size = size_of(s3, self.place)
        if size is None:
            owners, hashes = self._pages(s3)
            body = b"".join(_PAIR.pack(*pair) for pair in self._pairs(owners, hashes))
            upload_bytes(s3, self.place, body)
            return ShardSummary(number=self.number, place=self.place, count=len(body) // _PAIR.size)
        count = size // _PAIR.size
        return ShardSummary(number=self.number, place=self.place, count=count, reused=count)

    def _pages(self, s3: Client) -> tuple[list[int], list[PageHash]]:
        """The pages that may meet others here, with the ranks of their documents."""
        owners, hashes = [], []
        for first, place in index_at(s3, self.index):
            for number, one in unpacked_hashes(read_bytes(s3, hashes_beside(place))):
                if self.bucket.concerns(one):
                    owners.append(first + number)
                    hashes.append(one)
        return owners, hashes

    def _pairs(self, owners: Sequence[int], hashes: Sequence[PageHash]) -> Iterator[tuple[int, int]]:
        first_with: dict[PageHash, int] = {}
        for owner, one in zip(owners, hashes, strict=True):
            first = first_with.setdefault(one, owner)
            # Equal pages meet in every band: it is enough to say so in one.
            if first != owner and self.bucket.band == 0:
                yield first, owner
        whose = list(first_with.values())
        for here, there in self.bucket.near_pairs(list(first_with)):
            if whose[here] != whose[there]:
                yield whose[here], whose[there]


def write_index(s3: Client, folder: S3Uri, shards: Sequence[tuple[int, S3Uri]]) -> S3Uri:
    """Write where the shards are, each with the rank of its first document."""
    body = "".join(f"{first} {place}\n" for first, place in shards).encode()
    uri = folder.child(name_for("index", body))
    if size_of(s3, uri) != len(body):
        upload_bytes(s3, uri, body)
    return uri


def index_at(s3: Client, uri: S3Uri) -> Iterator[tuple[int, S3Uri]]:
    """The shards of an index."""
    for line in read_bytes(s3, uri).decode().splitlines():
        first, _, place = line.partition(" ")
        yield int(first), S3Uri.parse(place)


def parts_of_a_band(documents: int) -> int:
    """Into how many buckets a band is cut; a power of two, at most 256."""
    return 1 << min((documents // DOCUMENTS_OF_A_BUCKET).bit_length(), 8)


def join(sets: DisjointSets, s3: Client, place: S3Uri) -> None:
    """Connect the documents whose pairs are at a place."""
    for one, other in _PAIR.iter_unpack(read_bytes(s3, place)):
        sets.union(one, other)
