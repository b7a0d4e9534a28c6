"""What the driver knows of documents: a SQLite file, so that its memory does not grow with their number."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from burnish.datasets.cluster.digesting import DigestedDocument, ListedKey
from burnish.datasets.cluster.rendering import ChosenKey
from burnish.datasets.documents import (
    PART_ORDER,
    Contradictions,
    Document,
    Part,
    SkippedDocument,
    readable,
    same_as,
)
from burnish.datasets.sources.layouts import FolderMeaning
from burnish.datasets.sources.s3_prefixes import PrefixObject
from burnish.datasets.splitting import SplitPlan, shuffled_place
from burnish.disk import reporting_full_disk

#: Of memory for the file's pages: 16 MiB.
_CACHE_KIB = 16 * 1024
#: Rows that are read or written at a time.
_AT_ONCE = 1000

_TABLES = """
pragma journal_mode = off;
pragma synchronous = off;
pragma temp_store = file;
create table objects (name text, etag text, size integer);
-- In the order of their keys.
create table documents (
    number integer primary key, name text, shown text, etag text, size integer,
    label text, part text, part_order integer, digest text
);
create table left_out (part_order integer, number integer, label text, shown text, reason text);
-- Without copies, in the order of their names.
create table chosen (
    rank integer primary key, name text, shown text, label text, part text, part_order integer, digest text
);
"""


class DocumentCatalogue:
    """The documents of a source, as far as they are known."""

    def __init__(self, database: sqlite3.Connection, plan: SplitPlan) -> None:
        self.database = database
        database.create_function(
            "place", 1, lambda digest: shuffled_place(digest, plan.seed), deterministic=True
        )
        database.executescript(_TABLES)
        database.execute(f"pragma cache_size = -{_CACHE_KIB}")

    def rows(self, query: str, values: Sequence[object] = ()) -> Iterator[Any]:
        """The rows of a query, one after the other."""
        return self.database.execute(query, values)

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return int(next(self.rows(f"select count(*) from {table}"))[0])  # noqa: S608 - a name of our own

    def write(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        """Execute a statement for each row, which are read as they are written."""
        with self.together():
            self.database.executemany(statement, rows)

    @contextmanager
    def together(self) -> Iterator[None]:
        """A block whose rows are written together: each by itself would be written to the file at once."""
        if self.database.in_transaction:
            yield
            return
        self.database.execute("begin")
        yield
        self.database.execute("commit")

    def leave_out(self, skipped: Iterable[SkippedDocument]) -> None:
        """Note documents that are not used, and have not been noted before."""
        self.write(
            "insert into left_out (shown, reason) values (?, ?)", ((s.name, s.reason) for s in skipped)
        )

    def left_out(self) -> Iterator[SkippedDocument]:
        """What is left out, in the order of names."""
        for name, reason in self.rows("select shown, reason from left_out order by shown, reason"):
            yield SkippedDocument(name=name, reason=reason)

    def add_objects(self, objects: Iterable[PrefixObject]) -> None:
        """Take in the objects of a listing."""
        rows = ((one.name, one.listed.version.rpartition(" ")[0], one.listed.size) for one in objects)
        self.write("insert into objects values (?, ?, ?)", rows)

    def label(self, place_of: Callable[[str], FolderMeaning]) -> None:
        """Make the objects documents, by what their folders say."""
        number = 0
        for batch in batches(self.rows("select name, etag, size from objects order by rowid"), _AT_ONCE):
            documents, others = [], []
            for name, etag, size in batch:
                meaning = place_of(name)
                label, order = (meaning.label or "").strip(), PART_ORDER[meaning.part]
                shown, reason = readable(name), meaning.reason or (None if label else "it has no label")
                if reason:
                    others.append((order, number, label, shown, reason))
                    continue
                documents.append((number, name, shown, etag, size, label, meaning.part, order))
                number += 1
            self.write("insert into documents values (?, ?, ?, ?, ?, ?, ?, ?, null)", documents)
            self.write("insert into left_out values (?, ?, ?, ?, ?)", others)
        self.database.execute("drop table objects")

    def listed_keys(self) -> Iterator[ListedKey]:
        """The documents that are to be read, in the order of their keys."""
        query = "select name, etag, size from documents order by number"
        yield from (ListedKey(*row) for row in self.rows(query))

    def add_digests(self, first: int, found: Sequence[DigestedDocument]) -> None:
        """Take in the digests of documents, from the ``first`` on in the order of `listed_keys`."""
        query = "select number, part_order, label, shown from documents where number >= ? order by number"
        known = list(zip(found, self.rows(f"{query} limit ?", (first, len(found))), strict=True))
        digests = ((one.digest, row[0]) for one, row in known if one.reason is None)
        self.write("update documents set digest = ? where number = ?", digests)
        others = (
            (row[1], row[0], row[2], row[3], one.reason) for one, row in known if one.reason is not None
        )
        self.write("insert into left_out values (?, ?, ?, ?, ?)", others)

    def leave_out_copies(self) -> list[str]:
        """Leave out copies of files, as `usable_documents` does; what is said of contradictions."""
        contradictions = Contradictions()
        self.database.executescript(_FIRSTS)
        for batch in batches(self.rows(_COPIES), _AT_ONCE):
            rows = []
            for number, order, *copy, first_shown, first_label in batch:
                twin, document = _shown(first_shown, first_label), _shown(*copy)
                contradictions.see(twin, document)
                rows.append((order, number, document.label, document.name, same_as(twin, document)))
            self.write("insert into left_out values (?, ?, ?, ?, ?)", rows)
        return contradictions.told()

    def labels(self) -> dict[str, int]:
        """How many different documents each label has."""
        query = "select d.label, count(*) from documents d join firsts using (number) group by d.label"
        return dict(sorted(self.rows(query)))

    def an_example_of_each_label(self) -> list[Document]:
        """The last document of each label."""
        query = "select max(d.shown), d.label from documents d join firsts using (number) group by d.label"
        return [_shown(*row) for row in self.rows(query)]

    def first_left_out(self) -> Mapping[str, SkippedDocument]:
        """Something that is left out of each label that has nothing else."""
        query = """select label, shown, reason from left_out where label not in
            (select d.label from documents d join firsts using (number)) order by part_order, number"""
        found: dict[str, SkippedDocument] = {}
        for label, shown, reason in self.rows(query):
            found.setdefault(label, SkippedDocument(name=shown, reason=reason))
        return found

    def choose(self, plan: SplitPlan) -> int:
        """Choose the documents to be used, as `splitting.sampled` does; how many there are."""
        most = -1 if plan.per_label is None else plan.per_label
        self.database.execute(_CHOICE, (most, most))
        return self.count("chosen")

    def chosen_keys(self) -> Iterator[ChosenKey]:
        """The documents to be used, in the order of their ranks."""
        query = "select name, digest, label from chosen order by rank"
        yield from (ChosenKey(*row) for row in self.rows(query))


#: Of each digest the first document, in the order of the parts and then of keys.
_FIRSTS = """
create table firsts (number integer primary key, digest text);
insert into firsts select number, digest from (
    select number, digest, row_number() over (partition by digest order by part_order, number) as place
    from documents where digest is not null
) where place = 1;
create unique index firsts_by_digest on firsts (digest);
"""
_COPIES = """
select d.number, d.part_order, d.shown, d.label, t.shown, t.label
from documents d join firsts f using (digest) join documents t on t.number = f.number
where d.number != f.number order by d.part_order, d.number
"""
#: In hash order, so that a larger cap keeps the documents of a smaller one. What is held out is all kept.
_CHOICE = """
insert into chosen
select row_number() over (order by shown, part_order, number) - 1,
    name, shown, label, part, part_order, digest
from (
    select d.*, row_number() over (partition by d.label, d.part_order > 0 order by place(d.digest)) as drawn
    from documents d join firsts using (number)
) where ? < 0 or part_order > 0 or drawn <= ?
"""


def _shown(name: str, label: str) -> Document:
    """As much of a document as messages need."""
    return Document(path=Path(name), label=label, digest="", name=name)


def part_of(text: str | None) -> Part | None:
    """The part that is written in a row."""
    return Part(text) if text else None


def batches(rows: Iterator[Any], size: int) -> Iterator[list[Any]]:
    """The rows in lists of a size."""
    while batch := list(islice(rows, size)):
        yield batch


@contextmanager
def open_catalogue(plan: SplitPlan) -> Iterator[tuple[DocumentCatalogue, Path]]:
    """A catalogue in a folder for what does not fit into memory; both are gone afterwards."""
    with TemporaryDirectory(prefix="burnish-cluster-") as name, reporting_full_disk(Path(name)):
        # Every statement by itself: nothing is left of the file where the driver ends.
        database = sqlite3.connect(Path(name) / "catalogue.sqlite3", isolation_level=None)
        with closing(database):
            yield DocumentCatalogue(database, plan), Path(name)
