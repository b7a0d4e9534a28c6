"""The split of a catalogue: the rules of `burnish.datasets.splitting`, on rows instead of lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby, tee
from operator import itemgetter

from burnish.datasets.cluster.catalogue import DocumentCatalogue, part_of
from burnish.datasets.documents import Part, SkippedDocument
from burnish.datasets.near_duplicates import DisjointSets
from burnish.datasets.splitting import (
    LabelSize,
    SplitPlan,
    label_of_group,
    leak_reason,
    parts_of_groups,
    shuffled_place,
)

_MEMBERS = """
create table members (rank integer primary key, copy_of integer, part text);
create table groups (copy_of integer primary key, label text, place blob, size integer, part text);
"""
#: An earlier part is that of a lower order; of one part, the document of the lower rank is first.
_LEAKS = """
create table leaks as select m.rank, c.shown, e.shown as earlier, e.part from members m
join (
    select rank, first_value(rank) over (partition by copy_of order by part_order, rank) as first
    from members join chosen using (rank)
) f using (rank)
join chosen c using (rank) join chosen e on e.rank = f.first
where c.part_order > e.part_order;
delete from members where rank in (select rank from leaks);
"""
_OF_GROUPS = """
select copy_of, c.digest, c.label from members join chosen c using (rank)
where c.part_order = 0 order by copy_of, c.digest
"""
_ASSIGN = """
update members set part = coalesce(
    (select nullif(c.part, 'train') from chosen c where c.rank = members.rank),
    (select g.part from groups g where g.copy_of = members.copy_of)
);
create index members_by_part on members (part);
"""


def assign_parts(catalogue: DocumentCatalogue, plan: SplitPlan, sets: DisjointSets) -> None:
    """Give every readable document its part, by its group of copies. Raises `InvalidDocuments`.

    Documents that leak are left out.
    """
    catalogue.database.executescript(_MEMBERS)
    readable = catalogue.rows("select rank from facts where pages is not null order by rank")
    rows = ((rank, sets.find(rank)) for (rank,) in readable)
    catalogue.write("insert into members values (?, ?, null)", rows)
    catalogue.database.executescript(_LEAKS)
    leaks = catalogue.rows("select shown, earlier, part from leaks")
    catalogue.leave_out(
        SkippedDocument(name=name, reason=leak_reason(earlier, part_of(part)))
        for name, earlier, part in leaks
    )
    catalogue.write("insert into groups values (?, ?, ?, ?, null)", _groups(catalogue, plan.seed))
    given = catalogue.rows(
        "select distinct c.part from members m join chosen c using (rank) where c.part_order > 0"
    )
    given_parts = {Part(part) for (part,) in given}
    for label in [label for (label,) in catalogue.rows("select distinct label from groups order by label")]:
        _assign(catalogue, label, plan, given_parts)
    catalogue.database.executescript(_ASSIGN)


def _groups(catalogue: DocumentCatalogue, seed: int) -> Iterator[tuple[int, str, bytes, int]]:
    """The groups of those documents that the source has not assigned itself."""
    for copy_of, members in groupby(catalogue.rows(_OF_GROUPS), key=itemgetter(0)):
        labels: Counter[str] = Counter()
        lowest = ""
        for _, digest, label in members:
            lowest = lowest or digest  # which names the place of its group
            labels[label] += 1
        yield copy_of, label_of_group(labels), shuffled_place(lowest, seed), labels.total()


def _assign(catalogue: DocumentCatalogue, label: str, plan: SplitPlan, given: set[Part]) -> None:
    query = "select count(*), sum(size) from groups where label = ?"
    groups, documents = next(catalogue.rows(query, (label,)))
    # Sorted before the first is given, so that the table can be written meanwhile.
    query = "select copy_of, size from groups where label = ? order by place"
    ordered, again = tee(catalogue.rows(query, (label,)))
    size = LabelSize(documents=documents, groups=groups)
    parts = parts_of_groups(label, (count for _, count in again), size, plan, given)
    rows = ((part, copy_of) for part, (copy_of, _) in zip(parts, ordered, strict=True))
    catalogue.write("update groups set part = ? where copy_of = ?", rows)
