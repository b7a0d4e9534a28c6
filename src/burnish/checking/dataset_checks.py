"""Checks of a data set as a whole: counts, leaks, contradictions, imbalance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from burnish.checking.problems import Problem
from burnish.checking.scanning import Scan
from burnish.families import DatasetRules
from burnish.label_spellings import look_alikes

#: Leaks and contradictions are listed up to this number.
SHOWN = 20
#: A label with this many times fewer records than the largest is learned badly.
IMBALANCE = 10
#: With more distinct answers than this they are free text and no labels.
MAX_LABELS = 500


def count_problems(
    train: Scan, validation: Sequence[Scan], rules: DatasetRules, *, also: Sequence[Scan] = ()
) -> Iterator[Problem]:
    """Too few or too many records, for which a service refuses the data set."""
    scans = (train, *validation, *also)
    for scan in scans:
        if scan.is_json_lines and not scan.records:
            yield Problem(where=scan.where, text="there are no records: add documents")
    # Counts of a file that could not be read would be wrong, and its own error says enough.
    if not all(scan.is_json_lines for scan in scans):
        return
    if 0 < train.records < rules.min_records:
        text = f"{train.records} records; at least {rules.min_records} are needed: add documents"
        yield Problem(where=train.where, text=text)
    yield from _validation_count_problems(validation, rules)
    total = sum(scan.records for scan in (train, *validation))
    if total > rules.max_records:
        text = f"{total} records in all; at most {rules.max_records} can be used: take fewer"
        yield Problem(where=_names_of((train, *validation)), text=text)


def quality_problems(scans: Sequence[Scan]) -> Iterator[Problem]:
    """What a service accepts, but what spoils training or evaluation. The first scan is the training set."""
    train, others = scans[0], scans[1:]
    for scan in scans:
        yield from _uneven_parts(scan)
        yield from _contradictions(scan)
        yield from _repeats(scan)
    for earlier, later in [(one, other) for index, one in enumerate(scans) for other in scans[index + 1 :]]:
        yield from _leaks(earlier, later)
    yield from _balance(train)
    for other in others:
        yield from _unknown_labels(train, other)
    yield from _look_alikes(scans)


def _validation_count_problems(validation: Sequence[Scan], rules: DatasetRules) -> Iterator[Problem]:
    records, where = sum(scan.records for scan in validation), _names_of(validation)
    most = rules.max_validation_records
    if 0 < records < rules.min_validation_records:
        text = f"{records} records; at least {rules.min_validation_records} are needed: set aside more"
        yield Problem(where=where, text=text)
    if most is not None and records > most:
        remedy = "set aside fewer" if most else "the model takes no validation data, so leave them out"
        yield Problem(where=where, text=f"{records} records; at most {most} can be used: {remedy}")


def _names_of(scans: Sequence[Scan]) -> str:
    return " and ".join(scan.where for scan in scans)


def _uneven_parts(scan: Scan) -> Iterator[Problem]:
    """Optional parts that only some records have. AWS's own validator refuses such a data set."""
    total = sum(scan.parts.values())
    for part in sorted(frozenset().union(*scan.parts)):
        having = sum(count for parts, count in scan.parts.items() if part in parts)
        if having < total:
            text = f"{having} of {total} records have {part}: give it to all, or to none"
            yield Problem(where=scan.where, text=text, is_warning=True)


def _contradictions(scan: Scan) -> Iterator[Problem]:
    """Equal records with different labels."""
    repeated = _repeated(scan)
    first: dict[int, tuple[int, int]] = {}
    found = 0
    for asked, label, line in zip(scan.asked, scan.labels, scan.lines, strict=True):
        if asked not in repeated:
            continue
        # Only of prompts that repeat: a dictionary of all would outgrow the arrays that keep memory small.
        earlier_label, earlier_line = first.setdefault(asked, (label, line))
        if label != earlier_label:
            found += 1
            if found <= SHOWN:
                name, other = scan.label_names[label], scan.label_names[earlier_label]
                text = f"the same as line {earlier_line}, but labelled {name!r} and not {other!r}: resolve it"
                yield Problem(where=scan.where, line=line, text=text)
    yield from _total_if_abbreviated(scan, found, "records that contradict another")


def _repeats(scan: Scan) -> Iterator[Problem]:
    repeated = _repeated(scan)
    if repeated:
        count = sum(asked in repeated for asked in scan.asked) - len(repeated)
        text = f"{count} records repeat the prompt of another: they weigh more in training"
        yield Problem(where=scan.where, text=text, is_warning=True)


def _leaks(earlier: Scan, later: Scan) -> Iterator[Problem]:
    """Pages that are in two files: evaluating on the second then tests what was learned from the first."""
    # Only the hashes of the later file, usually the smaller one, are held in a set: training files can be
    # huge.
    # 0 stands for lines that are no record, which are not copies of one another.
    wanted = set(later.pages) - {0}
    seen = {pages: line for pages, line in zip(earlier.pages, earlier.lines, strict=True) if pages in wanted}
    found = 0
    for pages, line in zip(later.pages, later.lines, strict=True):
        if pages in seen:
            found += 1
            if found <= SHOWN:
                text = f"its page is also in {earlier.where}, line {seen[pages]}: keep it in one of them"
                yield Problem(where=later.where, line=line, text=text)
    yield from _total_if_abbreviated(later, found, f"records whose pages are also in {earlier.where}")


def _balance(train: Scan) -> Iterator[Problem]:
    counts = train.counts()
    if not 2 <= len(counts) <= MAX_LABELS:
        return
    (most, largest), *_ = counts.most_common()
    few = sorted(label for label, count in counts.items() if count * IMBALANCE < largest)
    if few:
        named = ", ".join(f"{label!r} has {counts[label]}" for label in few[:SHOWN])
        text = (
            f"{named} records, and {most!r} {largest}: add documents of the rare types, or take fewer others"
        )
        yield Problem(where=train.where, text=text, is_warning=True)


def _unknown_labels(train: Scan, other: Scan) -> Iterator[Problem]:
    known, given = set(train.counts()), set(other.counts())
    if len(known) <= MAX_LABELS and (strange := sorted(given - known)):
        text = f"labels that are not trained on: {', '.join(map(repr, strange[:SHOWN]))}"
        yield Problem(where=other.where, text=text, is_warning=True)


def _look_alikes(scans: Sequence[Scan]) -> Iterator[Problem]:
    """Labels that are easily confused, within one file or across files."""
    labels = {label for scan in scans for label in scan.label_names}
    if len(labels) <= MAX_LABELS:
        for group in look_alikes(labels):
            text = f"labels that look alike: {group}. They are different types: write one, if one is meant"
            yield Problem(where=" and ".join(scan.where for scan in scans), text=text, is_warning=True)


def _repeated(scan: Scan) -> set[int]:
    """The hashes that occur more than once."""
    return {one for one, other in pairwise(sorted(scan.asked)) if one == other and one}


def _total_if_abbreviated(scan: Scan, found: int, what: str) -> Iterator[Problem]:
    if found > SHOWN:
        yield Problem(where=scan.where, text=f"{found} {what}, in all")
