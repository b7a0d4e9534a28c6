"""Preparation on a cluster, from the listing of the source to the manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

import msgspec

from burnish.aws.clients import Client
from burnish.aws.objects import S3Uri
from burnish.datasets.cluster.assigning import assign_parts
from burnish.datasets.cluster.catalogue import DocumentCatalogue, open_catalogue
from burnish.datasets.cluster.copies import CopiesShard, join, parts_of_a_band, write_index
from burnish.datasets.cluster.digesting import DigestedDocument, DigestShard
from burnish.datasets.cluster.listing import list_source
from burnish.datasets.cluster.publishing import ClusterDataset, publish
from burnish.datasets.cluster.rendering import RenderShard
from burnish.datasets.cluster.shards import Machines, ShardSummary, patiently, result_at
from burnish.datasets.documents import (
    SkippedDocument,
    lost_labels_told,
    readable,
    require_counts,
    require_plain_labels,
    require_two_labels,
)
from burnish.datasets.label_checks import label_notes
from burnish.datasets.near_duplicates import DisjointSets, buckets
from burnish.datasets.page_index import IndexedDocument
from burnish.datasets.prepare import ADD_DOCUMENTS, require_every_label
from burnish.datasets.prepared import Destination, Preparation
from burnish.datasets.sources.layouts import Layout
from burnish.errors import InvalidDocuments
from burnish.records import ClassificationPrompt

#: Documents of a shard: minutes of work, so that a lost machine costs no more, and a message of 100 kB.
KEYS_OF_A_SHARD = 1000
_FACTS = "create table facts (rank integer primary key, pages blob)"

Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True)
class ClusterPreparation:
    """What is to be prepared: a prefix, where the data set goes, and how.

    ``prompt_for`` gives the prompt once the labels are known, in place of that of the ``preparation``.
    """

    prefix: S3Uri
    destination: Destination
    preparation: Preparation
    prompt_for: Callable[[tuple[str, ...]], ClassificationPrompt]
    layout: Layout | None = None
    keys_of_a_shard: int = KEYS_OF_A_SHARD


@dataclass(frozen=True, kw_only=True)
class Reports:
    """Who is told what happens meanwhile."""

    #: A stage, how many documents of it are done, and of how many.
    on_progress: Callable[[str, int, int], None] = lambda stage, done, total: None
    on_notes: Callable[[tuple[str, ...]], None] = lambda notes: None
    #: Before anything is published: how many documents cannot be used, and the first of them.
    on_left_out: Callable[[int, list[SkippedDocument]], None] = lambda count, first: None


def prepare_on_cluster(
    asked: ClusterPreparation,
    *,
    s3: Client,
    machines: Machines,
    decoders: str,
    reports: Reports | None = None,
) -> ClusterDataset:
    """Prepare a data set of a prefix in S3 on ``machines``, all of which have these ``decoders``.

    Records, pages and manifest have the bytes that `burnish.datasets.prepare.prepare_dataset` gives, whatever
    the number of machines. Raises what that raises.
    """
    with open_catalogue(asked.preparation.plan) as (catalogue, folder):
        run = _Run(asked, s3, machines, decoders, reports or Reports(), catalogue)
        return run.whole(folder)


@dataclass(frozen=True)
class _Run:
    asked: ClusterPreparation
    s3: Client
    machines: Machines
    decoders: str
    reports: Reports
    catalogue: DocumentCatalogue

    @property
    def folder(self) -> S3Uri:
        return self.asked.destination.folder

    def whole(self, folder: Path) -> ClusterDataset:
        note = list_source(self.s3, self.asked.prefix, self.asked.layout, self.catalogue)
        self._read_digests()
        contradictions = self.catalogue.leave_out_copies()
        labels = self.catalogue.labels()
        notes = (note, *contradictions, *lost_labels_told(self.catalogue.first_left_out(), labels))
        prompt = self._require_labels(labels, notes)
        preparation = replace(self.asked.preparation, prompt=prompt)
        self.reports.on_notes(notes := (*notes, *label_notes(labels)))
        shards = self._read_pages(self.catalogue.choose(preparation.plan))
        sets = self._connected_copies(shards)
        assign_parts(self.catalogue, preparation.plan, sets)
        self._require_training(labels)
        dataset = publish(
            self.s3,
            self.catalogue,
            folder,
            origin=readable(str(self.asked.prefix)),
            destination=self.asked.destination,
            preparation=preparation,
            before_publishing=self._tell_left_out,
        )
        return replace(dataset, notes=notes)

    def _read_digests(self) -> None:
        size = self.asked.keys_of_a_shard
        total = self.catalogue.count("documents")
        shards = (
            DigestShard(number=number, prefix=self.asked.prefix, folder=self.folder, keys=keys)
            for number, keys in enumerate(_batches(self.catalogue.listed_keys(), size))
        )
        for one in self._run(shards, "documents read", total):
            found = self._result_of(one, list[DigestedDocument])
            self.catalogue.add_digests(one.number * size, found)

    def _require_labels(self, labels: dict[str, int], notes: tuple[str, ...]) -> ClassificationPrompt:
        """What is asked about the labels. Raises `InvalidDocuments` where they are no types to learn."""
        origin = readable(str(self.asked.prefix))
        reasons = "".join(f"\n  - {one}" for one in (*notes, *self._first_left_out()))
        require_two_labels(origin, tuple(labels), f"{ADD_DOCUMENTS}{reasons}")
        require_counts(origin, labels, 2)
        require_plain_labels(origin, self.catalogue.an_example_of_each_label())
        return self.asked.prompt_for(tuple(labels))

    def _read_pages(self, total: int) -> list[ShardSummary]:
        """Ensure that all pages are in S3, and note their facts; the shards that know them, in order."""
        self.catalogue.database.execute(_FACTS)
        size = self.asked.keys_of_a_shard
        shards = (
            RenderShard(
                number=number,
                prefix=self.asked.prefix,
                destination=self.asked.destination,
                rendering=self.asked.preparation.rendering,
                max_image_bytes=self.asked.preparation.rules.max_image_bytes,
                decoders=self.decoders,
                keys=keys,
            )
            for number, keys in enumerate(_batches(self.catalogue.chosen_keys(), size))
        )
        done = []
        for one in self._run(shards, "read and uploaded", total):
            found = self._result_of(one, list[IndexedDocument])
            self._add_facts(one.number * size, found)
            done.append(one)
        return sorted(done, key=lambda one: one.number)

    def _add_facts(self, first: int, found: list[IndexedDocument]) -> None:
        self.catalogue.write(
            "insert into facts values (?, ?)",
            (
                (rank, msgspec.msgpack.encode(facts.pages) if facts.pages else None)
                for rank, facts in enumerate(found, first)
            ),
        )
        unread = [(rank, facts.reason) for rank, facts in enumerate(found, first) if not facts.pages]
        self.catalogue.write(
            "insert into left_out select part_order, rank, label, shown, ? from chosen where rank = ?",
            ((reason or "it has no pages", rank) for rank, reason in unread),
        )

    def _connected_copies(self, shards: list[ShardSummary]) -> DisjointSets:
        """The ranks of all documents; those that share a page are connected."""
        total = self.catalogue.count("chosen")
        sets = DisjointSets(total)
        if self.asked.preparation.keep_copies:
            return sets
        size = self.asked.keys_of_a_shard
        index = write_index(self.s3, self.folder, [(one.number * size, one.place) for one in shards])
        cut = buckets(parts_of_a_band(total))
        tasks = (
            CopiesShard(number=number, bucket=bucket, index=index, folder=self.folder)
            for number, bucket in enumerate(cut)
        )
        for done, one in enumerate(self.machines.run(tasks), 1):
            patiently(partial(join, sets, self.s3, one.place))
            self.reports.on_progress("compared, in buckets", done, len(cut))
        return sets

    def _require_training(self, labels: dict[str, int]) -> None:
        query = "select distinct label from members join chosen using (rank) where members.part = 'train'"
        trained = [label for (label,) in self.catalogue.rows(query)]
        require_every_label(labels, trained, self._first_left_out)

    def _first_left_out(self) -> list[SkippedDocument]:
        return list(islice(self.catalogue.left_out(), 20))

    def _tell_left_out(self) -> None:
        if count := self.catalogue.count("left_out"):
            self.reports.on_left_out(count, self._first_left_out())

    def _result_of(self, one: ShardSummary, kind: type[list[Item]]) -> list[Item]:
        return _required(patiently(lambda: result_at(self.s3, one.place, kind)), one)

    def _run(
        self, shards: Iterator[DigestShard] | Iterator[RenderShard], stage: str, total: int
    ) -> Iterator[ShardSummary]:
        done = 0
        for one in self.machines.run(shards):
            yield one
            done += one.count
            self.reports.on_progress(stage, done, total)


def _batches(items: Iterable[Item], size: int) -> Iterator[tuple[Item, ...]]:
    remaining = iter(items)
    while batch := tuple(islice(remaining, size)):
        yield batch


def _required(found: list[Item] | None, shard: ShardSummary) -> list[Item]:
    if found is None or len(found) != shard.count:
        raise InvalidDocuments(
            f"{shard.place} was deleted or replaced while it was needed. Nothing was published: run the same "
            "command again"
        )
    return found
