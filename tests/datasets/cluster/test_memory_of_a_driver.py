"""The driver's memory does not grow with the documents: what it knows of them is in a file."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

import msgspec
import pytest
from cluster_sources import preparation, prepare_in_shards

from burnish.aws.clients import Client
from burnish.aws.objects import ListedObject, S3Uri, upload_bytes
from burnish.datasets.cluster.digesting import DigestedDocument, DigestShard
from burnish.datasets.cluster.rendering import RenderShard
from burnish.datasets.cluster.shards import Shard, ShardSummary
from burnish.datasets.page_index import IndexedDocument
from burnish.datasets.render_worker import PageFacts

#: For checks of records, groups, and what the listing of folders needs. One `Document` alone has more.
MOST_BYTES_A_DOCUMENT = 200


def digest_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def page_of(name: str) -> PageFacts:
    digest = digest_of(f"page of {name}")
    return PageFacts(
        digest=digest, width=192, height=256, size=20_000, upright=digest, turned=(digest,) * 2, blank=False
    )


@dataclass(frozen=True)
class MadeUpMachines:
    """Machines that make up what they would have read."""

    s3: Client

    def run(self, shards: Iterable[Shard]) -> Iterator[ShardSummary]:
        for one in shards:
            count, body = 0, b""
            if isinstance(one, DigestShard):
                count = len(one.keys)
                body = msgspec.msgpack.encode([DigestedDocument(digest_of(key.name)) for key in one.keys])
            elif isinstance(one, RenderShard):
                count = len(one.keys)
                found = [IndexedDocument(pages=(page_of(key.name),)) for key in one.keys]
                body = msgspec.msgpack.encode(found)
            upload_bytes(self.s3, one.place, body)
            yield ShardSummary(number=one.number, place=one.place, count=count)


@pytest.fixture
def peak_with(s3, s3_folder, monkeypatch):
    """The bytes that the driver holds at most with so many documents."""

    def listing(prefix: S3Uri, count: int) -> Iterator[ListedObject]:
        for number in range(count):
            uri = S3Uri(prefix.bucket, f"{prefix.key}{'abcd'[4 * number // count]}/{number:08}.png")
            yield ListedObject(uri=uri, version=f'"{number:032x}" 20000', size=20_000)

    # Which holds a part of a file, whatever its size, and more than all the rest.
    monkeypatch.setattr("burnish.datasets.cluster.publishing.upload_file", lambda *_, **__: None)

    def measured(count: int) -> int:
        monkeypatch.setattr(
            "burnish.datasets.sources.s3_prefixes.list_details", lambda _, prefix: listing(prefix, count)
        )
        gc.collect()
        tracemalloc.start()
        source, to = s3_folder.child("source"), s3_folder.child(f"dataset-{count}")
        dataset = prepare_in_shards(s3, source, to, preparation(), machines=MadeUpMachines(s3), size=200)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert dataset.documents == count
        return peak

    return measured


def test_four_times_the_documents_need_hardly_more_memory(peak_with):
    peak_with(200)  # what is imported and cached on the way is not counted
    few, many = peak_with(1500), peak_with(6000)
    assert many - few < 4500 * MOST_BYTES_A_DOCUMENT, (few, many)
